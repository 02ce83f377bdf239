"""An answer as it comes: events, then what they add up to."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from types import AsyncGeneratorType, TracebackType
from typing import Any, Generic, Self, TypeVar, cast

from moonwire.client.completion import BrokenOff, Completion, WrongForm
from moonwire.core.errors import LocalProtocolError
from moonwire.core.events import Event, Text, UpstreamError
from moonwire.core.fold import Fold
from moonwire.exchange.answer import Answer
from moonwire.wire.chat.runs import apart

__all__ = ["Stream"]

T = TypeVar("T")


class Stream(Generic[T]):
    """Iterate it for events; `completion` is there when it is over, and what came so far until then.

    `aclose`, the end of an `async with` and cancellation close the upstream at once. What breaks off raises
    `BrokenOff` after everything that arrived, also where another task closed it.
    """

    def __init__(
        self, begin: Callable[[], Awaitable[Answer]], finish: Callable[[Answer, Any], Completion[T]]
    ) -> None:
        self._begin = begin
        self._finish = finish
        self._beginning: asyncio.Future[Answer] | None = None
        self._closed = False
        self._answer: Answer | None = None
        self._fold = Fold()
        self._events: AsyncGenerator[Event] | None = None
        self._completion: Completion[T] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> AsyncIterator[Event]:
        if self._events is not None:
            raise LocalProtocolError("a stream is read once", path="stream", remedy="call stream() again")
        self._events = self._read()
        return self._events

    async def texts(self) -> AsyncGenerator[str]:
        """The visible text alone, piece by piece."""
        async for event in self:
            if isinstance(event, Text):
                yield event.text

    async def finished(self) -> Completion[T]:
        """Reads to the end, and says what it came to."""
        if self._events is None:
            self.__aiter__()
        assert self._events is not None
        async for _ in self._events:
            pass
        return self.completion

    @property
    def completion(self) -> Completion[T]:
        """What it came to, or has come to so far."""
        if self._completion is not None:
            return self._completion
        if self._answer is None:
            remedy = "iterate over it first"
            raise LocalProtocolError("the stream has not begun", path="stream", remedy=remedy)
        return self._finish(self._answer, self._fold.finish())

    async def aclose(self) -> None:
        """Ends it: the upstream's connection is closed at once where the answer is not over."""
        if self._events is None:
            return
        if not cast("AsyncGeneratorType[Event, None]", self._events).ag_running:
            await self._events.aclose()
        elif self._answer is not None:
            await self._answer.aclose()
        elif self._beginning is not None:
            self._closed = self._beginning.cancel()

    async def _read(self) -> AsyncGenerator[Event]:
        # A task, so that another one can end it.
        begin = self._beginning = asyncio.ensure_future(self._begin())
        try:
            answer = self._answer = await begin
        except asyncio.CancelledError:
            if not self._closed:
                raise
            remedy = "call stream() again"
            raise LocalProtocolError("the stream was closed", path="stream", remedy=remedy) from None
        error: UpstreamError | None = None
        try:
            async for batch in answer:
                self._fold.feed(batch)
                for event in batch:
                    if isinstance(event, UpstreamError):
                        error = event
                    else:
                        for one in apart(event):
                            yield one
        finally:
            await answer.aclose()
        try:
            done = self._completion = self._finish(answer, answer.reply or self._fold.finish())
        except WrongForm as wrong:
            self._completion = wrong.completion
            raise
        if error is not None:
            raise BrokenOff(error.message, done, error.code)
