"""A model with a purpose, in the simulator's place for one: it counts up with a tool, and knows nothing else.

What it knows it reads in the request, as a model does: the last number that stands there. So a history that
loses a result, doubles one or forgets the task leads to a wrong answer.
"""

import asyncio
import random
import re
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import Any, TypeVar
from weakref import WeakSet

import pytest

from moonwire.agent import Agent
from moonwire.client import Kimi
from moonwire.exchange.config import Options, Retries
from moonwire.simulator import Server, Settings
from moonwire.simulator.brain import Call, Turn
from moonwire.simulator.rules import Ask
from moonwire.simulator.rules.ask import texts_of

__all__ = ["ENOUGH", "Think", "agent_at", "counting", "go", "kimi_at", "playing", "requests"]

T = TypeVar("T")

ENOUGH = 30
QUICK = Options(retries=Retries(base=0.001, longest=0.002), thoughts_only="honest", tail=0.05)
STANDS = re.compile(r"the counter stands at (\d+)", re.IGNORECASE)

Think = Callable[[Ask, random.Random, Callable[[str], int]], Turn]


def counting(ask: Ask, rng: random.Random, count: Callable[[str], int]) -> Turn:
    """Calls `step` with the number that it saw last, up to the end; says where it is if it is asked to."""
    thoughts = "I look at the counter and go on from there." if ask.thinking else None
    words = [text for message in ask.messages for text in texts_of(message.get("content"))]
    seen = [int(number) for text in words for number in STANDS.findall(text)]
    now = seen[-1] if seen else 0
    if "Summarise" in words[-1] or "aside" in words[-1]:
        return Turn(thoughts=thoughts, text=f"The counter stands at {now}.")
    if now >= ENOUGH:
        return Turn(thoughts=thoughts, text=f"Done: {now}.")
    return Turn(thoughts=thoughts, calls=(Call("step", f'{{"after":{now}}}'),))


@contextmanager
def playing(
    monkeypatch: pytest.MonkeyPatch, think: Think | None = None, settings: Settings | None = None
) -> Generator[Server]:
    """An endpoint under the strictest rules, with this in the place of its model."""
    if think is not None:
        monkeypatch.setattr("moonwire.simulator.outcome.think", think)
    with Server(settings or Settings(rules="strictest")) as server:
        yield server


_MADE: WeakSet[Kimi] = WeakSet()


def kimi_at(server: Server, model: str = "kimi-k3", **setup: Any) -> Kimi:
    """A client of this endpoint, which waits for nothing."""
    setup.setdefault("endpoint", server.app.settings.endpoint)
    kimi = Kimi(model, "any", server.base_url, environ={}, options=QUICK, trust_env=False, **setup)
    _MADE.add(kimi)
    return kimi


def go(work: Coroutine[Any, Any, T]) -> T:
    """Runs it within twenty seconds, and closes the clients that it used."""

    async def closing() -> T:
        try:
            async with asyncio.timeout(20):
                return await work
        finally:
            for kimi in tuple(_MADE):
                await kimi.aclose()

    return asyncio.run(closing())


def requests(server: Server) -> list[dict[str, Any]]:
    """The bodies of all generations that the endpoint was asked for."""
    return [one.request for one in server.exchanges if one.path.endswith("/chat/completions")]


def agent_at(server: Server, *tools: Any, model: str = "kimi-k3", **more: Any) -> Agent:
    """An agent of this endpoint."""
    return Agent(kimi_at(server, model), tools, **more)
