"""A server with a handler of the test's own, on a real socket.

with answering(handler) as place, place.raw() as line:
    line.send(b"GET / HTTP/1.1\\r\\n\\r\\n")
    assert line.until(b"ok").startswith(b"HTTP/1.1 200 ")
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from moonwire.gateway.common import Listening
from moonwire.gateway.http import Call, Handler, Out
from moonwire.gateway.server import Server
from tests.gateway.running import READY, Raw, in_thread

__all__ = ["Gate", "Place", "answering", "echo", "get", "post"]


def get(path: str = "/", *headers: str, version: str = "1.1", method: str = "GET") -> bytes:
    """A request without a body."""
    return "".join(
        [f"{method} {path} HTTP/{version}\r\nhost: x\r\n", *(f"{one}\r\n" for one in headers), "\r\n"]
    ).encode("latin-1")


def post(body: bytes, *headers: str, path: str = "/") -> bytes:
    """A request with one."""
    return get(path, f"content-length: {len(body)}", *headers, method="POST") + body


@dataclass
class Place:
    """Where it listens."""

    server: Server
    port: int

    def raw(self, *, receive: int = 0) -> Raw:
        """A connection of bytes."""
        return Raw(self.port, receive=receive)

    def talk(self, *sent: bytes) -> bytes:
        """What comes for these bytes until the server ends the connection."""
        with self.raw() as line:
            for data in sent:
                line.send(data)
            return line.rest()


@contextlib.contextmanager
def answering(handler: Handler, listening: Listening | None = None, **more: Any) -> Generator[Place]:
    """Runs it as long as the block does."""
    ready = threading.Event()
    server = Server(handler, listening or Listening(drain=0.2), ready=ready.set, **more)
    with in_thread(server, ready) as port:
        yield Place(server, port)


async def echo(call: Call, out: Out) -> None:
    """Says what it was asked."""
    text = f"{call.method} {call.path} {call.raw_path} {call.query} {call.trouble}|{dict(call.headers)}|"
    await out.whole(200, [("content-type", "text/plain")], text.encode() + call.body)


class Gate:
    """A handler that answers when the test lets it. `ended` is told how it ended otherwise."""

    def __init__(self, *, begin: bool = False) -> None:
        self.begin = begin
        self.waiting: queue.SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = queue.SimpleQueue()
        self.ended: queue.SimpleQueue[bool] = queue.SimpleQueue()

    async def __call__(self, call: Call, out: Out) -> None:
        go = asyncio.Event()
        if self.begin:
            await out.start(200, [])
            await out.send(b"begun")
        self.waiting.put((asyncio.get_running_loop(), go))
        try:
            await go.wait()
        except asyncio.CancelledError:
            self.ended.put(out.gone)
            raise
        await out.whole(200, [], call.path.encode() + call.body)

    def open(self) -> None:
        """Lets the next one go on, once there is one."""
        loop, go = self.waiting.get(timeout=READY)
        loop.call_soon_threadsafe(go.set)
