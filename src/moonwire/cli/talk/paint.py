"""Text as lines for a terminal: wrapped, styled, and with nothing in them that could drive it."""

import io
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, Literal

from moonwire.cli.screen import Piece, showable

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

__all__ = ["Colours", "Painter"]

_STYLES: Final = re.compile(r"\x1b\[[0-9;]*m")

Colours = Literal["standard", "256", "truecolor"]
COLOURS: Final[tuple[Colours, ...]] = ("standard", "256", "truecolor")


class Painter:
    """Makes lines of text. `colours` as rich names them; `None` is none."""

    def __init__(self, colours: Colours | None) -> None:
        self._colours: Colours | None = colours
        self._made: tuple[int, Console, io.StringIO] | None = None

    @classmethod
    def for_stdout(cls) -> "Painter":
        """With the colours that the terminal at standard output has."""
        from rich.console import Console

        found = Console().color_system
        return cls(next((one for one in COLOURS if one == found), None))

    def markdown(self, text: str, width: int) -> list[str]:
        """A block of Markdown, without the empty lines around it."""
        from rich.markdown import Markdown

        shown = showable(text.replace("\r", ""))
        # A link's target is shown, not hidden behind its text.
        lines = self._lines(Markdown(shown, hyperlinks=False, code_theme="ansi_dark"), width)
        full = [number for number, line in enumerate(lines) if _STYLES.sub("", line).strip()]
        return lines[full[0] : full[-1] + 1] if full else []

    def text(self, text: str, width: int, style: str = "", *, indent: str = "") -> list[str]:
        """Plain text, in one style; what does not fit goes on in the next line."""
        from rich.padding import Padding
        from rich.text import Text

        shown = Text(showable(text.replace("\r", "").expandtabs(4)), style, overflow="fold")
        return self._lines(Padding(shown, (0, 0, 0, len(indent))) if indent else shown, width)

    def pieces(self, pieces: Iterable[Piece], width: int) -> list[str]:
        """Text of several styles, whose lines end where it says so."""
        from rich.text import Text

        parts = [(showable(piece.text.replace("\r", "").expandtabs(4)), piece.style) for piece in pieces]
        if parts and parts[-1][0].endswith("\n"):
            parts[-1] = (parts[-1][0].removesuffix("\n"), parts[-1][1])
        return self._lines(Text.assemble(*parts, overflow="fold"), width)

    def line(self, text: str, width: int, style: str = "") -> str:
        """One line, cut where it is too long."""
        from rich.text import Text

        shown = Text(showable(text.replace("\n", " ")), style, no_wrap=True)
        shown.truncate(max(8, width), overflow="ellipsis")
        return next(iter(self._lines(shown, width)), "")

    def _lines(self, shown: "RenderableType", width: int) -> list[str]:
        console, into = self._console(max(8, width))
        console.print(shown)
        text = into.getvalue()
        into.seek(0)
        into.truncate()
        return [line.rstrip(" ") for line in text.removesuffix("\n").split("\n")]

    def _console(self, width: int) -> "tuple[Console, io.StringIO]":
        from rich.console import Console

        if self._made is None or self._made[0] != width:
            into = io.StringIO()
            console = Console(
                file=into,
                width=width,
                force_terminal=self._colours is not None,
                color_system=self._colours,
                highlight=False,
                markup=False,
                emoji=False,
                legacy_windows=False,
            )
            self._made = (width, console, into)
        return self._made[1], self._made[2]
