"""Where a connection puts one response down, and its reader picks it up.

One future at most is waited on, by the one reader; it is made only if there is nothing to be picked up.
"""

import asyncio
import math
from typing import Protocol

from moonwire.core.errors import LocalProtocolError, MoonwireError
from moonwire.transport.settings import Timeouts

__all__ = ["Inbox", "Line"]


class Line(Protocol):
    """What the reader needs of the connection."""

    def awaited(self) -> None:
        """Somebody waits now: `Inbox.wait_until` has to be watched."""
        ...

    def resume(self) -> None:
        """The pieces were taken: the socket may be read again."""
        ...

    def abandon(self) -> None:
        """Nobody wants the rest: close at once, which cancels the work upstream."""
        ...


class Inbox:
    """One response, as far as it has come. `line` is None once nothing more can come."""

    __slots__ = (
        "abandoned",
        "error",
        "fields",
        "headers",
        "line",
        "loop",
        "origin",
        "pieces",
        "reason",
        "size",
        "stale",
        "status",
        "timeouts",
        "total_until",
        "touched",
        "version",
        "wait_until",
        "waiter",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, origin: str, timeouts: Timeouts, total_until: float
    ) -> None:
        self.loop = loop
        self.origin = origin
        self.timeouts = timeouts
        self.total_until = total_until
        self.wait_until = math.inf
        self.line: Line | None = None
        self.waiter: asyncio.Future[None] | None = None
        self.error: MoonwireError | None = None
        self.abandoned = False
        self.stale = False
        """The peer had closed this kept connection before it saw the request. The slot is the sender's."""
        self.touched = False
        """A byte of the response has come."""
        self.status = 0
        self.reason = b""
        self.version = ""
        self.headers: list[tuple[str, str]] = []
        self.fields: dict[str, str] = {}
        """The headers by name; of several with one name, the last."""
        self.pieces: list[bytes] = []
        self.size = 0

    async def wait(self, seconds: float) -> None:
        """Until the connection has put something down, or the deadline has put an error there."""
        line = self.line
        if line is None:
            return
        if self.waiter is not None:
            raise LocalProtocolError("two tasks read one response", path="response")
        self.waiter = waiter = self.loop.create_future()
        self.wait_until = self.loop.time() + seconds
        line.awaited()
        try:
            await waiter
        except asyncio.CancelledError:
            self.abandon()
            raise
        finally:
            self.waiter = None

    def wake(self) -> None:
        """Something was put down."""
        waiter = self.waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def take(self) -> bytes:
        """All that is there, as one piece."""
        pieces = self.pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.size = 0
        if self.line is not None:
            self.line.resume()
        return data

    def close(self, error: MoonwireError | None = None) -> None:
        """Nothing more comes: the message has ended, or the connection has."""
        self.line = None
        self.error = error
        self.wake()

    def abandon(self) -> None:
        """The reader wants no more, and gets no more."""
        self.abandoned = True
        self.pieces.clear()
        self.size = 0
        if self.line is not None:
            self.line.abandon()
