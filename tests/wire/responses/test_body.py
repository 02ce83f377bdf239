"""A body goes to a request and back with every value as it came, and what is known is in the vocabulary."""

import copy
import json
from types import MappingProxyType
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from moonwire.core.errors import LocalProtocolError
from moonwire.core.intent import read_intent
from moonwire.core.messages import (
    Message,
    Request,
    ResponseFormat,
    Sampling,
    TextPart,
    Thinking,
    Thought,
    ToolCall,
)
from moonwire.wire.responses import decode, encode, write
from moonwire.wire.responses.body import UNSAID, markdown_table
from tests.wire.responses.body_cases import JSON, bodies, exact, items, scribble

SCHEMA: Any = {"type": "object", "properties": {}}


def with_(**fields: Any) -> dict[str, Any]:
    return {"model": "kimi-k3", "input": "hi", **fields}


# -- laws --------------------------------------------------------------------------------------


@given(bodies())
def test_a_body_that_can_be_read_comes_back_as_it_was(body: dict[str, Any]) -> None:
    came = exact(body)
    request = decode(body)
    assert exact(encode(request)) == came
    assert decode(encode(request)) == request
    assert exact(body) == came


@given(
    st.dictionaries(st.sampled_from(["input", "instructions", "tools", "text", "x", "tool_choice"]), JSON)
    | JSON
)
def test_any_json_is_read_or_refused_with_its_path(body: Any) -> None:
    try:
        request = decode(body)
    except LocalProtocolError as error:
        assert error.path and error.remedy
    else:
        assert exact(encode(request)) == exact(body)


@given(st.lists(items() | JSON, max_size=4))
def test_any_items_are_read_or_refused_with_their_path(given: list[Any]) -> None:
    try:
        request = decode({"input": given})
    except LocalProtocolError as error:
        assert error.path.startswith("input[") and error.remedy
    else:
        assert exact(encode(request)) == exact({"input": given})


@settings(max_examples=40)
@given(bodies())
def test_nobody_is_harmed_by_what_a_caller_does_to_what_is_his(body: dict[str, Any]) -> None:
    mine = copy.deepcopy(body)
    decode(mine)
    scribble(mine)
    request = decode(copy.deepcopy(body))
    scribble(encode(request))
    assert exact(encode(request)) == exact(body)
    assert exact(encode(decode(body))) == exact(body)


@settings(max_examples=40)
@given(bodies())
def test_a_request_is_written_as_it_is_encoded(body: dict[str, Any]) -> None:
    request = decode(body)
    try:
        expected = json.loads(msgspec.json.encode(encode(request)))
    except (UnicodeEncodeError, OverflowError):
        return
    assert exact(json.loads(write(request))) == exact(expected)


def test_half_a_character_is_escaped() -> None:
    assert json.loads(write(decode({"input": "\ud800"}))) == {"input": "\ud800"}


def test_a_body_need_not_be_a_dict() -> None:
    body = MappingProxyType({"model": "m", "input": [MappingProxyType({"role": "user", "content": "a"})]})
    assert encode(decode(body)) == {"model": "m", "input": [{"role": "user", "content": "a"}]}


def test_nesting_without_end_is_harmless() -> None:
    deep: Any = 1
    for _ in range(3000):
        deep = [deep]
    for body in (with_(x=deep), with_(tools=[{"type": "mcp", "x": deep}]), with_(metadata=deep)):
        assert encode(decode(body)).keys() == body.keys()
    with pytest.raises(LocalProtocolError, match="nested too deeply") as caught:
        decode({"input": [{"type": "function_call", "arguments": deep}]})
    assert caught.value.path == "input[0].arguments"


# -- what is refused ---------------------------------------------------------------------------

REFUSED: list[tuple[Any, str]] = [
    ([], "body"),
    ({}, "input"),
    ({"input": 5}, "input"),
    ({"input": {}}, "input"),
    ({"input": ["a"]}, "input[0]"),
    ({"input": [{}]}, "input[0].type"),
    ({"input": [{"type": 1}]}, "input[0].type"),
    ({"input": [{"role": "tool", "content": "a"}]}, "input[0].role"),
    ({"input": [{"type": "message"}]}, "input[0].role"),
    ({"input": [{"type": "tool_search_output", "tools": 1}]}, "input[0].tools"),
    (
        {"input": [{"role": "user", "content": [{"type": "input_text", "text": "a", "\0": 1}]}]},
        "input[0].content[0].'\\x00'",
    ),
    (with_(instructions=["a"]), "instructions"),
    (with_(tools={}), "tools"),
    (with_(tools=["a"]), "tools[0]"),
    (with_(tools=[{"type": "namespace", "name": "n", "tools": ["a"]}]), "tools[0].tools[0]"),
    (with_(tools=[{"type": "namespace", "name": "n", "tools": 1}]), "tools[0].tools"),
    (with_(background=True), "background"),
    (with_(conversation="conv_1"), "conversation"),
    (with_(prompt={"id": "p"}), "prompt"),
    (with_(**{"\0verbatim": 1}), "'\\x00verbatim'"),
]


