"""The memory on disk: what it remembers, across restarts, workers and failures."""

import asyncio
import contextlib
import sqlite3
import threading
from pathlib import Path

import pytest

from moonwire.core.errors import MoonwireError
from moonwire.core.recall import Turn, Used
from moonwire.memory import Limits, Memory, Secret, SqliteMemory, Tenant
from moonwire.memory.database import DatabaseFailure
from tests.memory.samples import ANN, BOB, SECRET, Clock, named, opened, turn

ONE, TWO = turn("one"), turn("two")


def statement(folder: Path, text: str) -> None:
    """What somebody else does to the file."""
    with contextlib.closing(sqlite3.connect(folder / "memory.db", isolation_level=None)) as connection:
        connection.execute(text)


def test_it_is_known_at_once_and_after_a_restart(tmp_path: Path) -> None:
    records = {"a": turn(), "b": turn(), "u": Used(prompt=5, completion=6, reasoning=7, bytes=8)}
    expected = {key: (record,) for key, record in records.items()}

    async def run() -> None:
        async with opened(tmp_path) as memory:
            memory.put(ANN, records, "c")
            assert await memory.get(ANN, [*records, "x"], "c") == expected
        for conversation in ("c", "other", ""):
            async with opened(tmp_path) as memory:
                assert await memory.get(ANN, [*records, "x"], conversation) == expected
                assert await memory.get(ANN, [*records, "x"], conversation) == expected
                stats = await memory.stats()
                assert (stats.hits, stats.misses, stats.failures, stats.lost) == (6, 2, 0, 0)

    asyncio.run(run())


def test_it_is_opened_without_a_loop_and_used_in_several(tmp_path: Path) -> None:
    memory: Memory = SqliteMemory(tmp_path / "new" / "memory.db", SECRET)
    memory.put(ANN, named("a"))
    assert asyncio.run(memory.get(ANN, ["a"])) == {"a": (turn(),)}
    asyncio.run(memory.flush())
    asyncio.run(memory.aclose())


def test_two_values_are_unknown_and_an_equal_one_is_not_a_second(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path) as memory:
            for name, value in (("c", ONE), ("d", ONE), ("e", TWO)):
                memory.put(ANN, named("a", value=value), name)
                memory.put(ANN, named("same", value=ONE), name)
            memory.put(ANN, named("a", value=turn("three")), "e")
        async with opened(tmp_path) as memory:
            found = await memory.get(ANN, ["a", "same"], "new")
            assert len(found["a"]) == 2
            assert found["same"] == (ONE,)
            assert (await memory.get(ANN, ["a"], "e"))["a"] == (TWO, turn("three"))

    asyncio.run(run())


def test_what_a_conversation_was_told_it_is_told_again(tmp_path: Path) -> None:
    """Known, unknown or in doubt: others may put or evict what they like, its prefix stays as it is."""

    async def run() -> None:
        async with opened(tmp_path) as memory:
            memory.put(ANN, named("a", value=ONE), "one")
            memory.put(ANN, named("b", value=ONE), "one")
            memory.put(ANN, named("b", value=TWO), "two")
            first = await memory.get(ANN, ["a", "b"], "told")
            assert first == {"a": (ONE,), "b": (ONE, TWO)}
            memory.put(ANN, named("a", value=TWO), "two")
            assert await memory.get(ANN, ["a", "b"], "told") == first
            await memory.purge(ANN, "one")
        async with opened(tmp_path) as memory:
            assert await memory.get(ANN, ["a", "b"], "told") == first
            assert await memory.get(ANN, ["a"], "two") == {"a": (TWO,)}

    asyncio.run(run())


