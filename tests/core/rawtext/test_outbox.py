"""What is held inside thoughts is delivered or given back, and uses up nothing in between."""

import pytest

from moonwire.core.events import Event
from moonwire.core.fold import fold
from moonwire.core.messages import Reply
from moonwire.core.rawtext.outbox import Outbox


def held() -> Outbox:
    """A quoted call with text behind it, and another call behind that."""
    outbox = Outbox([], tools_known=True)
    outbox.say_thought("a ")
    for number, text in enumerate(("{}", "[]")):
        outbox.begin_quote("")
        outbox.quote(f"<call {number}>")
        outbox.start_call("f", False, "functions.f:0", 0, counted=True)
        outbox.arguments(text[0])
        outbox.arguments(text[1])
        outbox.end_call(True)
        if number == 0:
            outbox.say_text(" b")
            outbox.say_text(" c")
            outbox.quote(" b c")
    return outbox


def delivered(outbox: Outbox) -> Reply:
    events: list[Event] = outbox.out
    return fold(events)


def test_until_it_is_decided_nothing_is_delivered() -> None:
    outbox = held()
    assert (delivered(outbox).reasoning, delivered(outbox).calls) == ("a ", ())
    assert outbox.undecided
    assert not outbox.texty
    assert outbox.quoted_size == len("<call 0><call 1> b c")


def test_released_everything_is_real() -> None:
    outbox = held()
    outbox.release()
    reply = delivered(outbox)
    assert [(call.id, call.arguments) for call in reply.calls] == [
        ("functions.f:0", "{}"),
        ("functions.f:1", "[]"),
    ]
    assert (reply.text, outbox.whole_calls, outbox.said_text) == (" b c", 2, True)


def test_judged_only_the_last_is_real_and_the_quoted_one_used_no_id() -> None:
    outbox = held()
    outbox.judge()
    reply = delivered(outbox)
    assert [(call.id, call.arguments) for call in reply.calls] == [("functions.f:0", "[]")]
    assert (reply.reasoning, reply.text) == ("a <call 0> b c", "")
    assert [note.code for note in reply.notes] == ["calls-quoted", "undeclared-tool"]


def test_text_that_belongs_to_the_next_section_goes_with_it() -> None:
    outbox = held()
    outbox.say_text("x")
    outbox.quote(" head:0")
    outbox.begin_quote("head:0")
    outbox.judge()
    assert delivered(outbox).reasoning == "a <call 0> b c<call 1> "


def test_outside_thoughts_a_quote_is_not_kept() -> None:
    outbox = Outbox([], tools_known=False)
    outbox.quote("x")
    assert (outbox.quoted_size, outbox.texty, outbox.undecided) == (0, False, False)


@pytest.mark.parametrize(("first", "want"), [(True, ["text"]), (False, ["reasoning"])])
def test_a_turn_is_reclassified_once(first: bool, want: list[str]) -> None:
    outbox = Outbox([], tools_known=False)
    if first:
        outbox.reclassify_text()
    outbox.reclassify_thoughts()
    assert [getattr(event, "was", None) for event in outbox.out if hasattr(event, "was")] == want
