"""The platform's limits per key: so many requests a minute, so many at once (kimi-api.md K2)."""

from collections import deque
from math import ceil
from typing import Final

from moonwire.simulator.clock import Clock
from moonwire.simulator.rules import Refused
from moonwire.simulator.settings import Limits

__all__ = ["Gate"]

MINUTE: Final = 60.0
TYPE: Final = "rate_limit_reached_error"


class Gate:
    """Counts requests by key. The wait stands in the text and nowhere else."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._times: dict[str, deque[float]] = {}
        self._inside: dict[str, int] = {}

    def enter(self, key: str) -> Refused | None:
        """Lets a request in, or says why not. Who is let in has to `leave`."""
        limits = self._limits
        if limits.concurrency and self._inside.get(key, 0) >= limits.concurrency:
            words = f"request reached max concurrency: {limits.concurrency}, please try again after 1 seconds"
            return Refused(words, 429, TYPE, rule="concurrency")
        if limits.rpm:
            now = self._clock.running()
            times = self._times.setdefault(key, deque())
            while times and now - times[0] >= MINUTE:
                times.popleft()
            if len(times) >= limits.rpm:
                wait = max(1, ceil(MINUTE - (now - times[0])))
                words = f"request reached max request: {limits.rpm}, please try again after {wait} seconds"
                return Refused(words, 429, TYPE, rule="rpm")
            times.append(now)
        self._inside[key] = self._inside.get(key, 0) + 1
        return None

    def leave(self, key: str) -> None:
        """A request is over."""
        self._inside[key] -= 1
        if not self._inside[key]:
            del self._inside[key]
