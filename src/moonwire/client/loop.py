"""An event loop on a thread of its own, for callers that wait by blocking."""

import asyncio
import contextlib
import os
import threading
import weakref
from collections import deque
from collections.abc import AsyncIterable, Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, Final, Generic, Self, TypeVar

import msgspec

from moonwire.core.errors import LocalProtocolError

__all__ = ["Iteration", "Loop"]

T = TypeVar("T")

AHEAD: Final = 16
"""How many items are read before they are asked for."""

LOOK: Final = 1.0
"""Seconds after which somebody who waits looks whether the thread is still there."""

CLOSING: Final = 5.0
"""Seconds that what is under way has for its end."""


class Loop:
    """Runs coroutines for threads that block. Any thread may use it; it starts when it is first used.

    The thread is a daemon: it keeps no program alive, and it ends with `close`, or when nobody has the loop
    any more. After a fork the child gets a new thread and a new loop; what was under way in the parent cannot
    be waited for in the child.

    >>> async def double(number: int) -> int:
    ...     return 2 * number
    >>> with Loop() as loop:
    ...     loop.run(double(21))
    42
    """

    def __init__(self, name: str = "moonwire") -> None:
        self._name = name
        self._lock = threading.Lock()
        self._running: _Running | None = None
        self._closed = False
        _LOOPS.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def run(self, work: Coroutine[Any, Any, T], *, timeout: float | None = None) -> T:
        """What the coroutine returns or raises. Whatever ends the wait, Ctrl-C too, cancels it.

        After `timeout` seconds that is `TimeoutError`.
        """
        job = _Job(work)
        running: _Running | None = None
        try:
            running = self._started()
            if not running.soon(job.start):
                raise _closed()
            if running.wait(job.done, timeout):
                return job.future.result()
        except CancelledError:
            raise _closed() from None
        finally:
            # On the loop, where it comes behind the start wherever an interrupt fell.
            if not job.future.done() and not (running and running.soon(job.cancel)):
                work.close()
        raise TimeoutError(f"this took longer than {timeout} seconds")

    def iterate(self, source: AsyncIterable[T], *, ahead: int = AHEAD) -> "Iteration[T]":
        """The items of an asynchronous iterable, which is read in one task, a few items ahead and no more.

        It is closed when the iteration is over or is closed, at once also in the middle of a wait.

        >>> async def numbers():
        ...     yield 1
        ...     yield 2
        >>> with Loop() as loop:
        ...     list(loop.iterate(numbers()))
        [1, 2]
        """
        return Iteration(self, self._started(), source, ahead)

    def close(self, seconds: float = CLOSING) -> None:
        """Cancels what is under way, waits for that, and ends the thread. Nothing can be run afterwards."""
        with self._lock:
            self._closed = True
            running, self._running = self._running, None
        if running is not None:
            running.stop()
            if threading.current_thread() is not running.thread:
                running.thread.join(seconds)

    def _started(self) -> "_Running":
        with self._lock:
            if self._closed:
                raise _closed()
            if self._running is None:
                self._running = _Running.start(self._name)
                # Who forgets to close it leaves no thread behind.
                weakref.finalize(self, self._running.stop)
            running = self._running
        if threading.current_thread() is running.thread:
            raise LocalProtocolError(
                "the loop would wait for itself", path="loop", remedy="await it where the loop runs"
            )
        return running

    def _forked(self) -> None:
        """The parent's thread is not here, and its loop shares the kernel's queue with the parent's."""
        self._lock = threading.Lock()
        if self._running is not None:
            _ABANDONED.append(self._running)
            self._running = None


class _Running(msgspec.Struct, frozen=True, eq=False):
    """A loop and the thread that it runs on."""

    loop: asyncio.AbstractEventLoop
    thread: threading.Thread
    pid: int

    @classmethod
    def start(cls, name: str) -> Self:
        runner = asyncio.Runner()
        thread = threading.Thread(target=_serve, args=(runner,), name=name, daemon=True)
        running = cls(runner.get_loop(), thread, os.getpid())
        thread.start()
        return running

    def stop(self) -> None:
        if self.pid == os.getpid():
            self.soon(self.loop.stop)

    def soon(self, what: Callable[[], object]) -> bool:
        """Calls it on the loop; whether that has not ended."""
        try:
            self.loop.call_soon_threadsafe(what)
        except RuntimeError:
            return False
        return True

    def wait(self, done: Callable[[float], bool], timeout: float | None = None) -> bool:
        """Whether it is done within the time; `done` is given the seconds that it may wait.

        In steps: a thread that is gone tells nobody, and on Windows no signal ends a wait.
        """
        left = timeout
        while left is None or left > 0:
            step = LOOK if left is None else min(left, LOOK)
            if done(step):
                return True
            if not self.thread.is_alive() or self.pid != os.getpid():
                if done(0.0):
                    return True
                raise _closed()
            left = None if left is None else left - step
        return False


