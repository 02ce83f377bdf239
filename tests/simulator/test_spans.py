"""Numbers within bounds, as the validator counts."""

from fractions import Fraction
from itertools import islice
from typing import Any

import pytest

from moonwire.core.validation import validate
from moonwire.simulator.spans import Span, numbers, span

ROWS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({}, False),
    ({"minimum": 3}, True),
    ({"maximum": -3}, True),
    ({"maximum": -3}, False),
    ({"minimum": 1.5, "maximum": 2.5}, True),
    ({"minimum": 0.1, "maximum": 0.1}, False),
    ({"exclusiveMinimum": 0, "exclusiveMaximum": 1}, False),
    ({"exclusiveMinimum": 3, "exclusiveMaximum": 5}, True),
    ({"minimum": 3, "exclusiveMinimum": True}, True),
    ({"maximum": 3, "exclusiveMaximum": True}, True),
    ({"multipleOf": 7, "minimum": 10}, True),
    ({"multipleOf": 0.1, "minimum": 0.25}, False),
    ({"multipleOf": 2.5}, True),
    ({"minimum": 2**53 - 1, "maximum": 2**53 - 1}, True),
    ({"minimum": 1e308}, True),
    ({"maximum": -1e308}, False),
    ({"minimum": 1e-300, "maximum": 2e-300}, False),
    ({"minimum": float("inf"), "maximum": "x"}, True),
]


@pytest.mark.parametrize(("schema", "whole"), ROWS, ids=str)
def test_one_of_the_first_numbers_fits(schema: dict[str, Any], whole: bool) -> None:
    bounds = {key: value for key, value in schema.items() if value != float("inf")}
    kind = "integer" if whole else "number"
    for turn in (0, 1, 5):
        tried = islice(numbers(span([schema], whole=whole), turn), 20)
        assert any(validate(number, {**bounds, "type": kind}).valid for number in tried)


def test_bounds_of_several_schemas_are_taken_together() -> None:
    schemas = [{"minimum": 1, "multipleOf": 4}, {"exclusiveMinimum": 1}, {"maximum": 9, "multipleOf": 6}]
    assert span(schemas, whole=True) == Span(Fraction(1), Fraction(9), above=True, step=Fraction(12))


def test_no_number_is_made_where_there_is_none() -> None:
    assert list(numbers(span([{"minimum": 3, "maximum": 2}], whole=True))) == []


def test_turns_give_other_numbers() -> None:
    wanted = span([{"minimum": 1, "maximum": 3}], whole=True)
    assert [next(numbers(wanted, turn)) for turn in range(4)] == [1, 2, 3, 1]
    assert len({next(numbers(span([], whole=False), turn)) for turn in range(9)}) == 9


def test_a_number_that_no_float_holds_is_left_out() -> None:
    assert list(numbers(Span(Fraction(10) ** 400, Fraction(10) ** 400 + 1))) == [10**400, 10**400 + 1]
