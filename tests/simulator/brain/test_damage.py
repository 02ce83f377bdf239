"""What mangled ids do: measured shapes, and that native ones do nothing."""

import random
from typing import Any

import pytest

from moonwire.simulator.brain.damage import STOPS, damage
from tests.simulator.asking import an_ask, called, user

ROWS: list[tuple[str, str, str, str]] = [
    ("vllm", "kimi-k2.6", "functions.read:0", ""),
    ("vllm", "kimi-k2.6", "read:0", ""),
    ("vllm", "kimi-k2.6", "call_abc123def456", ""),
    ("vllm", "kimi-k2.6", "functions_Read_0", "empty"),
    ("platform", "kimi-k2.6", "functions_Read_0", ""),
    ("vllm", "kimi-k2.6", "tool_abc", ""),
    ("vllm", "kimi-k3", "functions_Read_0", ""),
    ("vllm", "kimi-k3", "functionsread0", ""),
]


@pytest.mark.parametrize(("at", "model", "identity", "expected"), ROWS)
def test_what_an_id_does(at: str, model: str, identity: str, expected: str) -> None:
    ask = an_ask([*user("Go on."), *called(identity)], model=model, at=at)
    assert damage(ask, random.Random(0)) == expected


def test_fused_ids_stop_four_of_five_runs() -> None:
    ask = an_ask([*user("Go on."), *called("functionsread0")], model="kimi-k2.6", at="platform")
    found = [damage(ask, random.Random(seed)) for seed in range(500)]
    assert set(found) == {"", "stops"}
    assert abs(found.count("stops") / 500 - STOPS) < 0.06


def test_ids_of_any_type_are_read() -> None:
    values: list[Any] = [None, 3, [], {}]
    calls: list[Any] = [{"id": value} for value in values]
    messages: list[Any] = [*user("Go on."), {"role": "assistant", "tool_calls": [*calls, None, 3]}]
    assert damage(an_ask(messages, model="kimi-k2.6", at="vllm"), random.Random(0)) == ""
