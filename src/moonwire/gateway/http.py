"""What a handler sees of HTTP: one request, and a way to answer it. ASGI is behind this, and nowhere else.

So the server can be exchanged: whoever makes a `Call` and an `Out` can run the gateway.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Protocol

import msgspec

from moonwire.core.errors import MoonwireError

__all__ = ["Asgi", "Call", "CallerGone", "Handler", "Out", "Scope", "StuckCaller"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class CallerGone(Exception):
    """The caller left; nobody reads what is said now."""


class StuckCaller(MoonwireError):
    """The caller has not read for longer than the write deadline."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request, whole."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = {}
    """By name in lower case; several of one name are joined."""
    body: bytes = b""
    too_large: bool = False
    """Whether the body was more than is taken; it was then not kept."""


class Out(Protocol):
    """How an answer is given."""

    started: bool

    async def start(self, status: int, headers: list[tuple[str, str]]) -> None:
        """The status line and headers."""
        ...

    async def send(self, data: bytes) -> None:
        """A piece of the body; waits while the caller does not read."""
        ...

    async def end(self) -> None:
        """The answer is over."""
        ...

    async def whole(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """A whole answer."""
        ...


Handler = Callable[[Call, Out], Awaitable[None]]


class _AsgiOut:
    """An answer over ASGI. A caller that stops reading meets the write deadline."""

    __slots__ = ("_deadline", "_send", "started")

    def __init__(self, send: Send, deadline: float) -> None:
        self._send = send
        self._deadline = deadline
        self.started = False

    async def start(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.started = True
        written = [
            (name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in headers
        ]
        await self._send({"type": "http.response.start", "status": status, "headers": written})

    async def send(self, data: bytes) -> None:
        # A send that does not have to wait never yields, so it costs no timer.
        sending = self._send({"type": "http.response.body", "body": data, "more_body": True})
        await _within(sending, self._deadline)

    async def end(self) -> None:
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def whole(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        await self.start(status, [*headers, ("content-length", str(len(body)))])
        await _within(
            self._send({"type": "http.response.body", "body": body, "more_body": False}), self._deadline
        )


async def _within(sending: Awaitable[None], deadline: float) -> None:
    try:
        async with asyncio.timeout(deadline):
            await sending
    except TimeoutError:
        raise StuckCaller(f"the caller has not read for {deadline:g} seconds") from None


class Asgi:
    """A handler as an ASGI application."""

    def __init__(
        self,
        handler: Handler,
        *,
        body: int,
        deadline: float,
        base: str = "",
        startup: Callable[[], Awaitable[None]] | None = None,
        shutdown: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._handler = handler
        self._body = body
        self._deadline = deadline
        self._base = base.rstrip("/")
        self._startup = startup
        self._shutdown = shutdown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    if self._startup is not None:
                        await self._startup()
                except MoonwireError as error:
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            else:
                if self._shutdown is not None:
                    await self._shutdown()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, too_large, gone = await self._read(receive)
        if gone:
            return
        call = Call(
            method=scope["method"],
            path=scope["path"].removeprefix(self._base) if self._base else scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers=_headers(scope["headers"]),
            body=body,
            too_large=too_large,
        )
        out = _AsgiOut(send, self._deadline)
        # The handler runs here; what waits for the caller to leave runs beside it and ends it.
        task = asyncio.current_task()
        assert task is not None
        left = asyncio.ensure_future(_left(receive))
        gone_first = False

        def cancel(_: "asyncio.Future[None]") -> None:
            nonlocal gone_first
            if not left.cancelled():
                gone_first = True
                task.cancel()

        left.add_done_callback(cancel)
        try:
            await self._handler(call, out)
        except asyncio.CancelledError:
            if not gone_first:
                raise
            task.uncancel()
        finally:
            left.remove_done_callback(cancel)
            left.cancel()

    async def _read(self, receive: Receive) -> tuple[bytes, bool, bool]:
        """The body, whether it is too large, and whether the caller left in the middle of it."""
        message = await receive()
        if not message.get("more_body", False):
            data: bytes = message.get("body", b"")
            return (
                (b"", True, False)
                if len(data) > self._body
                else (data, False, message["type"] != "http.request")
            )
        pieces: list[bytes] = []
        size = 0
        while True:
            if message["type"] != "http.request":
                return b"", False, True
            piece: bytes = message.get("body", b"")
            size += len(piece)
            if size <= self._body:
                pieces.append(piece)
            elif pieces:
                pieces.clear()
            if not message.get("more_body", False):
                return b"".join(pieces), size > self._body, False
            message = await receive()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in raw:
        key = name.decode("latin-1")
        text = value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found
