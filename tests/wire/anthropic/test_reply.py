"""A whole answer, and what is left of arguments that were cut. That it is what a stream adds up to is a law
of test_writer.py."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jiter import from_json

from moonwire.core.events import Usage
from moonwire.core.messages import Reply, TextPart, Thought, ToolCall
from moonwire.wire.anthropic.reply import encode_reply, partial_object
from tests.wire.anthropic.sdk import ASKED, client, without_nulls

HEAD: dict[str, Any] = {"id": "msg_0", "model": "m", "created": 7}


@pytest.mark.parametrize(
    ("blocks", "content"),
    [
        ((), []),
        ((TextPart(text="Hi"), TextPart(text="")), [{"type": "text", "text": "Hi"}]),
        ((Thought(text=""),), [{"type": "thinking", "thinking": "", "signature": ""}]),
        ((Thought(text="a", signature="s"),), [{"type": "thinking", "thinking": "a", "signature": "s"}]),
        ((Thought(redacted="r"),), [{"type": "redacted_thinking", "data": "r"}]),
        (
            (Thought(text="a", redacted="r"),),
            [
                {"type": "thinking", "thinking": "a", "signature": ""},
                {"type": "redacted_thinking", "data": "r"},
            ],
        ),
        (
            (ToolCall(id="1", name="f", arguments="{"),),
            [{"type": "tool_use", "id": "1", "name": "f", "input": {"raw_arguments": "{"}}],
        ),
        (
            (ToolCall(id="1", name="f", arguments='{"a":1', complete=False),),
            [{"type": "tool_use", "id": "1", "name": "f", "input": {"a": 1}}],
        ),
    ],
)
def test_the_content_of_a_whole_answer(blocks: Any, content: Any) -> None:
    body = encode_reply(Reply(blocks=blocks, finish="stop", usage=Usage(9, 4, 3, extra={"cost": 1})), **HEAD)
    assert body["content"] == content and body["usage"]["cost"] == 1
    answer = client(json.dumps(body).encode(), stream=False).messages.create(
        model="m", max_tokens=9, messages=ASKED
    )
    assert without_nulls(answer.to_dict(mode="json")) == without_nulls(body)


def test_an_answer_without_a_reason_has_ended() -> None:
    body = encode_reply(Reply(extra={"service_tier": "x", "role": "y"}), **HEAD)
    assert (body["stop_reason"], body["service_tier"], body["role"]) == ("end_turn", "x", "assistant")


SCALARS = st.none() | st.booleans() | st.integers(-99, 99) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
VALUES: Any = st.recursive(
    SCALARS | TEXTS | st.sampled_from(['"', "\\", "{", ","]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=3), st.booleans(), st.integers(0, 60))
def test_what_is_left_of_arguments_is_what_the_sdk_reads(value: Any, plain: bool, length: int) -> None:
    cut = json.dumps(value, ensure_ascii=plain)[:length]
    try:
        expected: Any = from_json(cut.encode(), partial_mode=True) if cut else {}
    except ValueError:
        # It does not read what ends within an escape.
        assert "\\" in cut
    else:
        assert partial_object(cut) == expected


@pytest.mark.parametrize("text", ["[1", '"x', "x", "}", '{"a" 1', '{"a":1]', "," + "[" * 5000, "[" * 5000])
def test_arguments_that_are_none_are_kept_as_they_came(text: str) -> None:
    assert partial_object(text) in ({"raw_arguments": text}, {"a": 1})
