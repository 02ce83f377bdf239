"""Text in pieces: together they are the text, and no character is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.simulator.output.pieces import VOCABULARY, Pieces, estimated_tokens
from moonwire.tokenizer import Tokenizer
from tests.tokenizer.vocabularies import needs_tiktoken, ranks

NEAR = Pieces(None)


@given(st.text())
def test_the_pieces_join_to_the_text(text: str) -> None:
    pieces = NEAR.split(text)
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text and len(piece.ids) == 1 and 0 <= piece.ids[0] < VOCABULARY for piece in pieces)
    assert NEAR.count(text) == len(pieces)


@needs_tiktoken
@given(st.text())
def test_those_of_a_vocabulary_do_too(text: str) -> None:
    vocabulary = Tokenizer(ranks())
    exact = Pieces(vocabulary)
    pieces = exact.split(text)
    assert "".join(piece.text for piece in pieces) == text
    assert [one for piece in pieces for one in piece.ids] == [one for one, _ in vocabulary.split(text)]
    assert exact.count(text) == vocabulary.count(text) == exact.encode(text)


@needs_tiktoken
def test_a_character_of_several_tokens_is_one_piece() -> None:
    pieces = Pieces(Tokenizer(ranks())).split("a東b")
    assert [piece.text for piece in pieces] == ["a", "東", "b"]
    assert len(pieces[1].ids) == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello there", ["Hello", " there"]),
        ("12345", ["123", "45"]),
        ("東京都", ["東京", "都"]),
        ("a\n\n b", ["a", "\n\n ", "b"]),
        ("a" * 14, ["a" * 12, "aa"]),
        ("?!.,", ["?!.", ","]),
        ("", []),
    ],
)
def test_pieces_are_about_as_large_as_tokens(text: str, expected: list[str]) -> None:
    assert [piece.text for piece in NEAR.split(text)] == expected


def test_ids_are_the_texts_own() -> None:
    assert NEAR.split("a b a")[0].ids == NEAR.split("x a")[0].ids[:0] + NEAR.split("a")[0].ids
    assert NEAR.exact is False
    assert NEAR.encode("abcde") == NEAR.encode_special("abcde") == 2


@given(st.text(st.characters()))
def test_the_estimate_counts_bytes(text: str) -> None:
    assert estimated_tokens(text) == -(-len(text.encode("utf-8", "surrogatepass")) // 4)
