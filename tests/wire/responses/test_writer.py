"""What an agent receives: every event whole, numbered and in order, and an answer that is their sum."""

import json
from typing import Any

import httpx2
import pytest
from hypothesis import given
from openai import OpenAI, omit
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

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
from moonwire.core.fold import fold
from moonwire.core.messages import Reply, TextPart, Thought, ToolCall
from moonwire.core.notes import Note
from moonwire.wire.responses import Echo, Writer, decode, encode_reply
from tests.wire.responses.writer_cases import ECHO, REQUEST, frames, stream, streams, types

ANY_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


def reply_of(events: list[Event]) -> dict[str, Any]:
    return encode_reply(fold(events), id="resp_1", model="kimi-k3", created=7, echo=ECHO)


# -- laws --------------------------------------------------------------------------------------


@given(streams())
def test_the_last_event_holds_what_a_caller_without_a_stream_gets(events: list[Event]) -> None:
    found = stream(events)
    assert found[-1]["response"] == reply_of(events)
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    done = [event for event in found if event["type"] == "response.output_item.done"]
    done.sort(key=lambda event: event["output_index"])
    assert [event["item"] for event in done] == found[-1]["response"]["output"]
    assert [event["output_index"] for event in done] == list(range(len(done)))


@given(streams())
def test_the_sdk_reads_every_event_and_adds_them_up_to_the_same(events: list[Event]) -> None:
    state: ResponseStreamState[Any] = ResponseStreamState(input_tools=omit, text_format=omit)
    found = stream(events)
    last: Any = None
    for event in found:
        read: Any = ANY_EVENT.validate_python(event)
        last = [last, *state.handle_event(read)][-1]
    assert last.response.id == "resp_1"
    body = found[-1]["response"]
    assert Response.model_validate(body).output_text == "".join(
        part["text"] for item in body["output"] if item["type"] == "message" for part in item["content"]
    )
    if found[-1]["type"] == "response.completed":
        kept = [json.loads(item.model_dump_json(exclude_unset=True)) for item in last.response.output]
        for item in kept:
            item.pop("parsed_arguments", None)
            for part in item.get("content", ()):
                part.pop("parsed", None)
        assert kept == body["output"]


@given(streams())
def test_it_does_not_matter_how_many_events_come_at_once(events: list[Event]) -> None:
    assert stream(events, size=1) == stream(events, size=100)


@given(streams())
def test_pieces_stand_between_the_beginning_and_the_end_of_their_item(events: list[Event]) -> None:
    open_items: dict[int, str] = {}
    texts: dict[int, str] = {}
    for event in stream(events):
        kind, index = event["type"].removeprefix("response."), event.get("output_index", -1)
        if kind == "output_item.added":
            open_items[index], texts[index] = event["item"]["id"], ""
        elif kind == "output_item.done":
            assert open_items.pop(index) == event["item"]["id"]
        elif index >= 0:
            assert open_items[index] == event["item_id"]
            texts[index] += event.get("delta", "")
            said = [event[name] for name in ("text", "arguments", "input") if name in event]
            assert said in ([], [texts[index]])
    assert not open_items


def client(data: bytes, kind: str = "text/event-stream") -> OpenAI:
    """The SDK, with a server that answers with this."""
    answer = httpx2.Response(200, headers={"content-type": kind}, content=data)
    transport = httpx2.MockTransport(lambda request: answer)
    return OpenAI(api_key="k", base_url="http://a", http_client=httpx2.Client(transport=transport))


def test_the_sdk_streams_it() -> None:
    events = [
        Start(),
        Reasoning("hm"),
        Text("a"),
        Text("b"),
        *call(0, "f", "{}"),
        Usage(9, 2),
        Finish("tool_calls"),
    ]
    writer = Writer(id="resp_1", model="kimi-k3", created=7, echo=ECHO)
    data = b"".join([*writer.feed(events), *writer.finish()])
    with client(data) as sdk, sdk.responses.stream(model="kimi-k3", input="hi") as streaming:
        kinds = [event.type for event in streaming]
        response: Any = streaming.get_final_response()
    assert kinds == [event["type"] for event in frames(data)]
    assert (response.output_text, response.usage.total_tokens) == ("ab", 11)
    assert [item.type for item in response.output] == ["reasoning", "message", "function_call"]


