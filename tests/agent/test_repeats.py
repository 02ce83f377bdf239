"""The guard against the same call again and again."""

import pytest

from moonwire.agent.repeats import STOP, Repeats, canonical
from moonwire.core.messages import ToolCall


def call(arguments: str = "{}", name: str = "read") -> ToolCall:
    return ToolCall(id="x", name=name, arguments=arguments)


def test_reminders_come_at_their_numbers_and_then_the_end() -> None:
    guard = Repeats()
    reminded: list[int] = []
    for number in range(1, STOP + 1):
        assert not guard.hopeless
        guard.count([call()])
        if guard.reminder:
            assert f"{number} times" in guard.reminder
            reminded.append(number)
    assert reminded == [3, 5, 8]
    assert guard.hopeless


@pytest.mark.parametrize(
    ("other", "times"),
    [
        ([call('{"path": "y"}')], 1),
        ([call(name="write")], 1),
        ([call(), call('{"path": "y"}')], 1),
        ([call("{ }")], 3),
        ([call(), call()], 3),
    ],
)
def test_only_the_same_calls_in_a_row_count(other: list[ToolCall], times: int) -> None:
    guard = Repeats()
    guard.count([call()])
    assert guard.count([call()]) == 2
    assert guard.count(other) == times


def test_arguments_that_are_no_json_are_compared_as_they_stand() -> None:
    assert canonical(call("{oops")) == ("read", "{oops")
    assert canonical(call("[" * 100_000))[0] == "read"
