"""A turn on a terminal: what is finished is printed for good, what still grows is drawn below it."""

from collections.abc import Callable, Iterable
from typing import Final, Literal, Protocol

from moonwire.agent import AgentEvent, StepStarted, ToolDone, ToolStarted
from moonwire.cli.screen import Piece, showable
from moonwire.cli.talk.blocks import Blocks
from moonwire.cli.talk.paint import Painter
from moonwire.cli.talk.region import Region
from moonwire.cli.talk.typed import Typed
from moonwire.cli.talk.words import call_line, one_line, rough_tokens, thought_line
from moonwire.cli.talk.writing import Writer, progress, progress_lines
from moonwire.core.events import CallStart, Malformed, Reasoning, Reclassified, Text

__all__ = ["PlainView", "Screen", "Thoughts", "View"]

Thoughts = Literal["show", "fold", "hide"]

FOLDED: Final = 6
"""Lines of thoughts that are seen while they come."""
DIM: Final = "dim"
_INDENT: Final = "  "


class Screen(Protocol):
    """What the chat shows things on."""

    thoughts: Thoughts
    note: str

    def question(self, text: str) -> None: ...
    def begin(self, doing: str) -> None: ...
    def feed(self, event: AgentEvent) -> None: ...
    def draw(self) -> None: ...
    def say(self, pieces: Iterable[Piece]) -> None: ...
    def markdown(self, text: str) -> None: ...
    def toggle(self) -> None: ...
    def finish(self) -> None: ...


