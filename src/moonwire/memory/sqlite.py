"""The memory on disk: what the process holds in front, a database that workers share behind.

What is held answers alone for as long as no other process wrote anything since it was checked. Whether one
did is one number in the database, and it is looked at when the last look is 100 ms old: until then another
worker's write need not have been committed either. What a conversation puts is as certain where the file had
nothing of that conversation before: its name is not among those that were read, or the thread that wrote it
found it new. So one worker reads next to nothing, several always know of each other's conflicts.
"""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from moonwire.core.recall import Record
from moonwire.memory.codec import decode
from moonwire.memory.database import Counts, Database, DatabaseFailure
from moonwire.memory.folder import prepare
from moonwire.memory.interface import Limits, Stats, bounded
from moonwire.memory.lru import PUT_HERE, Group, Held, Values, unit
from moonwire.memory.names import Names
from moonwire.memory.sealing import Sealer, Vault
from moonwire.memory.secret import Secret
from moonwire.memory.tenant import Tenant
from moonwire.memory.writer import Writer

__all__ = ["SqliteMemory"]

_LOOK = 0.1
_NOBODY = Tenant(b"")
_NEVER = float("-inf")

# Names that are held in front of the file, some 80 bytes each: more conversations no one worker has.
_NAMES = 50_000


class _Stored(NamedTuple):
    """What the database has under a key: in the conversation, and at all. `sound`: it could be opened."""

    own: Values = ()
    others: Values = ()
    sound: bool = True


class _View(NamedTuple):
    """What a read found. `seen` is how many batches others had written by then, if that is certain.

    `names` are those of all conversations, if they were to be read.
    """

    stored: dict[str, _Stored]
    seen: int
    purges: int
    names: list[bytes] | None = None


