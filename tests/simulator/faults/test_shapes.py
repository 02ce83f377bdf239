"""Objects changed: in three dialects, streamed and whole."""

import json
from typing import Any

import pytest

from moonwire.simulator.faults.shapes import endless, filtered, with_content
from tests.simulator.faults.answers import USAGE, WHOLE

MESSAGE: dict[str, Any] = {
    "type": "message",
    "content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "ab"}, {"type": "tool_use"}],
    "stop_reason": "tool_use",
    "usage": {},
}
SAID: dict[str, Any] = {"type": "message", "content": [{"type": "output_text", "text": "ab"}]}
RESPONSE: dict[str, Any] = {
    "object": "response",
    "status": "completed",
    "output": [{"type": "reasoning"}, SAID, {"type": "function_call"}],
    "usage": {},
}


TEXTS: list[tuple[dict[str, Any], bool]] = [
    ({"choices": [{"delta": {}}, {"delta": {"content": "ab"}}]}, True),
    ({"choices": [{"message": {"content": "ab"}}]}, True),
    ({"choices": [{"message": {"content": None}}]}, False),
    ({"type": "content_block_delta", "delta": {"text": "ab"}}, True),
    ({"type": "content_block_delta", "delta": {"thinking": "ab"}}, False),
    ({"type": "response.output_text.delta", "delta": "ab"}, True),
    (MESSAGE, True),
    (RESPONSE, True),
    ({"error": {}}, False),
]


@pytest.mark.parametrize(("value", "found"), TEXTS)
def test_the_first_text_is_changed(value: dict[str, Any], found: bool) -> None:
    before = json.dumps(value)
    changed = with_content(value, str.upper)
    assert json.dumps(changed) == (before.replace('"ab"', '"AB"') if found else "null")
    assert json.dumps(value) == before


def test_a_filtered_choice_has_no_calls() -> None:
    choice = filtered(WHOLE, lambda text: text[:1])["choices"][0]
    assert choice["finish_reason"] == "content_filter"
    assert choice["message"] == {"role": "assistant", "reasoning_content": "Hm", "content": "Z"}
    assert filtered({"choices": [{"message": {"content": None}}]}, str)["choices"][0]["message"] == {
        "content": None
    }


def test_only_the_choice_that_ends_is_filtered() -> None:
    value: dict[str, Any] = {
        "choices": [{"delta": {}, "finish_reason": "stop"}, {"delta": {}, "finish_reason": None}]
    }
    assert [one["finish_reason"] for one in filtered(value, str)["choices"]] == ["content_filter", None]


def test_the_filter_in_messages() -> None:
    changed = filtered(MESSAGE, lambda text: "")
    assert changed["stop_reason"] == "refusal"
    assert changed["content"] == [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": ""}]
    value = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {}}
    assert filtered(value, str) == {**value, "delta": {"stop_reason": "refusal"}}


def test_the_filter_in_responses() -> None:
    changed = filtered(RESPONSE, lambda text: text[:1])
    assert (changed["status"], changed["incomplete_details"]) == ("incomplete", {"reason": "content_filter"})
    assert changed["output"] == [
        {"type": "reasoning"},
        {"type": "message", "content": [{"type": "output_text", "text": "a"}]},
    ]
    last = filtered({"type": "response.completed", "response": RESPONSE}, lambda text: text[:1])
    assert last == {"type": "response.incomplete", "response": changed}


def test_an_answer_without_its_end() -> None:
    changed = endless({**WHOLE, "choices": [{**WHOLE["choices"][0], "usage": USAGE}]})
    assert changed["choices"] == [{**WHOLE["choices"][0], "finish_reason": None}] and "usage" not in changed
    assert endless(MESSAGE)["stop_reason"] is None and "usage" not in endless(MESSAGE)
    assert endless(RESPONSE)["status"] == "in_progress" and "usage" not in endless(RESPONSE)


def test_what_is_of_no_known_shape_stays() -> None:
    assert filtered({"a": 1}, str) == endless({"a": 1}) == {"a": 1}
