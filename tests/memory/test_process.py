"""The memory of one process."""

import asyncio

from moonwire.core.recall import Keys, Turn, TurnKeys, match
from moonwire.memory import Limits, Memory, ProcessMemory
from tests.memory.samples import ANN, BOB, named, turn


def test_it_remembers_for_each_tenant_apart() -> None:
    async def run() -> None:
        memory: Memory = ProcessMemory()
        memory.put(ANN, named("a", "b"), "c")
        await memory.flush()
        assert await memory.get(ANN, ["a", "b", "x"], "c") == named_values("a", "b")
        assert await memory.get(ANN, ["a"]) == named_values("a")
        assert await memory.get(BOB, ["a"], "c") == {}
        stats = await memory.stats()
        assert (stats.kind, stats.hits, stats.misses, stats.conversations) == ("process", 3, 2, 2)
        assert await memory.purge(ANN) == 1
        assert await memory.get(ANN, ["a"], "c") == {}
        memory.put(ANN, {}, "c")
        await memory.aclose()

    asyncio.run(run())


def named_values(*keys: str) -> dict[str, tuple[Turn, ...]]:
    return dict.fromkeys(keys, (turn(),))


def test_a_conflict_is_seen_and_what_a_conversation_was_told_stays() -> None:
    async def run() -> None:
        memory = ProcessMemory()
        memory.put(ANN, named("a", value=turn("one")), "one")
        assert await memory.get(ANN, ["a"], "told") == {"a": (turn("one"),)}
        memory.put(ANN, named("a", value=turn("two")), "two")
        assert await memory.get(ANN, ["a"], "new") == {"a": (turn("one"), turn("two"))}
        assert await memory.get(ANN, ["a"], "told") == {"a": (turn("one"),)}
        asked = Keys(turns=(TurnKeys(index=1, keys=("a",)),))
        assert match(asked, await memory.get(ANN, ["a"])).turns == {}

    asyncio.run(run())


def test_what_is_too_large_leaves_its_trace_so_that_no_other_is_taken_for_it() -> None:
    async def run() -> None:
        memory = ProcessMemory(Limits(value=10))
        memory.put(ANN, named("a"), "one")
        memory.put(ANN, named("a", value=turn("x" * 11)), "two")
        assert len((await memory.get(ANN, ["a"]))["a"]) == 2
        assert (await memory.stats()).oversized == 1

    asyncio.run(run())


def test_it_is_bounded_by_bytes() -> None:
    async def run() -> None:
        memory = ProcessMemory(Limits(held=20_000))
        for number in range(100):
            memory.put(ANN, named(str(number), value=turn("x" * 1000)), str(number))
        assert (await memory.stats()).held <= 20_000
        assert await memory.get(ANN, ["0"], "0") == {}
        assert await memory.get(ANN, ["99"], "99") == {"99": (turn("x" * 1000),)}

    asyncio.run(run())
