"""The shapes of ids, and who gives which."""

import random
import re
from typing import Any

import pytest

from moonwire.core.catalogue import resolve
from moonwire.core.catalogue.endpoints import find_endpoint
from moonwire.simulator.output.ids import call_id, calls_before, style_of
from moonwire.simulator.settings import IDS, Ids
from tests.simulator.asking import an_ask, called, user

SHAPES: list[tuple[Ids, str]] = [
    ("functions", r"functions\.read:4"),
    ("colon", r"read:4"),
    ("colon-turn", r"read:1"),
    ("underscore", r"read_4"),
    ("underscore-turn", r"read_1"),
    ("call", r"call_[0-9a-f]{24}"),
    ("uuid", r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
]


@pytest.mark.parametrize(("style", "pattern"), SHAPES)
def test_the_second_call_of_a_turn_behind_three(style: Ids, pattern: str) -> None:
    assert re.fullmatch(pattern, call_id(style, "read", 3, 1, random.Random(0)))


def test_every_style_has_a_shape() -> None:
    assert {style for style, _ in SHAPES} == set(IDS) - {""}


OWNERS: list[tuple[str, str, Ids]] = [
    ("platform", "kimi-k3", "underscore-turn"),
    ("platform", "kimi-k2.6", "colon"),
    ("coding", "k3", "underscore-turn"),
    ("platform", "moonshot-v1-8k", "call"),
    ("vllm", "moonshotai/Kimi-K3", "colon-turn"),
    ("vllm", "kimi-k2.6", "functions"),
    ("sglang", "kimi-k3", "colon"),
    ("sglang", "kimi-k2.6", "functions"),
    ("fireworks", "kimi-k3", "colon-turn"),
    ("dynamo", "kimi-k2.6", "call"),
]


@pytest.mark.parametrize(("at", "model", "style"), OWNERS)
def test_who_gives_which(at: str, model: str, style: Ids) -> None:
    assert style_of(resolve(model, at), find_endpoint(at)) == style


@pytest.mark.parametrize(
    ("more", "expected"),
    [([], 0), (called("a", "b"), 2), ([{"tool_calls": "x"}, {"tool_calls": None}, {"tool_calls": [1]}], 1)],
)
def test_the_calls_of_the_history_are_counted(more: list[Any], expected: int) -> None:
    assert calls_before(an_ask([*user("Hi."), *more])) == expected
