"""The rules as one list: that each has its rows, what `strictest` leaves out, where other texts are."""

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.simulator.faults.refusals import REFUSALS
from moonwire.simulator.rules import edition, kept
from moonwire.simulator.rules.rule import GROUPS, Rule
from moonwire.simulator.rules.table import EXCLUDED, TABLE, markdown_table
from tests.simulator.rules.accepted_cases import ACCEPTED
from tests.simulator.rules.refusals_cases import ROWS
from tests.simulator.rules.requests import place_of
from tests.simulator.rules.rows import refusals_of

BY_NAME = {one.name: one for one in TABLE}

FAULTS = {
    "overloaded": ("K2", "The engine is currently overloaded, please try again later"),
    "rate-limit": ("K2", "We're receiving too many requests"),
    "rate-limit-text": ("K2", "request reached max request: 3"),
    "quota": ("K2", "exceeded your current token quota, please check your account balance"),
    "quota-403": ("K2", "reached your usage limit for this billing cycle"),
    "plan-quota": ("K2", "You've reached your usage limit for this period"),
    "membership-402": ("K2", "unable to verify your membership benefits"),
    "filter": ("K1, K2", "The request was rejected because it was considered high risk"),
    "auth": ("K2", "Invalid Authentication"),
    "gated": ("L", "only available for Coding Agents"),
    "too-large": ("K2", "Request exceeds the maximum size"),
}
"""Texts that no request brings about by itself: a fault says them, and tests/simulator/faults looks at each.

The wait in a text is tested in tests/simulator/test_limits.py too, and keys in test_refused.py.
"""

LEFT_OUT = {
    "client-gated": "gating",
    "model-retired": "retirement of a model",
    "temperature-left-out": "refusal of omission",
    "effort-launch": "max-only effort at launch",
    "schema-limits": "documented limits, of which no refusal is on record",
    "reasoning-calls-coding": "the rule before it says the same",
    "reasoning-all-coding": "the rule before it says the same",
    "overflow-documented": "the rule after it says the same",
    "overflow-overload": "load",
}


def test_names_are_names_of_one() -> None:
    assert len(BY_NAME) == len(TABLE)


@pytest.mark.parametrize("name", BY_NAME)
def test_every_rule_has_a_row_that_it_refuses_and_one_that_it_takes(name: str) -> None:
    assert name in {row.rule for row in ROWS}
    assert name in {row.rule for row in ACCEPTED}


def test_every_row_is_of_a_rule() -> None:
    # `model` is said before the rules, by what looks the model up.
    assert {row.rule for row in ROWS} - {"model"} == set(BY_NAME)
    assert {row.rule for row in ACCEPTED} - {""} == set(BY_NAME)


WANTED = {
    "own": ("platform", "platform-cn", "platform-anthropic", "platform-responses", "coding"),
    "moonshot": ("platform", "platform-cn", "coding", "openrouter", "dashscope"),
    "self-hosted": ("vllm", "sglang", "dynamo"),
    "platform": ("platform", "platform-cn"),
    "coding": ("coding",),
    "any": ("platform", "coding", "openrouter", "vllm", "groq"),
}
ELSEWHERE = {
    "body-large": {"coding"},  # 2 MiB are refused before
    "keep": {"platform-anthropic", "platform-responses"},  # a field of Chat Completions alone
    "effort-while-off": {"platform-responses"},  # it does not think in `thinking`
    "stop": {"platform-anthropic", "platform-responses"},  # no field of theirs
    "previous-response": {"platform", "platform-cn", "platform-anthropic", "coding"},
}


@pytest.mark.parametrize("one", TABLE, ids=BY_NAME)
def test_every_rule_is_asked_at_each_of_its_endpoints(one: Rule) -> None:
    asked = {at for _, at in refusals_of([one]).values()}
    for word in one.at:
        wanted = WANTED[word] if word in GROUPS else (word,)
        assert set(wanted) - asked <= ELSEWHERE.get(one.name, set()), word


@pytest.mark.parametrize(("name", "text"), [(name, words) for name, (_, words) in FAULTS.items()])
def test_the_other_texts_are_faults(name: str, text: str) -> None:
    assert text in REFUSALS[name].message


def test_what_strictest_leaves_out() -> None:
    assert EXCLUDED == LEFT_OUT
    kept_there = {one.name for place in PLACES for one in kept(place_of(place), edition("strictest"))}
    assert kept_there == set(BY_NAME) - set(LEFT_OUT)


PLACES = (
    "platform",
    "coding",
    "platform-anthropic",
    "platform-responses",
    "openrouter",
    "siliconflow",
    "vllm",
    "dynamo",
    "fireworks",
    "groq",
    "cerebras",
    "ark",
    "nvidia",
)


@pytest.mark.parametrize("place", PLACES)
def test_strictest_has_what_any_month_has(place: str) -> None:
    strictest = {one.name for one in kept(place_of(place), edition("strictest"))}
    for month in ("2025-07", "2025-11", "2026-04", "2026-05", "2026-06", "2026-07", "2026-08", "latest"):
        assert {one.name for one in kept(place_of(place), edition(month))} - set(EXCLUDED) <= strictest


def test_a_rule_can_be_switched_off() -> None:
    place, now = place_of("platform"), edition("latest")
    names = [one.name for one in kept(place, now)]
    assert "sampling" in names and "role" in names
    assert [one.name for one in kept(place, now, ("sampling", "role"))] == [
        name for name in names if name not in ("sampling", "role")
    ]
    with pytest.raises(LocalProtocolError, match="no rule called 'manners'"):
        kept(place, now, ("manners",))


def test_the_table_of_the_page_has_a_row_for_each() -> None:
    lines = markdown_table().splitlines()
    assert len(lines) == 2 + len(TABLE)
    by_name = {line.split("`")[1]: line for line in lines[2:]}
    assert "| until 2026-06 |" in by_name["schema-described"]
    assert "| from 2025-11, until 2026-09 | recorded |" in by_name["reasoning-calls"]
    assert (
        "| until 2026-08; not in `strictest` (max-only effort at launch); not in `verifier` |"
        in by_name["effort-launch"]
    )
    assert "| `strictest` only | recorded |" in by_name["sampling-flapping"]
    assert "| always | ours |" in by_name["stop"]
    assert all(line.count(" | ") >= 5 for line in lines[2:])


def test_every_rule_says_what_it_refuses_and_whence_that_is_known() -> None:
    for one in TABLE:
        assert one.meaning and not one.meaning.endswith("."), one.name
        assert one.source, one.name
