"""The thread that writes: it gathers what comes within 50 ms, seals it, and commits it as one.

Whoever hands something over never waits: a `SimpleQueue` takes it without a lock of Python's, and what is on
its way is counted by two numbers, each of which one thread alone writes.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field

from moonwire.core.errors import MoonwireError
from moonwire.core.recall import Record
from moonwire.memory.codec import encode
from moonwire.memory.database import Database, DatabaseFailure, Row, Unit
from moonwire.memory.lru import Group, weight
from moonwire.memory.sealing import DIGEST, Vault
from moonwire.memory.tenant import Tenant

__all__ = ["Writer"]

# Half of what a kill may cost; the other half is for the disk.
_GATHER = 0.05
# Conversations that go at a time, so that what was put in the meantime is not kept waiting.
_EVICTED_AT_ONCE = 64
# What waits is more than its records: their keys and the places in the queue.
_ITEM = 500


@dataclass(frozen=True, slots=True)
class _Put:
    tenant: Tenant
    conversation: str
    records: tuple[tuple[str, Record], ...]
    size: int
    group: Group | None


@dataclass(frozen=True, slots=True)
class _Used:
    tenant: Tenant
    conversation: str


@dataclass(frozen=True, slots=True)
class _Flush:
    done: Future[int] = field(default_factory=Future[int])


@dataclass(frozen=True, slots=True)
class _Purge:
    tenant: Tenant | None
    conversation: str
    done: Future[int] = field(default_factory=Future[int])


@dataclass(frozen=True, slots=True)
class _Stop:
    pass


_Item = _Put | _Used | _Flush | _Purge | _Stop


class Writer:
    """Owns the connection that writes, and closes it. One thread hands things over."""

    def __init__(self, database: Database, vault: Vault, waiting: int, wall: Callable[[], float]) -> None:
        self._database = database
        self._vault = vault
        self._limit = waiting
        self._wall = wall
        self._queue: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._hurry = threading.Event()
        # Written by whoever hands over.
        self._given = self._refused = 0
        # Written by the thread.
        self._taken = self._failed = 0
        self.evicted = self.failures = 0
        self.failure = ""
        self._thread = threading.Thread(target=self._run, name="moonwire-memory-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Bytes that are not yet written."""
        return self._given - self._taken

    @property
    def lost(self) -> int:
        """Records that will never be written."""
        return self._refused + self._failed

    def put(
        self,
        tenant: Tenant,
        conversation: str,
        records: Iterable[tuple[str, Record]],
        group: Group | None = None,
    ) -> None:
        """To be written within 100 ms; refused if too much waits already, as where the disk stands still.

        `group`, which holds them, is told if the conversation begins with them.
        """
        given = tuple(records)
        size = _ITEM * len(given) + weight([record for _, record in given])
        if self.waiting + size > self._limit:
            self._refused += len(given)
            return
        self._hand_over(_Put(tenant, conversation, given, size, group), size)

    def used(self, tenant: Tenant, conversation: str) -> None:
        """The conversation is in use, and not to be evicted before others."""
        if self.waiting < self._limit:
            self._hand_over(_Used(tenant, conversation), _ITEM)

    def flush(self) -> Future[int]:
        """Done when all that was handed over before is written, or lost."""
        return self._ask(_Flush())

    def purge(self, tenant: Tenant | None, conversation: str) -> Future[int]:
        """Done when it is gone; the number of conversations."""
        return self._ask(_Purge(tenant, conversation))

    def close(self) -> None:
        """Writes what waits, ends the thread, and closes the connection."""
        self._queue.put(_Stop())
        self._hurry.set()
        self._thread.join()

    def _hand_over(self, item: _Item, size: int) -> None:
        self._given += size
        self._queue.put(item)

    def _ask(self, item: _Flush | _Purge) -> Future[int]:
        self._queue.put(item)
        self._hurry.set()
        if not self._thread.is_alive():
            self._abandon()
        return item.done

    # -- in the thread -------------------------------------------------------------------------

    def _run(self) -> None:
        with contextlib.ExitStack() as ended:
            # Whatever ends the thread, nobody waits for it forever.
            ended.callback(self._abandon)
            ended.callback(self._close)
            more, going = self._evict(), True
            while going:
                while more and self._queue.empty():
                    more = self._evict()
                going = self._work(self._gathered())
                more = going and self._evict()

    def _gathered(self) -> list[_Item]:
        items = [self._queue.get()]
        self._hurry.wait(_GATHER)
        self._hurry.clear()
        with contextlib.suppress(queue.Empty):
            while True:
                items.append(self._queue.get_nowait())
        return items

    def _work(self, items: list[_Item]) -> bool:
        """Does it in order; false when it was told to stop."""
        puts: list[_Put] = []
        used: dict[bytes, None] = {}
        going = True
        for item in items:
            match item:
                case _Put():
                    puts.append(item)
                case _Used():
                    used[self._vault.of(item.tenant).name(item.conversation)] = None
                    self._taken += _ITEM
                case _Flush():
                    self._write(puts, used)
                    _answer(item.done, 0)
                case _Purge():
                    self._write(puts, used)
                    self._forget(item)
                case _Stop():
                    going = False
        self._write(puts, used)
        return going

    def _write(self, puts: list[_Put], used: dict[bytes, None]) -> None:
        # Sealed once, however many turns have the same to be remembered, such as nothing.
        sealed: dict[tuple[Tenant, Record], bytes] = {}
        units = [self._sealed(put, sealed) for put in puts]
        try:
            if units or used:
                written = self._database.write(units, used, self.minute())
                for place in written.begun:
                    if (group := puts[place].group) is not None:
                        group.alone = written.others
        except DatabaseFailure as failure:
            self._fail(failure, sum(len(unit.rows) for unit in units))
        self._taken += sum(put.size for put in puts)
        puts.clear()
        used.clear()

    def _sealed(self, put: _Put, sealed: dict[tuple[Tenant, Record], bytes]) -> Unit:
        sealer = self._vault.of(put.tenant)
        rows: list[Row] = []
        for name, record in put.records:
            known = (put.tenant, record)
            try:
                value = sealed.get(known)
                if value is None:
                    value = sealed[known] = sealer.seal(encode(record))
            except OverflowError:
                # A count that no server means: msgpack has no form for integers of more than 64 bits.
                self._fail(MoonwireError("a record has a number that cannot be stored"), 1)
                continue
            key = sealer.key(name)
            digest = value[:DIGEST]
            rows.append(Row(key, digest, value[DIGEST:], sealer.bond(key, digest)))
        return Unit(sealer.name(put.conversation), sealer.tenant, self._vault.mark, rows)

    def _forget(self, item: _Purge) -> None:
        sealer = None if item.tenant is None else self._vault.of(item.tenant)
        name = sealer.name(item.conversation) if sealer and item.conversation else None
        try:
            _answer(item.done, self._database.purge(sealer.tenant if sealer else None, name))
        except DatabaseFailure as failure:
            self._fail(failure, 0)
            _answer(item.done, failure)

    def _evict(self) -> bool:
        """Drops some of what is too old or too much; whether there is more."""
        try:
            gone, more = self._database.evict(self.minute(), _EVICTED_AT_ONCE)
        except DatabaseFailure as failure:
            self._fail(failure, 0)
            return False
        self.evicted += gone
        return more

    def _close(self) -> None:
        try:
            self._database.close()
        except DatabaseFailure as failure:
            self._fail(failure, 0)

    def _fail(self, failure: MoonwireError, lost: int) -> None:
        self.failures += 1
        self.failure = str(failure)
        self._failed += lost

    def minute(self) -> int:
        """The time as it is stored: finer than this nobody needs to know when a conversation was used."""
        return int(self._wall() // 60)

    def _abandon(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                item = self._queue.get_nowait()
                if isinstance(item, _Flush | _Purge):
                    _answer(item.done, MoonwireError("the memory is closed", path="memory"))


def _answer(done: Future[int], what: int | MoonwireError) -> None:
    if not done.set_running_or_notify_cancel():
        return
    if isinstance(what, MoonwireError):
        done.set_exception(what)
    else:
        done.set_result(what)
