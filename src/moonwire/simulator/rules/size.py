"""Rules of size: bytes, the window, and the overload that is really an overflow."""

import random
from typing import Final

from moonwire.simulator.rules.ask import Ask
from moonwire.simulator.rules.refused import Refused
from moonwire.simulator.rules.rule import invalid, rule

__all__ = ["FIRST", "NEAR", "OVERLOADED", "RULES"]

OVERLOADED: Final = Refused(
    "The engine is currently overloaded, please try again later", 429, "engine_overloaded_error"
)

NEAR: Final = 0.9
"""From which part of the window on a prompt is near it. The probe's prompt was within a few thousand
tokens of it (kimi-api.md D4, kimi-cli#2332); where it begins nobody has published."""

SHARE: Final = 0.9
"""How often such a request meets the overload, by the seed."""


@rule("body-bytes", "coding", "kimi-api.md D5; kimi-code#476")
def body_bytes(ask: Ask) -> str | None:
    """A body of more than 2 MiB on the coding endpoint."""
    limit = ask.target.body_bytes
    return f"total message size {ask.size} exceeds limit {limit}" if limit and ask.size > limit else None


@rule("body-large", "own", "kimi-api.md D5, H7, K2; kimi-code#1657")
def body_large(ask: Ask) -> Refused | None:
    """A body of more than 100 MB."""
    if ask.size <= 100_000_000:
        return None
    return Refused("Request exceeds the maximum size", 413)


@rule("overflow", "own", "kimi-api.md D4; kimi-cli#2332, inspect_ai", since="2026-01")
def overflow(ask: Ask) -> str | None:
    """A prompt beyond the window."""
    window = ask.target.window
    if not window or ask.prompt <= window:
        return None
    return invalid(f"Your request exceeded model token limit: {window} (requested: {ask.prompt})")


@rule(
    "overflow-documented",
    "own",
    "kimi-api.md D4: two variants of the documents",
    until="2026-01",
    strictest="the rule after it says the same",
    verifier=False,
)
def overflow_documented(ask: Ask) -> str | None:
    """The same in the words of the documents, of which it is not said which model says which."""
    window = ask.target.window
    if not window or ask.prompt <= window:
        return None
    if ask.target.family == "v1":
        return f"Your request exceeded model token limit : {window}"
    return "Input token length too long"


@rule("overflow-overload", "own", "kimi-api.md D4; kimi-cli#2332", strictest="load", verifier=False)
def overflow_overload(ask: Ask) -> Refused | None:
    """A prompt near the window with a cap beyond it: an overload that is none."""
    window, cap = ask.target.window, ask.cap
    if not window or cap is None or ask.prompt + cap <= window or ask.prompt < NEAR * window:
        return None
    # Of the request alone, so that another try may fare as badly; the seed is the app's.
    chance = random.Random(f"{ask.seed}:{ask.prompt}:{cap}").random()
    return OVERLOADED if chance < SHARE else None


@rule("overflow-openrouter", "openrouter", "kimi-api.md D4; kimi-code#476")
def overflow_openrouter(ask: Ask) -> Refused | None:
    """Prompt and cap together beyond the window, in OpenRouter's words."""
    window, cap = ask.target.window, ask.cap or 0
    if not window or ask.prompt + cap <= window:
        return None
    return Refused(
        f"This endpoint's maximum context length is {window} tokens. However, you requested about "
        f"{ask.prompt + cap} tokens ({ask.prompt} of text input, {cap} in the output).",
        vendor=True,
    )


@rule("overflow-self-hosted", "self-hosted", "kimi-api.md K4; vLLM's text", recorded=False)
def overflow_self_hosted(ask: Ask) -> str | None:
    """Prompt and cap together beyond the window, on a server that one runs oneself."""
    window, cap = ask.target.window, ask.cap or 0
    if not window or ask.prompt + cap <= window:
        return None
    return (
        f"This model's maximum context length is {window} tokens. However, you requested {ask.prompt + cap} "
        f"tokens ({ask.prompt} in the messages, {cap} in the completion). Please reduce the length of the "
        "messages or completion."
    )


FIRST: Final = (body_bytes, body_large)
"""Before anything of the body is looked at."""

RULES: Final = (overflow, overflow_documented, overflow_overload, overflow_openrouter, overflow_self_hosted)
