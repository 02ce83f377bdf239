"""What was done: in a header of 1,024 bytes, and whole for its own tenant."""

import json
from typing import Any

import pytest

from moonwire.core.notes import Note
from moonwire.gateway.reports import HEADER_BYTES, Report, Reports, encoded, notes_header
from moonwire.memory import Tenant

A, B = Tenant.of_client("a"), Tenant.of_client("b")


def note(code: str, level: Any = "info", **more: Any) -> Note:
    return Note(code=code, reason="why", level=level, **more)


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ("", ""),
        ("a", "a"),
        ("a a b a", "a*3, b"),
        ("a b! a c!", "b!, c!, a*2"),
        ("a a! a", "a!, a*2"),
    ],
)
def test_codes_are_counted_and_warnings_come_first(codes: str, said: str) -> None:
    notes = [note(code.rstrip("!"), "warning" if code.endswith("!") else "info") for code in codes.split()]
    assert notes_header(notes) == said


def test_what_finds_no_room_is_counted() -> None:
    notes = [note(f"a-code-of-some-length-{number}") for number in range(200)]
    said = notes_header([*notes, note("last", "warning")])
    assert len(said) <= HEADER_BYTES == 1024
    words = said.split(", ")
    assert words[0] == "last!"
    assert words[-1] == f"+{201 - len(words) + 1}"
    assert len(said) + len(", a-code-of-some-length-99") > HEADER_BYTES - 8
    assert notes_header([note("x" * 2000)]) == "+1"
    exact = notes_header([note("x" * 1024)])
    assert len(exact) == 1024


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


def test_half_a_character_is_no_reason_to_say_nothing() -> None:
    assert json.loads(encoded({"a": "\ud83d", "b": note("x", before="\udc00")}))["a"] == "\ud83d"
    assert encoded({"a": "\u6708"}) == '{"a":"\u6708"}'.encode()
