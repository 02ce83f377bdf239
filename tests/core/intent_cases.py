"""Every spelling of thinking with the intent it has, and what counts where several are given."""

from typing import Any

from moonwire.core.intent import SPELLINGS
from moonwire.core.messages import Thinking

__all__ = ["ONE", "SEVERAL"]


def thinking(*members: Any, **named: Any) -> dict[str, Any]:
    return {"thinking": members[0] if members else named}


def kwargs(**named: Any) -> dict[str, Any]:
    return {"chat_template_kwargs": named}


NOTHING: list[Any] = [None, [], {}, 5, 1.5, "", " ", ["on"]]
ODD: list[Any] = [None, [], {"type": "enabled"}, 1.5]
ON, OFF = Thinking(enabled=True), Thinking(enabled=False)
LOW, HIGH, MAX = (Thinking(enabled=True, effort=word) for word in ("low", "high", "max"))

# The source (kimi-api.md, or peers.md for 2.4), the fields, and the intent.
ONE: list[tuple[str, dict[str, Any], Thinking]] = [
    ("A1", thinking(type="enabled"), ON),
    ("A1", thinking(type="disabled"), OFF),
    ("A1", thinking(type="enabled", keep="all"), Thinking(enabled=True, keep="all")),
    ("A1", thinking(type="enabled", keep=None), ON),
    ("A1 openclaw#52419", thinking(True), ON),
    ("A1 openclaw#52419", thinking(False), OFF),
    *[("2.4", thinking(word), ON) for word in ("on", "enabled", "enable", "true", " On ", "TRUE")],
    *[("2.4", thinking(word), OFF) for word in ("off", "disabled", "disable", "false", "Off")],
    *[("2.4", thinking(type=word), ON) for word in ("on", "enable", "true")],
    *[("2.4", thinking(type=word), OFF) for word in ("off", "disable", "false")],
    ("2.4", {"reasoningEffort": "high"}, HIGH),
    ("2.4", thinking("low"), LOW),
    *[
        ("A2", {"reasoning_effort": word}, Thinking(enabled=True, effort=word))
        for word in ("minimal", "low", "medium", "high", "xhigh", "max", "ultra")
    ],
    ("A2 models.dev#4721", {"reasoning_effort": "none"}, OFF),
    ("A2", {"reasoning_effort": " High "}, HIGH),
    ("A2", {"reasoning_effort": None}, Thinking()),
    ("A2", {"reasoning_effort": ""}, Thinking()),
    ("A2", thinking(type="enabled", effort="low"), LOW),
    ("A2", thinking(effort="max"), MAX),
    ("A3 big-AGI#1161", {"reasoning": {"enabled": False}}, OFF),
    ("A3", {"reasoning": {"enabled": True}}, ON),
    ("A1", {"reasoning": {"effort": "high"}}, HIGH),
    ("A1", {"reasoning": {"effort": "none"}}, OFF),
    ("A1", {"reasoning": {"effort": "low", "summary": "auto"}}, Thinking(enabled=True, effort="low", summary="auto")),
    ("A1", {"reasoning": {"max_tokens": 2000}}, Thinking(budget=2000)),
    ("A6", {"reasoning_effort": "off"}, OFF),
    ("A6", {"reasoning_effort": "on"}, ON),
    ("A6", thinking(type="enabled", effort="on"), ON),
    ("A7", {"enable_thinking": True}, ON),
    ("A7 privatemode-public#7", {"enable_thinking": False}, OFF),
    ("A7", {"enable_thinking": "false"}, OFF),
    ("A7", kwargs(thinking=True), ON),
    ("A7", kwargs(thinking=False), OFF),
    ("A7 vLLM-Kunlun#354", kwargs(enable_thinking=False), OFF),
    ("A7", kwargs(thinking=True, preserve_thinking=True, thinking_effort="low"), Thinking(enabled=True, effort="low", keep="all")),
    ("A7", kwargs(preserve_thinking=False), Thinking(keep="none")),
    ("A7", kwargs(preserve_thinking="yes", other=1), Thinking()),
    ("A7", kwargs(reasoning_effort="max"), MAX),
    ("A7", kwargs(thinking_budget=100), Thinking(budget=100)),
    ("A7 models.dev#3777", thinking(type="adaptive"), ON),
    ("M4", {"output_config": {"effort": "high"}}, HIGH),
    ("M4", thinking(type="enabled", budget_tokens=8192), Thinking(enabled=True, budget=8192)),
    ("M4", thinking(type="between_tools"), ON),
    ("M4", thinking(type="adaptive", display="summarized"), Thinking(enabled=True, summary="summarized")),
    # What says nothing.
    *[("nothing", {name: odd}, Thinking()) for name in SPELLINGS for odd in NOTHING],
    *[
        ("nothing", thinking(**{name: odd}), Thinking())
        for name in ("type", "enabled", "effort", "keep", "budget_tokens", "display")
        for odd in ODD
    ],
    ("nothing", thinking(budget_tokens=True, keep=True), Thinking()),
]

