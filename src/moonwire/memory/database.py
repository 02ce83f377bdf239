"""The file: hashed names, sealed values, and which belong together. All that knows SQLite is here.

A record says that in a conversation a value stands under a key. A value is stored once however many records
lead to it, and goes with the last of them. Conversations go whole, those first that were used least lately.
Every method may wait for the disk: they are for threads, and a connection is for one thread at a time.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from moonwire.core.errors import MoonwireError

__all__ = ["Counts", "Database", "DatabaseFailure", "Found", "Row", "State", "Unit", "Written"]

# "moon", so that no other program's database is taken for one of ours.
_APPLICATION = 0x6D6F6F6E
_VERSION = 1

_SCHEMA = (
    "CREATE TABLE state (batches INTEGER NOT NULL, purges INTEGER NOT NULL)",
    "INSERT INTO state VALUES (0, 0)",
    "CREATE TABLE conversations (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, tenant BLOB NOT NULL,"
    " mark BLOB NOT NULL, used INTEGER NOT NULL)",
    "CREATE INDEX conversations_by_use ON conversations (used)",
    "CREATE TABLE held (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, body BLOB NOT NULL)",
    "CREATE TABLE records (key BLOB NOT NULL, value INTEGER NOT NULL, conversation INTEGER NOT NULL,"
    " bond BLOB NOT NULL, PRIMARY KEY (key, value, conversation)) WITHOUT ROWID",
    "CREATE INDEX records_by_conversation ON records (conversation, key)",
    "CREATE INDEX records_by_value ON records (value)",
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {_VERSION}",
)

# The lowest and the highest value of a key: two seeks, however many conversations the key stands in.
_FIND = """
WITH asked (key) AS (VALUES {places}),
picked (key, value, own) AS (
  SELECT asked.key, records.value, 1 FROM asked JOIN records ON records.key = asked.key
    AND records.conversation = (SELECT id FROM conversations WHERE name = ?)
  UNION ALL SELECT key, (SELECT min(value) FROM records WHERE key = asked.key), 0 FROM asked
  UNION ALL SELECT key, (SELECT max(value) FROM records WHERE key = asked.key), 0 FROM asked)