def test_tenants_never_meet(tmp_path: Path) -> None:
    tenants = [ANN, BOB, Tenant.of_credential("ann", SECRET), Tenant.of_credential("", SECRET)]

    async def run() -> None:
        for _ in range(2):
            async with opened(tmp_path) as memory:
                for number, tenant in enumerate(tenants):
                    memory.put(tenant, named("a", value=turn(str(number))), "c")
                for number, tenant in enumerate(tenants):
                    for name in ("c", "d", ""):
                        assert await memory.get(tenant, ["a"], name) == {"a": (turn(str(number)),)}
                assert await memory.get(Tenant.of_client("eve"), ["a"], "c") == {}

    asyncio.run(run())


def test_the_file_tells_nothing_without_the_secret(tmp_path: Path) -> None:
    words = ["reasoning-in-clear", "key-in-clear", "conversation-in-clear", "sk-credential", "tenant-name"]
    reasoning, key, conversation, credential, name = words

    def raw() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.iterdir())

    async def run() -> None:
        async with opened(tmp_path) as memory:
            for tenant in (Tenant.of_client(name), Tenant.of_credential(credential, SECRET)):
                memory.put(tenant, named(key, value=turn(f"{reasoning} " * 900)), conversation)
                assert await memory.get(tenant, [key], f"{conversation} two")
                await memory.flush()
                for hidden in (
                    *words,
                    "functions.read",
                    SECRET.reveal().decode(),
                    tenant.identity[-32:].hex(),
                ):
                    assert hidden.encode() not in raw()
                assert tenant.identity[-32:] not in raw()

    asyncio.run(run())
    assert not any(word.encode() in raw() for word in words)


def test_under_another_secret_nothing_is_known_and_nothing_fails(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path) as memory:
            memory.put(ANN, named("a"), "c")
        async with opened(tmp_path, secret=Secret(b"t" * 32)) as memory:
            assert await memory.get(ANN, ["a"], "c") == {}
            memory.put(ANN, named("a", value=TWO), "c")
            await memory.flush()
            stats = await memory.stats()
            assert (stats.conversations, stats.foreign, stats.failures) == (2, 1, 0)
        async with opened(tmp_path) as memory:
            assert await memory.get(ANN, ["a"], "c") == {"a": (turn(),)}

    asyncio.run(run())


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE held SET body = zeroblob(length(body))",
        "UPDATE held SET body = x'00'",
        "UPDATE records SET bond = zeroblob(16)",
        "UPDATE records SET value = 3 - value",
    ],
    ids=["zeroed", "cut", "loose", "swapped"],
)
def test_rows_that_cannot_be_opened_are_unknown_and_counted(tmp_path: Path, damage: str) -> None:
    async def run() -> None:
        async with opened(tmp_path) as memory:
            memory.put(ANN, named("a", value=ONE), "c")
            memory.put(ANN, named("b", value=TWO), "c")
        statement(tmp_path, damage)
        async with opened(tmp_path) as memory:
            assert await memory.get(ANN, ["a", "b"], "c") == {}
            stats = await memory.stats()
            assert (stats.unreadable, stats.failures) == (2, 0)
            # What is unreadable may be another value: a new one does not become the only one.
            memory.put(ANN, named("a", value=turn("three")), "c")
            for name in ("c", "d", ""):
                assert await memory.get(ANN, ["a"], name) == {}

    asyncio.run(run())


def test_larger_values_leave_a_trace_and_no_reasoning(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path, Limits(value=100)) as memory:
            memory.put(ANN, named("a", value=turn("x" * 101)), "c")
            memory.put(ANN, named("b", value=turn("x" * 100)), "c")
        async with opened(tmp_path, Limits(value=100)) as memory:
            found = await memory.get(ANN, ["a", "b"], "c")
            assert found == {"a": (Turn(natives=("functions.read:0",)),), "b": (turn("x" * 100),)}

    asyncio.run(run())


# -- what goes ---------------------------------------------------------------------------------


