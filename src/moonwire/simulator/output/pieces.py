"""Text in tokens: Kimi's own where the vocabulary is there, else pieces of about their size."""

import hashlib
import re
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

__all__ = ["Piece", "Pieces", "Splitter", "estimated_tokens"]


class Splitter(Protocol):
    """What a vocabulary does: `moonwire.tokenizer.Tokenizer`."""

    def split(self, text: str) -> list[tuple[int, bytes]]:
        """Ids and bytes."""
        ...

    def count(self, text: str) -> int:
        """How many tokens the text has."""
        ...

    def count_special(self, text: str) -> int:
        """How many, where control texts are control tokens."""
        ...


class Piece(msgspec.Struct, frozen=True, gc=False):
    """A run of text that ends with a character, and the tokens that it is. Text is never cut inside one."""

    text: str
    ids: tuple[int, ...]


# About as Kimi's vocabulary cuts: a word with its blank, three digits, a sign, a line end. Words that
# are longer than most tokens are cut.
_PIECE: Final = re.compile(r" ?[A-Za-z]{1,12}|[0-9]{1,3}|[\u4e00-\u9fff]{1,2}|\s+|[^\w\s]{1,3}|.", re.DOTALL)

VOCABULARY: Final = 163_584
"""Ordinary tokens (tokens.md 1)."""


def estimated_tokens(text: str) -> int:
    """About how many tokens a text has: a quarter of its bytes (tokens.md 7), and never none.

    >>> estimated_tokens(""), estimated_tokens("Hi"), estimated_tokens("x" * 400)
    (0, 1, 100)
    """
    return -(-len(text.encode("utf-8", "surrogatepass")) // 4)


class Pieces:
    """Cuts and counts.

    >>> [piece.text for piece in Pieces(None).split("Hello there, 東京")]
    ['Hello', ' there', ',', ' ', '東京']
    """

    def __init__(self, vocabulary: Splitter | None) -> None:
        self._vocabulary = vocabulary

    @property
    def exact(self) -> bool:
        """Whether Kimi's own vocabulary counts."""
        return self._vocabulary is not None

    @property
    def encode(self) -> Callable[[str], int]:
        """Counts one text segment of a K3 prompt."""
        return self._vocabulary.count if self._vocabulary else estimated_tokens

    @property
    def encode_special(self) -> Callable[[str], int]:
        """Counts a text in which the control texts of the K2 family are control tokens."""
        return self._vocabulary.count_special if self._vocabulary else estimated_tokens

    def split(self, text: str) -> list[Piece]:
        """The pieces, which together are the text."""
        if self._vocabulary is None:
            return [Piece(match[0], (_made_up(match[0]),)) for match in _PIECE.finditer(text)]
        found: list[Piece] = []
        ids: list[int] = []
        held = b""
        for identity, data in self._vocabulary.split(text):
            ids.append(identity)
            held += data
            # A token may end inside a character: the next one finishes it (verification.md P0.11).
            try:
                whole = held.decode()
            except UnicodeDecodeError:
                continue
            found.append(Piece(whole, tuple(ids)))
            ids, held = [], b""
        return found

    def count(self, text: str) -> int:
        """How many tokens `split` makes of a text."""
        return sum(len(piece.ids) for piece in self.split(text))


def _made_up(text: str) -> int:
    """An id where there is no vocabulary: the same for the same text, and in its range."""
    return (
        int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).digest())
        % VOCABULARY
    )