class _Job(Generic[T]):
    """A coroutine that somebody waits for. It is begun and cancelled on the loop alone."""

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self.future: Future[T] = Future()
        self._work = work
        self._task: asyncio.Task[T] | None = None

    def done(self, seconds: float) -> bool:
        """Whether it is over within the time."""
        with contextlib.suppress(TimeoutError):
            self.future.exception(seconds)
        return self.future.done()

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._work)
        self._task.add_done_callback(self._ended)

    def cancel(self) -> None:
        if self._task is None:
            self._work.close()
        else:
            self._task.cancel()

    def _ended(self, task: asyncio.Task[T]) -> None:
        if task.cancelled():
            self.future.cancel()
        elif (error := task.exception()) is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(task.result())


def _serve(runner: asyncio.Runner) -> None:
    with runner:
        runner.get_loop().run_forever()


class Iteration(Generic[T]):
    """Items of an asynchronous source, for a thread that blocks."""

    def __init__(self, loop: Loop, running: _Running, source: AsyncIterable[T], ahead: int) -> None:
        self._loop = loop  # which would end if nobody had it
        self._running = running
        self._pipe = pipe = _Pipe(source, ahead)
        self._cancel = weakref.finalize(self, running.soon, pipe.cancel)
        begun = False
        try:
            begun = running.soon(lambda: pipe.start(running.loop))
        finally:
            if not begun:
                self._cancel()

    def __iter__(self) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __next__(self) -> T:
        """The next item. An error of the source is raised behind all items that came before it."""
        pipe = self._pipe
        waited = False
        try:
            self._running.wait(pipe.ready)
            waited = True
        finally:
            if not waited:
                self._cancel()
        with pipe.lock:
            if pipe.items:
                item = pipe.items.popleft()
                wake = pipe.full and len(pipe.items) <= pipe.ahead // 2
                if wake:
                    pipe.full = False
            elif pipe.error is not None:
                error, pipe.error = pipe.error, None
                raise error
            else:
                raise StopIteration
        if wake:
            self._running.soon(pipe.room.set)
        return item

    def close(self, seconds: float = CLOSING) -> None:
        """Ends it, and waits until the source is closed."""
        self._cancel()
        pipe = self._pipe
        pipe.forget()
        if threading.current_thread() is not self._running.thread:
            # A loop that was closed in the meantime has ended this too.
            with contextlib.suppress(LocalProtocolError):
                self._running.wait(pipe.ended, seconds)


class _Pipe(Generic[T]):
    """What lies between the task that reads and the thread that waits."""

    def __init__(self, source: AsyncIterable[T], ahead: int) -> None:
        self.ahead = max(1, ahead)
        self.items: deque[T] = deque()
        self.error: BaseException | None = None
        self.full = False
        """Whether the task waits for room."""
        self.over = False
        self.lock = threading.Lock()
        self.room = asyncio.Event()
        self._changed = threading.Condition(self.lock)
        self._source = source
        self._task: asyncio.Task[None] | None = None
        self._begun = False
        self._left = False

    # -- for the thread that waits -----------------------------------------------------------------

    def ready(self, seconds: float) -> bool:
        """Whether there is something to take within the time: an item, or the end."""
        with self.lock:
            return self._changed.wait_for(lambda: bool(self.items) or self.over, seconds)

    def ended(self, seconds: float) -> bool:
        """Whether it is over within the time."""
        with self.lock:
            return self._changed.wait_for(lambda: self.over, seconds)

    def forget(self) -> None:
        """Nobody wants the rest."""
        with self.lock:
            self._left = True
            self.items.clear()
            self.error = None

    # -- on the loop -------------------------------------------------------------------------------

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._task = loop.create_task(self._read())
        self._task.add_done_callback(self._ended)

    def cancel(self) -> None:
        task = self._task
        if task is None:
            return
        if not self._begun:
            # A task that has not begun would end without closing its source.
            task.get_loop().call_soon(self.cancel)
        else:
            task.cancel()

    async def _read(self) -> None:
        self._begun = True
        try:
            async for item in self._source:
                with self.lock:
                    if not self._left:
                        self.items.append(item)
                    self.full = len(self.items) >= self.ahead
                    self._changed.notify_all()
                while self.full:
                    self.room.clear()
                    await self.room.wait()
        finally:
            close = getattr(self._source, "aclose", None)
            if close is not None:
                await close()

    def _ended(self, task: asyncio.Task[None]) -> None:
        with self.lock:
            self.over = True
            if task.cancelled():
                self.error = None if self._left else _closed()
            elif not self._left:
                self.error = task.exception()
            self._changed.notify_all()


_LOOPS: Final[weakref.WeakSet[Loop]] = weakref.WeakSet()
_ABANDONED: Final[list[_Running]] = []
"""Loops of the parent: to close one of them here would end the parent's."""


def _forked() -> None:
    for loop in tuple(_LOOPS):
        loop._forked()  # pyright: ignore[reportPrivateUsage] -- the hook can only be a function of the module


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def _closed() -> LocalProtocolError:
    return LocalProtocolError("the loop is closed", path="loop", remedy="make a new one")
