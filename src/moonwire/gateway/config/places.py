"""On which line of a TOML text a key or a list's element stands: what `tomllib` knows and does not tell."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final, cast

from moonwire.core.errors import LocalProtocolError

__all__ = ["Path", "read_toml", "spell"]

Path = tuple[str | int, ...]

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_PART: Final = re.compile(r"""[ \t]*(?:([A-Za-z0-9_-]+)|"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)')[ \t]*""")
_STRING: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?!")"{0,2}'
    r"|'''.*?'''(?!')'{0,2}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_PLAIN: Final = re.compile(r"[^,\]}#\n]*")
_AT_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def spell(path: Path) -> str:
    """A path as people write it.

    >>> spell(("routes", 0, "models")), spell(("models", "kimi-k2.6", "cap"))
    ('routes[0].models', 'models."kimi-k2.6".cap')
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            bare = _BARE.fullmatch(part)
            quoted = part if bare else '"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"'
            text += f".{quoted}" if text else quoted
    return text


def read_toml(text: str, name: str) -> tuple[dict[str, Any], dict[Path, int]]:
    """The tables of a TOML text, and the line of each path within it.

    >>> tables, lines = read_toml('[server]\\nport = 1\\n[[routes]]\\nhops = ["a"]', "f")
    >>> lines["server", "port"], lines["routes", 0], lines["routes", 0, "hops", 0]
    (2, 3, 4)
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # Its message says a character at most, and never a line of the text, in which a key may stand.
        line = _AT_LINE.search(str(error))
        path = f"{name}:{line[1]}" if line else name
        raise LocalProtocolError(f"not TOML: {error}", path=path, remedy="see toml.io") from None
    except RecursionError:
        remedy = "no key needs more than a few levels"
        raise LocalProtocolError("nested too deep", path=name, remedy=remedy) from None
    return tables, _Scan(text, tables).lines


class _Scan:
    """Goes once over a text that is known to be TOML, so nothing here has to be checked."""

    def __init__(self, text: str, tables: Mapping[str, Any]) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counted = 0
        self._lists: dict[Path, int] = {}
        self.lines: dict[Path, int] = {}
        table: Path = ()
        self._skip()
        while self._at < len(text):
            if text.startswith("[[", self._at):
                table = self._header(2)
            elif text[self._at] == "[":
                table = self._header(1)
            else:
                self._pair(table)
            self._skip()

    def _now(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _skip(self) -> None:
        self._at = cast("re.Match[str]", _BLANK.match(self._text, self._at)).end()

    def _saw(self, path: Path) -> None:
        """The first place counts, for the path and for what it stands in."""
        line = self._now()
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            match = cast("re.Match[str]", _PART.match(self._text, self._at))
            self._at = match.end()
            bare, escaped, literal = match.groups()
            if escaped is not None:
                parts.append(cast("str", tomllib.loads(f'x = "{escaped}"')["x"]))
            else:
                parts.append(bare if bare is not None else literal)
            if not self._text.startswith(".", self._at):
                return parts
            self._at += 1

    def _header(self, brackets: int) -> Path:
        self._at += brackets
        parts = self._key()
        path: Path = ()
        for number, part in enumerate(parts):
            path += (part,)
            if brackets == 2 and number == len(parts) - 1:
                self._lists[path] = self._lists.get(path, -1) + 1
            if path in self._lists:
                path += (self._lists[path],)
        self._saw(path)
        self._at += brackets
        return path

    def _pair(self, table: Path) -> None:
        path = (*table, *self._key())
        self._saw(path)
        self._at += 1  # the sign
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip()
        first = self._text[self._at]
        if first == "[":
            self._items(path)
        elif first == "{":
            self._inline(path)
        else:
            match = _STRING.match(self._text, self._at) or _PLAIN.match(self._text, self._at)
            self._at = cast("re.Match[str]", match).end()

    def _items(self, path: Path) -> None:
        self._at += 1
        self._skip()
        index = 0
        while self._text[self._at] != "]":
            self._saw((*path, index))
            self._value((*path, index))
            self._skip()
            self._at += self._text[self._at] == ","
            self._skip()
            index += 1
        self._at += 1

    def _inline(self, path: Path) -> None:
        self._at += 1
        self._skip()
        while self._text[self._at] != "}":
            self._pair(path)
            self._skip()
            self._at += self._text[self._at] == ","
            self._skip()
        self._at += 1
