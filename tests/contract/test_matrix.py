"""The matrix: printed, written into the page, and found stale."""

from pathlib import Path

import pytest

from tests.contract import matrix
from tests.contract.matrix import BEGIN, END, main
from tests.house.tree import ROOT

PAGE = ROOT / "docs" / "raw-text.md"


def test_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert "| one call | ✓ |" in printed and "### Fixes still open upstream" in printed


def test_moonwire_has_no_cross_in_it() -> None:
    mine = matrix.columns([])[0]
    assert mine.name == "moonwire"
    assert {cell.state for cell in mine.cells.values()} == {"pass"}


def test_it_is_written_between_the_markers_and_nowhere_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    assert main(["--check", str(page)]) == 1
    assert main(["--write", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\n") and text.endswith(f"{END}\nafter\n") and "old" not in text
    assert main(["--check", str(page)]) == 0
    assert list(tmp_path.iterdir()) == [page]


def test_a_page_without_markers_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing here\n")
    with pytest.raises(SystemExit):
        main(["--write", str(page)])
    assert page.read_text() == "nothing here\n"


def test_a_case_that_is_missing_fails(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matrix, "KINDS", (*matrix.KINDS, "made up"))
    assert main([]) == 1
    assert "unimplemented: k2: made up" in capsys.readouterr().err


def test_the_page_shows_the_matrix_of_today() -> None:
    shown = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
    if BEGIN not in shown:
        pytest.skip("docs/raw-text.md has no place for the matrix")
    assert main(["--check", str(PAGE)]) == 0
