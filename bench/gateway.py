"""What the gateway costs, beside no gateway, the least of all relays, and the peers that are installed.

    make bench, or .venv/bin/python bench/gateway.py

CPU time of the process under test is what the bars are about: it is steady where the clock is not.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from _conversations import SPOKEN, Load, Taken, run
from _gateways import Gateway, installed_peers, moonwire, relay, simulator

QUICK: Final = bool(os.environ.get("BENCH_QUICK"))
ROUNDS: Final = 1 if QUICK else 3
SECONDS: Final = 0.05 if QUICK else 1.5
"""Of each load, subject and round; as much again at least for what is slow."""

FEW: Final = 4
MANY: Final = 200
"""Chunks of an answer; with its beginning, its end and `[DONE]` 7 events, and 203."""

LONG: Final = 200 if QUICK else 2_000
"""Chunks of an answer where the dialects are compared: of 200 the difference is lost in the request."""

SMALL: Final = 1_024
LARGE: Final = 65_536
CONNECTIONS: Final = (1, 16) if QUICK else (1, 16, 64)
LOADS: Final = [
    Load(size, chunks, connections)
    for chunks in (FEW, MANY)
    for size in (SMALL, LARGE)
    for connections in CONNECTIONS
]
AT_ONCE: Final = 16
"""Connections, where the dialects are compared."""

IDLE_MB: Final = 90
READY: Final = 1.0

Results = dict[tuple[str, Load], Taken]


def measured(subjects: list[Gateway]) -> Results:
    """All loads, the subjects taking turns."""
    results: Results = {}
    for load in LOADS:
        for subject in subjects:
            run(subject.port, load, SECONDS / 4, 2 * load.connections if QUICK else 64 + load.connections)
        for _ in range(ROUNDS):
            for subject in subjects:
                before = subject.cpu()
                taken = run(subject.port, load, SECONDS)
                taken.cpu = subject.cpu() - before
                results.setdefault((subject.name, load), Taken()).add(taken)
    return results


def table(subjects: list[Gateway], results: Results) -> None:
    """Everything that was measured."""
    heads = ("requests/s", "chunks/s", "CPU µs/req", "/event", "added p50", "p99 ms")
    for load in LOADS:
        print(f"\n{load.size // 1024} KB, {load.chunks} chunks, {load.connections} at once")
        print(f"{'':<14}" + "".join(f"{head:>12}" for head in heads))
        least = results[subjects[0].name, load]
        for subject in subjects:
            taken = results[subject.name, load]
            cells = [
                f"{taken.requests / taken.seconds:,.0f}",
                f"{taken.events / taken.seconds:,.0f}",
                f"{taken.cpu / taken.requests * 1e6:,.0f}",
                f"{taken.cpu / taken.events * 1e6:,.1f}",
                f"{taken.wait(0.5) - least.wait(0.5):,.2f}",
                f"{taken.wait(0.99) - least.wait(0.99):,.2f}",
            ]
            print(f"{subject.name:<14}" + "".join(f"{cell:>12}" for cell in cells))


class Costs:
    """CPU seconds of one subject, over all numbers of connections."""

    def __init__(self, name: str, results: Results) -> None:
        self._name = name
        self._results = results

    def _sum(self, size: int, chunks: int) -> Taken:
        total = Taken()
        for connections in CONNECTIONS:
            total.add(self._results[self._name, Load(size, chunks, connections)])
        return total

    def request(self, size: int) -> float:
        """Of a request of this size with a short answer."""
        taken = self._sum(size, FEW)
        return taken.cpu / taken.requests

    def chunk(self) -> float:
        """Of one more chunk: long answers less short ones."""
        few, many = self._sum(SMALL, FEW), self._sum(SMALL, MANY)
        return (many.cpu / many.requests - few.cpu / few.requests) / (MANY - FEW)


def bars(subjects: list[Gateway], results: Results) -> None:
    """The ratios, and what they must be."""
    costs = {subject.name: Costs(subject.name, results) for subject in subjects}
    print("\nCPU time of the process under test, all numbers of connections together")
    print(f"{'':<14}{'1 KB µs/req':>14}{'64 KB µs/req':>14}{'µs/chunk':>14}")
    for subject in subjects:
        cost = costs[subject.name]
        cells = (cost.request(SMALL), cost.request(LARGE), cost.chunk())
        print(f"{subject.name:<14}" + "".join(f"{cell * 1e6:>14,.1f}" for cell in cells))
    ours, bare = costs["moonwire"], costs["bare relay"]
    print()
    most("per request, 1 KB, over the bare relay", ours.request(SMALL), bare.request(SMALL), 8)
    most("per request, 64 KB, over the bare relay", ours.request(LARGE), bare.request(LARGE), 5)
    most("per chunk, over the bare relay", ours.chunk(), bare.chunk(), 3)
    if litellm := costs.get("LiteLLM"):
        least("per request, 1 KB, LiteLLM over moonwire", litellm.request(SMALL), ours.request(SMALL), 25)
        least("per request, 64 KB, LiteLLM over moonwire", litellm.request(LARGE), ours.request(LARGE), 25)
        least("per chunk, LiteLLM over moonwire", litellm.chunk(), ours.chunk(), 60)
    if router := costs.get("vllm-router"):
        least("per chunk, vllm-router over moonwire", router.chunk(), ours.chunk(), 1)


def dialects(gateway: Gateway) -> None:
    """What a chunk costs whose caller speaks another dialect, the dialects taking turns."""
    taken: dict[tuple[str, int], Taken] = {}
    for number in range(ROUNDS + 1):
        for dialect in SPOKEN:
            for chunks in (FEW, LONG):
                before = gateway.cpu()
                one = run(gateway.port, Load(SMALL, chunks, AT_ONCE, dialect), SECONDS)
                one.cpu = gateway.cpu() - before
                if number:
                    # The first round only warms up.
                    taken.setdefault((dialect, chunks), Taken()).add(one)
    costs: dict[str, float] = {}
    print("\nCPU time of moonwire by its callers' dialect")
    print(f"{'':<14}{'1 KB µs/req':>14}{'µs/chunk':>14}")
    for dialect in SPOKEN:
        few, many = (each.cpu / each.requests for each in (taken[dialect, FEW], taken[dialect, LONG]))
        costs[dialect] = (many - few) / (LONG - FEW)
        print(f"{dialect:<14}{few * 1e6:>14,.1f}{costs[dialect] * 1e6:>14,.1f}")
    print()
    for dialect in SPOKEN:
        if dialect != "chat":
            most(f"per chunk, {dialect} over chat", costs[dialect], costs["chat"], 1.5)


def most(name: str, value: float, other: float, bar: float) -> None:
    """A ratio that may not be more."""
    ratio = value / max(other, 1e-9)
    print(f"{name:<44}{ratio:>8.1f}  bar {bar:g} {'ok' if ratio <= bar else 'MISSED'}")


def least(name: str, value: float, other: float, bar: float) -> None:
    """A ratio that may not be less."""
    ratio = value / max(other, 1e-9)
    print(f"{name:<44}{ratio:>8.1f}  bar {bar:g} {'ok' if ratio >= bar else 'MISSED'}")


def main() -> None:
    """Prints the tables."""
    made: list[Callable[[int, Path], Gateway]] = [relay, moonwire, *installed_peers()]
    with tempfile.TemporaryDirectory() as place:
        subjects = [simulator()]
        try:
            subjects += [make(subjects[0].port, Path(place)) for make in made]
            idle = {subject.name: subject.resident() for subject in subjects}
            results = measured(subjects)
            dialects(next(subject for subject in subjects if subject.name == "moonwire"))
            busy = {subject.name: subject.resident() for subject in subjects}
        finally:
            for subject in reversed(subjects):
                subject.close()
    table(subjects, results)
    bars(subjects, results)
    print(f"\n{'':<14}{'ready s':>10}{'idle MB':>10}{'after MB':>10}")
    for subject in subjects:
        name = subject.name
        print(f"{name:<14}{subject.startup:>10.2f}{idle[name]:>10.0f}{busy[name]:>10.0f}")
    ours = next(subject for subject in subjects if subject.name == "moonwire")
    most("\nmoonwire, idle MB", idle["moonwire"], 1, IDLE_MB)
    most("moonwire, seconds until ready", ours.startup, 1, READY)


if __name__ == "__main__":
    main()
