"""What a server streams becomes events, however much of it the server leaves out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.errors import LocalProtocolError
from moonwire.core.events import CallEnd, CallStart, Event, Finish, Noted, Reclassified, Sealed, Start, Text
from moonwire.core.fold import fold
from moonwire.core.messages import Reply, Tool, ToolCall
from moonwire.core.rawtext import TextParser
from moonwire.simulator.brain.turn import Turn
from moonwire.simulator.surfaces.responses import Facts, frames
from moonwire.wire.responses import Echo, Reader, Writer, encode_reply
from moonwire.wire.sse import Decoder
from tests.simulator.surfaces.test_parts import CALLS, candidate
from tests.wire.responses.reader_cases import CASES, MARKED, Case, dump, ended
from tests.wire.responses.writer_cases import streams

TOOLS = (Tool(name="ls"),)
CLOSE = "</think>"


def reader(family: Any = "") -> Reader:
    if not family:
        return Reader()
    content, reasoning = (TextParser(family, TOOLS, inside) for inside in (False, True))
    return Reader(content, reasoning, close=CLOSE)


def events(given: Any, family: str = "") -> list[Event]:
    reading = reader(family)
    found = [event for one in given for event in reading.feed(dump(one))]
    return found + reading.finish()


def said(found: list[Event], about: Any) -> dict[str, Any]:
    """What the reply says, without what it does not."""
    reply: Reply = fold(found)
    usage, error = reply.usage, reply.error
    calls: list[Any] = [
        (call.id, call.name, call.arguments, *([] if call.complete else ["cut"])) for call in reply.calls
    ]
    wanted = about.get("calls", ())
    calls = [(None, *call[1:]) if one[0] is None else call for call, one in zip(calls, wanted, strict=False)]
    facts: dict[str, Any] = {
        "reasoning": reply.reasoning,
        "text": reply.text or None,
        "calls": calls if len(reply.calls) == len(wanted) else list(reply.calls),
        "finish": reply.finish,
        "native": reply.native_finish,
        "usage": usage and (usage.input, usage.output, usage.cached, usage.cache_written, usage.reasoning),
        "usage extra": usage and usage.extra,
        "error": error and (error.message, error.code),
        "notes": [note.code for note in reply.notes if note.code == "events-unreadable"],
        "sealed": [event.data for event in found if isinstance(event, Sealed)],
    }
    return {name: item for name, item in facts.items() if item not in (None, [], {})}


@pytest.mark.parametrize("case", [*CASES, *MARKED], ids=lambda case: case.name)
def test_a_stream_of_this_shape(case: Case) -> None:
    found = events(case.events, case.family)
    assert said(found, case.want) == case.want
    starts = [event.index for event in found if isinstance(event, CallStart)]
    assert starts == list(range(len(starts)))
    ends = [event.index for event in found if isinstance(event, CallEnd)]
    assert sorted(ends) == starts


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_markup_readers_change_nothing_where_there_is_no_markup(case: Case) -> None:
    assert said(events(case.events, "k2"), case.want) == case.want


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_complete_only_where_the_server_said_so(case: Case) -> None:
    reading = reader()
    for event in case.events:
        reading.feed(dump(event))
    assert reading.complete == ("finish" in case.want)
    assert reading.done == (case.name != "no end")


@given(streams())
def test_what_was_written_is_read_again(given: list[Event]) -> None:
    writer = Writer(id="resp_1", model="m", created=7, echo=Echo())
    data = b"".join([*writer.feed(given), *writer.finish()])
    reading = Reader()
    found = [event for one in Decoder().feed(data) for event in reading.feed(one)] + reading.finish()
    before, after = (encode_reply(fold(one), id="r", model="m", created=7) for one in (given, found))
    for item in (*before["output"], *after["output"]):
        # A text is not told to be cut, only the answer is; and a call that is closed was not cut.
        item.pop("status", None)
    if before["status"] != "failed":
        assert (after["output"], after["usage"]) == (before["output"], before["usage"])
    assert after["status"] == before["status"]


@pytest.mark.parametrize("cap", [None, 3, 6, 12])
def test_the_simulators_own_stream_is_read(cap: int | None) -> None:
    facts = Facts(id="1", model="kimi-k3", created=7, request={})
    turn = Turn(thoughts="Hm", text="Both of them.", calls=CALLS)
    data = b"".join(frames(facts, candidate(turn, cap)))
    reading = Reader()
    found = [event for one in Decoder().feed(data) for event in reading.feed(one)] + reading.finish()
    assert isinstance(found[0], Start) and isinstance(found[-1], Finish) and reading.complete
    reply = fold(found)
    assert (reply.reasoning, reply.finish) == ("Hm", "length" if cap else "tool_calls")
    assert "Both of them.".startswith(reply.text)
    if cap is None:
        assert [(call.name, call.arguments) for call in reply.runnable] == [
            (call.name, call.arguments) for call in CALLS
        ]


@given(
    st.lists(
        st.binary(max_size=20) | st.sampled_from([dump(one) for case in CASES[:40] for one in case.events])
    )
)
def test_nothing_that_a_server_sends_raises(data: list[bytes]) -> None:
    reading = reader()
    found = [event for one in data for event in reading.feed(one)] + reading.finish()
    fold(found)
    assert sum(isinstance(event, Start) for event in found) <= 1


@pytest.mark.parametrize("depth", range(100, 1100, 50))
def test_arguments_nested_ever_deeper_do_no_harm(depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    item = b'{"type":"function_call","call_id":"a","name":"ls","arguments":%b}' % nested
    events([b'{"type":"response.output_item.done","output_index":0,"item":%b}' % item, ended()])
    assert depth


def test_arguments_that_are_no_json_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(value: Any, path: str) -> str:
        if value:
            raise LocalProtocolError("nested too deeply", path=path)
        return "{}"

    monkeypatch.setattr("moonwire.wire.responses.calls.as_json", refuse)
    item = {"type": "function_call", "call_id": "a", "name": "ls", "arguments": [1]}
    found = events([{"type": "response.output_item.done", "output_index": 0, "item": item}, ended()])
    assert fold(found).calls == (ToolCall(id="a", name="ls", arguments="{}"),)


def test_what_is_whole_is_told_at_once() -> None:
    reading = reader()
    assert reading.feed(dump(CASES[0].events[2])) == [Text("H")]


def test_text_is_not_moved_to_the_thoughts_where_they_have_items() -> None:
    closing = {"type": "response.output_text.delta", "output_index": 1, "delta": "So</think>Hi"}
    thinking = {"type": "response.output_item.added", "output_index": 0, "item": {"type": "reasoning"}}
    alone, beside = events([closing, ended()], "k2"), events([thinking, closing, ended()], "k2")
    assert sum(isinstance(event, Reclassified) for event in alone) == 1
    assert sum(isinstance(event, Reclassified) for event in beside) == 0


def test_logprobs_stand_with_their_text() -> None:
    delta: dict[str, Any] = {"type": "response.output_text.delta", "output_index": 0, "delta": "a"}
    logprobs: Any = [{"token": "a", "logprob": 0, "top_logprobs": []}]
    found = events([{**delta, "logprobs": logprobs}, {**delta, "logprobs": []}, ended()])
    assert [event.logprobs for event in found if isinstance(event, Text)] == [{"content": logprobs}, None]


def test_the_note_of_what_could_not_be_read_shows_the_first() -> None:
    notes = [event.note for event in events([b"x" * 999, b"y"]) if isinstance(event, Noted)]
    assert [(note.before, note.level) for note in notes] == [("x" * 200, "warning")]
