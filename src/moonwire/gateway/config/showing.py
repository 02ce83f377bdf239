"""What is in effect, key by key, with its origin; and no secret."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

import msgspec

from moonwire.exchange.config import Hidden, Hop
from moonwire.gateway.config.loading import Loaded
from moonwire.gateway.config.places import Path, spell
from moonwire.gateway.config.schema import NAMED, fields

__all__ = ["HIDDEN", "Shown", "effective"]

HIDDEN: Final = "(hidden)"

# A variable's name in capitals is no key; a path to a file is none either.
_NO_SECRET: Final = re.compile(r"env:[A-Z][A-Z0-9_]*|file:.+")


class Shown(msgspec.Struct, frozen=True):
    """One key in effect."""

    key: str
    value: Any
    """As JSON has it; `None`: not set."""
    origin: str


def effective(loaded: Loaded) -> tuple[Shown, ...]:
    """Every key in the order of the file.

    What a route says of the settings is listed where it differs from what they are by default.
    """
    rows = [
        Shown(spell(path), value, loaded.origin(spell(path)))
        for path, value in _walk(loaded.config, ())
        if not (path[0] == "routes" and len(path) > 3 and loaded.origin(spell(path)) == "default")
    ]
    return (*rows, *(Shown(key, value, loaded.origin(key)) for key, value in loaded.facts.items()))


def _walk(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, msgspec.Struct):
        nested: list[str] = []
        for name in fields(type(value)):
            part = getattr(value, name)
            # Keys first, tables after them, as in the file.
            if _holds_tables(part) or (not path and name in (*NAMED, "routes")):
                nested.append(name)
            else:
                yield from _leaves(part, (*path, name))
        for name in nested:
            yield from _walk(getattr(value, name), (*path, name))
    elif isinstance(value, Mapping):
        for name, part in cast("Mapping[str, Any]", value).items():
            yield from _walk(part, (*path, name))
    else:
        for index, part in enumerate(cast("tuple[Any, ...]", value)):
            yield from _walk(part, (*path, index))


def _holds_tables(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_tables(part) for part in cast("Mapping[str, Any]", value).values())
    if isinstance(value, tuple):
        return any(_holds_tables(part) for part in cast("tuple[Any, ...]", value))
    return isinstance(value, msgspec.Struct) and not isinstance(value, Hop)


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Mapping) and value:
        for name, part in cast("Mapping[str, Any]", value).items():
            yield (*path, name), _shown(part)
    else:
        yield path, _shown(value)


def _shown(value: Any) -> Any:
    if isinstance(value, Hidden):
        text = value.reveal()
        return text if _NO_SECRET.fullmatch(text) else HIDDEN
    if isinstance(value, Hop):
        return f"{value.upstream}:{value.model}" if value.model else value.upstream
    if isinstance(value, tuple):
        return [_shown(part) for part in cast("tuple[Any, ...]", value)]
    return {} if isinstance(value, Mapping) else value
