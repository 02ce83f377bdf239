"""The guard against a model that makes the same call again and again."""

import json
from collections.abc import Sequence
from typing import Final

from moonwire.core.messages import ToolCall

__all__ = ["STOP", "Repeats", "canonical"]

REMIND: Final = (3, 5, 8)
STOP: Final = 12
"""As many times as kimi-cli takes for a reminder, and for the end of the turn (kimi-api.md H9)."""


class Repeats:
    """Counts how often in a row a step made the same calls.

    >>> guard = Repeats()
    >>> calls = [ToolCall(id="a", name="read", arguments='{"path": "x"}')]
    >>> [guard.count(calls) for _ in range(3)], bool(guard.reminder)
    ([1, 2, 3], True)
    """

    def __init__(self) -> None:
        self._last: frozenset[tuple[str, str]] = frozenset()
        self._times = 0

    def count(self, calls: Sequence[ToolCall]) -> int:
        """How many steps in a row, this one included, made these calls and no others."""
        made = frozenset(canonical(call) for call in calls)
        self._times = self._times + 1 if made and made == self._last else 1
        self._last = made
        return self._times

    @property
    def reminder(self) -> str:
        """What to tell the model now; mostly nothing."""
        if self._times not in REMIND:
            return ""
        return (
            f"this very call was made {self._times} times in a row; its result will not change. "
            "Use what you know by now, or do something else."
        )

    @property
    def hopeless(self) -> bool:
        """Whether the turn should end."""
        return self._times >= STOP


def canonical(call: ToolCall) -> tuple[str, str]:
    """What makes two calls the same: the name and what the arguments say, however they are written.

    >>> canonical(ToolCall(id="a", name="f", arguments='{"b":1, "a":2}'))
    ('f', '{"a": 2, "b": 1}')
    """
    try:
        return call.name, json.dumps(json.loads(call.arguments), sort_keys=True)
    except (ValueError, RecursionError):
        return call.name, call.arguments
