"""The refusals: that each is whole, and that core understands it as what it is."""

import json
from typing import get_args

import pytest

from moonwire.core.refusals import read
from moonwire.core.refusals.waiting import wait_from_headers, wait_from_text
from moonwire.simulator.faults.refusals import REFUSALS, ErrorName, Refused, Wait, said
from tests.simulator.faults.answers import NOW


def test_the_names_are_the_tables() -> None:
    assert get_args(ErrorName) == tuple(REFUSALS)


@pytest.mark.parametrize("row", REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_json_or_a_page(row: Refused) -> None:
    headers, body = said(row, "chat", wait=None, seconds=1.0, now=NOW)
    if row.html:
        assert headers == [("content-type", "text/html")] and str(row.status).encode() in body
        return
    error = json.loads(body)["error"]
    assert headers[0] == ("content-type", "application/json")
    assert error["message"].startswith(row.message) and error.get("type", "") == row.type
    assert row.status >= 400 and row.source


@pytest.mark.parametrize("row", REFUSALS.values(), ids=REFUSALS)
def test_core_gives_the_verdict_of_the_table(row: Refused) -> None:
    headers, body = said(row, "chat", wait=None, seconds=1.0, now=NOW)
    verdict = read(row.status, dict(headers), body, now=NOW)
    assert (verdict.action == "retry") == (row.verdict == "retryable")


WAITS: list[tuple[Wait, float, list[tuple[str, str]]]] = [
    ("none", 2.0, []),
    ("header", 2.0, [("retry-after", "2")]),
    ("header", 1.5, [("retry-after", "1.5")]),
    ("date", 2.0, [("retry-after", "Sun, 06 Nov 1994 08:49:32 GMT")]),
    ("date", 1.5, [("retry-after", "Sun, 06 Nov 1994 08:49:32 GMT")]),
    ("ms", 1.5, [("retry-after-ms", "1500")]),
    ("text", 1.5, []),
]


@pytest.mark.parametrize(("wait", "seconds", "expected"), WAITS)
def test_where_the_wait_is_said(wait: Wait, seconds: float, expected: list[tuple[str, str]]) -> None:
    headers, body = said(REFUSALS["overloaded"], "chat", wait=wait, seconds=seconds, now=NOW)
    assert headers[1:] == expected
    heard = wait_from_headers(dict(headers), NOW)
    if expected:
        assert heard is not None and seconds <= heard <= seconds + 1
    assert wait_from_text(json.loads(body)["error"]["message"]) == (seconds if wait == "text" else None)


def test_the_text_of_the_platform() -> None:
    _, body = said(REFUSALS["rate-limit-text"], "chat", wait=None, seconds=1.0, now=NOW)
    expected = "request reached max request: 3, please try again after 1 seconds"
    assert json.loads(body)["error"] == {"message": expected, "type": "rate_limit_reached_error"}


def test_the_filter_has_its_own_shape() -> None:
    _, body = said(REFUSALS["filter"], "chat", wait=None, seconds=1.0, now=NOW)
    assert json.loads(body)["error"]["code"] == 400


def test_messages_wraps_the_error() -> None:
    _, body = said(REFUSALS["overloaded-529"], "messages", wait=None, seconds=1.0, now=NOW)
    assert json.loads(body) == {
        "type": "error",
        "error": {"message": "Overloaded", "type": "overloaded_error"},
    }
