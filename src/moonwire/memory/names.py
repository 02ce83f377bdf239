"""The names of the conversations in the file: what is not among them begins here, surely."""

from collections.abc import Iterable

__all__ = ["Names"]


class Names:
    """Holds as of so many batches of others: what they write later may be anything, until it is read anew.

    >>> names = Names([b"a"], 7, most=10)
    >>> names.begins(b"b", 7), names.begins(b"b", 7), names.begins(b"a", 7), names.begins(b"c", 8)
    (True, False, False, False)
    """

    __slots__ = ("_most", "_names", "seen")

    def __init__(self, names: Iterable[bytes], seen: int, *, most: int) -> None:
        self._most = most
        # None: too many to be held.
        self._names: set[bytes] | None = set()
        self.seen = seen
        """How many batches others had written when they were read."""
        self.read(names, seen)

    @property
    def held(self) -> bool:
        """Whether it is worth reading them anew."""
        return self._names is not None

    def read(self, names: Iterable[bytes], seen: int) -> None:
        """All that there were by then. What this process began stays: it may not have been written yet."""
        if self._names is not None:
            self._names.update(names)
            self.seen = seen
            self._bound()

    def begins(self, name: bytes, seen: int) -> bool:
        """Whether the file surely has nothing of this conversation; from now on it may have."""
        names = self._names
        if names is None or name in names:
            return False
        names.add(name)
        self._bound()
        return seen == self.seen

    def _bound(self) -> None:
        if self._names is not None and len(self._names) > self._most:
            self._names = None
