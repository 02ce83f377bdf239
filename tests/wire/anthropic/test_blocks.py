"""Blocks that were changed are spelled as the dialect has them; that others come back test_body.py tries."""

from typing import Any

import pytest

from moonwire.core.messages import Document, Image, Other, TextPart, ToolCall, changed
from moonwire.wire.anthropic.blocks import (
    call_block,
    content_body,
    decode_block,
    decode_call,
    decode_content,
    decode_part,
    part_block,
)


@pytest.mark.parametrize(
    ("block", "fields", "sent"),
    [
        ({"type": "text", "text": "a", "x": {}}, {"text": "b"}, {"type": "text", "text": "b", "x": {}}),
        (
            {"type": "image", "source": {"type": "url", "url": "u", "x": 1}, "y": 1},
            {"url": "v"},
            {"type": "image", "source": {"type": "url", "url": "v"}, "y": 1},
        ),
        (
            {"type": "image", "source": {"type": "url"}},
            {"data": "AA", "media_type": "image/png"},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA"}},
        ),
        (
            {"type": "document", "source": {"type": "text"}, "title": None},
            {"context": "c"},
            {"type": "document", "source": {"type": "text"}, "title": None, "context": "c"},
        ),
        ({"type": "tool_reference"}, {"kind": "x"}, {"type": "tool_reference"}),
    ],
)
def test_a_part_that_was_changed_is_spelled_as_the_dialect_has_it(block: Any, fields: Any, sent: Any) -> None:
    part = decode_part(decode_block(block, "x"), "x")
    assert part_block(part) == block
    assert part_block(changed(part, **fields)) == sent


def test_a_call_that_was_changed_is_spelled_as_the_dialect_has_it() -> None:
    came: dict[str, Any] = {"type": "tool_use", "id": "1", "name": "f", "input": [1], "caller": {}}
    call = decode_call(came, "x")
    assert call_block(call) == came
    sent = call_block(changed(call, arguments='{"a": 1}'))
    assert sent == {"type": "tool_use", "id": "1", "name": "f", "input": {"a": 1}, "caller": {}}


def test_content_of_every_kind() -> None:
    document = {"type": "document", "source": {"type": "text", "data": "a"}}
    content = decode_content([{"type": "text", "text": "a"}, document, {"type": "x"}], "x")
    assert content == (
        TextPart(text="a"),
        Document(source={"type": "text", "data": "a"}),
        Other(kind="x", value={"type": "x"}),
    )
    assert content_body("a") == "a" and decode_content(None, "x") is None
    assert content_body((Image(url="u"),)) == [{"type": "image", "source": {"type": "url", "url": "u"}}]
    assert call_block(ToolCall(id="1", name="f"))["input"] == {}
