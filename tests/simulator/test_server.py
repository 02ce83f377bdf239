"""The server on a socket, seen by a client that reads what comes and nothing else."""

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

import pytest

from moonwire.core.errors import MoonwireError
from moonwire.simulator import App, Limits, Server, Settings
from moonwire.simulator.server import listen
from tests.simulator.asking import body

SOON = 20.0
"""Seconds in which anything here has long happened."""


def request(data: bytes, *, close: bool = False) -> bytes:
    end = "Connection: close\r\n" if close else ""
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer any\r\n{end}"
    return f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data


@contextlib.contextmanager
def connected(server: Server) -> Generator[socket.socket]:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=SOON) as client:
        yield client


def rest(client: socket.socket) -> tuple[bytes, str]:
    """What came until the end, and how it ended."""
    got = b""
    try:
        while piece := client.recv(65536):
            got += piece
    except ConnectionResetError:
        return got, "reset"
    return got, "end"


def talk(server: Server, data: bytes, *, close: bool = True) -> tuple[bytes, str]:
    with connected(server) as client:
        client.sendall(request(data, close=close))
        return rest(client)


def until(holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold before long."""
    end = time.monotonic() + SOON
    while time.monotonic() < end:
        if holds():
            return True
        # Gives the other thread its turn.
        threading.Event().wait(0.005)
    return holds()


def fault(text: str, **more: Any) -> Settings:
    return Settings(seed=1, faults=f"[[fault]]\n{text}", **more)


BREAKS = [
    # The fault, how the connection ends, what comes before, and what does not.
    ('kind = "reset-before"', "reset", b"", b"HTTP"),
    ('kind = "reset-headers"', "reset", b"200 OK", b"data:"),
    ('kind = "reset"\nevents = 2', "reset", b"data: ", b"[DONE]"),
    ('kind = "close"\nevents = 2', "end", b"data: ", b"[DONE]"),
    ('kind = "close"\nafter = 10', "end", b"data: ", b"[DONE]"),
]


@pytest.mark.parametrize(("text", "how", "there", "missing"), BREAKS)
def test_connections_break(text: str, how: str, there: bytes, missing: bytes) -> None:
    with Server(fault(text + "\nfirst = 1")) as server:
        got, ended = talk(server, body(stream=True), close=False)
        assert ended == how
        assert there in got
        assert missing not in got
        # Neither what ends a chunked body, nor an error of the server's own.
        assert not got.endswith(b"0\r\n\r\n")
        assert b"HTTP/1.1 500" not in got
        assert b"[DONE]" in talk(server, body(stream=True))[0]


def refused_now(server: Server) -> bool:
    try:
        with connected(server):
            return False
    except ConnectionError:
        return True


def test_new_connections_are_refused_for_a_while() -> None:
    with Server(fault('kind = "refuse"\nseconds = 0.5\nfirst = 1')) as server, connected(server) as old:
        assert talk(server, body()) == (b"", "reset")
        assert until(lambda: refused_now(server))
        # A connection that was open stays open.
        old.sendall(request(body(), close=True))
        assert rest(old)[0].startswith(b"HTTP/1.1 200")
        assert until(lambda: not refused_now(server))
        assert talk(server, body())[0].startswith(b"HTTP/1.1 200")


def test_two_refusals_at_once_are_one() -> None:
    with Server(fault('kind = "refuse"\nseconds = 0.3\nfirst = 3')) as server:
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(connected(server)) for _ in range(3)]
            for client in clients:
                client.sendall(request(body()))
            assert [rest(client) for client in clients] == [(b"", "reset")] * 3
        assert until(lambda: not refused_now(server))
        assert talk(server, body())[0].startswith(b"HTTP/1.1 200")


def test_a_refusal_for_ever_ends_with_the_server() -> None:
    with Server(fault('kind = "refuse"\nseconds = inf')) as server:
        assert talk(server, body()) == (b"", "reset")
        assert until(lambda: refused_now(server))
        address = server.url
    assert refused_now(server)
    assert address.startswith("http://127.0.0.1:")


def test_what_hangs_stays_open_until_the_client_leaves() -> None:
    settings = fault('kind = "no-finish-hang"\nfirst = 1', limits=Limits(concurrency=1))
    with Server(settings) as server:
        with connected(server) as client:
            client.sendall(request(body(stream=True)))
            got = b""
            while b'"content":"OK"' not in got:
                got += client.recv(65536)
            client.settimeout(0.2)
            with pytest.raises(TimeoutError):
                while True:
                    assert b"[DONE]" not in client.recv(65536)
            assert talk(server, body())[0].startswith(b"HTTP/1.1 429")
        # It is over with the connection, and another request is let in.
        assert until(lambda: talk(server, body())[0].startswith(b"HTTP/1.1 200"))


def test_a_server_ends_although_a_client_hangs() -> None:
    begun = time.monotonic()
    with Server(fault('kind = "stall"\nseconds = inf')) as server, connected(server) as client:
        client.sendall(request(body(stream=True)))
        assert client.recv(10)
    assert time.monotonic() - begun < SOON


def test_what_drips_comes_in_pieces_and_whole() -> None:
    drip = fault('kind = "drip"\nbytes = 100\nseconds = 0.001', fixed=True)
    with Server(drip) as slow, Server(Settings(seed=1, fixed=True)) as plain:
        answers: list[bytes] = []
        for server in (slow, plain):
            connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=SOON)
            with contextlib.closing(connection):
                connection.request("POST", "/v1/chat/completions", body(stream=True), {"x-api-key": "any"})
                answers.append(connection.getresponse().read())
        assert answers[0] == answers[1]
        assert len(slow.exchanges[0].pieces) > 2 * len(plain.exchanges[0].pieces)
        # Two servers at once know nothing of each other.
        assert slow.url != plain.url
        assert len(slow.exchanges) == len(plain.exchanges) == 1


def test_a_connection_is_used_again() -> None:
    with Server(Settings(seed=1)) as server:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=SOON)
        with contextlib.closing(connection):
            for stream in (False, True, False):
                connection.request("POST", "/v1/chat/completions", body(stream=stream), {"x-api-key": "any"})
                sock = connection.sock
                response = connection.getresponse()
                assert (response.status, bool(response.read())) == (200, True)
                assert connection.sock is sock is not None
        assert [one.status for one in server.exchanges] == [200] * 3
        assert not server.refused


def test_a_body_beyond_the_limit_is_read_and_refused() -> None:
    with Server(Settings(limits=Limits(body=1000))) as server:
        got, _ = talk(server, b" " * 3_000_000)
        assert got.startswith(b"HTTP/1.1 413")
        assert json.loads(got[got.index(b"{") : got.rindex(b"}") + 1])["error"]["message"]
        assert [one.rule for one in server.refused] == ["body-limit"]


def test_a_client_that_leaves_in_the_middle_harms_nobody() -> None:
    with Server(Settings(seed=1, pace=0.01)) as server:
        with connected(server) as client:
            client.sendall(request(body("Write a story of 3000 words.", stream=True)))
            assert client.recv(1000)
        assert until(lambda: bool(server.exchanges) and _settled(server))
        pieces = len(server.exchanges[0].pieces)
        assert pieces < 500
        with connected(server) as client:
            client.sendall(request(body())[:-10])
        with connected(server) as client:
            client.sendall(b"GARBAGE\r\n\r\n")
            assert rest(client)[0].startswith(b"HTTP/1.1 400")
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=SOON)
        with contextlib.closing(connection):
            connection.request("GET", "/v1/models", headers={"x-api-key": "any"})
            assert connection.getresponse().status == 200
        assert len(server.exchanges) == 2


def _settled(server: Server) -> bool:
    before = len(server.exchanges[0].pieces)
    threading.Event().wait(0.1)
    return len(server.exchanges[0].pieces) == before


def test_a_port_that_is_taken_is_said() -> None:
    with contextlib.closing(listen()) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(MoonwireError, match=f"cannot listen on 127.0.0.1:{port}"), Server(port=port):
            raise AssertionError


def test_an_app_may_be_brought_along() -> None:
    app = App(Settings(models=("kimi-k2.6",)))
    with Server(app=app) as server:
        assert talk(server, body())[0].startswith(b"HTTP/1.1 404")
        assert server.base_url == f"{server.url}/v1"
    assert [one.rule for one in app.refused] == ["model"]
