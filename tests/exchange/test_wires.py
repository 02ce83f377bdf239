"""How an upstream is spoken to: markup is looked for where the weights write it, and nowhere else."""

import json
from typing import Any

import msgspec
import pytest

from moonwire.core.catalogue import resolve
from moonwire.core.events import CallStart, Event, Reasoning, Text
from moonwire.core.plan import plan
from moonwire.exchange.wires import spoken
from moonwire.wire.chat import decode_message
from tests.exchange.upstreams import TOOL, body

K2 = (
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.look:0<|tool_call_argument_begin|>{}"
    "<|tool_call_end|><|tool_calls_section_end|>"
)
K3 = '<|open|>tools<|sep|><|open|>call tool="look" index="1"<|sep|><|close|>call<|sep|><|close|>tools<|sep|>'


def said(model: str, endpoint: str, text: str, field: str = "content") -> list[Event]:
    planned = plan(body("Look.", tools=[TOOL]), resolve(model, endpoint))
    reader = spoken("chat").reader(planned)
    chunk = {"choices": [{"index": 0, "delta": {field: text}, "finish_reason": "stop"}]}
    return [*reader.feed(json.dumps(chunk).encode()), *reader.finish()]


@pytest.mark.parametrize("field", ["content", "reasoning_content"])
@pytest.mark.parametrize(("model", "markup"), [("kimi-k2.6", K2), ("kimi-k3", K3)])
def test_markup_in_either_channel_is_a_call(model: str, markup: str, field: str) -> None:
    events = said(model, "vllm", markup, field)
    assert [event.name for event in events if isinstance(event, CallStart)] == ["look"]
    assert markup not in "".join(event.text for event in events if isinstance(event, Text | Reasoning))


@pytest.mark.parametrize("markup", [K2, K3])
def test_of_weights_that_nobody_knows_text_is_text(markup: str) -> None:
    events = said("gpt-4o", "generic", markup)
    assert "".join(event.text for event in events if isinstance(event, Text)) == markup
    assert not any(isinstance(event, CallStart) for event in events)


def test_the_path_and_the_body() -> None:
    dialect = spoken("chat")
    assert dialect.path == "/chat/completions"
    assert dialect.encode(body("hi"))["messages"] == [{"role": "user", "content": "hi"}]


CALL = {"id": "a", "type": "function", "function": {"name": "look", "arguments": "{}"}}
TURN = {"role": "assistant", "content": None, "tool_calls": [CALL]}


SAID: list[tuple[str, str, list[Any]]] = [
    ("anthropic", "/v1/messages", [{"type": "tool_use", "id": "a", "name": "look", "input": {}}]),
    (
        "responses",
        "/responses",
        [{"type": "function_call", "call_id": "a", "name": "look", "arguments": "{}"}],
    ),
]


@pytest.mark.parametrize(("name", "path", "said"), SAID)
def test_other_dialects_have_their_paths_and_bodies(name: str, path: str, said: list[Any]) -> None:
    dialect = spoken(name)
    request = msgspec.structs.replace(body("hi"), messages=(decode_message(TURN),))
    sent = dialect.encode(request)
    assert dialect.path == path
    assert json.loads(dialect.write(request)) == sent
    # A turn of calls has no message beside it that says nothing.
    assert (sent["messages"][0]["content"] if name == "anthropic" else sent["input"]) == said


@pytest.mark.parametrize("name", ["anthropic", "responses"])
@pytest.mark.parametrize(("model", "markup"), [("kimi-k2.6", K2), ("kimi-k3", K3), ("gpt-4o", K2)])
def test_markup_is_looked_for_in_every_dialect(name: str, model: str, markup: str) -> None:
    endpoint = "vllm" if model != "gpt-4o" else "generic"
    reader = spoken(name).reader(plan(body("Look.", tools=[TOOL]), resolve(model, endpoint)))
    delta: dict[str, Any] = {"type": "response.output_text.delta", "output_index": 0, "delta": markup}
    if name == "anthropic":
        text = {"type": "text_delta", "text": markup}
        delta = {"type": "content_block_delta", "index": 0, "delta": text}
        start = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        reader.feed(json.dumps(start).encode())
    events = [*reader.feed(json.dumps(delta).encode()), *reader.finish()]
    assert [event.name for event in events if isinstance(event, CallStart)] == ["look"] * (model != "gpt-4o")
