"""What goes to the caller keeps Moonshot's streaming specification, and says what the events say."""

import json
from typing import Any, get_args

import msgspec
import pytest
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
    Start,
    Text,
    UpstreamError,
    Usage,
)
from moonwire.core.fold import fold
from moonwire.core.messages import Reply, TextPart, Thought, ToolCall
from moonwire.wire.chat.reader import Reader
from moonwire.wire.chat.writer import Writer, encode_reply, error_object, usage_object
from moonwire.wire.sse import Decoder
from tests.simulator.verifier.streaming import check_stream
from tests.wire.chat.writer_cases import HALVES, UNSAID, streams

Json = dict[str, Any]
HEAD: Json = {"id": "chatcmpl-" + "0" * 24, "model": "kimi-k2.6", "created": 7}
CALL: list[Event] = [CallStart(0, "a", "ls"), CallArguments(0, '{"x"'), CallArguments(0, ":1}"), CallEnd(0)]
STOP: list[Event] = [Usage(9, 4, 3), Finish("stop")]


def written(events: list[Event], **options: Any) -> bytes:
    """The bytes of a whole stream, event by event."""
    writer = Writer(**HEAD, **options)
    pieces = [piece for event in events for piece in writer.feed([event])]
    return b"".join([*pieces, *writer.finish()])


def frames(raw: bytes) -> list[Json]:
    decoder = Decoder()
    data = [*decoder.feed(raw), *decoder.finish()]
    assert data[-1] == b"[DONE]" and data.count(b"[DONE]") == 1
    return [json.loads(one) for one in data[:-1]]


def read(raw: bytes) -> Reply:
    reader = Reader()
    events = [event for data in Decoder().feed(raw) for event in reader.feed(data)]
    return fold([*events, *reader.finish()])


def deltas(events: list[Event], **options: Any) -> list[Json]:
    return [frame["choices"][0]["delta"] for frame in frames(written(events, **options)) if frame["choices"]]


def gathered(events: list[Event]) -> Json:
    """The message that a client puts together, and what stands beside it."""
    message: Json = {"content": ""}
    beside: Json = {}
    logprobs: list[Any] = []
    for frame in frames(written(events)):
        choice = frame["choices"][0]
        delta = choice["delta"]
        message["content"] += delta.get("content", "")
        if "reasoning_content" in delta:
            message["reasoning_content"] = message.get("reasoning_content", "") + delta["reasoning_content"]
        for piece in delta.get("tool_calls", ()):
            called: list[Json] = message.setdefault("tool_calls", [])
            if piece["index"] == len(called):
                called.append({"id": piece["id"], "type": piece["type"], "function": piece["function"]})
            else:
                called[piece["index"]]["function"]["arguments"] += piece["function"]["arguments"]
        logprobs += choice["logprobs"]["content"] if "logprobs" in choice else []
        beside = {
            name: item for name, item in {**frame, **choice}.items() if name not in ("delta", "choices")
        }
    return {**beside, "object": "", "message": message, "logprobs": logprobs}


# -- laws --------------------------------------------------------------------------------------


@given(streams(), st.booleans())
def test_the_specification_is_kept(events: list[Event], asked: bool) -> None:
    reply = fold(events)
    assert reply.usage is not None
    raw = written(events, usage=asked, extra=lambda: {"moonwire": {"notes": ["a"]}})
    headers = {
        "content-type": "text/event-stream",
        "x-msh-usage-prompt-tokens": str(reply.usage.input),
        "x-msh-usage-cached-tokens": str(reply.usage.cached),
    }
    request = {
        "model": HEAD["model"],
        "stream_options": {"include_usage": asked},
        "thinking": {"type": "disabled" if reply.reasoning is None else "enabled"},
        "logprobs": bool(reply.logprobs),
    }
    found = check_stream(raw, headers, request)
    # The caller's ids are not made here.
    assert [finding for finding in found if not finding.startswith("P2.2")] == []


@given(streams())
def test_a_reader_of_the_stream_finds_the_same_reply(events: list[Event]) -> None:
    # What this dialect cannot say: notes and broken structure. Id and name of the answer are the caller's.
    sayable = msgspec.structs.replace(fold(events), notes=(), malformed=(), **HEAD)
    assert read(written(events)) == sayable


