"""What goes to the caller is in the dialect's order, and its own SDK makes the whole answer of it."""

import json
from typing import Any, get_args

import anthropic
import pytest
from anthropic.types import StopReason
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.events import (
    CallArguments,
    CallEnd,
    CallStart,
    Event,
    Finish,
    FinishReason,
    Reasoning,
    Sealed,
    Start,
    Text,
    UpstreamError,
    Usage,
)
from moonwire.core.fold import fold
from moonwire.wire.anthropic import PING, Writer, encode_reply
from tests.wire.anthropic.sdk import ASKED, asked, client, without_nulls
from tests.wire.anthropic.writer_cases import HALVES, UNSAID, streams

Json = dict[str, Any]
HEAD: Json = {"id": "msg_0", "model": "kimi-k2.6"}
CALL: list[Event] = [CallStart(0, "a", "ls"), CallArguments(0, '{"x"'), CallArguments(0, ":1}"), CallEnd(0)]
STOP: list[Event] = [Usage(9, 4, 3), Finish("stop")]


def written(events: list[Event], **options: Any) -> bytes:
    """The bytes of a whole stream, event by event."""
    writer = Writer(**HEAD, **options)
    pieces = [piece for event in events for piece in writer.feed([event])]
    return b"".join([*pieces, *writer.finish()])


def frames(raw: bytes) -> list[Json]:
    """The data of each event, whose name is said twice."""
    found: list[Json] = []
    for block in raw.decode().split("\n\n")[:-1]:
        name, data = block.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    return found


def shown(events: list[Event], **options: Any) -> list[Any]:
    """A stream in short: what begins, what is added, and what ends, without the message around it."""
    out: list[Any] = []
    for frame in frames(written(events, **options)):
        if frame["type"] == "content_block_start":
            out.append((frame["index"], frame["content_block"]["type"]))
        elif frame["type"] == "content_block_delta":
            fields = {name: item for name, item in frame["delta"].items() if name != "type"}
            out += fields.values()
        elif frame["type"] == "content_block_stop":
            out.append(frame["index"])
    return out


# -- laws --------------------------------------------------------------------------------------


@given(streams())
def test_the_sdk_makes_the_whole_answer_of_the_stream(events: list[Event]) -> None:
    assert asked(written(events)) == without_nulls(encode_reply(fold(events), **HEAD))


@given(streams())
def test_blocks_come_one_after_the_other(events: list[Event]) -> None:
    found = frames(written(events))
    assert [frame["type"] for frame in found[:2]] == ["message_start", "ping"]
    assert [frame["type"] for frame in found[-2:]] == ["message_delta", "message_stop"]
    opened, last = False, -1
    for frame in found[2:-2]:
        if frame["type"] == "content_block_start":
            assert not opened and frame["index"] == last + 1
            opened, last = True, last + 1
        else:
            assert opened and frame["index"] == last
            opened = frame["type"] != "content_block_stop"
    assert not opened


@given(streams(), st.integers(0, 5))
def test_it_does_not_matter_how_the_events_are_batched(events: list[Event], size: int) -> None:
    writer = Writer(**HEAD)
    pieces = [*writer.feed(events[:size]), *writer.feed(events[size:]), *writer.finish()]
    assert b"".join(pieces) == written(events)


# -- the stream --------------------------------------------------------------------------------


def test_a_stream_frame_by_frame() -> None:
    events = [
        Start(),
        Reasoning("Hm."),
        Sealed("signature", "s"),
        Text("Hi"),
        *CALL,
        Usage(9, 4, 3),
        Finish("tool_calls"),
    ]
    found = frames(written(events))
    assert found[0]["message"] == {
        **HEAD,
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {
            "input_tokens": 0,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 0,
        },
    }
    assert found[1] == {"type": "ping"} and written(events).count(PING) == 1
    assert found[2]["content_block"] == {"type": "thinking", "thinking": "", "signature": ""}
    assert found[3]["delta"] == {"type": "thinking_delta", "thinking": "Hm."}
    assert found[4]["delta"] == {"type": "signature_delta", "signature": "s"}
    assert found[6]["content_block"] == {"type": "text", "text": ""}
    assert found[7]["delta"] == {"type": "text_delta", "text": "Hi"}
    assert found[9]["content_block"] == {"type": "tool_use", "id": "a", "name": "ls", "input": {}}
    assert found[10]["delta"] == {"type": "input_json_delta", "partial_json": '{"x"'}
    assert found[13] == {
        "type": "message_delta",
        "delta": {"stop_reason": "tool_use", "stop_sequence": None},
        "usage": {
            "input_tokens": 6,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 3,
            "output_tokens": 4,
        },
    }
    assert len(found) == 15


