"""What `moonwire run` writes: the answer to standard output, and what happens meanwhile to standard error."""

import sys
from io import TextIOWrapper
from typing import cast

import click

from moonwire.agent import AgentEvent, Compacted, StepStarted, ToolDone, ToolStarted, Warned
from moonwire.cli.screen import showable
from moonwire.cli.talk.words import call_line, compacted_line, preview
from moonwire.core.events import Text

__all__ = ["Writer", "progress", "progress_lines"]


def progress_lines(event: AgentEvent) -> list[str]:
    """What is said of an event that is no text.

    >>> progress_lines(Warned("asked once more"))
    ['! asked once more']
    """
    if isinstance(event, ToolStarted):
        return [f"→ {call_line(event.call)}"]
    if isinstance(event, ToolDone):
        mark = "←" if event.result.ok else "✗"
        first, *more = preview(event.result)
        return [f"{mark} {event.result.call.name}: {first}", *(f"    {line}" for line in more)]
    if isinstance(event, Compacted):
        return [compacted_line(event)]
    if isinstance(event, Warned):
        return [f"! {showable(event.reason)}"]
    return []


def progress(line: str) -> None:
    """One line for the person, dim, on standard error."""
    click.secho(line, dim=True, err=True)


class Writer:
    """The answer on its way to standard output: as it comes, or once it is whole."""

    def __init__(self, *, stream: bool, quiet: bool = False) -> None:
        self._stream = stream
        self._quiet = quiet
        # Kept: what tools print may be sent elsewhere meanwhile.
        self._out = sys.stdout
        self._terminal = self._out.isatty()
        self._fresh = True
        """Whether the cursor stands at the beginning of a line."""
        # Half a character of a broken stream is spelled out.
        cast("TextIOWrapper", self._out).reconfigure(errors="backslashreplace")

    def data(self, text: str) -> None:
        """A line for programs: it is UTF-8 wherever it goes, and there at once."""
        self._out.flush()
        self._out.buffer.write(f"{text}\n".encode())
        self._out.buffer.flush()

    def feed(self, event: AgentEvent) -> None:
        """Writes what is to be written of an event."""
        if isinstance(event, Text) and self._stream:
            self.text(event.text)
        elif isinstance(event, StepStarted):
            self.end()
        for line in [] if self._quiet else progress_lines(event):
            self.end()
            progress(line)

    def text(self, text: str) -> None:
        """A piece of the answer. A terminal gets nothing that could drive it, a file every byte."""
        shown = showable(text.replace("\r", "")) if self._terminal else text
        if shown:
            self._out.write(shown)
            self._out.flush()
            self._fresh = shown.endswith("\n")

    def whole(self, text: str) -> None:
        """The answer, if it was not written as it came."""
        if not self._stream:
            self.text(text)
        self.end()

    def end(self) -> None:
        """Ends a line that was begun."""
        if not self._fresh:
            self._out.write("\n")
            self._out.flush()
            self._fresh = True
