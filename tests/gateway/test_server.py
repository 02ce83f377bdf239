"""The server from its begin to its end: sockets, TLS, signals, and what is under way at the end."""

import asyncio
import contextlib
import queue
import signal
import socket
import ssl
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from moonwire.core.errors import MoonwireError
from moonwire.gateway import server as module
from moonwire.gateway.http import Call, Out
from moonwire.gateway.server import Listening, Server
from moonwire.simulator import Settings
from tests.gateway.answering import Gate, answering, echo, get, post
from tests.gateway.running import READY, running
from tests.transport.certificates import self_signed

SLOW = Listening(drain=60)


def test_the_gateway_is_behind_it() -> None:
    with running(Settings(), listening=Listening(headers=2000, drain=0.2)) as gateway:
        with gateway.raw() as line:
            line.send(get("/healthz", "x-a: " + "x" * 3000))
            assert line.rest().startswith(b"HTTP/1.1 431 ")
        with gateway.raw() as line:
            line.send(b"\x16\x03\x01 nonsense\r\n\r\n")
            assert line.rest().startswith(b"HTTP/1.1 400 ")
        with gateway.raw() as line:
            for _ in range(3):
                line.post(b"x" * 50_000)
                assert line.until(b"}}").startswith(b"HTTP/1.1 400 ")


def test_a_port_that_is_let_go_refuses_new_callers() -> None:
    with answering(echo) as place:
        port = place.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


# -- the end -------------------------------------------------------------------------------------------


def test_what_is_under_way_may_end_and_nothing_comes_behind_it() -> None:
    gate = Gate()
    with answering(gate, SLOW) as place, contextlib.ExitStack() as stack:
        idle, new, asked, begun, half = (stack.enter_context(place.raw()) for _ in range(5))
        idle.send(get("/1"))
        gate.open()
        idle.until(b"/1")
        asked.send(get("/2") + get("/3"))
        gate.waiting.put(gate.waiting.get(timeout=READY))
        half.send(get("/4", "expect: 100-continue", "content-length: 2"))
        half.until(b"100 Continue\r\n\r\n")
        begun.send(get("/5")[:9])
        place.server.end()
        # Whoever has not asked is not waited for.
        assert (idle.rest(), new.rest(), begun.rest()) == (b"", b"", b"")
        gate.open()
        said = asked.rest()
        assert said.endswith(b"/2") and b"connection: close" in said
        half.send(b"ab")
        gate.open()
        assert half.rest().endswith(b"/4ab")


def test_what_takes_longer_than_the_drain_is_ended_and_may_say_so() -> None:
    async def handler(call: Call, out: Out) -> None:
        await out.start(200, [])
        await out.send(b"begun")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            assert not out.gone
            await out.end(b"the end")
            raise

    with answering(handler, Listening(drain=0.05)) as place, place.raw() as line:
        line.send(get())
        line.until(b"begun")
        place.server.end()
        assert line.rest().endswith(b"the end\r\n0\r\n\r\n")


def test_a_handler_that_does_not_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LAST_WORDS", 0.05)

    async def handler(call: Call, out: Out) -> None:
        await out.start(200, [])
        await out.send(b"begun")
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    with answering(handler, Listening(drain=0.05)) as place, place.raw() as line:
        line.send(get())
        line.until(b"begun")
        place.server.end()
        assert not line.rest().endswith(b"0\r\n\r\n")


def test_the_second_interrupt_waits_for_nothing() -> None:
    gate = Gate()
    done: list[str] = []

    async def shutdown() -> None:
        done.append("shutdown")

    with answering(gate, SLOW, shutdown=shutdown) as place, place.raw() as line:
        line.send(get())
        gate.waiting.get(timeout=READY)
        place.server.end()
        place.server.hurry()
        assert line.rest() == b""
    assert done == []


