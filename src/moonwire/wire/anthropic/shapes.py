"""What the modules of this dialect share: JSON of its own, errors that name the place, and marks.

A mark is a key of `extra` that begins with NUL: it says how this dialect spelled what the vocabulary has no
field for, and means nothing to any other. `abroad` takes all of them off.
"""

import json
import marshal
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeVar, cast

import msgspec

from moonwire.core.errors import LocalProtocolError
from moonwire.core.memo import Generations
from moonwire.core.messages import VERBATIM
from moonwire.core.schemas.kinds import is_list, is_object

__all__ = [
    "APART",
    "AROUND",
    "FIELD",
    "PLACED",
    "RAW",
    "SPELLED",
    "Json",
    "an_object",
    "arguments_text",
    "beside",
    "fresh",
    "input_of",
    "plain",
    "remembered",
    "verbatim",
]

Json = dict[str, Any]
V = TypeVar("V")

AROUND: Final = "\0around"
"""Of a tool result that comes first in its message: the further fields of that message."""
APART: Final = "\0apart"
"""Of a tool result: the one before it stands in a message of its own."""
PLACED: Final = "\0placed"
"""Of a system message: it stood among the messages, not in `system`."""
SPELLED: Final = "\0type"
"""Of a tool: its `type` was written out, though it has to be no more than `custom`."""
FIELD: Final = "\0field"
"""Of an answer form: the field that it came in, where that is not `output_config`."""

RAW: Final = "raw_arguments"
"""The one member of a call's input whose arguments are no JSON object: the text as the model wrote it."""

# What a small value costs in memory beside its text.
_OVERHEAD: Final = 1024


def an_object(value: Any, path: str, what: str) -> Mapping[str, Any]:
    """The value, if it is an object, and no key of it is reserved."""
    if type(value) is not dict and not isinstance(value, Mapping):
        raise LocalProtocolError(f"{what} is a JSON object", path=path, remedy="give {…}")
    fields = cast("Mapping[str, Any]", value)
    for name in fields:
        if name.startswith("\0"):
            where = f"{path}.{name!r}" if path else repr(name)
            raise LocalProtocolError("a field name cannot begin with NUL", path=where, remedy="rename it")
    return fields


def beside(fields: Mapping[str, Any], known: Iterable[str]) -> Json:
    """All further fields of an object, under their own names."""
    return {name: item for name, item in fields.items() if name not in known}


def plain(extra: Mapping[str, Any]) -> Json:
    """What of `extra` is a field of the object, in JSON of its own."""
    return {name: fresh(item) for name, item in extra.items() if not name.startswith("\0")} if extra else {}


def verbatim(value: Any, came: Any) -> Any:
    """The value, with how it came beside it: encoding its fields would not give that again."""
    return msgspec.structs.replace(value, extra={**value.extra, VERBATIM: came})


def fresh(value: Any) -> Any:
    """The same JSON in objects and lists of its own: what is encoded belongs to whoever asked for it.

    What is nested too deeply to be copied is shared.

    >>> came = {"a": [1]}
    >>> fresh(came) == came, fresh(came)["a"] is came["a"]
    (True, False)
    """
    with suppress(RecursionError):
        return _copied(value)
    return value


def _copied(value: Any) -> Any:
    if is_object(value):
        return {name: _copied(item) for name, item in value.items()}
    return [_copied(item) for item in value] if is_list(value) else value


_WRITER: Final = msgspec.json.Encoder()


def remembered(memory: Generations[V], value: Any, read: Callable[[Any], V]) -> V:
    """What `read` makes of the value: the same thing each time the same content comes.

    It is made of a copy, so that a caller who changes his body does not change what others get.
    """
    try:
        key = _WRITER.encode(value)
        if b"null" in key:
            # NaN is written as null: where one of the two stands, only other bytes tell which it is.
            key = marshal.dumps(value, 2)
    except (TypeError, ValueError, OverflowError, RecursionError):
        # What is no JSON, half characters, and nesting without end: read each time.
        return read(value)
    found = memory.get(key)
    if found is None:
        found = read(fresh(value))
        memory.put(key, found, weight=len(key) + _OVERHEAD)
    return found


def arguments_text(value: Any, path: str) -> str:
    """The input of a call as text."""
    if value == {}:
        return "{}"
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        remedy = "give the input as a JSON object"
        raise LocalProtocolError("no JSON, or nested too deeply", path=path, remedy=remedy) from error


def input_of(arguments: str) -> Json:
    """The arguments of a call as the object that this dialect has for them.

    >>> input_of('{"a": 1}'), input_of(""), input_of("{")
    ({'a': 1}, {}, {'raw_arguments': '{'})
    """
    if not arguments or arguments.isspace():
        return {}
    with suppress(ValueError, RecursionError):
        value = json.loads(arguments)
        if is_object(value):
            return value
    return {RAW: arguments}
