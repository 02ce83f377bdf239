"""`moonwire config`, as it is typed."""

import json
import os
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from moonwire.cli.config import config, gateway_options, loaded_from
from moonwire.cli.group import Commands
from moonwire.gateway.config.sources import FLAGS, QUICK

GROUP = Commands("moonwire", {"config": config})
MARK = "sk-PLANTED-9f2"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory, and an environment that says nothing."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("MOONWIRE_", "MOONSHOT_", "KIMI_", "XDG_CONFIG_HOME")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MOONWIRE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


def run(*arguments: str, **env: str) -> Result:
    return CliRunner(env=env).invoke(GROUP, ["config", *arguments])


def write(folder: Path, text: str, mode: int = 0o600) -> None:
    file = folder / "moonwire.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)


def told(*arguments: str, **env: str) -> dict[str, Any]:
    done = run(*arguments, "--json", **env)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


def test_without_anything_the_defaults_are_in_effect() -> None:
    done = run()
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "# file: none; `moonwire init` writes one"
    assert lines[1] == "# no upstream and no key: the built-in simulator will answer"
    assert 'server.host = "127.0.0.1"  # default' in lines
    assert "server.port = 8370  # default" in lines
    assert "region = (not set)  # default" in lines
    assert told()["simulated"] is True


def test_every_source_is_named(here: Path) -> None:
    write(here, "[server]\nport = 1\nworkers = 2\n[upstreams.platform]\n")
    done = run("--mode", "observe", "--workers", "3", MOONWIRE_LOGGING_LEVEL="debug")
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "# file: moonwire.toml"
    assert "server.port = 1  # moonwire.toml:2" in lines
    assert "server.workers = 3  # --workers" in lines
    assert 'logging.level = "debug"  # env MOONWIRE_LOGGING_LEVEL' in lines
    assert 'mode = "observe"  # --mode' in lines
    assert 'upstreams.platform.endpoint = "platform"  # default' not in lines


def test_one_json_object(here: Path) -> None:
    write(here, "[upstreams.platform]\ntimeouts.total = inf\n")
    value = told("--port", "7")
    assert value["files"] == ["moonwire.toml"]
    assert (value["simulated"], value["warnings"]) == (False, [])
    assert value["keys"]["server.port"] == {"value": 7, "origin": "--port"}
    assert value["keys"]["upstreams.platform.timeouts.total"] == {"value": "inf", "origin": "moonwire.toml:2"}
    assert value["keys"]["upstreams.platform.key"] == {"value": None, "origin": "default"}


def test_no_output_shows_a_key(here: Path) -> None:
    write(
        here,
        f'[upstreams.platform]\nkeys = ["{MARK}", "cmd:echo {MARK}"]\nheaders = {{ X = "{MARK}" }}\n'
        f'proxy = "http://u:{MARK}@p:1"\n[clients.a]\nkey = "{MARK}"\n',
        0o644,
    )
    for arguments in ((), ("--json",), ("--upstream", "http://a/v1", "--upstream-key", MARK)):
        done = run(*arguments, MOONSHOT_API_KEY=MARK)
        assert done.exit_code == 0
        assert MARK not in done.output + done.stderr
    assert "(hidden)" in run().stdout
    assert run().stderr.startswith("moonwire: warning: moonwire.toml:2: upstreams.platform.keys[0]: a key is")


def test_a_key_of_the_environment_is_shown_by_its_name() -> None:
    lines = run(MOONSHOT_API_KEY=MARK).stdout.splitlines()
    assert 'upstreams.platform.key = "env:MOONSHOT_API_KEY"  # env MOONSHOT_API_KEY' in lines


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        (
            "[server]\nprot = 1",
            (),
            "moonwire: moonwire.toml:2: server.prot: no such key (did you mean port?)",
        ),
        (f'mode = "{MARK}"', (), "moonwire: moonwire.toml:1: mode: not one of its values"),
        ("", ("--host", "0.0.0.0"), "moonwire: --host: server.host: others reach this address"),
        ("", ("--config", "gone.toml"), "moonwire: --config: there is no file"),
    ],
)
def test_what_is_wrong_is_one_line(here: Path, text: str, arguments: tuple[str, ...], said: str) -> None:
    write(here, text)
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1
    assert MARK not in done.stderr


def test_a_directory_that_is_gone_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> Path:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(Path, "cwd", gone)
    done = run()
    assert (done.exit_code, done.stderr) == (2, "moonwire: the current directory is gone (cd to another)\n")


def test_the_options_are_the_flags_of_the_configuration() -> None:
    seen: list[dict[str, Any]] = []

    @click.command()
    @gateway_options
    @click.option("--other", default=1)
    def command(flags: dict[str, Any], other: int) -> None:
        """Help."""
        seen.append({**flags, "other": other})

    names = {"config", *FLAGS, *QUICK}
    assert CliRunner().invoke(command, ["--upstream-key", "k", "--memory", "none"]).exit_code == 0
    assert seen == [{**dict.fromkeys(names), "upstream_key": "k", "memory": "none", "other": 1}]
    flags = {name: value for name, value in seen[0].items() if name != "other"}
    flags["upstream"] = "http://a/v1"
    assert loaded_from(flags).config.memory.path == "none"
