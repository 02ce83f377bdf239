"""Spelling that is faithful, and memory that nobody can spoil; its laws are in test_body.py."""

from typing import Any

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.core.memo import Generations
from moonwire.wire.anthropic.shapes import (
    an_object,
    arguments_text,
    beside,
    fresh,
    input_of,
    plain,
    remembered,
)


def test_what_is_remembered_is_made_of_a_copy() -> None:
    memory = Generations[Any](limit=10_000)
    value: dict[str, Any] = {"a": [1]}
    found = remembered(memory, value, lambda one: one)
    value["a"].append(2)
    assert found == {"a": [1]} and remembered(memory, {"a": [1]}, lambda one: one) is found


def test_null_and_what_is_no_number_are_two_things() -> None:
    memory = Generations[str](limit=10_000)
    assert remembered(memory, [None], repr) == "[None]"
    assert remembered(memory, [float("nan")], repr) == "[nan]"


@pytest.mark.parametrize("value", ["\ud800", object()])
def test_what_is_no_json_is_read_each_time(value: Any) -> None:
    memory = Generations[Any](limit=10_000)
    assert remembered(memory, value, lambda one: [one]) is not remembered(memory, value, lambda one: [one])


@pytest.mark.parametrize("value", [{"a": {1}}, {"a": object()}])
def test_an_input_that_is_no_json_is_refused(value: Any) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        arguments_text(value, "x.input")
    assert caught.value.path == "x.input"


@pytest.mark.parametrize("value", [{}, {"a": 1.0}, {"a": "\ud800"}, {"a": 10**40}])
def test_an_input_is_text_and_back(value: Any) -> None:
    assert input_of(arguments_text(value, "x")) == value


@pytest.mark.parametrize("text", ["{", "[1]", "5", "[" * 100_000])
def test_what_is_no_object_is_kept_as_text(text: str) -> None:
    assert input_of(text) == {"raw_arguments": text}


def test_marks_are_no_fields() -> None:
    inner = {"a": [1]}
    found = plain({"x": inner, "\0y": 1})
    assert found == {"x": inner} and found["x"] is not inner and fresh(5) == 5
    assert beside({"a": 1, "b": 2}, ("a",)) == {"b": 2}
    with pytest.raises(LocalProtocolError):
        an_object({"\0y": 1}, "", "x")
