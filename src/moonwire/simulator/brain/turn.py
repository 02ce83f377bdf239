"""What the model says in one turn, before anybody writes it down."""

from typing import Any

import msgspec

from moonwire.simulator.rules.refused import Refused

__all__ = ["Call", "Turn", "arguments_text"]


class Call(msgspec.Struct, frozen=True):
    """One tool call: `arguments` is text, as the model writes it, JSON or not."""

    name: str
    arguments: str = "{}"


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """Thoughts, then text, then calls: the one order that the grammars have (raw-text.md 1.1, 2.1)."""

    thoughts: str | None = None
    """None: it did not think."""
    text: str = ""
    calls: tuple[Call, ...] = ()
    cut: int = 0
    """How many tokens come out at most, beside the caller's cap; 0: all."""
    finish: str = ""
    """A finish reason other than the one that follows."""
    refused: Refused | None = None
    """A refusal instead of an answer."""


def arguments_text(value: Any) -> str:
    """Arguments as the model writes them: compact, and never over several lines.

    >>> arguments_text({"city": "Zürich", "days": 2})
    '{"city":"Zürich","days":2}'
    """
    return msgspec.json.encode(value).decode()
