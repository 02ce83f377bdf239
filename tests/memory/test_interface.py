"""The interface: one that forgets, and what a value may weigh."""

import asyncio
import re

import pytest

from moonwire.core.recall import Kept, Turn, Used
from moonwire.memory import Memory, NoMemory, ProcessMemory, SqliteMemory, Stats
from moonwire.memory.interface import bounded
from tests.house.tree import SOURCE, python_files
from tests.memory.samples import ANN, named, turn


def test_they_say_whether_workers_may_share_them() -> None:
    assert (NoMemory.shared, ProcessMemory.shared, SqliteMemory.shared) == (True, False, True)


@pytest.mark.parametrize(("library", "file"), [("sqlite3", "database.py"), ("cryptography", "sealing.py")])
def test_each_library_is_known_to_one_file(library: str, file: str) -> None:
    imports = re.compile(rf"^\s*(?:import|from) {library}\b", re.MULTILINE)
    found = [path.name for path in python_files(SOURCE) if imports.search(path.read_text(encoding="utf-8"))]
    assert found == [file]


def test_no_memory_forgets() -> None:
    async def run() -> None:
        memory: Memory = NoMemory()
        memory.put(ANN, named("a"), "c")
        await memory.flush()
        assert await memory.get(ANN, ["a"], "c") == {}
        assert await memory.stats() == Stats(kind="none")
        assert await memory.purge() == 0
        await memory.aclose()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("abcd", 4, True),
        ("abcde", 4, False),
        ("é" * 4, 8, True),
        ("é" * 4, 7, False),
        ("\ud800" * 2, 5, False),
    ],
)
def test_a_value_is_bounded_by_the_bytes_of_its_reasoning(text: str, limit: int, kept: bool) -> None:
    record = Turn(reasoning=text, natives=("f:0",))
    left = Turn(natives=("f:0",))
    assert bounded({"a": record, "b": record}, limit) == dict.fromkeys("ab", record if kept else left)


def test_what_has_no_reasoning_is_not_looked_at() -> None:
    records = {"a": Turn(natives=("f:0",)), "b": Used(prompt=1, completion=2), "c": turn()}
    assert bounded(records, 1000) == records


def test_a_text_that_is_too_large_is_not_kept_at_all() -> None:
    large, small = Kept(text="é" * 5), Kept(text="é" * 4)
    assert bounded({"a": large, "b": small, "c": Turn(reasoning="abc")}, 8) == {
        "b": small,
        "c": Turn(reasoning="abc"),
    }
    assert bounded({"a": large}, 8) == {}
    assert bounded({"a": large}, 10) == {"a": large}