def test_conversations_are_evicted_whole_and_those_in_use_last(tmp_path: Path) -> None:
    async def run() -> None:
        clock, limits = Clock(), Limits(bytes=600_000, held=0)
        async with opened(tmp_path, limits, clock=clock) as memory:
            for number in range(60):
                clock.now += 120
                for step in range(4):
                    memory.put(
                        ANN, named(f"{number} {step}", value=turn(f"{number} {step}" * 900)), str(number)
                    )
                await memory.get(ANN, ["0 0"], "0")
                await memory.flush()
            await memory.flush()
            stats = await memory.stats()
            assert stats.bytes <= 600_000
            assert stats.evicted > 20
            keys = [f"{number} {step}" for number in range(60) for step in range(4)]
            found = await memory.get(ANN, keys)
            whole = [[f"{number} {step}" in found for step in range(4)] for number in range(60)]
            assert all(some in ([True] * 4, [False] * 4) for some in whole)
            assert whole[0][0] and whole[59][0]
            assert [some[0] for some in whole[1:]] == sorted(some[0] for some in whole[1:])
            assert stats.values == stats.conversations * 4

    asyncio.run(run())


def test_what_was_not_used_for_long_goes(tmp_path: Path) -> None:
    async def run() -> None:
        clock = Clock()
        async with opened(tmp_path, Limits(age=86400.0), clock=clock) as memory:
            memory.put(ANN, named("a"), "used")
            memory.put(ANN, named("b"), "left")
            await memory.flush()
            clock.now += 50_000
            assert await memory.get(ANN, ["a"], "used")
            await memory.flush()
        clock.now += 50_000
        async with opened(tmp_path, Limits(age=86400.0), clock=clock) as memory:
            await memory.flush()
            assert await memory.get(ANN, ["a", "b"]) == {"a": (turn(),)}
            assert (await memory.stats()).evicted == 1

    asyncio.run(run())


def test_purged_is_forgotten_here_and_by_other_workers(tmp_path: Path) -> None:
    async def run() -> None:
        clock = Clock()
        async with opened(tmp_path, clock=clock) as one, opened(tmp_path, clock=clock) as two:
            for tenant in (ANN, BOB):
                one.put(tenant, named("a"), "c")
                one.put(tenant, named("b"), "d")
            await one.flush()
            assert len(await two.get(ANN, ["a", "b"], "c")) == 2
            await two.flush()
            assert await one.purge(ANN) == 2
            clock.now += 1
            assert await one.get(ANN, ["a", "b"], "c") == {}
            assert await two.get(ANN, ["a", "b"], "c") == {}
            assert await two.get(BOB, ["a"], "c") == {"a": (turn(),)}
            assert await one.purge() == 2
            assert (await one.stats()).conversations == 0

    asyncio.run(run())


def test_a_read_that_was_under_way_does_not_bring_back_what_was_purged(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path) as memory:
            memory.put(ANN, named("a"), "c")
            await memory.flush()
            release = threading.Event()
            memory._reader.submit(release.wait, 10)
            reading = asyncio.ensure_future(memory.get(ANN, ["a"], "d"))
            purging = asyncio.ensure_future(memory.purge(ANN))
            await asyncio.sleep(0)
            release.set()
            assert await reading == {}
            await purging
            assert await memory.get(ANN, ["a"], "d") == {}

    asyncio.run(run())


class Beside:
    """What a reader sees of the writer: a commit that ends, or one that begins and ends, while it looks."""

    def __init__(self, *batches: int, writing: bool) -> None:
        self.writing = writing
        self._batches = list(batches)

    @property
    def batches(self) -> int:
        return self._batches.pop(0)


# -- several workers ---------------------------------------------------------------------------


