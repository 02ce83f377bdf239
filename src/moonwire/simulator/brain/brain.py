"""A deterministic mind: it thinks a little, calls what the task names, and answers with what came back."""

import random
from collections.abc import Callable

import msgspec

from moonwire.simulator.brain.answers import answer
from moonwire.simulator.brain.calls import next_calls
from moonwire.simulator.brain.damage import damage
from moonwire.simulator.brain.reading import last_user, rounds_done
from moonwire.simulator.brain.turn import Turn
from moonwire.simulator.brain.words import LENGTHS, thoughts
from moonwire.simulator.rules.ask import Ask

__all__ = ["think"]


def think(ask: Ask, rng: random.Random, count: Callable[[str], int]) -> Turn:
    """The turn that follows from the request and the seed, and from nothing else."""
    harm = damage(ask, rng)
    calls = next_calls(ask, rng)
    turn = Turn(thoughts=_thoughts(ask, rng, count) if ask.thinking else None)
    if harm == "empty":
        return turn
    if calls and harm == "stops":
        # It says what it is about to do, and does not do it.
        return msgspec.structs.replace(turn, text="I will look into it.")
    if calls:
        return msgspec.structs.replace(turn, calls=calls)
    return msgspec.structs.replace(turn, text=_continued(ask, answer(ask, rng)))


def _thoughts(ask: Ask, rng: random.Random, count: Callable[[str], int]) -> str:
    index, text = last_user(ask)
    done = rounds_done(ask)
    begun = f"Turn {index + 1}." if text else ""
    lead = f"Round {done} of the calls is back." if done else begun
    return thoughts(lead, LENGTHS.get(ask.effort, LENGTHS[""]), count, rng)


def _continued(ask: Ask, text: str) -> str:
    """Behind a begun answer only the rest is said (kimi-api.md H5)."""
    last = ask.messages[-1] if ask.messages else {}
    if last.get("partial") is not True or not isinstance(last.get("content"), str):
        return text
    begun: str = last["content"]
    return text[len(begun) :] if text.startswith(begun) else text
