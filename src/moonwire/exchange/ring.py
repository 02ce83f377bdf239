"""The keys of one upstream, taken in turn: how many requests each may have, and which of them has to rest."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Final

from moonwire.core.errors import RateLimited

__all__ = ["KEPT", "Lease", "Ring"]

MINUTE: Final = 60.0
KEPT: Final = 10_000
"""How many callers' own keys are remembered; the one that was used longest ago gives way."""


class _Slot:
    """One key: when it may be used again, and how many requests it has now."""

    __slots__ = ("gate", "rests", "times")

    def __init__(self, concurrency: int) -> None:
        self.rests = 0.0
        self.times: deque[float] = deque()
        self.gate = asyncio.Semaphore(concurrency) if concurrency else None


class Lease:
    """A key that one request may use until it gives it back."""

    __slots__ = ("_given", "_slot", "key")

    def __init__(self, key: str, slot: _Slot) -> None:
        self.key = key
        self._slot = slot
        self._given = False

    def release(self) -> None:
        """The request is over."""
        if not self._given and self._slot.gate is not None:
            self._slot.gate.release()
        self._given = True

    def rest(self, until: float) -> None:
        """The key is not used again before this time."""
        self._slot.rests = max(self._slot.rests, until)


class Ring:
    """All keys of an upstream, and those of callers that bring their own."""

    def __init__(self, keys: Sequence[str], *, concurrency: int, rpm: int, now: Callable[[], float]) -> None:
        self._keys = tuple(keys)
        self._concurrency = concurrency
        self._rpm = rpm
        self.now = now
        self._next = 0
        self._slots: OrderedDict[str, _Slot] = OrderedDict()

    @property
    def has_keys(self) -> bool:
        """Whether the upstream has keys of its own."""
        return bool(self._keys)

    async def take(self, own: str | None, patience: float) -> Lease:
        """The key that is free first, or the caller's own one, within so many seconds.

        Raises `RateLimited` where none is.
        """
        key, wait = self._free(self._keys or (own or "",))
        if wait > patience:
            raise RateLimited(
                "every key of this upstream has to wait",
                status=429,
                retry_after=wait,
                remedy="try again later, or give it more keys",
            )
        if wait > 0:
            await asyncio.sleep(wait)
        slot = self._slot(key)
        if slot.gate is not None:
            try:
                async with asyncio.timeout(patience):
                    await slot.gate.acquire()
            except TimeoutError:
                raise RateLimited(
                    f"this upstream takes {self._concurrency} requests at once",
                    status=429,
                    retry_after=1.0,
                    remedy="try again later, or raise its concurrency",
                ) from None
        if self._rpm:
            slot.times.append(self.now())
        return Lease(key, slot)

    def _free(self, keys: Sequence[str]) -> tuple[str, float]:
        """The key that can be used first, beginning with the one whose turn it is, and how long that is."""
        now = self.now()
        turn = self._next % len(keys)
        self._next += 1
        ordered = (*keys[turn:], *keys[:turn])
        waits = [(self._wait(self._slot(key), now), place, key) for place, key in enumerate(ordered)]
        wait, _, key = min(waits)
        return key, wait

    def _wait(self, slot: _Slot, now: float) -> float:
        wait = max(0.0, slot.rests - now)
        if not self._rpm:
            return wait
        times = slot.times
        while times and now - times[0] >= MINUTE:
            times.popleft()
        return max(wait, times[0] + MINUTE - now) if len(times) >= self._rpm else wait

    def _slot(self, key: str) -> _Slot:
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = _Slot(self._concurrency)
            if len(self._slots) > KEPT:
                self._slots.popitem(last=False)
        else:
            self._slots.move_to_end(key)
        return slot
