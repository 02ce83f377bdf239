"""What the modules of this dialect share: faithful spelling, and errors that name the place."""

import json
import marshal
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

import msgspec

from moonwire.core.errors import LocalProtocolError
from moonwire.core.memo import Generations
from moonwire.core.messages import VERBATIM, Value

__all__ = [
    "KINDS",
    "WHERE",
    "Json",
    "a_list",
    "an_object",
    "as_json",
    "faithful",
    "flat_name",
    "fresh",
    "own",
    "refuse_reserved",
    "remembered",
    "unread",
]

Json = dict[str, Any]
T = TypeVar("T")
V = TypeVar("V", bound=Value)

_WRITER = msgspec.json.Encoder()
# What a small value costs in memory beside its text: two objects of Python, and what is kept on them.
_OVERHEAD = 1024

WHERE = "\0where"
"""The key in a message's `extra` that says in which field of the body it stood, if not among the items."""

KINDS = ("custom", "local_shell", "shell", "apply_patch", "tool_search")
"""Kinds of tools beside functions whose calls the caller runs: a model can call them as functions."""


def an_object(value: Any, path: str, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise LocalProtocolError(f"{what} is a JSON object", path=path, remedy="give {…}")
    return cast("Mapping[str, Any]", value)


def a_list(value: Any, path: str, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise LocalProtocolError("not a list", path=path, remedy=f"give a list of {what}")
    return cast("list[Any]", value)


def own(fields: Mapping[str, Any], known: tuple[str, ...], path: str) -> Json:
    """What is not known of an object, under the names that it has there."""
    extra = {name: item for name, item in fields.items() if name not in known}
    refuse_reserved(extra, path)
    return extra


def refuse_reserved(extra: Json, path: str) -> None:
    for name in extra:
        if name.startswith("\0"):
            where = f"{path}.{name!r}" if path else repr(name)
            raise LocalProtocolError("a field name cannot begin with NUL", path=where, remedy="rename it")


def faithful(value: V, came: Any, written: Any) -> V:
    """The value, with how it came beside it where it is written otherwise."""
    if written == came:
        return value
    extra: Json = getattr(value, "extra", {})
    return msgspec.structs.replace(value, **{"extra": {**extra, VERBATIM: came}})


def fresh(value: Any) -> Any:
    """The same JSON in objects and lists of its own: what is encoded belongs to whoever asked for it.

    >>> came = {"a": [1]}
    >>> fresh(came) == came, fresh(came)["a"] is came["a"]
    (True, False)
    """
    try:
        return _copied(value)
    except RecursionError:
        # What is nested too deeply to be copied is shared.
        return value


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(item) for name, item in cast("Json", value).items()}
    if isinstance(value, list):
        return [_copied(item) for item in cast("list[Any]", value)]
    return value


def remembered(memory: Generations[T], value: Any, read: Callable[[Any], T]) -> T:
    """What `read` makes of the value: the same thing each time the same content comes.

    It is made of a copy, so that a caller who changes his body does not change what others get.
    """
    try:
        key = _WRITER.encode(value)
        if b"null" in key:
            # NaN is written as null: where one of the two stands, only other bytes tell which it is.
            key = marshal.dumps(value, 2)
    except (TypeError, ValueError, OverflowError, RecursionError):
        # What is no JSON, lone surrogates, and nesting without end: read each time.
        return read(value)
    found = memory.get(key)
    if found is None:
        found = read(fresh(value))
        memory.put(key, found, weight=len(key) + _OVERHEAD)
    return found


def as_json(value: Any, path: str) -> str:
    """A value as the text that a call's arguments are."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        remedy = "give it as JSON text"
        raise LocalProtocolError("no JSON, or nested too deeply", path=path, remedy=remedy) from error


def unread(text: str) -> Any:
    """The JSON that a text is; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def flat_name(namespace: Any, name: str) -> str:
    """What the model calls a tool of a namespace: names have one level there.

    >>> flat_name("mcp__files__", "read"), flat_name("browser", "open"), flat_name(None, "look")
    ('mcp__files__read', 'browser__open', 'look')
    """
    if not isinstance(namespace, str) or not namespace:
        return name
    return f"{namespace}{'' if namespace.endswith('__') else '__'}{name}"
