"""The target's fields as data: how each is checked, and the list of them that the documents print."""

import re
import types
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import msgspec

from moonwire.core.catalogue.target import Target
from moonwire.core.errors import LocalProtocolError

__all__ = ["IDENTITY", "FieldRow", "checked", "field_rows", "markdown_table"]

IDENTITY: Final = frozenset({"name", "endpoint"})
"""What a target is called in the catalogue: not for anyone to overrule."""


class FieldRow(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the target, in words."""

    name: str
    kind: str
    default: str
    meaning: str
    source: str


_FIELDS: Final = {field.name: field for field in msgspec.structs.fields(Target)}


def checked(name: str, value: Any, path: str) -> Any:
    """The value as the target's field holds it, or an error that names the path and says what would do.

    >>> checked("choices", ["auto", "none"], "models.x.choices")
    ('auto', 'none')
    """
    if name not in _FIELDS or name in IDENTITY:
        # For whoever makes a mistake, and nobody else.
        from difflib import get_close_matches

        near = get_close_matches(name, sorted(_FIELDS.keys() - IDENTITY), n=1)
        remedy = f"did you mean {near[0]}?" if near else "`moonwire models MODEL` lists the fields"
        raise LocalProtocolError("no such field", path=path, remedy=remedy)
    kind = _FIELDS[name].type
    try:
        taken = msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise LocalProtocolError(str(error), path=path, remedy=f"{name} takes {_kind(kind)}") from error
    if isinstance(taken, int) and taken < 0:
        raise LocalProtocolError("a negative number means nothing here", path=path, remedy="0 or more")
    if name == "tool_name" and isinstance(taken, str):
        _check_pattern(taken, path)
    return taken


def _check_pattern(pattern: str, path: str) -> None:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise LocalProtocolError(
            f"not a pattern: {error}", path=path, remedy="a regular expression"
        ) from error


def field_rows() -> list[FieldRow]:
    """Every field in its order: name, kind of value, default, meaning, source.

    >>> field_rows()[0].name, field_rows()[0].kind
    ('model', 'text')
    """
    return [
        FieldRow(
            name=field.name,
            kind=_kind(field.type),
            default=_default(field),
            meaning=_meta(field.type).description or "",
            source=(_meta(field.type).extra or {})["source"],
        )
        for field in _FIELDS.values()
    ]


def markdown_table() -> str:
    """The fields as a table of Markdown, one row each.

    >>> print(markdown_table().splitlines()[0])
    | field | value | default | meaning | source |
    """
    head = ["| field | value | default | meaning | source |", "|---|---|---|---|---|"]
    rows = [[f"`{row.name}`", row.kind, f"`{row.default}`", row.meaning, row.source] for row in field_rows()]
    return "\n".join([*head, *(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows)]) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _meta(kind: Any) -> msgspec.Meta:
    return get_args(kind)[1]


def _default(field: Any) -> str:
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    return msgspec.json.encode(value).decode()


_WORDS: Final[Mapping[Any, str]] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    type(None): "nothing",
}


def _kind(kind: Any) -> str:
    """The kind of a value, in words.

    >>> _kind(Literal["", "lowest"]), _kind(tuple[str, ...]), _kind(bool | None)
    ('"" or "lowest"', 'a list of text', 'true or false or nothing')
    """
    if kind in _WORDS:
        return _WORDS[kind]
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _kind(args[0])
    if origin is Literal:
        return " or ".join(f'"{value}"' for value in args)
    if origin in (Union, types.UnionType):
        return " or ".join(_kind(part) for part in args)
    if origin is dict:
        return f"a table of {_kind(args[1])}"
    if args[-1] is Ellipsis:
        return f"a list of {_kind(args[0])}"
    return f"a list of {len(args)} numbers"
