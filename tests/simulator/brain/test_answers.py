"""What is said where nothing is called."""

import json
import random
from typing import Any

import pytest

from moonwire.core.validation import validate
from moonwire.simulator.brain.answers import answer
from tests.simulator.asking import an_ask, called, user

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


def said(text: str | list[Any], **fields: Any) -> str:
    return answer(an_ask(text, **fields), random.Random(1))


ROWS: list[tuple[str, str]] = [
    ("Say 'OK' and nothing else.", "OK"),
    ("Reply with exactly OK", "OK"),
    ("Which effort do you use?", "max"),
]


@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_what_is_dictated_is_said(text: str, expected: str) -> None:
    assert said(text) == expected


def test_the_effort_is_told_as_it_was_set() -> None:
    assert said("Which effort?", reasoning_effort="low") == "low"
    assert "simulated" in said("Which effort?", model="kimi-k2.6")


def test_an_answer_of_a_length() -> None:
    assert len(said("Write a story of 300 words.").split()) == 300


def test_anything_else_is_no_answer_of_a_model() -> None:
    assert said("Why is the sky blue?") == (
        'This is a simulated answer; no model is behind it. You wrote: "Why is the sky blue?"'
    )
    assert said("") == "This is a simulated answer; no model is behind it."
    assert len(said("x" * 10_000)) < 300


def test_results_are_told_again_and_shortened() -> None:
    told = said([*user("Read it."), *called("read_file:0", result="y" * 5_000)])
    assert told.startswith("Done. read_file returned: yyy")
    assert told.endswith("…")
    assert len(told) < 700


def test_a_json_object_has_the_keys_that_were_asked_for() -> None:
    form = {"type": "json_object"}
    text = 'Give me JSON with the fields "name" and "age".'
    assert list(json.loads(said(text, response_format=form))) == ["name", "age"]
    assert list(json.loads(said("Give me JSON.", response_format=form))) == ["answer"]
    after = [*user("Give me JSON."), *called("read_file:0", result="three")]
    assert json.loads(said(after, response_format=form))["result"] == "three"


@pytest.mark.parametrize("text", ["Who is Ada, 36?", "", "No names here.", "“Ada” “Eve” 1 2 3"])
def test_an_answer_by_a_schema_fits_it(text: str) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "person", "schema": PERSON}}
    assert validate(json.loads(said(text, response_format=form)), PERSON).valid


def test_nothing_fits_a_schema_that_contradicts_itself() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": False}}
    form = {"type": "json_schema", "json_schema": {"name": "none", "schema": schema}}
    assert said("Go.", response_format=form) == "{}"
