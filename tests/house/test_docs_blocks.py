"""Every block marked as tested on a page runs and prints what the page shows; and the runner can fail."""

import os
import shutil
from pathlib import Path

import pytest

from tests.house.pages import PageError, blocks, run_page
from tests.house.tree import ROOT, relative

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_the_page_does_what_it_shows(path: Path, tmp_path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    if "curl -s" in page and shutil.which("curl") is None and not os.environ.get("MOONWIRE_REQUIRE_SERVICES"):
        pytest.skip("the page shows curl, which is not installed")
    ran = run_page(relative(path), page, tmp_path, ROOT / "examples")
    assert ran >= 0


def test_the_first_page_has_a_tested_block() -> None:
    infos = [block.info for block in blocks((ROOT / "README.md").read_text(encoding="utf-8"))]
    assert "console tested" in infos


def console(*lines: str) -> str:
    return "\n".join(["Prose.", "```console tested", *lines, "```", "More prose."])


def python(*lines: str) -> str:
    return "\n".join(["```python tested", *lines, "```"])


# What the page is, and how many tested blocks it has.
RIGHT: dict[str, tuple[str, int]] = {
    "one command": (console("$ echo hello", "hello"), 1),
    "no output": (console("$ true"), 1),
    "both streams": (console("$ echo out; echo err >&2", "out", "err"), 1),
    "a backslash": (console("$ echo a \\", "    b", "a b"), 1),
    "a here-document": (console("$ cat > f <<'EOF'", "$ not a command", "EOF", "$ wc -l < f", "1"), 1),
    "one directory for the page": (console("$ echo x > f") + "\n" + console("$ cat f", "x"), 2),
    "any lines": (console("$ seq 5", "1", "...", "5"), 1),
    "any lines may be none": (console("$ seq 2", "1", "...", "2"), 1),
    "any lines, twice": (console("$ seq 9", "...", "4", "...", "9"), 1),
    "a failure the page asks about": (console("$ false", "$ echo $?", "1"), 1),
    "home is the scratch directory": (console('$ [ "$HOME" = "$PWD" ] && echo yes', "yes"), 1),
    "not marked": ("```console\n$ false\nnonsense\n```", 0),
    "marked inside a longer fence": ("````markdown\n```console tested\n$ false\n```\n````", 0),
    "indented in a list": ("- item\n\n  ```console tested\n  $ echo hello\n  hello\n  ```\n", 1),
    "a doctest": (python(">>> 1 + 1", "2"), 1),
    "a program": (python("x = 1", "assert x == 1"), 1),
    "shared names": (python("x = 1") + "\n" + python(">>> y = x + 1") + "\n" + python(">>> y", "2"), 3),
    "a file for Python": (console("$ echo x > f") + "\n" + python("with open('f') as f: assert f.read()"), 2),
}
WRONG: dict[str, tuple[str, str]] = {
    "other output": (console("$ echo hello", "goodbye"), r"(?s)page:3: \$ echo hello.*-goodbye.*\+hello"),
    "more output": (console("$ seq 3", "1", "2"), r"\+3"),
    "less output": (console("$ seq 2", "1", "2", "3"), r"-3"),
    "nothing shown": (console("$ echo x"), r"\+x"),
    "any lines, then another end": (console("$ seq 5", "...", "4"), r"\+5"),
    "a failure": (console("$ echo x; exit 3", "x"), "exit status 3"),
    "a failure at the end": (console("$ true", "$ false"), "exit status 1"),
    "output before a command": (console("hello"), "line 3: output before"),
    "an unknown command": (console("$ no-such-program"), "no-such-program"),
    "no end of the fence": ("```console tested\n$ true\n", "without an end"),
    "no end of the here-document": (console("$ cat <<EOF", "x"), "has no end"),
    "a language without a runner": ("```shell tested\n$ true\n```", "no runner"),
    "a wrong doctest": (python(">>> 1 + 1", "3"), "Expected:\n    3"),
}


@pytest.mark.parametrize(("page", "count"), RIGHT.values(), ids=RIGHT)
def test_a_page_that_is_right_passes(page: str, count: int, tmp_path: Path) -> None:
    assert run_page("page", page, tmp_path) == count


@pytest.mark.parametrize(("page", "message"), WRONG.values(), ids=WRONG)
def test_a_page_that_is_wrong_fails(page: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(PageError, match=message):
        run_page("page", page, tmp_path)


def test_a_program_that_fails_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        run_page("page", python("1 / 0"), tmp_path)


def test_the_examples_are_there(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "a.txt").write_text("hello\n")
    (tmp_path / "scratch").mkdir()
    page = console("$ cat examples/a.txt", "hello")
    assert run_page("page", page, tmp_path / "scratch", tmp_path / "examples") == 1
