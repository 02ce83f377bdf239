"""Tools, schemas and choices: what is refused, in which words, and what is taken."""

from typing import Any

import pytest

from moonwire.core.schemas import check
from moonwire.simulator.outcome import Outcome
from moonwire.simulator.rules import Refused, tools
from tests.core.schemas.rules_cases import ACCEPTED as TAKEN
from tests.core.schemas.rules_cases import REFUSED
from tests.simulator.rules.as_it_is_cases import AS_IT_IS
from tests.simulator.rules.requests import Row, Taken, answer, function, kimi
from tests.simulator.rules.rows import accepted_by, look_at_accepted, look_at_refusal, refusals_of

RULES = tools.RULES
REFUSALS, ACCEPTED = refusals_of(RULES), accepted_by(RULES)


@pytest.mark.parametrize(("row", "at"), REFUSALS.values(), ids=REFUSALS)
def test_what_is_refused(row: Row, at: str) -> None:
    look_at_refusal(row, at)
    assert row.section


@pytest.mark.parametrize("row", ACCEPTED.values(), ids=ACCEPTED)
def test_what_is_taken(row: Taken) -> None:
    look_at_accepted(row)
    assert row.section


HEAD = "Invalid request: tools.function.parameters is not a valid moonshot flavored json schema, details: "
LIVE = [(path, text, schema) for level, path, text, schema in REFUSED if level in ("lite", "strict")]
ULTRA = [schema for level, *_, schema in REFUSED if level == "ultra"]
AS_IT_STANDS = [
    *AS_IT_IS.values(),
    *(schema for level, schema in TAKEN if level in ("strict", "ultra")),
]


@pytest.mark.parametrize(("path", "text", "schema"), LIVE)
def test_every_text_of_the_schema_language(path: str, text: str, schema: Any) -> None:
    said = answer(kimi(tools=[function("read", **schema)]), "platform", "latest")
    assert isinstance(said, Refused) and said.rule == "schema"
    # The place of a bad list of items is the list (vercel/ai#19544); else one of several complaints is told.
    there = f"{path}.items" if text == "items must be an object" else path
    told = [f"{HEAD}<At path '{there}': {text}>", *(f"{HEAD}{each}" for each in others(schema))]
    assert said.message in told


def others(schema: Any) -> list[str]:
    """What else is wrong with it."""
    return [f"<At path '{one.path}': {one.text}>" for one in check(schema)[:1]]


@pytest.mark.parametrize("schema", ULTRA)
def test_what_only_the_strictest_level_refuses_is_taken(schema: Any) -> None:
    """Accepted and not enforced: production checks at level strict (mfjs.md 1, 5)."""
    expected = Refused if check(schema) else Outcome
    assert isinstance(answer(kimi(tools=[function("read", **schema)]), "platform", "latest"), expected)


@pytest.mark.parametrize("schema", AS_IT_STANDS)
def test_what_is_taken_as_it_is(schema: Any) -> None:
    assert isinstance(answer(kimi(tools=[function("read", **schema)]), "platform", "latest"), Outcome)


def test_parameters_that_are_no_object_are_not_read() -> None:
    tool = {"type": "function", "function": {"name": "read", "parameters": "text"}}
    said = answer(kimi(tools=[tool]), "platform", "latest")
    assert isinstance(said, Refused) and "JSON schema parsing error: " in said.message


def test_the_chinese_platform_still_asks_for_the_root() -> None:
    said = answer(kimi(tools=[function("read", anyOf=[{"type": "object"}])]), "platform-cn", "latest")
    assert isinstance(said, Refused)
    assert said.message == 'tools.function.parameters.type is required and must be "object"'