class View:
    """Takes the events of a turn, and draws. `typed` is the line that the user writes meanwhile."""

    def __init__(self, region: Region, painter: Painter, typed: Typed, clock: Callable[[], float]) -> None:
        self.thoughts: Thoughts = "fold"
        self.note = ""
        """Said beside the state: lines that wait, questions that are asked aside."""
        self._region = region
        self._painter = painter
        self._typed = typed
        self._clock = clock
        self._question = ""
        self._expanded = False
        self._begin("")

    # -- what happens ------------------------------------------------------------------------------

    def begin(self, doing: str) -> None:
        """Something begins that may take a while."""
        self._begin(doing)
        self.draw()

    def _begin(self, doing: str) -> None:
        self._doing = doing
        self._since = self._clock()
        self._step()

    def _step(self) -> None:
        self._blocks = Blocks()
        self._gap = False
        """Whether a block of the answer stands above, so that the next one needs an empty line."""
        self._thought = ""
        self._shown = 0
        """Characters of the thoughts that are printed for good."""
        self._thinking: float | None = None
        self._answer = ""

    def feed(self, event: AgentEvent) -> None:
        """Takes what happened. It is seen with the next `draw`, or at once where it stays."""
        if isinstance(event, Reasoning):
            self._reason(event.text)
        elif isinstance(event, Text):
            self._text(event.text)
        elif isinstance(event, Reclassified):
            self._reclassified(event)
        elif isinstance(event, StepStarted):
            self._flush()
            self._step()
            self._doing = "waiting"
        elif isinstance(event, CallStart):
            self._doing = f"calling {one_line(event.name, 60)}"
            self._flush()
        elif isinstance(event, Malformed):
            self.say([Piece(f"! what could not be read: {event.reason}\n", DIM)])
        else:
            self._happened(event)

    def _happened(self, event: AgentEvent) -> None:
        if isinstance(event, ToolStarted):
            self._doing = f"running {call_line(event.call)}"
            self._flush()
        style = "" if isinstance(event, ToolStarted) else DIM
        if lines := progress_lines(event):
            self.say(Piece(f"{line}\n", style) for line in lines)
        if isinstance(event, ToolDone):
            self._doing = "running tools"

    def _reason(self, text: str) -> None:
        if self._thinking is None:
            self._thinking = self._clock()
        self._doing = "thinking"
        self._thought += text
        if self.thoughts == "show" and "\n" in self._thought[self._shown :]:
            whole, _, _ = self._thought[self._shown :].rpartition("\n")
            self._shown += len(whole) + 1
            self._print(self._painter.text(whole, self._width, "dim italic", indent=_INDENT))

    def _text(self, text: str) -> None:
        self._doing = "answering"
        self._end_thoughts()
        self._answer += text
        for block in self._blocks.feed(text):
            self._block(block)

    def _reclassified(self, event: Reclassified) -> None:
        if event.was == "reasoning":
            thought, self._thought, self._thinking = self._thought[self._shown :], "", None
            self._text(thought)
        else:
            # What was printed for good stays; what grows is taken back.
            self._blocks, answer = Blocks(), self._answer
            self._answer = ""
            self._reason(answer)

    def _end_thoughts(self) -> None:
        """The thoughts are over: one line stands for them."""
        if self._thinking is None:
            return
        seconds, self._thinking = self._clock() - self._thinking, None
        if self.thoughts == "show":
            rest = self._thought[self._shown :].strip("\n")
            self._shown = len(self._thought)
            lines = self._painter.text(rest, self._width, "dim italic", indent=_INDENT) if rest else []
            self._print([*lines, ""])
        elif self.thoughts == "fold" and self._thought.strip():
            said = thought_line(seconds, rough_tokens(self._thought))
            self._print(self._painter.text(said, self._width, DIM))

    def _flush(self) -> None:
        self._end_thoughts()
        for block in self._blocks.finish():
            self._block(block)

    def _block(self, block: str) -> None:
        if lines := self._painter.markdown(block, self._width):
            self._print(["", *lines] if self._gap else lines)
            self._gap = True

    # -- what is seen ------------------------------------------------------------------------------

    @property
    def _width(self) -> int:
        # A line that fills the last column leaves terminals in doubt where the cursor is.
        return self._region.size[0] - 1

    def say(self, pieces: Iterable[Piece]) -> None:
        """Lines that stay."""
        self._print(self._painter.pieces(pieces, self._width))

    def markdown(self, text: str) -> None:
        """A text that stays, set in: it is no part of what grows."""
        self._print([_INDENT + line for line in self._painter.markdown(text, self._width - len(_INDENT))])

    def question(self, text: str) -> None:
        """Puts a question to the user; an empty one takes it away."""
        self._question = text
        self.draw()

    def toggle(self) -> None:
        """Shows more of the thoughts that come, or less."""
        self._expanded = not self._expanded
        self.draw()

    def draw(self) -> None:
        """Draws what changes."""
        self._region.show(self._live())

    def finish(self) -> None:
        """It is over: what grew is finished, and nothing changes any more."""
        self._flush()
        self._region.show([])
        self._region.forget()

    def _print(self, lines: list[str]) -> None:
        if lines:
            self._region.show(self._live(), above=lines)

    def _live(self) -> list[str]:
        bottom = [self._painter.line(self._state(), self._width, DIM)]
        if self._question:
            bottom.append(self._painter.line(self._question, self._width, "bold"))
        elif self._typed.text:
            room = self._width - 3
            said = self._typed.text.replace("\n", "⏎")
            bottom.append(
                self._painter.line(f"> {said if len(said) < room else '…' + said[1 - room :]}", self._width)
            )
        return [*self._growing(self._region.size[1] - 1 - len(bottom)), *bottom]

    def _growing(self, most: int) -> list[str]:
        """The last lines of what is not finished."""
        if self._thinking is not None and self.thoughts != "hide":
            text = self._thought[self._shown :].lstrip("\n")
            most = most if self._expanded or self.thoughts == "show" else min(most, FOLDED)
            # No more is wrapped than can be seen.
            text = text[-most * self._width :]
            return self._painter.text(text, self._width, "dim italic", indent=_INDENT)[-most:] if text else []
        tail = self._blocks.tail(most)
        if not tail.strip():
            return []
        lines = self._painter.markdown(tail[-most * self._width * 2 :], self._width)
        return (["", *lines] if self._gap else lines)[-most:]

    def _state(self) -> str:
        waited = f"{self._doing} · {self._clock() - self._since:.0f} s · ctrl-c stops"
        more = ""
        if self._thinking is not None and self.thoughts == "fold":
            more = " · ctrl-o shows less" if self._expanded else " · ctrl-o shows more"
        return f"{waited}{more}{f' · {self.note}' if self.note else ''}"


class PlainView:
    """The same where nothing can be drawn over: text as it comes, all else on lines of standard error."""

    def __init__(self) -> None:
        self.thoughts: Thoughts = "fold"
        self.note = ""
        self._writer = Writer(stream=True)

    def question(self, text: str) -> None:
        """A line for the question."""
        if text:
            self.say([Piece(text)])

    def begin(self, doing: str) -> None:
        """Nothing is drawn."""

    def feed(self, event: AgentEvent) -> None:
        """Writes what happened."""
        self._writer.feed(event)

    def draw(self) -> None:
        """Nothing changes what is written."""

    def say(self, pieces: Iterable[Piece]) -> None:
        """Lines for the person."""
        self._writer.end()
        progress(showable("".join(piece.text for piece in pieces)).removesuffix("\n"))

    def markdown(self, text: str) -> None:
        """A text, as it is written."""
        self._writer.text(text)
        self._writer.end()

    def toggle(self) -> None:
        """There is nothing to fold."""

    def finish(self) -> None:
        """Ends the line."""
        self._writer.end()
