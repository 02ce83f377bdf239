"""What was done to each request, for whoever asks: everything under the request's id."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import msgspec

from moonwire.core.notes import Note
from moonwire.memory import Tenant

__all__ = ["Report", "Reports"]


class Report(msgspec.Struct, kw_only=True):
    """One request as it went."""

    id: str
    tenant: Tenant
    model: str = ""
    upstream: str = ""
    target: str = ""
    mode: str = "heal"
    dialect: str = "chat"
    status: int = 0
    notes: Sequence[Note] = ()
    usage: dict[str, Any] | None = None
    finish: str | None = None
    error: str = ""
    seconds: float = 0.0
    traces: dict[str, str] = {}

    def shown(self) -> dict[str, Any]:
        """The report as JSON, for its own caller."""
        return {
            "request_id": self.id,
            "model": self.model,
            "upstream": self.upstream,
            "target": self.target,
            "mode": self.mode,
            "status": self.status,
            "finish": self.finish,
            "error": self.error or None,
            "seconds": round(self.seconds, 3),
            "usage": self.usage,
            "upstream_traces": self.traces,
            "notes": [msgspec.to_builtins(note, str_keys=True) for note in self.notes],
        }


class Reports:
    """The reports of the last requests. What they hold of a conversation is for its own tenant alone."""

    def __init__(self, most: int = 1_000) -> None:
        self._most = most
        self._kept: OrderedDict[str, Report] = OrderedDict()

    def put(self, report: Report) -> None:
        """Keeps it, and forgets the oldest."""
        self._kept[report.id] = report
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def get(self, identity: str, tenant: Tenant) -> Report | None:
        """The report, if it is this tenant's."""
        report = self._kept.get(identity)
        return report if report is not None and report.tenant == tenant else None
