"""The bare relay of `bench/gateway.py`: httptools on both sides, every event decoded and encoded, no more.

python bench/_relay.py UPSTREAM_HOST UPSTREAM_PORT
"""

import asyncio
import socket
import sys
from typing import Any

import httptools
import msgspec
import uvloop

decode, encode = msgspec.json.decode, msgspec.json.encode


class Upstream(asyncio.Protocol):
    """One kept connection to the upstream."""

    def __init__(self, pool: list["Upstream"]) -> None:
        self.pool = pool
        self.caller: Caller | None = None
        self.parser = httptools.HttpResponseParser(self)
        self.held = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self in self.pool:
            self.pool.remove(self)

    def ask(self, caller: "Caller", body: bytes) -> None:
        self.caller = caller
        head = (
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: upstream\r\nauthorization: Bearer any\r\n"
            b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
        )
        self.transport.write(head + body)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_headers_complete(self) -> None:
        assert self.caller is not None
        self.caller.begin()

    def on_body(self, body: bytes) -> None:
        assert self.caller is not None
        events = (self.held + body).split(b"\n\n")
        self.held = events.pop()
        out: list[bytes] = []
        for event in events:
            data = event[6:]
            out.append(b"data: " + (data if data == b"[DONE]" else encode(decode(data))) + b"\n\n")
        if out:
            self.caller.send(b"".join(out))

    def on_message_complete(self) -> None:
        assert self.caller is not None
        caller, self.caller = self.caller, None
        self.parser = httptools.HttpResponseParser(self)
        self.pool.append(self)
        caller.end()


class Caller(asyncio.Protocol):
    """One connection of a caller."""

    def __init__(self, relay: "Relay") -> None:
        self.relay = relay
        self.parser = httptools.HttpRequestParser(self)
        self.pieces: list[bytes] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self.pieces.append(body)

    def on_message_complete(self) -> None:
        body = b"".join(self.pieces)
        self.pieces.clear()
        value = decode(body)
        value["stream"] = True
        self.relay.ask(self, encode(value))

    def begin(self) -> None:
        self.transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        )

    def send(self, data: bytes) -> None:
        self.transport.write(b"%x\r\n%b\r\n" % (len(data), data))

    def end(self) -> None:
        self.transport.write(b"0\r\n\r\n")


class Relay:
    """The pool between them."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.pool: list[Upstream] = []
        self.opening: set[asyncio.Future[None]] = set()

    def ask(self, caller: Caller, body: bytes) -> None:
        if self.pool:
            self.pool.pop().ask(caller, body)
        else:
            opening = asyncio.ensure_future(self._open(caller, body))
            self.opening.add(opening)
            opening.add_done_callback(self.opening.discard)

    async def _open(self, caller: Caller, body: bytes) -> None:
        loop = asyncio.get_running_loop()
        _, upstream = await loop.create_connection(lambda: Upstream(self.pool), self.host, self.port)
        upstream.ask(caller, body)


async def main() -> None:
    """Runs until it is ended."""
    relay = Relay(sys.argv[1], int(sys.argv[2]))
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Caller(relay), sock=sock, backlog=1024)
    print(f"listening {sock.getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
