"""The log's lines, for machines and for people."""

import io
import json
import re
import sys
from typing import Any

import pytest

from moonwire.core.notes import Note
from moonwire.gateway.logs import Log
from moonwire.gateway.reports import Report
from moonwire.memory import Tenant

TENANT = Tenant.of_client("a")
USAGE = {"prompt_tokens": 5, "cached_tokens": 2, "completion_tokens": 3}


def report(**more: Any) -> Report:
    notes = [Note(code="a", reason="r", before="what was said"), Note(code="a", reason="r")]
    said: dict[str, Any] = {"id": "req_1", "tenant": TENANT, "model": "kimi-k3", "status": 200}
    said |= {"notes": notes, **more}
    return Report(**said)


def lines(log: Any = "json", level: Any = "info", *, report: Report, **more: Any) -> list[str]:
    written: list[str] = []
    Log(log, level, write=written.append, **more).request(report)
    return written


def test_a_machine_reads_each_line() -> None:
    (line,) = lines(report=report(usage=USAGE))
    value = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value["time"])
    assert (value["level"], value["event"], value["request_id"]) == ("info", "request", "req_1")
    assert (value["notes"], value["tokens"]) == ({"a": 2}, {"in": 5, "cached": 2, "out": 3})
    assert "what was said" not in line


def test_a_person_reads_each_line() -> None:
    (line,) = lines("console", report=report(error='it said "no"', model="a\x1b[31m\nb\u009b"))
    assert "\n" not in line and "\x1b" not in line and "\u009b" not in line
    assert re.match(r"\S+Z warning request request_id=req_1 status=200 model=\"a\\u001b", line)
    assert r'error="it said \"no\""' in line
    assert "upstream=" not in line


def test_content_is_logged_where_that_is_wanted() -> None:
    (line,) = lines(report=report(), content=True)
    assert json.loads(line)["detail"][0]["before"] == "what was said"
    (line,) = lines("console", report=report(), content=True)
    assert "what was said" in line


@pytest.mark.parametrize(
    ("level", "status", "error", "count"),
    [
        ("debug", 200, "", 1),
        ("info", 200, "", 1),
        ("warning", 200, "", 0),
        ("warning", 200, "odd", 1),
        ("error", 400, "odd", 0),
        ("error", 502, "odd", 1),
        ("off", 502, "odd", 0),
    ],
)
def test_what_is_too_small_is_not_said(level: str, status: int, error: str, count: int) -> None:
    assert len(lines(level=level, report=report(status=status, error=error))) == count


def test_a_line_of_its_own() -> None:
    written: list[str] = []
    log = Log("console", "warning", write=written.append)
    log.line("info", "small", {})
    log.line("error", "large", {"a": 1, "b": None, "c": "", "d": {}, "e": 0.5})
    assert [line.split("Z ", 1)[1] for line in written] == ["error   large a=1 e=0.5"]


def test_half_a_character_is_logged() -> None:
    (line,) = lines(report=report(model="\ud83d"))
    assert json.loads(line)["model"] == "\ud83d"


def test_a_terminal_that_is_gone_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stderr", Full())
    Log("json").request(report())
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    Log("json").request(report())
    assert json.loads(said.getvalue())["request_id"] == "req_1"
