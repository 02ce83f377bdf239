"""The keys as data: what the tables of `model.py` come to, and the values of other layers, one row each."""

import types
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from moonwire.exchange.config import Hidden, Hop
from moonwire.gateway.config.meanings import MEANINGS, NOT_KEYS
from moonwire.gateway.config.model import ClientConfig, Config, RouteConfig, UpstreamConfig

__all__ = [
    "NAMED",
    "REQUIRED",
    "Field",
    "Key",
    "env_name",
    "fields",
    "is_table",
    "keys",
    "plain",
    "settable",
    "words",
]

NAMED: Final[Mapping[str, type[Any]]] = {"upstreams": UpstreamConfig, "clients": ClientConfig}
"""Tables of tables, by whose name the operator knows each."""

REQUIRED: Final = msgspec.NODEFAULT


class Field(msgspec.Struct, frozen=True):
    """One key of one table."""

    name: str
    kind: Any
    """Its type, with `Annotated` where that bounds it."""
    default: Any
    meaning: str


class Key(msgspec.Struct, frozen=True):
    """One key of the file, where `NAME` stands for any name and `[]` for any element."""

    path: tuple[str, ...]
    field: Field

    @property
    def text(self) -> str:
        """The path as the page has it."""
        return ".".join(self.path).replace(".[]", "[]")


@cache
def fields(struct: type[Any]) -> Mapping[str, Field]:
    """The keys of a table, by name.

    >>> fields(Config)["mode"].default, "simulated" in fields(Config)
    ('heal', False)
    """
    hints = get_type_hints(struct, include_extras=True)
    without = NOT_KEYS.get(struct, {})
    return {
        one.name: Field(one.name, hints[one.name], _default(one), _meaning(struct, one.name, hints[one.name]))
        for one in msgspec.structs.fields(struct)
        if one.name not in without
    }


def _default(field: Any) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def _meaning(struct: type[Any], name: str, kind: Any) -> str:
    if struct in MEANINGS:
        return MEANINGS[struct].get(name, "")
    notes = get_args(kind)[1:] if get_origin(kind) is Annotated else ()
    return next((note.description for note in notes if note.description), "")


def plain(kind: Any) -> Any:
    """A type without its bounds, and without the `None` that stands for unset.

    >>> plain(Annotated[str | None, 1]), plain(int)
    (<class 'str'>, <class 'int'>)
    """
    if get_origin(kind) is Annotated:
        return plain(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        several = [one for one in get_args(kind) if one is not type(None)]
        return plain(several[0]) if len(several) == 1 else kind
    return kind


def is_table(kind: Any) -> bool:
    """Whether a type is a struct, and so a table."""
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


@cache
def keys() -> tuple[Key, ...]:
    """Every key in the order of the file."""
    return tuple(_keys((), Config))


def _keys(path: tuple[str, ...], struct: type[Any]) -> Iterator[Key]:
    tables: list[tuple[tuple[str, ...], type[Any]]] = []
    for name, field in fields(struct).items():
        kind = plain(field.kind)
        if is_table(kind):
            tables.append(((*path, name), kind))
        elif name in NAMED and not path:
            tables.append(((*path, name, "NAME"), NAMED[name]))
        elif name == "routes" and not path:
            tables.append(((*path, name, "[]"), RouteConfig))
        else:
            yield Key((*path, name), field)
    for inside, table in tables:
        yield from _keys(inside, table)


def settable(kind: Any) -> bool:
    """Whether a variable can hold it: one value, or a list of texts with commas between.

    >>> settable(int), settable(tuple[str, ...]), settable(Mapping[str, str])
    (True, True, False)
    """
    bare = plain(kind)
    return bare in (str, int, float, bool, Hidden, tuple[str, ...]) or get_origin(bare) is Literal


def env_name(path: tuple[str, ...]) -> str:
    """The variable of a key. `[server]` is what the gateway itself is, and is left out.

    >>> env_name(("server", "port")), env_name(("upstreams", "my-rack", "key"))
    ('MOONWIRE_PORT', 'MOONWIRE_UPSTREAMS_MY_RACK_KEY')
    """
    parts = path[1:] if path[0] == "server" else path
    name = "_".join(parts).upper()
    return "MOONWIRE_" + "".join(letter if letter.isalnum() else "_" for letter in name)


_WORDS: Final[Mapping[Any, str]] = {
    str: "text",
    Hidden: "a key",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    tuple[str, ...]: "a list of text",
    tuple[Hidden, ...]: "a list of keys",
    tuple[Hop, ...]: "a list of hops",
    Mapping[str, str]: "a table of text",
    Mapping[str, Hidden]: "a table of text, which is hidden as keys are",
}


def words(kind: Any) -> str:
    """What a key takes, in words.

    >>> words(Literal["a", "b", "c"]), words(bool)
    ('"a", "b" or "c"', 'true or false')
    """
    bare = plain(kind)
    if get_origin(bare) is Literal:
        names = [f'"{one}"' for one in get_args(bare)]
        return f"{', '.join(names[:-1])} or {names[-1]}"
    if bare in _WORDS:
        return _WORDS[bare]
    if is_table(bare):
        return "a table"
    return "a list of tables" if get_origin(bare) is tuple else "tables"
