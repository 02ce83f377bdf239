"""Cases of raw text: what goes in, what must come out, and where the row comes from."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from moonwire.core.events import Event
from moonwire.core.fold import fold
from moonwire.core.messages import Reply
from moonwire.core.rawtext import TextParser
from tests.core.rawtext.marks import TOOLS

__all__ = ["Case", "Outcome", "chunked", "outcome"]


class Outcome(msgspec.Struct, frozen=True):
    """What of a reply a case speaks about. `calls` are (name, arguments, complete)."""

    reasoning: str | None = None
    text: str = ""
    calls: tuple[tuple[str, str, bool], ...] = ()
    malformed: tuple[str, ...] = ()
    finish: str | None = "stop"


class Case(msgspec.Struct, frozen=True):
    """One row. `want` is the whole outcome; `notes` are codes that must be among the reply's."""

    name: str
    text: str
    want: Outcome
    family: str = "k2"
    tools: Sequence[dict[str, Any]] = tuple(TOOLS)
    in_reasoning: bool = False
    quoted: str = "hold"
    used_ids: tuple[str, ...] = ()
    ids: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    source: str = ""

    def parser(self) -> TextParser:
        """A parser as the row wants it."""
        return TextParser(self.family, self.tools, self.in_reasoning, self.used_ids, quoted=self.quoted)  # pyright: ignore[reportArgumentType] -- rows hold plain strings

    def run(self, chunks: Iterable[str], token_ids: Iterable[Sequence[int] | None] | None = None) -> Reply:
        """The reply when the text arrives in these chunks. The reason is `length` where the row wants it."""
        parser = self.parser()
        events: list[Event] = []
        ids: Iterator[Sequence[int] | None] = iter(token_ids) if token_ids is not None else iter(())
        for chunk in chunks:
            events.extend(parser.feed(chunk, next(ids, None)))
        events.extend(parser.finish(self.reason))
        return fold(events)

    @property
    def reason(self) -> str:
        """What the server says: it knows of no calls, it only knows whether the cap was hit."""
        return "length" if self.want.finish == "length" else "stop"


def outcome(reply: Reply) -> Outcome:
    """What a case compares."""
    return Outcome(
        reasoning=reply.reasoning,
        text=reply.text,
        calls=tuple((call.name, call.arguments, call.complete) for call in reply.calls),
        malformed=tuple(part.raw for part in reply.malformed),
        finish=reply.finish,
    )


def chunked(text: str, cuts: Iterable[int]) -> list[str]:
    """The text, cut at these places."""
    places = [0, *sorted(cuts), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(places)]
