"""Changes of a TOML text that leave the rest of it as it is: values in place, new tables at the end."""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, cast

from moonwire.cli.agents.editing import Editor, Path, Refused, Splice, at, place, spell

__all__ = ["EDITOR", "MARK"]

MARK: Final = "# by `moonwire connect`; its --undo takes this table out again"
"""Stands above each table that is added."""

_PART: Final = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_KEY: Final = re.compile(rf"[ \t]*(?P<key>{_PART}(?:[ \t]*\.[ \t]*{_PART})*)[ \t]*")
_ONE: Final = re.compile(_PART)
_SKIPPED: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_LINE: Final = re.compile(r"[^\n]*(?:\n|$)")
# The pieces of a value: texts of four kinds, brackets, what ends it, and anything else.
_PIECE: Final = re.compile(
    r'''"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*|[\[\]{}]|\n|[^"'\#\[\]{}\n]+''',
    re.DOTALL,
)
_AT_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)$")


class _Statement(NamedTuple):
    """`key = value`, whole lines of it, and its value alone. `path` is None within an array of tables."""

    path: Path | None
    start: int
    end: int
    value: tuple[int, int]


class _Table(NamedTuple):
    """A header with its statements. The first one is the document's own, without a header."""

    path: Path | None
    start: int
    end: int
    statements: tuple[_Statement, ...]


def _read(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        line = _AT_LINE.search(said)
        reason = _AT_LINE.sub("", said).strip()
        number = int(line.group(1)) if line else text.count("\n") + 1
        raise Refused(f"not TOML: {reason[:1].lower()}{reason[1:]}", number) from None
    except RecursionError:
        raise Refused("not TOML: it is nested too deeply") from None


def _dump(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_dump, cast('list[Any]', value)))}]"
    # A text of TOML may be written as JSON has it.
    return json.dumps(value, ensure_ascii=False)


def _tables(text: str) -> list[_Table]:
    """The text, which is TOML, taken apart."""
    found: list[_Table] = []
    path: Path | None = ()
    arrays: set[Path] = set()
    start = end = position = 0
    statements: list[_Statement] = []
    while (position := _past(text, position)) < len(text):
        if text[position] != "[":
            statements.append(_statement(text, position, path))
            position = statements[-1].end
            continue
        found.append(_Table(path, start, end, tuple(statements)))
        array = text.startswith("[[", position)
        key = _key(text, position + 1 + array)
        path = _parts(key["key"])
        if array:
            arrays.add(path)
        if any(path[: len(one)] == one for one in arrays):
            path = None
        start, end, statements = _line_start(text, position), _line_end(text, key.end()), []
        position = end
    return [*found, _Table(path, start, end, tuple(statements))]


def _statement(text: str, position: int, table: Path | None) -> _Statement:
    key = _key(text, position)
    start = len(text[: key.end() + 1]) + len(text[key.end() + 1 :]) - len(text[key.end() + 1 :].lstrip(" \t"))
    stop = start
    depth = 0
    for piece in _pieces(text, start):
        shown = piece.group()
        if (shown == "\n" or shown.startswith("#")) and not depth:
            break
        depth += (shown in "[{") - (shown in "]}")
        if not shown.startswith("#"):
            stop = piece.end()
    stop = start + len(text[start:stop].rstrip())
    path = None if table is None else table + _parts(key["key"])
    return _Statement(path, _line_start(text, position), _line_end(text, stop), (start, stop))


def _pieces(text: str, position: int) -> Iterator[re.Match[str]]:
    while match := _PIECE.match(text, position):
        yield match
        position = match.end()


def _past(text: str, position: int) -> int:
    """Behind blanks and comments."""
    match = _SKIPPED.match(text, position)
    return match.end() if match else position


def _key(text: str, position: int) -> re.Match[str]:
    match = _KEY.match(text, position)
    if match is None:
        raise Refused("a key that is not understood", place(text, position))
    return match


def _parts(key: str) -> Path:
    return tuple(
        tomllib.loads(f"k = {part}")["k"] if part[0] in "\"'" else part for part in _ONE.findall(key)
    )


def _line_start(text: str, position: int) -> int:
    return text.rfind("\n", 0, position) + 1


def _line_end(text: str, position: int) -> int:
    match = _LINE.match(text, position)
    return match.end() if match else position


def _find(text: str, path: Path) -> _Statement | None:
    return next((one for table in _tables(text) for one in table.statements if one.path == path), None)


def _raw(text: str, path: Path) -> str | None:
    try:
        at(_read(text), path)
    except LookupError:
        return None
    found = _find(text, path)
    if found is None:
        raise Refused(f"{spell(path)} is not on a line of its own")
    return text[found.value[0] : found.value[1]]


def _put(text: str, path: Path, raw: str) -> list[Splice]:
    if _raw(text, path) is not None:
        found = _find(text, path)
        assert found is not None, "what has a text has a place"
        start, stop = found.value
        return [Splice(start, stop - start, raw)]
    newline = "\r\n" if "\r\n" in text else "\n"
    line = f"{_spelled(path[-1:])} = {raw}{newline}"
    for table in _tables(text):
        if table.path == path[:-1]:
            position = table.statements[-1].end if table.statements else table.end
            before = newline if text[:position] and not text[:position].endswith("\n") else ""
            # The document's own keys stand before every table, and apart from the first one.
            behind = newline if not position and text else ""
            return [Splice(position, 0, before + line + behind)]
    before = newline if text and not text.endswith("\n") else ""
    apart = newline if text else ""
    header = f"[{_spelled(path[:-1])}]{newline}"
    return [Splice(len(text), 0, f"{before}{apart}{MARK}{newline}{header}{line}")]


def _spelled(path: Path) -> str:
    return ".".join(part if re.fullmatch("[A-Za-z0-9_-]+", part) else _dump(part) for part in path)


def _drop(text: str, path: Path, depth: int) -> list[Splice]:
    for table in _tables(text):
        for statement in table.statements:
            if statement.path != path:
                continue
            parent = path[:-1]
            if table.path == parent and len(parent) > depth and _only(text, table):
                return [_whole(text, table)]
            return [Splice(statement.start, statement.end - statement.start, "")]
    return []


def _only(text: str, table: _Table) -> bool:
    """Whether a table has one statement, and no comment between that and its header."""
    return len(table.statements) == 1 and not text[table.end : table.statements[0].start].strip()


def _whole(text: str, table: _Table) -> Splice:
    """The table with its mark, and the empty line above that."""
    start, end = table.start, table.statements[-1].end
    above = _line_start(text, start - 1) if start else 0
    if text[above:start].strip() == MARK:
        start = above
    above = _line_start(text, start - 1) if start else 0
    if start and not text[above:start].strip():
        start = above
    return Splice(start, end - start, "")


EDITOR: Final = Editor(_read, _dump, _raw, _put, _drop)
"""TOML."""