SEVERAL: list[tuple[str, dict[str, Any], Thinking]] = [
    # A switch beats an effort, wherever each stands (A2, A6; openclaw#47261).
    ("off and an effort", thinking(type="disabled") | {"reasoning_effort": "low"}, Thinking(enabled=False, effort="low")),
    ("off and an effort in one", thinking(type="disabled", effort="low"), Thinking(enabled=False, effort="low")),
    ("on and no effort", thinking(type="enabled") | {"reasoning_effort": "none"}, ON),
    ("a vague switch, a particular effort", {"enable_thinking": False} | thinking(effort="high"), Thinking(enabled=False, effort="high")),
    ("off, and an effort of another dialect", kwargs(thinking=False) | {"output_config": {"effort": "max"}}, Thinking(enabled=False, effort="max")),
    # The most particular of several switches, and of several efforts (A2: `thinking.effort` over the other).
    ("two switches", thinking(type="enabled") | {"enable_thinking": False}, ON),
    ("two switches the other way", thinking(type="disabled") | kwargs(thinking=True), OFF),
    ("null is no switch", thinking(None) | {"enable_thinking": False}, OFF),
    ("the template's switch over a bare one", kwargs(enable_thinking=True) | {"enable_thinking": False}, ON),
    ("reasoning over a bare switch", {"reasoning": {"enabled": False}, "enable_thinking": True}, OFF),
    ("two efforts", thinking(effort="low") | {"reasoning_effort": "high"}, LOW),
    ("two efforts, none in thinking", thinking(type="enabled") | {"reasoning_effort": "high"}, HIGH),
    ("Anthropic's over OpenAI's", {"output_config": {"effort": "low"}, "reasoning_effort": "max"}, LOW),
    ("OpenRouter's over Anthropic's", {"reasoning": {"effort": "max"}, "output_config": {"effort": "low"}}, MAX),
    ("the template's over OpenRouter's", kwargs(thinking_effort="low") | {"reasoning": {"effort": "max"}}, LOW),
    ("underscores over camel case", {"reasoningEffort": "max", "reasoning_effort": "low"}, LOW),
    ("an effort after none", thinking(effort="high") | {"reasoning_effort": "none"}, HIGH),
    ("none after an effort", thinking(effort="none") | {"reasoning_effort": "high"}, OFF),
    ("on in place of an effort", thinking(effort="on") | {"reasoning_effort": "high"}, HIGH),
    # Openclaw's and kimi-code's pairs (M4, 2.4).
    ("adaptive with an effort", thinking(type="adaptive", display="summarized") | {"output_config": {"effort": "high"}}, Thinking(enabled=True, effort="high", summary="summarized")),
    ("enabled, kept, with an effort", thinking(type="enabled", effort="max", keep="all"), Thinking(enabled=True, effort="max", keep="all")),
    ("both names of the template's switch", kwargs(thinking=True, enable_thinking=True), ON),
    ("a summary over a display", thinking(display="omitted", summary="auto"), Thinking(summary="auto")),
    ("a null summary", thinking(display="omitted", summary=None), Thinking(summary="omitted")),
    ("two budgets", thinking(budget_tokens=1024) | {"reasoning": {"max_tokens": 99}}, Thinking(budget=1024)),
    ("preserved, and the word for it", thinking(keep="all") | kwargs(preserve_thinking=False), Thinking(keep="all")),
]
