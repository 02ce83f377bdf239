"""The ways a text arrives: whole, in pieces as a detokenizer delivers them, and in hostile ones."""

import random
import re
from collections.abc import Iterator

from tests.core.rawtext.table import chunked

__all__ = ["HOSTILE", "characters", "pieces", "random_splits", "two_way_splits"]

# A marker is one token, so it comes whole; the rest comes as tokens of about four characters do.
PIECE = re.compile(r"<\|[a-z_]+\|>|</?think>|(?:(?!<\|[a-z_]+\|>|</?think>)(?s:.)){1,4}")
LONG = 1000


def pieces(text: str) -> list[str]:
    """Four characters each, every marker in one piece.

    >>> pieces("Hello <|tool_call_begin|>f")
    ['Hell', 'o ', '<|tool_call_begin|>', 'f']
    """
    return PIECE.findall(text)


def characters(text: str) -> Iterator[list[str]]:
    """One character at a time."""
    yield list(text)


def two_way_splits(text: str) -> Iterator[list[str]]:
    """In two, at every place; a long text near its markers only."""
    for place in range(1, len(text)):
        if len(text) < LONG or "<|" in text[place - 40 : place + 40]:
            yield chunked(text, [place])


def random_splits(text: str, seeds: int = 8) -> Iterator[list[str]]:
    """At random places, the same ones every time, an empty piece now and then."""
    for seed in range(seeds):
        random_places = random.Random(f"{seed} {text}")
        count = random_places.randint(1, max(1, min(40, len(text) // 3)))
        yield chunked(text, [random_places.randint(0, len(text)) for _ in range(count)])


HOSTILE = {
    "one character at a time": characters,
    "every two-way split": two_way_splits,
    "random splits": random_splits,
}