@pytest.mark.parametrize(
    ("body", "path"), REFUSED, ids=[f"{number}-{row[1]}" for number, row in enumerate(REFUSED)]
)
def test_what_has_no_readable_shape_is_refused(body: Any, path: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        decode(body)
    assert (caught.value.path, bool(caught.value.remedy)) == (path, True)


# -- what is known -----------------------------------------------------------------------------

KNOWN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"instructions": "Be."},
        {"messages.0.role": "system", "messages.0.content": "Be.", "messages.1.content": "hi"},
    ),
    ({"instructions": ""}, {"messages.0.role": "user", "extra": {"instructions": ""}}),
    ({"instructions": None, "input": []}, {"messages": (), "extra": {"instructions": None}}),
    ({"input": None}, {"messages": (), "extra": {"input": None}}),
    ({"previous_response_id": "resp_1"}, {"previous": "resp_1"}),
    ({"previous_response_id": None}, {"previous": None, "extra": {"previous_response_id": None}}),
    (
        {"store": False, "stream": True, "parallel_tool_calls": None},
        {"store": False, "stream": True, "parallel": None},
    ),
    ({"store": 1}, {"store": UNSET, "extra": {"store": 1}}),
    (
        {"prompt_cache_key": "k", "user": "u", "metadata": {"a": "b"}},
        {"cache_key": "k", "user": "u", "metadata": {"a": "b"}},
    ),
    (
        {"reasoning": {"effort": "high", "summary": "auto"}},
        {"thinking.enabled": True, "thinking.effort": "high", "thinking.summary": "auto"},
    ),
    ({"reasoning": {"effort": "none"}}, {"thinking.enabled": False}),
    ({"text": {"format": {"type": "text"}}}, {"response_format": ResponseFormat(kind="text"), "extra": {}}),
    (
        {"text": {"format": None, "verbosity": "low"}},
        {"response_format": None, "extra": {"text": {"verbosity": "low"}}},
    ),
    (
        {
            "text": {
                "format": {
                    "type": "json_schema",
                    "name": "n",
                    "strict": True,
                    "schema": SCHEMA,
                    "description": "d",
                }
            }
        },
        {
            "response_format": ResponseFormat(
                kind="json_schema", name="n", strict=True, schema=SCHEMA, description="d"
            )
        },
    ),
    ({"text": {"format": {"type": "grammar"}}}, {"response_format": UNSET}),
    ({"text": {"verbosity": "low"}}, {"response_format": UNSET, "extra": {"text": {"verbosity": "low"}}}),
    ({"text": {}}, {"extra": {"text": {}}}),
    ({"max_output_tokens": 10}, {"caps": {"max_output_tokens": 10}}),
    ({"max_output_tokens": True}, {"caps": {}, "extra": {"max_output_tokens": True}}),
    (
        {"temperature": 1, "top_p": None, "stop": ["a"], "top_logprobs": 2},
        {"sampling": Sampling(temperature=1, top_p=None, stop=("a",), top_logprobs=2)},
    ),
    ({"temperature": "hot", "stop": 1}, {"sampling": Sampling(), "extra": {"temperature": "hot", "stop": 1}}),
    (
        {
            "include": ["reasoning.encrypted_content"],
            "truncation": "auto",
            "max_tool_calls": 3,
            "safety_identifier": "s",
        },
        {
            "extra": {
                "include": ["reasoning.encrypted_content"],
                "truncation": "auto",
                "max_tool_calls": 3,
                "safety_identifier": "s",
            }
        },
    ),
    ({"max_tokens": 10}, {"caps": {}, "extra": {"max_tokens": 10}}),
    ({"tools": None, "tool_choice": None}, {"tools": None, "tool_choice": None}),
]


@pytest.mark.parametrize(("given", "found"), KNOWN, ids=[",".join(row[0]) for row in KNOWN])
def test_what_is_known_is_in_the_vocabulary(given: dict[str, Any], found: dict[str, Any]) -> None:
    request: Any = decode(with_(**given))
    for path, expected in found.items():
        value = request
        for step in path.split("."):
            value = value[int(step)] if step.isdigit() else getattr(value, step)
        assert value == expected, path
    assert encode(request) == with_(**given)


def test_a_request_that_continues_need_not_say_anything() -> None:
    body = {"model": "m", "previous_response_id": "resp_1"}
    assert encode(decode(body)) == body
    assert encode(decode({**body, "input": []})) == {**body, "input": []}


