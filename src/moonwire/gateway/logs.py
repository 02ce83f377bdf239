"""The log: one line a request, as JSON or for people. Never a key, and nothing of what was said."""

import contextlib
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from moonwire.exchange.told import encoded
from moonwire.gateway.reports import Report

__all__ = ["Log"]

Format = Literal["json", "console"]
Level = Literal["debug", "info", "warning", "error", "off"]

_ORDER: tuple[Level, ...] = ("debug", "info", "warning", "error", "off")


def _stderr(line: str) -> None:
    # Nobody reads it, or the disk is full: no reason to answer nobody.
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


class Log:
    """Writes lines. `content` adds what notes hold of a conversation, for the operator's own debugging."""

    def __init__(
        self,
        format: Format = "console",
        level: Level = "info",
        *,
        content: bool = False,
        write: Callable[[str], None] = _stderr,
    ) -> None:
        self._json = format == "json"
        self._least = _ORDER.index(level)
        self._content = content
        self._write = write

    def request(self, report: Report) -> None:
        """A request that is over."""
        level: Level = "error" if report.status >= 500 else "warning" if report.error else "info"
        if _ORDER.index(level) < self._least:
            return
        codes = Counter(note.code for note in report.notes)
        fields: dict[str, Any] = {
            "request_id": report.id,
            "status": report.status,
            "model": report.model,
            "target": report.target,
            "upstream": report.upstream,
            "mode": report.mode,
            "finish": report.finish,
            "seconds": round(report.seconds, 3),
            "notes": dict(codes),
            "error": report.error or None,
        }
        if report.usage is not None:
            fields["tokens"] = {
                "in": report.usage["prompt_tokens"],
                "cached": report.usage["cached_tokens"],
                "out": report.usage["completion_tokens"],
            }
        if self._content:
            fields["detail"] = [msgspec.to_builtins(note, str_keys=True) for note in report.notes]
        self.line(level, "request", fields)

    def line(self, level: Level, event: str, fields: dict[str, Any]) -> None:
        """One line."""
        if _ORDER.index(level) < self._least:
            return
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        if self._json:
            value = {"time": stamp, "level": level, "event": event, **fields}
            self._write(encoded(value).decode())
            return
        said = " ".join(
            f"{name}={_shown(value)}" for name, value in fields.items() if value not in (None, "", {})
        )
        self._write(f"{stamp} {level:7} {event} {said}")


_PLAIN = re.compile(r"[!-~]+")


def _shown(value: Any) -> str:
    """Plain words as they are, the rest as JSON in ASCII: a terminal obeys what a caller writes."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and '"' not in value and "=" not in value:
        return value
    return json.dumps(msgspec.to_builtins(value, str_keys=True))
