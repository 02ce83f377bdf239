"""The two channels of an answer, read for markup where a server may have left it, and the calls of both."""

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

__all__ = ["Channels", "Markup"]


class Markup(Protocol):
    """What reads raw markup out of one channel: `moonwire.core.rawtext.TextParser`."""

    def feed(self, text: str) -> list[Event]:
        """What the next piece says."""
        ...

    def finish(self, reason: str | None = "stop") -> list[Event]:
        """What was still open."""
        ...


class Channels:
    """Takes text and thoughts; counts the calls that stand in them, and those of the server's own."""

    def __init__(self, content: Markup | None, reasoning: Markup | None, close: str) -> None:
        self._content = content
        self._reasoning = reasoning
        self._close = close
        self._numbers: dict[tuple[int, int], int] = {}
        self._thinking = False
        self._thought = False
        self.calls = 0
        """How many calls began."""
        self.whole = 0
        """How many of them ended as they should."""

    def number(self) -> int:
        """The number of a call of the server's own."""
        self.calls += 1
        return self.calls - 1

    def text(self, text: str, out: list[Event], logprobs: Any = None) -> None:
        """A piece of the answer. Where markup may stand in it, no piece that is told has logprobs."""
        if self._thinking and not text.isspace():
            self.end_thoughts("stop", out)
        if self._content is None:
            out.append(Text(text, logprobs))
        else:
            self._marked(self._content, self._content.feed(text), out)

    def think(self, text: str, out: list[Event]) -> None:
        """A piece of the thoughts; an empty one says that there are some."""
        if not text and self._thought:
            return
        self._thought = True
        if self._reasoning is None or not text:
            out.append(Reasoning(text))
        else:
            self._thinking = True
            self._marked(self._reasoning, self._reasoning.feed(text), out)

    def end_thoughts(self, reason: str | None, out: list[Event]) -> None:
        """The thoughts are over: what their reader held back comes before what follows."""
        markup = self._reasoning
        if not self._thinking or markup is None:
            return
        self._reasoning, self._thinking = None, False
        close = self._close
        events = [event for event in markup.feed(close) if not _is_about(event, close)] if close else []
        self._marked(markup, [*events, *markup.finish(reason)], out)

    def finish(self, reason: str | None, out: list[Event]) -> None:
        """Both are over."""
        self.end_thoughts(reason, out)
        if self._content is not None:
            self._marked(self._content, self._content.finish(reason), out)

    def _marked(self, markup: Markup, events: Iterable[Event], out: list[Event]) -> None:
        for event in events:
            if isinstance(event, CallStart | CallArguments | CallEnd | Malformed):
                out.append(self._numbered(markup, event))
            elif isinstance(event, Noted):
                out.append(self._pathed(markup, event))
            elif not (
                isinstance(event, Finish)
                # Thoughts that came in items of their own stay thoughts.
                or (isinstance(event, Reclassified) and markup is self._content and self._thought)
            ):
                out.append(event)

    def _numbered(self, markup: Markup, event: CallStart | CallArguments | CallEnd | Malformed) -> Event:
        if event.index is None:
            return event
        key = (id(markup), event.index)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = self.number()
        if isinstance(event, CallEnd) and event.complete:
            self.whole += 1
        return event if number == event.index else msgspec.structs.replace(event, index=number)

    def _pathed(self, markup: Markup, event: Noted) -> Noted:
        """A note about a call names it by its number among all calls."""
        note = event.note
        for (reader, index), number in self._numbers.items() if note.path.startswith("calls[") else ():
            if reader == id(markup) and note.path == f"calls[{index}]" and index != number:
                return Noted(msgspec.structs.replace(note, path=f"calls[{number}]"))
        return event


def _is_about(event: Event, text: str) -> bool:
    return isinstance(event, Noted) and event.note.before == text
