"""What a server streams becomes events, whatever it forgets and wherever it puts things."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.events import (
    CallEnd,
    CallStart,
    Event,
    Finish,
    Noted,
    Reasoning,
    Sealed,
    Text,
    UpstreamError,
)
from moonwire.core.fold import fold
from moonwire.core.messages import Reply, Thought
from moonwire.core.rawtext import TextParser
from moonwire.wire.anthropic import Reader, Writer
from moonwire.wire.sse import Decoder
from tests.wire.anthropic.body_cases import JSON
from tests.wire.anthropic.reader_cases import CASES, K2_CALL, MARKED, Case, delta, dump, end, start, stop
from tests.wire.anthropic.writer_cases import streams

CLOSE = "</think>"
TOOLS: list[Any] = [{"type": "function", "function": {"name": "ls"}}]


def reader(family: Any = "", *, closes: bool = True) -> Reader:
    if not family:
        return Reader()
    content, reasoning = (TextParser(family, TOOLS, inside) for inside in (False, True))
    return Reader(content, reasoning, close=CLOSE if closes else "")


def events(came: Any, family: str = "") -> list[Event]:
    reading = reader(family)
    found = [event for one in came for event in reading.feed(dump(one))]
    return found + reading.finish()


def said(reply: Reply, about: Any) -> dict[str, Any]:
    """What the reply says, without what it does not."""
    usage, error = reply.usage, reply.error
    named = [call for call in about.get("calls", ())]
    facts: dict[str, Any] = {
        "thoughts": [
            (one.text, one.signature, one.redacted) for one in reply.blocks if isinstance(one, Thought)
        ],
        "text": reply.text or None,
        "calls": [
            (
                None if len(named) > place and named[place][0] is None else call.id,
                call.name,
                call.arguments,
                *([] if call.complete else ["cut"]),
            )
            for place, call in enumerate(reply.calls)
        ],
        "malformed": [part.raw for part in reply.malformed],
        "finish": reply.finish,
        "native": reply.native_finish,
        "stop": reply.stop_sequence,
        "usage": usage and (usage.input, usage.output, usage.cached, usage.cache_written),
        "reasoning tokens": usage and usage.reasoning,
        "usage extra": usage and usage.extra,
        "error": error and (error.message, error.code, error.type, error.status),
        "notes": None if "notes" in about and about["notes"] is None else [note.code for note in reply.notes],
        "extra": reply.extra,
    }
    return {name: item for name, item in facts.items() if item not in (None, [], {})}


def wanted(case: Case) -> dict[str, Any]:
    return {name: item for name, item in case.want.items() if item is not None}


@pytest.mark.parametrize("case", [*CASES, *MARKED], ids=lambda case: case.name)
def test_a_stream_of_this_shape(case: Case) -> None:
    found = events(case.events, case.family)
    assert said(fold(found), case.want) == wanted(case)
    starts = [event.index for event in found if isinstance(event, CallStart)]
    assert starts == list(range(len(starts)))
    assert sum(isinstance(event, CallEnd) for event in found) == len(starts)
    assert sum(isinstance(event, Finish) for event in found) == ("finish" in case.want)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_markup_readers_change_nothing_where_there_is_no_markup(case: Case) -> None:
    assert said(fold(events(case.events, "k2")), case.want) == wanted(case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_complete_only_where_the_server_said_so(case: Case) -> None:
    reading = reader()
    found = [event for one in case.events for event in reading.feed(dump(one))]
    broken = any(isinstance(event, UpstreamError) for event in found)
    assert reading.complete == (reading.reason is not None or (reading.done and not broken))


@pytest.mark.parametrize(
    "case", [case for case in CASES if len(repr(case)) < 5000], ids=lambda case: case.name
)
@pytest.mark.parametrize("size", [1, 7, 64])
def test_it_does_not_matter_how_the_bytes_are_cut(case: Case, size: int) -> None:
    lines = [line for line in map(dump, case.events) if line.strip()]
    raw = b"".join(b"event: x\ndata: %b\n\n" % line for line in lines)
    decoder, reading = Decoder(), reader()
    pieces = [raw[place : place + size] for place in range(0, len(raw), size)]
    data = [one for piece in pieces for one in decoder.feed(piece)] + decoder.finish()
    found = [event for one in data for event in reading.feed(one)] + reading.finish()
    assert fold(found) == fold(events(lines))


# -- laws --------------------------------------------------------------------------------------


@given(streams())
def test_what_the_writer_writes_says_the_same_to_the_reader(came: list[Event]) -> None:
    writer, decoder, reading = Writer(id="msg_0", model="m"), Decoder(), reader()
    data = [one for piece in [*writer.feed(came), *writer.finish()] for one in decoder.feed(piece)]
    found = fold([event for one in data for event in reading.feed(one)] + reading.finish())
    assert shown(found) == shown(fold(came))


def shown(reply: Reply) -> Any:
    """What a reply says, wherever its blocks end."""
    thoughts = [block for block in reply.blocks if isinstance(block, Thought)]
    calls = [(call.id, call.name, call.arguments or "{}") for call in reply.calls]
    seals = [(block.signature, block.redacted) for block in thoughts if block.signature or block.redacted]
    return reply.reasoning, reply.text, calls, seals, reply.usage


ODD: Any = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            [
                "content_block_start",
                "content_block_delta",
                "content_block_stop",
                "message_delta",
                "message_start",
                "message",
                "error",
            ]
        )
    },
    optional={
        "index": JSON | st.integers(0, 1),
        "content_block": JSON
        | st.fixed_dictionaries(
            {"type": st.sampled_from(["text", "tool_use", "thinking"])},
            optional={"name": JSON, "input": JSON, "text": JSON},
        ),
        "delta": JSON
        | st.fixed_dictionaries(
            {}, optional={"text": JSON, "partial_json": JSON, "stop_reason": JSON, "thinking": JSON}
        ),
        "message": JSON,
        "usage": JSON,
        "error": JSON,
    },
)


@given(st.lists(ODD | JSON, max_size=6), st.sampled_from(["", "k2"]))
def test_nothing_that_a_server_says_is_an_exception(came: list[Any], family: str) -> None:
    found = events(came, family)
    assert fold(found).blocks is not None
    starts = [event.index for event in found if isinstance(event, CallStart)]
    assert len(starts) == sum(isinstance(event, CallEnd) for event in found)


# -- particulars -------------------------------------------------------------------------------


def test_without_the_close_of_the_grammar_a_quoted_call_passes_for_meant() -> None:
    came = [start(0, type="thinking"), delta(0, thinking=f"I write `{K2_CALL}` here."), stop(0), end()]
    for closes in (True, False):
        reading = reader("k2", closes=closes)
        found = [event for one in came for event in reading.feed(dump(one))] + reading.finish()
        assert isinstance(fold(found).reasoning, str)


def test_text_may_begin_within_the_thoughts_unless_they_have_a_block() -> None:
    came = [start(1, type="text"), delta(1, text="I gr"), delta(1, text="eet.</think>Hi"), stop(1), end()]
    thought = [start(0, type="thinking"), delta(0, thinking="So"), stop(0)]
    for first, reasoning, text in (([], "I greet.", "Hi"), (thought, "So", "I greet.Hi")):
        plain, inside = (TextParser("k2", TOOLS, within) for within in (False, True))
        reading = Reader(plain, None, inside=inside)
        found = [event for one in first + came for event in reading.feed(dump(one))]
        reply = fold(found + reading.finish())
        assert (reply.reasoning, reply.text) == (reasoning, text)


def test_what_is_whole_is_told_at_once() -> None:
    reading = reader()
    assert reading.feed(dump(delta(0, text="a"))) == [Text("a")]
    assert reading.feed(dump(delta(0, thinking="a"))) == [Reasoning("a")]
    assert reading.feed(dump(delta(0, signature="s"))) == [Sealed("signature", "s")]


def test_a_note_about_a_call_names_it_by_its_number_among_all_calls() -> None:
    cut = K2_CALL[: K2_CALL.index("<|tool_call_end|>")]
    came = [
        start(0, type="tool_use", id="a", name="ls", input={}),
        stop(0),
        start(1, type="text"),
        delta(1, text=cut),
        end(),
    ]
    paths = {event.note.path for event in events(came, "k2") if isinstance(event, Noted)}
    assert "calls[1]" in paths and "calls[0]" not in paths


def test_the_error_is_kept_as_it_came() -> None:
    error = {"message": "busy", "code": None, "more": [1]}
    found = events([{"type": "error", "error": error}])
    assert [event.raw for event in found if isinstance(event, UpstreamError)] == [error]
