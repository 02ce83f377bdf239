"""One intent to think, out of every spelling that agents and servers use for it.

`thinking` (Moonshot, Anthropic), `reasoning_effort` (OpenAI), `reasoning` (OpenRouter, Responses),
`enable_thinking` and `chat_template_kwargs` (vLLM, SGLang), `output_config` (Anthropic). Sources:
kimi-api.md A1, A2, A7, M4; peers.md 2.4 (the words that stand for on and off, and `reasoningEffort`).
"""

from collections.abc import Mapping
from typing import Any, cast

from moonwire.core.messages import Thinking

__all__ = ["SPELLINGS", "read_intent"]

SPELLINGS = (
    "thinking",
    "reasoning_effort",
    "reasoningEffort",
    "reasoning",
    "enable_thinking",
    "chat_template_kwargs",
    "output_config",
)
"""The top-level fields that may speak of thinking."""

# The words that openclaw's plugin takes for a switch (peers.md 2.4), and OpenAI's effort `none`.
_OFF = frozenset({"off", "disabled", "disable", "false", "none", "no", "0"})
_ON = frozenset({"on", "enabled", "enable", "true", "yes", "1", "adaptive", "auto", "between_tools"})

# From the vaguest to the most particular, which has the last word.
_ORDER = (
    "reasoningEffort",
    "reasoning_effort",
    "enable_thinking",
    "output_config",
    "reasoning",
    "chat_template_kwargs",
    "thinking",
)
_EFFORTS = ("effort", "thinking_effort", "reasoning_effort")
_SWITCHES = ("type", "enabled", "thinking", "enable_thinking")
_BUDGETS = ("budget_tokens", "max_tokens", "thinking_budget")


def read_intent(fields: Mapping[str, Any]) -> Thinking:
    """What the fields together ask for.

    The most particular field wins: `thinking` over the effort fields. A switch wins over an effort,
    wherever each of them stands: an effort says that thinking is on only where no switch says anything.

    >>> intent = read_intent({"reasoning_effort": "high"})
    >>> intent.enabled, intent.effort
    (True, 'high')
    >>> read_intent({"thinking": {"type": "disabled"}, "reasoning_effort": "low"}).enabled
    False
    """
    spelled = {name: fields[name] for name in SPELLINGS if name in fields}
    if not spelled:
        return Thinking()
    reading = _Reading()
    for name in _ORDER:
        value = spelled.get(name)
        if isinstance(value, Mapping):
            reading.block(cast("Mapping[str, Any]", value))
        elif name in ("reasoning_effort", "reasoningEffort"):
            reading.strength(value)
        else:
            reading.switch(value)
    return Thinking(
        enabled=reading.implied if reading.enabled is None else reading.enabled,
        effort=reading.effort,
        budget=reading.budget,
        keep=reading.keep,
        summary=reading.summary,
        spelled=spelled,
    )


class _Reading:
    """What was said so far; what is said later overrides it."""

    def __init__(self) -> None:
        self.enabled: bool | None = None
        self.implied: bool | None = None
        self.effort: str | None = None
        self.budget: int | None = None
        self.keep: str | None = None
        self.summary: str | None = None

    def switch(self, value: Any) -> None:
        """A value where on or off is said; a word that is neither is an effort."""
        said = _on(value)
        if said is None:
            self.strength(value)
        else:
            self.enabled = said

    def strength(self, value: Any) -> None:
        """A value where an effort is said. `none` takes back any effort that was said before."""
        said = _on(value)
        if said is not None:
            self.implied = said
            self.effort = self.effort if said else None
        elif isinstance(value, str) and (word := value.strip().lower()):
            self.implied, self.effort = True, word

    def block(self, value: Mapping[str, Any]) -> None:
        """An object: any of the members that one of the dialects knows."""
        for name in _EFFORTS:
            self.strength(value.get(name))
        for name in _SWITCHES:
            self.switch(value.get(name))
        for name in _BUDGETS:
            budget = value.get(name)
            if isinstance(budget, int) and not isinstance(budget, bool):
                self.budget = budget
        keep, preserve = value.get("keep"), value.get("preserve_thinking")
        if isinstance(keep, str):
            self.keep = keep
        if isinstance(preserve, bool):
            self.keep = "all" if preserve else "none"
        for name in ("display", "summary"):
            if isinstance(value.get(name), str):
                self.summary = value[name]


def _on(value: Any) -> bool | None:
    """On or off, where a value says it."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in _OFF:
        return False
    return True if word in _ON else None
