"""What is counted, for Prometheus. Labels come from configuration and from moonwire, never from callers."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from moonwire.core.notes import Note

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class _Target(NamedTuple):
    """What is counted of one target."""

    seconds: Histogram
    first: Histogram
    input: Counter
    cached: Counter
    output: Counter


class Metrics:
    """One registry of its own, so that two gateways in one process do not meet."""

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
        self.running = Gauge("moonwire_requests_running", "Requests that are under way", registry=registry)

    def noted(self, notes: Iterable[Note]) -> None:
        """Counts notes."""
        for note in notes:
            key = (note.code, note.level)
            child = self._notes.get(key)
            if child is None:
                child = self._notes[key] = self.notes.labels(*key)
            child.inc()

    def refused(self, status: int) -> None:
        """A request was not taken, or not understood."""
        self.refusals.labels(str(status)).inc()

    def over(self, dialect: str, target: str, mode: str, status: int, seconds: float) -> None:
        """A request is over."""
        key = (dialect, target, mode, status)
        child = self._requests.get(key)
        if child is None:
            child = self._requests[key] = self.requests.labels(dialect, target, mode, str(status))
        child.inc()
        self._of(target).seconds.observe(seconds)

    def spoke(self, target: str, seconds: float) -> None:
        """An answer says something for the first time."""
        self._of(target).first.observe(seconds)

    def used(self, target: str, usage: Mapping[str, int]) -> None:
        """What an answer cost. A server may say what it likes, and a counter only grows."""
        found = self._of(target)
        found.input.inc(max(0, usage["prompt_tokens"]))
        found.cached.inc(max(0, usage["cached_tokens"]))
        found.output.inc(max(0, usage["completion_tokens"]))

    def _of(self, target: str) -> "_Target":
        found = self._targets.get(target)
        if found is None:
            tokens = self.tokens.labels
            found = self._targets[target] = _Target(
                self.seconds.labels(target),
                self.first.labels(target),
                tokens(target, "input"),
                tokens(target, "cached"),
                tokens(target, "output"),
            )
        return found

    def page(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)
