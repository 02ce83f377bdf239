"""Rows for the client: what it is told, and what the endpoint receives."""

from typing import Any

from tests.client.asked import WEATHER, WEATHER_TOOL

__all__ = ["ASKED", "CAP", "K3", "K26", "seeded"]

K26, K3 = 32_768, 131_072
"""The caps of the catalogue."""
CAP = "max_completion_tokens"


def seeded(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "seed": 7}


def warmed(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "temperature": 0.3}


ON: dict[str, Any] = {"type": "enabled", "keep": "all"}

# the model, what the constructor is told, what the call says, what the endpoint received, the notes
ASKED: dict[str, tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], list[str]]] = {
    "K3's defaults": ("kimi-k3", {}, {}, {CAP: K3}, []),
    "K2.6's defaults": ("kimi-k2.6", {}, {}, {CAP: K26, "thinking": ON}, []),
    "K2.5's defaults": ("kimi-k2.5", {}, {}, {CAP: K26}, []),
    "K2.7 code's defaults": ("kimi-k2.7-code", {}, {}, {CAP: K26}, []),
    "thinking is off": ("kimi-k2.6", {}, {"thinking": False}, {CAP: K26, "thinking": {"type": "disabled"}}, []),
    "off for every call": ("kimi-k2.6", {"thinking": False}, {}, {CAP: K26, "thinking": {"type": "disabled"}}, []),
    "off, and on for one": ("kimi-k2.6", {"thinking": False}, {"thinking": True}, {CAP: K26, "thinking": ON}, ["thinking-respelled"]),
    "K3 is never off": ("kimi-k3", {}, {"thinking": False}, {CAP: K3, "reasoning_effort": "low"}, ["!thinking-lowered", "thinking-respelled"]),
    "an effort": ("kimi-k3", {}, {"thinking": "low"}, {CAP: K3, "reasoning_effort": "low"}, ["thinking-respelled"]),
    "OpenAI's effort": ("kimi-k3", {}, {"reasoning_effort": "high"}, {CAP: K3, "reasoning_effort": "high"}, []),
    "no keep": ("kimi-k2.6", {}, {"thinking": {"type": "enabled", "keep": None}}, {CAP: K26, "thinking": {"type": "enabled", "keep": None}}, []),
    "fixed sampling": ("kimi-k3", {}, {"temperature": 0.3}, {CAP: K3}, ["!sampling-fixed"]),
    "a cap": ("kimi-k3", {}, {"max_tokens": 5000}, {CAP: 5000}, ["cap-renamed"]),
    "no cap": ("kimi-k3", {}, {CAP: None}, {}, ["pass-off"]),
    "the constructor's field": ("kimi-k3", {"defaults": {"stop": ["x"]}}, {}, {CAP: K3, "stop": ["x"]}, []),
    "extra_body": ("kimi-k3", {}, {"extra_body": {"seed": 7}}, {CAP: K3, "seed": 7}, []),
    "a hook": ("kimi-k3", {"hooks": [seeded]}, {}, {CAP: K3, "seed": 7}, []),
    "healed behind a hook": ("kimi-k3", {"hooks": [warmed]}, {}, {CAP: K3}, ["!sampling-fixed"]),
    "a pass is off": ("kimi-k2.6", {"settings": {"thinking": "off"}}, {}, {CAP: K26}, ["pass-off"]),
    "overrides": ("kimi-k3", {"overrides": {"models": {"kimi-k3": {"cap": 77_000}}}}, {}, {CAP: 77_000}, []),
    "tools": ("kimi-k3", {}, {"tools": [WEATHER_TOOL]}, {CAP: K3, "tools": [WEATHER]}, []),
    "the environment's cap": ("kimi-k3", {"environ": {"KIMI_MODEL_MAX_TOKENS": "9000"}}, {}, {CAP: 9000}, []),
    "the environment's temperature": ("kimi-k3", {"environ": {"KIMI_MODEL_TEMPERATURE": "0.3"}}, {}, {CAP: K3}, ["!sampling-fixed"]),
    "the environment's effort": ("kimi-k3", {"environ": {"KIMI_MODEL_THINKING_EFFORT": "low"}}, {}, {CAP: K3, "reasoning_effort": "low"}, ["thinking-respelled"]),
    "the environment's effort, nearest": ("kimi-k3", {"environ": {"KIMI_MODEL_THINKING_EFFORT": "medium"}}, {}, {CAP: K3, "reasoning_effort": "high"}, ["effort-clamped", "thinking-respelled"]),
    "the environment wants no keep": ("kimi-k2.6", {"environ": {"KIMI_MODEL_THINKING_KEEP": "off"}}, {}, {CAP: K26}, ["pass-off"]),
    "the environment's keep is for K2.6": ("kimi-k2.5", {"environ": {"KIMI_MODEL_THINKING_KEEP": "all"}}, {}, {CAP: K26, "thinking": {"type": "enabled"}}, ["!keep-unavailable", "thinking-respelled"]),
    "junk": ("kimi-k2.5", {"environ": {"KIMI_MODEL_TOP_P": "much"}}, {}, {CAP: K26}, ["!env-junk"]),
}
