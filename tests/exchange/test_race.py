"""The first that speaks goes on alone; nothing of the other is left."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from moonwire.exchange.race import race
from tests.transport.peers import run


class Runner:
    """Tries that end when the test says so."""

    def __init__(self) -> None:
        self.gates = {name: asyncio.Event() for name in "ab"}
        self.began: list[str] = []
        self.ended: list[str] = []
        self.dropped: list[str] = []
        self.fails: set[str] = set()
        self.stubborn: set[str] = set()

    async def go(self, name: str) -> str:
        self.began.append(name)
        try:
            await self.gates[name].wait()
        except asyncio.CancelledError:
            if name not in self.stubborn:
                raise
        finally:
            self.ended.append(name)
        if name in self.fails:
            raise OSError(name)
        return name

    def second(self) -> Coroutine[Any, Any, str]:
        return self.go("b")

    async def drop(self, name: str) -> None:
        self.dropped.append(name)

    def race(self, after: float = 0.0) -> "asyncio.Task[str]":
        return asyncio.ensure_future(race(self.go("a"), self.second, after, drop=self.drop))


async def until(names: list[str], length: int = 1) -> None:
    """Lets everything run that can, until so many names are there."""
    async with asyncio.timeout(5):
        while len(names) < length:  # noqa: ASYNC110 -- what is waited for happens in other tasks
            await asyncio.sleep(0)


def test_a_try_that_speaks_in_time_stays_alone() -> None:
    async def story() -> None:
        runner = Runner()
        runner.gates["a"].set()
        assert await runner.race(after=60) == "a"
        assert runner.began == ["a"]

    run(story)


@pytest.mark.parametrize(("winner", "loser"), [("a", "b"), ("b", "a")])
def test_the_first_that_speaks_goes_on_and_the_other_is_broken_off(winner: str, loser: str) -> None:
    async def story() -> None:
        runner = Runner()
        racing = runner.race()
        await until(runner.began, 2)
        runner.gates[winner].set()
        assert await racing == winner
        assert sorted(runner.ended) == ["a", "b"]
        assert runner.dropped == []
        assert loser in runner.ended

    run(story)


def test_there_need_be_no_second() -> None:
    async def story() -> None:
        runner = Runner()
        racing = asyncio.ensure_future(race(runner.go("a"), lambda: None, 0.0, drop=runner.drop))
        await until(runner.began)
        runner.gates["a"].set()
        assert await racing == "a"

    run(story)


@pytest.mark.parametrize(("failing", "other"), [("a", "b"), ("b", "a")])
def test_a_try_that_fails_leaves_it_to_the_other(failing: str, other: str) -> None:
    async def story() -> None:
        runner = Runner()
        runner.fails = {failing}
        racing = runner.race()
        await until(runner.began, 2)
        runner.gates[failing].set()
        await until(runner.ended)
        runner.gates[other].set()
        assert await racing == other

    run(story)


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_where_both_fail_the_first_ones_failure_counts(order: str) -> None:
    async def story() -> None:
        runner = Runner()
        runner.fails = {"a", "b"}
        racing = runner.race()
        await until(runner.began, 2)
        for number, name in enumerate(order, 1):
            runner.gates[name].set()
            await until(runner.ended, number)
        with pytest.raises(OSError, match=r"^a$"):
            await racing

    run(story)


def test_a_first_that_fails_before_the_time_has_no_second() -> None:
    async def story() -> None:
        runner = Runner()
        runner.fails = {"a"}
        runner.gates["a"].set()
        with pytest.raises(OSError, match=r"^a$"):
            await runner.race(after=60)
        assert runner.began == ["a"]

    run(story)


def test_what_the_other_came_to_meanwhile_is_dropped() -> None:
    async def story() -> None:
        runner = Runner()
        runner.stubborn = {"b"}
        racing = runner.race()
        await until(runner.began, 2)
        runner.gates["a"].set()
        assert await racing == "a"
        assert runner.dropped == ["b"]

    run(story)


def test_a_caller_that_leaves_ends_both() -> None:
    async def story() -> None:
        runner = Runner()
        racing = runner.race()
        await until(runner.began, 2)
        racing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await racing
        assert sorted(runner.ended) == ["a", "b"]

    run(story)
