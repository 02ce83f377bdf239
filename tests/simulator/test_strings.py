"""Strings of every length and form; what the pattern means is for Python's own engine to say."""

import re
from itertools import islice

import pytest

from moonwire.simulator.strings import FORMATS, Text, allowed, looks_right, strings
from tests.simulator.instances_cases import LENGTHS, PATTERNS

TEXTS = [Text(patterns=(pattern,)) for pattern in PATTERNS] + [
    Text(row.get("minLength", 0), row.get("maxLength"), (row["pattern"],)) for row in LENGTHS
]


@pytest.mark.parametrize("wanted", TEXTS, ids=str)
def test_a_pattern_and_a_length_are_met_together(wanted: Text) -> None:
    for turn in range(4):
        made = list(islice(strings(wanted, "city", turn), 4))
        assert made
        for text in made:
            assert len(text) >= wanted.least
            assert wanted.most is None or len(text) <= wanted.most
            assert re.search(wanted.patterns[0], text)
            assert allowed(wanted, text)


@pytest.mark.parametrize("name", FORMATS)
def test_values_of_a_format_look_right_and_differ(name: str) -> None:
    made = [next(strings(Text(format=name), turn=turn)) for turn in range(6)]
    assert all(looks_right(text, name) for text in made)
    assert len(set(made)) == 6


@pytest.mark.parametrize("pattern", ["(?<=a)b", r"(a)\1", "(", r"\p{L}", "a(?=b)", "(?:a{1000}){9}"])
def test_nothing_is_made_for_a_pattern_that_is_not_read(pattern: str) -> None:
    assert list(strings(Text(patterns=(pattern,)))) == []
    assert not allowed(Text(patterns=(pattern,)), "ab")


@pytest.mark.parametrize(
    "wanted", [Text(3, 2), Text(10**12), Text(6, None, ("^a{5}$",)), Text(patterns=("^a", "^b"))]
)
def test_nothing_is_made_where_nothing_fits(wanted: Text) -> None:
    assert list(strings(wanted)) == []


def test_words_first_then_letters() -> None:
    assert next(strings(Text(), "home_city")) == "city"
    assert next(strings(Text(), "averyveryverylongword")) == "alpha"
    assert next(strings(Text(1, 1), "city", 3)) == "d"
    assert next(strings(Text(0, 0), "city")) == ""
    assert next(strings(Text(1000), "city")) == "a" * 1000
    assert len({next(strings(Text(), "city", turn)) for turn in range(50)}) == 50


def test_what_the_user_named_has_to_fit() -> None:
    assert allowed(Text(format="date"), "2026-01-15")
    assert not allowed(Text(format="date"), "Paris")
    assert not allowed(Text(most=3), "Paris")
    assert not allowed(Text(6), "Paris")
