"""A fault's name, its line, and its verdict where what was set changes it."""

from typing import Any

import pytest

from moonwire.simulator.faults.kinds import KINDS
from tests.simulator.faults.answers import fault

VERDICTS: list[tuple[str, dict[str, Any], bool, str]] = [
    ("status", {"error": "overloaded"}, True, "retryable"),
    ("status", {"error": "quota-403"}, True, "final"),
    ("error-event", {}, True, "broken"),
    ("error-event", {"events": 0}, True, "retryable"),
    ("error-event", {}, False, "retryable"),
    ("duplicate", {}, True, "broken"),
    ("duplicate", {"which": "done"}, True, "harmless"),
    ("duplicate", {"which": "done"}, False, "broken"),
    ("huge", {"which": "content"}, True, "broken"),
    ("stall", {"seconds": 600}, True, "harmless"),
    ("stall", {"seconds": float("inf")}, True, "broken"),
    ("stall", {"seconds": float("inf"), "events": 0}, True, "retryable"),
    ("stall", {"seconds": float("inf"), "where": "headers"}, True, "retryable"),
    ("slow-headers", {"seconds": float("inf")}, True, "retryable"),
    ("drip", {"seconds": float("inf")}, True, "broken"),
    ("refuse", {"seconds": float("inf")}, True, "retryable"),
    ("reset", {"after": 0}, True, "retryable"),
    ("reset", {"after": 1}, True, "broken"),
    ("close", {"events": 0}, True, "retryable"),
]


@pytest.mark.parametrize(("kind", "values", "stream", "verdict"), VERDICTS)
def test_a_verdict_weighs_what_is_set(kind: str, values: dict[str, Any], stream: bool, verdict: str) -> None:
    assert fault(kind, **values).verdict(stream=stream) == verdict


@pytest.mark.parametrize("kind", KINDS)
def test_the_tables_verdict_is_that_of_the_defaults(kind: str) -> None:
    assert fault(kind).verdict() == KINDS[kind].verdict


def test_names_and_lines() -> None:
    assert fault("gzip").name() == "gzip"
    assert fault("error-event").name() == "error-event:overloaded"
    told = fault("error-event", events=1, done=True).describe()
    assert told == "error-event error=overloaded events=1 done=true (rule 1, request 1)"
    assert (
        fault("stall", seconds=0.5).describe() == "stall seconds=0.5 where=body events=3 (rule 1, request 1)"
    )
    assert fault("close", after=8).describe() == "close after=8 (rule 1, request 1)"
    assert fault("refuse", seconds=float("inf")).describe() == "refuse seconds=inf (rule 1, request 1)"


def test_draws_stay_below() -> None:
    assert {fault("gzip").draw(2, n) for n in range(20)} == {0, 1}
