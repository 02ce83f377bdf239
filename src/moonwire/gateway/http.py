"""What a handler sees of HTTP: one request, and a way to answer it. ASGI is behind this, and nowhere else.

So the server can be exchanged: whoever makes a `Call` and an `Out` can run the gateway.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final, Literal, Protocol

import msgspec

from moonwire.core.errors import MoonwireError

__all__ = ["CONNECTION", "Asgi", "Call", "Handler", "Line", "Out", "Receive", "Scope", "Send", "StuckCaller"]

CONNECTION: Final = "moonwire.connection"
"""The extension of a scope under which the server puts the connection, a `Line`."""

PIECE: Final = 1 << 16
"""Bytes of a whole answer that are written at once: what a caller does not read is not buffered."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class StuckCaller(MoonwireError):
    """The caller has not read for longer than the write deadline."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request, whole."""

    method: str
    path: str
    """Without percent signs: what paths are compared with."""
    raw_path: str = ""
    """As it was sent: what is passed on."""
    query: str = ""
    headers: Mapping[str, str] = {}
    """By name in lower case; several of one name are joined."""
    body: bytes = b""
    trouble: Literal["", "large", "late"] = ""
    """Whether the body was more than is taken, or did not come; it was then not kept."""

    def __repr__(self) -> str:
        # Headers hold keys.
        return f"Call({self.method} {self.path}, {len(self.body)} bytes)"


class Line(Protocol):
    """What a server lets be done to the connection of a request."""

    @property
    def full(self) -> bool:
        """Whether the caller has not read what was written, so that whoever writes more has to wait."""
        ...

    def watch(self, left: Callable[[], None] | None) -> None:
        """Whom to tell when the caller leaves; nobody from now on."""
        ...

    def close(self) -> None:
        """Ends it behind what was written, without the end that would make the answer look whole."""
        ...

    def abort(self) -> None:
        """Ends it now; what was not read yet is dropped."""
        ...


class Out(Protocol):
    """How an answer is given."""

    started: bool
    ended: bool
    gone: bool
    """Whether the caller left before the end."""
    also: list[tuple[str, str]]
    """Headers that whatever is answered has."""

    async def start(self, status: int, headers: list[tuple[str, str]]) -> None:
        """The status line and headers."""
        ...

    async def send(self, data: bytes) -> None:
        """A piece of the body; waits while the caller does not read."""
        ...

    async def end(self, data: bytes = b"") -> None:
        """The answer is over, with this piece."""
        ...

    async def whole(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """A whole answer."""
        ...

    def cut(self) -> None:
        """The answer breaks off here, and the caller is to see that it does."""
        ...


Handler = Callable[[Call, Out], Awaitable[None]]


class _AsgiOut:
    """An answer over ASGI. A caller that stops reading meets the write deadline."""

    __slots__ = ("_deadline", "_line", "_send", "also", "ended", "gone", "started")

    def __init__(self, send: Send, deadline: float, line: Line | None) -> None:
        self._send = send
        self._deadline = deadline
        self._line = line
        self.started = False
        self.ended = False
        self.gone = False
        self.also: list[tuple[str, str]] = []

    async def start(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.started = True
        written = [
            (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
            for name, value in (*headers, *self.also)
        ]
        await self._within({"type": "http.response.start", "status": status, "headers": written})

    async def send(self, data: bytes) -> None:
        await self._within({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self, data: bytes = b"") -> None:
        # The server tells that a caller has left when it has its answer, too: that is no reason to stop.
        self.ended = True
        await self._within({"type": "http.response.body", "body": data, "more_body": False})

    async def whole(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        await self.start(status, [*headers, ("content-length", str(len(body)))])
        last = max(0, len(body) - 1) // PIECE * PIECE
        for at in range(0, last, PIECE):
            await self.send(body[at : at + PIECE])
        await self.end(body[last:])

    def cut(self) -> None:
        self.ended = True
        if self._line is not None:
            self._line.close()

    async def _within(self, message: Message) -> None:
        if self._line is not None and not self._line.full:
            # It waits for nobody: a deadline would cost more than the writing.
            await self._send(message)
            return
        try:
            async with asyncio.timeout(self._deadline):
                await self._send(message)
        except TimeoutError:
            if self._line is not None:
                # What waits in the buffers waits for nobody.
                self._line.abort()
            raise StuckCaller(f"the caller has not read for {self._deadline:g} seconds") from None


class Asgi:
    """A handler as an ASGI application."""

    def __init__(
        self,
        handler: Handler,
        *,
        body: int,
        deadline: float,
        base: str = "",
        admit: Callable[[Mapping[str, str]], bool] = lambda headers: True,
        startup: Callable[[], Awaitable[None]] | None = None,
        shutdown: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._handler = handler
        self._body = body
        self._deadline = deadline
        self._base = base.rstrip("/")
        self._admit = admit
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
        headers = _headers(scope["headers"])
        body, trouble, gone = await self._read(receive, headers)
        if gone:
            return
        path: str = scope["path"]
        raw = scope.get("raw_path") or path.encode("utf-8", "surrogateescape")
        call = Call(
            method=scope["method"],
            path=path.removeprefix(self._base) if self._base else path,
            raw_path=raw.decode("latin-1").removeprefix(self._base),
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=body,
            trouble=trouble,
        )
        line: Line | None = scope.get("extensions", {}).get(CONNECTION)
        out = _AsgiOut(send, self._deadline, line)
        if trouble:
            # What is still on its way would be read as the next request.
            out.also.append(("connection", "close"))
        await self._handled(call, out, line or _Asked(receive))

    async def _handled(self, call: Call, out: _AsgiOut, line: "Line | _Asked") -> None:
        # The handler runs here, and ends when the caller leaves.
        task = asyncio.current_task()
        assert task is not None

        def left() -> None:
            if not out.ended:
                out.gone = True
                task.cancel()

        line.watch(left)
        try:
            await self._handler(call, out)
        except asyncio.CancelledError:
            # The caller left, or the server has no time left: there is nobody above that has to know.
            task.uncancel()
            if not out.ended:
                out.cut()
        finally:
            line.watch(None)

    async def _read(
        self, receive: Receive, headers: Mapping[str, str]
    ) -> tuple[bytes, Literal["", "large", "late"], bool]:
        """The body, what is wrong with it, and whether the caller left in the middle of it."""
        message = await receive()
        if not message.get("more_body", False):
            data: bytes = message.get("body", b"")
            if len(data) > self._body:
                return b"", "large", False
            return data, "", message["type"] != "http.request"
        # Of a caller that is not let in nothing is kept.
        most = self._body if self._admit(headers) else 0
        pieces: list[bytes] = []
        size = 0
        while True:
            if message["type"] != "http.request":
                return b"", "", True
            piece: bytes = message.get("body", b"")
            size += len(piece)
            if size <= most:
                pieces.append(piece)
            else:
                pieces.clear()
            if not message.get("more_body", False):
                return b"".join(pieces), "large" if size > most else "", False
            if size > 2 * self._body:
                # Most callers read nothing before all is written; for ever they are not waited for.
                return b"", "large", False
            try:
                async with asyncio.timeout(self._deadline):
                    message = await receive()
            except TimeoutError:
                return b"", "late", False


class _Asked:
    """A server without a `Line` has to be asked whether the caller has left, by a task for each request."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._task: asyncio.Task[None] | None = None

    def watch(self, left: Callable[[], None] | None) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = None if left is None else asyncio.ensure_future(self._tell(left))

    async def _tell(self, left: Callable[[], None]) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        left()


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in raw:
        key = name.decode("latin-1")
        text = value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found
