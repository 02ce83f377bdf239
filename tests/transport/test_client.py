"""The client over real sockets: retries, deadlines, cancelling, and many requests at once."""

import asyncio
import hashlib
import random
import socket
import threading

import pytest

from moonwire.core.errors import LocalProtocolError, TransportError
from moonwire.transport import (
    Client,
    ClientClosed,
    Disconnected,
    FirstByteTimeout,
    Timeouts,
    TotalTimeout,
    Truncated,
    WriteTimeout,
)
from tests.transport.peers import OK, Peer, answering, run, serve


def test_a_request_arrives_as_it_was_given(loop: str) -> None:
    seen: list[tuple[str, bytes]] = []

    async def script(peer: Peer) -> None:
        while (request := await peer.request())[0]:
            seen.append(request)
            peer.send(OK)

    async def main() -> None:
        large = random.Random(1).randbytes(3_000_000)
        async with serve(script) as server, Client() as client:
            for body in (b"", b"small", large):
                response = await client.send("POST", f"{server.url}/a?b", headers=[("X-A", "b")], body=body)
                assert (response.status, await response.read()) == (200, b"ok")
            assert server.accepted == 1
        assert seen[1][0] == (
            f"POST /a?b HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nX-A: b\r\n"
            "Accept-Encoding: identity\r\nContent-Length: 5\r\n\r\n"
        )
        assert [body for _, body in seen] == [b"", b"small", large]

    run(main, loop)


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_kept_connection_that_is_closed_under_a_request_is_replaced_once(loop: str, how: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        if peer.number in answered:
            peer.send(OK)
            await peer.request()
        if how == "reset":
            peer.reset()

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            await (await client.send("POST", server.url, body=b"x")).read()
            # The second connection does answer; the third has just been made, so its end is no race.
            assert await (await client.send("POST", server.url, body=b"y")).read() == b"ok"
            assert server.accepted == 2
            with pytest.raises(Disconnected) as caught:
                await client.send("POST", server.url, body=b"z")
            assert (caught.value.before_response, caught.value.sent) == (True, True)
            assert server.accepted == 3
            assert client._pool is not None
            assert client._pool._total == 0

    answered = {0, 1}
    run(main, loop)


def test_a_request_is_not_repeated_once_a_byte_has_come(loop: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(OK)
        await peer.request()
        peer.send(b"H")

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            await (await client.send("POST", server.url)).read()
            with pytest.raises(Disconnected, match="within the response") as caught:
                await client.send("POST", server.url)
            assert (caught.value.before_response, server.accepted) == (False, 1)

    run(main, loop)


def test_a_repeated_request_can_be_cancelled_and_its_slot_is_free(loop: str) -> None:
    async def script(peer: Peer) -> None:
        if peer.number == 1:
            again.set()
            await peer.gone()
            return
        await peer.request()
        peer.send(OK)
        await peer.request()

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            await (await client.send("POST", server.url)).read()
            sending = asyncio.ensure_future(client.send("POST", server.url))
            await again.wait()
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            assert client._pool is not None
            assert client._pool._total == 0

    again = asyncio.Event()
    run(main, loop)


def test_the_first_byte_has_a_deadline_that_1xx_do_not_move(loop: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        await peer.gone()
        gone.set()

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            with pytest.raises(FirstByteTimeout, match=r"no response within 0\.05 s") as caught:
                await client.send("POST", f"{server.url}/secret?secret", timeouts=Timeouts(first_byte=0.05))
            assert (caught.value.origin, caught.value.seconds) == (server.url, 0.05)
            assert "secret" not in str(caught.value)
            await gone.wait()

    gone = asyncio.Event()
    run(main, loop)


def test_all_of_it_has_a_deadline(loop: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        ticking = True

        def tick() -> None:
            if ticking:
                peer.send(b"1\r\nx\r\n")
                asyncio.get_running_loop().call_later(0.005, tick)

        tick()
        await peer.gone()
        ticking = False

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            response = await client.send("GET", server.url, timeouts=Timeouts(total=0.1, idle=0.05))
            with pytest.raises(TotalTimeout, match=r"not done within 0\.1 s"):
                await response.read()
            # Nobody reads: the deadline is the same, and what had come is still there.
            response = await client.send("GET", server.url, timeouts=Timeouts(total=0.05))
            while response._inbox.line is not None:
                gone = asyncio.Event()
                asyncio.get_running_loop().call_later(0.01, gone.set)
                await gone.wait()
            assert (await anext(response)).startswith(b"x")
            with pytest.raises(TotalTimeout):
                await anext(response)
            with pytest.raises(TotalTimeout):
                await client.send("GET", server.url, timeouts=Timeouts(total=0.0))

    run(main, loop)


def test_a_server_that_does_not_take_the_request(loop: str) -> None:
    async def script(peer: Peer) -> None:
        await release.wait()
        await peer.gone()

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            with pytest.raises(WriteTimeout, match=r"not taken within 0\.05 s"):
                await client.send(
                    "POST", server.url, body=bytes(64 << 20), timeouts=Timeouts(write=0.05, first_byte=9)
                )
            release.set()

    release = asyncio.Event()
    run(main, loop)


def test_a_slow_server_that_takes_the_request_gets_its_time(loop: str) -> None:
    size = 24 << 20

    async def script(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        left = size
        while left:
            tick = asyncio.Event()
            asyncio.get_running_loop().call_later(0.01, tick.set)
            await tick.wait()
            for _ in range(8):
                left -= len(await peer.reader.read(1 << 18)) if left else 0
        peer.send(OK)
        await peer.gone()

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            response = await client.send("POST", server.url, body=bytes(size), timeouts=Timeouts(write=0.05))
            assert await response.read() == b"ok"

    run(main, loop)


def test_an_answer_before_the_request_was_read_is_an_answer(loop: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        peer.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
        await peer.gone()

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            response = await client.send("POST", server.url, body=bytes(64 << 20))
            assert (response.status, await response.read()) == (413, b"no")
            # The rest of the request is never sent, so the connection is of no more use.
            assert client._pool is not None
            assert client._pool._total == 0

    run(main, loop)


def test_a_request_that_breaks_off_says_that_it_was_not_sent(loop: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        peer.reset()

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            with pytest.raises(Disconnected) as caught:
                await client.send("POST", server.url, body=bytes(64 << 20))
            assert (caught.value.before_response, caught.value.sent) == (True, False)

    run(main, loop)


@pytest.mark.parametrize("moment", ["head", "body"])
def test_cancelling_one_request_closes_its_connection_and_no_other(loop: str, moment: str) -> None:
    async def script(peer: Peer) -> None:
        head, _ = await peer.request()
        if "/victim" in head:
            if moment == "body":
                peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
            reached.set()
            await peer.gone()
            gone.set()
        else:
            await gone.wait()
            peer.send(OK)
            await peer.gone()

    async def victim(client: Client, url: str) -> bytes:
        return await (await client.send("GET", url)).read()

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            others = [asyncio.ensure_future(client.send("GET", server.url)) for _ in range(3)]
            sending = asyncio.ensure_future(victim(client, f"{server.url}/victim"))
            await reached.wait()
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            for other in others:
                assert await (await other).read() == b"ok"
            assert client._pool is not None
            assert client._pool._total == 3

    reached, gone = asyncio.Event(), asyncio.Event()
    run(main, loop)


def test_two_hundred_requests_at_once_each_get_their_own(loop: str) -> None:
    async def script(peer: Peer) -> None:
        while (request := await peer.request())[0]:
            digest = hashlib.sha256(request[1]).hexdigest().encode()
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for at in range(0, 64, 16):
                peer.send(b"10\r\n%s\r\n" % digest[at : at + 16])
                await peer.writer.drain()
            peer.send(b"0\r\n\r\n")

    async def one(client: Client, url: str, n: int) -> None:
        body = b"%d" % n * (n + 1)
        response = await client.send("POST", url, body=body)
        assert await response.read() == hashlib.sha256(body).hexdigest().encode()

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            for _ in range(2):
                await asyncio.gather(*(one(client, server.url, n) for n in range(200)))
            assert client._pool is not None
            assert server.accepted <= 200 + client._limits.max_idle
            assert client._pool._total == len(client._pool._idle) <= client._limits.max_idle

    run(main, loop)


def test_a_server_in_another_thread_that_dies_without_a_word(loop: str) -> None:
    """A raw socket: RST instead of FIN, in the middle of a body."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serving() -> None:
        sock, _ = listening.accept()
        with sock:
            sock.recv(65536)
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            told.wait(10)

    async def main() -> None:
        async with Client() as client:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            response = await client.send("GET", url)
            assert await anext(response) == b"abc"
            told.set()
            with pytest.raises(Truncated, match="after 3 of 9 bytes"):
                await response.read()

    told = threading.Event()
    thread = threading.Thread(target=serving)
    with listening:
        thread.start()
        run(main, loop)
        thread.join()


def test_closing_the_client_ends_what_is_under_way(loop: str) -> None:
    async def script(peer: Peer) -> None:
        head, _ = await peer.request()
        if "/body" in head:
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
        else:
            reached.set()
        await peer.gone()

    async def main() -> None:
        async with serve(script) as server:
            client = Client()
            response = await client.send("GET", f"{server.url}/body")
            sending = asyncio.ensure_future(client.send("GET", server.url))
            await reached.wait()
            await client.aclose()
            await client.aclose()
            with pytest.raises(ClientClosed):
                await sending
            assert await anext(response) == b"abc"
            with pytest.raises(ClientClosed):
                await anext(response)
            with pytest.raises(ClientClosed) as caught:
                await client.send("GET", server.url)
            assert isinstance(caught.value, TransportError)

    reached = asyncio.Event()
    run(main, loop)


def test_a_client_belongs_to_one_loop() -> None:
    async def main() -> None:
        async with serve(answering(OK)) as server:
            await (await client.send("GET", server.url)).read()
            await client.aclose()

    async def other() -> None:
        client._closed = False
        with pytest.raises(LocalProtocolError, match="event loop of its first request"):
            await client.send("GET", "http://127.0.0.1:1")

    client = Client()
    run(main)
    run(other)


def test_what_cannot_be_sent_is_refused_before_anything_is_opened() -> None:
    async def main() -> None:
        async with Client() as client:
            for url, headers in (("ftp://a", []), ("http://a", [("X", "a\nb")])):
                with pytest.raises(LocalProtocolError):
                    await client.send("GET", url, headers=headers)
            assert client._pool is None

    run(main)
