"""Changes of a YAML text whose own keys stand at its left edge, one to a line. Other shapes are refused."""

import json
import re
from typing import Any, Final, NamedTuple

from moonwire.cli.agents.editing import Editor, Path, Refused, Splice

__all__ = ["EDITOR"]

_KEY: Final = re.compile(r"(?P<key>[A-Za-z_][\w.-]*)[ \t]*:(?:[ \t]+(?P<value>.*?))?[ \t]*\r?$")
_COMMENT: Final = re.compile(r"[ \t]*(?:#.*)?\r?$")
# Belongs to the line above: moved in, or an item of its list.
_BELOW: Final = re.compile(r" |- |-\r?$")
_VALUE: Final = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|-?[^\s"'#&*!|>{}\[\]%@`,?-][^#]*?""")


class _Line(NamedTuple):
    """A key, where its line begins and ends, its value, and where the last line ends that belongs to it."""

    key: str
    start: int
    end: int
    value: tuple[int, int]
    stop: int

    @property
    def more(self) -> bool:
        return self.stop > self.end


def _lines(text: str) -> list[_Line]:
    found: list[_Line] = []
    position = 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        shown = line.rstrip("\n")
        if _COMMENT.match(shown) or (shown.rstrip() == "---" and not found):
            position += len(line)
            continue
        key = _KEY.match(shown)
        if key:
            if any(one.key == key["key"] for one in found):
                raise Refused(f"{key['key']} is there twice", number)
            end = position + len(line)
            found.append(_Line(key["key"], position, end, _value(shown, key, position), end))
        elif found and _BELOW.match(shown):
            found[-1] = found[-1]._replace(stop=position + len(line))
        else:
            raise Refused(f"{shown.strip()[:40]!r} is no key with a value", number)
        position += len(line)
    return found


def _value(line: str, key: re.Match[str], position: int) -> tuple[int, int]:
    """Where the value stands, without a comment behind it."""
    start = key.start("value") if key["value"] is not None else key.end()
    rest = line[start:]
    behind = re.search(
        r"(?:^|[ \t]+)#", re.sub(r""""(?:[^"\\]|\\.)*"|'[^']*'""", lambda m: "x" * len(m[0]), rest)
    )
    kept = rest[: behind.start()] if behind else rest
    return position + start, position + start + len(kept.rstrip())


def _read(text: str) -> dict[str, Any]:
    """Texts, numbers and switches as what they are; what is more than that as it is written."""
    found: dict[str, Any] = {}
    for line in _lines(text):
        shown = text[line.value[0] : line.value[1]]
        found[line.key] = text[line.value[0] : line.stop].rstrip() if line.more else _scalar(shown)
    return found


def _scalar(shown: str) -> Any:
    if shown.startswith("'"):
        return shown[1:-1].replace("''", "'")
    try:
        return json.loads(shown)
    except ValueError:
        return shown


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _find(text: str, path: Path) -> _Line | None:
    (key,) = path
    return next((line for line in _lines(text) if line.key == key), None)


def _raw(text: str, path: Path) -> str | None:
    line = _find(text, path)
    if line is None:
        return None
    shown = text[line.value[0] : line.value[1]]
    if line.more or (shown and not _VALUE.fullmatch(shown)):
        raise Refused(f"{line.key} is more than one word or text", text.count("\n", 0, line.start) + 1)
    return shown


def _put(text: str, path: Path, raw: str) -> list[Splice]:
    line = _find(text, path) if _raw(text, path) is not None else None
    if line is not None:
        start, stop = line.value
        apart = " " if raw and text[start - 1] == ":" else ""
        return [Splice(start, stop - start, apart + raw)]
    newline = "\r\n" if "\r\n" in text else "\n"
    before = newline if text and not text.endswith("\n") else ""
    return [Splice(len(text), 0, f"{before}{path[0]}: {raw}{newline}")]


def _drop(text: str, path: Path, depth: int) -> list[Splice]:
    line = _find(text, path)
    return [] if line is None else [Splice(line.start, line.end - line.start, "")]


EDITOR: Final = Editor(_read, _dump, _raw, _put, _drop)
"""YAML of the simplest kind."""
