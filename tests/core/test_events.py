"""Events are frozen values that survive a round trip through JSON."""

import msgspec
import pytest

from moonwire.core import events
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
    Sealed,
    Start,
    Text,
    UpstreamError,
    Usage,
)
from moonwire.core.notes import Note

EVERY: list[Event] = [
    Start("id", "kimi-k3", 7, {"system_fingerprint": "x"}),
    Reasoning(""),
    Text("a", [{"token": "a", "logprob": -0.1}]),
    Reclassified("text", "reasoning"),
    Sealed("signature", "abc"),
    CallStart(0, "functions.f:0", "f", False, "f:0"),
    CallArguments(0, "{"),
    CallEnd(0, False),
    Malformed("raw", "reason", 0),
    Noted(Note(code="c", reason="r")),
    Usage(10, 5, cached=4, reasoning=2),
    Finish("stop", "eos", "###"),
    UpstreamError("broke", "code", "type", 500),
]


def test_every_event_is_in_the_list() -> None:
    kinds = {
        getattr(events, name) for name in events.__all__ if name not in ("Event", "Channel", "FinishReason")
    }
    assert {type(event) for event in EVERY} == kinds


@pytest.mark.parametrize("event", EVERY, ids=lambda event: type(event).__name__)
def test_round_trip(event: Event) -> None:
    assert msgspec.json.decode(msgspec.json.encode(event), type=type(event)) == event
    with pytest.raises(AttributeError):
        setattr(event, event.__struct_fields__[0], None)
