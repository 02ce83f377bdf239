"""What is counted, for Prometheus. Labels come from configuration and from moonwire, never from callers."""

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from moonwire.core.notes import Note

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


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
        self.running = Gauge("moonwire_requests_running", "Requests that are under way", registry=registry)

    def noted(self, notes: Iterable[Note]) -> None:
        """Counts notes."""
        for note in notes:
            self.notes.labels(note.code, note.level).inc()

    def page(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)
