"""A worker process of the tests: `python -m tests.memory.worker FOLDER NAME COUNT`.

It puts one turn after the other and says so, one line each; `flushed N` once N turns are in the file.
"""

import asyncio
import sys
from pathlib import Path

from moonwire.memory import SqliteMemory, load_secret
from tests.memory.samples import ANN, named, turn


def text(name: str, number: int) -> str:
    """A turn's reasoning: large enough for several pages, and its own."""
    return f"{name} {number} " * 500


async def work(folder: Path, name: str, count: int) -> None:
    memory = SqliteMemory(folder / "memory.db", load_secret(folder / "secret"))
    for number in range(count):
        memory.put(
            ANN, named(f"{name} {number}", f"{name} {number} too", value=turn(text(name, number))), name
        )
        memory.put(ANN, named("shared", value=turn(name)), "shared")
        sys.stdout.write(f"put {number}\n")
        if number % 10 == 9:
            await memory.flush()
            sys.stdout.write(f"flushed {number + 1}\n")
        sys.stdout.flush()
        await asyncio.sleep(0)
    await memory.aclose()


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
