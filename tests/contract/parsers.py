"""The parsers that are always there: moonwire, and the reference extractor."""

from collections.abc import Sequence

import moonwire
from moonwire.core.events import CallArguments, CallEnd, Event
from moonwire.core.rawtext import TextParser
from tests.contract import guidance
from tests.contract.table import Call, Case, Parser, Reading

__all__ = ["ALWAYS", "Guidance", "Moonwire"]

ALL = frozenset({"calls", "text", "reasoning", "malformed", "finish", "early"})
BOTH = frozenset({"k2", "k3"})


class Moonwire:
    """This project's own parser."""

    name = "moonwire"
    families = BOTH
    reports = ALL
    whole_only = False
    token_bound: frozenset[str] = frozenset()

    def version(self) -> str | None:
        """Ours."""
        return moonwire.__version__

    def read(self, case: Case, chunks: Sequence[str] | None) -> Reading:
        """Feed, finish, fold."""
        parser = TextParser(case.family, case.tools, case.in_reasoning)
        events: list[Event] = []
        for chunk in chunks if chunks is not None else [case.text]:
            events += parser.feed(chunk)
        early = any(isinstance(event, CallArguments) for event in _before_the_end(events))
        events += parser.finish(case.reason)
        reply = moonwire.fold(events)
        return Reading(
            calls=tuple(Call(call.name, call.arguments, call.complete) for call in reply.calls),
            text=reply.text,
            reasoning=reply.reasoning or "",
            malformed=sum(part.index is None for part in reply.malformed),
            finish=reply.finish,
            early=early if chunks is not None else None,
        )


def _before_the_end(events: Sequence[Event]) -> Sequence[Event]:
    ends = [place for place, event in enumerate(events) if isinstance(event, CallEnd)]
    # The piece of arguments that comes together with the call's end is not early.
    return events[: max(ends[0] - 1, 0)] if ends else events


class Guidance:
    """The extractor of the official tool-call guidance, re-created."""

    name = "reference"
    families = frozenset({"k2"})
    reports = frozenset({"calls"})
    whole_only = True
    token_bound: frozenset[str] = frozenset()

    def version(self) -> str | None:
        """There is one published text, without a number."""
        return "re-created"

    def read(self, case: Case, chunks: Sequence[str] | None) -> Reading:
        """Whole, whatever the chunks."""
        return Reading(tuple(Call(name, arguments) for name, arguments in guidance.extract(case.text)))


ALWAYS: list[Parser] = [Moonwire(), Guidance()]
