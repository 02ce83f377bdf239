"""The file: what is kept, what goes when, and what is said of a file that cannot be used."""

import contextlib
import sqlite3
from collections.abc import Generator
from pathlib import Path

import pytest

from moonwire.core.errors import MoonwireError
from moonwire.memory.database import Database, DatabaseFailure, Found, Row, Unit

HUGE = 1 << 30
DAY = 24 * 60


@contextlib.contextmanager
def opened(
    path: Path, *, bytes: int = HUGE, minutes: int = 90 * DAY, reads: bool = False
) -> Generator[Database, None, None]:
    database = Database(path, bytes=bytes, minutes=minutes, mark=b"mark", reads=reads)
    with contextlib.closing(database):
        yield database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


def row(key: str, value: str, size: int = 0) -> Row:
    return Row(key.encode(), value.encode(), bytes(size), b"bond")


def unit(name: str, *rows: Row, tenant: str = "t") -> Unit:
    return Unit(name.encode(), tenant.encode(), b"mark", list(rows))


def found(database: Database, key: str, name: str) -> list[tuple[bool, bytes]]:
    with database.snapshot():
        rows: list[Found] = database.find([key.encode()], name.encode())
        values = database.values([one.value for one in rows])
    return sorted({(one.own, values[one.value][0]) for one in rows})


def test_what_is_written_is_found_by_its_conversation_and_by_others(path: Path) -> None:
    with opened(path) as database, opened(path, reads=True) as reads:
        database.write([unit("c", row("k", "v"))], [], 0)
        assert found(reads, "k", "c") == [(False, b"v"), (True, b"v")]
        assert found(reads, "k", "d") == [(False, b"v")]
        assert found(reads, "other", "c") == []


def test_a_conversation_that_begins_is_told_of_with_what_others_wrote(path: Path) -> None:
    with opened(path) as one, opened(path) as other:
        began = one.write([unit("c", row("k", "v")), unit("d"), unit("c", row("l", "v"))], [], 0)
        assert began.begun == [0, 1]
        assert other.write([unit("c", row("k", "w"))], [], 0) == ([], 0)
        assert one.write([unit("e")], [], 0) == ([0], began.others + 1)


def test_of_many_values_two_are_found_and_of_one_conversation_two_are_kept(path: Path) -> None:
    with opened(path) as database:
        for number in range(9):
            database.write(
                [unit(f"c{number}", row("k", f"v{number}")), unit("c", row("k", f"v{number}"))], [], 0
            )
        assert found(database, "k", "c") == [(False, b"v0"), (False, b"v8"), (True, b"v0"), (True, b"v1")]
        assert found(database, "k", "c5") == [(False, b"v0"), (False, b"v8"), (True, b"v5")]


def test_more_keys_than_one_statement_takes(path: Path) -> None:
    with opened(path) as database:
        database.write([unit("c", *(row(f"k{number}", f"v{number}") for number in range(1201)))], [], 0)
        with database.snapshot():
            rows = database.find([b"k%d" % number for number in range(1201)], b"c")
            assert len(database.values([one.value for one in rows if one.own])) == 1201


def test_a_value_is_stored_once_and_goes_with_the_last_that_leads_to_it(path: Path) -> None:
    with opened(path, bytes=0) as database:
        database.write([unit("c", row("a", "v"), row("b", "v")), unit("d", row("a", "v"))], [], 0)
        assert database.counts().values == 1
        assert database.evict(0, most=1) == (1, True)
        assert found(database, "a", "d") == [(False, b"v"), (True, b"v")]
        assert found(database, "b", "d") == []
        assert database.evict(0, most=9) == (1, False)
        assert database.counts()[1:] == (0, 0, 0)


def test_a_third_value_leaves_nothing_in_the_file(path: Path) -> None:
    with opened(path) as database:
        for number in range(9):
            database.write([unit("c", row("k", f"v{number}")), unit("d", row("l", "v8"))], [], 0)
        assert database.counts().values == 3
        assert found(database, "l", "c") == [(False, b"v8")]
        assert database.purge(None, None) == 2
        assert database.counts()[1:] == (0, 0, 0)


