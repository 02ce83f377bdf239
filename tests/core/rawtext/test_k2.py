"""The K2 grammar, row by row."""

import pytest

from tests.core.rawtext.k2_cases import K2_CASES
from tests.core.rawtext.laws import check_bytewise, check_splits, check_whole
from tests.core.rawtext.table import Case

rows = pytest.mark.parametrize("case", K2_CASES, ids=lambda case: case.name)


@rows
def test_whole(case: Case) -> None:
    check_whole(case)


@rows
def test_every_split(case: Case) -> None:
    check_splits(case)


@rows
def test_one_character_at_a_time(case: Case) -> None:
    check_bytewise(case)
