"""The pool: which connection serves whom, in which order, and that no slot is ever lost."""

import asyncio
from collections.abc import Awaitable

import pytest

from moonwire.transport import Client, ClientClosed, Limits, PoolTimeout, Response, Timeouts, TotalTimeout
from moonwire.transport.pool import Pool
from tests.transport.peers import OK, Peer, Script, answering, run, serve

ONE = Limits(per_origin=1)


def pool_of(client: Client) -> Pool:
    assert client._pool is not None
    return client._pool


def counts(client: Client) -> tuple[int, int, int]:
    """Slots, idle connections, waiting requests."""
    pool = pool_of(client)
    assert pool._total == sum(queue.count for queue in pool._queues.values())
    assert len(pool._idle) == sum(len(queue.idle) for queue in pool._queues.values())
    assert pool._waiting == sum(len(queue.waiting) for queue in pool._queues.values())
    return pool._total, len(pool._idle), pool._waiting


def gated(gate: asyncio.Semaphore, order: list[str] | None = None) -> Script:
    """Answers one request each time that the gate is opened."""

    async def script(peer: Peer) -> None:
        while head := (await peer.request())[0]:
            if order is not None:
                order.append(head.split()[1])
            await gate.acquire()
            peer.send(OK)

    return script


async def settle() -> None:
    """Lets everything that is ready run."""
    for _ in range(20):
        await asyncio.sleep(0)


async def bodies(*sending: Awaitable[Response]) -> list[bytes]:
    return [await response.read() for response in await asyncio.gather(*sending)]


def test_the_latest_idle_connection_is_used_first(loop: str) -> None:
    served: list[int] = []

    async def script(peer: Peer) -> None:
        while (await peer.request())[0]:
            served.append(peer.number)
            if len(served) < 3:
                await gate.wait()
            elif len(served) == 3:
                gate.set()
            peer.send(OK)

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            await bodies(*(client.send("GET", server.url) for _ in range(3)))
            assert counts(client) == (3, 3, 0)
            latest = list(pool_of(client)._idle)[-1]
            for _ in range(3):
                assert await (await client.send("GET", server.url)).read() == b"ok"
                assert list(pool_of(client)._idle)[-1] is latest
            assert server.accepted == 3

    gate = asyncio.Event()
    run(main, loop)


def test_who_waits_is_served_in_order(loop: str) -> None:
    order: list[str] = []

    async def main() -> None:
        gate = asyncio.Semaphore(0)
        async with serve(gated(gate, order)) as server, Client(limits=ONE) as client:
            sending = [asyncio.ensure_future(client.send("GET", f"{server.url}/{n}")) for n in range(5)]
            await settle()
            assert counts(client) == (1, 0, 4)
            sending[2].cancel()
            for _ in range(4):
                gate.release()
            for n in (0, 1, 3, 4):
                assert await (await sending[n]).read() == b"ok"
            assert order == ["/0", "/1", "/3", "/4"]
            assert server.accepted == 1
            assert counts(client) == (1, 1, 0)

    run(main, loop)


def test_waiting_has_a_deadline_and_takes_nothing_along(loop: str) -> None:
    async def main() -> None:
        gate = asyncio.Semaphore(0)
        async with serve(gated(gate)) as server, Client(limits=ONE) as client:
            first = asyncio.ensure_future(client.send("GET", server.url))
            await settle()
            with pytest.raises(PoolTimeout, match=r"no connection came free within 0\.03 s") as caught:
                await client.send("GET", server.url, timeouts=Timeouts(pool=0.03))
            assert caught.value.origin == server.url
            with pytest.raises(TotalTimeout):
                await client.send("GET", server.url, timeouts=Timeouts(total=0.03))
            assert counts(client) == (1, 0, 0)
            gate.release()
            assert await (await first).read() == b"ok"

    run(main, loop)


def test_a_request_that_fails_hands_its_slot_on(loop: str) -> None:
    async def script(peer: Peer) -> None:
        while (await peer.request())[0] and peer.number:
            peer.send(OK)

    async def main() -> None:
        async with serve(script) as server, Client(limits=ONE) as client:
            sending = [asyncio.ensure_future(client.send("GET", server.url)) for _ in range(3)]
            done = await asyncio.gather(*sending, return_exceptions=True)
            assert [type(one).__name__ for one in done] == ["Disconnected", "Response", "Response"]
            assert counts(client) == (1, 1, 0)

    run(main, loop)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_request_that_is_cancelled_as_it_is_served_hands_on(loop: str, moment: str) -> None:
    async def main() -> None:
        async with serve(answering(OK)) as server, Client(limits=ONE) as client:
            held = await client.send("GET", server.url)
            await held.read()
            pool = pool_of(client)
            queue = pool.queue(server.url)
            connection = pool.take(queue)
            assert connection is not None
            sending = [asyncio.ensure_future(client.send("GET", server.url)) for _ in range(2)]
            await settle()
            assert counts(client) == (1, 0, 2)
            # Served with the connection, or with its slot; cancelled before it can run.
            pool.release(connection, reusable=moment == "before")
            sending[0].cancel()
            assert await (await sending[1]).read() == b"ok"
            with pytest.raises(asyncio.CancelledError):
                await sending[0]
            assert counts(client) == (1, 1, 0)

    run(main, loop)


