"""What the two surfaces share: a body that was read, an answer in parts, and the event of a stream."""

from collections.abc import Iterable
from typing import Any, Final, Literal

import msgspec

from moonwire.simulator.output.chat import Candidate, groups
from moonwire.simulator.rules.ask import Json
from moonwire.simulator.rules.refused import Refused

__all__ = ["UNREADABLE", "Part", "Reading", "event", "parts", "unreadable"]

UNREADABLE: Final = "Invalid request Error"
"""All that the server says of a body that it cannot take in (kimi-api.md M1, N)."""

Kind = Literal["reasoning", "content", "call"]


class Reading(msgspec.Struct, frozen=True):
    """A body in Chat Completions' words, and what stands in the way of reading it, if anything does."""

    body: Json
    refused: Refused | None = None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A run of one channel: thoughts, text, or one call's arguments, in the pieces that a stream has.

    `closed`: it came to its own end, and was not cut off by the cap. `call` is the call's place.
    """

    kind: Kind
    pieces: tuple[str, ...]
    closed: bool
    call: int = -1

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.pieces)


def parts(candidate: Candidate, chunk: int) -> list[Part]:
    """The answer's parts in the order in which they were generated, `chunk` tokens in a piece at most."""
    found: list[tuple[Kind, int, list[str]]] = []
    thoughts_ended = False
    for group in groups(candidate.generation.steps, chunk):
        step = group[0]
        # Structure never begins a group.
        kind = _KINDS[step.kind]
        if not found or found[-1][:2] != (kind, step.call):
            found.append((kind, step.call, []))
        # Where the thoughts end, and where a call begins, there is no text.
        if text := "".join(one.text for one in group):
            found[-1][2].append(text)
        thoughts_ended = thoughts_ended or step.kind == "close"
    cut = candidate.generation.finish == "length"
    return [
        Part(
            kind=kind,
            pieces=tuple(pieces),
            closed=thoughts_ended if kind == "reasoning" else not (cut and place == len(found) - 1),
            call=call,
        )
        for place, (kind, call, pieces) in enumerate(found)
    ]


_KINDS: Final[dict[str, Kind]] = {
    "reasoning": "reasoning",
    "close": "reasoning",
    "content": "content",
    "start": "call",
    "arguments": "call",
}


def event(kind: str, fields: Iterable[tuple[str, Any]]) -> bytes:
    r"""One event of a stream; both dialects repeat its name in the data.

    >>> event("ping", ())
    b'event: ping\ndata: {"type":"ping"}\n\n'
    """
    data = msgspec.json.encode({"type": kind, **dict(fields)})
    return b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n"


def unreadable(rule: str) -> Refused:
    """The refusal that says nothing; `rule` is for whoever looks at what was refused."""
    return Refused(UNREADABLE, rule=rule)
