"""An upstream of few words, for a thousand callers at once: steady streams at a pace, and large ones at none.

python -m tests.gateway.load.paced

A request with `slow` in its body is answered with `LARGE` chunks of `LARGE_BYTES`, as fast as they are taken;
any other with `CHUNKS` numbered chunks, one each `PACE` seconds. All get the first one at once, and the rest
when `STREAMS` are there, spread over the pace. `GET /state` says how many are under way.
"""

import asyncio
import json
import socket
from typing import Any, Final

import httptools
import uvloop

__all__ = ["CHUNKS", "LARGE", "LARGE_BYTES", "PACE", "STREAMS", "large", "steady"]

STREAMS: Final = 1_000
PACE: Final = 0.5
CHUNKS: Final = 12
LARGE: Final = 256
LARGE_BYTES: Final = 16_384
TURN: Final = 4

HEAD: Final = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def steady(number: int) -> str:
    """The text of a chunk."""
    return f" {number}"


def large(number: int) -> str:
    """The text of a large one: no two are alike."""
    return f" {number}".ljust(LARGE_BYTES, "x")


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    value = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "kimi-k3",
        "choices": [choice],
    }
    data = b"data: " + json.dumps(value).encode() + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(data), data)


END: Final = _event({}, "stop") + b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"
STEADY: Final = tuple(_event({"content": steady(number)}) for number in range(CHUNKS))
LARGE_ONES: Final = tuple(_event({"content": large(number)}) for number in range(LARGE))


class Upstream(asyncio.Protocol):
    """One connection."""

    counts: Final = {"steady": 0, "slow": 0}
    waiting: Final[list["Upstream"]] = []

    def __init__(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.pieces: list[bytes] = []
        self.path = b""
        self.next = 0
        self.kind = ""
        self.full = False
        self.begun = False
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.timer is not None:
            self.timer.cancel()
        self._over()

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self.path = url

    def on_body(self, body: bytes) -> None:
        self.pieces.append(body)

    def on_message_complete(self) -> None:
        body, self.pieces = b"".join(self.pieces), []
        if self.path.endswith(b"/state"):
            data = json.dumps(self.counts).encode()
            self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(data), data))
            return
        self.kind = "slow" if b"slow" in body else "steady"
        self.counts[self.kind] += 1
        self.transport.write(HEAD + (STEADY if self.kind == "steady" else LARGE_ONES)[0])
        self.next = 1
        self.waiting.append(self)
        if len(self.waiting) == STREAMS:
            for place, one in enumerate(self.waiting):
                one.timer = asyncio.get_running_loop().call_later(PACE * place / STREAMS, one.go_on)

    def go_on(self) -> None:
        """The second chunk and all others."""
        self.begun = True
        self._on()

    def _on(self) -> None:
        if self.kind == "slow":
            self._all()
        elif self.kind:
            self._one()

    def _one(self) -> None:
        self.transport.write(STEADY[self.next])
        self.next += 1
        if self.next == CHUNKS:
            self.transport.write(END)
            self._over()
        else:
            self.timer = asyncio.get_running_loop().call_later(PACE, self._on)

    def _all(self) -> None:
        """What is taken, a few at a time, so that the others have their turn."""
        for _ in range(TURN):
            if self.full:
                return
            self.transport.write(LARGE_ONES[self.next])
            self.next += 1
            if self.next == LARGE:
                self.transport.write(END)
                self._over()
                return
        self.timer = asyncio.get_running_loop().call_later(0, self._on)

    def _over(self) -> None:
        if self.kind:
            self.counts[self.kind] -= 1
        self.kind = ""

    def pause_writing(self) -> None:
        self.full = True

    def resume_writing(self) -> None:
        self.full = False
        if self.begun:
            self._on()


async def main() -> None:
    """Until it is ended."""
    listener = socket.socket()
    # Or the kernel holds a whole answer that nobody takes.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
    listener.bind(("127.0.0.1", 0))
    server = await asyncio.get_running_loop().create_server(Upstream, sock=listener, backlog=2048)
    print(f"listening {listener.getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