def test_a_connection_that_dies_on_its_way_to_a_request_is_replaced(loop: str) -> None:
    async def main() -> None:
        async with serve(answering(OK)) as server, Client(limits=ONE) as client:
            await (await client.send("GET", server.url)).read()
            pool = pool_of(client)
            connection = pool.take(pool.queue(server.url))
            assert connection is not None
            sending = asyncio.ensure_future(client.send("GET", server.url))
            await settle()
            pool.release(connection, reusable=True)
            connection.abort()
            assert await (await sending).read() == b"ok"
            assert (server.accepted, counts(client)) == (2, (1, 1, 0))

    run(main, loop)


def test_all_origins_share_the_total_and_idle_ones_make_room(loop: str) -> None:
    async def main() -> None:
        gate = asyncio.Semaphore(0)
        limits = Limits(per_origin=2, total=2)
        async with (
            serve(answering(OK)) as first,
            serve(gated(gate)) as second,
            Client(limits=limits) as client,
        ):
            await bodies(client.send("GET", first.url), client.send("GET", first.url))
            assert counts(client) == (2, 2, 0)
            sending = [asyncio.ensure_future(client.send("GET", second.url)) for _ in range(2)]
            await settle()
            third = asyncio.ensure_future(client.send("GET", first.url))
            fourth = asyncio.ensure_future(client.send("GET", second.url))
            while counts(client) != (2, 0, 2):
                await settle()
            for _ in range(3):
                gate.release()
            assert await bodies(*sending, third, fourth) == [b"ok"] * 4
            assert counts(client)[0] <= 2

    run(main, loop)


def test_idle_connections_are_few_and_do_not_stay(loop: str) -> None:
    async def script(peer: Peer) -> None:
        while (await peer.request())[0]:
            peer.send(OK)
        await peer.gone()
        closed.release()

    async def main() -> None:
        limits = Limits(max_idle=2, keep_alive=0.05)
        async with serve(script) as server, Client(limits=limits) as client:
            await bodies(*(client.send("GET", server.url) for _ in range(5)))
            assert counts(client)[1] <= 2
            for _ in range(server.accepted):
                await closed.acquire()
            await settle()
            assert counts(client) == (0, 0, 0)
            assert pool_of(client)._open == set()

    closed = asyncio.Semaphore(0)
    run(main, loop)


def test_an_idle_connection_that_has_expired_is_not_taken(loop: str) -> None:
    async def main() -> None:
        async with serve(answering(OK)) as server, Client() as client:
            await (await client.send("GET", server.url)).read()
            (connection,) = pool_of(client)._idle
            connection.expires = 0.0  # its timer is late
            assert await (await client.send("GET", server.url)).read() == b"ok"
            assert (server.accepted, counts(client)) == (2, (1, 1, 0))

    run(main, loop)


def test_an_idle_connection_that_the_server_closes_is_dropped(loop: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(OK)
        await close.wait()

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            await (await client.send("GET", server.url)).read()
            assert counts(client) == (1, 1, 0)
            close.set()
            while counts(client) != (0, 0, 0):
                await settle()
            assert pool_of(client)._open == set()

    close = asyncio.Event()
    run(main, loop)


def test_who_waits_when_the_client_closes_is_told(loop: str) -> None:
    async def main() -> None:
        gate = asyncio.Semaphore(0)
        async with serve(gated(gate)) as server:
            client = Client(limits=ONE)
            sending = [asyncio.ensure_future(client.send("GET", server.url)) for _ in range(3)]
            await settle()
            await client.aclose()
            for outcome in await asyncio.gather(*sending, return_exceptions=True):
                assert isinstance(outcome, ClientClosed)
            assert counts(client) == (0, 0, 0)

    run(main, loop)


def test_origins_that_are_not_used_are_forgotten(loop: str) -> None:
    async def main() -> None:
        pool = Pool(asyncio.get_running_loop(), Limits(total=3))
        kept = pool.queue("http://0")
        assert pool.reserve(kept)
        for n in range(10):
            pool.queue(f"http://{n}")
        assert len(pool._queues) <= 3
        assert pool.queue("http://0") is kept

    run(main, loop)
