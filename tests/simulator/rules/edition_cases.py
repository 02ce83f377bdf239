"""Rules that came and went: what is refused in which month. A month that is not named is not asked."""

from typing import NamedTuple

from tests.simulator.rules.accepted_cases import ABSENT, EMPTY
from tests.simulator.rules.refusals_cases import ALL, DESCRIBED, NAMED, ONE, STR, schema
from tests.simulator.rules.requests import ANSWER, USER, Body, kimi


class Time(NamedTuple):
    """`refused` and `taken` are editions: before the rule, in its first and last month, and after it."""

    rule: str
    body: Body
    refused: str
    taken: str
    at: str = "platform"


K25 = "kimi-k2.5"
LONG: Body = kimi({"role": "user", "content": "token " * 9_000}, model="moonshot-v1-8k")
UNION = schema(type="object", properties={"a": {**STR, "anyOf": [STR]}})

TIMES = [
    Time("model-retired", kimi(model="kimi-k2-turbo-preview"), "2026-06 2026-07 latest", "2026-04 2026-05 strictest verifier"),
    Time("model-retired", kimi(model="kimi-k2-thinking"), "2026-06 latest", "2026-05 strictest"),
    Time("model-retired", kimi(model=K25), "2026-09 latest", "2026-06 2026-08 strictest verifier"),
    Time("temperature-left-out", kimi(model="kimi-for-coding"), "2026-04", "2026-03 2026-05 latest strictest verifier", "coding"),
    Time("sampling", kimi(model="kimi-for-coding", temperature=0.6), "2026-05 latest strictest", "2026-03 2026-04 verifier", "coding"),
    Time("sampling", kimi(model="kimi-for-coding", temperature=1), "2026-04", "2026-05 2026-08 latest verifier", "coding"),
    Time("sampling-flapping", kimi(model="kimi-for-coding", temperature=1), "strictest", "2026-05 2026-08 latest verifier", "coding"),
    Time("sampling", kimi(model="kimi-k3", temperature=0.6), "2026-07 2026-09 latest strictest", "verifier"),
    Time("keep", kimi(model=K25, thinking=ALL), "2026-01 2026-08 strictest verifier", ""),
    Time("effort-launch", kimi(model="kimi-k3", reasoning_effort="low"), "2026-07", "2026-08 2026-09 latest strictest verifier"),
    Time("effort", kimi(model="kimi-k3", reasoning_effort="medium"), "2026-08 latest strictest", "verifier"),
    Time("effort", kimi(model="kimi-k3", reasoning_effort="xhigh"), "strictest", "2026-08 latest verifier"),
    Time("choice-named", kimi(model="kimi-k3", tools=ONE, tool_choice=NAMED), "2026-07 strictest", "2026-08 2026-09 latest verifier"),
    Time("schema-described", schema(**DESCRIBED), "2026-04 2026-05 strictest", "2026-06 2026-07 latest verifier"),
    Time("schema-limits", schema(type="object", properties={f"p{n}": STR for n in range(101)}), "2026-04 2026-05", "2026-06 2026-07 latest strictest verifier"),
    Time("schema", UNION, "2026-07 2026-08 strictest verifier", "2026-09 latest", "platform-cn"),
    Time("schema", UNION, "2026-08 2026-09 latest strictest verifier", "", "platform"),
    Time("reasoning-calls", kimi(*ABSENT), "2025-11 2025-12 2026-08 strictest", "2025-10 2026-09 latest verifier"),
    Time("reasoning-calls", kimi(*ABSENT, model=K25), "2026-04 2026-08 strictest", "2025-10"),
    Time("reasoning-empty", kimi(*EMPTY), "2026-04 2026-05 strictest", "2026-03 2026-06 2026-07 latest verifier"),
    Time("reasoning-all", kimi(USER, ANSWER, USER, thinking=ALL), "2026-06 2026-07 2026-08 strictest", "2026-05 2026-09 latest verifier"),
    Time("reasoning-all", kimi(USER, ANSWER, USER, model="kimi-k2.7-code"), "2026-06 2026-08 strictest", "2026-05 2026-09 latest verifier"),
    Time("reasoning-calls", kimi(*ABSENT, model="kimi-k2.6"), "2026-07 2026-08 strictest", "2025-10 verifier", "coding"),
    Time("reasoning-calls-coding", kimi(*ABSENT, model="kimi-k2.6"), "2026-09 latest", "verifier", "coding"),
    Time("reasoning-all", kimi(USER, ANSWER, USER, model="kimi-for-coding"), "2026-06 2026-08 strictest", "2026-05 verifier", "coding"),
    Time("reasoning-all-coding", kimi(USER, ANSWER, USER, model="kimi-for-coding"), "2026-09 latest", "2026-05 verifier", "coding"),
    Time("overflow", LONG, "2026-01 2026-02 latest strictest verifier", ""),
    Time("overflow-documented", LONG, "2025-11 2025-12", ""),
]
