"""`moonwire connect`, as it is typed."""

import json
import os
import stat
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from moonwire.cli.agents.table import AGENTS
from moonwire.cli.connect import connect
from moonwire.cli.group import Commands

GROUP = Commands("moonwire", {"connect": connect})
SECRET = "sk-PLANTED-9f2"
WRITABLE = [agent.name for agent in AGENTS if agent.place]
PRINTED = [agent.name for agent in AGENTS if not agent.place]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and no variable that leads elsewhere."""
    for agent in AGENTS:
        if agent.place and agent.place.variable:
            monkeypatch.delenv(agent.place.variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("MOONWIRE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(GROUP, ["connect", *arguments])


def done(*arguments: str) -> str:
    result = run(*arguments)
    assert (result.exit_code, result.stderr) == (0, ""), result.stderr
    return result.stdout


def told(*arguments: str) -> dict[str, Any]:
    return json.loads(done(*arguments, "--json"))


def settings(home: Path, text: str) -> Path:
    file = home / ".claude" / "settings.json"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text.encode())
    return file


def test_alone_it_lists_the_agents() -> None:
    shown = done()
    assert "claude         Claude Code\n" in shown
    assert "~/.codex/config.toml" in shown and "the fields of its settings page; printed" in shown
    rows = told()["agents"]
    assert [row["name"] for row in rows] == [agent.name for agent in AGENTS]
    assert rows[0]["file"] == "~/.claude/settings.json" and rows[-1]["file"] is None


@pytest.mark.parametrize("agent", AGENTS, ids=[agent.name for agent in AGENTS])
def test_an_agent_is_printed_and_nothing_is_written(agent: Any, home: Path) -> None:
    shown = done(agent.name, "--base-url", "http://gate:1/v1/", "--model", "kimi-k2.7-code")
    assert agent.title in shown and "http://gate:1" in shown and "gate:1/v1/v1" not in shown
    assert (f"connect {agent.name} --write" in shown) is (agent.place is not None)
    assert told(agent.name)["snippet"] in done(agent.name)
    assert list(home.iterdir()) == []


def test_the_file_is_where_its_variable_says(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEX_HOME", str(home / "elsewhere"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "xdg"))
    assert "# Codex: ~/elsewhere/config.toml\n" in done("codex")
    assert told("opencode")["file"] == "~/xdg/opencode/opencode.json"
    (home / "xdg" / "opencode").mkdir(parents=True)
    (home / "xdg" / "opencode" / "opencode.jsonc").touch()
    assert told("opencode")["file"] == "~/xdg/opencode/opencode.jsonc"
    assert told("opencode", "--file", "mine.json")["file"] == "mine.json"


@pytest.mark.parametrize("name", WRITABLE)
def test_a_new_file_is_written_once_and_gone_after_undo(name: str, home: Path) -> None:
    first = done(name, "--write")
    assert first.endswith(": changed\n")
    (file,) = [file for file in home.rglob("*") if file.is_file() and "data" not in file.parts]
    written = file.read_bytes()
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "not changed\n  all of it is there already\n" in done(name, "--write")
    assert file.read_bytes() == written
    assert "gone again" in done(name, "--undo")
    assert not file.exists()
    assert "nothing to take back" in done(name, "--undo")
    assert not any((home / "data" / "connect").iterdir())


def test_the_rest_of_a_file_stays_and_comes_back_byte_for_byte(home: Path) -> None:
    text = '{\n\t// mine\n\t"env": {"FOO": "1", "ANTHROPIC_AUTH_TOKEN": "SECRET"},\r\n\t"n": 1.10,\n}'
    text = text.replace("SECRET", SECRET)
    file = settings(home, text)
    file.chmod(0o640)
    shown = done("claude", "--write")
    assert "replaced env.ANTHROPIC_AUTH_TOKEN" in shown and SECRET not in shown
    new = file.read_text()
    assert "// mine" in new and '"n": 1.10' in new and '"ANTHROPIC_AUTH_TOKEN": "any"' in new
    # With another model the values of before the first run are the ones that come back.
    done("claude", "--write", "--model", "kimi-k2.6")
    assert '"ANTHROPIC_MODEL": "kimi-k2.6"' in file.read_text()
    assert "byte for byte" in done("claude", "--undo")
    assert file.read_bytes() == text.encode()
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_what_was_changed_since_stays_and_is_said(home: Path) -> None:
    file = home / ".codex" / "config.toml"
    file.parent.mkdir()
    file.write_text('# mine\nmodel = "gpt-5" # why\n\n[tui]\nx = 1\n')
    done("codex", "--write", "--key", "env:MY_KEY")
    said = tomllib.loads(file.read_text())
    assert said["model"] == "kimi-k3" and said["model_providers"]["moonwire"]["env_key"] == "MY_KEY"
    file.write_text(
        file.read_text().replace('model_provider = "moonwire"', 'model_provider = "other"') + "y = 2\n"
    )
    shown = done("codex", "--undo")
    assert "it was changed since" in shown and "model_provider was changed since, and stays" in shown
    text = file.read_text()
    assert text.startswith('# mine\nmodel = "gpt-5" # why\nmodel_provider = "other"\n')
    assert tomllib.loads(text)["tui"] == {"x": 1}


def test_a_file_that_is_gone_is_not_made_again(home: Path) -> None:
    done("codex", "--write")
    (home / ".codex" / "config.toml").unlink()
    assert "the file is gone" in done("codex", "--undo")
    assert not (home / ".codex" / "config.toml").exists()
    done("codex", "--write")
    (home / ".codex" / "config.toml").unlink()
    assert told("codex", "--write")["changed"] is True


def test_two_files_of_one_agent(home: Path) -> None:
    one, two = home / "one.toml", home / "two.toml"
    two.write_text("a = 1\n")
    for file in (one, two):
        done("codex", "--write", "--file", str(file))
    done("codex", "--undo", "--file", str(two))
    assert two.read_text() == "a = 1\n" and one.exists()
    done("codex", "--undo", "--file", str(one))
    assert not one.exists()


@pytest.mark.parametrize("text", ['{"env": 1}', '{"env": {}', "{env: {}}"])
def test_a_file_that_cannot_be_changed_is_left_and_the_settings_are_printed(text: str, home: Path) -> None:
    file = settings(home, text)
    result = run("claude", "--write")
    assert result.exit_code == 2 and file.read_text() == text
    assert result.stderr.startswith("moonwire: ~/.claude/settings.json:1: ")
    assert result.stderr.endswith("(nothing was changed; set it by hand)\n")
    assert json.loads(result.stdout)["env"]["ANTHROPIC_MODEL"] == "kimi-k3"
    assert not (home / "data").exists()


def test_a_file_that_cannot_be_written_is_not_said_to_be(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = settings(home, "{}")
    replace = os.replace

    def full(source: Any, target: Any) -> None:
        if str(target).endswith("settings.json"):
            raise OSError(28, "No space left on device", str(file))
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    result = run("claude", "--write", "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "No space left on device" in result.stderr
    assert "nothing to take back" in done("claude", "--undo")


def test_a_file_that_broke_since_is_left(home: Path) -> None:
    file = settings(home, "{}")
    done("claude", "--write")
    file.write_text("{ broken")
    result = run("claude", "--undo")
    assert result.exit_code == 2 and file.read_text() == "{ broken"
    assert "not JSON" in result.stderr
    assert run("claude", "--write").exit_code == 2


@pytest.mark.parametrize("name", PRINTED)
@pytest.mark.parametrize("action", ["--write", "--undo"])
def test_what_has_no_file_says_so(name: str, action: str) -> None:
    result = run(name, action)
    assert result.exit_code == 2
    assert f"{name}: it has no file that can be changed" in result.stderr
    assert bool(result.stdout) is (action == "--write")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["claud"], "claud: no such agent (did you mean claude?)"),
        (["claude", "--key", SECRET], "--key: a key is not taken here"),
        (["claude", "--key", f"env:{SECRET}"], "--key: a key is not taken here"),
        (["claude", "--base-url", f"http://u:{SECRET}@h"], "--base-url: is no base URL"),
        (["claude", "--base-url", "127.0.0.1:8370"], "--base-url: is no base URL"),
        (["claude", "--model", 'k"3'], "--model: is no name of a model"),
        (["claude", "--small-model", "$(x)"], "--small-model: is no name of a model"),
        (
            ["claude", "--key", "env:MOONWIRE_KEY"],
            "--key: variables that begin with MOONWIRE_ are moonwire's own",
        ),
        (["--write"], "Say which agent"),
        (["codex", "--write", "--undo"], "Either --write or --undo"),
    ],
)
def test_what_cannot_be_meant_is_said_without_the_key(arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr and SECRET not in result.stderr