def test_only_what_adds_something_counts_as_a_batch(path: Path) -> None:
    with opened(path) as database:
        with database.snapshot() as before:
            assert database.batches == 0
        for _ in range(2):
            database.write([unit("c", row("k", "v"))], [], 0)
        database.write([], [b"c"], 5)
        with database.snapshot() as state:
            assert (database.batches, state.batches - before.batches) == (1, 1)
        assert not database.writing


def test_conversations_go_by_their_last_use(path: Path) -> None:
    with opened(path, minutes=10) as database:
        for minute, name in enumerate(("a", "b", "c")):
            database.write([unit(name, row(name, name))], [], minute)
        database.write([], [b"a"], 9)
        database.write([], [b"a"], 3)
        assert database.evict(12, most=9) == (1, False)
        assert [bool(found(database, key, "")) for key in "abc"] == [True, False, True]
        assert database.evict(19, most=9) == (1, False)
        assert [bool(found(database, key, "")) for key in "abc"] == [True, False, False]
        database.write([unit("a", row("more", "v"))], [], 19)
        assert database.evict(29, most=9) == (0, False)
        assert database.evict(30, most=9) == (1, False)


def test_the_file_stays_within_its_bytes(path: Path) -> None:
    limit = 400_000
    with opened(path, bytes=limit) as database:
        for number in range(200):
            rows = [row(f"{number} {turn}", f"{number} {turn}", size=3000) for turn in range(5)]
            database.write([unit(str(number), *rows)], [], number)
            database.evict(number, most=64)
            assert database.counts().bytes <= limit
        counts = database.counts()
        assert counts.values == counts.conversations * 5
        assert counts.bytes > limit * 0.8
        kept = [bool(found(database, f"{number} 0", "")) for number in range(200)]
        assert kept == sorted(kept)
    assert path.stat().st_size < limit * 1.2


@pytest.mark.parametrize(
    ("tenant", "name", "gone", "left"),
    [(None, None, 3, ""), (b"t", None, 2, "c"), (b"t", b"a", 1, "bc"), (b"x", b"a", 0, "abc")],
)
def test_purged_is_gone_from_the_file(
    path: Path, tenant: bytes | None, name: bytes | None, gone: int, left: str
) -> None:
    with opened(path) as database:
        for one, whose in (("a", "t"), ("b", "t"), ("c", "u")):
            sealed = Row(one.encode(), one.encode(), b"sealed-" + one.encode() * 5000, b"bond")
            database.write([unit(one, sealed, tenant=whose)], [], 0)
        with database.snapshot() as before:
            assert b"sealed-a" in path.read_bytes() + path.with_name("memory.db-wal").read_bytes()
        assert database.purge(tenant, name) == gone
        with database.snapshot() as after:
            assert after == (before.batches + 1, before.purges + 1)
        raw = path.read_bytes() + path.with_name("memory.db-wal").read_bytes()
        assert [one for one in "abc" if b"sealed-" + one.encode() in raw] == list(left)


def test_purging_all_takes_what_was_evicted_before(path: Path) -> None:
    with opened(path, bytes=0) as database:
        database.write([unit("c", Row(b"k", b"v", b"sealed-" + b"x" * 50_000, b"bond"))], [], 0)
        database.evict(0, most=9)
        database.purge(None, None)
        assert b"sealed-" not in path.read_bytes() + path.with_name("memory.db-wal").read_bytes()


def test_what_is_of_another_secret_is_counted(path: Path) -> None:
    with opened(path) as database:
        database.write([unit("c", row("k", "v"))], [], 0)
        database.write([Unit(b"d", b"t", b"krams", [row("k", "v")])], [], 0)
        counts = database.counts()
        assert (counts.conversations, counts.values, counts.foreign) == (2, 1, 1)


