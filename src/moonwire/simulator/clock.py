"""Time and ids: real ones, or the same in every run."""

import hashlib
import secrets
import time
from typing import Final

__all__ = ["Clock"]

START: Final = 1_790_000_000
"""The second at which a fixed clock stands."""


class Clock:
    """Gives the time and new ids.

    >>> one, other = Clock(fixed=True, seed=1), Clock(fixed=True, seed=1)
    >>> one.hex(24) == other.hex(24), one.hex(24) == one.hex(24), one.seconds()
    (True, False, 1790000000)
    """

    def __init__(self, *, fixed: bool = False, seed: int = 0) -> None:
        self._fixed = fixed
        self._seed = seed
        self._count = 0

    def seconds(self) -> int:
        """Seconds since 1970."""
        return START if self._fixed else int(time.time())

    def running(self) -> float:
        """A clock for distances; a fixed one stands still."""
        return 0.0 if self._fixed else time.monotonic()

    def hex(self, digits: int) -> str:
        """So many hex digits that nothing else has."""
        if not self._fixed:
            return secrets.token_hex((digits + 1) // 2)[:digits]
        self._count += 1
        text = f"{self._seed}:{self._count}"
        return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()[:digits]
