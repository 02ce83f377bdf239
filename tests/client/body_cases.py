"""Rows for the request of a call: what each layer says, and what is planned."""

from typing import Any

__all__ = ["ENV_WARM", "MERGED", "OFF", "ON", "SETTINGS", "own"]

CAP, OLD_CAP = "max_completion_tokens", "max_tokens"
ENV_CAP, ENV_EFFORT = "KIMI_MODEL_MAX_COMPLETION_TOKENS", "KIMI_MODEL_THINKING_EFFORT"
ENV_KEEP, ENV_WARM = "KIMI_MODEL_THINKING_KEEP", "KIMI_MODEL_TEMPERATURE"
ON, OFF = {"type": "enabled"}, {"type": "disabled"}


def own(**fields: Any) -> dict[str, Any]:
    """Fields of one layer; `thinking` is the argument of that name."""
    given = {"thinking": fields.pop("thinking")} if "thinking" in fields else {}
    return {**given, "fields": fields}


# the constructor's fields, the environment, the call's fields, what is to be planned
MERGED: dict[str, tuple[dict[str, Any], dict[str, str], dict[str, Any], dict[str, Any]]] = {
    "nothing": ({}, {}, {}, {}),
    "the constructor's": (own(temperature=0.1), {}, {}, {"temperature": 0.1}),
    "the environment's": ({}, {ENV_WARM: "0.2"}, {}, {"temperature": 0.2}),
    "the call's": ({}, {}, own(temperature=0.3), {"temperature": 0.3}),
    "the environment is stronger than the constructor": (own(temperature=0.1, top_p=0.5), {ENV_WARM: "0.2"}, {}, {"temperature": 0.2, "top_p": 0.5}),
    "the call is stronger than both": (own(temperature=0.1), {ENV_WARM: "0.2"}, own(temperature=0.3), {"temperature": 0.3}),
    "extra_body is stronger than the call": ({}, {}, own(temperature=0.3, extra_body={"temperature": 0.4, "more": 1}), {"temperature": 0.4, "more": 1}),
    "the call's extra_body is stronger than the constructor's": (own(extra_body={"a": 1, "b": 1}), {}, own(extra_body={"b": 2}), {"a": 1, "b": 2}),
    "the constructor's extra_body is stronger than the call": (own(extra_body={"temperature": 0.4}), {}, own(temperature=0.3), {"temperature": 0.4}),
    "no extra_body": (own(extra_body=None), {}, own(extra_body=None), {}),
    # the cap
    "a call's cap beats the environment's": ({}, {ENV_CAP: "9"}, own(max_tokens=7), {OLD_CAP: 7}),
    "a call's cap under another name": (own(max_tokens=5), {}, own(max_completion_tokens=7), {CAP: 7}),
    "the old name beats an earlier new one": (own(max_completion_tokens=5), {}, own(max_tokens=7), {OLD_CAP: 7}),
    "the environment's cap beats the constructor's": (own(max_tokens=5), {ENV_CAP: "9"}, {}, {}),
    "the environment's none beats the constructor's": (own(max_tokens=5), {ENV_CAP: "0"}, {}, {}),
    "what is no number beats nothing": (own(max_tokens=5), {ENV_CAP: "lots"}, {}, {OLD_CAP: 5}),
    "a cap in extra_body beats the call's": ({}, {}, own(max_completion_tokens=7, extra_body={OLD_CAP: 8}), {OLD_CAP: 8}),
    "null is no cap": ({}, {}, own(max_completion_tokens=None), {}),
    "null under the old name": ({}, {}, own(max_tokens=None), {}),
    "null in extra_body": (own(max_tokens=5), {}, own(extra_body={CAP: None}), {}),
    "null beside a number under the new name": ({}, {}, own(max_completion_tokens=7, max_tokens=None), {CAP: 7, OLD_CAP: None}),
    "null under the new name beside a number": ({}, {}, own(max_completion_tokens=None, max_tokens=7), {}),
    # thinking
    "on": ({}, {}, own(thinking=True), {"thinking": ON}),
    "off": ({}, {}, own(thinking=False), {"thinking": OFF}),
    "a word for off": ({}, {}, own(thinking="none"), {"thinking": OFF}),
    "an effort": ({}, {}, own(thinking="low"), {"thinking": {**ON, "effort": "low"}}),
    "an object": ({}, {}, own(thinking={**ON, "keep": "all"}), {"thinking": {**ON, "keep": "all"}}),
    "the constructor's thinking": (own(thinking="low"), {}, {}, {"thinking": {**ON, "effort": "low"}}),
    "the call's thinking": (own(thinking="low"), {}, own(thinking=False), {"thinking": OFF}),
    "the call's effort field": (own(thinking="low"), {}, own(reasoning_effort="high"), {"reasoning_effort": "high"}),
    "an effort field, then an object": (own(reasoning_effort="high"), {}, own(thinking="low"), {"thinking": {**ON, "effort": "low"}}),
    "the argument beats the field": ({"thinking": "low", "fields": {"thinking": OFF}}, {}, {}, {"thinking": {**ON, "effort": "low"}}),
    "a constructor's field gives way": ({"fields": {"thinking": OFF}}, {}, own(thinking=True), {"thinking": ON}),
    "the template's words stay": (own(chat_template_kwargs={"a": 1}), {}, own(thinking=True), {"chat_template_kwargs": {"a": 1}, "thinking": ON}),
    "the environment's effort": ({}, {ENV_EFFORT: "low"}, {}, {"thinking": {**ON, "effort": "low"}}),
    "the environment's effort beats the constructor's": (own(thinking="high"), {ENV_EFFORT: "low"}, {}, {"thinking": {**ON, "effort": "low"}}),
    "and under its other name": (own(reasoning_effort="high"), {ENV_EFFORT: "low"}, {}, {"thinking": {**ON, "effort": "low"}}),
    "a call's effort beats the environment's": ({}, {ENV_EFFORT: "low"}, own(thinking="high"), {"thinking": {**ON, "effort": "high"}}),
    "under its other name": ({}, {ENV_EFFORT: "low"}, own(reasoning_effort="high"), {"reasoning_effort": "high"}),
    "a call that only turns it on": ({}, {ENV_EFFORT: "low"}, own(thinking=True), {"thinking": {**ON, "effort": "low"}}),
    "no effort turns thinking on": ({}, {ENV_EFFORT: "low"}, own(thinking=False), {"thinking": OFF}),
    "nor does keep": (own(thinking=False), {ENV_KEEP: "all"}, {}, {"thinking": OFF}),
    "the environment's keep": (own(thinking="low"), {ENV_KEEP: "all"}, {}, {"thinking": {**ON, "effort": "low", "keep": "all"}}),
    "beats the constructor's": (own(thinking={**ON, "keep": "all"}), {ENV_KEEP: "off"}, {}, {"thinking": ON}),
    "no keep says nothing of thinking": ({}, {ENV_KEEP: "off"}, {}, {}),
    "a call's keep beats it": ({}, {ENV_KEEP: "off"}, own(thinking={**ON, "keep": "all"}), {"thinking": {**ON, "keep": "all"}}),
    "thinking in extra_body is joined": (own(thinking="low"), {}, own(extra_body={"thinking": {"keep": "all"}}), {"thinking": {**ON, "effort": "low", "keep": "all"}}),
    "and beats the environment": ({}, {ENV_EFFORT: "low"}, own(extra_body={"thinking": {"effort": "max"}}), {"thinking": {**ON, "effort": "max"}}),
    "also under its other name": (own(thinking="low"), {}, own(extra_body={"reasoning_effort": "max"}), {"thinking": ON, "reasoning_effort": "max"}),
    "the constructor's extra_body has the keep": (own(extra_body={"thinking": {"keep": "all"}}), {}, own(extra_body={"thinking": ON}), {"thinking": {**ON, "keep": "all"}}),
}

# the environment, the call's fields, what differs in the settings of the plan
SETTINGS: dict[str, tuple[dict[str, str], dict[str, Any], dict[str, Any]]] = {
    "nothing": ({}, {}, {}),
    "a cap": ({ENV_CAP: "9"}, {}, {"cap": 9}),
    "no cap": ({ENV_CAP: "0"}, {}, {"budget": "off"}),
    "null": ({}, own(max_completion_tokens=None), {"budget": "off"}),
    "no keep": ({ENV_KEEP: "off"}, {}, {"keep": "off"}),
    "no keep, and a call that has one": ({ENV_KEEP: "off"}, own(thinking={"type": "enabled", "keep": "all"}), {}),
}