A: list[Event] = [CallStart(0, "a", "f"), CallArguments(0, "{"), CallArguments(0, "}"), CallEnd(0)]
B: list[Event] = [CallStart(1, "b", "f"), CallArguments(1, '{"b":'), CallArguments(1, "1}"), CallEnd(1)]
T = "tool_use"


@pytest.mark.parametrize(
    ("why", "events", "found"),
    [
        ("an empty thought", [Reasoning(""), Reasoning("")], [(0, "thinking"), 0]),
        (
            "an empty thought behind another",
            [Reasoning("a"), Text("b"), Reasoning("")],
            [(0, "thinking"), "a", 0, (1, "text"), "b", 1],
        ),
        (
            "an empty piece",
            [Text("a"), Text(""), Reasoning("b"), Reasoning("")],
            [(0, "text"), "a", 0, (1, "thinking"), "b", 1],
        ),
        ("empty text", [Text("")], []),
        ("thoughts behind text", [Text("a"), Reasoning("b")], [(0, "text"), "a", 0, (1, "thinking"), "b", 1]),
        (
            "thoughts behind a seal",
            [Reasoning("a"), Sealed("signature", "s"), Reasoning("b")],
            [(0, "thinking"), "a", "s", 0, (1, "thinking"), "b", 1],
        ),
        (
            "a seal of nothing",
            [Text("a"), Sealed("signature", "s")],
            [(0, "text"), "a", 0, (1, "thinking"), "s", 1],
        ),
        (
            "two seals",
            [Reasoning("a"), Sealed("signature", "s"), Sealed("signature", "t")],
            [(0, "thinking"), "a", "s", 0, (1, "thinking"), "t", 1],
        ),
        (
            "redacted thoughts",
            [Sealed("redacted", "r"), Sealed("redacted", "q"), Reasoning("")],
            [(0, "redacted_thinking"), 0, (1, "redacted_thinking"), 1],
        ),
        (
            "whole calls, ended late",
            [*A[:3], *B[:3], A[3], B[3]],
            [(0, T), "{", "}", 0, (1, T), '{"b":', "1}", 1],
        ),
        (
            "calls told together",
            [A[0], B[0], A[1], B[1], B[2], B[3], A[2], A[3]],
            [(0, T), "{", "}", 0, (1, T), '{"b":', "1}", 1],
        ),
        (
            "a call that is never whole",
            [A[0], A[1], *B, Text("a")],
            [(0, T), "{", 0, (1, T), '{"b":', "1}", 1, (2, "text"), "a", 2],
        ),
        (
            "two that are never whole",
            [A[0], A[1], B[0], B[1], Text("a")],
            [(0, T), "{", 0, (1, T), '{"b":', 1, (2, "text"), "a", 2],
        ),
        (
            "text within a call",
            [A[0], Text("a"), A[1], Text("b"), Sealed("signature", "s"), Reasoning("c"), A[2]],
            [(0, T), "{", "}", 0, (1, "text"), "a", "b", 1, (2, "thinking"), "s", 2, (3, "thinking"), "c", 3],
        ),
        (
            "a call without arguments",
            [A[0], CallArguments(0, ""), A[3], *B],
            [(0, T), 0, (1, T), '{"b":', "1}", 1],
        ),
        (
            "arguments behind the end",
            [*A, CallArguments(0, " "), *B, CallArguments(0, "x"), CallEnd(0)],
            [(0, T), "{", "}", 0, (1, T), '{"b":', "1}", 1],
        ),
        (
            "arguments that are beyond reason",
            [A[0], CallArguments(0, "[" * 9999), Text("a")],
            [(0, T), "[" * 9999, 0, (1, "text"), "a", 1],
        ),
    ],
)
def test_a_legal_order_of_blocks(why: str, events: list[Event], found: list[Any]) -> None:
    assert shown([*events, *STOP]) == found, why


@pytest.mark.parametrize("event", UNSAID, ids=lambda event: type(event).__name__)
def test_what_the_dialect_has_no_place_for_is_not_said(event: Event) -> None:
    assert Writer(**HEAD).feed([event]) == []


def test_nothing_fed_is_nothing_written() -> None:
    writer = Writer(**HEAD)
    assert (writer.feed([]), writer.feed([Finish("stop")])) == ([], [])


