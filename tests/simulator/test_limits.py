"""The platform's limits per key: so many requests a minute, so many at once (kimi-api.md K2)."""

from moonwire.core.refusals.waiting import wait_from_text
from moonwire.simulator.clock import Clock
from moonwire.simulator.limits import Gate
from moonwire.simulator.rules import Refused
from moonwire.simulator.settings import Limits


class Hands(Clock):
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def running(self) -> float:
        return self.now


def gate(**limits: int) -> tuple[Gate, Hands]:
    clock = Hands()
    return Gate(Limits(**limits), clock), clock


def refused(words: str, rule: str) -> Refused:
    return Refused(words, 429, "rate_limit_reached_error", rule=rule)


def test_without_limits_everyone_comes_in() -> None:
    one, _ = gate()
    assert [one.enter("a") for _ in range(100)] == [None] * 100


def test_the_text_of_too_many_a_minute_says_how_long_to_wait() -> None:
    one, clock = gate(rpm=3)
    assert [one.enter("a") for _ in range(3)] == [None, None, None]
    words = "request reached max request: 3, please try again after 60 seconds"
    assert one.enter("a") == refused(words, "rpm")
    clock.now += 59.5
    words = "request reached max request: 3, please try again after 1 seconds"
    assert one.enter("a") == refused(words, "rpm")
    assert wait_from_text(words) == 1.0


def test_a_minute_later_there_is_room_again() -> None:
    one, clock = gate(rpm=2)
    one.enter("a")
    clock.now += 30
    one.enter("a")
    assert one.enter("a") is not None
    clock.now += 30
    assert one.enter("a") is None
    assert one.enter("a") is not None


def test_who_is_refused_is_not_counted() -> None:
    one, clock = gate(rpm=1)
    one.enter("a")
    assert [one.enter("a") is None for _ in range(5)] == [False] * 5
    clock.now += 60
    assert one.enter("a") is None


def test_so_many_at_once() -> None:
    one, _ = gate(concurrency=2)
    assert [one.enter("a"), one.enter("a")] == [None, None]
    words = "request reached max concurrency: 2, please try again after 1 seconds"
    assert one.enter("a") == refused(words, "concurrency")
    one.leave("a")
    assert one.enter("a") is None
    one.leave("a")
    one.leave("a")
    assert [one.enter("a"), one.enter("a")] == [None, None]


def test_keys_are_counted_apart() -> None:
    one, _ = gate(rpm=1, concurrency=1)
    assert one.enter("a") is None and one.enter("b") is None
    assert one.enter("a") is not None and one.enter("b") is not None


def test_who_waits_outside_for_a_place_is_not_counted_by_the_minute() -> None:
    one, _ = gate(rpm=2, concurrency=1)
    one.enter("a")
    said = one.enter("a")
    assert said is not None and said.rule == "concurrency"
    one.leave("a")
    assert one.enter("a") is None
