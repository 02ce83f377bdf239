"""The memory of one process, gone when it ends."""

from collections.abc import Mapping, Sequence

from moonwire.core.recall import Record
from moonwire.memory.interface import Limits, Stats, bounded
from moonwire.memory.lru import Held, unit
from moonwire.memory.tenant import Tenant

__all__ = ["ProcessMemory"]

# Nothing is ever found out elsewhere, so what is held is always up to date.
_NOW = 0


class ProcessMemory:
    """Remembers the conversations that were used last, as many as `limits.held` bytes hold."""

    shared = False

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._held = Held(self._limits.held)
        self._hits = self._misses = self._oversized = 0

    async def get(
        self, tenant: Tenant, keys: Sequence[str], conversation: str = ""
    ) -> dict[str, tuple[Record, ...]]:
        """The values of the keys that have any."""
        found, missing = self._held.ask(tenant.identity, conversation, keys, _NOW)
        answers = {key: self._held.settle(tenant.identity, conversation, key)[0] for key in missing}
        if conversation and answers:
            self._held.learn(tenant.identity, conversation, answers, _NOW)
        found.update((key, values) for key, values in answers.items() if values)
        self._hits += len(found)
        self._misses += len(keys) - len(found)
        return found

    def put(self, tenant: Tenant, records: Mapping[str, Record], conversation: str = "") -> None:
        """Remembers them at once."""
        if not records:
            return
        kept = bounded(records, self._limits.value)
        self._oversized += kept != records
        self._held.add(tenant.identity, unit(conversation, records), kept)

    async def flush(self) -> None:
        """Nothing waits."""

    async def aclose(self) -> None:
        """Nothing is open."""

    async def stats(self) -> Stats:
        """What it holds and what it did."""
        return Stats(
            kind="process",
            hits=self._hits,
            misses=self._misses,
            oversized=self._oversized,
            held=self._held.bytes,
            conversations=len(self._held),
        )

    async def purge(self, tenant: Tenant | None = None, conversation: str = "") -> int:
        """Forgets all, or a tenant, or one of its conversations."""
        return self._held.forget(tenant.identity if tenant else None, conversation)
