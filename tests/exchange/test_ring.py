"""Keys in turn: rest, shunning, how many at once and a minute, and who waits for how long."""

import asyncio

import pytest

from moonwire.core.errors import RateLimited
from moonwire.exchange import ring as rings
from moonwire.exchange.ring import Lease, Ring
from tests.exchange.upstreams import Clock
from tests.transport.peers import run


def ring(*keys: str, concurrency: int = 0, rpm: int = 0, now: Clock | None = None) -> Ring:
    return Ring(keys, concurrency=concurrency, rpm=rpm, now=now or Clock())


async def taken(of: Ring, count: int, patience: float = 0.0) -> list[Lease]:
    return [await of.take(None, patience) for _ in range(count)]


def names(leases: list[Lease]) -> str:
    return "".join(lease.key for lease in leases)


def test_keys_are_taken_in_turn() -> None:
    async def main() -> None:
        keys = ring("a", "b", "c")
        seen: list[str] = []
        for _ in range(6):
            lease = await keys.take("own", 0)
            seen.append(lease.key)
            lease.release()
        assert seen == ["a", "b", "c", "a", "b", "c"]

    run(main)


def test_the_key_with_least_to_do_is_taken() -> None:
    async def main() -> None:
        keys = ring("a", "b")
        first, second, third = await taken(keys, 3)
        assert (first.key, second.key, third.key) == ("a", "b", "a")
        first.release()
        third.release()
        assert names(await taken(keys, 2)) == "aa" or names(await taken(keys, 2)) == "ab"
        assert keys.has_keys and keys.several

    run(main)


def test_a_caller_without_and_an_upstream_without_a_key() -> None:
    async def main() -> None:
        keys = ring()
        assert not keys.has_keys and not keys.several and not keys.spare()
        assert (await keys.take("own", 0)).key == "own"
        assert (await keys.take(None, 0)).key == ""

    run(main)


def test_a_key_that_rests_is_passed_over() -> None:
    async def main() -> None:
        now = Clock()
        keys = ring("a", "b", now=now)
        (lease,) = await taken(keys, 1)
        lease.rest(now() + 30)
        lease.rest(now() + 5)
        lease.release()
        assert keys.spare()
        assert names(await taken(keys, 3)) == "bbb"
        now.now += 30
        assert "a" in names(await taken(keys, 1))

    run(main)


def test_where_every_key_rests_the_caller_is_told_how_long() -> None:
    async def main() -> None:
        now = Clock()
        keys = ring("a", "b", now=now)
        for lease, seconds in zip(await taken(keys, 2), (30, 20), strict=True):
            lease.rest(now() + seconds)
        assert not keys.spare()
        with pytest.raises(RateLimited) as caught:
            await keys.take(None, 10)
        assert caught.value.retry_after == 20
        assert caught.value.status == 429 and caught.value.remedy

    run(main)


def test_a_short_rest_is_waited_for() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        keys = Ring(("a",), concurrency=0, rpm=0, now=loop.time)
        (lease,) = await taken(keys, 1)
        until = loop.time() + 0.02
        lease.rest(until)
        assert (await keys.take(None, 1)).key == "a"
        assert loop.time() >= until

    run(main)


def test_a_shunned_key_is_the_last_choice_and_still_one() -> None:
    async def main() -> None:
        now = Clock()
        keys = ring("a", "b", concurrency=1, now=now)
        (lease,) = await taken(keys, 1)
        lease.shun(now() + 60)
        lease.release()
        assert names(await taken(keys, 2)) == "ba"

    run(main)


def test_a_full_key_waits_until_one_is_given_back_first_come_first_served() -> None:
    async def main() -> None:
        keys = ring("a", "b", concurrency=1)
        first, second = await taken(keys, 2)
        order: list[str] = []

        async def want(name: str) -> Lease:
            lease = await keys.take(None, 1)
            order.append(f"{name} has {lease.key}")
            return lease

        tasks = [asyncio.create_task(want(name)) for name in "123"]
        for _ in range(3):
            await asyncio.sleep(0)
        assert order == []
        second.release()
        second.release()
        third = await tasks[0]
        first.release()
        fourth = await tasks[1]
        assert order == ["1 has b", "2 has a"]
        third.release()
        await tasks[2]
        assert order == ["1 has b", "2 has a", "3 has b"]
        fourth.release()

    run(main)


def test_nobody_overtakes_those_who_wait() -> None:
    async def main() -> None:
        keys = ring("a", concurrency=1)
        (first,) = await taken(keys, 1)
        waiting = asyncio.create_task(keys.take(None, 1))
        await asyncio.sleep(0)
        first.release()
        # The key is free, and there is somebody before this one.
        late = asyncio.create_task(keys.take(None, 1))
        lease = await waiting
        assert not late.done()
        lease.release()
        (await late).release()

    run(main)


def test_patience_ends() -> None:
    async def main() -> None:
        keys = ring("a", concurrency=1)
        (lease,) = await taken(keys, 1)
        with pytest.raises(RateLimited, match="1 requests at once"):
            await keys.take(None, 0.01)
        lease.release()
        (await keys.take(None, 0)).release()

    run(main)


def test_whoever_gives_up_stands_in_nobodys_way() -> None:
    async def main() -> None:
        keys = ring("a", concurrency=1)
        (lease,) = await taken(keys, 1)
        leaves, stays = (asyncio.create_task(keys.take(None, 1)) for _ in range(2))
        await asyncio.sleep(0)
        leaves.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaves
        lease.release()
        (await stays).release()
        assert (await keys.take(None, 0)).key == "a"

    run(main)


def test_requests_a_minute_are_counted_per_key_and_forgotten() -> None:
    async def main() -> None:
        now = Clock()
        keys = ring("a", "b", rpm=2, now=now)
        leases = await taken(keys, 4)
        assert sorted(names(leases)) == ["a", "a", "b", "b"]
        for lease in leases:
            lease.release()
        now.now += 20
        with pytest.raises(RateLimited) as caught:
            await keys.take(None, 39)
        assert caught.value.retry_after == 40
        now.now += 40
        assert len(await taken(keys, 4)) == 4

    run(main)


def test_those_who_waited_for_the_minute_do_not_go_all_at_once() -> None:
    async def main() -> None:
        now = Clock()
        keys = ring("a", rpm=1, now=now)
        await taken(keys, 1)
        now.now += 59.99
        tasks = [asyncio.create_task(keys.take(None, 0.05)) for _ in range(2)]
        await asyncio.sleep(0)
        now.now += 0.01
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(one).__name__ for one in done] == ["Lease", "RateLimited"]

    run(main)


def test_callers_keys_have_limits_of_their_own() -> None:
    async def main() -> None:
        keys = ring(concurrency=1)
        ann = await keys.take("ann", 0)
        assert (await keys.take("bob", 0)).key == "bob"
        with pytest.raises(RateLimited):
            await keys.take("ann", 0)
        ann.release()
        assert (await keys.take("ann", 0)).key == "ann"

    run(main)


def test_callers_keys_are_bounded_and_those_in_use_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rings, "KEPT", 2)

    async def main() -> None:
        keys = ring(concurrency=1)
        busy = await keys.take("busy", 0)
        for name in "abcdef":
            (await keys.take(name, 0)).release()
        with pytest.raises(RateLimited):
            await keys.take("busy", 0)
        busy.release()

    run(main)
