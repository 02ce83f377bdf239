"""Calls of every kind, and what came of them, go there and back."""

from typing import Any

import pytest

from moonwire.core.messages import VERBATIM, Message, ToolCall, changed
from moonwire.wire.responses.calls import (
    CALLS,
    OUTPUTS,
    action_of,
    call_body,
    custom_input,
    decode_call,
    decode_result,
    output_body,
)
from tests.wire.responses.item_cases import CALL_ROWS, RESULT_ROWS


def bare(value: Any) -> Any:
    """The value without how it came."""
    return changed(value, extra={key: item for key, item in value.extra.items() if key != VERBATIM})


@pytest.mark.parametrize(("name", "item", "call"), CALL_ROWS, ids=[row[0] for row in CALL_ROWS])
def test_an_item_is_a_call(name: str, item: dict[str, Any], call: ToolCall) -> None:
    found = decode_call(item, "item")
    assert bare(found) == bare(call), name
    assert (VERBATIM in found.extra) is (VERBATIM in call.extra)
    assert call_body(found) == item


@pytest.mark.parametrize(("name", "item", "message"), RESULT_ROWS, ids=[row[0] for row in RESULT_ROWS])
def test_an_item_is_what_came_of_a_call(name: str, item: dict[str, Any], message: Message) -> None:
    found = decode_result(item, "item")
    assert bare(found) == bare(message), name
    assert (VERBATIM in found.extra) is (VERBATIM in message.extra)
    if VERBATIM in found.extra:
        assert found.extra[VERBATIM] == [item]
    else:
        assert output_body(found) == item


def test_a_call_of_another_dialects_kind_is_a_functions() -> None:
    assert call_body(ToolCall(id="1", name="f", kind="server_tool_use"))["type"] == "function_call"
    assert call_body(ToolCall(id="1", name="x", kind="shell", arguments="{"))["action"] == {}


def test_all_kinds_are_known() -> None:
    assert len(CALLS) == len(OUTPUTS) == 6
    assert {name.replace("_call", "") for name in CALLS} == {
        name.replace("_call", "").removesuffix("_output") for name in OUTPUTS
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('"a"', "a"),
        ('{"input": 1}', '{"input": 1}'),
        ('{"a": "x", "b": "y"}', '{"a": "x", "b": "y"}'),
        ("5", "5"),
    ],
)
def test_the_input_of_a_custom_tool_is_the_one_text_or_all(arguments: str, expected: str) -> None:
    assert custom_input(arguments) == expected


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("local_shell", '{"command": "ls"}'),
        ("local_shell", "[]"),
        ("shell", '{"commands": [1]}'),
        ("apply_patch", '{"type": "update_file", "path": "a"}'),
        ("apply_patch", '{"type": "move", "path": "a", "diff": "d"}'),
    ],
)
def test_what_a_client_could_not_read_is_no_action(kind: str, arguments: str) -> None:
    assert action_of(kind, arguments) is None


def test_an_action_has_what_its_clients_need() -> None:
    found = action_of("local_shell", '{"command": ["ls"], "env": 1, "working_directory": "/"}')
    assert found == {"type": "exec", "command": ["ls"], "env": {}, "working_directory": "/"}
