"""The ids that each server gives to tool calls (kimi-api.md C1)."""

import random
from collections.abc import Callable, Mapping
from typing import Final

from moonwire.core.catalogue import Target
from moonwire.core.catalogue.endpoints import Endpoint
from moonwire.simulator.rules.ask import Ask, a_list
from moonwire.simulator.settings import Ids

__all__ = ["call_id", "calls_before", "style_of"]

_Make = Callable[[str, int, int, random.Random], str]

_STYLES: Final[Mapping[Ids, _Make]] = {
    "functions": lambda name, before, place, rng: f"functions.{name}:{before + place}",
    "colon": lambda name, before, place, rng: f"{name}:{before + place}",
    "colon-turn": lambda name, before, place, rng: f"{name}:{place}",
    "underscore": lambda name, before, place, rng: f"{name}_{before + place}",
    "underscore-turn": lambda name, before, place, rng: f"{name}_{place}",
    "call": lambda name, before, place, rng: f"call_{rng.getrandbits(96):024x}",
    "uuid": lambda name, before, place, rng: _uuid(rng),
}


def _uuid(rng: random.Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def style_of(target: Target, place: Endpoint) -> Ids:
    """The style of this model behind this endpoint, where the settings name none."""
    k3 = target.family == "k3"
    if place.rules:
        return "underscore-turn" if k3 else "colon" if target.family == "k2" else "call"
    if place.name == "vllm":
        return "colon-turn" if k3 else "functions"
    if place.name == "sglang":
        return "colon" if k3 else "functions"
    if place.name == "fireworks":
        return "colon-turn" if k3 else "functions"
    return "call" if k3 or place.name == "dynamo" else "functions"


def calls_before(ask: Ask) -> int:
    """How many calls the history has: what K2 counts on from."""
    return sum(len(a_list(message.get("tool_calls"))) for message in ask.messages)


def call_id(style: Ids, name: str, before: int, place: int, rng: random.Random) -> str:
    """The id of the call at this place of the turn.

    >>> rng = random.Random(0)
    >>> call_id("colon", "read", 3, 1, rng), call_id("underscore-turn", "read", 3, 1, rng)
    ('read:4', 'read_1')
    """
    return _STYLES[style](name, before, place, rng)
