"""The two channels of a stream, with readers of markup that say what they are told to."""

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
from moonwire.core.notes import Note
from moonwire.wire.channels import Channels


class Told:
    """A reader of markup: what it says to each piece, and at the end."""

    def __init__(self, *said: list[Event], end: list[Event]) -> None:
        self.said = list(said)
        self.end = end
        self.reason: str | None = ""

    def feed(self, text: str) -> list[Event]:
        return self.said.pop(0)

    def finish(self, reason: str | None = "stop") -> list[Event]:
        self.reason = reason
        return self.end


def test_calls_are_numbered_among_all_calls_and_notes_and_garbage_with_them() -> None:
    here, there = Note(code="c", reason="r", path="calls[0]"), Note(code="c", reason="r", path="text")
    said: list[Event] = [
        Malformed("m", "r"),
        CallStart(0, "a", "f"),
        CallArguments(0, "{}"),
        Noted(here),
        Noted(there),
        CallEnd(0),
        CallStart(1, "b", "f"),
        Malformed("n", "r", 1),
        CallEnd(1, complete=False),
    ]
    channels = Channels(Told(said, end=[Finish("stop")]), None)
    out: list[Event] = []
    assert channels.numbers.next() == 0
    channels.text("x", out)
    channels.finish("stop", out)
    assert out == [
        Malformed("m", "r"),
        CallStart(1, "a", "f"),
        CallArguments(1, "{}"),
        Noted(Note(code="c", reason="r", path="calls[1]")),
        Noted(there),
        CallEnd(1),
        CallStart(2, "b", "f"),
        Malformed("n", "r", 2),
        CallEnd(2, complete=False),
    ]
    assert (channels.numbers.calls, channels.numbers.whole) == (3, 1)


def test_a_note_about_a_call_that_keeps_its_number_stays_as_it_is() -> None:
    note = Noted(Note(code="c", reason="r", path="calls[0]"))
    said: list[Event] = [CallStart(0, "a", "f"), note]
    out: list[Event] = []
    Channels(Told(said, end=[]), None).text("x", out)
    assert out == said


def test_thoughts_end_before_what_is_no_blank() -> None:
    about = Noted(Note(code="c", reason="r", before="</think>"))
    thoughts = Told([], [Reasoning("a")], [about, Reasoning("b")], end=[Reasoning("c")])
    channels = Channels(None, thoughts, "</think>")
    out: list[Event] = []
    channels.think("x", out)
    channels.think("x", out)
    channels.text("\n", out)
    assert out == [Reasoning("a"), Text("\n")]
    channels.text("Hi", out)
    assert out[2:] == [Reasoning("b"), Reasoning("c"), Text("Hi")] and thoughts.reason == "stop"
    channels.think("late", out)
    channels.end_thoughts("stop", out)
    assert out[5:] == [Reasoning("late")]


def test_thoughts_of_a_block_of_their_own_stay_thoughts() -> None:
    moved = Reclassified("text", "reasoning")
    for thought, found in ((False, [moved]), (True, [Reasoning("a")])):
        channels = Channels(Told([moved], end=[]), None)
        out: list[Event] = []
        if thought:
            channels.think("a", out)
        channels.text("x", out)
        assert out == found


def test_empty_thoughts_are_told_once() -> None:
    channels = Channels(None, Told(end=[]))
    out: list[Event] = []
    channels.think("", out)
    channels.think("", out)
    channels.finish(None, out)
    assert out == [Reasoning("")]


def test_text_may_begin_within_the_thoughts() -> None:
    for thought, found in ((False, [Text("inside")]), (True, [Reasoning("a"), Text("outside")])):
        outside = Told([Text("outside")], end=[])
        channels = Channels(outside, None, "", Told([Text("inside")], end=[]))
        out: list[Event] = []
        if thought:
            channels.think("a", out)
        channels.text("x", out)
        assert out == found


def test_notes_and_what_belongs_to_no_call_stay_as_they_are() -> None:
    notes = [Noted(Note(code="c", reason="r", path=path)) for path in ("stream", "calls[0]", "calls[7]")]
    given: list[Event] = [CallStart(0, "a", "f"), *notes, Malformed("x", "y"), CallEnd(0, complete=False)]
    channels, out = Channels(Told(given, end=[]), None), list[Event]()
    channels.text("x", out)
    assert out == given and channels.numbers.whole == 0


def test_text_that_nobody_reads_for_markup_keeps_its_logprobs() -> None:
    out: list[Event] = []
    Channels(None, None).text("x", out, [1])
    assert out == [Text("x", [1])]
