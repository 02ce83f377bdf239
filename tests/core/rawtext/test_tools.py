"""The declared tools decide what a header means. The rows of spellings are in `k2_cases.py`."""

from typing import Any

import pytest

from moonwire.core.rawtext.tools import Toolbox
from tests.core.rawtext.marks import tool


@pytest.mark.parametrize(
    ("schema", "wants"),
    [
        ({"type": "object"}, True),
        ({"type": ["object", "null"]}, True),
        ({"type": "string"}, False),
        ({"type": ["string"]}, False),
        ({"properties": {}}, True),
        (None, True),
        (True, True),
    ],
)
def test_which_schemas_want_an_object(schema: Any, wants: bool) -> None:
    box = Toolbox([{"type": "function", "function": {"name": "f", "parameters": schema}}])
    assert box.wants_object("f") is wants
    assert not box.wants_object("g")


@pytest.mark.parametrize(
    ("arguments", "schemas", "want"),
    [
        ('{"a": 1}', {"f": {"properties": {"a": {}}}, "g": {"properties": {"b": {}}}}, "f"),
        ('{"a": 1}', {"f": {"properties": {"a": {}}}, "g": {"properties": {"a": {}, "b": {}}}}, None),
        ('{"a": 1}', {"f": {"properties": {"a": {}}, "required": ["a", "b"]}}, None),
        ('{"a": 1}', {"f": {"patternProperties": {"^a": {}}}}, "f"),
        ('{"a": 1}', {"f": {"additionalProperties": {"type": "integer"}}}, "f"),
        ('{"a": 1}', {"f": {"additionalProperties": False}}, None),
        ('{"a": 1}', {"f": None, "g": "nonsense", "h": {"properties": [], "required": {}}}, None),
        ("{}", {"f": None, "g": {"required": ["a"]}}, "f"),
        ("[]", {"f": None}, None),
        ("{", {"f": None}, None),
        ('{"a": "\ud800"}', {"f": {"properties": {"a": {}}}}, None),
    ],
)
def test_keys_choose_only_where_one_tool_takes_them(
    arguments: str, schemas: dict[str, Any], want: str | None
) -> None:
    box = Toolbox({"name": name, "parameters": schema} for name, schema in schemas.items())
    assert box.infer(arguments) == want


@pytest.mark.parametrize(
    ("word", "want"),
    [
        ("get_weather", True),
        ("get_weather:", True),
        ("get_weather:12", True),
        ("functions.get_weather:12", True),
        ("get_weather:x", False),
        ("get_weather:1234567890", False),
        ("get_weathers", False),
        ("other:1", False),
        ("", False),
    ],
)
def test_a_word_that_is_a_whole_header(word: str, want: bool) -> None:
    assert Toolbox([tool("get_weather", "city"), tool("a b"), tool("x" * 200)]).is_head(word) is want


def test_a_header_of_kilobytes_is_not_searched_for_names() -> None:
    box = Toolbox([tool("get_weather", "city")])
    assert box.read("functions." + "a." * 2000 + "get_weather:0").name is None
    assert box.read(" ".join(["get_weather"] * 500)).name is None


def test_the_most_literal_reading_wins() -> None:
    box = Toolbox([tool("functions.f"), tool("f"), tool("f:1"), tool("read"), tool("Read")])
    assert [
        box.read(header).name for header in ("functions.f", "functions.f:0", "f:1", "f:2", "Read:0", "READ:0")
    ] == [
        "functions.f",
        "functions.f",
        "f:1",
        "f",
        "Read",
        "READ",
    ]
