"""Whether an upstream is worth asking: a breaker after failures in a row, and a budget of retries."""

from collections import deque
from collections.abc import Callable
from typing import Final

from moonwire.exchange.config import Retries

__all__ = ["Health"]

MINUTE: Final = 60.0
ALWAYS: Final = 10
"""Retries a minute that no share forbids: with little traffic a share is nothing."""


class Health:
    """What happened to the requests of one upstream lately."""

    def __init__(self, retries: Retries, now: Callable[[], float]) -> None:
        self._retries = retries
        self._now = now
        self._failures = 0
        self._closed_until = 0.0
        self._asked: deque[float] = deque()
        self._again: deque[float] = deque()

    def allows(self) -> bool:
        """Whether it may be asked. After a pause one request is let through to see how it is."""
        if not self._retries.breaker or self._failures < self._retries.breaker:
            return True
        now = self._now()
        if now < self._closed_until:
            return False
        self._closed_until = now + self._retries.pause
        return True

    def asked(self) -> None:
        """A request is sent."""
        self._asked.append(self._now())
        self._forget(self._asked)

    def well(self) -> None:
        """It answered, if only with a refusal that is about the request."""
        self._failures = 0

    def failed(self) -> None:
        """It did not, or said that it broke down."""
        self._failures += 1
        if self._failures >= self._retries.breaker:
            self._closed_until = self._now() + self._retries.pause

    def may_retry(self) -> bool:
        """Whether the budget has a retry left; it is taken from it."""
        self._forget(self._again)
        self._forget(self._asked)
        if len(self._again) >= max(ALWAYS, self._retries.share * len(self._asked)):
            return False
        self._again.append(self._now())
        return True

    @property
    def open(self) -> bool:
        """Whether the breaker is open, so that nothing is asked."""
        return bool(self._retries.breaker) and self._failures >= self._retries.breaker

    def _forget(self, times: deque[float]) -> None:
        now = self._now()
        while times and now - times[0] > MINUTE:
            times.popleft()
