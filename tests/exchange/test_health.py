"""The breaker and the budget of retries, by a clock that stands until it is moved."""

import pytest

from moonwire.exchange.config import Retries
from moonwire.exchange.health import ALWAYS, Health
from tests.exchange.upstreams import Clock


def failed(health: Health, times: int) -> Health:
    for _ in range(times):
        health.failed()
    return health


def test_it_opens_after_failures_in_a_row() -> None:
    health = Health(Retries(breaker=3), Clock())
    failed(health, 2).well()
    failed(health, 2)
    assert health.allows() and not health.open
    failed(health, 1)
    assert not health.allows() and health.open


def test_after_a_pause_one_is_let_through_and_no_more() -> None:
    now = Clock()
    health = failed(Health(Retries(breaker=1, pause=10), now), 1)
    now.now += 9.9
    assert not health.allows()
    now.now += 0.1
    assert [health.allows(), health.allows()] == [True, False]


@pytest.mark.parametrize("well", [True, False])
def test_what_the_one_finds_decides(well: bool) -> None:
    now = Clock()
    health = failed(Health(Retries(breaker=1, pause=10), now), 1)
    now.now += 10
    assert health.allows()
    now.now += 5
    if well:
        health.well()
    else:
        health.failed()
    assert health.allows() is well
    now.now += 10
    assert health.allows()


def test_one_that_never_came_back_is_not_waited_for_for_ever() -> None:
    now = Clock()
    health = failed(Health(Retries(breaker=1, pause=10), now), 1)
    now.now += 10
    assert health.allows()
    now.now += 10
    assert health.allows()


def test_without_a_breaker_it_never_opens() -> None:
    health = failed(Health(Retries(breaker=0), Clock()), 100)
    assert health.allows() and not health.open


def test_a_few_retries_are_always_allowed() -> None:
    health = Health(Retries(share=0.0), Clock())
    assert [health.may_retry() for _ in range(ALWAYS + 1)] == [True] * ALWAYS + [False]


def test_more_traffic_allows_more_retries_and_a_minute_later_less() -> None:
    now = Clock()
    health = Health(Retries(share=0.2), now)
    for _ in range(100):
        health.asked()
    assert sum(health.may_retry() for _ in range(50)) == 20
    now.now += 61
    assert sum(health.may_retry() for _ in range(50)) == ALWAYS
