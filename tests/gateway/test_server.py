"""The server's own duties: heads that are too large or never come, connections that nobody reads."""

import asyncio
import signal
import socket
from typing import Any, cast

import pytest

from moonwire.gateway import server as module
from moonwire.gateway.server import Listening, Server
from moonwire.simulator import Settings
from tests.gateway.running import running

HEAD = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n"


def test_a_head_that_is_too_large_is_refused() -> None:
    with running(Settings(), listening=Listening(headers=2000, drain=0.2)) as gateway:
        for sent in (
            HEAD + b"x-a: " + b"x" * 3000 + b"\r\n\r\n",
            b"GET /" + b"x" * 3000 + b" HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n",
            HEAD + b"x-a: " + b"x" * 3000,
        ):
            with gateway.raw() as line:
                line.send(sent)
                said = line.rest()
                assert said.startswith(b"HTTP/1.1 431 "), said
                assert b'"param":"headers"' in said
        # Pieces count together, and only the head counts. Whoever sends more than is read gets a reset.
        with gateway.raw() as line:
            line.send(HEAD)
            for _ in range(10):
                line.send(b"x-a: " + b"x" * 200 + b"\r\n")
            assert b" 431 " in line.rest()
        with gateway.raw() as line:
            for _ in range(3):
                line.post(b"x" * 50_000, "/v1/chat/completions")
                assert line.until(b"}}").startswith(b"HTTP/1.1 400 ")


def test_a_head_that_does_not_come_is_not_waited_for() -> None:
    with running(Settings(), listening=Listening(patience=0.1, drain=0.2)) as gateway:
        for sent in (b"", HEAD[:9], HEAD):
            with gateway.raw() as line:
                line.send(sent)
                assert line.rest() == b""
        with gateway.raw() as line:
            # A connection that has asked may wait with its next question, and must not break off within it.
            line.send(HEAD + b"\r\n")
            line.until(b"ok\n")
            line.send(HEAD)
            assert line.rest() == b""


def test_a_request_that_takes_longer_than_its_head_may_is_answered() -> None:
    slow = Settings(models=("kimi-k3",), first=0.3)
    with running(slow, listening=Listening(patience=0.1, drain=0.2)) as gateway:
        assert gateway.chat().text == "OK"


def test_what_is_no_http_is_refused() -> None:
    with running(Settings()) as gateway, gateway.raw() as line:
        line.send(b"\x16\x03\x01 nonsense\r\n\r\n")
        assert line.rest().startswith(b"HTTP/1.1 400 ")


def test_a_caller_that_has_not_read_by_the_end_of_its_idle_time_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "KEEP_ALIVE", 0.1)
    with running(Settings()) as gateway:
        with gateway.raw(receive=4096) as line:
            line.send((HEAD.replace(b"/healthz", b"/metrics") + b"\r\n") * 2000)
            # What is asked at once is answered in turn, until nobody reads the answers.
            assert line.until(b"moonwire")
        with gateway.raw() as line:
            line.send(HEAD + b"\r\n")
            assert line.rest().endswith(b"ok\n")


class Quiet:
    """As much of a transport as an idle connection has."""

    def __init__(self, unread: int) -> None:
        self.unread, self.done = unread, ""

    def get_write_buffer_size(self) -> int:
        return self.unread

    def is_closing(self) -> bool:
        return bool(self.done)

    def abort(self) -> None:
        self.done = "aborted"

    def close(self) -> None:
        self.done = "closed"


@pytest.mark.parametrize(("unread", "done"), [(0, "closed"), (9, "aborted")])
def test_an_idle_connection_ends_in_order_if_all_was_read(unread: int, done: str) -> None:
    async def main() -> str:
        server = Server(cast("Any", None), Listening())
        server.config.load()
        state: Any = server.server_state
        protocol: Any = module._Protocol(config=server.config, server_state=state, app_state={})
        protocol.transport = quiet = Quiet(unread)
        protocol.timeout_keep_alive_handler()
        return quiet.done

    assert asyncio.run(main()) == done


def test_a_signal_is_told_once_and_does_not_end_the_process() -> None:
    said: list[str] = []
    server = Server(cast("Any", None), Listening(), ending=lambda: said.append("ending"))
    before = signal.getsignal(signal.SIGTERM)
    with server.capture_signals():
        signal.raise_signal(signal.SIGTERM)
    assert (said, server.should_exit, server.force_exit) == (["ending"], True, False)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_port_that_is_let_go_refuses_new_callers() -> None:
    with running(Settings()) as gateway:
        port = gateway.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