class SqliteMemory:
    """Remembers in a file that is sealed under the secret. Opened in each worker process, after a fork.

    Raises `MoonwireError` if the file cannot be used. From then on nothing fails: what the disk does not take
    is known to the process alone, and counted.
    """

    shared = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        secret: Secret,
        limits: Limits | None = None,
        *,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits = limits or Limits()
        self._monotonic = monotonic
        self._vault = Vault(secret)
        self._held = Held(limits.held)
        place = Path(path).expanduser()
        prepare(place.parent)
        opened = partial(
            Database, place, bytes=limits.bytes, minutes=int(limits.age // 60), mark=self._vault.mark
        )
        with contextlib.ExitStack() as failing:
            self._written = opened()
            failing.callback(self._written.close)
            self._reads = opened(reads=True)
            failing.callback(self._reads.close)
            with self._reads.snapshot() as state:
                # The writing connection has written nothing yet: all batches are of others.
                self._names = Names(self._reads.names(_NAMES + 1), state.batches, most=_NAMES)
            failing.pop_all()
        self._writer = Writer(self._written, self._vault, limits.waiting, wall)
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="moonwire-memory-reader")
        self._seen, self._purges, self._looked = state.batches, state.purges, _NEVER
        # The check that has not begun yet, and the one that is under way.
        self._next: asyncio.Task[bool] | None = None
        self._under_way: asyncio.Task[bool] | None = None
        # Changes with every purge, so that a read which was under way does not bring back what is gone.
        self._epoch = 0
        self._hits = self._misses = self._oversized = self._unreadable = self._failures = 0
        self._failure = ""
        self._closed = False
        self._closing = threading.Lock()

    async def get(
        self, tenant: Tenant, keys: Sequence[str], conversation: str = ""
    ) -> dict[str, tuple[Record, ...]]:
        """The values of the keys that have any; two where it is in doubt."""
        if not keys:
            return {}
        found, missing = self._held.ask(tenant.identity, conversation, keys, self._seen)
        if conversation and not self._closed:
            minute = self._writer.minute()
            if not self._held.is_used(tenant.identity, conversation, minute):
                self._writer.used(tenant, conversation)
        if not missing and self._monotonic() - self._looked >= _LOOK:
            if await self._checked():
                found, missing = self._held.ask(tenant.identity, conversation, keys, self._seen)
            else:
                missing = list(keys)
        if missing:
            view = await self._look(tenant, keys, missing, conversation)
            found = self._settled(tenant, keys, conversation, found, view)
        self._hits += len(found)
        self._misses += len(keys) - len(found)
        return found

    def put(self, tenant: Tenant, records: Mapping[str, Record], conversation: str = "") -> None:
        """Remembers: here at once, in the file within 100 ms."""
        if not records:
            return
        kept = bounded(records, self._limits.value)
        self._oversized += kept != records
        name = unit(conversation, records)
        held = self._held.group(tenant.identity, name) is not None
        group = self._held.add(tenant.identity, name, kept)
        if conversation and self._begins(tenant, conversation, group) and group is not None and not held:
            group.alone = self._seen
        if not self._closed:
            if group is not None:
                # It is in use, as the file will learn by what is put.
                group.used = self._writer.minute()
            self._writer.put(tenant, name, kept.items(), group)

    async def flush(self) -> None:
        """Returns when all that was put is in the file, or lost and counted."""
        if not self._closed:
            await asyncio.wrap_future(self._writer.flush())

    async def aclose(self) -> None:
        """Writes what waits, ends both threads, closes the file. What is put later stays in the process."""
        self._closed = True
        await asyncio.to_thread(self._close)

    async def stats(self) -> Stats:
        """What it holds and what it did. Once it is closed, without what is in the file."""
        counts = Counts(0, 0, 0, 0)
        if not self._closed:
            try:
                counts = await asyncio.get_running_loop().run_in_executor(self._reader, self._reads.counts)
            except DatabaseFailure as failure:
                self._fail(failure)
        return Stats(
            kind="sqlite",
            hits=self._hits,
            misses=self._misses,
            oversized=self._oversized,
            held=self._held.bytes,
            waiting=self._writer.waiting,
            bytes=counts.bytes,
            conversations=counts.conversations,
            values=counts.values,
            foreign=counts.foreign,
            evicted=self._writer.evicted,
            unreadable=self._unreadable,
            lost=self._writer.lost,
            failures=self._failures + self._writer.failures,
            failure=self._failure or self._writer.failure,
        )

    async def purge(self, tenant: Tenant | None = None, conversation: str = "") -> int:
        """Forgets all, or a tenant, or one of its conversations. Raises if the file cannot be written to."""
        self._epoch += 1
        self._held.forget(tenant.identity if tenant else None, conversation)
        purges = self._purges
        gone = await asyncio.wrap_future(self._writer.purge(tenant, conversation))
        if self._purges == purges:
            # What was put since then is not to be forgotten with what was purged.
            self._purges += 1
        return gone

    # -- on the event loop ---------------------------------------------------------------------

    def _begins(self, tenant: Tenant, conversation: str, group: Group | None) -> bool:
        """Whether the file surely has nothing of a conversation that is about to be written to."""
        if group is not None:
            if group.named:
                return False
            group.named = True
        return self._names.begins(self._vault.of(tenant).name(conversation), self._seen)

    async def _checked(self) -> bool:
        """Looks whether others wrote, once for all who ask before it begins; whether that is certain."""
        waiting = self._next
        if waiting is None or waiting.get_loop() is not asyncio.get_running_loop():
            waiting = self._next = asyncio.ensure_future(self._check(self._under_way))
        return await asyncio.shield(waiting)

    async def _check(self, before: "asyncio.Task[bool] | None") -> bool:
        if before is not None and before.get_loop() is asyncio.get_running_loop():
            await asyncio.wait([before])
        # Whoever asks from now on needs a later one.
        self._under_way, self._next = self._next, None
        view = await self._look(_NOBODY, (), (), "")
        return view is not None and view.seen != PUT_HERE

    async def _look(
        self, tenant: Tenant, keys: Sequence[str], missing: Sequence[str], conversation: str
    ) -> _View | None:
        """What the database says; None if it says nothing, or what it said is not to be used any more."""
        if self._closed:
            return None
        epoch, looked = self._epoch, self._monotonic()
        try:
            view = await asyncio.get_running_loop().run_in_executor(
                self._reader, self._read, tenant, keys, missing, conversation, self._seen
            )
        except DatabaseFailure as failure:
            self._fail(failure)
            return None
        if epoch != self._epoch:
            return None
        if view.seen != PUT_HERE:
            self._seen, self._looked = view.seen, looked
            if view.names is not None:
                self._names.read(view.names, view.seen)
        if view.purges != self._purges:
            self._held.forget()
            self._purges = view.purges
        return view

    def _settled(
        self,
        tenant: Tenant,
        keys: Sequence[str],
        conversation: str,
        found: dict[str, Values],
        view: _View | None,
    ) -> dict[str, Values]:
        """The answers, out of what is held and what is stored; what the conversation was told is kept."""
        stored = view.stored if view else {}
        answers: dict[str, Values] = {}
        told: list[tuple[str, Record]] = []
        unsound: set[str] = set()
        for key in keys:
            if key in found and key not in stored:
                continue
            there = stored.get(key, _Stored())
            values, new = self._held.settle(tenant.identity, conversation, key, there.own, there.others)
            if not there.sound:
                # Something stands there, and it may be another value than what is known. Not kept: what is
                # put under this key later would look like the only one.
                self._unreadable += 1
                unsound.add(key)
                continue
            answers[key] = values
            if new:
                told += [(key, value) for value in values]
        if conversation and view:
            self._held.learn(tenant.identity, conversation, answers, view.seen)
            if told and not self._closed:
                # It begins in the file with this, if it is not there yet.
                self._begins(tenant, conversation, self._held.group(tenant.identity, conversation))
                self._writer.put(tenant, conversation, told)
        known = {**found, **answers}
        return {key: known[key] for key in keys if known.get(key) and key not in unsound}

    def _fail(self, failure: DatabaseFailure) -> None:
        self._failures += 1
        self._failure = str(failure)

    # -- in the reading thread -----------------------------------------------------------------

    def _read(
        self, tenant: Tenant, keys: Sequence[str], missing: Sequence[str], conversation: str, seen: int
    ) -> _View:
        """The missing keys; all of them if another process wrote since `seen`."""
        sealer = self._vault.of(tenant)
        before, writing = self._written.batches, self._written.writing
        with self._reads.snapshot() as state:
            # Whether this process's own commit is in the snapshot is certain only if there was none just now.
            certain = not (writing or self._written.writing) and before == self._written.batches
            others = state.batches - before if certain else PUT_HERE
            names = {sealer.key(key): key for key in (missing if others == seen else keys)}
            found = self._reads.find(list(names), sealer.name(conversation))
            own = {one.key for one in found if one.own}
            # What others know counts only where the conversation knows nothing.
            found = [one for one in found if one.own or one.key not in own]
            values = self._reads.values(list({one.value for one in found}))
            # Read anew once nobody else has written for two looks.
            stale = self._names.held and self._names.seen != others == seen
            all_names = self._reads.names(_NAMES + 1) if stale else None
        opened = {
            number: (sealed[0], _opened(sealer, sealed[0] + sealed[1])) for number, sealed in values.items()
        }
        stored = {key: _Stored() for key in names.values()}
        for one in found:
            digest, record = opened.get(one.value, (b"", None))
            key = names[one.key]
            if record is None or sealer.bond(one.key, digest) != one.bond:
                stored[key] = _Stored(sound=False)
            elif stored[key].sound:
                stored[key] = _with(stored[key], record, own=one.own)
        return _View(stored, others, state.purges, all_names)

    # -- in any thread -------------------------------------------------------------------------

    def _close(self) -> None:
        with self._closing:
            self._writer.close()
            self._reader.shutdown()
            self._reads.close()


def _opened(sealer: Sealer, sealed: bytes) -> Record | None:
    plain = sealer.open(sealed)
    return None if plain is None else decode(plain)


def _with(stored: _Stored, record: Record, *, own: bool) -> _Stored:
    if own:
        return stored._replace(own=(*stored.own, record))
    return stored if record in stored.others else stored._replace(others=(*stored.others, record))
