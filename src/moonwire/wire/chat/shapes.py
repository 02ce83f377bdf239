"""What the modules of this dialect share: faithful spelling, and errors that name the place."""

import marshal
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

import msgspec

from moonwire.core.errors import LocalProtocolError
from moonwire.core.memo import Generations
from moonwire.core.messages import VERBATIM, WITHIN

__all__ = ["OVERHEAD", "Json", "an_object", "faithful", "fresh", "refuse_reserved", "remembered"]

Json = dict[str, Any]
V = TypeVar("V")

# What a small value costs in memory beside its text: two objects of Python, and what is kept on them.
OVERHEAD = 1024


def an_object(value: Any, path: str, what: str) -> Mapping[str, Any]:
    if type(value) is not dict and not isinstance(value, Mapping):
        raise LocalProtocolError(
            f"{what} is a JSON object", path=path, remedy=f"give {{…}}, not {_kind(value)}"
        )
    return cast("Mapping[str, Any]", value)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "a number"


def faithful(value: Any, came: Any, body: Any) -> Any:
    """The value, with how it came beside it where encoding it would not give that again."""
    if body(value) == came:
        return value
    return msgspec.structs.replace(value, extra={**value.extra, VERBATIM: came})


def fresh(value: Any) -> Any:
    """The same JSON in objects and lists of its own.

    What is encoded belongs to whoever asked for it: they may write into it, and the request that it
    came of, which others may hold too, stays as it is. What is nested too deeply to be copied is shared.

    >>> came = {"a": [1]}
    >>> fresh(came) == came, fresh(came)["a"] is came["a"]
    (True, False)
    """
    try:
        return _copied(value)
    except RecursionError:
        return value


def _copied(value: Any) -> Any:
    if type(value) is dict:
        fields = cast("Json", value)
        return {name: _copied(item) if type(item) in (dict, list) else item for name, item in fields.items()}
    if type(value) is list:
        items = cast("list[Any]", value)
        return [_copied(item) if type(item) in (dict, list) else item for item in items]
    return value


_WRITER = msgspec.json.Encoder()


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
        # What is no JSON, lone surrogates, and nesting without end: read each time.
        return read(value)
    found = memory.get(key)
    if found is not None:
        return found
    copy = fresh(value)
    made = read(copy)
    memory.put(key, made, weight=len(key) + OVERHEAD)
    return made


def beside(fields: Mapping[str, Any], inner: Mapping[str, Any], known: frozenset[str]) -> Json:
    """What a tool or a call takes along when it is healed: all that is not known of it."""
    outside = known | {"function"} if inner is fields else _AROUND
    extra = {name: item for name, item in fields.items() if name not in outside and not name.startswith("\0")}
    within = {name: item for name, item in inner.items() if name not in known} if inner is not fields else {}
    return {**extra, WITHIN: within} if within else extra


# The fields of a tool or a call that hold the others.
_AROUND = frozenset({"id", "type", "function"})


def spread(extra: Json) -> tuple[Json, Json]:
    """What of `extra` is said in the object itself, and what in the one inside it; copies of both."""
    if not extra:
        return {}, {}
    outside = {name: fresh(item) for name, item in extra.items() if name not in (WITHIN, VERBATIM)}
    return outside, fresh(extra.get(WITHIN, {}))


def refuse_reserved(extra: Json, path: str) -> None:
    for name in extra:
        if name.startswith("\0"):
            where = f"{path}.{name!r}" if path else repr(name)
            raise LocalProtocolError("a field name cannot begin with NUL", path=where, remedy="rename it")
