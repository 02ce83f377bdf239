"""One answer on its way: its head, the framing of its body, and as few writes as can be."""

import asyncio
import http
import re
from typing import Final, Protocol

from moonwire.gateway.http import StuckCaller

__all__ = ["HELD", "PIECE", "Answer", "Line"]

HELD: Final = 65536
"""Bytes that are held for the end of the loop's round, at most."""
PIECE: Final = 1 << 16
"""Bytes of a whole answer that are written at once: what a caller does not read is not buffered."""

STATUS: Final = {one.value: f"HTTP/1.1 {one.value} {one.phrase}\r\n" for one in http.HTTPStatus}
BODILESS: Final = (204, 304)
"""Answers without a body and without its framing (RFC 9110, 15.3.5 and 15.4.5)."""

NAMES: set[str] = set()
"""Names of headers that were looked at. Upstreams have few of them, but could make up many."""
NAMES_KEPT: Final = 512
_NAME: Final = re.compile(r"[-!#$%&'*+.^_`|~0-9a-z]+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

FAILED: Final = (
    b'{"error":{"message":"the gateway failed, and its log says where","type":"server_error",'
    b'"param":null,"code":null}}'
)
_JSON: Final = ("content-type", "application/json")


class Line(Protocol):
    """What an answer needs of its connection."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    room: asyncio.Event | None
    """Set once there is room for more; none while there is."""
    deadline: float
    """Seconds that a caller may take to read something."""

    def date(self) -> str:
        """The line of the head that says when it is."""
        ...

    def over(self, answer: "Answer") -> None:
        """The answer is written."""
        ...

    def broken(self, answer: "Answer", *, reset: bool) -> None:
        """The answer breaks off: the connection ends behind what was written, or with a reset."""
        ...

    def stuck(self, answer: "Answer") -> None:
        """Nobody reads: the connection ends now."""
        ...


class Answer:
    """An `Out` on a connection."""

    __slots__ = (
        "_bodiless",
        "_broken",
        "_chunked",
        "_due",
        "_head",
        "_left",
        "_line",
        "_old",
        "_open",
        "_pieces",
        "_size",
        "also",
        "begun",
        "close",
        "ended",
        "gone",
        "started",
        "task",
    )

    def __init__(self, line: Line, *, bodiless: bool, old: bool, close: bool) -> None:
        self._line = line
        self._bodiless = bodiless
        self._old = old
        """Whether the caller speaks a version without chunks."""
        self.close = close
        """Whether the connection ends with this answer."""
        self.started = self.ended = self.gone = False
        self.also: list[tuple[str, str]] = []
        self.task: asyncio.Task[None] | None = None
        """What runs the handler, as long as it does."""
        self.begun = False
        """Whether the task has begun: before that a cancellation would not even reach its `finally`."""
        self._open = self._broken = self._due = self._chunked = False
        self._head = b""
        self._pieces: list[bytes] = []
        self._size = 0
        self._left = -1

    # -- Out -------------------------------------------------------------------------------------------

    async def start(self, status: int, headers: list[tuple[str, str]]) -> None:
        """See `Out`."""
        if self._broken:
            return
        self._begin(status, headers, None)
        if (room := self._line.room) is not None:
            await self._room(room)
        self._later()

    async def send(self, data: bytes) -> None:
        """See `Out`."""
        if not self._open:
            self._misplaced()
            return
        if (room := self._line.room) is not None:
            await self._room(room)
        if not self._chunked:
            data = self._framed(data)
        if data and self._open:
            self._pieces.append(data)
            self._size += len(data)
            if self._size > HELD:
                self._flush()
            elif not self._due:
                self._later()

    async def end(self, data: bytes = b"") -> None:
        """See `Out`."""
        if not self._open:
            self._misplaced()
            return
        # Who leaves from now on is no reason to stop.
        self.ended = True
        if (room := self._line.room) is not None:
            await self._room(room)
        if not self._chunked:
            data = self._framed(data)
        if self._left > 0 and self._open:
            self.cut()
            raise RuntimeError("the answer is shorter than its content-length")
        self._open = False
        if data:
            self._pieces.append(data)
        self._write(b"0\r\n\r\n" if self._chunked else b"")
        self._line.over(self)

    async def whole(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """See `Out`."""
        if self._broken:
            return
        self._begin(status, headers, len(body))
        last = max(0, len(body) - 1) // PIECE * PIECE
        for at in range(0, last, PIECE):
            await self.send(body[at : at + PIECE])
        await self.end(body[last:])

    def cut(self) -> None:
        """See `Out`."""
        self.ended = True
        if self._broken:
            return
        # Without a length and without chunks the connection's end is the answer's, unless it is a reset.
        unframed = self._open and not self._chunked and self._left < 0 and not self._bodiless
        self._broken = True
        self._open = False
        self._write(b"")
        self._line.broken(self, reset=unframed)

    # -- for the connection ----------------------------------------------------------------------------

    @property
    def unanswered(self) -> bool:
        """Whether something is missing, and somebody waits for it."""
        return not self.ended and not self._broken

    def left(self) -> None:
        """The caller is gone."""
        self._open = False
        self._broken = True
        if not self.ended:
            self.gone = True
            self.cancel()

    def cancel(self) -> None:
        """Ends the handler."""
        if self.task is not None and self.begun:
            self.task.cancel()

    async def fail(self) -> None:
        """The handler has failed: the caller is told as long as nothing else was."""
        if self.started:
            if not self.ended:
                self.cut()
            return
        # What was to be said beside may be what cannot be said.
        self.also.clear()
        self.close = True
        await self.whole(500, [_JSON], FAILED)

    # -- the rest --------------------------------------------------------------------------------------

    def _begin(self, status: int, headers: list[tuple[str, str]], length: int | None) -> None:
        if self.started:
            raise RuntimeError("a second answer")
        bodiless = self._bodiless or status in BODILESS
        text = (STATUS.get(status) or f"HTTP/1.1 {status} \r\n") + self._line.date()
        if length is not None and status not in BODILESS:
            text += f"content-length: {length}\r\n"
        close = False
        for name, value in (*headers, *self.also) if self.also else headers:
            if name not in NAMES or not value.isprintable():
                _check(name, value)
            if name == "content-length":
                length = int(value)
            elif name == "connection":
                close = close or "close" in value.lower()
            text += f"{name}: {value}\r\n"
        chunked = length is None and not bodiless and not self._old
        if chunked:
            text += "transfer-encoding: chunked\r\n"
        if close or self.close or self._old:
            self.close = True
            text += "\r\n" if close else "connection: close\r\n\r\n"
        else:
            text += "\r\n"
        self._head = text.encode("latin-1", "replace")
        self._bodiless = bodiless
        self._chunked = chunked
        self._left = -1 if length is None or bodiless else length
        self.started = self._open = True

    def _framed(self, data: bytes) -> bytes:
        """What may be written of a piece that is no chunk."""
        if self._bodiless:
            return b""
        if self._left >= 0 and self._open:
            if len(data) > self._left:
                self.cut()
                raise RuntimeError("the answer is longer than its content-length")
            self._left -= len(data)
        return data

    def _misplaced(self) -> None:
        if not self._broken:
            raise RuntimeError("a piece of an answer before its head or behind its end")

    def _later(self) -> None:
        if not self._due:
            self._due = True
            self._line.loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._due = False
        self._write(b"")

    def _write(self, tail: bytes) -> None:
        """What is held, pieces of one round as one chunk, and this behind it."""
        data, pieces = self._head, self._pieces
        if pieces:
            body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            pieces.clear()
            self._size = 0
            data = b"%b%x\r\n%b\r\n%b" % (data, len(body), body, tail) if self._chunked else data + body
        elif tail:
            data += tail
        self._head = b""
        transport = self._line.transport
        if data and not transport.is_closing():
            transport.write(data)

    async def _room(self, room: asyncio.Event) -> None:
        """Waits until the caller has read. A deadline would cost more than the writing where nobody waits."""
        try:
            async with asyncio.timeout(self._line.deadline):
                await room.wait()
        except TimeoutError:
            # What waits in the buffers waits for nobody.
            self._open = False
            self._broken = True
            self._line.stuck(self)
            if self.task is not asyncio.current_task():
                # A comment found it out, and the handler is to hear of it as well.
                self.gone = True
                self.cancel()
            raise StuckCaller(f"the caller has not read for {self._line.deadline:g} seconds") from None


def _check(name: str, value: str) -> None:
    """Nothing in a header may end it."""
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"no name of a header: {name!r}")
    if _CONTROL.search(value) is not None:
        raise ValueError(f"a control character in the header {name}")
    if len(NAMES) < NAMES_KEPT:
        NAMES.add(name)
