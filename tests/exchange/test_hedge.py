"""An upstream that says nothing for a while is asked a second time beside it, where that is wanted."""

import asyncio
import contextlib

import msgspec
import pytest

from moonwire.core.errors import ServerFailure
from moonwire.exchange.config import Options
from tests.exchange.upstreams import (
    FAILURE,
    HEAD,
    QUICK,
    WELL,
    Scripted,
    Speaks,
    asked,
    codes,
    quick,
    running,
    then_hang,
    upstream,
)
from tests.transport.peers import Peer, run, serve

HEDGED = quick(hedge=0.01)
LATE = 0.05
"""Seconds until a slow upstream speaks; longer than it takes to hedge."""
ONCE = msgspec.structs.replace(QUICK, attempts=1)


def late(data: bytes) -> Speaks:
    """Says nothing for a while, then this."""

    async def say(peer: Peer) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LATE):
                await peer.gone()
        peer.send(data)

    return say


def test_the_second_answers_and_the_first_is_left() -> None:
    async def main() -> None:
        left = asyncio.Event()
        slow = Scripted(then_hang(HEAD, left.set), WELL)
        async with (
            serve(slow.run) as at,
            running(upstream("a", at.url, "one", "two"), options=HEDGED) as line,
        ):
            reply, answer = await line.complete(asked())
            await left.wait()
            assert reply.text == "hello"
            assert codes(answer.notes) == ["request-hedged"]
            # Both keys are free again.
            assert line.hosts["a"].ring.requests == 0
        assert sorted(slow.keys) == ["one", "two"]
        assert slow.bodies[0] == slow.bodies[1]

    run(main)


def test_the_first_may_still_be_faster() -> None:
    async def main() -> None:
        second, gone = asyncio.Event(), asyncio.Event()

        async def first(peer: Peer) -> None:
            await second.wait()
            peer.send(WELL)

        async def never(peer: Peer) -> None:
            second.set()
            await then_hang(b"", gone.set)(peer)

        slow = Scripted(first, never)
        async with serve(slow.run) as at, running(upstream("a", at.url, "k"), options=HEDGED) as line:
            reply, _ = await line.complete(asked())
            await gone.wait()
            assert reply.text == "hello"
            assert line.hosts["a"].ring.requests == 0

    run(main)


@pytest.mark.parametrize("options", [quick(), quick(hedge=60.0), quick(hedge=0.01, retries=ONCE)])
def test_without_need_or_leave_it_is_asked_once(options: Options) -> None:
    async def main() -> None:
        scripted = Scripted(late(WELL))
        async with serve(scripted.run) as at, running(upstream("a", at.url, "k"), options=options) as line:
            reply, answer = await line.complete(asked())
            assert (reply.text, codes(answer.notes)) == ("hello", [])
        assert len(scripted.bodies) == 1

    run(main)


def test_where_every_key_is_taken_the_first_is_waited_for() -> None:
    async def main() -> None:
        scripted = Scripted(late(WELL))
        one = upstream("a", "", "k", concurrency=1)
        async with serve(scripted.run) as at:
            one = msgspec.structs.replace(one, base_url=at.url)
            async with running(one, options=HEDGED) as line:
                reply, _ = await line.complete(asked())
                assert reply.text == "hello"
        assert len(scripted.bodies) == 1

    run(main)


def test_two_that_fail_are_one_failure_told() -> None:
    async def main() -> None:
        scripted = Scripted(late(FAILURE), FAILURE)
        options = quick(hedge=0.01, retries=msgspec.structs.replace(QUICK, attempts=2))
        async with serve(scripted.run) as at, running(upstream("a", at.url, "k"), options=options) as line:
            with pytest.raises(ServerFailure):
                await line.complete(asked())
        assert len(scripted.bodies) == 2

    run(main)
