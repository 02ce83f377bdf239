"""Splices and paths, which the editors share."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.cli.agents.editing import Splice, at, place, same, spell, spliced

SPLICES = st.lists(
    st.builds(Splice, st.integers(0, 5), st.integers(0, 4), st.text("xy", max_size=3)), max_size=4
)


@given(st.text("ab\n", max_size=12), SPLICES)
def test_every_splice_leads_back(text: str, splices: list[Splice]) -> None:
    new, back = spliced(text, [one for one in splices if one.start + one.length <= 5 < len(text)])
    assert spliced(new, back)[0] == text


def test_what_stands_at_a_path() -> None:
    assert at({"a": {"b": 1}}, ("a", "b")) == 1
    for path in [("a", "c"), ("a", "b", "c")]:
        with pytest.raises(LookupError):
            at({"a": {"b": 1}}, path)


EQUAL: list[tuple[Any, Any, bool]] = [
    (1, True, False),
    (1, 1.0, False),
    (math.nan, math.nan, True),
    ({"a": [1, {}]}, {"a": [1, {}]}, True),
    ({"a": [1]}, {"a": [1, 2]}, False),
    ({"a": 1}, {"b": 1}, False),
    ([True], [1], False),
]


@pytest.mark.parametrize(("one", "other", "equal"), EQUAL)
def test_equal_is_of_the_same_kind(one: Any, other: Any, equal: bool) -> None:
    assert same(one, other) is equal


def test_lines_and_paths_as_people_read_them() -> None:
    assert [place("a\nb", position) for position in (0, 1, 2)] == [1, 1, 2]
    assert spell(("a_b", "c-d", "e.f")) == 'a_b.c-d."e.f"'
