"""JSON as a text with places in it: errors that name line and column, and changes that leave the rest alone.

A recorded completion is evidence. Writing it anew would change its numbers (`1.10`), its escapes
and its spacing; so a change here cuts out one value and puts another in its place, and every other
byte stays as it was.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from moonwire.core.errors import LocalProtocolError

__all__ = ["Path", "at", "decode", "dumps", "nearest", "place", "set_keys", "spell"]

Path = tuple[str | int, ...]

_BLANKS = re.compile(r"[ \t\n\r]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
# Python refuses to make an int of a text longer than this; such a number is JSON all the same.
_MOST_DIGITS = 4000


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


_DECODER = json.JSONDecoder(parse_int=_integer)
# For finding where a value ends; what it says is thrown away.
_SKIPPER = json.JSONDecoder(parse_int=str, parse_float=str)


def dumps(value: Any, *, compact: bool = False) -> str:
    """JSON on one line, readable: non-ASCII as it is, but for lone surrogates, which UTF-8 cannot hold.

    >>> dumps({"city": "Zürich", "cut": chr(0xD83D)})
    '{"city": "Zürich", "cut": "\\\\ud83d"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":") if compact else None)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def place(name: str, text: str, position: int, first_line: int = 1) -> str:
    """`name:line:column` of a position in the text, both counted from 1, columns in characters.

    >>> place("tools.json", "{\\n  x", 4)
    'tools.json:2:3'
    """
    line = text.count("\n", 0, position)
    column = position - text.rfind("\n", 0, position)
    return f"{name}:{first_line + line}:{column}"


def decode(text: str, name: str, *, first_line: int = 1, remedy: str = "") -> Any:
    """The value that the text stands for, or an error that names file, line and column."""
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        message = error.msg[:1].lower() + error.msg[1:]
        where = place(name, text, error.pos, first_line)
        raise LocalProtocolError(f"not JSON: {message}", path=where, remedy=remedy) from None
    except RecursionError:
        where = place(name, text, 0, first_line)
        raise LocalProtocolError("nested too deeply to be read", path=where, remedy=remedy) from None


def spell(path: Path) -> str:
    """A path as the user writes it.

    >>> spell(("choices", 0, "message", "a.b"))
    'choices[0].message["a.b"]'
    """
    spelled = ""
    for step in path:
        if isinstance(step, int):
            spelled += f"[{step}]"
        elif re.fullmatch(r"[\w$-]+", step):
            spelled += f".{step}" if spelled else step
        else:
            spelled += f"[{dumps(step)}]"
    return spelled


def at(value: Any, path: Path) -> Any:
    """What stands at a path. Raises `LookupError` where nothing does.

    >>> at({"choices": [{"text": "hi"}]}, ("choices", -1, "text"))
    'hi'
    """
    for step in path:
        if isinstance(step, int) and isinstance(value, list):
            value = cast("list[Any]", value)[step]
        elif isinstance(step, str) and isinstance(value, dict):
            value = cast("dict[str, Any]", value)[step]
        else:
            raise LookupError(step)
    return value


def nearest(text: str, path: Path) -> tuple[Path, int]:
    """How far down a path the text goes, and where the value begins that stands there."""
    start = _blanks(text, 0)
    for depth, step in enumerate(path):
        found = _find(text, start, step)
        if found is None:
            return path[:depth], start
        start = found[0]
    return path, start


def set_keys(text: str, path: Path, changes: Mapping[str, Any]) -> str:
    """The text with these keys set in the object at `path`; keys it did not have come last.

    >>> set_keys('{"a": {"n": 1.10, "b": "x"}}', ("a",), {"b": None, "c": []})
    '{"a": {"n": 1.10, "b": null, "c": []}}'
    """
    _, start = nearest(text, path)
    members = {key: span for key, span in _members(text, start)}
    # Written the way the object itself is: recorded with separators "," and ":", or with blanks.
    first = next(iter(members.values()), None)
    compact = first is not None and text[first[0] - 1] == ":"
    edits = [
        (*members[key], dumps(value, compact=compact)) for key, value in changes.items() if key in members
    ]
    colon, comma = (":", ",") if compact else (": ", ", ")
    added = [
        f"{dumps(key)}{colon}{dumps(value, compact=compact)}"
        for key, value in changes.items()
        if key not in members
    ]
    if added:
        end = max((span[1] for span in members.values()), default=start + 1)
        edits.append((end, end, (comma if members else "") + comma.join(added)))
    for begin, end, value in sorted(edits, reverse=True):
        text = text[:begin] + value + text[end:]
    return text


def _blanks(text: str, position: int) -> int:
    match = _BLANKS.match(text, position)
    return match.end() if match else position


def _find(text: str, start: int, step: str | int) -> tuple[int, int] | None:
    """Where the member or item stands that one step of a path names. The last of equal keys counts."""
    if isinstance(step, str):
        return dict(_members(text, start)).get(step) if text[start] == "{" else None
    items = list(_items(text, start)) if text[start] == "[" else []
    return items[step] if -len(items) <= step < len(items) else None


def _members(text: str, start: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """Each key of the object that begins at `start`, and the span of its value. All of it is JSON."""
    position = _blanks(text, start + 1)
    while text[position] != "}":
        key, position = _SKIPPER.raw_decode(text, position)
        position = _blanks(text, _blanks(text, position) + 1)
        end = _SKIPPER.raw_decode(text, position)[1]
        yield key, (position, end)
        position = _blanks(text, end)
        if text[position] == ",":
            position = _blanks(text, position + 1)


def _items(text: str, start: int) -> Iterator[tuple[int, int]]:
    """The span of each item of the array that begins at `start`."""
    position = _blanks(text, start + 1)
    while text[position] != "]":
        end = _SKIPPER.raw_decode(text, position)[1]
        yield position, end
        position = _blanks(text, end)
        if text[position] == ",":
            position = _blanks(text, position + 1)