def test_workers_see_what_others_wrote_and_where_they_contradict(tmp_path: Path) -> None:
    async def run() -> None:
        clock = Clock()
        async with opened(tmp_path, clock=clock) as one, opened(tmp_path, clock=clock) as two:
            one.put(ANN, named("a", value=ONE), "c")
            assert await one.get(ANN, ["a", "late"], "c") == {"a": (ONE,)}
            await one.flush()
            assert await two.get(ANN, ["a"], "c") == {"a": (ONE,)}
            two.put(ANN, named("a", value=TWO), "c")
            two.put(ANN, named("late", value=TWO), "c")
            await two.flush()
            clock.now += 1
            assert await one.get(ANN, ["a", "late"], "c") == {"a": (ONE, TWO), "late": (TWO,)}
            assert (await two.get(ANN, ["a"], "c"))["a"] == (ONE, TWO)

    asyncio.run(run())


@pytest.mark.parametrize("before", [False, True], ids=["begun here", "begun before"])
def test_one_worker_reads_nothing_twice(tmp_path: Path, before: bool) -> None:
    async def run() -> None:
        clock = Clock()
        if before:
            async with opened(tmp_path, clock=clock) as memory:
                memory.put(ANN, named("earlier"), "c")
        async with opened(tmp_path, clock=clock) as memory:
            asked: list[int] = []
            real = memory._reads.find

            def find(keys: list[bytes], name: bytes) -> object:
                asked.append(len(keys))
                return real(keys, name)

            memory._reads.find = find  # pyright: ignore[reportAttributeAccessIssue] -- counts, then does it
            for number in range(5):
                memory.put(ANN, named(str(number)), "c")
                await memory.flush()
                await memory.get(ANN, [str(n) for n in range(number + 1)], "c")
                clock.now += 1
            # Of a conversation that began here nothing is in the file but what was put here.
            assert asked == ([1, 1, 1, 1, 1] if before else [0, 0, 0, 0, 0])
            clock.now += 1
            async with opened(tmp_path, clock=clock) as other:
                other.put(ANN, named("x"), "d")
                await other.flush()
                await memory.get(ANN, ["0", "1"], "c")
            assert asked[-1] == 2

    asyncio.run(run())


def test_a_conversation_that_began_here_learns_what_others_put_into_it(tmp_path: Path) -> None:
    async def run() -> None:
        clock = Clock()
        async with opened(tmp_path, clock=clock) as memory, opened(tmp_path, clock=clock) as other:
            memory.put(ANN, named("a"), "c")
            await memory.flush()
            await memory.get(ANN, ["a"], "c")
            memory.put(ANN, named("b", value=turn("one")), "c")
            await memory.flush()
            assert memory._held.ask(ANN.identity, "c", ["b"], memory._seen) == ({"b": (turn("one"),)}, [])
            other.put(ANN, named("b", value=turn("two")), "c")
            await other.flush()
            clock.now += 1
            assert await memory.get(ANN, ["b"], "c") == {"b": (turn("one"), turn("two"))}

    asyncio.run(run())


def test_of_names_that_others_wrote_nothing_is_certain_until_they_are_read(tmp_path: Path) -> None:
    async def run() -> None:
        clock = Clock()
        async with opened(tmp_path, clock=clock) as memory, opened(tmp_path, clock=clock) as other:
            other.put(ANN, named("a", value=ONE), "theirs")
            await other.flush()
            clock.now += 1
            await memory.get(ANN, ["?"], "c")
            memory.put(ANN, named("a", value=TWO), "theirs")
            assert await memory.get(ANN, ["a"], "theirs") == {"a": (TWO, ONE)}
            # Nobody wrote since the last look: from now on all names are known again.
            clock.now += 1
            await memory.get(ANN, ["?"], "c")
            for name, values in (("ours", []), ("theirs", ["b"])):
                memory.put(ANN, named("b"), name)
                assert memory._held.ask(ANN.identity, name, ["b"], memory._seen)[1] == values

    asyncio.run(run())


