"""One answer on its way to the caller: restored, folded, remembered, and then gone."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from typing import Final

from moonwire.core.catalogue import Target
from moonwire.core.events import (
    CallStart,
    Event,
    Finish,
    Malformed,
    Noted,
    Reasoning,
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

__all__ = ["Answer", "Stream", "says_something"]

Stream = AsyncGenerator[list[Event]]
Remember = Callable[[Plan, Reply], None]
Resume = Callable[[Reply, UpstreamError], Awaitable["Stream | None"]]

SAYS: Final = (Text, CallStart, Malformed)


def says_something(events: list[Event]) -> bool:
    """Whether a caller would see something of these: reasoning, content or a call."""
    return any(isinstance(event, SAYS) or (isinstance(event, Reasoning) and event.text) for event in events)


class Answer:
    """Iterate over it for batches of events; close it when the caller leaves.

    `notes` grows until the end: those of the plan, of what was tried, and of what the answer needed.
    """

    def __init__(
        self,
        plan: Plan,
        upstream: str,
        first: list[list[Event]],
        stream: Stream,
        *,
        lease: Lease,
        restore: Restore,
        remember: Remember,
        resume: Resume | None = None,
        traces: Mapping[str, str] | None = None,
    ) -> None:
        self.plan = plan
        self.upstream = upstream
        self.traces = dict(traces or {})
        self.notes: list[Note] = list(plan.notes)
        self.reply: Reply | None = None
        """The whole answer, once it is over."""
        self._first = first
        self._stream = stream
        self._lease = lease
        self._restore = restore
        self._remember = remember
        self._resume = resume
        self._fold = Fold()
        self._closed = False

    @property
    def target(self) -> Target:
        """What was sent to."""
        return self.plan.target

    async def __aiter__(self) -> AsyncIterator[list[Event]]:
        try:
            for batch in self._first:
                yield self._taken(batch)
            self._first = []
            async for batch in self._stream:
                error = next((event for event in batch if isinstance(event, UpstreamError)), None)
                if error is None or self._resume is None:
                    yield self._taken(batch)
                    continue
                before = [event for event in batch if event is not error]
                if before:
                    yield self._taken(before)
                async for resumed in self._resumed(error):
                    yield resumed
        finally:
            await self.aclose()

    async def _resumed(self, error: UpstreamError) -> AsyncIterator[list[Event]]:
        """The rest of a text that broke off, from a new request; the caller never sees the break."""
        assert self._resume is not None
        more = await self._resume(self._fold.finish(), error)
        if more is None:
            yield self._taken([error])
            return
        reason = "the answer broke off and was continued by a new request"
        told = Note(
            code="answer-resumed", level="warning", path="stream", reason=reason, before=error.message
        )
        yield self._taken([Noted(told)])
        async for batch in more:
            # It thinks anew about what it has said already; only the text goes on.
            yield self._taken([event for event in batch if not isinstance(event, Start | Reasoning)])

    def _taken(self, batch: list[Event]) -> list[Event]:
        events = self._restore.feed(batch)
        ended = False
        for event in events:
            if isinstance(event, Noted):
                self.notes.append(event.note)
            elif isinstance(event, Finish | UpstreamError):
                ended = True
        self._fold.feed(events)
        if ended:
            self.reply = self._fold.finish()
            if self.reply.error is None:
                # Before the caller has the last event: its next request may come within a millisecond.
                self._remember(self.plan, self.reply)
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
        if self._closed:
            return
        self._closed = True
        await self._stream.aclose()
        self._lease.release()
