"""How a YAML text of the simplest kind looks after a change."""

import pytest

from moonwire.cli.agents.edit_yaml import EDITOR
from moonwire.cli.agents.editing import Refused, spliced


@pytest.mark.parametrize(
    ("text", "raw", "then"),
    [
        ("", '"x"', 'a: "x"\n'),
        ("b: 1", '"x"', 'b: 1\na: "x"\n'),
        ("b: 1\r\n", '"x"', 'b: 1\r\na: "x"\r\n'),
        ("a: old # why\nb: 1\n", '"x"', 'a: "x" # why\nb: 1\n'),
        ("a: 'it''s # no comment'\n", '"x"', 'a: "x"\n'),
        ("a:\n", '"x"', 'a: "x"\n'),
        ("---\nread:\n  - c\n# d\n", '"x"', '---\nread:\n  - c\n# d\na: "x"\n'),
    ],
)
def test_put_and_drop(text: str, raw: str, then: str) -> None:
    assert spliced(text, EDITOR.put(text, ("a",), raw))[0] == then
    assert EDITOR.raw(then, ("a",)) == raw
    assert EDITOR.read(then)["a"] == "x"
    assert "a" not in EDITOR.read(spliced(then, EDITOR.drop(then, ("a",), 0))[0])


def test_values_are_read() -> None:
    text = "a: 1\nb: 'it''s'\nc: plain words # d\ne:\n  - f\ng: true\n"
    read = EDITOR.read(text)
    assert read == {"a": 1, "b": "it's", "c": "plain words", "e": "\n  - f", "g": True}


@pytest.mark.parametrize("text", ["a: |\n  x\n", "a:\n- x\n", "a: [1]\n", "a: &x y\n", "a: *x\n"])
def test_what_is_more_than_a_word_is_not_replaced(text: str) -> None:
    with pytest.raises(Refused, match="more than one word"):
        EDITOR.put(text, ("a",), "1")


@pytest.mark.parametrize("text", ["- a\n", "{a: 1}\n", "a\n", "b: 1\n---\na: 1\n", "? a\n", "\ta: 1\n"])
def test_other_shapes_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        EDITOR.read(text)
