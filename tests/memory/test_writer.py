"""The writing thread: in batches, in order, never in anybody's way."""

import contextlib
import threading
from collections.abc import Generator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from moonwire.core.errors import MoonwireError
from moonwire.core.recall import Used
from moonwire.memory.database import Database, DatabaseFailure
from moonwire.memory.sealing import Vault
from moonwire.memory.writer import Writer
from tests.memory.samples import ANN, BOB, SECRET, Clock, named, turn

VAULT = Vault(SECRET)


@contextlib.contextmanager
def writing(
    path: Path, *, waiting: int = 1 << 20, bytes: int = 1 << 30
) -> Generator[tuple[Writer, Database], None, None]:
    """A writer, and its database."""
    database = Database(path / "memory.db", bytes=bytes, minutes=60, mark=VAULT.mark)
    writer = Writer(database, VAULT, waiting, Clock())
    try:
        yield writer, database
    finally:
        writer.close()


def counted(writer: Writer, path: Path) -> tuple[int, int]:
    writer.flush().result(10)
    with contextlib.closing(
        Database(path / "memory.db", bytes=0, minutes=0, mark=VAULT.mark, reads=True)
    ) as database:
        return database.counts()[1:3]


def test_what_is_handed_over_is_written_and_no_longer_waits(tmp_path: Path) -> None:
    with writing(tmp_path) as (writer, _):
        writer.put(ANN, "c", named("a", "b").items())
        writer.put(BOB, "c", named("a").items())
        writer.used(ANN, "c")
        assert counted(writer, tmp_path) == (2, 2)
        assert (writer.waiting, writer.lost, writer.failures) == (0, 0, 0)


def test_it_is_written_without_being_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = threading.Event()
    with writing(tmp_path) as (writer, database):
        real: Any = database.write

        def write(*arguments: object) -> Any:
            done = real(*arguments)
            written.set()
            return done

        monkeypatch.setattr(database, "write", write)
        writer.put(ANN, "c", named("a").items())
        assert written.wait(10)


def test_what_comes_together_is_one_batch(tmp_path: Path) -> None:
    with writing(tmp_path) as (writer, database):
        writer.flush().result(10)
        writer._hurry.clear()
        for number in range(100):
            writer.put(ANN, "c", named(str(number)).items())
        writer.flush().result(10)
        assert database.batches <= 3


def test_more_than_may_wait_is_refused_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    with writing(tmp_path, waiting=20_000) as (writer, database):
        real: Any = database.write

        def stuck(*arguments: object) -> Any:
            release.wait(10)
            return real(*arguments)

        monkeypatch.setattr(database, "write", stuck)
        for number in range(100):
            writer.put(ANN, "c", named(f"{number} a", f"{number} b", value=turn("x" * 1000)).items())
            writer.used(ANN, "c")
        assert writer.waiting <= 20_500
        refused = writer.lost
        assert refused > 150
        release.set()
        writer.flush().result(10)
        assert (writer.waiting, writer.lost) == (0, refused)
        writer.put(ANN, "c", named("later").items())
        assert counted(writer, tmp_path)[0] == 1


def test_a_failure_is_counted_and_told_without_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(tmp_path) as (writer, database):

        def fail(*arguments: object) -> None:
            raise DatabaseFailure("database or disk is full", path="memory.db")

        monkeypatch.setattr(database, "write", fail)
        writer.put(ANN, "c", named("a", "b").items())
        writer.flush().result(10)
        assert (writer.failures, writer.lost, writer.waiting) == (1, 2, 0)
        assert writer.failure == "memory.db: database or disk is full"
        monkeypatch.undo()
        writer.put(ANN, "c", named("c").items())
        assert counted(writer, tmp_path) == (1, 1)


def test_a_failure_to_evict_or_to_close_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise DatabaseFailure("no", path="memory.db")

    with writing(tmp_path) as (writer, database):
        writer.flush().result(10)
        real = database.close
        monkeypatch.setattr(database, "evict", fail)
        monkeypatch.setattr(database, "close", fail)
        writer.flush().result(10)
    assert writer.failures >= 2
    assert writer.failure == "memory.db: no"
    real()


def test_a_number_that_cannot_be_stored_costs_that_record_alone(tmp_path: Path) -> None:
    with writing(tmp_path) as (writer, _):
        writer.put(ANN, "c", {"a": Used(prompt=1 << 70, completion=0), "b": turn()}.items())
        assert counted(writer, tmp_path) == (1, 1)
        assert (writer.lost, writer.failures) == (1, 1)


def test_a_purge_comes_in_its_turn(tmp_path: Path) -> None:
    with writing(tmp_path) as (writer, _):
        writer.put(ANN, "c", named("a").items())
        writer.put(BOB, "c", named("a").items())
        assert writer.purge(ANN, "").result(10) == 1
        writer.put(ANN, "d", named("a").items())
        writer.put(ANN, "e", named("a").items())
        assert counted(writer, tmp_path)[0] == 3
        assert writer.purge(ANN, "d").result(10) == 1
        assert writer.purge(None, "").result(10) == 2
        assert counted(writer, tmp_path) == (0, 0)


def test_a_purge_that_fails_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> int:
        raise DatabaseFailure("no", path="memory.db")

    with writing(tmp_path) as (writer, database):
        monkeypatch.setattr(database, "purge", fail)
        with pytest.raises(DatabaseFailure, match="no"):
            writer.purge(None, "").result(10)
        assert writer.failures == 1


def test_evicting_much_is_done_in_portions(tmp_path: Path) -> None:
    with writing(tmp_path) as (writer, _):
        for number in range(200):
            writer.put(ANN, str(number), named(str(number)).items())
        assert counted(writer, tmp_path)[0] == 200
    with writing(tmp_path, bytes=0) as (writer, _):
        # In portions, and none of them has to be asked for twice.
        for _ in range(200 // 64 + 1):
            writer.flush().result(10)
        assert counted(writer, tmp_path) == (0, 0)
        assert writer.evicted == 200


def test_closing_writes_what_waits_and_ends_the_thread(tmp_path: Path) -> None:
    with writing(tmp_path) as (writer, _):
        writer.put(ANN, "c", named("a").items())
    assert not writer._thread.is_alive()
    writer.close()
    with writing(tmp_path) as (again, _):
        assert counted(again, tmp_path) == (1, 1)
    # Whoever asks now is not left waiting.
    for asked in (writer.flush(), writer.purge(None, "")):
        with pytest.raises(MoonwireError, match="closed"):
            asked.result(10)


def test_whoever_does_not_wait_any_more_does_no_harm(tmp_path: Path) -> None:
    with writing(tmp_path) as (writer, _):
        writer.put(ANN, "c", named("a").items())
        asked: Future[int] = writer.flush()
        asked.cancel()
        assert counted(writer, tmp_path) == (1, 1)
