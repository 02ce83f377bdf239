"""Rules of the reasoning in the history: the sharpest and most changeable of all (kimi-api.md B1 to B3)."""

from typing import Final

from moonwire.simulator.rules.ask import Ask, Json
from moonwire.simulator.rules.rule import rule

__all__ = ["RULES"]


def _turns(ask: Ask, *, calls_only: bool) -> list[tuple[int, Json]]:
    return [
        (index, message)
        for index, message in enumerate(ask.messages)
        if message.get("role") == "assistant"
        and not message.get("partial")
        and (message.get("tool_calls") or not calls_only)
    ]


def _on_calls(index: int) -> str:
    missing = "thinking is enabled but reasoning_content is missing in assistant tool call message"
    return f"{missing} at index {index}"


def _missing(ask: Ask, message: Json) -> bool:
    """OpenRouter takes the field under its own names too (kimi-api.md B6)."""
    other = ("reasoning", "reasoning_details") if ask.place.name == "openrouter" else ()
    return all(message.get(name) is None for name in ("reasoning_content", *other))


def _call_without(ask: Ask) -> str | None:
    if not ask.thinking or ask.target.template == "":
        return None
    for index, message in _turns(ask, calls_only=True):
        if _missing(ask, message):
            return _on_calls(index)
    return None


def _turn_without(ask: Ask) -> str | None:
    if not ask.thinking or not ask.keeps:
        return None
    for index, message in _turns(ask, calls_only=False):
        if _missing(ask, message):
            return (
                "preserved thinking (thinking.keep=all) requires reasoning_content on every assistant "
                f"message, but assistant message at index {index} is missing reasoning_content"
            )
    return None


@rule(
    "reasoning-calls",
    "own openrouter dashscope siliconflow",
    "kimi-api.md B1; langchain#36457, openclaw#92396",
    since="2025-11",
    until="2026-09",
)
def reasoning_calls(ask: Ask) -> str | None:
    """A turn with calls that has no reasoning, while thinking is on."""
    return _call_without(ask)


@rule(
    "reasoning-calls-coding",
    "coding siliconflow",
    "kimi-api.md B1, B3: the probes of September were of the platform",
    since="2026-09",
    strictest="the rule before it says the same",
    verifier=False,
)
def reasoning_calls_coding(ask: Ask) -> str | None:
    """The same on the coding endpoint and SiliconFlow, of which no relaxation is on record."""
    return _call_without(ask)


@rule(
    "reasoning-empty",
    "own openrouter dashscope",
    "kimi-api.md B3; llmgateway#2093, pi#4179",
    since="2026-04",
    until="2026-06",
)
def reasoning_empty(ask: Ask) -> str | None:
    """A turn with calls whose reasoning is empty, on K2.5 and K2.6; a blank was always taken."""
    if not ask.thinking or ask.target.template != "k2.5" or ask.target.thinks != "switch":
        return None
    for index, message in _turns(ask, calls_only=True):
        if message.get("reasoning_content") == "":
            return _on_calls(index)
    return None


@rule(
    "reasoning-all", "own", "kimi-api.md B2; kimi-cli#2498, kimi-code#1684", since="2026-06", until="2026-09"
)
def reasoning_all(ask: Ask) -> str | None:
    """Any assistant turn without reasoning, where the reasoning of all turns is kept."""
    return _turn_without(ask)


@rule(
    "reasoning-all-coding",
    "coding",
    "kimi-api.md B2, B3: the probes of September were of the platform",
    since="2026-09",
    strictest="the rule before it says the same",
    verifier=False,
)
def reasoning_all_coding(ask: Ask) -> str | None:
    """The same on the coding endpoint, of which no relaxation is on record."""
    return _turn_without(ask)


RULES: Final = (
    reasoning_calls,
    reasoning_calls_coding,
    reasoning_empty,
    reasoning_all,
    reasoning_all_coding,
)
