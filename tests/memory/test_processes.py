"""Several processes on one file, and one that is killed in the middle."""

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from moonwire.core.recall import Record
from moonwire.memory import SqliteMemory, load_secret
from tests.house.tree import ROOT
from tests.memory.samples import ANN, named, turn
from tests.memory.worker import text


def started(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.memory.worker", str(folder), name, str(count)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )


async def recalled(folder: Path, keys: list[str], conversation: str = "") -> dict[str, tuple[Record, ...]]:
    memory = SqliteMemory(folder / "memory.db", load_secret(folder / "secret"))
    found = await memory.get(ANN, keys, conversation)
    assert (await memory.stats()).failures == 0
    await memory.aclose()
    return found


def check(folder: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(folder / "memory.db")) as connection:
        loose = "SELECT count(*) FROM records WHERE value NOT IN (SELECT id FROM held)"
        assert connection.execute(loose).fetchone() == (0,)
        return [row[0] for row in connection.execute("PRAGMA integrity_check")]


def test_a_process_that_is_killed_leaves_all_that_was_written_and_nothing_by_halves(tmp_path: Path) -> None:
    """Killed a little later each time; the next round goes on with the file that the last one left."""
    for round_number, lines in enumerate((1, 12, 29, 44, 58, 75, 93, 110)):
        name = f"round {round_number}"
        process = started(tmp_path, name, 1_000_000)
        put, flushed = 0, 0
        assert process.stdout is not None
        for _, line in zip(range(lines), process.stdout, strict=False):
            word, number = line.split()
            put, flushed = (put + 1, flushed) if word == "put" else (put, int(number))
        process.kill()
        # What it still said before it died counts too.
        for line in process.stdout.read().splitlines(keepends=True):
            if line.endswith("\n") and len(line.split()) == 2:
                word, number = line.split()
                put, flushed = (put + 1, flushed) if word == "put" else (put, int(number))
        process.stdout.close()
        process.wait()
        assert put >= 1
        found = asyncio.run(recalled(tmp_path, [f"{name} {number}" for number in range(put + 50)]))
        # A batch is there or it is not, and batches are in order: no holes.
        assert list(found) == [f"{name} {number}" for number in range(len(found))]
        assert flushed <= len(found) <= put + 1
        assert found == {f"{name} {number}": (turn(text(name, number)),) for number in range(len(found))}
        pairs = asyncio.run(recalled(tmp_path, [f"{name} {number} too" for number in range(put + 50)]))
        assert list(pairs) == [f"{key} too" for key in found]
        assert check(tmp_path) == ["ok"]


def test_two_processes_write_one_file_at_once(tmp_path: Path) -> None:
    count = 60
    processes = [started(tmp_path, name, count) for name in ("one", "two")]
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    for name in ("one", "two"):
        found = asyncio.run(recalled(tmp_path, [f"{name} {number}" for number in range(count)]))
        assert found == {f"{name} {number}": (turn(text(name, number)),) for number in range(count)}
    shared = asyncio.run(recalled(tmp_path, ["shared"], "shared"))["shared"]
    assert set(shared) == {turn("one"), turn("two")}
    assert check(tmp_path) == ["ok"]


def test_a_running_process_sees_what_another_wrote(tmp_path: Path) -> None:
    async def run() -> None:
        memory = SqliteMemory(tmp_path / "memory.db", load_secret(tmp_path / "secret"))
        memory.put(ANN, named("shared", value=turn("mine")), "shared")
        assert await memory.get(ANN, ["shared", "other 5"], "shared") == {"shared": (turn("mine"),)}
        process = await asyncio.to_thread(started, tmp_path, "other", 10)
        await asyncio.to_thread(process.communicate)
        # The last look is longer ago than a look lasts: a process takes longer to start.
        found = await memory.get(ANN, ["shared", "other 5"], "shared")
        assert found == {"shared": (turn("mine"), turn("other")), "other 5": (turn(text("other", 5)),)}
        await memory.aclose()

    asyncio.run(run())


def test_what_they_make_is_their_owners_alone(tmp_path: Path) -> None:
    process = started(tmp_path / "new", "one", 1)
    process.communicate(timeout=60)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()} == {0o600}
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
