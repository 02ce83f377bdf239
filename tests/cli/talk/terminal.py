"""A terminal for tests: a program on a pty, and a screen that does what its control sequences say."""

import codecs
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Generator, Mapping

from rich.cells import cell_len

__all__ = ["CTRL_C", "CTRL_D", "CTRL_O", "Display", "Terminal", "terminal"]

CTRL_C, CTRL_D, CTRL_O = "\x03", "\x04", "\x0f"
PATIENCE = 60.0
"""Seconds that a test waits for what it expects; it never waits for longer than until it is there."""

_SEQUENCE = re.compile(
    r"\x1b(?:\[([?>=]?)([0-9;]*)([@-~])|\]([^\x07\x1b]*)(?:\x07|\x1b\\)|[()][0-9A-B]|[=>78DM])"
)


class Display:
    """The characters on a screen, and what has scrolled off it."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.lines: list[list[str]] = [self._empty() for _ in range(rows)]
        self.gone: list[str] = []
        self.row = self.column = 0
        self.replies: list[str] = []
        """What the terminal answers."""
        self._rest = ""

    def _empty(self) -> list[str]:
        return [" "] * self.columns

    @property
    def text(self) -> str:
        """What is seen."""
        return "\n".join("".join(line).rstrip() for line in self.lines).rstrip()

    @property
    def everything(self) -> str:
        """What was seen, and is."""
        return "\n".join([*self.gone, self.text])

    @property
    def here(self) -> str:
        """The line of the cursor."""
        return "".join(self.lines[self.row]).rstrip()

    def resize(self, columns: int, rows: int) -> None:
        """Another size. Lines are cut, and the cursor stays on its line."""
        kept = [(line + [" "] * columns)[:columns] for line in self.lines]
        self.columns = columns
        while len(kept) > rows and self.row >= rows:
            self.gone.append("".join(kept.pop(0)).rstrip())
            self.row -= 1
        kept = kept[:rows] + [self._empty() for _ in range(rows - len(kept))]
        self.rows, self.lines = rows, kept
        self.column = min(self.column, columns - 1)

    def feed(self, text: str) -> None:
        """Does what a program wrote."""
        text = self._rest + text
        self._rest = ""
        place = 0
        while place < len(text):
            if text[place] != "\x1b":
                self._character(text[place])
                place += 1
                continue
            found = _SEQUENCE.match(text, place)
            if found is None:
                if len(text) - place < 40:
                    self._rest = text[place:]
                    return
                raise AssertionError(
                    f"a sequence that this screen does not know: {text[place : place + 40]!r}"
                )
            place = found.end()
            if found[3]:
                self._sequence(found[1], [int(one or 0) for one in found[2].split(";")], found[3])

    def _character(self, character: str) -> None:
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self._down()
        elif character == "\b":
            self.column = max(0, self.column - 1)
        elif character >= " ":
            width = cell_len(character)
            if self.column + width > self.columns:
                self.column = 0
                self._down()
            for offset in range(width):
                self.lines[self.row][self.column + offset] = character if not offset else ""
            self.column += width
        else:
            assert character == "\x07", f"a control character reached the terminal: {character!r}"

    def _down(self) -> None:
        if self.row + 1 < self.rows:
            self.row += 1
            return
        self.gone.append("".join(self.lines.pop(0)).rstrip())
        self.lines.append(self._empty())

    def _sequence(self, mark: str, numbers: list[int], kind: str) -> None:
        many = max(1, numbers[0])
        self.column = min(self.column, self.columns - 1) if kind in "ABCDHGJKP" else self.column
        moves: dict[str, Callable[[], None]] = {
            "A": lambda: self._go(self.row - many, self.column),
            "B": lambda: self._go(self.row + many, self.column),
            "C": lambda: self._go(self.row, self.column + many),
            "D": lambda: self._go(self.row, self.column - many),
            "G": lambda: self._go(self.row, many - 1),
            "H": lambda: self._go(many - 1, max(1, numbers[-1] if len(numbers) > 1 else 1) - 1),
            "J": lambda: self._erase_down(numbers[0]),
            "K": lambda: self._erase_line(numbers[0]),
            "n": lambda: self.replies.append(f"\x1b[{self.row + 1};{self.column + 1}R"),
        }
        if kind in moves and not mark:
            moves[kind]()
        else:
            assert kind in "mhlquc", f"a sequence that this screen does not know: {mark}{numbers}{kind}"

    def _go(self, row: int, column: int) -> None:
        self.row = min(max(0, row), self.rows - 1)
        self.column = min(max(0, column), self.columns - 1)

    def _erase_line(self, how: int) -> None:
        start, end = (0, self.columns) if how == 2 else (self.column, self.columns)
        self.lines[self.row][start:end] = [" "] * (end - start)

    def _erase_down(self, how: int) -> None:
        if how == 0:
            self._erase_line(0)
        for row in range(self.row + 1 if how == 0 else 0, self.rows):
            self.lines[row] = self._empty()


class Terminal:
    """A program that runs on a terminal, and what it shows."""

    def __init__(self, process: "subprocess.Popen[bytes]", master: int, display: Display) -> None:
        self.process = process
        self.display = display
        self._master = master
        self._mark = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def keys(self, text: str) -> None:
        """Presses keys."""
        os.write(self._master, text.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Makes the window larger or smaller."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.display.resize(columns, rows)
        self.process.send_signal(signal.SIGWINCH)

    def wait(self, what: str | Callable[[Display], bool]) -> None:
        """Until a text is on the screen, or has been, or a condition holds."""

        def there(display: Display) -> bool:
            # What was there before the last line does not count.
            return what in self.said if isinstance(what, str) else what(display)

        end = time.monotonic() + PATIENCE
        while not there(self.display):
            left = end - time.monotonic()
            over = left <= 0 or not self._read(left)
            assert not over or there(self.display), (
                f"{what} never came; the screen:\n{self.display.everything}"
            )

    @property
    def said(self) -> str:
        """What came behind the last line that was typed."""
        return self.display.everything.rpartition(self._mark)[2] if self._mark else self.display.everything

    def prompt(self) -> None:
        """Until a line can be typed."""
        self.wait(lambda display: display.here == ">" and "· /help" in display.text.splitlines()[-1])

    def say(self, line: str) -> None:
        """Types a line at the prompt."""
        self.prompt()
        self.keys(f"{line}\r")
        self._mark = f"> {line}\n"
        self.wait(lambda display: self._mark in display.everything)

    def ended(self) -> int:
        """Until the program is over; its status."""
        end = time.monotonic() + PATIENCE
        while self._read(max(0.0, end - time.monotonic())):
            pass
        return self.process.wait(PATIENCE)

    def _read(self, seconds: float) -> bool:
        """Takes what was written; false where nothing more comes."""
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:
            # Linux says so where the other side is closed.
            return False
        self.display.feed(self._decoder.decode(data))
        for reply in self.display.replies:
            self.keys(reply)
        self.display.replies.clear()
        return bool(data)


@contextlib.contextmanager
def terminal(
    *arguments: str, env: Mapping[str, str], columns: int = 80, rows: int = 24, stdout: int | None = None
) -> Generator[Terminal]:
    """`moonwire` on a terminal of its own, for as long as the block runs."""
    master, slave = pty.openpty()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    known = {
        "TERM": "xterm-256color",
        "PATH": os.environ["PATH"],
        "no_proxy": "*",
        "LC_ALL": "C.UTF-8",
        **env,
    }
    program = [sys.executable, "-m", "moonwire", *arguments]
    process = subprocess.Popen(
        program,
        stdin=slave,
        stdout=slave if stdout is None else stdout,
        stderr=slave,
        env=known,
        cwd=env["HOME"],
        start_new_session=True,
    )
    os.close(slave)
    try:
        yield Terminal(process, master, Display(columns, rows))
    finally:
        process.kill()
        process.wait()
        os.close(master)
