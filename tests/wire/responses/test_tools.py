"""Tools, tool choice and answer form go there and back."""

from typing import Any

import pytest
from msgspec import UNSET

from moonwire.core.messages import VERBATIM, ResponseFormat, Tool, ToolChoice
from moonwire.wire.responses.tools import (
    choice_body,
    decode_choice,
    decode_format,
    decode_tools,
    format_body,
    tools_body,
)

SCHEMA: dict[str, Any] = {"type": "object"}
FUNCTION: dict[str, Any] = {"type": "function", "name": "f"}
NAMESPACE: dict[str, Any] = {"type": "namespace", "name": "n", "description": "d"}

TOOLS: list[tuple[Any, list[dict[str, Any]]]] = [
    (
        {**FUNCTION, "description": "d", "parameters": SCHEMA, "strict": True},
        [{"name": "f", "description": "d", "parameters": SCHEMA, "strict": True, "kind": "function"}],
    ),
    (
        {**FUNCTION, "parameters": None, "defer_loading": True},
        [{"parameters": None, "extra": {"defer_loading": True}}],
    ),
    ({**FUNCTION, "strict": None, "description": None}, [{"strict": None, "description": None}]),
    (
        {"type": "function", "function": {"name": "f", "parameters": SCHEMA}},
        [{"name": "f", "parameters": SCHEMA}],
    ),
    ({"name": "f"}, [{"name": "f", "kind": "function"}]),
    ({"type": "function"}, [{"name": ""}]),
    (
        {"type": "custom", "name": "p", "format": {"type": "text"}},
        [{"name": "p", "kind": "custom", "extra": {"format": {"type": "text"}}, "parameters": UNSET}],
    ),
    ({"type": "local_shell"}, [{"name": "local_shell", "kind": "local_shell"}]),
    (
        {"type": "web_search", "name": "x", "external_web_access": False},
        [{"name": "web_search", "kind": "web_search", "extra": {"name": "x", "external_web_access": False}}],
    ),
    (
        {**NAMESPACE, "tools": [FUNCTION, {"type": "custom", "name": "g"}, {"type": "shell"}]},
        [
            {"name": "n__f", "namespace": "n"},
            {"name": "n__g", "kind": "custom", "extra": {}},
            {"name": "n__shell"},
        ],
    ),
    (
        {**NAMESPACE, "name": "mcp__x__", "tools": [FUNCTION]},
        [{"name": "mcp__x__f", "namespace": "mcp__x__"}],
    ),
    ({**NAMESPACE, "tools": []}, [{"name": "n", "kind": "namespace"}]),
    ({"type": "namespace", "tools": [FUNCTION]}, [{"name": "", "kind": "namespace"}]),
]


@pytest.mark.parametrize(("tool", "expected"), TOOLS, ids=range(len(TOOLS)))
def test_a_tool_is_one_value_or_several(tool: Any, expected: list[dict[str, Any]]) -> None:
    found = decode_tools([tool])
    assert found is not None
    for one, fields in zip(found, expected, strict=True):
        assert {name: getattr(one, name) for name in fields} == fields
    assert tools_body(found) == [tool]


def test_neighbouring_namespaces_stay_apart_and_strangers_get_one() -> None:
    twice = [{**NAMESPACE, "tools": [FUNCTION]}, {**NAMESPACE, "tools": [FUNCTION]}, FUNCTION]
    assert tools_body(decode_tools(twice) or ()) == twice
    made = (
        Tool(name="n__f", namespace="n"),
        Tool(name="n__g", namespace="n"),
        Tool(name="m__f", namespace="m"),
    )
    assert [(one["name"], len(one["tools"])) for one in tools_body(made)] == [("n", 2), ("m", 1)]
    assert decode_tools(None) is None


CHOICES: list[tuple[Any, Any]] = [
    ("auto", ToolChoice(mode="auto")),
    ("required", ToolChoice(mode="required")),
    ("f", UNSET),
    (5, UNSET),
    ({"type": "function", "name": "f"}, ToolChoice(mode="named", name="f")),
    ({"type": "function", "name": "f", "namespace": "n"}, ToolChoice(mode="named", name="n__f")),
    ({"type": "function", "function": {"name": "f"}}, ToolChoice(mode="named", name="f")),
    ({"type": "function"}, UNSET),
    ({"type": "custom", "name": "p"}, ToolChoice(mode="named", name="p")),
    ({"type": "shell"}, ToolChoice(mode="named", name="shell")),
    ({"type": "web_search"}, UNSET),
    ({"type": "mcp", "server_label": "x"}, UNSET),
    (
        {"type": "allowed_tools", "mode": "required", "tools": [FUNCTION]},
        ToolChoice(mode="required", allowed=("f",)),
    ),
    (
        {"type": "allowed_tools", "mode": "auto", "tools": [FUNCTION, {"type": "custom", "name": "p"}]},
        ToolChoice(mode="auto", allowed=("f", "p")),
    ),
    ({"type": "allowed_tools", "mode": "auto", "tools": ["x"]}, UNSET),
    ({"type": "allowed_tools"}, UNSET),
]


@pytest.mark.parametrize(("value", "expected"), CHOICES, ids=range(len(CHOICES)))
def test_a_choice_is_what_it_demands(value: Any, expected: Any) -> None:
    found = decode_choice(value)
    if expected is UNSET:
        assert found is UNSET
        return
    assert (found.mode, found.name, found.allowed) == (expected.mode, expected.name, expected.allowed)
    assert choice_body(found) == value
    assert decode_choice(choice_body(expected)) == expected


def test_a_form_of_any_words_comes_back() -> None:
    for value in ({"type": "text", "x": 1}, {"type": "json_schema", "name": 5, "strict": None}):
        assert format_body(decode_format(value)) == value
    assert decode_format("text") is UNSET
    form = ResponseFormat(kind="json_schema", name="n", schema=SCHEMA)
    assert decode_format(format_body(form)) == form
    assert VERBATIM in decode_format({"type": "text", "name": 5}).extra
