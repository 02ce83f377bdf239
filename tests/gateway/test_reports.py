"""What was done, whole, for its own tenant."""

import json
from typing import Any

from moonwire.core.notes import Note
from moonwire.exchange.told import encoded
from moonwire.gateway.reports import Report, Reports
from moonwire.memory import Tenant

A, B = Tenant.of_client("a"), Tenant.of_client("b")


def note(code: str, level: Any = "info", **more: Any) -> Note:
    return Note(code=code, reason="why", level=level, **more)


def test_the_last_are_kept_each_for_its_own() -> None:
    reports = Reports(most=2)
    for name, tenant in (("1", A), ("2", A), ("3", B)):
        reports.put(Report(id=name, tenant=tenant))
    assert reports.get("1", A) is None
    assert reports.get("2", B) is None and reports.get("3", A) is None
    found = reports.get("2", A)
    assert found is not None and found.id == "2"


def test_a_report_is_shown_whole() -> None:
    told = note("a", path="messages[0]", before="x", after={"b": 1})
    report = Report(id="req_1", tenant=A, notes=[told], seconds=0.12345, usage={"prompt_tokens": 1})
    shown = json.loads(encoded(report.shown()))
    assert shown["notes"] == [
        {"code": "a", "reason": "why", "path": "messages[0]", "before": "x", "after": {"b": 1}}
    ]
    assert (shown["request_id"], shown["seconds"], shown["error"]) == ("req_1", 0.123, None)
    assert "tenant" not in shown
