"""One answer on its way to the caller: restored, folded, remembered, and then gone."""

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Final, Self

import msgspec

from moonwire.core.catalogue import Target
from moonwire.core.events import (
    CallStart,
    Event,
    Finish,
    Malformed,
    Noted,
    Reasoning,
    Reclassified,
    Start,
    Text,
    UpstreamError,
    Usage,
)
from moonwire.core.fold import Fold
from moonwire.core.messages import Reply
from moonwire.core.notes import Note
from moonwire.core.plan import Plan
from moonwire.core.restore import Restore
from moonwire.exchange.ring import Lease
from moonwire.exchange.sealing import Sealing
from moonwire.transport import Response

__all__ = ["Answer", "Begun", "Resume", "Stream", "says_something"]

Stream = AsyncGenerator[list[Event]]

SAYS: Final = (Text, CallStart, Malformed)


def says_something(events: list[Event]) -> bool:
    """Whether a caller would see something of these: reasoning, content or a call."""
    return any(isinstance(event, SAYS) or (isinstance(event, Reasoning) and event.text) for event in events)


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that has begun: what was said already, and where the rest comes from."""

    first: list[list[Event]]
    stream: Stream
    response: Response
    traces: Mapping[str, str] = {}


Over = Callable[[Plan, Reply], None]
Resume = Callable[[Reply, UpstreamError], Awaitable[Begun | None]]


class Answer:
    """Iterate over it for batches of events; close it when the caller leaves.

    `notes` grows until the end: those of the plan, of what was tried, and of what the answer needed. `over`
    is told of the whole answer before the caller has its last event; `resume` goes on where it broke off.
    """

    def __init__(
        self,
        plan: Plan,
        upstream: str,
        begun: Begun,
        lease: Lease,
        restore: Restore,
        *,
        over: Over,
        resume: Resume | None = None,
    ) -> None:
        self.plan = plan
        self.upstream = upstream
        self.traces = dict(begun.traces)
        self.notes: list[Note] = list(plan.notes)
        self.reply: Reply | None = None
        """The whole answer, once it is over."""
        self.thoughts_in_text = False
        """Whether the server gave thoughts as text, without a mark before them."""
        self._next = deque(begun.first)
        self._stream = begun.stream
        self._response = begun.response
        self._lease = lease
        self.sealing: Sealing | None = None
        """Puts a seal behind its thoughts, for a caller that keeps them."""
        self._restore = restore
        self._over: Over | None = over
        self._resume = resume
        self._resumed = False
        self._fold = Fold()
        self._reading = False
        self._closed = False

    @property
    def target(self) -> Target:
        """What was sent to."""
        return self.plan.target

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[Event]:
        """The next events, never none. Once it is over, or where it is cancelled, it is closed."""
        going = False
        try:
            while not self._closed:
                if self._next:
                    batch = self._next.popleft()
                else:
                    self._reading = True
                    batch = await anext(self._stream)
                    self._reading = False
                if self._resume is not None and type(batch[-1]) is UpstreamError:
                    batch = await self._mended(batch, batch[-1], self._resume)
                if self._resumed:
                    # It thinks anew about what it has said already; only the text goes on.
                    batch = [event for event in batch if not isinstance(event, Start | Reasoning)]
                events = self._taken(batch) if batch else batch
                if events:
                    going = True
                    return events
            raise StopAsyncIteration
        finally:
            self._reading = False
            if not going:
                await self.aclose()

    async def _mended(self, batch: list[Event], error: UpstreamError, resume: Resume) -> list[Event]:
        """The rest of a text that broke off, from a new request; the caller never sees the break."""
        if len(batch) > 1:
            # First what came before.
            self._next.appendleft([error])
            return batch[:-1]
        more = None if self._closed else await resume(self._fold.finish(), error)
        if more is None:
            self._resume = None
            return batch
        self._stream, self._response, self._resumed = more.stream, more.response, True
        self._next.extend(more.first)
        if self._closed:
            await self._stream.aclose()
        reason = "the answer broke off and was continued by a new request"
        told = Note(
            code="answer-resumed", level="warning", path="stream", reason=reason, before=error.message
        )
        return [Noted(told)]

    def _taken(self, batch: list[Event]) -> list[Event]:
        events = self._restore.feed(batch)
        if events and self.sealing is not None:
            events = self.sealing.feed(events)
        if not events:
            return events
        self._fold.feed(events)
        for event in events:
            if type(event) is Noted:
                self.notes.append(event.note)
            elif type(event) is Reclassified and event.was == "text":
                self.thoughts_in_text = True
        last = type(events[-1])
        if last is Finish or last is UpstreamError:
            self.reply = self._fold.finish()
            if self._over is not None:
                # Before the caller has the last event: its next request may come within a millisecond.
                self._over(self.plan, self.reply)
        return events

    async def gather(self) -> Reply:
        """The whole answer, for a caller that did not ask for a stream."""
        async for _ in self:
            pass
        return self.reply if self.reply is not None else self._fold.finish()

    @property
    def usage(self) -> Usage | None:
        """What it cost, once it is over."""
        return None if self.reply is None else self.reply.usage

    async def aclose(self) -> None:
        """Ends it, also in the middle: the upstream's connection is closed at once."""
        self._closed = True
        # They know this answer: it is not to wait for the collector with all its text.
        self._over = self._resume = None
        try:
            if self._reading:
                # Another task waits for it, and is told that it broke off.
                await self._response.aclose()
            else:
                await self._stream.aclose()
        finally:
            self._lease.release()
