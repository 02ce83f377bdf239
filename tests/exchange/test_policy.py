"""What follows a failure, class by class; chance is given, nothing waits."""

from typing import Any

import pytest

from moonwire.core.catalogue import resolve
from moonwire.core.errors import (
    Auth,
    ClientGated,
    ContentFiltered,
    ContextOverflow,
    LocalProtocolError,
    ModelNotFound,
    MoonwireError,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    Refusal,
    RemoteProtocolError,
    ServerFailure,
    StructuralRefusal,
    TransportError,
)
from moonwire.core.refusals import Sent, read
from moonwire.core.settings import Settings
from moonwire.exchange.config import Retries
from moonwire.exchange.policy import Next, Tries, after_failure, after_refusal, falls_back
from moonwire.simulator.faults.refusals import REFUSALS
from moonwire.transport import ClientClosed, Disconnected, TotalTimeout

TARGET = resolve("kimi-k2.6", "platform")
RETRIES = Retries(attempts=100, wait=60.0, base=0.5, longest=4.0)
BUSY = {"error": {"message": "The engine is currently overloaded", "type": "engine_overloaded_error"}}


def tries(**fields: Any) -> Tries:
    made = Tries()
    for name, value in {"sent": 1, **fields}.items():
        setattr(made, name, value)
    return made


def steps(
    status: int,
    body: Any,
    count: int = 1,
    *,
    headers: dict[str, str] | None = None,
    retries: Retries = RETRIES,
    given: Tries | None = None,
    draw: float = 1.0,
    spare: bool = False,
) -> list[Next]:
    verdict = read(status, headers or {}, body, now=0.0, sent=Sent(media=0))
    given = given or tries()
    return [
        after_refusal(verdict, TARGET, Settings(), given, retries, lambda: draw, spare=spare)
        for _ in range(count)
    ]


def waits(found: list[Next]) -> list[float | None]:
    return [round(step.wait, 3) if step.do == "retry" else None for step in found]


# -- refusals ------------------------------------------------------------------------------------------

FINAL = {name for name, row in REFUSALS.items() if row.verdict == "final"}


@pytest.mark.parametrize("name", REFUSALS)
def test_every_refusal_on_record_is_retried_or_not(name: str) -> None:
    row = REFUSALS[name]
    body: Any = {"error": {"message": row.message, "type": row.type}} if row.type else row.message
    found = steps(row.status, body)
    assert found[0].do == ("give-up" if name in FINAL else "retry")


@pytest.mark.parametrize(
    ("status", "body", "most"),
    [
        (429, BUSY, 3),
        (503, "Service temporarily unavailable", 3),
        (429, {"error": {"message": "too many requests", "type": "rate_limit_reached_error"}}, 3),
        (500, {"error": {"message": "Internal server error", "type": "server_error"}}, 2),
        (400, {"error": {"message": "Invalid request Error"}}, 1),
    ],
)
def test_each_class_has_its_number_of_retries(status: int, body: Any, most: int) -> None:
    found = steps(status, body, most + 2)
    assert [step.do for step in found] == ["retry"] * most + ["give-up"] * 2


def test_waits_grow_twofold_to_a_limit_and_chance_picks_within() -> None:
    assert waits(steps(429, BUSY, 3)) == [0.5, 1.0, 2.0]
    assert waits(steps(429, BUSY, 3, draw=0.1)) == [0.05, 0.1, 0.2]
    assert waits(steps(429, BUSY, 3, draw=0.0)) == [0.0, 0.0, 0.0]
    assert waits(steps(429, BUSY, 3, retries=Retries(base=3, longest=4))) == [3.0, 4.0, 4.0]


@pytest.mark.parametrize(
    ("headers", "text", "wait"),
    [
        ({"retry-after": "3"}, "", 3.0),
        ({"Retry-After": "1.5"}, "", 1.5),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:07 GMT"}, "", 7.0),
        ({"retry-after-ms": "250"}, "", 0.25),
        ({"retry-after-ms": "250", "retry-after": "9"}, "", 0.25),
        ({}, ", please try again after 1 seconds", 1.0),
        ({"retry-after": "0"}, "", 0.0),
    ],
)
def test_a_wait_that_is_told_is_kept(headers: dict[str, str], text: str, wait: float) -> None:
    body = {"error": {"message": f"too many requests{text}", "type": "rate_limit_reached_error"}}
    assert waits(steps(429, body, headers=headers, draw=0.0)) == [wait]
    # Those who were told the same do not come back together.
    assert waits(steps(429, body, headers=headers, draw=1.0)) == [round(wait + 0.1, 3)]


def test_the_budgets_of_a_request() -> None:
    assert steps(429, BUSY, given=tries(sent=5), retries=Retries(attempts=5))[0].do == "give-up"
    assert steps(429, BUSY, given=tries(sent=4), retries=Retries(attempts=5))[0].do == "retry"
    # One is kept for each upstream behind this one.
    assert steps(429, BUSY, given=tries(sent=4, further=1), retries=Retries(attempts=5))[0].do == "give-up"
    assert steps(429, BUSY, headers={"retry-after": "61"})[0].do == "give-up"
    assert steps(429, BUSY, headers={"retry-after": "20"}, given=tries(waited=41.0))[0].do == "give-up"
    assert waits(steps(429, BUSY, 4, headers={"retry-after": "25"}, draw=0.0)) == [25.0, 25.0, None, None]


