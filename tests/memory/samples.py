"""What the tests of the memory share: tenants, turns, and a memory on disk whose clock stands still."""

import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

from moonwire.core.recall import Record, Turn
from moonwire.memory import Limits, Secret, SqliteMemory, Tenant

SECRET = Secret(b"s" * 32)
ANN, BOB = Tenant.of_client("ann"), Tenant.of_client("bob")


class Clock:
    """Both clocks; they stand until they are moved."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def turn(text: str = "thought") -> Turn:
    return Turn(reasoning=text, natives=("functions.read:0",))


def named(*keys: str, value: Record | None = None) -> dict[str, Record]:
    """One value under all of these keys."""
    return dict.fromkeys(keys, value or turn())


@contextlib.asynccontextmanager
async def opened(
    folder: Path, limits: Limits | None = None, *, secret: Secret = SECRET, clock: Clock | None = None
) -> AsyncGenerator[SqliteMemory, None]:
    """A memory in the folder, closed in the end."""
    clock = clock or Clock()
    memory = SqliteMemory(folder / "memory.db", secret, limits, wall=clock, monotonic=clock)
    try:
        yield memory
    finally:
        await memory.aclose()
