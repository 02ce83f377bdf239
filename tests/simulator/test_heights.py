"""How deep the smallest value is, and which schemas have none that ends."""

from typing import Any

import pytest

from moonwire.core.validation.document import Document
from moonwire.simulator.heights import ENDLESS, Heights

SELF = {"$ref": "#"}

ROWS: list[tuple[Any, int]] = [
    (True, 0),
    (False, ENDLESS),
    ({"type": "string"}, 0),
    ({"type": "object"}, 1),
    ({"type": "array", "items": {"type": "array"}}, 1),
    ({"type": "array", "items": {"type": "array"}, "minItems": 1}, 2),
    ({"type": "array", "prefixItems": [{"type": "object"}], "items": False, "minItems": 1}, 2),
    ({"type": "object", "required": ["a"], "properties": {"a": {"type": "object"}}}, 2),
    ({"type": "object", "required": ["a"], "properties": {"a": SELF}}, ENDLESS),
    ({"type": "object", "properties": {"a": SELF}}, 1),
    ({"type": ["object", "null"], "required": ["a"], "properties": {"a": SELF}}, 0),
    ({"anyOf": [{"type": "object", "required": ["a"], "properties": {"a": SELF}}, {"type": "null"}]}, 0),
    ({"type": "object", "minProperties": 1, "additionalProperties": SELF}, ENDLESS),
    (
        {"type": "object", "minProperties": 1, "additionalProperties": False, "patternProperties": {"a": {}}},
        1,
    ),
    ({"allOf": [{"type": "object"}, {"required": ["a"]}]}, 1),
    ({"const": {"a": {}}}, 0),
    ({"$ref": "https://example.com/elsewhere"}, 0),
    (SELF, ENDLESS),
]


@pytest.mark.parametrize(("schema", "height"), ROWS, ids=str)
def test_the_height_of_a_schema(schema: Any, height: int) -> None:
    assert Heights(Document(schema)).of(schema) == height


@pytest.mark.parametrize("backwards", [False, True])
def test_a_chain_is_followed_whichever_way_it_runs(backwards: bool) -> None:
    chain = {f"d{n:04}": {"$ref": f"#/$defs/d{n + 1:04}"} for n in range(900)} | {"d0900": {"type": "object"}}
    order = sorted(chain, reverse=backwards)
    schema = {"$ref": "#/$defs/d0000", "$defs": {name: chain[name] for name in order}}
    assert Heights(Document(schema)).of(schema) == 1
