"""What an import costs: the package beside `asyncio`, the core beside `msgspec`.

In CPU time of fresh interpreters; that of one which imports nothing is taken off both. `BENCH_QUICK=1`: only
that it runs.
"""

import os
import resource
import subprocess
import sys

ROUNDS = 1 if os.environ.get("BENCH_QUICK") else 15

PAIRS = [
    ("import moonwire", "import asyncio"),
    ("import moonwire.core", "import msgspec"),
    ("import moonwire.core.plan", "import msgspec"),
    ("from moonwire import Kimi", "import asyncio, msgspec"),
]


def cost(statement: str) -> float:
    """The least CPU seconds of a process that runs this."""
    best = float("inf")
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", statement], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def main() -> None:
    """Prints a line for each pair."""
    nothing = cost("pass")
    print(f"{'':28} {'ms':>7}   {'beside':24} {'ms':>7} {'ratio':>7}")
    for ours, theirs in PAIRS:
        mine, other = cost(ours) - nothing, cost(theirs) - nothing
        names = ours.removeprefix("import "), theirs.removeprefix("import ")
        print(f"{names[0]:28} {mine * 1000:7.1f}   {names[1]:24} {other * 1000:7.1f} {mine / other:7.2f}")


if __name__ == "__main__":
    main()