def test_many_that_ask_at_once_are_answered_after_one_look(tmp_path: Path) -> None:
    async def run() -> None:
        clock = Clock()
        async with opened(tmp_path, clock=clock) as memory:
            memory.put(ANN, named("a"), "c")
            looks: list[object] = []
            real = memory._read

            def read(*args: object) -> object:
                looks.append(args)
                return real(*args)  # pyright: ignore[reportArgumentType] -- passed on as they came

            memory._read = read  # pyright: ignore[reportAttributeAccessIssue] -- counts, then does it
            found = await asyncio.gather(*(memory.get(ANN, ["a"], "c") for _ in range(5)))
            assert (len(looks), found) == (1, [{"a": (turn(),)}] * 5)

    asyncio.run(run())


@pytest.mark.parametrize("began", ["asked", "told"])
def test_a_conversation_that_was_forgotten_here_does_not_begin_anew(tmp_path: Path, began: str) -> None:
    async def run() -> None:
        clock = Clock()
        async with opened(tmp_path, Limits(held=3000), clock=clock) as memory:
            if began == "asked":
                assert await memory.get(ANN, ["k"], "c") == {}
                memory.put(ANN, named("k", value=ONE), "c")
            else:
                memory.put(ANN, named("k", value=ONE), "other")
                assert await memory.get(ANN, ["k"], "c") == {"k": (ONE,)}
            await memory.flush()
            for number in range(9):
                memory.put(ANN, named(f"x{number}"), f"d{number}")
            assert memory._held.group(ANN.identity, "c") is None
            memory.put(ANN, named("k", value=TWO), "c")
            await memory.flush()
            clock.now += 1
            assert set((await memory.get(ANN, ["k"], "c"))["k"]) == {ONE, TWO}

    asyncio.run(run())


def test_while_the_disk_is_slow_nobody_is_answered_with_what_was_known_before(tmp_path: Path) -> None:
    async def run() -> None:
        clock = Clock()
        async with opened(tmp_path, clock=clock) as memory, opened(tmp_path, clock=clock) as other:
            memory.put(ANN, named("k", value=ONE), "c")
            await memory.flush()
            assert await memory.get(ANN, ["k"], "c") == {"k": (ONE,)}
            slow, real, reads = threading.Event(), memory._read, list[object]()
            loop, begun = asyncio.get_running_loop(), asyncio.Event()

            def read(*args: object) -> object:
                reads.append(args)
                found = real(*args)  # pyright: ignore[reportArgumentType] -- passed on as they came
                loop.call_soon_threadsafe(begun.set)
                slow.wait(10)
                return found

            memory._read = read  # pyright: ignore[reportAttributeAccessIssue] -- slower, then does it
            clock.now += 1
            early = asyncio.ensure_future(memory.get(ANN, ["k"], "c"))
            await begun.wait()
            other.put(ANN, named("k", value=TWO), "c")
            await other.flush()
            clock.now += 1
            late = [asyncio.ensure_future(memory.get(ANN, ["k"], "c")) for _ in range(5)]
            await asyncio.sleep(0)
            assert not any(one.done() for one in late)
            slow.set()
            assert await early == {"k": (ONE,)}
            assert [set(found["k"]) for found in await asyncio.gather(*late)] == [{ONE, TWO}] * 5
            # One look for all of them, and what it found missing is read by each.
            assert len(reads) == 2 + 5

    asyncio.run(run())


def test_what_is_put_behind_a_purge_is_not_forgotten_with_it(tmp_path: Path) -> None:
    async def run() -> None:
        clock = Clock()
        async with opened(tmp_path, clock=clock) as memory:
            memory.put(ANN, named("a"), "c")
            await memory.purge(ANN)
            memory.put(ANN, named("b"), "c")
            clock.now += 1
            assert await memory.get(ANN, ["a", "b"], "c") == {"b": (turn(),)}
            assert memory._held.group(ANN.identity, "c") is not None

    asyncio.run(run())


