"""Paths as users write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.cli.field import read_path
from moonwire.cli.jsontext import Path, spell
from tests.cli.samples import moonwire


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("choices[0].message.content", ("choices", 0, "message", "content")),
        ("text", ("text",)),
        ("[0].a", (0, "a")),
        ("messages[-1].content", ("messages", -1, "content")),
        ('a["b.c"][ 2 ]["\\u00e9"]', ("a", "b.c", 2, "é")),
        ("ün-ï.$x", ("ün-ï", "$x")),
    ],
)
def test_a_path_is_taken_apart(text: str, path: Path) -> None:
    assert read_path(text) == path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        (".a", "character 1 "),
        ("a..b", "character 2 "),
        ("a.", "character 2 "),
        ("choices[0.x", "character 8 "),
        ("choices[0]message", "character 11 "),
        ("a[x]", "character 2 "),
        ('a["b]', "character 2 "),
        ("a b", "character 2 "),
    ],
)
def test_what_is_no_path_is_refused_at_its_character(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_path(text)
    done = moonwire("parse", "--jsonl", "--field", text)
    assert done.exit_code == 2
    assert "--field" in done.stderr


@given(
    st.lists(st.text(st.characters(codec="utf-8")) | st.integers(-99, 99), min_size=1, max_size=5).map(tuple)
)
def test_a_path_that_is_spelled_reads_back(path: Path) -> None:
    assert read_path(spell(path)) == path
