"""Reasoning in the history: the matrix of kimi-api.md B, month by month."""

import pytest

from moonwire.simulator.rules import reasoning
from tests.simulator.rules.requests import Row, Taken
from tests.simulator.rules.rows import accepted_by, look_at_accepted, look_at_refusal, refusals_of

RULES = reasoning.RULES
REFUSALS, ACCEPTED = refusals_of(RULES), accepted_by(RULES)


@pytest.mark.parametrize(("row", "at"), REFUSALS.values(), ids=REFUSALS)
def test_what_is_refused(row: Row, at: str) -> None:
    look_at_refusal(row, at)
    assert row.section


@pytest.mark.parametrize("row", ACCEPTED.values(), ids=ACCEPTED)
def test_what_is_taken(row: Taken) -> None:
    look_at_accepted(row)
    assert row.section
