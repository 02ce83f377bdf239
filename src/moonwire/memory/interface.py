"""What a memory is to those who use it, what it may take up, and the one that forgets."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from moonwire.core.recall import Kept, Record, Turn
from moonwire.memory.tenant import Tenant

__all__ = ["Limits", "Memory", "NoMemory", "Stats", "bounded"]

_MIB = 1 << 20


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much is kept, and for how long.

    `bytes` and `age` (in seconds, since a conversation was last used) bound the database, `held` what the
    process holds, `waiting` what waits to be written, `value` the reasoning of one turn.
    """

    bytes: int = 1024 * _MIB
    age: float = 90 * 86400.0
    value: int = _MIB
    held: int = 64 * _MIB
    waiting: int = 64 * _MIB


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """What a memory holds, and what it did since it was opened. No field ever holds content.

    `foreign`: conversations that were sealed under another secret, which age out unread. `unreadable`: keys
    that were found and could not be opened. `oversized`: turns of more reasoning than `Limits.value`.
    `lost`: records that the process knew and the database never got. `failure`: the last of `failures`.
    """

    kind: str
    hits: int = 0
    misses: int = 0
    oversized: int = 0
    held: int = 0
    waiting: int = 0
    bytes: int = 0
    conversations: int = 0
    values: int = 0
    foreign: int = 0
    evicted: int = 0
    unreadable: int = 0
    lost: int = 0
    failures: int = 0
    failure: str = ""


class Memory(Protocol):
    """Remembers records under keys, for each tenant apart. One event loop uses it at a time.

    A conversation is whatever the caller gives one name, the same in `get` and in `put`: the cache key that
    its requests share, say. Three things hang on it. What a conversation itself put under a key, or was once
    told, is what it is told again, whatever others put there later, so that its healed prefix stays as it
    is. It is forgotten as a whole. And it stays for as long as it is used. Without a name each `put` stands
    for itself, and nothing is promised about a later answer.
    """

    @property
    def shared(self) -> bool:
        """Whether several worker processes may share what is remembered."""
        ...

    async def get(
        self, tenant: Tenant, keys: Sequence[str], conversation: str = ""
    ) -> dict[str, tuple[Record, ...]]:
        """The values of the keys that have any; two where it is in doubt. Never fails: it may know less."""
        ...

    def put(self, tenant: Tenant, records: Mapping[str, Record], conversation: str = "") -> None:
        """Remembers: for this process at once, elsewhere within 100 ms. Never waits, never fails."""
        ...

    async def flush(self) -> None:
        """Returns when all that was put is where it is kept."""
        ...

    async def aclose(self) -> None:
        """Flushes and lets go of everything. Once is enough, more does no harm."""
        ...

    async def stats(self) -> Stats:
        """What it holds and what it did."""
        ...

    async def purge(self, tenant: Tenant | None = None, conversation: str = "") -> int:
        """Forgets all, or a tenant, or one of its conversations; says how many conversations that were."""
        ...


class NoMemory:
    """Forgets everything. There is nothing in it that two workers could see differently."""

    shared = True

    async def get(
        self, tenant: Tenant, keys: Sequence[str], conversation: str = ""
    ) -> dict[str, tuple[Record, ...]]:
        """Nothing is known."""
        return {}

    def put(self, tenant: Tenant, records: Mapping[str, Record], conversation: str = "") -> None:
        """Forgets it."""

    async def flush(self) -> None:
        """Nothing waits."""

    async def aclose(self) -> None:
        """Nothing is open."""

    async def stats(self) -> Stats:
        """Nothing but the kind."""
        return Stats(kind="none")

    async def purge(self, tenant: Tenant | None = None, conversation: str = "") -> int:
        """Nothing to forget."""
        return 0


def bounded(records: Mapping[str, Record], limit: int) -> dict[str, Record]:
    """The records, without reasoning where that is larger than the limit, and without texts that are.

    The rest stays: if nothing stood under the key, another turn's value there would look like the only one.

    >>> bounded({"key": Turn(reasoning="too long", natives=("f:0",))}, 3)
    {'key': Turn(natives=('f:0',))}
    """
    # The same turn stands under several keys, and is looked at once.
    kept: dict[int, Record | None] = {}
    for record in records.values():
        if id(record) not in kept:
            kept[id(record)] = _bounded(record, limit)
    return {key: one for key, record in records.items() if (one := kept[id(record)]) is not None}


def _bounded(record: Record, limit: int) -> Record | None:
    if isinstance(record, Turn):
        text = record.reasoning
        return record if text is None or not _is_larger(text, limit) else Turn(natives=record.natives)
    return None if isinstance(record, Kept) and _is_larger(record.text, limit) else record


def _is_larger(text: str, limit: int) -> bool:
    # No character takes more than four bytes: short text need not be encoded to know that it fits.
    return len(text) * 4 > limit and len(text.encode("utf-8", "surrogatepass")) > limit
