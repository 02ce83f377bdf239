"""Ids for the calls of one reply: the model's own where they serve, deterministic ones elsewhere."""

import hashlib
import re
from collections.abc import Iterable

__all__ = ["IdBook"]

_NUMBER = re.compile(r":([0-9]{1,9})\Z")


class IdBook:
    """Gives each call an id that is unique in its conversation.

    The K2 template renders ids into the prompt and the model counts on from them, so what it gets
    back must look like `functions.{name}:{n}`, n counted over the conversation (kimi-api.md C2). K3
    renders none; there an id is opaque, because positional ones collide once a client drops
    history (sglang#33343).

    >>> book = IdBook(["functions.read:0"])
    >>> book.counted("read", 0), book.counted("read", 1)
    ('functions.read:1', 'functions.read:2')
    """

    def __init__(self, used: Iterable[str] = ()) -> None:
        self._used = set(used)
        self._next = len(self._used)
        self._before = tuple(self._used)
        self._seed = ""
        for identity in self._used:
            self._count(identity)

    def counted(self, name: str, number: int | None) -> str:
        """`functions.{name}:{n}` with the model's own n where that is free, else the next one."""
        own = f"functions.{name}:{number}"
        if number is None:
            own = f"functions.{name}:{self._next}"
        while own in self._used:
            own = f"functions.{name}:{self._next}"
            self._next += 1
        return self._take(own)

    def opaque(self, name: str, ordinal: int) -> str:
        """`call_` and 24 hex digits that depend on the call's place and on all ids before it."""
        # Most answers call nothing.
        self._seed = self._seed or hashlib.sha256(_joined(self._before)).hexdigest()
        salt = 0
        while True:
            digest = hashlib.sha256(
                f"{self._seed}\0{ordinal}\0{salt}\0{name}".encode("utf-8", "surrogatepass")
            )
            identity = f"call_{digest.hexdigest()[:24]}"
            if identity not in self._used:
                return self._take(identity)
            salt += 1

    def _take(self, identity: str) -> str:
        self._used.add(identity)
        self._count(identity)
        return identity

    def _count(self, identity: str) -> None:
        match = _NUMBER.search(identity)
        if match:
            self._next = max(self._next, int(match.group(1)) + 1)


def _joined(identities: Iterable[str]) -> bytes:
    return "\0".join(sorted(identities)).encode("utf-8", "surrogatepass")