def test_what_the_dialect_cannot_say_is_left_out() -> None:
    request = Request(model="m", messages=(), stream_usage=True)
    assert encode(request) == {"model": "m", "input": []}


def test_what_is_said_in_other_dialects_words_comes_back() -> None:
    request = Request(
        model="m",
        messages=(),
        caps={"max_output_tokens": 5},
        sampling=Sampling(stop=("a",), seed=1, logprobs=True),
        thinking=Thinking(enabled=True, effort="high", spelled={"reasoning_effort": "high"}),
        response_format=ResponseFormat(kind="json_object"),
    )
    assert decode(encode(request)) == request


@pytest.mark.parametrize(
    ("caps", "said"),
    [
        ({"max_tokens": 5}, {"max_output_tokens": 5}),
        ({"max_completion_tokens": 5, "max_tokens": 6}, {"max_output_tokens": 5}),
        ({"max_completion_tokens": None, "max_tokens": 6}, {"max_output_tokens": 6}),
        ({"max_tokens": None}, {"max_output_tokens": None}),
        ({}, {}),
    ],
)
def test_a_limit_has_one_name(caps: dict[str, int | None], said: dict[str, int | None]) -> None:
    assert encode(Request(model="m", messages=(), caps=caps)) == {"model": "m", "input": [], **said}


def test_an_input_that_grew_is_a_list() -> None:
    request = decode({"input": "a"})
    message = msgspec.structs.replace(request.messages[0], content=(TextPart(text="b"),))
    healed = msgspec.structs.replace(request, messages=(message,))
    assert encode(healed) == {
        "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "b"}]}]
    }


# -- what cannot be said -----------------------------------------------------------------------


def assistant(**fields: Any) -> Message:
    return Message(role="assistant", **fields)


SAID: Any = {"type": "message", "role": "assistant", "content": "a"}
THOUGHT: Any = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "t"}]}
CUT = ToolCall(id="c", name="f", native="f:0", complete=False, declared=False)
OTHERWISE: list[tuple[str, dict[str, Any], dict[str, Any], int]] = [
    (
        "two turns of the assistant's in a row",
        {"messages": (assistant(content="a"), assistant(content="a"))},
        {"input": [SAID, SAID]},
        1,
    ),
    (
        "thoughts behind a text, without a call between them",
        {"messages": (assistant(content="a", thoughts=(Thought(text="t"),), layout="tr"),)},
        {"input": [SAID, THOUGHT]},
        2,
    ),
    (
        "null thoughts or calls",
        {"messages": (assistant(content="a", thoughts=None, calls=None),)},
        {"input": [SAID]},
        1,
    ),
    (
        "a thought's signature, redacted thoughts, the field that they came in",
        {"messages": (assistant(thoughts=(Thought(text="t", signature="s", redacted="r", field="x"),)),)},
        {"input": [THOUGHT]},
        1,
    ),
    (
        "a call's native id, whether it is cut or undeclared",
        {"messages": (assistant(calls=(CUT,)),)},
        {"input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}]},
        1,
    ),
    (
        "whether a result is an error",
        {"messages": (Message(role="tool", call_id="c", content="no", is_error=True),)},
        {"input": [{"type": "function_call_output", "call_id": "c", "output": "no"}]},
        1,
    ),
    (
        "`partial`; a message's name; that two messages came in one",
        {"messages": (assistant(content="a", partial=True, name="n", joined=True),)},
        {"input": [SAID]},
        1,
    ),
    ("usage in streams", {"stream_usage": True}, {}, 0),
    (
        "an intent to think in another dialect's fields",
        {"thinking": read_intent({"reasoning_effort": "high"})},
        {"reasoning_effort": "high"},
        0,
    ),
    ("an output cap of another name", {"caps": {"max_tokens": 5}}, {"max_output_tokens": 5}, 0),
    (
        "sampling fields that this dialect has not",
        {"sampling": Sampling(top_k=3, stop=("a",))},
        {"top_k": 3, "stop": ["a"]},
        0,
    ),
]


@pytest.mark.parametrize(("what", "fields", "sent", "messages"), OTHERWISE, ids=[row[0] for row in OTHERWISE])
def test_what_the_dialect_cannot_say_is_said_as_the_table_has_it(
    what: str, fields: dict[str, Any], sent: dict[str, Any], messages: int
) -> None:
    given: dict[str, Any] = {"model": "m", "messages": (), **fields}
    body = encode(Request(**given))
    assert body == {"model": "m", "input": [], **sent}
    assert len(decode(body).messages) == messages


def test_the_table_is_all_of_it() -> None:
    assert [row[0] for row in OTHERWISE] == [what for what, _ in UNSAID]
    assert len(markdown_table().splitlines()) == 2 + len(UNSAID)
