"""Several schemas as one, and the choices that they leave."""

from typing import Any

import pytest

from moonwire.core.validation.document import Document
from moonwire.simulator.heights import Heights
from moonwire.simulator.shapes import Contradiction, Picks, Shape


def shape(*schemas: Any, picks: Picks | None = None) -> Shape:
    made = Shape(Heights(Document({"allOf": list(schemas)})), lone_ref=False)
    for schema in schemas:
        made.add(schema)
    made.choose(lambda options: options, picks or Picks())
    return made


def test_types_are_intersected() -> None:
    assert shape({"type": "number"}, {"type": ["integer", "string"]}).types == {"integer"}
    assert shape({"type": "number"}).types == {"integer", "fraction"}
    assert shape({"type": "unheard of"}).types == shape({}).types
    with pytest.raises(Contradiction):
        shape({"type": "string"}, {"type": "integer"})


def test_the_kind_that_is_meant_comes_first() -> None:
    assert shape({"required": ["a"]}).atoms()[0] == "object"
    assert shape({"required": ["a"]}).atoms(deep=True)[0] == "string"
    assert shape({"minimum": 3}).atoms()[0] == "integer"
    assert shape({}).atoms()[0] == "string"


def test_choices_are_gone_through_in_order() -> None:
    schema = {"anyOf": [{"type": "string"}, {"anyOf": [{"type": "null"}, {"type": "array"}]}]}
    picks, seen = Picks(), list[set[str]]()
    more = True
    while more:
        seen.append({*shape(schema, picks=picks).types})
        more = picks.advance()
    assert seen == [{"string"}, {"null"}, {"array"}]


def test_a_branch_that_the_types_exclude_is_no_choice() -> None:
    assert shape({"type": "null"}, {"anyOf": [{"type": "string"}, False, {"type": "null"}]}).types == {"null"}
    with pytest.raises(Contradiction):
        shape({"type": "null"}, {"anyOf": [{"type": "string"}]})


def test_counts_and_values_of_all_parts() -> None:
    made = shape({"minLength": 2, "enum": ["a", "bc"]}, {"minLength": 3.0, "const": "abc", "maxLength": "x"})
    assert (made.least("minLength"), made.most("maxLength"), made.values()) == (3, None, ["abc"])


def test_the_schemas_of_a_property() -> None:
    one, two, three = {"title": "1"}, {"title": "2"}, {"title": "3"}
    made = shape(
        {"properties": {"ab": one}, "patternProperties": {"^a": two}, "additionalProperties": False},
        {"additionalProperties": three},
    )
    assert made.property("ab") == [one, two, three]
    assert made.property("ac") == [two, three]
    with pytest.raises(Contradiction):
        made.property("z")
    assert shape({"unevaluatedProperties": one}).property("z") == [one]


def test_what_a_name_brings_with_it() -> None:
    inner = {"title": "t"}
    made = shape(
        {"required": ["a"], "dependentRequired": {"a": ["b"]}, "dependencies": {"b": ["c"], "c": inner}}
    )
    assert made.required() == ["a", "b", "c"]
    assert made.demanded(["c"]) == [inner]
    made.add(inner)
    assert made.demanded(["c"]) == []


def test_the_schemas_of_an_item() -> None:
    one, two = {"title": "1"}, {"title": "2"}
    made = shape({"prefixItems": [one], "items": two})
    assert (made.item(0), made.item(1), made.leading()) == ([one], [two], 1)
    older = shape({"items": [one], "additionalItems": False, "uniqueItems": True})
    assert (older.item(0), older.unique()) == ([one], True)
    with pytest.raises(Contradiction):
        older.item(1)
    assert shape({"contains": one, "minContains": 2}, {"contains": two}).contained() == [(one, 2), (two, 1)]
