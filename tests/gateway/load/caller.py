"""A caller of few words: one kept connection, HTTP by httptools, and everything that came, as it came."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import httptools

__all__ = ["Caller", "Heard"]

LONGEST: Final = 60.0
"""Seconds after which a request hangs."""


@dataclass
class Heard:
    """One answer. `whole`: its end was marked, as HTTP has it."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    whole: bool = False


class _Wire(asyncio.Protocol):
    def __init__(self) -> None:
        self.heard = Heard()
        self.pieces: list[bytes] = []
        self.over: asyncio.Future[None] | None = None
        self.gone = False
        self.transport: asyncio.Transport | None = None
        self.parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True
        self._end()

    def on_header(self, name: bytes, value: bytes) -> None:
        self.heard.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.heard.status = self.parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self.pieces.append(body)

    def on_message_complete(self) -> None:
        self.heard.whole = True
        if not self.parser.should_keep_alive():
            self.gone = True
        self.parser = httptools.HttpResponseParser(self)
        self._end()

    def _end(self) -> None:
        if self.over is not None and not self.over.done():
            self.over.set_result(None)


class Caller:
    """Asks one after the other, on a new connection where the old one has ended."""

    def __init__(self, port: int, key: str = "any") -> None:
        self._port = port
        self._key = key
        self._wire: _Wire | None = None

    async def ask(self, body: bytes) -> Heard:
        """One request, and all that comes back. `TimeoutError` if it never ends."""
        loop = asyncio.get_running_loop()
        wire = self._wire
        if wire is None or wire.gone:
            self.close()
            _, wire = await loop.create_connection(_Wire, "127.0.0.1", self._port)
            self._wire = wire
        wire.heard, wire.pieces = Heard(), []
        wire.over = loop.create_future()
        head = (
            "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nmoonwire-explain: 1\r\n"
            f"authorization: Bearer {self._key}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        assert wire.transport is not None
        wire.transport.write(head.encode() + body)
        async with asyncio.timeout(LONGEST):
            await wire.over
        wire.heard.body = b"".join(wire.pieces)
        return wire.heard

    def close(self) -> None:
        """Ends the connection."""
        if self._wire is not None and self._wire.transport is not None:
            self._wire.transport.close()
        self._wire = None
