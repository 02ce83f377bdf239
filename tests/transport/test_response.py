"""Responses as a reader sees them: pieces, backpressure, leaving early, codings."""

import asyncio
import gc
import gzip
import math
import tracemalloc

import pytest

from moonwire.core.errors import LocalProtocolError, RemoteProtocolError
from moonwire.transport import BodyTooLarge, Client, IdleTimeout, Limits, Timeouts, Truncated
from moonwire.transport.connection import Connection
from tests.transport.peers import OK, Peer, answering, run, serve

STREAM = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def test_pieces_come_as_they_arrive_and_several_at_once_if_they_wait(loop: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(STREAM + chunk(b"a"))
        await first.wait()
        peer.send(chunk(b"b") + chunk(b"c") + b"0\r\n\r\n")
        await peer.gone()

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            response = await client.send("POST", server.url)
            pieces: list[bytes] = []
            async for piece in response:
                pieces.append(piece)
                first.set()
            assert pieces == [b"a", b"bc"]
            assert [piece async for piece in response] == []
            assert repr(response) == f"Response(200 from {server.url})"
            assert response.origin == server.url

    first = asyncio.Event()
    run(main, loop)


def test_a_slow_reader_stops_the_server_and_its_idle_clock(
    loop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    size, most = 32 << 20, 100_000

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size >> 16):
            peer.send(bytes(1 << 16))
            await peer.writer.drain()
        await peer.gone()

    def noted(connection: Connection) -> None:
        pause(connection)
        paused.set()

    async def main() -> None:
        # The idle deadline passes several times while nobody reads.
        timeouts = Timeouts(idle=0.02)
        async with serve(script) as server, Client(limits=Limits(buffered_bytes=most)) as client:
            response = await client.send("GET", server.url, timeouts=timeouts)
            await paused.wait()
            passed = asyncio.Event()
            asyncio.get_running_loop().call_later(0.06, passed.set)
            await passed.wait()
            assert most < response._inbox.size < most + (1 << 19)
            total = 0
            async for piece in response:
                total += len(piece)
                assert len(piece) < most + (1 << 19)
            assert total == size

    pause, paused = Connection._pause, asyncio.Event()
    monkeypatch.setattr(Connection, "_pause", noted)
    tracemalloc.start()
    try:
        run(main, loop)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20


def test_the_idle_deadline_runs_while_somebody_waits(loop: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(STREAM + chunk(b"a"))
        await peer.gone()
        gone.set()

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            response = await client.send("GET", server.url, timeouts=Timeouts(idle=0.05))
            assert await anext(response) == b"a"
            with pytest.raises(IdleTimeout, match=r"stopped for 0\.05 s") as caught:
                await anext(response)
            assert caught.value.origin == server.url
            await gone.wait()
            with pytest.raises(IdleTimeout):
                await response.read()

    gone = asyncio.Event()
    run(main, loop)


def test_a_body_that_breaks_off_is_delivered_and_then_told(loop: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            response = await client.send("GET", server.url)
            assert await anext(response) == b"abc"
            with pytest.raises(Truncated) as caught:
                await anext(response)
            assert (caught.value.received, caught.value.expected) == (3, 9)

    run(main, loop)


@pytest.mark.parametrize("how", ["aclose", "with", "cancel", "forget", "too large"])
def test_leaving_early_closes_the_connection_at_once(loop: str, how: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(STREAM + chunk(b"abc"))
        await peer.gone()
        gone.set()

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            response = await client.send("GET", server.url)
            if how == "aclose":
                await response.aclose()
            elif how == "with":
                async with response:
                    assert await anext(response) == b"abc"
            elif how == "cancel":
                reading = asyncio.ensure_future(response.read())
                await asyncio.sleep(0)
                reading.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await reading
            elif how == "too large":
                with pytest.raises(BodyTooLarge, match="larger than 2 bytes"):
                    await response.read(2)
            if how != "forget":
                with pytest.raises(LocalProtocolError, match="was closed"):
                    await response.read()
            del response
            gc.collect()
            await gone.wait()

    gone = asyncio.Event()
    run(main, loop)


def test_a_whole_body_may_be_read_after_the_connection_serves_another(loop: str) -> None:
    async def main() -> None:
        async with serve(answering(OK, OK.replace(b"ok", b"no"))) as server, Client() as client:
            first = await client.send("GET", server.url)
            second = await client.send("GET", server.url)
            assert (await second.read(), await first.read(), await first.read()) == (b"no", b"ok", b"")
            assert server.accepted == 1
            await first.aclose()
            assert await (await client.send("GET", server.url)).read() == b"no"
            assert server.accepted == 1

    run(main, loop)


def compressed(body: bytes, coding: bytes = b"gzip") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n"
    return head % (coding, len(body)) + body


def test_a_compressed_body_that_nobody_asked_for_is_read(loop: str) -> None:
    answer = compressed(gzip.compress(b"hello" * 1000, mtime=0))

    async def main() -> None:
        async with serve(answering(answer)) as server, Client() as client:
            response = await client.send("GET", server.url)
            assert await response.read() == b"hello" * 1000
            assert response.header("content-encoding") == "gzip"
            response = await client.send("HEAD", server.url)
            assert response.status == 200
            assert await response.read() == b""

    run(main, loop)


def test_an_identity_coding_is_none(loop: str) -> None:
    async def main() -> None:
        async with serve(answering(compressed(b"as it is", b"identity"))) as server, Client() as client:
            assert await (await client.send("GET", server.url)).read() == b"as it is"

    run(main, loop)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (compressed(gzip.compress(bytes(10 << 20), mtime=0)), "comes to more than 1000000 bytes"),
        (compressed(gzip.compress(b"hello", mtime=0)[:-3]), "breaks off"),
        (compressed(b"hello"), "cannot be decoded"),
        (compressed(b"hello", b"br"), "not asked for: br"),
    ],
)
def test_a_coding_that_cannot_be_read_is_the_servers_fault_and_stays_it(
    loop: str, answer: bytes, text: str
) -> None:
    async def main() -> None:
        limits = Limits(inflated_bytes=1_000_000)
        async with serve(answering(answer)) as server, Client(limits=limits) as client:
            response = await client.send("GET", server.url)
            for _ in range(2):
                with pytest.raises(RemoteProtocolError, match=text):
                    await response.read()

    run(main, loop)


def test_a_compressed_stream_that_breaks_off_is_a_broken_connection(loop: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(compressed(gzip.compress(b"hello", mtime=0))[:-3])

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            response = await client.send("GET", server.url)
            with pytest.raises(Truncated):
                await response.read()

    run(main, loop)


def test_a_compressed_response_that_is_closed_is_closed(loop: str) -> None:
    async def main() -> None:
        async with (
            serve(answering(compressed(gzip.compress(b"hello", mtime=0)))) as server,
            Client() as client,
        ):
            response = await client.send("GET", server.url)
            await response.aclose()
            with pytest.raises(LocalProtocolError, match="was closed"):
                await response.read()

    run(main, loop)


def test_without_deadlines_there_is_no_timer(loop: str) -> None:
    forever = Timeouts(
        connect=math.inf,
        write=math.inf,
        first_byte=math.inf,
        idle=math.inf,
        total=math.inf,
        pool=math.inf,
    )

    async def main() -> None:
        limits = Limits(keep_alive=math.inf)
        async with serve(answering(OK)) as server, Client(limits=limits) as client:
            assert await (await client.send("GET", server.url, timeouts=forever)).read() == b"ok"
            assert client._pool is not None
            (connection,) = client._pool._open
            assert connection._timer is None

    run(main, loop)
