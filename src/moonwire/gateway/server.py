"""uvicorn, with bounds and deadlines for the heads of requests and ways to cut an answer off."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Generator
from types import FrameType
from typing import Any, Final, cast

import msgspec
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from moonwire.gateway.http import CONNECTION, Receive, Scope, Send

__all__ = ["BACKLOG", "Listening", "Server"]

BACKLOG: Final = 2048
KEEP_ALIVE: Final = 75
"""Seconds; longer than clients keep a connection, so that it is they who close it."""

HELD: Final = 65536
"""Bytes that are held for the end of the loop's round, at most."""

_LARGE: Final = (
    b'{"error":{"message":"The headers are too large. Send fewer, or raise limits.header_bytes",'
    b'"type":"invalid_request_error","param":"headers","code":null}}'
)
_HEAD: Final = (
    (b"content-type", b"application/json"),
    (b"content-length", str(len(_LARGE)).encode()),
    (b"connection", b"close"),
)


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """How connections are treated."""

    headers: int = 65536
    """Bytes of a request's headers."""
    patience: float = 60.0
    """Seconds that headers may take."""
    drain: float = 30.0
    """Seconds that open requests have once the server is to end."""
    cert: str = ""
    key: str = ""


class _Gathering(asyncio.Transport):
    """A transport that writes at once what is written within one round of the loop.

    uvicorn writes the head, each piece and the end by themselves, and each writing wakes the caller.
    """

    __slots__ = ("_held", "_loop", "_size", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self._size = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Written soon, or now where that is too much to hold."""
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held.append(bytes(data))
        self._size += len(data)
        if self._size > HELD:
            self._flush()

    def _flush(self) -> None:
        held, self._held, self._size = self._held, [], 0
        if self._transport.is_closing():
            return
        if len(held) == 1:
            self._transport.write(held[0])
        elif held:
            self._transport.writelines(held)

    def close(self) -> None:
        """Closes it behind what was written."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Closes it now."""
        self._held, self._size = [], 0
        self._transport.abort()

    def is_closing(self) -> bool:
        """Whether it is closed, or about to be."""
        return self._transport.is_closing()

    def get_write_buffer_size(self) -> int:
        """How much was not yet taken by the socket."""
        return self._size + self._transport.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Of the connection."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Takes no more of the caller's bytes."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Takes them again."""
        self._transport.resume_reading()


class _Connection:
    """What may be done to a connection, in a way that uvicorn takes for the caller's leaving."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: "_Protocol") -> None:
        self._protocol = protocol

    @property
    def full(self) -> bool:
        return self._protocol.flow.write_paused

    def watch(self, left: Callable[[], None] | None) -> None:
        if left is None:
            self._protocol.watching.pop(self, None)
        else:
            self._protocol.watching[self] = left

    def close(self) -> None:
        self._protocol.cycle.disconnected = True
        self._protocol.transport.close()

    def abort(self) -> None:
        self._protocol.cycle.disconnected = True
        self._protocol.transport.abort()


class _Protocol(HttpToolsProtocol):
    """One connection. Its head is bounded in size and in time, between two requests as before the first."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(cast("Any", _Gathering(transport, self.loop)))
        self._listening: Listening = cast("Any", self.config).moonwire_listening
        self.watching: dict[_Connection, Callable[[], None]] = {}
        """Whom to tell when the caller leaves, by request."""
        self._incomplete = False
        self._size = 0
        self._late: asyncio.TimerHandle | None = None
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._done()
        super().connection_lost(exc)
        for left in self.watching.values():
            left()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._incomplete or self.transport.is_closing():
            return
        # The parser keeps what is not complete, and tells nothing of it.
        self._size += len(data)
        if self._size > self._listening.headers:
            head = b"".join(b"%b: %b\r\n" % one for one in _HEAD)
            self.transport.write(
                b"HTTP/1.1 431 Request Header Fields Too Large\r\n" + head + b"\r\n" + _LARGE
            )
            self.transport.close()
        elif self._late is None:
            self._wait()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._incomplete = True
        self._size = 0
        cast("Any", self.scope)["extensions"] = {CONNECTION: _Connection(self)}

    def on_headers_complete(self) -> None:
        self._incomplete = False
        self._done()
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self._listening.headers:
            self.app = cast("Any", _too_large)
        super().on_headers_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing was asked for long. Whoever has not read the last answer by now never will."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        super().timeout_keep_alive_handler()

    def _wait(self) -> None:
        self._late = self.loop.call_later(self._listening.patience, self.transport.abort)

    def _done(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


async def _too_large(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 431, "headers": list(_HEAD)})
    await send({"type": "http.response.body", "body": _LARGE, "more_body": False})


class Server(uvicorn.Server):
    """Serves an application until it is told to end. `ready` and `ending` are called when that happens."""

    def __init__(
        self,
        app: Any,
        listening: Listening,
        *,
        ready: Callable[[], None] = lambda: None,
        ending: Callable[[], None] = lambda: None,
    ) -> None:
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="on",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE,
            # Fractions of a second are as good to it.
            timeout_graceful_shutdown=cast("int", listening.drain),
            ssl_certfile=listening.cert or None,
            ssl_keyfile=listening.key or None,
        )
        cast("Any", config).moonwire_listening = listening
        super().__init__(config)
        self._ready = ready
        self._ending = ending

    async def startup(self, sockets: Any = None) -> None:
        """Begins to listen, and says so."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    def end(self) -> None:
        """Nothing new is taken, what is under way may end."""
        self._ending()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal; the second ^C waits for nothing."""
        self._ending()
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """As the base does, but a signal that ended the server does not end the process once more."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        handled = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in handled}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
