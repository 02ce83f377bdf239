"""Comments while nothing is said, so that nobody between here and the caller takes silence for death.

First tokens after minutes of thought are usual (kimi-api.md I6).
"""

import asyncio
import contextlib

from moonwire.gateway.http import Out, StuckCaller

__all__ = ["Pulse"]


class Pulse:
    """Sends a comment whenever nothing else was sent for `interval` seconds. No task unless it has to."""

    __slots__ = ("_comment", "_handle", "_interval", "_last", "_loop", "_out", "_sending")

    def __init__(self, out: Out, comment: bytes, interval: float) -> None:
        self._out = out
        self._comment = comment
        self._interval = interval
        self._loop = asyncio.get_running_loop()
        self._last = 0.0
        self._handle: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """From now on silence is filled."""
        if self._interval and self._comment:
            self._last = self._loop.time()
            self._handle = self._loop.call_later(self._interval, self._due)

    def beat(self) -> None:
        """Something was sent."""
        self._last = self._loop.time()

    def end(self) -> None:
        """No more comments."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None

    def _due(self) -> None:
        quiet = self._loop.time() - self._last
        wait = self._interval - quiet
        if wait <= 0:
            wait = self._interval
            if self._sending is None or self._sending.done():
                self._sending = self._loop.create_task(self._say())
        self._handle = self._loop.call_later(wait, self._due)

    async def _say(self) -> None:
        # A caller that does not read meets its deadline where the answer is sent.
        with contextlib.suppress(StuckCaller):
            await self._out.send(self._comment)
        self._last = self._loop.time()