def test_a_long_wait_is_not_waited_for_where_another_upstream_is_left() -> None:
    assert steps(429, BUSY, headers={"retry-after": "3"}, given=tries(further=1))[0].do == "give-up"
    assert steps(429, BUSY, headers={"retry-after": "1"}, given=tries(further=1))[0].do == "retry"


def test_another_key_helps_against_its_limit_and_not_against_overload() -> None:
    limited = {"error": {"message": "too many requests", "type": "rate_limit_reached_error"}}
    assert waits(steps(429, limited, headers={"retry-after": "300"}, spare=True)) == [0.0]
    assert waits(steps(429, BUSY, spare=True)) == [0.5]


def test_another_hop_begins_anew_within_the_same_budget() -> None:
    given = tries(sent=3, waited=2.0)
    given.repaired.add("x")
    given.retried["Overloaded"] = 3
    given.begin_hop(0, 1)
    assert given.retried and given.repaired
    given.begin_hop(1, 0)
    assert (given.repaired, given.retried, given.sent, given.waited) == (set(), {}, 3, 2.0)


# -- repairs -------------------------------------------------------------------------------------------

NAMED = {"error": {"message": "tool_choice 'specified' is incompatible with thinking enabled"}}


def test_one_repair_for_each_thing_that_was_said() -> None:
    target = resolve("unknown-model", "platform")
    given = tries()
    verdict = read(400, {}, {"error": {"message": "unsupported role ROLE_UNSPECIFIED"}})
    first, second = (
        after_refusal(verdict, target, Settings(), given, RETRIES, lambda: 0.0) for _ in range(2)
    )
    assert first.do == "repair" and first.repair is not None and first.repair.code == "roles"
    assert second.do == "give-up"


def test_a_repair_that_changes_nothing_is_none() -> None:
    assert steps(400, {"error": {"message": "unsupported role ROLE_UNSPECIFIED"}})[0].do == "give-up"


def test_a_servers_passing_mistake_is_tried_again_once() -> None:
    """Kimi-K2#124: `only 0.6 is allowed` where no temperature was sent."""
    found = steps(400, {"error": {"message": "invalid temperature: only 0.6 is allowed for this model"}}, 2)
    assert [step.do for step in found] == ["retry", "give-up"]


def test_nothing_is_sent_beyond_the_attempts_for_a_repair_either() -> None:
    target = resolve("unknown-model", "platform")
    verdict = read(400, {}, {"error": {"message": "unsupported role ROLE_UNSPECIFIED"}})
    given = tries(sent=5)
    step = after_refusal(verdict, target, Settings(), given, Retries(attempts=5), lambda: 0.0)
    assert step.do == "give-up" and not given.repaired


# -- failures ------------------------------------------------------------------------------------------

GONE = Disconnected(origin="http://x", before_response=True)


def test_a_connection_is_tried_twice_more() -> None:
    given = tries()
    found = [after_failure(GONE, given, RETRIES, lambda: 1.0) for _ in range(3)]
    assert waits(found) == [0.5, 1.0, None]


@pytest.mark.parametrize(
    "error", [ClientClosed(origin="http://x"), TotalTimeout(origin="http://x", seconds=3600)]
)
def test_the_end_is_the_end(error: TransportError) -> None:
    assert after_failure(error, tries(), RETRIES, lambda: 0.0).do == "give-up"


def test_what_the_caller_tries_again_is_not_tried_again_beside_it() -> None:
    assert after_failure(GONE, Tries(again=True), RETRIES, lambda: 0.0).do == "give-up"
    assert after_failure(GONE, Tries(), RETRIES, lambda: 0.0).do == "retry"


def test_a_failure_has_the_same_budget() -> None:
    assert after_failure(GONE, tries(sent=5), Retries(attempts=5), lambda: 0.0).do == "give-up"


@pytest.mark.parametrize(
    ("error", "elsewhere"),
    [
        (Overloaded("x"), True),
        (RateLimited("x"), True),
        (ServerFailure("x"), True),
        (QuotaExhausted("x"), True),
        (ModelNotFound("x"), True),
        (TransportError("x"), True),
        (RemoteProtocolError("x"), True),
        (Auth("x"), False),
        (ClientGated("x"), False),
        (ContentFiltered("x"), False),
        (ContextOverflow("x"), False),
        (StructuralRefusal("x"), False),
        (Refusal("x"), False),
        (LocalProtocolError("x"), False),
        (MoonwireError("x"), False),
    ],
)
def test_what_another_upstream_may_do_better(error: MoonwireError, elsewhere: bool) -> None:
    assert falls_back(error) is elsewhere