@pytest.mark.parametrize("first", [Text("Hi"), Text(""), Reasoning(""), CALL[0], Finish("stop")])
def test_the_message_begins_first_and_once_whatever_begins(first: Event) -> None:
    found = frames(written([first, Start(), *STOP]))
    assert [frame["type"] for frame in found].count("message_start") == 1
    assert found[0]["type"] == "message_start"


def test_what_is_known_of_the_input_is_said_first() -> None:
    found = frames(written([Text("Hi"), *STOP], usage=Usage(50)))
    assert (found[0]["message"]["usage"]["input_tokens"], found[-2]["usage"]["input_tokens"]) == (50, 6)
    found = frames(written([Text("Hi"), Finish("stop")], usage=Usage(50)))
    assert found[-2]["usage"] == {"output_tokens": 0}
    assert asked(written([Text("Hi"), Finish("stop")], usage=Usage(50)))["usage"]["input_tokens"] == 50


# -- further fields ----------------------------------------------------------------------------


def test_further_fields_are_kept_where_they_mean_nothing_else() -> None:
    start = Start("up", "m", 1, {"service_tier": "standard", "id": "x", "content": [1]})
    found = frames(written([start, Text("Hi"), Finish("stop", extra={"metrics": 1, "usage": 2})]))
    assert found[0]["message"]["service_tier"] == "standard" and found[0]["message"]["id"] == "msg_0"
    assert found[-2]["metrics"] == 1 and found[-2]["usage"] == {"output_tokens": 0}


def test_the_fields_for_the_end_are_asked_for_at_the_end() -> None:
    notes: list[str] = []
    writer = Writer(**HEAD, extra=lambda: {"moonwire": notes})
    writer.feed([Text("Hi"), Finish("stop")])
    notes.append("late")
    assert frames(b"".join(writer.finish()))[-2]["moonwire"] == ["late"]


# -- the end -----------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", get_args(FinishReason))
def test_every_reason_has_a_word(reason: FinishReason) -> None:
    end = frames(written([Finish(reason, native="eos")]))[-2]["delta"]
    assert end["stop_reason"] in get_args(StopReason)


def test_a_stop_text_is_the_reason() -> None:
    end = frames(written([Finish("stop", stop_sequence="###")]))[-2]["delta"]
    assert end == {"stop_reason": "stop_sequence", "stop_sequence": "###"}


@pytest.mark.parametrize("last", [[CallEnd(0, complete=False)], []])
def test_no_agent_is_told_to_run_a_call_that_was_cut(last: list[Event]) -> None:
    events = [*CALL[:2], *last, Finish("tool_calls")]
    assert asked(written(events))["stop_reason"] == "max_tokens"


def test_a_stream_that_just_stops_has_no_end() -> None:
    assert written([]) == b""
    assert frames(written([Text("Hi")]))[-1] == {"type": "content_block_stop", "index": 0}


@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        (UpstreamError("busy", type="overloaded_error"), "overloaded_error", None),
        (UpstreamError("busy", type="engine_overloaded_error"), "overloaded_error", None),
        (UpstreamError("busy", code="insufficient_quota"), "billing_error", None),
        (UpstreamError("busy", type="x", status=429), "rate_limit_error", None),
        (UpstreamError("busy", status=418), "api_error", None),
        (UpstreamError("busy"), "api_error", None),
    ],
)
def test_an_error_ends_the_stream(error: UpstreamError, kind: str, status: None) -> None:
    raw = written([Text("Hi"), error, UpstreamError("later"), *STOP])
    assert frames(raw)[-1] == {"type": "error", "error": {"type": kind, "message": "busy"}}
    with (
        pytest.raises(anthropic.APIStatusError, match="busy") as caught,
        client(raw).messages.stream(model="m", max_tokens=9, messages=ASKED) as stream,
    ):
        stream.until_done()
    assert caught.value.body == frames(raw)[-1] and status is None


# -- halves of characters ----------------------------------------------------------------------


@pytest.mark.parametrize("half", HALVES)
def test_halves_of_characters_are_replaced_wherever_they_stand(half: str) -> None:
    events: list[Event] = [
        Start(extra={"fp": half}),
        Reasoning(half),
        Sealed("signature", half),
        Text(half),
        CallStart(0, half, half),
        CallArguments(0, json.dumps({"a": half}, ensure_ascii=False)),
        CallEnd(0),
        Finish("stop", half, half),
    ]
    whole = "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in half)
    answer = asked(written(events, extra=lambda: {"z": {half: half}}))
    assert answer == without_nulls(encode_reply(fold(events), **HEAD))
    assert answer["fp"] == answer["content"][1]["text"] == answer["content"][2]["id"] == whole
