"""Which rules an edition has: by month, of any time, and for the verifier."""

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.simulator.outcome import Outcome
from moonwire.simulator.rules import Refused, edition
from moonwire.simulator.rules.edition import LATEST, NAMES
from moonwire.simulator.rules.table import TABLE
from tests.simulator.rules.edition_cases import TIMES
from tests.simulator.rules.requests import Body, answer

REFUSED = [(time.rule, time.at, name, time.body) for time in TIMES for name in time.refused.split()]
TAKEN = [(time.rule, time.at, name, time.body) for time in TIMES for name in time.taken.split()]


@pytest.mark.parametrize(("rule", "at", "name", "body"), REFUSED)
def test_while_it_holds(rule: str, at: str, name: str, body: Body) -> None:
    said = answer(body, at, name)
    assert isinstance(said, Refused) and said.rule == rule, said


@pytest.mark.parametrize(("rule", "at", "name", "body"), TAKEN)
def test_before_and_after(rule: str, at: str, name: str, body: Body) -> None:
    said = answer(body, at, name)
    assert isinstance(said, Outcome), (rule, said)


def test_every_rule_of_some_months_is_asked_before_in_and_after_them() -> None:
    for one in TABLE:
        times = [time for time in TIMES if time.rule == one.name]
        named = {name for time in times for name in f"{time.refused} {time.taken}".split()}
        if one.since:
            assert one.since in named, one.name
        if one.until:
            assert before(one.until) in named and one.until in named | after_it(one.name), one.name


def before(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year}-{number - 1:02}" if number > 1 else f"{year - 1}-12"


def after_it(name: str) -> set[str]:
    """What the rule that takes its place is asked in."""
    follows = {
        "overflow-documented": "overflow",
    }
    return {month for time in TIMES if time.rule == follows.get(name) for month in time.refused.split()}


@pytest.mark.parametrize("name", [*NAMES, "2025-07", "2026-05", "2026-12", "2030-01"])
def test_an_edition_is_called_what_it_was_asked_for_as(name: str) -> None:
    assert edition(name).name == name


def test_the_last_month_is_the_latest() -> None:
    assert edition(LATEST) == edition("latest") and edition(LATEST).name == "latest"


@pytest.mark.parametrize(
    "name", ["", "newest", "2026", "2026-13", "2026-00", "2026-5", "2025-06", "1999-01", "2026-05 "]
)
def test_there_is_no_such_edition(name: str) -> None:
    with pytest.raises(LocalProtocolError, match="no rules called") as raised:
        edition(name)
    assert raised.value.path == "rules"
