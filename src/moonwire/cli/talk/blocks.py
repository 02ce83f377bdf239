"""Markdown as it comes, cut into blocks that can be shown for good, and the one that still grows. Pure."""

import re
from typing import Final

__all__ = ["Blocks"]

_FENCE: Final = re.compile(r"\s*(`{3,}|~{3,})")
LONGEST: Final = 20_000
"""Characters of a block that has no end; it is cut at a line's end then, so that time stays linear."""


class Blocks:
    """Takes text, gives blocks. What all of them say, one behind the other, is the text.

    A block ends at an empty line that is in no fence, once the next line shows that it is not indented: an
    indented one goes on with a list.

    >>> blocks = Blocks()
    >>> blocks.feed("one\\n\\n"), blocks.feed("two"), blocks.pending, blocks.finish()
    ([], ['one\\n\\n'], 'two', ['two'])
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        """The whole lines of the block that grows."""
        self._line = ""
        self._fence = ""
        """What the open fence was begun with."""
        self._size = 0

    @property
    def pending(self) -> str:
        """What was not given out yet."""
        return "".join(self._lines) + self._line

    @property
    def fence(self) -> str:
        """The line that began the fence which is open; empty where there is none."""
        return next((line for line in self._lines if _FENCE.match(line)), "") if self._fence else ""

    def tail(self, lines: int) -> str:
        """The last lines of what grows, as Markdown of its own: an open fence is opened again."""
        kept = [*self._lines[-lines:], self._line]
        opened = self.fence
        if opened and len(self._lines) > lines and opened not in kept:
            kept.insert(0, opened)
        return "".join(kept)

    def feed(self, text: str) -> list[str]:
        """The blocks that are finished by now."""
        done: list[str] = []
        pieces = text.split("\n")
        for piece in pieces[:-1]:
            self._begun(piece, done)
            self._end_line(done)
        self._begun(pieces[-1], done)
        return done

    def finish(self) -> list[str]:
        """The rest."""
        rest, self._lines, self._line, self._fence, self._size = self.pending, [], "", "", 0
        return [rest] if rest.strip() else []

    def _begun(self, piece: str, done: list[str]) -> None:
        """A piece of a line: its first character says whether the block before it is over."""
        if not piece:
            return
        if not self._line and not self._fence and self._lines and not self._lines[-1].strip():
            self._cut(done, indented=piece[0] in " \t")
        self._line += piece

    def _cut(self, done: list[str], *, indented: bool) -> None:
        block = "".join(self._lines)
        if block.strip() and not indented:
            done.append(block)
            self._lines, self._size = [], 0

    def _end_line(self, done: list[str]) -> None:
        line, self._line = self._line + "\n", ""
        self._lines.append(line)
        self._size += len(line)
        fence = _FENCE.match(line)
        if self._fence:
            closes = fence is not None and fence[1].startswith(self._fence)
            if closes and not line.strip().strip(self._fence[0]):
                self._fence = ""
        elif fence is not None:
            self._fence = fence[1]
        elif self._size > LONGEST:
            self._cut(done, indented=False)
