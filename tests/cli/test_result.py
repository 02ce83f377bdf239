"""The JSON that people see of a reply."""

from typing import Any

import pytest

from moonwire import Malformed, Note, Reply, ToolCall
from moonwire.cli.result import flawed, reply_object
from moonwire.core.messages import TextPart, Thought


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(), {"finish": None}),
        (Reply(blocks=(Thought(text=""),), finish="stop"), {"reasoning": "", "finish": "stop"}),
        (Reply(blocks=(TextPart(text="a"), TextPart(text="b"))), {"text": "ab", "finish": None}),
        (
            Reply(
                blocks=(ToolCall(id="i", name="f", arguments='{"n": 1.10}', declared=False),), finish="length"
            ),
            {
                "calls": [
                    {"id": "i", "name": "f", "arguments": '{"n": 1.10}', "complete": True, "declared": False}
                ],
                "finish": "length",
            },
        ),
        (
            Reply(malformed=(Malformed(raw="r", reason="why"), Malformed(raw="s", reason="so", index=2))),
            {
                "malformed": [{"raw": "r", "reason": "why"}, {"raw": "s", "reason": "so", "index": 2}],
                "finish": None,
            },
        ),
        (
            Reply(
                notes=(Note(code="c", reason="r"), Note(code="d", reason="r", level="warning", before="x"))
            ),
            {
                "notes": [
                    {"code": "c", "reason": "r"},
                    {"code": "d", "reason": "r", "level": "warning", "before": "x"},
                ],
                "finish": None,
            },
        ),
    ],
)
def test_a_reply_as_an_object(reply: Reply, expected: dict[str, Any]) -> None:
    empty: dict[str, Any] = {"reasoning": None, "text": "", "calls": [], "malformed": [], "notes": []}
    shown = reply_object(reply)
    assert shown == {**empty, **expected}
    assert list(shown) == ["reasoning", "text", "calls", "malformed", "finish", "notes"]


@pytest.mark.parametrize(
    ("reply", "is_flawed"),
    [
        (Reply(), False),
        (Reply(blocks=(ToolCall(id="i", name="f", declared=False),)), False),
        (Reply(blocks=(ToolCall(id="i", name="f", complete=False),)), True),
        (Reply(malformed=(Malformed(raw="r", reason="why"),)), True),
    ],
)
def test_what_counts_as_a_flaw(reply: Reply, is_flawed: bool) -> None:
    assert flawed(reply) is is_flawed