def test_the_files_are_their_owners_alone(path: Path) -> None:
    with opened(path):
        assert {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {
            "memory.db": 0o600,
            "memory.db-wal": 0o600,
            "memory.db-shm": 0o600,
        }
        for file in path.parent.iterdir():
            file.chmod(0o644)
        with opened(path):
            assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


def test_the_settings_are_those_that_were_decided(path: Path) -> None:
    with opened(path) as database:
        pragmas = ("journal_mode", "synchronous", "busy_timeout", "cache_size", "wal_autocheckpoint")
        found = [database._connection.execute(f"PRAGMA {one}").fetchone()[0] for one in pragmas]
        assert found == ["wal", 1, 5000, -8192, 4096]


# -- files that cannot be used -----------------------------------------------------------------


def refusal(path: Path) -> MoonwireError:
    with pytest.raises(MoonwireError) as caught, opened(path):
        pass
    assert caught.value.path == str(path)
    assert caught.value.remedy
    return caught.value


def statement(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for one in statements:
            connection.execute(one).fetchall()


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 100)
    assert "move it away" in str(refusal(path))
    assert path.read_bytes() == b"not a database at all" * 100


def test_a_damaged_database_is_refused(path: Path) -> None:
    with opened(path) as database:
        database.write([unit("c", row("k", "v", 10_000))], [], 0)
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * len(data[4096:])
    path.write_bytes(data)
    assert "move it away" in str(refusal(path))


def test_a_database_without_its_tables_is_refused(path: Path) -> None:
    with opened(path):
        pass
    statement(path, "DROP TABLE held")
    assert "move it away" in str(refusal(path))


def test_a_later_version_is_refused_and_left_as_it_is(path: Path) -> None:
    with opened(path):
        pass
    statement(path, "PRAGMA user_version = 2", "PRAGMA journal_mode = DELETE")
    before = path.read_bytes()
    assert "upgrade moonwire" in str(refusal(path))
    assert path.read_bytes() == before


@pytest.mark.parametrize("mine", ["PRAGMA application_id = 7", "CREATE TABLE state (x)"])
def test_another_programs_database_is_refused_and_left_as_it_is(path: Path, mine: str) -> None:
    statement(path, mine)
    before = path.read_bytes()
    assert "another program's" in str(refusal(path))
    assert path.read_bytes() == before


def test_a_directory_in_its_place_or_none_above_it_is_refused(tmp_path: Path) -> None:
    assert "writable" in str(refusal(tmp_path))
    assert "writable" in str(refusal(tmp_path / "missing" / "memory.db"))


def test_a_place_without_a_write_ahead_log_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What SQLite does where memory cannot be shared, as on a network drive: it stays in another mode.
    real = sqlite3.connect

    def connect(path: Path, **settings: object) -> sqlite3.Connection:
        return real(":memory:", isolation_level=None)

    monkeypatch.setattr(sqlite3, "connect", connect)
    assert "local disk" in str(refusal(path))


def test_a_file_that_may_only_be_read_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(path):
        pass
    # Permissions do not stop whoever runs the tests as root; SQLite's own mode does.
    real = sqlite3.connect

    def connect(path: Path, **settings: object) -> sqlite3.Connection:
        return real(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)

    monkeypatch.setattr(sqlite3, "connect", connect)
    assert "writable for this user" in str(refusal(path))


# -- failures while it runs ----------------------------------------------------------------------


def test_a_full_disk_loses_the_batch_and_nothing_else(path: Path) -> None:
    with opened(path) as database:
        database.write([unit("a", row("a", "a"))], [], 0)
        pages = database._connection.execute("PRAGMA page_count").fetchone()[0]
        database._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(DatabaseFailure, match="SQLITE_FULL") as caught:
            database.write([unit("b", row("b1", "b1"), row("b2", "b2", 100_000))], [], 0)
        assert "free some space" in caught.value.remedy
        assert (database.writing, database.batches) == (False, 1)
        assert found(database, "b1", "b") == []
        assert found(database, "a", "a") != []
        database._connection.execute("PRAGMA max_page_count = 100000")
        database.write([unit("b", row("b2", "b2", 100_000))], [], 0)
        assert found(database, "b2", "b") != []


def test_the_switch_to_a_log_waits_for_others(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("CREATE TABLE t (x)")
        other.execute("BEGIN IMMEDIATE")
        waited: list[float] = []

        def wait(seconds: float) -> None:
            waited.append(seconds)
            if other.in_transaction:
                other.execute("ROLLBACK")
                other.execute("DROP TABLE t")

        monkeypatch.setattr("moonwire.memory.database.time.sleep", wait)
        with opened(path.with_name("new.db")) as database:
            connection = sqlite3.connect(path, isolation_level=None, timeout=0)
            mine, database._connection = database._connection, connection
            database._write_ahead()
            database._connection = mine
            connection.close()
        assert waited
