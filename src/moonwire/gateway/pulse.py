"""The status line that comes late, and comments while nothing is said.

First tokens after minutes of thought are usual (kimi-api.md I6), and nobody between here and the caller may
take silence for death.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from moonwire.gateway.http import Out, StuckCaller

__all__ = ["Late", "Pulse"]


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


class Late:
    """Gives the caller a status after `seconds`, if the block has not ended by then.

    What is sent then is `commit`'s business; a block that ends while it is being sent waits for it.
    """

    __slots__ = ("_commit", "_handle", "_task")

    def __init__(self, seconds: float, commit: Callable[[], Awaitable[None]]) -> None:
        self._commit = commit
        self._task: asyncio.Task[None] | None = None
        self._handle = asyncio.get_running_loop().call_later(seconds, self._due)

    def _due(self) -> None:
        self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        # A caller that left is noticed by whoever waits for it.
        with contextlib.suppress(StuckCaller):
            await self._commit()

    async def end(self) -> None:
        """The block is over."""
        self._handle.cancel()
        if self._task is not None:
            await self._task