def test_the_sdk_reads_it_whole() -> None:
    body = encode_reply(fold([Text("a"), Finish("length")]), id="resp_1", model="kimi-k3", created=7)
    with client(json.dumps(body).encode(), "application/json") as sdk:
        response = sdk.responses.create(model="kimi-k3", input="hi")
    assert (response.output_text, response.status) == ("a", "incomplete")


# -- sequences ---------------------------------------------------------------------------------

THINKING = ["output_item.added", "reasoning_summary_part.added", "reasoning_summary_text.delta"]
THOUGHT = ["reasoning_summary_text.done", "reasoning_summary_part.done", "output_item.done"]
SAYING = ["output_item.added", "content_part.added", "output_text.delta"]
SAID = ["output_text.done", "content_part.done", "output_item.done"]
BEGUN = ["created", "in_progress"]


def call(index: int, name: str, arguments: str, complete: bool = True) -> list[Event]:
    return [CallStart(index, f"c{index}", name), CallArguments(index, arguments), CallEnd(index, complete)]


CALLED = ["function_call_arguments.done", "output_item.done"]
SEQUENCES: list[tuple[str, list[Event], list[str]]] = [
    ("nothing", [Finish("stop")], [*BEGUN, "completed"]),
    (
        "text",
        [Start(), Text("a"), Text("b"), Finish("stop")],
        [*BEGUN, *SAYING, "output_text.delta", *SAID, "completed"],
    ),
    (
        "thoughts, text",
        [Reasoning("a"), Text("b"), Finish("stop")],
        [*BEGUN, *THINKING, *THOUGHT, *SAYING, *SAID, "completed"],
    ),
    (
        "empty thoughts",
        [Reasoning(""), Reasoning(""), Finish("stop")],
        [*BEGUN, "output_item.added", "output_item.done", "completed"],
    ),
    (
        "thoughts behind the text",
        [Text("b"), Reasoning("a"), Finish("stop")],
        [*BEGUN, *SAYING, *SAID, *THINKING, *THOUGHT, "completed"],
    ),
    (
        "a call",
        [*call(0, "f", "{}"), Finish("tool_calls")],
        [*BEGUN, "output_item.added", "function_call_arguments.delta", *CALLED, "completed"],
    ),
    (
        "two calls at once",
        [
            CallStart(0, "a", "f"),
            CallStart(1, "b", "f"),
            CallArguments(0, "{}"),
            CallArguments(1, "{}"),
            CallEnd(0),
            CallEnd(1),
            Finish("tool_calls"),
        ],
        [
            *BEGUN,
            *["output_item.added"] * 2,
            *["function_call_arguments.delta"] * 2,
            *CALLED,
            *CALLED,
            "completed",
        ],
    ),
    (
        "a custom call",
        call(0, "apply_patch", '{"input": "x"}'),
        [
            *BEGUN,
            "output_item.added",
            "custom_tool_call_input.delta",
            "custom_tool_call_input.done",
            "output_item.done",
            "error",
            "failed",
        ],
    ),
    (
        "a shell's call",
        [*call(0, "local_shell", '{"command": ["ls"]}'), Finish("stop")],
        [*BEGUN, "output_item.added", "output_item.done", "completed"],
    ),
    (
        "a shell's call that is none",
        [*call(0, "local_shell", "{}"), Finish("stop")],
        [*BEGUN, "output_item.added", "function_call_arguments.delta", *CALLED, "completed"],
    ),
    ("a cut text", [Text("a"), Finish("length")], [*BEGUN, *SAYING, *SAID, "incomplete"]),
    (
        "an error",
        [Text("a"), UpstreamError("x"), UpstreamError("y")],
        [*BEGUN, *SAYING, *SAID, "error", "failed"],
    ),
    ("nothing at all", [], [*BEGUN, "error", "failed"]),
    (
        "what is not shown",
        [
            Malformed("<", "x"),
            Noted(Note(code="c", reason="r")),
            Reclassified("text", "reasoning"),
            Sealed("signature", "s"),
            Text(""),
            Finish("stop"),
        ],
        [*BEGUN, "completed"],
    ),
    (
        "an end that comes twice",
        [*call(0, "f", "{}"), CallEnd(0), Finish("stop")],
        [*BEGUN, "output_item.added", "function_call_arguments.delta", *CALLED, "completed"],
    ),
    (
        "a call that never ended",
        [CallStart(0, "a", "f"), Finish("length")],
        [*BEGUN, "output_item.added", *CALLED, "incomplete"],
    ),
    (
        "a seal behind the text",
        [Text("a"), Sealed("encrypted", "e"), Finish("stop")],
        [*BEGUN, *SAYING, *SAID, "output_item.added", "output_item.done", "completed"],
    ),
]


