"""The page of the incidents says what is tested, of every incident."""

from pathlib import Path

import pytest

from tests.gateway.incidents.incident_cases import CASES
from tests.gateway.incidents.page import main, written
from tests.gateway.incidents.told_cases import TOLD, UNPROVOKED
from tests.house.tree import ROOT
from tests.incidents.incident_cases import INCIDENTS

PAGE = ROOT / "docs" / "incidents.md"


def test_the_page_is_as_the_cases_have_it() -> None:
    assert main(["--check", str(PAGE)]) == 0


def test_every_incident_is_told_and_tested_or_has_a_reason() -> None:
    assert TOLD.keys() == {case.number for case in CASES}
    assert TOLD.keys().isdisjoint(UNPROVOKED)
    assert TOLD.keys() | UNPROVOKED.keys() == INCIDENTS.keys()


def test_an_incident_that_is_tested_in_one_way_alone_is_not_streamed_at_all() -> None:
    """Counting tokens has no stream; everything else goes wrong, or right, in both ways."""
    ways = {number: {way for case in CASES if case.number == number for way in case.ways} for number in TOLD}
    assert [number for number, found in ways.items() if len(found) < 2] == [62]


def test_no_two_cases_have_one_name() -> None:
    names = [(case.name, way) for case in CASES for way in case.ways]
    assert len(names) == len(set(names))


def test_a_stale_page_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text("old")
    assert main(["--check", str(page)]) == 1
    assert "stale" in capsys.readouterr().err
    assert main(["--write", str(page)]) == 0
    assert page.read_text() == written()
