"""What is counted, for Prometheus. Labels come from configuration and from moonwire, never from callers."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from moonwire.core.notes import Note

__all__ = ["CONTENT_TYPE", "Metrics", "merged"]

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


AT_ONCE: Final = 1_000
"""Of how many answers the seconds are kept at the most until they are sorted into buckets."""


class _Target:
    """What is counted of one target; its seconds wait to be sorted into buckets."""

    __slots__ = ("cached", "first", "firsts", "input", "output", "seconds", "waits")

    def __init__(self, waits: Histogram, firsts: Histogram, tokens: Callable[[str], Counter]) -> None:
        self.waits = waits
        self.firsts = firsts
        self.seconds: list[float] = []
        self.first: list[float] = []
        self.input = tokens("input")
        self.cached = tokens("cached")
        self.output = tokens("output")

    def settle(self) -> None:
        """Sorts what waits."""
        for waiting, histogram in ((self.seconds, self.waits), (self.first, self.firsts)):
            for one in waiting:
                histogram.observe(one)
            waiting.clear()


class Metrics:
    """One registry of its own, so that two gateways in one process do not meet.

    Each of its counters takes a lock to count, so what happens is added up here until the page is read.
    """

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "moonwire_requests",
            "Requests by dialect, target, mode and status",
            ["dialect", "target", "mode", "status"],
            registry=registry,
        )
        self.refusals = Counter(
            "moonwire_refused",
            "Requests that got no further than the door, by status",
            ["status"],
            registry=registry,
        )
        self.notes = Counter(
            "moonwire_notes", "Notes by code and level", ["code", "level"], registry=registry
        )
        self.tokens = Counter(
            "moonwire_tokens", "Tokens by target and kind", ["target", "kind"], registry=registry
        )
        self.first = Histogram(
            "moonwire_first_event_seconds",
            "Until the answer says something",
            ["target"],
            buckets=SECONDS,
            registry=registry,
        )
        self.seconds = Histogram(
            "moonwire_request_seconds",
            "Until the answer is over",
            ["target"],
            buckets=SECONDS,
            registry=registry,
        )
        # Looking a child up by its labels costs more than counting.
        self._notes: dict[tuple[str, str], Counter] = {}
        self._targets: dict[str, _Target] = {}
        self._requests: dict[tuple[str, str, str, int], Counter] = {}
        self._counted: defaultdict[Counter, int] = defaultdict(int)
        self.running = Gauge("moonwire_requests_running", "Requests that are under way", registry=registry)

    def noted(self, notes: Iterable[Note]) -> None:
        """Counts notes."""
        for note in notes:
            key = (note.code, note.level)
            child = self._notes.get(key)
            if child is None:
                child = self._notes[key] = self.notes.labels(*key)
            self._counted[child] += 1

    def refused(self, status: int) -> None:
        """A request was not taken, or not understood."""
        self.refusals.labels(str(status)).inc()

    def over(self, dialect: str, target: str, mode: str, status: int, seconds: float) -> None:
        """A request is over."""
        key = (dialect, target, mode, status)
        child = self._requests.get(key)
        if child is None:
            child = self._requests[key] = self.requests.labels(dialect, target, mode, str(status))
        self._counted[child] += 1
        found = self._of(target)
        found.seconds.append(seconds)
        if len(found.seconds) >= AT_ONCE:
            found.settle()

    def spoke(self, target: str, seconds: float) -> None:
        """An answer says something for the first time."""
        self._of(target).first.append(seconds)

    def used(self, target: str, usage: Mapping[str, int]) -> None:
        """What an answer cost. A server may say what it likes, and a counter only grows."""
        found = self._of(target)
        counted = self._counted
        counted[found.input] += max(0, usage["prompt_tokens"])
        counted[found.cached] += max(0, usage["cached_tokens"])
        counted[found.output] += max(0, usage["completion_tokens"])

    def _of(self, target: str) -> "_Target":
        found = self._targets.get(target)
        if found is None:
            found = self._targets[target] = _Target(
                self.seconds.labels(target),
                self.first.labels(target),
                lambda kind: self.tokens.labels(target, kind),
            )
        return found

    def page(self) -> bytes:
        """All of it, as Prometheus reads it."""
        for counter, many in self._counted.items():
            counter.inc(many)
        self._counted.clear()
        for target in self._targets.values():
            target.settle()
        return generate_latest(self._registry)


def merged(pages: Iterable[bytes]) -> bytes:
    r"""The pages of several workers as one: all is added up, but for when counting began, which is the first.

    >>> one, other = b'# TYPE a counter\na_total{b="c"} 1.0\n', b'# TYPE a counter\na_total{b="d"} 2.0\n'
    >>> print(merged([one, other, one]).decode(), end="")
    # TYPE a counter
    a_total{b="c"} 2.0
    a_total{b="d"} 2.0
    """
    families: dict[str, tuple[list[str], dict[str, float]]] = {}
    for page in pages:
        head: list[str] = []
        samples: dict[str, float] = {}
        for line in page.decode().removesuffix("\n").split("\n") if page else ():
            if line.startswith("# "):
                _, what, name, *_ = line.split(" ", 3)
                head, samples = families.setdefault(name, ([], {}))
                if not any(one.startswith(f"# {what} ") for one in head):
                    head.append(line)
            else:
                name, _, value = line.rpartition(" ")
                if name.partition("{")[0].endswith("_created"):
                    samples[name] = min(samples.get(name, math.inf), float(value))
                else:
                    samples[name] = samples.get(name, 0.0) + float(value)
    lines = [
        line
        for head, samples in families.values()
        for line in (*head, *(f"{name} {value!r}" for name, value in samples.items()))
    ]
    return "".join(f"{line}\n" for line in lines).encode()