@pytest.mark.parametrize(("name", "events", "expected"), SEQUENCES, ids=[row[0] for row in SEQUENCES])
def test_an_answer_has_these_events(name: str, events: list[Event], expected: list[str]) -> None:
    assert types(stream(events)) == expected, name


def test_the_bytes_of_a_piece() -> None:
    writer = Writer(id="resp_1", model="m", created=0)
    writer.feed([Text("a")])
    assert writer.feed([Text('"')]) == [
        b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","item_id":"msg_100",'
        b'"output_index":0,"content_index":0,"delta":"\\"","logprobs":[],"sequence_number":5}\n\n'
    ]
    assert writer.feed([]) == [] and writer.feed([Finish("stop")]) == []


# -- what the events hold ----------------------------------------------------------------------


def last(*events: Event, **given: Any) -> dict[str, Any]:
    return stream(list(events), **given)[-1]["response"]


def test_thoughts_are_a_summary_with_their_seal() -> None:
    response = last(Reasoning("hm"), Sealed("encrypted", "e"), Text("a"), Finish("stop"))
    assert response["output"][0] == {
        "id": "rs_100",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "hm"}],
        "encrypted_content": "e",
    }


KINDS: list[tuple[str, str, dict[str, Any]]] = [
    ("f", "{}", {"type": "function_call", "name": "f", "arguments": "{}"}),
    ("browser__open", "{}", {"type": "function_call", "name": "open", "namespace": "browser"}),
    (
        "apply_patch",
        '{"input": "*** x"}',
        {"type": "custom_tool_call", "name": "apply_patch", "input": "*** x"},
    ),
    ("apply_patch", "{", {"type": "custom_tool_call", "input": "{"}),
    (
        "local_shell",
        '{"command": ["ls"]}',
        {"type": "local_shell_call", "action": {"type": "exec", "command": ["ls"], "env": {}}},
    ),
    ("shell", '{"commands": ["ls"]}', {"type": "shell_call", "action": {"commands": ["ls"]}}),
    (
        "shell",
        '{"commands": "ls"}',
        {"type": "function_call", "name": "shell", "arguments": '{"commands": "ls"}'},
    ),
    (
        "tool_search",
        '{"query": "x"}',
        {"type": "tool_search_call", "execution": "client", "arguments": {"query": "x"}},
    ),
    ("tool_search", "x", {"type": "tool_search_call", "arguments": {"query": "x"}}),
]


@pytest.mark.parametrize(
    ("name", "arguments", "expected"), KINDS, ids=[f"{row[0]} {row[1]}" for row in KINDS]
)
def test_a_call_comes_back_as_the_kind_that_was_offered(
    name: str, arguments: str, expected: dict[str, Any]
) -> None:
    item = last(*call(0, name, arguments), Finish("tool_calls"))["output"][0]
    assert item.items() >= {**expected, "call_id": "c0", "status": "completed"}.items()


def test_what_is_cut_says_so() -> None:
    assert last(*call(0, "f", "{", complete=False), Finish("length"))["output"][0]["status"] == "incomplete"
    response = last(Text("a"), Finish("length"))
    assert response["output"][0]["status"] == "incomplete"
    assert (response["status"], response["incomplete_details"]) == (
        "incomplete",
        {"reason": "max_output_tokens"},
    )


