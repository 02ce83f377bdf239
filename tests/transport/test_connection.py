"""One connection: every shape of a response, at every split, and when it may be used again."""

import asyncio
import socket
from typing import cast

import pytest

from moonwire.core.errors import MoonwireError, RemoteProtocolError
from moonwire.transport import Client, Disconnected, Limits, Timeouts, Truncated
from moonwire.transport.connection import NAME_BYTES, NAMES, NAMES_KEPT, Connection, header_name
from moonwire.transport.inbox import Inbox
from tests.transport.peers import OK, Peer, answering, closing, run, serve


class Owner:
    """Notes what a pool would do."""

    def __init__(self) -> None:
        self.reusable: list[bool] = []

    def release(self, connection: Connection, *, reusable: bool) -> None:
        self.reusable.append(reusable)

    def lost(self, connection: Connection) -> None: ...


class Transport(asyncio.Transport):
    """A transport that keeps what happens to it."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.calls.append("write")

    def abort(self) -> None:
        self.calls.append("abort")

    def pause_reading(self) -> None:
        self.calls.append("pause_reading")

    def resume_reading(self) -> None:
        self.calls.append("resume_reading")

    def is_closing(self) -> bool:
        return "abort" in self.calls


class Loop:
    """A clock that stands still."""

    def time(self) -> float:
        return 0.0

    def call_at(self, when: float, callback: object) -> asyncio.TimerHandle:
        return cast(asyncio.TimerHandle, self)

    def cancel(self) -> None: ...


def heard(
    *data: bytes, method: str = "GET", eof: bool = False, limits: Limits | None = None
) -> tuple[Inbox, list[bool], list[str]]:
    """What is in the inbox after these reads, what the pool was told, what was done to the socket."""
    owner, transport = Owner(), Transport()
    loop = cast(asyncio.AbstractEventLoop, Loop())
    connection = Connection(loop, owner, None, "http://a", limits or Limits())
    connection.connection_made(transport)
    inbox = Inbox(loop, "http://a", Timeouts(), 100.0)
    connection.start(inbox, method, b"GET / HTTP/1.1\r\n\r\n", b"")
    for piece in data:
        if not connection.closed:
            connection.data_received(piece)
    if eof:
        connection.eof_received()
    connection.connection_lost(None)
    return inbox, owner.reusable, transport.calls


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
# response, method, status, body, may be used again
WHOLE: list[tuple[bytes, str, int, bytes, bool]] = [
    (OK, "POST", 200, b"ok", True),
    (b"HTTP/1.1 404\r\nContent-Length: 2\r\n\r\nno", "POST", 404, b"no", True),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "POST", 200, b"", True),
    (CHUNKED + b'2\r\nab\r\n0a;x="y";z\r\n0123456789\r\n0\r\n\r\n', "POST", 200, b"ab0123456789", True),
    (CHUNKED + b"1\r\na\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n", "POST", 200, b"a", True),
    (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK,
        "POST",
        200,
        b"ok",
        True,
    ),
    (b"HTTP/1.1 204 No Content\r\n\r\n", "POST", 204, b"", True),
    (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "GET", 304, b"", True),
    (b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", "GET", 204, b"", True),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD", 200, b"", True),
    (CHUNKED, "HEAD", 200, b"", True),
    (b"HTTP/1.1 200 OK\r\n\r\n", "HEAD", 200, b"", True),
    (b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 9\r\n\r\n", "HEAD", 200, b"", False),
    (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", "GET", 200, b"ok", False),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "GET", 200, b"ok", False),
    (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", "GET", 200, b"ok", False),
    (b"HTTP/1.1 200 OK\r\n\r\nto the end", "GET", 200, b"to the end", False),
    (b"HTTP/1.0 200 OK\r\n\r\n", "GET", 200, b"", False),
]


@pytest.mark.parametrize(("data", "method", "status", "body", "reusable"), WHOLE)
def test_a_response_is_the_same_at_every_split(
    data: bytes, method: str, status: int, body: bytes, reusable: bool
) -> None:
    splits = [(data[:cut], data[cut:]) for cut in range(1, len(data))]
    for pieces in [(data,), *splits, tuple(data[at : at + 1] for at in range(len(data)))]:
        inbox, told, _ = heard(*pieces, method=method, eof=True)
        assert (inbox.status, b"".join(inbox.pieces), inbox.error) == (status, body, None), pieces
        assert told == [reusable], pieces


@pytest.mark.parametrize("garbage", [b"H", b"x", OK, b"HTTP/1.1 200 OK\r\n\r\nsecond"])
@pytest.mark.parametrize("row", [row for row in WHOLE if row[4]])
def test_bytes_after_the_end_are_not_of_the_body_and_forbid_reuse(
    row: tuple[bytes, str, int, bytes, bool], garbage: bytes
) -> None:
    inbox, told, calls = heard(row[0] + garbage, method=row[1])
    assert (inbox.status, b"".join(inbox.pieces), inbox.error) == (row[2], row[3], None)
    assert (told, "abort" in calls) == ([False], True)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"SSH-2.0-OpenSSH\r\n", "no HTTP"),
        (b"HTTP/2 200 OK\r\n\r\n", "no HTTP"),
        (b"\x16\x03\x01", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", "Content-Length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nab", "Content-Length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nab", "Content-Length"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "transfer coding"),
        (b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", "whitespace"),
        (b"HTTP/1.1 200 OK\r\nX a\r\n\r\n", "no HTTP"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello", "not asked for"),
        (b"HTTP/1.1 103 Hints\r\nContent-Length: 1\r\n\r\nx" + OK, "informational|no HTTP"),
    ],
)
def test_what_is_no_http_is_the_servers_fault(data: bytes, text: str) -> None:
    for pieces in [(data,), tuple(data[at : at + 1] for at in range(len(data)))]:
        inbox, told, calls = heard(*pieces)
        assert isinstance(inbox.error, RemoteProtocolError)
        assert inbox.error.args[0].startswith("http://a: ")
        with pytest.raises(RemoteProtocolError, match=text):
            raise inbox.error
        assert (inbox.status, told, "abort" in calls) == (0, [False], True)


@pytest.mark.parametrize("chunk", [b"x\r\n", b"-1\r\n", b"1\r\nab\r\n", b"fffffffffffffffff\r\n"])
def test_a_bad_chunk_is_an_error_after_what_came_before_it(chunk: bytes) -> None:
    inbox, told, _ = heard(CHUNKED, b"2\r\nab\r\n" + chunk)
    assert b"".join(inbox.pieces).startswith(b"ab")
    assert isinstance(inbox.error, RemoteProtocolError)
    assert told == [False]


LIMITS = Limits(header_bytes=1000)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000 + b"\r\n\r\nbody",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2000,
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 400,
        b"HTTP/1.1 103 Hints\r\n\r\n" * 100,
        b"HTTP/1.1 200 " + b"x" * 2000,
    ],
)
def test_headers_are_bounded(data: bytes) -> None:
    for size in (1, 7, 100, len(data)):
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        inbox, _, _ = heard(*pieces, limits=LIMITS)
        assert isinstance(inbox.error, RemoteProtocolError)
        assert "1000 bytes of headers" in str(inbox.error)


@pytest.mark.parametrize(
    "data", [b"1;" + b"x" * 2000, b"0\r\nX: " + b"x" * 2000, b"0\r\n" + b"X: y\r\n" * 400]
)
def test_so_is_what_stands_between_the_pieces_of_a_body(data: bytes) -> None:
    inbox, _, _ = heard(CHUNKED, *[data[at : at + 50] for at in range(0, len(data), 50)], limits=LIMITS)
    assert inbox.status == 200
    assert "1000 bytes of headers or framing" in str(inbox.error)


def test_a_large_body_behind_the_headers_is_not_a_large_header() -> None:
    inbox, told, _ = heard(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + bytes(5000), limits=LIMITS)
    assert (inbox.error, inbox.size, told) == (None, 5000, [True])


CUT: list[tuple[bytes, MoonwireError]] = [
    (b"", Disconnected(origin="http://a", before_response=True)),
    (b"HTTP/1.1 200 OK\r\nX:", Disconnected(origin="http://a")),
    (b"HTTP/1.1 100 Continue\r\n\r\n", Disconnected(origin="http://a")),
    (OK[:-1], Truncated(origin="http://a", received=1, expected=2)),
    (CHUNKED + b"3\r\nab", Truncated(origin="http://a", received=2)),
    (CHUNKED + b"2\r\nab\r\n0\r\n", Truncated(origin="http://a", received=2)),
]


@pytest.mark.parametrize(("data", "error"), CUT)
def test_a_response_that_breaks_off_says_how_far_it_came(data: bytes, error: Disconnected) -> None:
    inbox, told, _ = heard(*([data] if data else []), eof=True)
    assert (type(inbox.error), str(inbox.error)) == (type(error), str(error))
    assert isinstance(inbox.error, Disconnected)
    assert (inbox.error.before_response, inbox.error.sent) == (error.before_response, True)
    assert told == [False]


def test_reading_pauses_when_nobody_takes_and_goes_on_when_somebody_does() -> None:
    owner, transport = Owner(), Transport()
    loop = cast(asyncio.AbstractEventLoop, Loop())
    connection = Connection(loop, owner, None, "http://a", Limits(buffered_bytes=10))
    connection.connection_made(transport)
    inbox = Inbox(loop, "http://a", Timeouts(), 100.0)
    connection.start(inbox, "GET", b"", b"")
    connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + bytes(10))
    assert transport.calls == ["write"]
    connection.data_received(bytes(1))
    connection.data_received(bytes(1))
    assert transport.calls == ["write", "pause_reading"]
    assert inbox.take() == bytes(12)
    assert transport.calls == ["write", "pause_reading", "resume_reading"]
    connection.data_received(bytes(88))
    assert owner.reusable == [True]
    assert (inbox.error, inbox.take()) == (None, bytes(88))


def test_names_in_odd_spellings_are_not_kept_without_end() -> None:
    assert header_name(b"X-A") == NAMES[b"X-A"] == "x-a"
    long = b"X" * (NAME_BYTES + 1)
    assert header_name(long) not in NAMES.values()
    for n in range(2 * NAMES_KEPT):
        header_name(b"X-%d" % n)
    assert len(NAMES) <= NAMES_KEPT


def test_headers_come_trimmed_and_in_order(loop: str) -> None:
    answer = b"HTTP/1.1 200 Fine by me\r\nX-B:  1 \t\r\nA:\r\nx-b: \xe9\r\nContent-Length: 0\r\n\r\n"

    async def main() -> None:
        async with serve(answering(answer)) as server, Client() as client:
            response = await client.send("GET", server.url)
            assert response.headers == [("x-b", "1"), ("a", ""), ("x-b", "é"), ("content-length", "0")]
            assert (response.reason, response.http_version) == ("Fine by me", "1.1")
            assert (response.header("X-B"), response.header("a"), response.header("c")) == ("1, é", "", None)

    run(main, loop)


def test_bytes_while_it_is_idle_end_the_connection(loop: str) -> None:
    async def script(peer: Peer) -> None:
        while (await peer.request())[0]:
            peer.send(OK)
            if peer.number == 0:
                await peer.writer.drain()
                await told.wait()
                peer.send(OK)
                await peer.gone()
                gone.set()

    async def main() -> None:
        async with serve(script) as server, Client() as client:
            assert await (await client.send("GET", server.url)).read() == b"ok"
            told.set()
            await gone.wait()
            assert await (await client.send("GET", server.url)).read() == b"ok"
            assert server.accepted == 2

    told, gone = asyncio.Event(), asyncio.Event()
    run(main, loop)


def test_small_packets_are_sent_at_once(loop: str) -> None:
    async def main() -> None:
        async with serve(answering(OK)) as server, Client() as client:
            await (await client.send("GET", server.url)).read()
            assert client._pool is not None
            (connection,) = client._pool._open
            assert connection._transport is not None
            sock = connection._transport.get_extra_info("socket")
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert repr(connection) == f"Connection({server.url}, idle)"

    run(main, loop)


def test_a_body_to_the_end_of_the_connection(loop: str) -> None:
    async def main() -> None:
        async with serve(closing(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(300_000))) as server, Client() as client:
            assert len(await (await client.send("GET", server.url)).read()) == 300_000

    run(main, loop)