class Told:
    """What a server calls, in its order."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def startup(self) -> None:
        self.said.append("startup")

    async def shutdown(self) -> None:
        self.said.append("shutdown")

    def hooks(self, **more: Any) -> dict[str, Any]:
        """All of them, or others in their places."""
        return {
            "startup": self.startup,
            "shutdown": self.shutdown,
            "ready": lambda: self.said.append("ready"),
            "ending": lambda: self.said.append("ending"),
            **more,
        }


def bound() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_and_not_the_process(number: signal.Signals) -> None:
    told = Told()

    def ready() -> None:
        told.said.append("ready")
        signal.raise_signal(number)

    before = signal.getsignal(number)
    Server(echo, Listening(), **told.hooks(ready=ready)).run(bound())
    assert told.said == ["startup", "ready", "ending", "shutdown"]
    assert signal.getsignal(number) is before


def test_a_second_interrupt_is_heard_while_the_first_is_waited_for() -> None:
    told = Told()
    gate = Gate()
    listener = bound()
    port = listener.getsockname()[1]
    client = socket.socket()

    def interrupts() -> None:
        client.connect(("127.0.0.1", port))
        client.sendall(get())
        gate.waiting.get(timeout=READY)
        for _ in range(2):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            # The first has to be heard before the second is sent, or they are one.
            heard.get(timeout=READY)

    heard: queue.SimpleQueue[str] = queue.SimpleQueue()
    thread = threading.Thread(target=interrupts)
    server = Server(gate, SLOW, **told.hooks(ready=thread.start, ending=lambda: heard.put("")))
    hurry = server.hurry

    def hurried() -> None:
        hurry()
        heard.put("")

    server.hurry = hurried
    with client:
        server.run(listener)
        thread.join(READY)
    assert told.said == ["startup"]
    assert gate.ended.get(timeout=READY) is True


def test_a_server_that_is_told_to_end_before_it_begins() -> None:
    told = Told()
    server = Server(echo, Listening(), **told.hooks())
    server.end()
    server.run(bound())
    server.end()
    server.hurry()
    assert told.said == ["ending", "startup", "shutdown", "ending"]


def test_a_server_that_cannot_begin_says_why() -> None:
    told = Told()

    async def startup() -> None:
        raise MoonwireError("no room", path="memory.path")

    with bound() as listener, pytest.raises(MoonwireError, match="no room"):
        Server(echo, Listening(), **told.hooks(startup=startup)).run(listener)
    assert told.said == []
    # A socket that is none any more is the one that fails for certain.
    listener = bound()
    listener.close()
    with pytest.raises(MoonwireError, match=r"server\.port: cannot listen: .*choose another --port"):
        Server(echo, Listening(), **told.hooks()).run(listener)
    assert told.said == ["startup", "shutdown"]


# -- the socket ----------------------------------------------------------------------------------------


def test_small_writes_are_not_held_back() -> None:
    delays: list[int] = []

    async def handler(call: Call, out: Out) -> None:
        line: Any = out
        sock = line._line.transport.get_extra_info("socket")
        delays.append(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        await out.whole(200, [], b"")

    with answering(handler) as place:
        place.talk(get("/", "connection: close"))
    assert delays and delays[0]


def test_it_runs_on_the_loop_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    gate = Gate(begin=True)
    with answering(gate) as place:
        with place.raw() as line:
            line.send(post(b"abc"))
            assert line.until(b"begun")
            loop, _ = gate.waiting.get(timeout=READY)
            assert type(loop).__module__.startswith("asyncio")
        assert gate.ended.get(timeout=READY)
        assert place.talk(b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 ")


# -- TLS -----------------------------------------------------------------------------------------------


def secured(port: int, cert: str, **more: Any) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=cert)
    context.set_alpn_protocols(["h2", "http/1.1"])
    for name, value in more.items():
        setattr(context, name, value)
    plain = socket.create_connection(("127.0.0.1", port), timeout=READY)
    try:
        return context.wrap_socket(plain, server_hostname="127.0.0.1")
    except BaseException:
        plain.close()
        raise


def all_of(line: ssl.SSLSocket) -> bytes:
    said = b""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while piece := line.recv(1 << 16):
            said += piece
    return said


def test_tls(tmp_path: Path) -> None:
    cert, key = self_signed(tmp_path)
    body = b"x" * 3_000_000

    async def handler(call: Call, out: Out) -> None:
        await out.whole(200, [], body if call.path == "/" else b"small")

    with answering(handler, Listening(cert=cert, key=key, drain=0.2)) as place:
        with secured(place.port, cert) as line:
            assert line.selected_alpn_protocol() == "http/1.1"
            line.sendall(get("/", "connection: close"))
            assert all_of(line).endswith(b"\r\n\r\n" + body)
        with secured(place.port, cert, maximum_version=ssl.TLSVersion.TLSv1_2) as line:
            line.sendall(b"nonsense\r\n\r\n")
            assert all_of(line).startswith(b"HTTP/1.1 400 ")


def test_a_caller_that_leaves_over_tls_ends_the_handler(tmp_path: Path) -> None:
    cert, key = self_signed(tmp_path)
    gate = Gate()
    with answering(gate, Listening(cert=cert, key=key, drain=0.2)) as place:
        with secured(place.port, cert) as line:
            line.sendall(get())
            gate.waiting.get(timeout=READY)
        assert gate.ended.get(timeout=READY)


def test_tls_is_not_old(tmp_path: Path) -> None:
    made = module._context(*self_signed(tmp_path))
    assert made is not None and made.minimum_version == ssl.TLSVersion.TLSv1_2


def test_tls_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    cert, _ = self_signed(tmp_path)
    empty = tmp_path / "empty"
    empty.touch()
    for one, other in ((str(tmp_path / "none"), ""), (cert, str(empty))):
        with (
            bound() as listener,
            pytest.raises(MoonwireError, match=r"server\.tls: the TLS files cannot be used: "),
        ):
            Server(echo, Listening(cert=one, key=other)).run(listener)
