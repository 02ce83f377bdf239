"""A conversation that is kept goes on as if all of it had been sent."""

from typing import Any

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import Reply, TextPart, Thought, ToolCall
from moonwire.wire.responses import Echo, decode, encode, referenced, resolved, resumed, stored
from tests.wire.responses.writer_cases import REQUEST

REPLY = Reply(
    blocks=(
        Thought(text="hm", encrypted="e"),
        TextPart(text="a"),
        ToolCall(id="c", name="apply_patch", arguments='{"input": "x"}'),
    ),
    finish="tool_calls",
)


def test_what_is_kept_is_all_that_was_said() -> None:
    items = stored(decode(REQUEST), REPLY, "resp_1")
    assert [item["type"] for item in items] == ["message", "reasoning", "message", "custom_tool_call"]
    assert items[1]["encrypted_content"] == "e"
    assert stored(decode(REQUEST), REPLY, "resp_1", Echo())[3]["type"] == "function_call"


def test_a_request_goes_on_from_it() -> None:
    output: dict[str, Any] = {"type": "custom_tool_call_output", "call_id": "c", "output": "ok"}
    request = decode({**REQUEST, "input": [output], "previous_response_id": "resp_1"})
    found = resumed(request, stored(decode(REQUEST), REPLY, "resp_1"))
    assert [message.role for message in found.messages] == ["system", "user", "assistant", "tool"]
    assert (found.previous, found.messages[2].reasoning) == (None, "hm")
    third = stored(found, Reply(blocks=(TextPart(text="b"),), finish="stop"), "resp_2")
    assert len(third) == 6 and len({item["id"] for item in third if "id" in item}) == 4


def test_a_request_that_says_nothing_new_goes_on_too() -> None:
    found = resumed(decode({"previous_response_id": "resp_1"}), [{"role": "user", "content": "a"}])
    assert encode(found) == {"input": [{"role": "user", "content": "a"}]}


def test_references_are_resolved_or_refused() -> None:
    items = [{"id": "x"}, {"type": "item_reference", "id": "y"}, {"role": "user", "content": "a"}]
    request = decode({"input": items})
    assert referenced(request) == ["x", "y"]
    known: dict[str, Any] = {"x": {"type": "message", "role": "user", "content": "b"}, "y": items[2]}
    assert [message.content for message in resolved(request, known).messages] == ["b", "a", "a"]
    with pytest.raises(LocalProtocolError) as caught:
        resolved(request, {"x": known["x"]})
    assert (caught.value.path, bool(caught.value.remedy)) == ("input[1]", True)
