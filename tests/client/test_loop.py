"""Coroutines for threads that block: results, errors, backpressure, and every way to end."""

import asyncio
import gc
import os
import queue
import signal
import threading
import weakref
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from moonwire.client.loop import AHEAD, Loop
from moonwire.core.errors import LocalProtocolError

READY = 20.0


class Forever:
    """Something to wait for in vain. It tells when that begins, and how it ended."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.ended: queue.SimpleQueue[str] = queue.SimpleQueue()

    async def wait(self) -> None:
        try:
            self.begun.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.ended.put("cancelled")
            raise

    async def items(self, *first: int) -> AsyncGenerator[int]:
        try:
            for item in first:
                yield item
            await self.wait()
        finally:
            self.ended.put("closed")

    def endings(self, count: int) -> list[str]:
        return [self.ended.get(timeout=READY) for _ in range(count)]


async def numbers(count: int, error: BaseException | None = None) -> AsyncGenerator[int]:
    for number in range(count):
        yield number
    if error is not None:
        raise error


async def thread() -> threading.Thread:
    return threading.current_thread()


def alive(running: Any) -> bool:
    running.join(READY)
    return running.is_alive()


# -- run ---------------------------------------------------------------------------------------------


def test_one_thread_and_no_more() -> None:
    with Loop("made-up") as loop:
        first, second = loop.run(thread()), loop.run(thread())
        assert first is second and first.daemon and first.name == "made-up"
        assert first is not threading.current_thread()
    assert not first.is_alive()


def test_an_error_is_raised_where_it_is_waited_for() -> None:
    with Loop() as loop, pytest.raises(ZeroDivisionError):

        async def wrong() -> float:
            return 1 / 0

        loop.run(wrong())


def test_an_error_that_looks_like_the_end_of_a_wait() -> None:
    async def late() -> None:
        raise TimeoutError("its own")

    with Loop() as loop, pytest.raises(TimeoutError, match="its own"):
        loop.run(late())


def test_a_time_that_is_over_cancels() -> None:
    forever = Forever()
    with Loop() as loop:
        with pytest.raises(TimeoutError):
            loop.run(forever.wait(), timeout=0.05)
        assert forever.endings(1) == ["cancelled"]


def test_what_is_closed_runs_nothing() -> None:
    loop = Loop()
    loop.close()
    with pytest.raises(LocalProtocolError, match="closed"):
        loop.run(thread())
    with pytest.raises(LocalProtocolError, match="closed"):
        loop.iterate(numbers(1))
    loop.close()


def test_closing_ends_what_is_under_way_in_other_threads() -> None:
    loop, waiting, reading = Loop(), Forever(), Forever()
    said: queue.SimpleQueue[str] = queue.SimpleQueue()

    def wait() -> None:
        with pytest.raises(LocalProtocolError, match="closed"):
            loop.run(waiting.wait())
        said.put("run")

    def read() -> None:
        with pytest.raises(LocalProtocolError, match="closed"):
            list(loop.iterate(reading.items(1)))
        said.put("iterate")

    threads = [threading.Thread(target=target, daemon=True) for target in (wait, read)]
    for one in threads:
        one.start()
    assert waiting.begun.wait(READY) and reading.begun.wait(READY)
    loop.close()
    assert {said.get(timeout=READY), said.get(timeout=READY)} == {"run", "iterate"}
    assert not any(alive(one) for one in threads)
    assert reading.endings(2) == ["cancelled", "closed"]


def test_the_loop_does_not_wait_for_itself() -> None:
    async def inside() -> None:
        loop.run(thread())

    with Loop() as loop, pytest.raises(LocalProtocolError, match="wait for itself"):
        loop.run(inside())


def test_closing_on_its_own_thread_does_not_wait() -> None:
    async def inside() -> threading.Thread:
        loop.close()
        return threading.current_thread()

    loop = Loop()
    with pytest.raises(LocalProtocolError, match="closed"):
        loop.run(asyncio.wait_for(ended(inside()), READY))


async def ended(work: Any) -> None:
    await work
    await asyncio.Event().wait()


def test_one_that_nobody_has_ends_its_thread() -> None:
    loop = Loop()
    running, gone = loop.run(thread()), weakref.ref(loop)
    del loop
    gc.collect()
    assert gone() is None
    assert not alive(running)


@pytest.mark.parametrize("how", ["run", "iterate"])
def test_an_interrupt_cancels(how: str) -> None:
    forever = Forever()

    def interrupt() -> None:
        assert forever.begun.wait(READY)
        os.kill(os.getpid(), signal.SIGINT)

    with Loop() as loop:
        sender = threading.Thread(target=interrupt, daemon=True)
        sender.start()
        with pytest.raises(KeyboardInterrupt):
            loop.run(forever.wait()) if how == "run" else next(loop.iterate(forever.items()))
        # Where the interrupt fell before the wait, the iteration ends with the traceback that holds it.
        gc.collect()
        assert forever.ended.get(timeout=READY) in ("cancelled", "closed")
        sender.join(READY)


# -- iterate -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, AHEAD, AHEAD + 1, 1000])
@pytest.mark.parametrize("ahead", [1, AHEAD])
def test_all_items_in_order(count: int, ahead: int) -> None:
    with Loop() as loop:
        assert list(loop.iterate(numbers(count), ahead=ahead)) == list(range(count))


def test_an_error_comes_behind_what_came_before_it() -> None:
    seen: list[int] = []
    with Loop() as loop:
        iteration = loop.iterate(numbers(3, ValueError("broken")))
        with pytest.raises(ValueError, match="broken"):
            for item in iteration:
                seen.append(item)
        assert seen == [0, 1, 2]
        assert list(iteration) == []


def test_no_more_is_read_than_has_room() -> None:
    taken: list[int] = []

    async def counted() -> AsyncGenerator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    async def settled() -> int:
        # What can go on without the reader has gone on once others had many turns.
        for _ in range(200):
            await asyncio.sleep(0)
        return len(taken)

    with Loop() as loop:
        iteration = loop.iterate(counted(), ahead=4)
        assert next(iteration) == 0
        assert loop.run(settled()) <= 6
        assert list(iteration) == list(range(1, 100))


@pytest.mark.parametrize("first", [(), (1,), tuple(range(100))])
def test_closing_closes_the_source_at_once(first: tuple[int, ...]) -> None:
    forever = Forever()
    with Loop() as loop:
        with loop.iterate(forever.items(*first)) as iteration:
            assert not first or next(iteration) == first[0]
        # It waits for nothing: when `close` has returned the source is closed.
        assert forever.ended.qsize()
        assert list(iteration) == []


def test_a_source_that_was_not_begun_is_closed_too() -> None:
    class Source:
        closed = False

        def __aiter__(self) -> "Source":
            return self

        async def __anext__(self) -> int:
            await asyncio.Event().wait()
            return 1

        async def aclose(self) -> None:
            self.closed = True

    source = Source()
    with Loop() as loop:
        loop.iterate(source).close()
        assert source.closed


def test_an_iteration_that_nobody_has_is_closed() -> None:
    forever = Forever()
    with Loop() as loop:
        iteration = loop.iterate(forever.items(1))
        assert next(iteration) == 1 and forever.begun.wait(READY)
        del iteration
        gc.collect()
        assert forever.endings(2) == ["cancelled", "closed"]


# -- forks -------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_has_a_loop_of_its_own_and_the_parent_keeps_its() -> None:
    with Loop() as loop:
        parent = loop.run(thread())
        iteration = loop.iterate(numbers(100))
        assert next(iteration) == 0
        child = os.fork()
        if not child:
            said = 1
            try:
                fresh = loop.run(thread(), timeout=READY) is not parent
                other = list(loop.iterate(numbers(3))) == [0, 1, 2]
                loop.close()
                said = 0 if fresh and other else 2
            finally:
                os._exit(said)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        assert list(iteration) == list(range(1, 100))
        assert loop.run(thread()) is parent
