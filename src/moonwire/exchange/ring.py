"""The keys of one upstream, taken in turn: how many requests each may have, and which of them has to rest."""

import asyncio
import contextlib
import math
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Final

from moonwire.core.errors import RateLimited

__all__ = ["KEPT", "Lease", "Ring"]

MINUTE: Final = 60.0
KEPT: Final = 10_000
"""How many callers' own keys are remembered; the one that was used longest ago gives way."""


class _Slot:
    """One key: how many requests it has now, when it may be used again, and when it had better be."""

    __slots__ = ("busy", "key", "rests", "shunned", "times")

    def __init__(self, key: str) -> None:
        self.key = key
        self.busy = 0
        self.rests = 0.0
        self.shunned = 0.0
        self.times: deque[float] = deque()


class _Group:
    """Keys that do for each other, and those who wait for one of them, in the order in which they came."""

    __slots__ = ("slots", "turn", "waiting")

    def __init__(self, keys: Sequence[str]) -> None:
        self.slots = tuple(_Slot(key) for key in keys)
        self.turn = 0
        self.waiting: deque[asyncio.Event] = deque()

    @property
    def used(self) -> bool:
        return bool(self.waiting) or any(slot.busy for slot in self.slots)

    def wake(self) -> None:
        """Whoever is first looks again."""
        if self.waiting:
            self.waiting[0].set()


class Lease:
    """A key that one request may use until it gives it back."""

    __slots__ = ("_given", "_group", "_slot", "key")

    def __init__(self, slot: _Slot, group: _Group) -> None:
        self.key = slot.key
        self._slot = slot
        self._group = group
        self._given = False
        slot.busy += 1

    def release(self) -> None:
        """The request is over."""
        if not self._given:
            self._given = True
            self._slot.busy -= 1
            self._group.wake()

    def rest(self, until: float) -> None:
        """The key is not used again before this time."""
        self._slot.rests = max(self._slot.rests, until)

    def shun(self, until: float) -> None:
        """The key is used before this time only if there is no other."""
        self._slot.shunned = max(self._slot.shunned, until)


class Ring:
    """All keys of an upstream, and those of callers that bring their own."""

    def __init__(self, keys: Sequence[str], *, concurrency: int, rpm: int, now: Callable[[], float]) -> None:
        self._pool = _Group(tuple(dict.fromkeys(keys)))
        self._owns: OrderedDict[str, _Group] = OrderedDict()
        self._concurrency = concurrency
        self._rpm = rpm
        self.now = now

    @property
    def has_keys(self) -> bool:
        """Whether the upstream has keys of its own."""
        return bool(self._pool.slots)

    @property
    def several(self) -> bool:
        """Whether it has more than one."""
        return len(self._pool.slots) > 1

    @property
    def requests(self) -> int:
        """How many have a key now."""
        groups = (self._pool, *self._owns.values())
        return sum(slot.busy for group in groups for slot in group.slots)

    def spare(self) -> bool:
        """Whether one of several keys could be used at once."""
        return self.several and self._best(self._pool)[0] <= 0

    async def take(self, own: str | None, patience: float) -> Lease:
        """The key that is free first, or the caller's own one, within so many seconds.

        Who came first is served first. Raises `RateLimited` where the wait would be longer.
        """
        group = self._pool if self._pool.slots else self._own(own or "")
        if not group.waiting:
            wait, slot = self._best(group)
            if wait <= 0:
                return self._leased(group, slot)
        ticket = asyncio.Event()
        group.waiting.append(ticket)
        try:
            return await self._queued(group, ticket, patience)
        finally:
            group.waiting.remove(ticket)
            group.wake()

    async def _queued(self, group: _Group, ticket: asyncio.Event, patience: float) -> Lease:
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        while True:
            first = group.waiting[0] is ticket
            wait, slot = self._best(group)
            if first and wait <= 0:
                return self._leased(group, slot)
            left = until - loop.time()
            if left <= 0 or left < wait < math.inf:
                raise self._full(wait)
            ticket.clear()
            # Those behind the first wait for their turn, the first for a key: by the clock, or for one that
            # is given back.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left, wait) if first else left):
                    await ticket.wait()

    def _full(self, wait: float) -> RateLimited:
        if wait == math.inf or wait <= 0:
            return RateLimited(
                f"this upstream takes {self._concurrency or self._rpm} requests at once and key",
                status=429,
                retry_after=1.0,
                remedy="try again later, or raise its concurrency",
            )
        return RateLimited(
            "every key of this upstream has to wait",
            status=429,
            retry_after=wait,
            remedy="try again later, or give it more keys",
        )

    def _leased(self, group: _Group, slot: _Slot) -> Lease:
        group.turn += 1
        if self._rpm:
            slot.times.append(self.now())
        return Lease(slot, group)

    def _best(self, group: _Group) -> tuple[float, _Slot]:
        """The key to use and how long that is: the one that is free first, not shunned, with least to do."""
        slots = group.slots
        if len(slots) == 1:
            return self._wait(slots[0]), slots[0]
        now = self.now()
        count = len(slots)
        ranked = [
            (self._wait(slots[place]), slots[place].shunned > now, slots[place].busy, turn, place)
            for turn in range(count)
            for place in ((group.turn + turn) % count,)
        ]
        wait, _, _, _, place = min(ranked)
        return wait, slots[place]

    def _wait(self, slot: _Slot) -> float:
        """Seconds until the key is free; `inf`: until it is given back."""
        if self._concurrency and slot.busy >= self._concurrency:
            return math.inf
        if not slot.rests and not self._rpm:
            return 0.0
        now = self.now()
        wait = max(0.0, slot.rests - now)
        if not self._rpm:
            return wait
        times = slot.times
        while times and now - times[0] >= MINUTE:
            times.popleft()
        return max(wait, times[0] + MINUTE - now) if len(times) >= self._rpm else wait

    def _own(self, key: str) -> _Group:
        group = self._owns.get(key)
        if group is not None:
            self._owns.move_to_end(key)
            return group
        group = self._owns[key] = _Group((key,))
        if len(self._owns) > KEPT:
            oldest, gone = self._owns.popitem(last=False)
            if gone.used:
                # Its requests are still counted: the next one gives way.
                self._owns[oldest] = gone
        return group
