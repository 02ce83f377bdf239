"""What was done to each request, for whoever asks: the header, and everything under the request's id."""

import json
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from moonwire.core.notes import Note
from moonwire.memory import Tenant

__all__ = ["HEADER", "REQUEST_ID", "Report", "Reports", "encoded", "notes_header"]

REQUEST_ID: Final = "moonwire-request-id"
HEADER: Final = "moonwire-notes"
HEADER_BYTES: Final = 1024


def notes_header(notes: Iterable[Note], limit: int = HEADER_BYTES) -> str:
    """The codes of the notes, each with its count, warnings first; `+N` for those that find no room.

    >>> note = Note(code="a", reason="")
    >>> notes_header([note, Note(code="b", reason="", level="warning"), note])
    'b!, a*2'
    """
    return _words(tuple([(note.level != "warning", note.code) for note in notes]), limit)


@lru_cache(maxsize=1024)
def _words(notes: tuple[tuple[bool, str], ...], limit: int) -> str:
    counted = Counter(notes)
    order = sorted(counted, key=lambda one: one[0])
    words = [_word(code, counted[quiet, code], loud=not quiet) for quiet, code in order]
    out = ", ".join(words)
    left = 0
    while len(out) > limit:
        words.pop()
        left += 1
        out = ", ".join([*words, f"+{left}"])
    return out


def _word(code: str, count: int, *, loud: bool) -> str:
    return f"{code}{'!' if loud else ''}{f'*{count}' if count > 1 else ''}"


def encoded(value: Any) -> bytes:
    """A value as JSON, also where half a character of a broken stream is in it."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value, str_keys=True)).encode()


class Report(msgspec.Struct, kw_only=True):
    """One request as it went."""

    id: str
    tenant: Tenant
    model: str = ""
    upstream: str = ""
    target: str = ""
    mode: str = "heal"
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
