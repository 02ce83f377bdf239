"""How an upstream is spoken to: markup is looked for where the weights write it, and nowhere else."""

import json

import pytest

from moonwire.core.catalogue import resolve
from moonwire.core.events import CallStart, Event, Reasoning, Text
from moonwire.core.plan import plan
from moonwire.exchange.wires import spoken
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
