"""The rows of one group of rules, each at every endpoint that has its rule, and how they are looked at."""

from collections.abc import Iterable

from moonwire.core.catalogue import resolve
from moonwire.simulator.outcome import Outcome
from moonwire.simulator.rules import Refused, Rule
from tests.simulator.rules.accepted_cases import ACCEPTED
from tests.simulator.rules.refusals_cases import ROWS
from tests.simulator.rules.requests import (
    EVERYWHERE,
    Body,
    Row,
    Taken,
    answer,
    is_kept,
    is_there,
    prompt_of,
    there,
)


def refusals_of(rules: Iterable[Rule]) -> dict[str, tuple[Row, str]]:
    """Each refusing row of these rules with each endpoint that it is asked at."""
    names = {one.name for one in rules}
    return {
        f"{row.rule}-{number}-{at}-{row.rules}": (row, at)
        for number, row in enumerate(ROWS)
        if row.rule in names
        for at in EVERYWHERE
        if at == row.at
        or (is_kept(row.rule, at, row.rules) and at not in row.not_at.split() and is_there(row.body, at))
    }


def accepted_by(rules: Iterable[Rule]) -> dict[str, Taken]:
    """Each accepting row of these rules."""
    names = {one.name for one in rules}
    return {
        f"{row.rule}-{number}-{row.at}-{row.rules}": row
        for number, row in enumerate(ACCEPTED)
        if row.rule in names
    }


def look_at_refusal(row: Row, at: str) -> None:
    """The rule refuses it, with these words, status and type."""
    body = row.body if at == row.at else there(row.body, at)
    said = answer(body, at, row.rules, row.headers, size=row.size)
    assert isinstance(said, Refused), "answered"
    assert (said.rule, said.message) == (row.rule, _words(row, at, body))
    assert (said.status, said.type) == (row.status, row.type)


def _words(row: Row, at: str, body: Body) -> str:
    words = row.message
    if "{prompt}" in words:
        prompt = prompt_of(body, at)
        total = prompt + body.get("max_tokens", 0)
        words = words.replace("{prompt}", str(prompt)).replace("{total}", str(total))
    return words.replace("{model}", resolve(str(body.get("model")), at).model)


def look_at_accepted(row: Taken) -> None:
    """The endpoint has the rule, and answers all the same."""
    assert not row.rule or is_kept(row.rule, row.at, row.rules), "the endpoint has no such rule"
    said = answer(row.body, row.at, row.rules, row.headers)
    assert isinstance(said, Outcome), said
