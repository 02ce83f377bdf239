"""Two tries where the first one is slow to speak: whichever says something first goes on, alone."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["race"]

T = TypeVar("T")


async def race(
    first: Coroutine[Any, Any, T],
    second: Callable[[], Coroutine[Any, Any, T] | None],
    after: float,
    *,
    drop: Callable[[T], Awaitable[None]],
) -> T:
    """What the first try comes to, or the second, which begins once the first took `after` seconds.

    `second` gives None where there is to be none. A try that fails leaves it to the other one; if both do,
    the first one's failure counts. The one that is not needed is broken off before this returns, and what it
    came to meanwhile is given to `drop`.
    """
    tries = [asyncio.ensure_future(first)]
    chosen: asyncio.Task[T] | None = None
    try:
        await asyncio.wait(tries, timeout=after)
        other = None if tries[0].done() else second()
        if other is not None:
            tries.append(asyncio.ensure_future(other))
        chosen = await _settled(tries)
        return chosen.result()
    finally:
        await _end([one for one in tries if one is not chosen], drop)


async def _settled(tries: list[asyncio.Task[T]]) -> asyncio.Task[T]:
    """The first that did not fail; the very first where all did."""
    pending = set(tries)
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        well = [one for one in tries if one in done and not one.cancelled() and one.exception() is None]
        if well:
            return well[0]
    return tries[0]


async def _end(tries: list[asyncio.Task[T]], drop: Callable[[T], Awaitable[None]]) -> None:
    for one in tries:
        one.cancel()
    for outcome in await asyncio.gather(*tries, return_exceptions=True):
        if not isinstance(outcome, BaseException):
            await drop(outcome)
