"""Words that mean little, of a length that is asked for: thoughts, and long answers."""

import random
from collections.abc import Callable
from typing import Final

__all__ = ["LENGTHS", "long_text", "thoughts"]

Split = Callable[[str], int]
"""How many tokens a text has."""

LENGTHS: Final = {"low": 12, "high": 36, "max": 80, "": 26}
"""Tokens of thought by effort. Without efforts 26: then a cap of 16 ends inside the thoughts and one of 32
lets the answer `ok` through after 29 tokens, as in the probe of K2.6 (kimi-api.md D2, kimi-cli#2332)."""

# Short words: each is one token, in Kimi's vocabulary and in the estimate alike.
_WORDS: Final = """
the user asks for this so I look at what was said and see how to do it in a few plain steps then I check
that the form is right and that no part is left out now I can give the answer
""".split()  # noqa: SIM905 -- a text reads best as a text


def thoughts(lead: str, tokens: int, count: Split, rng: random.Random) -> str:
    """Thoughts of so many tokens that begin with `lead`."""
    words = lead.split()
    place = rng.randrange(len(_WORDS)) if words else 0
    have = count(" ".join(words))
    while have < tokens:
        words.append(_WORDS[place % len(_WORDS)])
        place += 1
        # Each of them is one token; the text is counted again only at the end.
        have += 1
    while words and count(" ".join(words)) > tokens:
        words.pop()
    return " ".join(words)


def long_text(words: int, rng: random.Random) -> str:
    """An answer of so many words."""
    place = rng.randrange(len(_WORDS))
    return " ".join(_WORDS[(place + step) % len(_WORDS)] for step in range(words))
