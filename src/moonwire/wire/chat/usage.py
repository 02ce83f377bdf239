"""Usage as servers of Chat Completions tell it: where it stands, and what its numbers are called."""

import math
from typing import Any, Final

import msgspec

from moonwire.core.events import Usage
from moonwire.core.schemas.kinds import is_number, is_object

__all__ = ["COUNTS", "count_of", "merged", "usage_of"]

COUNTS: Final = ("prompt_tokens", "completion_tokens")
_TOLD: Final = frozenset(
    {*COUNTS, "total_tokens", "cached_tokens", "prompt_tokens_details", "completion_tokens_details"}
)


def usage_of(value: Any) -> Usage | None:
    """Usage in any server's words; none where it says nothing.

    Cached tokens stand at the top, in the details, or in both (kimi-api.md I2).

    >>> usage_of({"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11, "cached_tokens": 4})
    Usage(input=9, output=2, cached=4)
    """
    if not is_object(value) or not any(count_of(value.get(name)) is not None for name in COUNTS):
        return None
    said: dict[str, Any] = value
    prompt, completion = _details(said, "prompt_tokens_details"), _details(said, "completion_tokens_details")
    cached = count_of(prompt.get("cached_tokens"))
    output = count_of(said.get("completion_tokens")) or 0
    reasoning = count_of(completion.get("reasoning_tokens"))
    return Usage(
        input=count_of(said.get("prompt_tokens")) or 0,
        output=output,
        cached=cached if cached is not None else count_of(said.get("cached_tokens")),
        # vercel/ai#19311: K3 counts one more for its thoughts than for all, and text becomes -1.
        reasoning=None if reasoning is None else min(reasoning, output),
        extra={name: item for name, item in said.items() if name not in _TOLD and item is not None},
    )


def merged(choice: Usage | None, top: Usage | None) -> Usage | None:
    """Usage that stands in the choice and at the top: the top counts, with what only the choice says."""
    if choice is None or top is None:
        return choice or top
    return msgspec.structs.replace(
        top,
        cached=choice.cached if top.cached is None else top.cached,
        reasoning=choice.reasoning if top.reasoning is None else top.reasoning,
        extra={**choice.extra, **top.extra},
    )


def _details(said: dict[str, Any], name: str) -> dict[str, Any]:
    value = said.get(name)
    return value if is_object(value) else {}


def count_of(value: Any) -> int | None:
    """A number of things; none where it is no number."""
    if type(value) is not int and (
        not is_number(value) or (isinstance(value, float) and not math.isfinite(value))
    ):
        return None
    return max(0, int(value))