def test_a_read_beside_a_commit_is_not_taken_for_certain(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path) as memory:
            memory.put(ANN, named("earlier"), "c")
        async with opened(tmp_path) as memory:
            memory.put(ANN, named("a"), "c")
            await memory.flush()
            real = memory._written
            for beside in (Beside(0, 0, writing=True), Beside(0, 1, writing=False)):
                memory._written = beside  # pyright: ignore[reportAttributeAccessIssue] -- its two numbers
                assert await memory.get(ANN, ["a"], "c") == {"a": (turn(),)}
                assert memory._held.ask(ANN.identity, "c", ["a"], memory._seen) == ({}, ["a"])
            memory._written = real
            assert memory._held.ask(ANN.identity, "c", ["a"], memory._seen) == ({}, ["a"])
            assert await memory.get(ANN, ["a"], "c") == {"a": (turn(),)}
            assert memory._held.ask(ANN.identity, "c", ["a"], memory._seen) == ({"a": (turn(),)}, [])

    asyncio.run(run())


# -- failures ----------------------------------------------------------------------------------


def test_a_full_disk_costs_what_is_written_and_no_request(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path) as memory:
            memory.put(ANN, named("before"), "c")
            await memory.flush()
            connection = memory._written._connection
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")
            text = "private" * 20_000
            memory.put(ANN, named("full", "more", value=turn(text)), "c")
            await memory.flush()
            assert await memory.get(ANN, ["before", "full"], "c") == {
                "before": (turn(),),
                "full": (turn(text),),
            }
            stats = await memory.stats()
            assert (stats.failures, stats.lost) == (1, 2)
            assert "SQLITE_FULL" in stats.failure
            assert "private" not in stats.failure
            connection.execute("PRAGMA max_page_count = 1000000")
            memory.put(ANN, named("after"), "c")
        async with opened(tmp_path) as memory:
            assert set(await memory.get(ANN, ["before", "full", "after"], "c")) == {"before", "after"}

    asyncio.run(run())


def test_a_read_that_fails_leaves_what_the_process_knows(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path) as memory:
            memory.put(ANN, named("a"), "c")
            await memory.flush()
            statement(tmp_path, "DROP TABLE records")
            assert await memory.get(ANN, ["a", "x"], "c") == {"a": (turn(),)}
            statement(tmp_path, "DROP TABLE held")
            stats = await memory.stats()
            assert stats.failures == 2
            assert "no such table" in stats.failure
            with pytest.raises(DatabaseFailure):
                await memory.purge()

    asyncio.run(run())


def test_a_file_that_cannot_be_used_is_an_error_and_leaves_nothing_open(tmp_path: Path) -> None:
    (tmp_path / "memory.db").write_bytes(b"something else entirely" * 50)
    with pytest.raises(MoonwireError, match="move it away"):
        SqliteMemory(tmp_path / "memory.db", SECRET)
    with pytest.raises(MoonwireError, match="MOONWIRE_DATA"):
        SqliteMemory(tmp_path / "memory.db" / "below" / "memory.db", SECRET)


# -- the end -----------------------------------------------------------------------------------


def test_closing_ends_its_threads_and_may_be_done_again(tmp_path: Path) -> None:
    def mine() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name.startswith("moonwire-memory")]

    async def run() -> None:
        memory = SqliteMemory(tmp_path / "memory.db", SECRET)
        memory.put(ANN, named("a"), "c")
        await memory.get(ANN, ["x"])
        assert len(mine()) == 2
        await asyncio.gather(memory.aclose(), memory.aclose())
        await memory.aclose()
        assert mine() == []
        memory.put(ANN, named("late"), "c")
        assert await memory.get(ANN, ["a", "late"], "c") == {"a": (turn(),), "late": (turn(),)}
        await memory.flush()
        assert (await memory.stats()).kind == "sqlite"
        with pytest.raises(MoonwireError, match="closed"):
            await memory.purge()

    asyncio.run(run())


def test_nothing_is_asked_of_it_for_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path) as memory:
            assert await memory.get(ANN, [], "c") == {}
            memory.put(ANN, {}, "c")
            await memory.flush()
            assert (await memory.stats()).conversations == 0

    asyncio.run(run())
