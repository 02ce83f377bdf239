"""Tools, choices and forms that were changed are written as the dialect spells them."""

from typing import Any

import pytest
from hypothesis import given

from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import ResponseFormat, Tool, ToolChoice, changed
from moonwire.wire.anthropic.tools import (
    choice_body,
    decode_choice,
    decode_format,
    decode_tool,
    decode_tools,
    encode_tool,
    format_body,
)
from tests.wire.anthropic.body_cases import exact, scribble, tools


@given(tools())
def test_a_tool_comes_back_as_it_was(tool: dict[str, Any]) -> None:
    came = exact(tool)
    try:
        read = decode_tool(tool)
    except LocalProtocolError as error:
        assert error.path.startswith("tool.")
        return
    assert exact(encode_tool(read)) == came
    assert repr(decode_tool(encode_tool(read))) == repr(read)
    scribble(encode_tool(read))
    assert exact(encode_tool(read)) == came


@pytest.mark.parametrize(
    ("came", "fields", "sent"),
    [
        (
            {"name": "f"},
            {"description": "d"},
            {"name": "f", "description": "d", "input_schema": {"type": "object"}},
        ),
        (
            {"type": "custom", "name": "f", "input_schema": {}},
            {"name": "g"},
            {"type": "custom", "name": "g", "input_schema": {}},
        ),
        (
            {"type": "bash_20250124", "name": "bash", "x": 1},
            {"strict": True},
            {"type": "bash_20250124", "name": "bash", "x": 1, "strict": True},
        ),
        (
            {"name": "f", "input_schema": {}, "strict": None},
            {"name": "g"},
            {"name": "g", "input_schema": {}, "strict": None},
        ),
    ],
)
def test_a_healed_tool_is_spelled_as_the_dialect_has_it(came: Any, fields: Any, sent: Any) -> None:
    assert encode_tool(changed(decode_tool(came), **fields)) == sent


def test_no_tools() -> None:
    assert decode_tools(None) is None and decode_tools([]) == ()
    assert encode_tool(Tool(name="f", parameters={}, namespace="n")) == {"name": "f", "input_schema": {}}


@pytest.mark.parametrize(
    "odd", [None, "auto", 5, {}, {"type": 5}, {"type": "x"}, {"type": "tool", "name": 5}]
)
def test_a_choice_that_is_none(odd: Any) -> None:
    assert decode_choice(odd) is None


@pytest.mark.parametrize(
    ("choice", "parallel", "sent"),
    [
        (ToolChoice(mode="required"), None, {"type": "any"}),
        (
            ToolChoice(mode="named", name="f", extra={"x": 1}),
            False,
            {"type": "tool", "name": "f", "disable_parallel_tool_use": True, "x": 1},
        ),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        (None, None, None),
    ],
)
def test_a_choice_is_said_with_how_many_calls_may_come(choice: Any, parallel: Any, sent: Any) -> None:
    assert choice_body(choice, parallel) == sent


def test_forms() -> None:
    assert decode_format({"type": "text"}) is None and decode_format(None) is None
    assert format_body(ResponseFormat(kind="json_schema", extra={"x": 1})) == {"type": "json_schema", "x": 1}
