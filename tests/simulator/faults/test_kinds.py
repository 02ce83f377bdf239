"""The table of kinds: whole, documented, and what the page shows."""

import re
from pathlib import Path
from typing import get_args

import pytest

from moonwire.simulator.faults import load
from moonwire.simulator.faults.kinds import KINDS, Kind, Verdict, markdown_table
from moonwire.simulator.faults.reading import _WHEN, _WHICH
from moonwire.simulator.faults.refusals import markdown_table as errors_table
from tests.house.tree import ROOT

PAGE: Path = ROOT / "docs" / "faults.md"

ALL = [
    "refuse",
    "reset-before",
    "reset-headers",
    "reset",
    "close",
    "stall",
    "slow-headers",
    "drip",
    "status",
    "empty",
    "not-json",
    "content-type",
    "gzip",
    "half-character",
    "garbage",
    "huge",
    "cut-json",
    "no-finish",
    "no-done",
    "no-finish-hang",
    "duplicate",
    "error-event",
    "filter",
]


def test_these_are_the_kinds() -> None:
    assert list(KINDS) == ALL


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_says_what_it_is(kind: Kind) -> None:
    assert kind.stream and kind.whole and kind.source
    assert kind.verdict in get_args(Verdict)
    names = [one.name for one in kind.parameters]
    # A parameter must not be called as what every fault has.
    assert len(set(names)) == len(names) and not set(names) & {"kind", *_WHEN, *_WHICH}
    assert all(one.meaning for one in kind.parameters)


def test_the_page_holds_the_tables() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.count(markdown_table()) == 1, "write markdown_table() of kinds.py into docs/faults.md"
    assert page.count(errors_table()) == 1, "write markdown_table() of refusals.py into docs/faults.md"


def test_the_examples_of_the_page_are_schedules() -> None:
    examples = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) >= 3
    for example in examples:
        assert load(example, "docs/faults.md").rules


def test_no_cell_breaks_the_table() -> None:
    rows = [line for line in markdown_table().splitlines() if line]
    assert {row.count(" | ") for row in rows if row.startswith("| ")} == {4}
