"""Control texts are found, and their beginnings are held back."""

import pytest

from moonwire.core.rawtext.markers import ANY, K2, K3, Grammar


@pytest.mark.parametrize("grammar", [K2, K3, ANY], ids=["k2", "k3", "any"])
def test_every_beginning_of_a_control_text_is_held_and_nothing_else(grammar: Grammar) -> None:
    for text in grammar.kinds:
        assert grammar.pattern.fullmatch(text)
        for length in range(1, len(text)):
            held = "x <" + text[:length]
            assert grammar.tail(held, 0) == len(held) - length
        assert grammar.tail(text[:3] + "x", 0) == 4


@pytest.mark.parametrize("grammar", [K2, K3], ids=["k2", "k3"])
def test_no_control_text_begins_another_and_none_holds_a_second_bracket(grammar: Grammar) -> None:
    """What `tail` relies on."""
    for text in grammar.kinds:
        assert text.rfind("<") == 0
        assert text not in grammar.prefixes


def test_a_held_text_behind_the_start_is_not_found_again() -> None:
    assert K2.tail("<think", 1) == 6
