"""What is spelled in Chat Completions' way does not reach a server of another dialect."""

from typing import Any, cast

import pytest

from moonwire.core.messages import VERBATIM, WITHIN
from moonwire.wire import anthropic, chat, responses

PART = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low", "x": 1}}
CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}", "x": 1}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": None}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}, "strict": None}}
BODY: dict[str, Any] = {
    "model": "kimi-k3",
    "messages": [
        {"role": "system", "content": "", "tools": [TOOL]},
        {"role": "user", "content": [{"type": "text", "text": "x", "y": 1}, PART]},
        {"role": "assistant", "reasoning_details": "Hm.", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "a", "content": "r"},
    ],
    "tools": [TOOL],
    "tool_choice": "any",
    "response_format": SCHEMA,
}


def marks(value: Any) -> list[str]:
    """Our own marks in a body."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        found = [name for name in fields if name in (VERBATIM, WITHIN)]
        return [*found, *(mark for item in fields.values() for mark in marks(item))]
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [mark for item in items for mark in marks(item)]


@pytest.mark.parametrize("wire", [anthropic, responses], ids=["anthropic", "responses"])
def test_neither_our_marks_nor_its_shapes_go_out(wire: Any) -> None:
    request = chat.bare(chat.decode(BODY))
    sent = wire.encode(request)
    assert marks(sent) == []
    assert "image_url" not in [part.get("type") for part in _parts(sent)]
    assert all("function" not in tool for tool in sent["tools"])
    # What was in nobody's way stays.
    content: Any = request.messages[1].content
    assert content[0].extra == {"y": 1}


def _parts(sent: dict[str, Any]) -> list[Any]:
    items = sent.get("messages") or sent["input"]
    return [part for item in items if isinstance(item.get("content"), list) for part in item["content"]]


def test_a_request_without_any_of_it_is_the_same() -> None:
    plain = chat.decode({"model": "m", "messages": [{"role": "user", "content": "hi"}]})
    assert chat.bare(plain) == plain
    assert chat.bare(chat.decode({**BODY, "tool_choice": None, "response_format": None})).tool_choice is None
