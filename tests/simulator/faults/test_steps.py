"""The steps are values."""

from typing import get_args

import pytest

from moonwire.simulator.faults.steps import TERMINAL, Head, Send, Step, Wait


def test_steps_are_equal_by_what_they_say_and_do_not_change() -> None:
    assert Send(b"a") == Send(b"a") != Send(b"b")
    with pytest.raises(AttributeError):
        Wait(1.0).seconds = 2.0  # pyright: ignore[reportAttributeAccessIssue] -- that it fails is the test


def test_what_does_not_end_an_answer_is_head_send_and_wait() -> None:
    assert set(get_args(Step)) - set(TERMINAL) == {Head, Send, Wait}
