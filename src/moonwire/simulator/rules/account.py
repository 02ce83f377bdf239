"""Who may ask, and for which model."""

from typing import Final

from moonwire.core.catalogue.models import find_model
from moonwire.simulator.rules.ask import Ask
from moonwire.simulator.rules.refused import INVALID, Refused
from moonwire.simulator.rules.rule import invalid, rule

__all__ = ["RULES", "bad_key", "is_coding_alias", "no_model"]

AUTH: Final = "invalid_authentication_error"


def bad_key(endpoint: str, *, missing: bool) -> Refused:
    """What a server says to a key that is not there, or that it does not know (kimi-api.md K2)."""
    if endpoint.startswith("coding"):
        return Refused("The API Key appears to be invalid or may have expired", 401, AUTH, rule="key")
    if missing:
        return Refused("Invalid Authentication", 401, AUTH, rule="key")
    return Refused("Incorrect API key provided", 401, "incorrect_api_key_error", rule="key")


def no_model(model: str) -> Refused:
    """The one refusal of a model, whether it is unknown, gone, or not for this key.

    The type is as whole bodies have it (any-llm#778, dify-official-plugins#3578).
    """
    words = f"Not found the model {model} or Permission denied"
    return Refused(words, 404, "resource_not_found_error")


AGENTS: Final = (
    "kimicli",
    "kimi-cli",
    "kimi-code",
    "kimicode",
    "claude-cli",
    "claude-code",
    "roocode",
    "roo-code",
    "kilo-code",
    "kilocode",
)
"""What the refusal itself names (kimi-api.md L). How the real list is kept nobody has published."""


@rule(
    "client-gated",
    "coding",
    "kimi-api.md L; continue#10847, kimi-cli#275",
    strictest="gating",
    verifier=False,
)
def client_gated(ask: Ask) -> Refused | None:
    """A client that the coding endpoint does not know; its Anthropic surface asks for none."""
    if ask.target.dialect == "anthropic":
        return None
    agent = ask.headers.get("user-agent", "").lower()
    if any(agent.startswith(name) for name in AGENTS):
        return None
    return Refused(
        "Kimi For Coding is currently only available for Coding Agents such as Kimi CLI, Claude Code, "
        "Roo Code, Kilo Code, etc.",
        403,
        "access_terminated_error",
    )


@rule("model-missing", "any", "kimi-api.md K2", recorded=False)
def model_missing(ask: Ask) -> str | None:
    """A request without a model."""
    model = ask.body.get("model")
    return None if isinstance(model, str) and model else invalid("model is required")


def is_gone(name: str, month: str) -> bool:
    """Whether Moonshot's own API no longer has the model in this month (kimi-api.md 1.2).

    >>> is_gone("kimi-k2.5", "2026-08"), is_gone("kimi-k2.5", "2026-09"), is_gone("kimi-k3", "2026-09")
    (False, True, False)
    """
    row = find_model(name)
    if row is None or row.status != "retired":
        return False
    return month >= ("2026-09" if row.name == "kimi-k2.5" else "2026-06")


@rule(
    "model-retired",
    "own",
    "kimi-api.md 1.2; Datus-agent#1400, modelparams.dev#22",
    strictest="retirement of a model",
    verifier=False,
)
def model_retired(ask: Ask) -> Refused | None:
    """A model that is gone: the K2 models since 2026-05-25, K2.5 since 2026-08-31."""
    return no_model(ask.target.model) if is_gone(ask.target.name, ask.edition.month) else None


def is_coding_alias(ask: Ask) -> bool:
    """Whether the model is the coding endpoint's own name, which several models served in turn."""
    return ask.target.name.split("-highspeed")[0] == "kimi-for-coding"


@rule(
    "temperature-left-out",
    "coding",
    "Kimi-K2#124",
    since="2026-04",
    until="2026-05",
    strictest="refusal of omission",
    verifier=False,
)
def temperature_left_out(ask: Ask) -> Refused | None:
    """In April 2026 `only 0.6` was said even where no temperature was sent."""
    if not is_coding_alias(ask) or ask.body.get("temperature") is not None:
        return None
    return Refused("invalid temperature: only 0.6 is allowed for this model", 400, INVALID)


RULES: Final = (client_gated, model_missing, model_retired, temperature_left_out)
