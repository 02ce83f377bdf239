"""A prompt as the tokenizer meets it, and the counting of it.

A prompt is a list of segments. A control segment is one token each time; a text segment costs what
the tokenizer says, and nothing merges across a border. So counts add up message by message, and
what was counted once need not be counted again (tokens.md 2, 3, 6).
"""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

import msgspec

from moonwire.core.counted import Estimated

__all__ = [
    "Encode",
    "Estimated",
    "Memo",
    "Piece",
    "Segment",
    "content_key",
    "count",
    "count_pieces",
    "text_key",
    "text_of",
    "total",
]

Encode = Callable[[str], int]
"""How many tokens one text segment has."""

# A text shorter than this is its own key: a digest would be as long, and slower to make.
SHORT = 64


class Segment(NamedTuple):
    """One piece of a prompt: ordinary text, or a control token, the latter perhaps several times."""

    text: str
    control: bool = False
    times: int = 1


def total(numbers: Iterable[int]) -> int:
    """Their sum; `Estimated` if one of them is.

    >>> total([3, 4])
    7
    """
    tokens, exact = 0, True
    for number in numbers:
        tokens += number
        if isinstance(number, Estimated):
            exact = False
    return tokens if exact else Estimated(tokens)


def count(segments: Iterable[Segment], encode: Encode) -> int:
    """The tokens of these segments.

    >>> count([Segment("<|open|>", control=True), Segment("think")], encode=len)
    6
    """
    return total(segment.times if segment.control else encode(segment.text) for segment in segments)


class Piece(Protocol):
    """A part of a prompt that is counted by itself, a message or a declaration."""

    def key(self) -> Any:
        """What says all that the segments hang on, quickly; `None` if that cannot be said."""
        ...

    def segments(self) -> list[Segment]:
        """The piece, rendered."""
        ...


def count_pieces(pieces: Iterable[Piece], encode: Encode) -> int:
    """The tokens of these pieces; those that a `Memo` has met before are not rendered."""
    if isinstance(encode, Memo):
        return total(map(encode.cost, pieces))
    return total(count(piece.segments(), encode) for piece in pieces)


def text_of(segments: Iterable[Segment]) -> str:
    """The segments as one text, for people: K3 never sees it so (raw-text.md 2.2).

    >>> text_of([Segment("<|open|>", control=True), Segment("think"), Segment("<|sep|>", control=True)])
    '<|open|>think<|sep|>'
    """
    return "".join(segment.text * segment.times for segment in segments)


class Memo:
    """An `encode` that remembers: give it wherever an `encode` is wanted, and only what is new costs.

    It keeps numbers, at most `limit` of them, under keys that hold no text longer than `SHORT`.
    Two tables make an approximate LRU without a lock: whatever was asked for since the younger one
    was begun survives, and every step is one operation on a dict, so threads may share a memo.

    >>> memo = Memo(len)
    >>> memo("think"), memo("think")
    (5, 5)
    """

    __slots__ = ("_encode", "_half", "_old", "_young")

    def __init__(self, encode: Encode, *, limit: int = 65_536) -> None:
        self._encode = encode
        self._half = max(1, limit // 2)
        self._young: dict[Any, int] = {}
        self._old: dict[Any, int] = {}

    def __call__(self, text: str) -> int:
        """The tokens of one text; short ones, such as the names of tags, are remembered."""
        if len(text) > SHORT:
            return self._encode(text)
        tokens = self._young.get(text)
        if tokens is None:
            tokens = self._old.get(text)
            tokens = self._kept(text, self._encode(text) if tokens is None else tokens)
        return tokens

    def cost(self, piece: Piece) -> int:
        """The tokens of one piece, which is rendered and encoded only if it has not been met before."""
        key = piece.key()
        if key is None:
            return count(piece.segments(), self)
        tokens = self._young.get(key)
        if tokens is None:
            tokens = self._old.get(key)
            tokens = self._kept(key, count(piece.segments(), self) if tokens is None else tokens)
        return tokens

    def __len__(self) -> int:
        """How many numbers are kept."""
        return len(self._young) + len(self._old)

    def _kept(self, key: Any, tokens: int) -> int:
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        self._young[key] = tokens
        return tokens


def text_key(text: str | None) -> Any:
    """What stands for a text in a key: itself if it is short, else Python's hash of it.

    That is 64 bits under a key that only this process has, so no two texts that anybody can make
    will share it, and a chance of one in 2^64 that two do is taken: what would be wrong is one count.
    A digest costs several times as much, and would be half of what a new turn costs.

    >>> text_key("short"), isinstance(text_key("long " * 100), int)
    ('short', True)
    """
    return text if text is None or len(text) <= SHORT else hash(text)


def content_key(value: Any) -> bytes | None:
    """A digest of a JSON-like value as it stands, key order included; `None` if it cannot be had.

    >>> content_key({"a": 1}) == content_key({"a": True}), content_key(object())
    (False, None)
    """
    try:
        packed = msgspec.msgpack.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        # Half a surrogate pair, an integer beyond 64 bits, nesting without end, not JSON at all.
        return None
    return hashlib.sha256(packed).digest()
