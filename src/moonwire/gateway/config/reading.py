"""From tables to values: every key is known and of its kind, or an error says which is not, and where."""

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from math import isnan
from typing import Any, Literal, cast, get_args, get_origin

import msgspec

from moonwire.core.errors import LocalProtocolError
from moonwire.exchange.config import Hidden, Hop
from moonwire.gateway.config.meanings import NOT_KEYS
from moonwire.gateway.config.places import Path, spell
from moonwire.gateway.config.schema import REQUIRED, fields, is_table, plain, words
from moonwire.transport import Timeouts

__all__ = ["Where", "read", "suggestion"]

Where = Callable[[Path], str]
"""How an error names a key: `moonwire.toml:12: server.port`."""


def read(kind: Any, value: Any, path: Path, where: Where) -> Any:
    """The value of a type, out of what TOML has for it.

    >>> read(tuple[Hop, ...], ["platform", "rack:kimi"], ("hops",), spell)
    (Hop(upstream='platform', model=''), Hop(upstream='rack', model='kimi'))
    """
    bare = plain(kind)
    if bare is Hop and isinstance(value, str):
        upstream, _, model = value.partition(":")
        return Hop(upstream, model)
    if is_table(bare):
        return _table(bare, value, path, where)
    inside = get_args(bare)
    if get_origin(bare) is tuple:
        if not isinstance(value, list | tuple):
            raise _wrong("must be a list", kind, path, where)
        listed = cast("list[Any]", value)
        return tuple(read(inside[0], one, (*path, index), where) for index, one in enumerate(listed))
    if len(inside) == 2 and get_origin(bare) is not Literal and inside[0] is str:
        return {
            name: read(inside[1], one, (*path, name), where)
            for name, one in _mapping(value, path, where).items()
        }
    return _leaf(kind, bare, value, path, where)


def _mapping(value: Any, path: Path, where: Where) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return cast("Mapping[str, Any]", value)
    remedy = f"begin it with [{spell(path)}]" if path and isinstance(path[-1], str) else "write { … }"
    raise LocalProtocolError("must be a table", path=where(path), remedy=remedy)


def _table(struct: type[Any], value: Any, path: Path, where: Where) -> Any:
    table = _mapping(value, path, where)
    if struct is Hop:
        known: Mapping[str, Any] = {"upstream": str, "model": str}
        required = ["upstream"]
    else:
        known = {name: field.kind for name, field in fields(struct).items()}
        required = [name for name, field in fields(struct).items() if field.default is REQUIRED]
    for name in table:
        if name not in known:
            why = NOT_KEYS.get(struct, {}).get(name)
            remedy = why or suggestion(name, known)
            raise LocalProtocolError("no such key", path=where((*path, name)), remedy=remedy)
    for name in required:
        if name not in table:
            said = f"{name} is missing"
            raise LocalProtocolError(said, path=where(path), remedy=f"{name} takes {words(known[name])}")
    taken = {name: read(known[name], one, (*path, name), where) for name, one in table.items()}
    if struct is Timeouts:
        for name, seconds in taken.items():
            if seconds == 0:
                said = "no time at all"
                raise LocalProtocolError(said, path=where((*path, name)), remedy="inf switches it off")
    return struct(**taken)


def _leaf(kind: Any, bare: Any, value: Any, path: Path, where: Where) -> Any:
    if bare is Hidden:
        if not isinstance(value, str) or not value.strip():
            raise _wrong("must be text", kind, path, where)
        return Hidden(value.strip())
    if isinstance(value, float) and isnan(value):
        raise _wrong("is not a number", kind, path, where)
    if isinstance(value, int | float) and value < 0:
        raise LocalProtocolError("a negative number means nothing here", path=where(path), remedy="0 or more")
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        # Neither the value, which may be a key in the wrong place, nor the cause, which may quote it.
        if get_origin(bare) is Literal:
            choices = [one for one in get_args(bare) if isinstance(one, str)]
            near = get_close_matches(value, choices, n=1) if isinstance(value, str) else []
            remedy = f"did you mean {near[0]}?" if near else f"takes {words(kind)}"
            raise LocalProtocolError("not one of its values", path=where(path), remedy=remedy) from None
        raise _wrong(str(error), kind, path, where) from None


def _wrong(message: str, kind: Any, path: Path, where: Where) -> LocalProtocolError:
    return LocalProtocolError(message, path=where(path), remedy=f"takes {words(kind)}")


def suggestion(name: str, known: Iterable[str]) -> str:
    """What may have been meant.

    >>> suggestion("prot", ["host", "port"]), suggestion("x", ["host", "port"])
    ('did you mean port?', 'one of host, port')
    """
    names = list(known)
    near = get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else f"one of {', '.join(names)}"