SELECT key, value, own, (SELECT bond FROM records WHERE key = picked.key AND value = picked.value LIMIT 1)
FROM picked WHERE value IS NOT NULL
"""

# A record of a conversation that has none yet, and of one that may: two values of a key are enough to know
# that nothing is known.
_ADD_NEW = "INSERT OR IGNORE INTO records SELECT ?1, id, ?3, ?4 FROM held WHERE digest = ?2"
_ADD = f"{_ADD_NEW} AND (SELECT count(*) FROM records WHERE conversation = ?3 AND key = ?1) < 2"

_LET_GO = "DELETE FROM held WHERE digest = ? AND NOT EXISTS (SELECT 1 FROM records WHERE value = held.id)"

# SQLite before 3.32 took 999 variables.
_AT_ONCE = 500

_WAIT = 5.0

_DAMAGED = "move it away, with its -wal and -shm: only remembered reasoning is lost"
_REMEDIES = {
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_ERROR: _DAMAGED,
    sqlite3.SQLITE_FULL: "free some space on this disk, or set a smaller limit",
    sqlite3.SQLITE_IOERR: "look after this disk",
    sqlite3.SQLITE_BUSY: "another process holds it: end that one",
    sqlite3.SQLITE_READONLY: "make the file and its directory writable for this user",
    sqlite3.SQLITE_CANTOPEN: "make the file and its directory writable for this user",
    sqlite3.SQLITE_PERM: "make the file and its directory writable for this user",
}


class DatabaseFailure(MoonwireError):
    """What SQLite could not do. Its words tell of files and tables, never of what is in them."""


class Row(NamedTuple):
    """A value under a key: `digest` and `body` are the sealed value, `bond` ties it to the key."""

    key: bytes
    digest: bytes
    body: bytes
    bond: bytes


class Unit(NamedTuple):
    """Rows of one conversation. `tenant` is whose it is, `mark` under which secret."""

    name: bytes
    tenant: bytes
    mark: bytes
    rows: list[Row]


class Written(NamedTuple):
    """Which of the units began a conversation that was not there, and how many batches others had written."""

    begun: list[int]
    others: int


class State(NamedTuple):
    """How many batches were ever written by anybody, and how often somebody purged."""

    batches: int
    purges: int


class Found(NamedTuple):
    """One value of a key; `own` if it stands there in the conversation that was asked for."""

    key: bytes
    value: int
    own: bool
    bond: bytes


class Counts(NamedTuple):
    """What is in the file."""

    bytes: int
    conversations: int
    values: int
    foreign: int


class Database:
    """One connection. `batches` and `writing` say what this one committed, for readers beside it."""

    def __init__(self, path: Path, *, bytes: int, minutes: int, mark: bytes, reads: bool = False) -> None:
        self._path = path
        self._limit = bytes
        self._minutes = minutes
        self._mark = mark
        self._added = False
        self.batches = 0
        self.writing = False
        with self._failing():
            if not reads:
                _create(path)
            self._connection = sqlite3.connect(
                path, timeout=_WAIT, isolation_level=None, check_same_thread=False
            )
        with contextlib.ExitStack() as opened:
            opened.callback(self._connection.close)
            with self._failing():
                if reads:
                    self._connection.execute("PRAGMA query_only = ON")
                else:
                    self._begin()
            opened.pop_all()

    def close(self) -> None:
        """Lets go of the file; the last one to do so folds the log into it."""
        with self._failing():
            self._connection.close()

    # -- writing -------------------------------------------------------------------------------

    def write(self, units: Iterable[Unit], used: Iterable[bytes], minute: int) -> Written:
        """Adds what is not there yet, all or nothing, and notes which conversations were used."""
        begun: list[int] = []
        others = 0
        with self._transaction():
            # By whether the conversation may have something under the key already.
            new: list[tuple[bytes, bytes, int, bytes]] = []
            further: list[tuple[bytes, bytes, int, bytes]] = []
            # Many conversations know the same of a turn, or nothing.
            bodies: dict[bytes, bytes] = {}
            for place, unit in enumerate(units):
                conversation = self._conversation(unit, minute)
                rows = further
                if conversation is None:
                    begun.append(place)
                    conversation, rows = self._begun(unit, minute), new
                for row in unit.rows:
                    bodies[row.digest] = row.body
                    rows.append((row.key, row.digest, conversation, row.bond))
            if begun:
                others = self._connection.execute("SELECT batches FROM state").fetchone()[0] - self.batches
            many = self._connection.executemany
            many("INSERT OR IGNORE INTO held (digest, body) VALUES (?, ?)", bodies.items())
            added = many(_ADD_NEW, new).rowcount if new else 0
            if further:
                grown = many(_ADD, further).rowcount
                added += grown
                if grown < len(further):
                    # What no record leads to, nothing would ever drop.
                    many(_LET_GO, {(digest,) for _, digest, _, _ in further})
            many(
                "UPDATE conversations SET used = ? WHERE name = ? AND used < ?",
                [(minute, name, minute) for name in used],
            )
            if added:
                self._connection.execute("UPDATE state SET batches = batches + 1")
                self._added = True
        return Written(begun, others)

    def evict(self, minute: int, most: int) -> tuple[int, bool]:
        """Drops up to `most` conversations that are too old or too many; how many, and if there are more."""
        gone = 0
        with self._failing():
            if self._surplus(minute) is None:
                return 0, False
        with self._transaction():
            while gone < most:
                # Looked for again with every one: other processes evict too.
                conversation = self._surplus(minute)
                if conversation is None:
                    return gone, False
                self._drop(conversation)
                gone += 1
        return gone, True

    def purge(self, tenant: bytes | None, name: bytes | None) -> int:
        """Drops all conversations, or a tenant's, or the one of this name, and leaves no trace of them."""
        with self._failing():
            self._connection.execute("PRAGMA secure_delete = ON")
        with self._transaction():
            chosen = self._connection.execute(
                "SELECT id FROM conversations WHERE tenant = ifnull(?, tenant) AND name = ifnull(?, name)",
                (tenant, name),
            ).fetchall()
            for (conversation,) in chosen:
                self._drop(conversation)
            self._connection.execute("UPDATE state SET batches = batches + 1, purges = purges + 1")
        with self._failing():
            self._connection.execute("PRAGMA secure_delete = OFF")
            if tenant is None:
                # The pages of what was evicted long ago are still in the file.
                self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return len(chosen)

    def _conversation(self, unit: Unit, minute: int) -> int | None:
        found = self._connection.execute(
            "SELECT id, used FROM conversations WHERE name = ?", (unit.name,)
        ).fetchone()
        if found is None:
            return None
        if found[1] < minute:
            self._connection.execute("UPDATE conversations SET used = ? WHERE id = ?", (minute, found[0]))
        return found[0]

    def _begun(self, unit: Unit, minute: int) -> int:
        cursor = self._connection.execute(
            "INSERT INTO conversations (name, tenant, mark, used) VALUES (?, ?, ?, ?)",
            (unit.name, unit.tenant, unit.mark, minute),
        )
        return cursor.lastrowid or 0

    def _surplus(self, minute: int) -> int | None:
        """The conversation that has to go next."""
        found = self._connection.execute(
            "SELECT id, used FROM conversations ORDER BY used, id LIMIT 1"
        ).fetchone()
        if found is None or (found[1] >= minute - self._minutes and self._bytes() <= self._limit):
            return None
        return found[0]

    def _bytes(self) -> int:
        """The pages in use: what the limit is about, kept by SQLite itself and exact across processes."""
        return (self._pragma("page_count") - self._pragma("freelist_count")) * self._pragma("page_size")

    def _drop(self, conversation: int) -> None:
        values = self._connection.execute(
            "SELECT DISTINCT value FROM records WHERE conversation = ?", (conversation,)
        ).fetchall()
        self._connection.execute("DELETE FROM records WHERE conversation = ?", (conversation,))
        self._connection.executemany(
            "DELETE FROM held WHERE id = ? AND NOT EXISTS (SELECT 1 FROM records WHERE value = held.id)",
            values,
        )
        self._connection.execute("DELETE FROM conversations WHERE id = ?", (conversation,))

    # -- reading -------------------------------------------------------------------------------

    @contextlib.contextmanager
    def snapshot(self) -> Generator[State, None, None]:
        """Within it, all that is read is as of one moment."""
        with self._failing(), contextlib.ExitStack() as ended:
            self._connection.execute("BEGIN")
            ended.callback(self._roll_back)
            yield State(*self._connection.execute("SELECT batches, purges FROM state").fetchone())

    def find(self, keys: Sequence[bytes], name: bytes) -> list[Found]:
        """Of each key the values in this conversation, and up to two of all that it has anywhere."""
        found: list[Found] = []
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            statement = _FIND.format(places=",".join(["(?)"] * len(some)))
            found += map(Found._make, self._connection.execute(statement, (*some, name)))
        return found

    def values(self, ids: Sequence[int]) -> dict[int, tuple[bytes, bytes]]:
        """The sealed values, each as its digest and its body."""
        found: dict[int, tuple[bytes, bytes]] = {}
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            places = ",".join("?" * len(some))
            statement = f"SELECT id, digest, body FROM held WHERE id IN ({places})"
            found.update((row[0], (row[1], row[2])) for row in self._connection.execute(statement, some))
        return found

    def names(self, most: int) -> list[bytes]:
        """What the conversations are called, so many of them at most."""
        found = self._connection.execute("SELECT name FROM conversations LIMIT ?", (most,)).fetchall()
        return [name for (name,) in found]

    def counts(self) -> Counts:
        """What is in the file."""
        with self.snapshot():
            conversations, foreign = self._connection.execute(
                "SELECT count(*), ifnull(sum(mark != ?), 0) FROM conversations", (self._mark,)
            ).fetchone()
            values = self._connection.execute("SELECT count(*) FROM held").fetchone()[0]
            return Counts(self._bytes(), conversations, values, foreign)

    # -- the connection ------------------------------------------------------------------------

    def _begin(self) -> None:
        """Makes sure that it is ours, that it can be written to, and that it is a log that is appended to."""
        with self._snapshot():
            # All of it at one moment: another process may be about to create it.
            known = self._identity()
        if known != (_APPLICATION, _VERSION):
            self._transaction_to_create()
        self._write_ahead()
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA journal_size_limit = 4194304")
        # Keys are hashes, so every row is on another page: with SQLite's 2 MB most of them are read again.
        self._connection.execute("PRAGMA cache_size = -8192")
        # And the same pages are written again and again: 16 MB of log before they are folded into the file.
        self._connection.execute("PRAGMA wal_autocheckpoint = 4096").fetchall()
        with self._transaction():
            # A disk that cannot be written to is found now, not in the middle of a conversation.
            self._connection.execute("UPDATE state SET batches = batches + 1")
            for table in ("conversations", "held", "records"):
                self._connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchall()

    def _identity(self) -> tuple[int, int]:
        application, version = self._pragma("application_id"), self._pragma("user_version")
        if application == _APPLICATION and version > _VERSION:
            raise DatabaseFailure(
                f"is of version {version}, newer than this moonwire knows",
                path=str(self._path),
                remedy="upgrade moonwire, or move the file away",
            )
        if application != _APPLICATION and (application or self._pragma("schema_version")):
            raise DatabaseFailure(
                "is another program's database", path=str(self._path), remedy="name another file"
            )
        return application, version

    def _transaction_to_create(self) -> None:
        with self._transaction():
            # Another process may have been first.
            if self._identity() != (_APPLICATION, _VERSION):
                for statement in _SCHEMA:
                    self._connection.execute(statement)

    def _write_ahead(self) -> None:
        """Switches to WAL. SQLite does not wait for others here as it does elsewhere, so this does."""
        until = time.monotonic() + _WAIT
        while True:
            try:
                mode = self._connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
                break
            except sqlite3.OperationalError as error:
                if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.01)
        if mode != "wal":
            raise DatabaseFailure(
                "cannot keep a write-ahead log here", path=str(self._path), remedy="use a local disk"
            )

    def _pragma(self, name: str) -> int:
        return self._connection.execute(f"PRAGMA {name}").fetchone()[0]

    @contextlib.contextmanager
    def _snapshot(self) -> Generator[None, None, None]:
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.execute("COMMIT")

    @contextlib.contextmanager
    def _transaction(self) -> Generator[None, None, None]:
        with self._failing(), contextlib.ExitStack() as ended:
            self._added = False
            self._connection.execute("BEGIN IMMEDIATE")
            ended.callback(self._roll_back)
            yield
            self.writing = self._added
            self._connection.execute("COMMIT")
            self.batches += self._added

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            # It fails if SQLite did it already, as on a full disk.
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
        self.writing = False

    @contextlib.contextmanager
    def _failing(self) -> Generator[None, None, None]:
        try:
            yield
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", type(error).__name__)
            remedy = _REMEDIES.get(_code(error), "")
            raise DatabaseFailure(f"{error} [{name}]", path=str(self._path), remedy=remedy) from error


def _code(error: sqlite3.Error) -> int:
    """The kind of error; the higher bits tell its finer points."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _create(path: Path) -> None:
    """An empty file for its owner alone; SQLite gives its log the same mode.

    Only where there is none: to open and close it beside SQLite would take SQLite's locks away (fcntl(2)).
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            with contextlib.suppress(OSError):
                if file.stat().st_mode & 0o077:
                    file.chmod(0o600)
    except OSError as error:
        raise DatabaseFailure(
            f"cannot be made: {error.strerror or error}",
            path=str(path),
            remedy="make its directory writable for this user",
        ) from error
