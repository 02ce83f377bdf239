"""Every schema with a value gets one that an independent validator accepts; others are refused in time."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

from moonwire.core.validation import validate
from moonwire.core.validation.values import is_array, is_object
from moonwire.simulator.values import NoInstance, instance
from tests.core.validation.strategies import documents
from tests.simulator import instances_cases as cases


@pytest.mark.parametrize(("name", "schema"), cases.ALL, ids=[name for name, _ in cases.ALL])
def test_a_value_is_found_that_fits(name: str, schema: Any) -> None:
    oracle: Any = Draft202012Validator(schema)
    for seed in range(4):
        value = instance(schema, seed=seed)
        assert oracle.is_valid(value), value
        assert value == instance(schema, seed=seed)
        assert len(json.dumps(value)) < 6000
    hinted = instance(schema, hints=["Paris", "3", "a", "-2.5", "true"])
    assert oracle.is_valid(hinted), hinted


@pytest.mark.parametrize(("name", "schema"), cases.NONE, ids=[name for name, _ in cases.NONE])
def test_where_nothing_fits_that_is_said(name: str, schema: Any) -> None:
    with pytest.raises(NoInstance):
        instance(schema)


def test_a_tuple_as_older_drafts_write_it() -> None:
    schema = {
        "type": "array",
        "items": [{"type": "string"}],
        "additionalItems": {"type": "integer"},
        "minItems": 2,
    }
    assert instance(schema) == ["alpha", 2]


def test_the_older_form_of_exclusive_bounds() -> None:
    assert instance({"type": "integer", "minimum": 3, "exclusiveMinimum": True}) == 4


def test_a_lone_reference_replaces_what_is_beside_it() -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "properties": {"a": {"$ref": "#/definitions/a", "type": "string"}},
        "required": ["a"],
        "definitions": {"a": {"type": "integer"}},
    }
    assert instance(schema) == {"a": 1}


# -- small, and what a user would expect -------------------------------------------------------

TRIP: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "days": {"type": "integer", "minimum": 1, "maximum": 14},
        "unit": {"type": "string", "enum": ["kelvin", "celsius"]},
        "date": {"type": "string", "format": "date"},
        "code": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "max_price": {"type": "number"},
    },
    "required": ["city", "days", "unit"],
}

HINTED: list[tuple[list[str], dict[str, Any], dict[str, Any]]] = [
    ([], TRIP, {"city": "city", "days": 1, "unit": "kelvin"}),
    (["CELSIUS", "3", "Paris"], TRIP, {"city": "Paris", "days": 3, "unit": "celsius"}),
    (["99", "5"], TRIP, {"city": "99", "days": 5, "unit": "kelvin"}),
    (["Rome", "code", "CDG"], TRIP, {"city": "Rome", "days": 1, "unit": "kelvin", "code": "CDG"}),
    (
        ["date", "2026-05-06", "Oslo"],
        TRIP,
        {"city": "2026-05-06", "days": 1, "unit": "kelvin", "date": "2026-01-15"},
    ),
    (
        ["Oslo", "Date", "2026-05-06"],
        TRIP,
        {"city": "Oslo", "days": 1, "unit": "kelvin", "date": "2026-05-06"},
    ),
    (["Max price", "12.5"], TRIP, {"city": "city", "days": 1, "unit": "kelvin", "max_price": 12.5}),
]


@pytest.mark.parametrize(("hints", "schema", "expected"), HINTED)
def test_what_the_user_named_is_taken(hints: list[str], schema: Any, expected: Any) -> None:
    assert instance(schema, hints=hints) == expected


def test_a_branch_that_the_user_named_is_taken() -> None:
    def shape(kind: str) -> dict[str, Any]:
        return cases.thing("kind size", kind={"const": kind}, size=cases.INTEGER)

    schema = {"oneOf": [shape("circle"), shape("square")]}
    assert instance(schema, hints=["Square", "4"]) == {"kind": "square", "size": 4}


def test_a_named_property_that_is_recursive_is_taken_once() -> None:
    schema = cases.thing("name", name=cases.STRING, child={"$ref": "#"})
    assert instance(schema, hints=["child", "Ada", "Lin"]) == {"name": "Ada", "child": {"name": "Lin"}}


def test_named_branches_of_a_recursive_schema_end() -> None:
    schema = dict(cases.REFERENCES)["expression"]
    value = instance(schema, hints=["add", "2", "3"])
    assert value == {"op": "add", "left": 2, "right": 3}


def test_the_seed_varies_what_is_free() -> None:
    assert len({json.dumps(instance(TRIP, seed=seed)) for seed in range(6)}) > 3
    assert {instance({"enum": ["a", "b", "c"]}, seed=seed) for seed in range(3)} == {"a", "b", "c"}


def test_an_optional_object_is_there_rather_than_null() -> None:
    assert instance({"anyOf": [{"type": "null"}, {"type": "string"}]}, hints=["Rome"]) == "Rome"


# -- hostile schemas ---------------------------------------------------------------------------


def test_as_many_properties_as_are_allowed() -> None:
    names = [f"p{number}" for number in range(3000)]
    value = instance({"type": "object", "properties": dict.fromkeys(names, cases.STRING), "required": names})
    assert list(value) == names


def test_arrays_deeper_than_the_stack_of_a_recursive_program() -> None:
    value: Any = instance(
        cases.nested(300, lambda s: {"type": "array", "items": s, "minItems": 1}, cases.INTEGER)
    )
    depth = 0
    while is_array(value):
        value = value[0]
        depth += 1
    assert (depth, value) == (300, 1)


HOSTILE: list[Any] = [
    {"type": "string", "pattern": "(x+x+)+y.*(a|b|ab){50,200}[0-9]{3}$", "minLength": 1000},
    {"type": "string", "pattern": "^([a-z]{1,40} ){1,40}$", "minLength": 1000},
    {"type": "string", "allOf": [{"pattern": f"{chr(97 + n % 26)}{n}"} for n in range(50)]},
    {"oneOf": [{"type": "integer"}] * 400},
    cases.nested(20, lambda s: cases.thing("a b", a=s, b=s), {"type": "string", "not": {}}),
    cases.nested(16, lambda s: cases.thing("a b", a=s, b=s), {"type": "string"}),
    cases.nested(25, lambda s: {"anyOf": [s, s]}, {"type": "string", "minLength": 3, "maxLength": 2}),
    cases.nested(12, lambda s: {"allOf": [s, s]}, {"type": "string"}),
    {"$ref": "#/$defs/0", "$defs": {str(n): {"$ref": f"#/$defs/{n + 1}"} for n in range(1500)}},
    {
        "type": 3,
        "required": 5,
        "properties": [],
        "enum": {},
        "items": 7,
        "anyOf": {},
        "pattern": 1,
        "minItems": "x",
    },
]


@pytest.mark.parametrize("schema", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_the_schema_an_answer_comes(schema: Any) -> None:
    try:
        value = instance(schema)
    except NoInstance as refused:
        assert "no value" in str(refused)
    else:
        assert validate(value, schema).valid


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(schema=documents() | documents(old=True), seed=st.integers(0, 9))
def test_what_is_found_fits_as_the_oracle_sees_it(schema: Any, seed: int) -> None:
    old = is_object(schema) and "draft-07" in schema["$schema"]
    try:
        value = instance(schema, hints=["ab", "3"], seed=seed)
    except NoInstance:
        return
    oracle: Any = (Draft7Validator if old else Draft202012Validator)(schema)
    assert oracle.is_valid(value), value
