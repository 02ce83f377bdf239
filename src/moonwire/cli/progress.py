"""How a long run looks while it goes: a bar where a person watches, complaints in any case."""

import contextlib
import os
import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, BinaryIO

import click

from moonwire.cli.bulk import Meter
from moonwire.core.errors import LocalProtocolError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["watch"]

# One bad line is worth reading about, ten thousand of them are not.
MOST_COMPLAINTS = 20


class Plain:
    """No bar: only complaints."""

    def __init__(self) -> None:
        self._complaints = 0

    def advance(self, size: int) -> None:
        """Nobody watches."""

    def complain(self, problem: LocalProtocolError) -> None:
        """Say what is wrong with a line, but not forever."""
        self._complaints += 1
        if self._complaints <= MOST_COMPLAINTS:
            self.say(f"moonwire: {problem}")
        elif self._complaints == MOST_COMPLAINTS + 1:
            self.say("moonwire: further lines that cannot be read are only counted")

    def say(self, message: str) -> None:
        """One line on stderr, which spells out whatever it cannot encode."""
        click.echo(message, err=True)


class Bar(Plain):
    """A bar of bytes read, and complaints above it."""

    def __init__(self, progress: "Progress", task: "TaskID") -> None:
        super().__init__()
        self._progress = progress
        self._task = task

    def advance(self, size: int) -> None:
        """That much more of the input is done."""
        self._progress.advance(self._task, size)

    def say(self, message: str) -> None:
        """Through the bar's own console, which keeps the two apart."""
        self._progress.console.print(message, markup=False, highlight=False, emoji=False, soft_wrap=True)


@contextlib.contextmanager
def watch(stream: BinaryIO, *, to_file: bool) -> Generator[Meter, None, None]:
    """A bar if stderr is a terminal that the records are not written to."""
    if not sys.stderr.isatty() or (sys.stdout.isatty() and not to_file):
        yield Plain()
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("repairing"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Bar(progress, progress.add_task("repairing", total=_size(stream)))


def _size(stream: BinaryIO) -> int | None:
    """How much there is to read, where that is known."""
    try:
        return os.fstat(stream.fileno()).st_size or None
    except OSError:
        return None
