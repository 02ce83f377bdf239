"""Time and ids: real ones, or the same in every run."""

import time

import pytest

from moonwire.simulator.clock import START, Clock


def test_a_fixed_clock_stands_still() -> None:
    clock = Clock(fixed=True)
    assert (clock.seconds(), clock.seconds(), clock.running()) == (START, START, 0.0)


def test_a_real_clock_runs() -> None:
    clock = Clock()
    assert abs(clock.seconds() - time.time()) < 5
    assert 0 < clock.running() <= clock.running()


def test_fixed_ids_are_the_same_in_every_run_and_never_twice_in_one() -> None:
    one, other = Clock(fixed=True, seed=3), Clock(fixed=True, seed=3)
    ids = [one.hex(24) for _ in range(50)]
    assert ids == [other.hex(24) for _ in range(50)] and len(set(ids)) == 50
    assert Clock(fixed=True, seed=4).hex(24) != ids[0]


@pytest.mark.parametrize("fixed", [True, False])
@pytest.mark.parametrize("digits", [1, 7, 16, 24, 32, 64])
def test_an_id_has_the_digits_that_were_asked_for(digits: int, fixed: bool) -> None:
    text = Clock(fixed=fixed).hex(digits)
    assert len(text) == digits and set(text) <= set("0123456789abcdef")


def test_real_ids_differ() -> None:
    clock = Clock()
    assert len({clock.hex(24) for _ in range(50)}) == 50
