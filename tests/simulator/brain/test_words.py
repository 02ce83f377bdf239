"""Words of a length."""

import random

import pytest

from moonwire.simulator.brain.words import LENGTHS, long_text, thoughts
from moonwire.simulator.output.pieces import Pieces

COUNT = Pieces(None).count


@pytest.mark.parametrize("tokens", [*sorted(LENGTHS.values()), 1, 2, 500])
@pytest.mark.parametrize("lead", ["", "Turn 1.", "Round 3 of the calls is back."])
def test_thoughts_have_the_length_that_was_asked_for(lead: str, tokens: int) -> None:
    text = thoughts(lead, tokens, COUNT, random.Random(3))
    assert tokens - 1 <= COUNT(text) <= tokens
    assert text.startswith(lead) or lead.startswith(text)


def test_a_lead_that_is_too_long_is_cut() -> None:
    assert COUNT(thoughts("a b c d e f", 3, COUNT, random.Random(0))) == 3


@pytest.mark.parametrize("words", [0, 1, 7, 5_000])
def test_a_long_text_has_so_many_words(words: int) -> None:
    text = long_text(words, random.Random(words))
    assert len(text.split()) == words
    assert COUNT(text) == words


def test_the_same_seed_writes_the_same() -> None:
    assert long_text(50, random.Random(9)) == long_text(50, random.Random(9))
