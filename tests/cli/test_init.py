"""`moonwire init`, as it is typed."""

import stat
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from moonwire.cli.group import Commands
from moonwire.cli.init import init
from moonwire.gateway.config.document import commented

GROUP = Commands("moonwire", {"init": init})


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(GROUP, ["init", *arguments])


def test_the_file_is_written_here(here: Path) -> None:
    done = run()
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "moonwire.toml: written. `moonwire config` shows what is in effect.\n"
    assert (here / "moonwire.toml").read_text(encoding="utf-8") == commented()
    assert [file.name for file in here.iterdir()] == ["moonwire.toml"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes say nothing there")
@pytest.mark.parametrize("arguments", [(), ("--force",)])
def test_nobody_else_can_read_it(here: Path, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 0
    assert stat.S_IMODE((here / "moonwire.toml").stat().st_mode) == 0o600


def test_a_file_that_is_there_stays_unless_it_is_forced(here: Path) -> None:
    file = here / "mine.toml"
    file.write_text("old")
    done = run("mine.toml")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "moonwire: mine.toml: is there already (--force replaces it)\n"
    assert file.read_text() == "old"
    assert run("--force", "mine.toml").exit_code == 0
    assert file.read_text(encoding="utf-8") == commented()
    assert [one.name for one in here.iterdir()] == ["mine.toml"]


def test_a_directory_gets_a_file_of_the_usual_name(here: Path) -> None:
    (here / "etc").mkdir()
    assert run("etc").exit_code == 0
    assert (here / "etc" / "moonwire.toml").is_file()


@pytest.mark.parametrize("arguments", [("gone/a.toml",), ("--force", "gone/a.toml")])
def test_a_file_that_cannot_be_written_is_one_line(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.exit_code, done.stderr) == (2, "moonwire: gone/a.toml: No such file or directory\n")