@given(streams())
def test_the_whole_answer_says_what_the_stream_says(events: list[Event]) -> None:
    body = encode_reply(fold(events), **HEAD)
    (choice,) = body["choices"]
    message = {**choice["message"], "content": choice["message"]["content"] or ""}
    assert message.pop("role") == "assistant"
    beside = {name: item for name, item in {**body, **choice}.items() if name != "choices"}
    beside |= {"object": "", "message": message, "logprobs": choice.get("logprobs", {}).get("content", [])}
    assert beside == gathered(events)


@given(streams(), st.integers(0, 5))
def test_it_does_not_matter_how_the_events_are_batched(events: list[Event], size: int) -> None:
    writer = Writer(**HEAD)
    pieces = [*writer.feed(events[:size]), *writer.feed(events[size:]), *writer.finish()]
    assert b"".join(pieces) == written(events)


# -- the stream --------------------------------------------------------------------------------


def test_a_stream_frame_by_frame() -> None:
    events: list[Event] = [
        Start(),
        Reasoning("Hm."),
        Text("Hi"),
        *CALL,
        Usage(9, 4, 3, reasoning=2),
        Finish("tool_calls"),
    ]
    found = frames(written(events, usage=True))
    assert [frame["choices"][0]["delta"] for frame in found[:-1]] == [
        {"role": "assistant", "content": ""},
        {"reasoning_content": "Hm."},
        {"reasoning_content": ""},
        {"content": "Hi"},
        {
            "tool_calls": [
                {"index": 0, "id": "a", "type": "function", "function": {"name": "ls", "arguments": ""}}
            ]
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"x"'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]},
        {},
    ]
    assert [frame["choices"][0]["finish_reason"] for frame in found[:-1]] == [None] * 7 + ["tool_calls"]
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 4,
        "total_tokens": 13,
        "cached_tokens": 3,
        "prompt_tokens_details": {"cached_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    assert found[-2]["choices"][0]["usage"] == found[-1]["usage"] == usage
    assert found[-1]["choices"] == [] and [("usage" in frame) for frame in found[:-1]] == [False] * 8
    assert {(frame["id"], frame["object"], frame["created"], frame["model"]) for frame in found} == {
        (HEAD["id"], "chat.completion.chunk", 7, "kimi-k2.6")
    }


@pytest.mark.parametrize("event", UNSAID, ids=lambda event: type(event).__name__)
def test_what_the_dialect_has_no_place_for_is_not_said(event: Event) -> None:
    assert Writer(**HEAD).feed([event]) == []


def test_nothing_fed_is_nothing_written() -> None:
    writer = Writer(**HEAD)
    assert (writer.feed([]), writer.feed([Finish("stop")])) == ([], [])


@pytest.mark.parametrize(
    ("events", "pieces"),
    [
        ([Reasoning("")], [""]),
        ([Reasoning(""), Reasoning("")], [""]),
        ([Reasoning(""), Text("Hi")], [""]),
        ([Reasoning(""), Reasoning("a")], ["", "a", ""]),
        ([Reasoning("a"), Reasoning(""), Reasoning("b"), Text("Hi")], ["a", "b", ""]),
        ([Reasoning("a"), Text("Hi"), Reasoning("")], ["a", ""]),
        ([Reasoning("a"), *CALL], ["a", ""]),
        ([Reasoning("a")], ["a", ""]),
        ([Reasoning("a"), Text("Hi"), Reasoning("b"), Text("!")], ["a", "", "b", ""]),
        ([Text("Hi")], []),
    ],
)
def test_an_empty_piece_is_the_end_of_thoughts_or_says_that_they_are_empty(
    events: list[Event], pieces: list[str]
) -> None:
    found = deltas([Start(), *events, *STOP])
    assert [delta["reasoning_content"] for delta in found if "reasoning_content" in delta] == pieces


def test_empty_text_is_no_frame_unless_it_has_logprobs() -> None:
    assert len(deltas([Start(), Text(""), *STOP])) == 2
    assert len(deltas([Start(), Text("", {"content": []}), *STOP])) == 3


@pytest.mark.parametrize("first", [Text("Hi"), Reasoning("Hm."), Reasoning(""), CALL[0], Finish("stop")])
def test_the_role_comes_first_and_once_whatever_begins(first: Event) -> None:
    found = deltas([first, *STOP])
    assert found[0] == {"role": "assistant", "content": ""}
    assert ["role" in delta for delta in found].count(True) == 1


def test_logprobs_stand_beside_the_delta() -> None:
    found = frames(written([Start(), Reasoning("a", 1), Text("b", {"content": []}), *STOP]))
    assert [frame["choices"][0].get("logprobs") for frame in found] == [None, 1, None, {"content": []}, None]


# -- further fields ----------------------------------------------------------------------------

CLASHING: Json = {
    "id": "x",
    "object": "x",
    "created": 1,
    "model": "x",
    "choices": [1],
    "usage": 1,
    "error": 1,
}


def test_what_the_first_chunk_said_besides_is_kept_on_every_frame() -> None:
    start = Start("up", "m", 1, {"system_fingerprint": "fp", **CLASHING})
    found = frames(written([start, Start(extra={"late": 1}), Text("Hi"), *STOP], usage=True))
    assert [frame.get("system_fingerprint") for frame in found] == ["fp"] * 4
    assert all(frame["id"] == HEAD["id"] and "error" not in frame and "late" not in frame for frame in found)
    assert [frame["choices"] == [] for frame in found] == [False, False, False, True]


def test_fields_for_the_end_stand_in_the_last_frame() -> None:
    finish = Finish("stop", extra={"metrics": 1, **CLASHING})
    found = frames(
        written([Text("Hi"), Usage(), finish], usage=True, extra=lambda: {"moonwire": {"notes": ["a"]}})
    )
    assert [frame.get("moonwire") for frame in found] == [None, None, {"notes": ["a"]}, None]
    assert [frame.get("metrics") for frame in found] == [None, None, 1, None]
    assert found[2]["model"] == HEAD["model"] and "error" not in found[2]


def test_the_fields_for_the_end_are_asked_for_at_the_end() -> None:
    notes: list[str] = []
    writer = Writer(**HEAD, extra=lambda: {"notes": notes})
    writer.feed([Text("Hi"), Finish("stop")])
    notes.append("late")
    assert b'"notes":["late"]' in b"".join(writer.finish())


# -- the end -----------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", get_args(FinishReason))
def test_every_reason_has_a_word(reason: FinishReason) -> None:
    end = frames(written([Finish(reason, native="eos", stop_sequence="###")]))[-1]["choices"][0]
    assert end["finish_reason"] == ("stop" if reason in ("error", "unknown") else reason)
    assert (end["native_finish_reason"], end["stop_reason"], end["delta"]) == ("eos", "###", {})
    plain = frames(written([Finish(reason)]))[-1]["choices"][0]
    assert plain.keys() == {"index", "delta", "finish_reason"}
    assert encode_reply(Reply(finish=reason), **HEAD)["choices"][0]["finish_reason"] == end["finish_reason"]


def test_usage_is_summed_up_only_where_it_was_asked_for_and_is_known() -> None:
    assert [len(frames(written(STOP, usage=usage))) for usage in (False, True)] == [2, 3]
    assert len(frames(written([Finish("stop")], usage=True))) == 2


def test_usage_always_has_its_details() -> None:
    found = usage_object(Usage(1, 2, extra={"cost": 0.5, "prompt_tokens": 99, "cached_tokens": 99}))
    assert (found["prompt_tokens"], found["cached_tokens"], found["cost"]) == (1, 0, 0.5)
    assert found["prompt_tokens_details"] == {"cached_tokens": 0}
    assert found["completion_tokens_details"] == {"reasoning_tokens": 0}


def test_a_stream_that_just_stops_has_no_reason() -> None:
    assert written([]) == b"data: [DONE]\n\n"
    assert [frame["choices"][0]["finish_reason"] for frame in frames(written([Text("Hi")]))] == [None, None]


def test_an_error_ends_the_stream() -> None:
    error = UpstreamError("busy", code="engine_overloaded", type="overloaded_error", status=503)
    later = UpstreamError("the stream broke off")
    found = frames(written([Text("Hi"), error, later, *STOP], usage=True))
    assert found[-1] == {
        "error": {"message": "busy", "type": "overloaded_error", "param": None, "code": "engine_overloaded"}
    }
    assert len(found) == 3
    assert error_object(later) == {
        "message": "the stream broke off",
        "type": "upstream_error",
        "param": None,
        "code": None,
    }


def test_a_reader_of_the_error_finds_it() -> None:
    reply = read(written([Text("Hi"), UpstreamError("busy", code="c", type="t")]))
    assert reply.error is not None and (reply.error.message, reply.error.code, reply.error.type) == (
        "busy",
        "c",
        "t",
    )
    assert (reply.text, reply.finish) == ("Hi", None)


# -- halves of characters ----------------------------------------------------------------------


@pytest.mark.parametrize("half", HALVES)
def test_halves_of_characters_are_replaced_wherever_they_stand(half: str) -> None:
    events: list[Event] = [
        Start(extra={"fp": half}),
        Reasoning(half),
        Text(half, {"content": [half]}),
        CallStart(0, half, half),
        CallArguments(0, half),
        Usage(extra={"x": half}),
        Finish("stop", half, half, {"y": half}),
    ]
    raw = written(events, usage=True, extra=lambda: {"z": {half: half}})
    whole = "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in half)
    reply = read(raw)
    assert (reply.reasoning, reply.text, reply.calls[0].name, reply.calls[0].id) == (whole,) * 4
    assert (reply.calls[0].arguments, reply.stop_sequence, reply.extra) == (whole, whole, {"fp": whole})
    assert frames(raw)[-2]["z"] == {whole: whole} and frames(raw)[-1]["usage"]["x"] == whole
    assert read(written([UpstreamError(half)])).error == UpstreamError(
        whole,
        type="upstream_error",
        raw={"message": whole, "type": "upstream_error", "param": None, "code": None},
    )
    body = encode_reply(fold(events), **HEAD)
    assert json.loads(msgspec.json.encode(body)) == body and body["choices"][0]["message"]["content"] == whole


@pytest.mark.parametrize("half", HALVES)
def test_the_head_may_hold_them_too(half: str) -> None:
    writer = Writer(id="a", model=half, created=0)
    raw = b"".join([*writer.feed([Text("Hi"), Finish("stop")]), *writer.finish()])
    assert "\ufffd" in read(raw).model and read(raw).text == "Hi"


# -- the whole answer --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(), {"content": ""}),
        (Reply(blocks=(TextPart(text="Hi"),)), {"content": "Hi"}),
        (Reply(blocks=(Thought(text=""),)), {"content": "", "reasoning_content": ""}),
        (
            Reply(blocks=(Thought(text="Hm."), TextPart(text="Hi"))),
            {"content": "Hi", "reasoning_content": "Hm."},
        ),
        (
            Reply(blocks=(ToolCall(id="a", name="ls", arguments='{"x": 1}'),)),
            {
                "content": None,
                "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "ls", "arguments": '{"x": 1}'}}
                ],
            },
        ),
    ],
)
def test_the_message_of_a_whole_answer(reply: Reply, message: Json) -> None:
    body = encode_reply(reply, **HEAD)
    assert body["choices"][0]["message"] == {"role": "assistant", **message}
    assert {name: body[name] for name in HEAD} == HEAD and body["object"] == "chat.completion"
    assert "usage" not in body and body["choices"][0]["finish_reason"] == "stop"


def test_further_fields_of_the_server_are_kept_where_they_mean_nothing_else() -> None:
    reply = Reply(
        extra={"system_fingerprint": "fp", **CLASHING}, usage=Usage(1, 2), logprobs=({"content": [1]}, 5)
    )
    body = encode_reply(reply, **HEAD)
    assert body["system_fingerprint"] == "fp" and body["model"] == HEAD["model"] and "error" not in body
    assert body["usage"]["total_tokens"] == 3 and body["choices"][0]["logprobs"] == {"content": [1]}
