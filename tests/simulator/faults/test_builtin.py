"""The schedules that have names."""

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.simulator.faults.builtin import BUILTIN, builtin
from moonwire.simulator.faults.kinds import KINDS
from moonwire.simulator.faults.reading import load


@pytest.mark.parametrize("name", BUILTIN)
def test_a_schedule_is_one_and_does_something(name: str) -> None:
    running = load(builtin(name), name).start()
    picked = [running.pick(n, "/v1/chat/completions", True, b"{}") for n in range(1, 201)]
    assert 20 < sum(one is not None for one in picked) < 180


def test_chaos_is_everything() -> None:
    rules = load(builtin("chaos")).rules
    assert [rule.kind for rule in rules] == list(KINDS)
    running = load(builtin("chaos")).start()
    met = {one.kind for n in range(1, 2001) if (one := running.pick(n, "/v1/messages", True, b""))}
    assert met == set(KINDS)


def test_a_name_that_is_none() -> None:
    with pytest.raises(LocalProtocolError, match="one of flaky, stalls, rate-limits, chaos, or a file"):
        builtin("zzz")
