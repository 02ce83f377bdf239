"""The lines at the bottom of a terminal that change while something goes on; all above them stays.

What is written is made without a terminal: `frame` is pure but for what it remembers of the last one.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

__all__ = ["Region"]

_STYLES: Final = re.compile(r"\x1b\[[0-9;]*m")
# A terminal that knows them shows all between the two at once; the others pass over them.
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"


class Region:
    """Draws lines over the lines that it drew before. Each has to be narrower than the terminal.

    >>> out = []
    >>> region = Region(out.append, lambda: (80, 24))
    >>> region.show(["a", "b"])
    >>> region.show(["c"], above=["done"])
    >>> out[1].encode("unicode_escape").decode().replace("\\\\x1b", "^")
    '^[?2026h\\\\r^[1Adone^[K\\\\r\\\\nc^[K^[J^[?2026l'
    """

    def __init__(self, write: Callable[[str], None], size: Callable[[], tuple[int, int]]) -> None:
        self._write = write
        self._size = size
        self._widths: list[int] = []
        self._drawn: list[str] = []

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows, as they are now."""
        columns, rows = self._size()
        return max(10, columns), max(4, rows)

    def show(self, lines: Sequence[str], above: Sequence[str] = ()) -> None:
        """Draws the lines in the place of those from before; `above` are put over them for good."""
        columns, rows = self.size
        # More than the terminal has could not be drawn over again.
        lines = list(lines[-(rows - 1) :])
        if not above and lines == self._drawn:
            return
        self._write(self._frame(lines, above, columns))
        self._drawn = lines
        self._widths = [_width(line) for line in lines]

    def forget(self) -> None:
        """Somebody else has written: the next lines are drawn where the cursor stands."""
        self._widths, self._drawn = [], []

    def _frame(self, lines: Sequence[str], above: Sequence[str], columns: int) -> str:
        # A terminal that was made narrower has broken the lines: each may stand on several rows.
        drawn = sum(max(1, -(-width // columns)) for width in self._widths)
        up = f"\x1b[{drawn - 1}A" if drawn > 1 else ""
        fixed = "".join(f"{line}\x1b[K\r\n" for line in above)
        moving = "\r\n".join(f"{line}\x1b[K" for line in lines)
        return f"{_BEGIN}\r{up}{fixed}{moving}\x1b[J{_END}"


def _width(line: str) -> int:
    from rich.cells import cell_len

    return cell_len(_STYLES.sub("", line))
