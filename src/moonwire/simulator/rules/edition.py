"""Rules change. An edition says which of them hold: those of today, of a month, or of any time."""

import re
from typing import Final, Literal

import msgspec

from moonwire.core.errors import LocalProtocolError

__all__ = ["LATEST", "NAMES", "Edition", "edition"]

LATEST: Final = "2026-09"
"""The last month of which the record tells (kimi-api.md, head)."""

FIRST: Final = "2025-07"
"""K2 came in July 2025; of what was before nothing is known."""

NAMES: Final = ("latest", "strictest", "verifier")


class Edition(msgspec.Struct, frozen=True):
    """`month` is the one whose rules hold, where `kind` says that it is months that decide."""

    kind: Literal["month", "strictest", "verifier"] = "month"
    month: str = LATEST

    @property
    def name(self) -> str:
        """What it is called on the command line."""
        if self.kind != "month":
            return self.kind
        return "latest" if self.month == LATEST else self.month


def edition(text: str) -> Edition:
    """The edition of that name, or an error that says which there are.

    >>> edition("2026-05").month, edition("latest").month, edition("strictest").kind
    ('2026-05', '2026-09', 'strictest')
    """
    if text == "latest":
        return Edition()
    if text == "strictest":
        return Edition("strictest")
    if text == "verifier":
        return Edition("verifier")
    if re.fullmatch(r"20[0-9]{2}-(?:0[1-9]|1[0-2])", text) and text >= FIRST:
        return Edition(month=text)
    raise LocalProtocolError(
        f"there are no rules called {text!r}",
        path="rules",
        remedy=f"use latest, strictest, verifier, or a month from {FIRST} on, such as 2026-05",
    )