def test_the_response_repeats_the_request_and_counts() -> None:
    response = last(Usage(9, 2, cached=4, cache_written=1, reasoning=1, extra={"x": 1}), Finish("stop"))
    assert response["usage"] == {
        "x": 1,
        "input_tokens": 9,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 1},
        "output_tokens": 2,
        "output_tokens_details": {"reasoning_tokens": 1},
        "total_tokens": 11,
    }
    assert response["tools"] == REQUEST["tools"]
    assert (response["instructions"], response["store"], response["tool_choice"]) == (
        "Be brief.",
        False,
        "auto",
    )
    assert response["text"] == {"format": {"type": "text"}, "verbosity": "low"}


def test_the_servers_own_fields_and_ours_stand_in_the_response() -> None:
    events = [Start(extra={"a": 1}), Start(extra={"b": 1, "id": 1}), Finish("stop", extra={"c": 1})]
    response = last(*events, extra=lambda: {"moonwire": 1})
    assert response.items() >= {"a": 1, "b": 1, "c": 1, "id": "resp_1", "moonwire": 1}.items()


def test_logprobs_stand_with_their_text() -> None:
    found = stream(
        [
            Text("a%", {"content": [{"token": "a"}]}),
            Text("b", [{"token": "b"}]),
            Text("c", {"x": 1}),
            Finish("stop"),
        ]
    )
    assert [event["logprobs"] for event in found if event["type"].endswith("text.delta")] == [
        [{"token": "a"}],
        [{"token": "b"}],
        [],
    ]
    content = found[-1]["response"]["output"][0]["content"][0]
    assert content["logprobs"] == [{"token": "a"}, {"token": "b"}]
    reply = Reply(blocks=(TextPart(text="a"),), logprobs=({"content": [1]}, {"content": [2]}), finish="stop")
    assert encode_reply(reply, id="r", model="m", created=0)["output"][0]["content"][0]["logprobs"] == [1, 2]


def test_a_stream_that_cannot_go_on_fails_in_its_own_words() -> None:
    writer = Writer(id="resp_1", model="m", created=0)
    writer.feed([Text("a"), CallStart(0, "c", "f")])
    found = frames(b"".join(writer.fail(UpstreamError("no more", code="insufficient_quota"))))
    assert types(found)[-2:] == ["error", "failed"]
    assert found[-2].items() >= {"code": "insufficient_quota", "message": "no more", "param": None}.items()
    assert found[-1]["response"]["error"] == {"code": "insufficient_quota", "message": "no more"}


def test_blocks_without_words_are_no_items() -> None:
    blocks = (
        Thought(text="a", encrypted="e"),
        Thought(redacted="r"),
        Thought(text="b"),
        TextPart(text=""),
        TextPart(text="c"),
        Thought(signature="s"),
        TextPart(text="d"),
        ToolCall(id="1", name="f", complete=False),
    )
    output = encode_reply(Reply(blocks=blocks, finish="stop"), id="resp_1", model="m", created=0)["output"]
    assert [item["type"] for item in output] == ["reasoning", "message", "function_call"]
    assert (output[0]["summary"][0]["text"], output[0]["encrypted_content"]) == ("ab", "e")
    assert (output[1]["content"][0]["text"], output[2]["status"]) == ("cd", "incomplete")


def test_half_a_character_is_replaced() -> None:
    reply = Reply(blocks=(TextPart(text="\ud800"),), finish="stop")
    assert encode_reply(reply, id="r", model="m", created=0)["output"][0]["content"][0]["text"] == "\ufffd"


def test_nobody_is_harmed_by_what_a_caller_does_to_his_answer() -> None:
    echo = Echo.of(decode(REQUEST))
    encode_reply(Reply(finish="stop"), id="r", model="m", created=0, echo=echo)["tools"].clear()
    assert (
        encode_reply(Reply(finish="stop"), id="r", model="m", created=0, echo=echo)["tools"]
        == REQUEST["tools"]
    )
