"""The two channels of an answer, read for markup where a server may have left it, and the calls of both.

For the dialects whose answers are made of blocks or items of their own.
"""

from collections.abc import Iterable
from typing import Any, Protocol

import msgspec

from moonwire.core.events import (
    CallArguments,
    CallEnd,
    CallStart,
    Event,
    Finish,
    Malformed,
    Noted,
    Reasoning,
    Reclassified,
    Text,
)

__all__ = ["Channels", "Markup", "Numbers", "is_about"]


class Markup(Protocol):
    """What reads raw markup out of one channel: `moonwire.core.rawtext.TextParser`."""

    def feed(self, text: str) -> list[Event]:
        """What the next piece says."""
        ...

    def finish(self, reason: str | None = "stop") -> list[Event]:
        """What was still open."""
        ...


class Numbers:
    """The calls of an answer, numbered as they come: the server's own, and those that each reader counts by
    itself."""

    __slots__ = ("_given", "calls", "whole")

    def __init__(self) -> None:
        self._given: dict[tuple[int, int], int] = {}
        self.calls = 0
        """How many calls there are."""
        self.whole = 0
        """How many of them came whole."""

    def next(self) -> int:
        """The number of one more call."""
        self.calls += 1
        return self.calls - 1

    def numbered(self, markup: Markup, event: CallStart | CallArguments | CallEnd | Malformed) -> Event:
        """What a reader of markup says of a call, under the call's number among all."""
        if event.index is None:
            return event
        key = (id(markup), event.index)
        number = self._given.get(key)
        if number is None:
            number = self._given[key] = self.next()
        if isinstance(event, CallEnd) and event.complete:
            self.whole += 1
        return event if number == event.index else msgspec.structs.replace(event, index=number)

    def pathed(self, markup: Markup, event: Noted) -> Noted:
        """A note about a call names it by its number among all calls."""
        note = event.note
        for (reader, index), number in self._given.items() if note.path.startswith("calls[") else ():
            if reader == id(markup) and note.path == f"calls[{index}]" and index != number:
                return Noted(msgspec.structs.replace(note, path=f"calls[{number}]"))
        return event


class Channels:
    """Text and thoughts as they come. Without a reader of markup text is text, thoughts are thoughts.

    `close` is what ends the thoughts in the grammar: the server took it out when it made a block of them,
    and without it calls that were only quoted in the thoughts pass for meant. `inside` reads text that
    begins within the thoughts, as long as there is no block of them.
    """

    def __init__(
        self,
        content: Markup | None,
        reasoning: Markup | None,
        close: str = "",
        inside: Markup | None = None,
    ) -> None:
        self._content = content
        self._reasoning = reasoning
        self._close = close
        self._inside = inside
        # Whether the reader of thoughts has begun and not ended.
        self._thinking = False
        self.thought = False
        """Whether there was a block of thoughts."""
        self.numbers = Numbers()
        """Those of all calls, the server's own among them."""

    def text(self, text: str, out: list[Event], logprobs: Any = None) -> None:
        """A piece of text. Where markup may stand in it, no piece that is told has logprobs."""
        if self._thinking and not text.isspace():
            self.end_thoughts("stop", out)
        if self._inside is not None:
            self._content, self._inside = self._content if self.thought else self._inside, None
        if self._content is None:
            out.append(Text(text, logprobs))
        else:
            self._said(self._content, self._content.feed(text), out)

    def think(self, text: str, out: list[Event]) -> None:
        """A piece of thoughts. An empty one says that there are thoughts, once."""
        if text and self._reasoning is not None:
            self.thought = self._thinking = True
            self._said(self._reasoning, self._reasoning.feed(text), out)
        elif text or not self.thought:
            self.thought = True
            out.append(Reasoning(text))

    def end_thoughts(self, reason: str | None, out: list[Event]) -> None:
        """A block of thoughts is over: what its reader held back comes before what follows.

        Thoughts that come later still are read as they are.
        """
        if not self._thinking:
            return
        markup, self._reasoning = self._reasoning, None
        self._thinking = False
        assert markup is not None
        close = self._close
        # The close is ours, so what is said of it is nobody's business.
        events = [event for event in markup.feed(close) if not is_about(event, close)] if close else []
        self._said(markup, [*events, *markup.finish(reason)], out)

    def finish(self, reason: str | None, out: list[Event]) -> None:
        """The answer is over."""
        self.end_thoughts(reason, out)
        if self._content is not None:
            self._said(self._content, self._content.finish(reason), out)

    def _said(self, markup: Markup, events: Iterable[Event], out: list[Event]) -> None:
        for event in events:
            if isinstance(event, CallStart | CallArguments | CallEnd | Malformed):
                out.append(self.numbers.numbered(markup, event))
            elif isinstance(event, Noted):
                out.append(self.numbers.pathed(markup, event))
            elif not (
                isinstance(event, Finish)
                # Thoughts that came in a block of their own stay thoughts.
                or (isinstance(event, Reclassified) and markup is self._content and self.thought)
            ):
                out.append(event)


def is_about(event: Event, text: str) -> bool:
    """Whether this is a note of that very text."""
    return isinstance(event, Noted) and event.note.before == text
