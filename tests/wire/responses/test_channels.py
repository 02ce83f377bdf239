"""Two channels, and one count of the calls in both and beside them."""

from collections.abc import Sequence

from moonwire.core.events import (
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
from moonwire.core.notes import Note
from moonwire.wire.responses.channels import Channels


class Said:
    """A reader of markup that says what it is told to say."""

    def __init__(self, *events: Event, late: Sequence[Event] = ()) -> None:
        self._events = list(events)
        self._late = list(late)

    def feed(self, text: str) -> list[Event]:
        if text == "</think>":
            return [Noted(Note(code="stray", reason="r", before=text))]
        events, self._events = self._events, []
        return events

    def finish(self, reason: str | None = "stop") -> list[Event]:
        return self._late


def test_calls_are_numbered_among_all() -> None:
    at = Noted(Note(code="c", reason="r", path="calls[0]"))
    content = Said(CallStart(0, "b", "f"), at, Malformed("x", "y", 0), CallEnd(0))
    channels, out = Channels(content, None, ""), list[Event]()
    assert channels.number() == 0
    channels.text("x", out)
    assert [getattr(event, "index", None) for event in out] == [1, None, 1, 1]
    assert isinstance(out[1], Noted) and out[1].note.path == "calls[1]"
    assert (channels.calls, channels.whole) == (2, 1)


def test_notes_and_what_belongs_to_no_call_stay_as_they_are() -> None:
    notes = [Noted(Note(code="c", reason="r", path=path)) for path in ("stream", "calls[0]", "calls[7]")]
    given: list[Event] = [CallStart(0, "a", "f"), *notes, Malformed("x", "y"), CallEnd(0, complete=False)]
    channels, out = Channels(Said(*given), None, ""), list[Event]()
    channels.text("x", out)
    assert out == given and channels.whole == 0


def test_the_thoughts_end_where_text_begins() -> None:
    reasoning = Said(Reasoning("a"), late=[Reasoning("b"), Finish("stop")])
    channels, out = Channels(Said(Text("\n"), late=[Text("c")]), reasoning, "</think>"), list[Event]()
    channels.think("x", out)
    channels.text("\n", out)
    channels.text("c", out)
    channels.think("d", out)
    channels.think("", out)
    channels.finish("stop", out)
    assert out == [Reasoning("a"), Text("\n"), Reasoning("b"), Reasoning("d"), Text("c")]


def test_text_that_turns_out_to_be_thoughts_stays_where_thoughts_have_items() -> None:
    moved = Reclassified("text", "reasoning")
    for thinks, expected in ((False, [moved]), (True, [])):
        channels, out = Channels(Said(moved), None, ""), list[Event]()
        if thinks:
            channels.think("", [])
        channels.text("x", out)
        assert out == expected
