"""What every command shares: help, version, and how a run ends when it goes wrong."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from moonwire import __version__
from moonwire.cli.group import FAILED, INTERRUPTED, PIPE_CLOSED, Commands, main
from moonwire.core.errors import LocalProtocolError
from tests.cli.samples import ONE_CALL, moonwire, record

COMMANDS = {
    "parse": "Turn raw text into reasoning, text and tool calls.",
    "explain": "Show what would be sent for a request, and why it differs.",
    "schema": "Show what a Kimi server makes of a JSON schema.",
    "count": "Count the tokens of a request.",
    "serve": "Run the gateway.",
    "connect": "Connect an agent to the gateway.",
    "chat": "Talk with a Kimi model in the terminal.",
    "run": "Do one task, with tools, for scripts and pipes.",
    "simulate": "Run a simulated Kimi endpoint.",
    "config": "Show the gateway's configuration in effect.",
    "memory": "Show or forget what the gateway remembers.",
    "init": "Write a commented moonwire.toml.",
    "models": "Show what the catalogue knows of models and endpoints.",
}
# What these do is no answer: they run a server, talk to a person, or write a file.
WITHOUT_JSON = {"serve", "chat", "simulate", "init"}
PROGRAM = [sys.executable, "-m", "moonwire"]


def test_the_version_and_the_help() -> None:
    assert __version__ in moonwire("--version").stdout
    for option in ("-h", "--help"):
        shown = moonwire(option)
        assert shown.exit_code == 0
        assert "Exit status" in shown.stdout
        for name, does in COMMANDS.items():
            assert re.search(rf"^  {name} +{does}$", shown.stdout, re.M)
    assert main.commands.keys() == COMMANDS.keys()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_how_it_ends_and_prints_json(command: str) -> None:
    shown = moonwire(command, "--help")
    assert shown.exit_code == 0
    assert "Exit status: 0 done; " in shown.stdout
    assert ("--json" in shown.stdout) is (command not in WITHOUT_JSON)
    assert f"moonwire {command} " in shown.stdout


@pytest.mark.parametrize("arguments", [["nope"], ["parse", "--nope"], ["parse", "--family", "k9"]])
def test_wrong_usage_exits_with_two_and_says_how_to_get_help(arguments: list[str]) -> None:
    done = moonwire(*arguments)
    assert done.exit_code == 2
    assert "--help" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            LocalProtocolError("odd", path="f:1:2", remedy="even it"),
            FAILED,
            "moonwire: f:1:2: odd (even it)\n",
        ),
        (
            FileNotFoundError(2, "No such file or directory", "f"),
            FAILED,
            "moonwire: f: No such file or directory\n",
        ),
        (OSError(28, "No space left on device"), FAILED, "moonwire: No space left on device\n"),
        (OSError("odd"), FAILED, "moonwire: odd\n"),
        (LocalProtocolError("half a \ud83d"), FAILED, "moonwire: half a \\ud83d\n"),
        (KeyboardInterrupt(), INTERRUPTED, "moonwire: interrupted\n"),
        (BrokenPipeError(), PIPE_CLOSED, ""),
    ],
)
def test_an_error_is_one_line_and_a_status(error: BaseException, code: int, said: str) -> None:
    @click.group(cls=Commands)
    def group() -> None:
        """A group like the real one."""

    @group.command()
    def fail() -> None:
        raise error

    done = CliRunner().invoke(group, ["fail"])
    assert (done.exit_code, done.stderr, done.stdout) == (code, said, "")


def test_a_bug_keeps_its_traceback() -> None:
    @click.group(cls=Commands)
    def group() -> None:
        """A group like the real one."""

    @group.command()
    def fail() -> None:
        raise ZeroDivisionError

    assert isinstance(CliRunner().invoke(group, ["fail"]).exception, ZeroDivisionError)


def many_records(path: Path) -> Path:
    path.write_text(f"{record(ONE_CALL)}\n" * 5000, encoding="utf-8")
    return path


@pytest.mark.skipif(os.name == "nt", reason="signals and pipes are of another kind there")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_reader_that_goes_away_ends_the_run_quietly(tmp_path: Path, jobs: str) -> None:
    source = many_records(tmp_path / "records.jsonl")
    command = [*PROGRAM, "parse", "--jsonl", str(source), "--jobs", jobs]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        assert process.stdout.readline().endswith(b"}\n")
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == PIPE_CLOSED


@pytest.mark.skipif(os.name == "nt", reason="signals and pipes are of another kind there")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_the_run_and_leaves_the_output_as_it_was(
    tmp_path: Path, jobs: str, request: pytest.FixtureRequest
) -> None:
    output = tmp_path / "out.jsonl"
    output.write_text("before", encoding="utf-8")
    # Standard input stays open, so the run is surely under way once it asks for more.
    command = [*PROGRAM, "parse", "--jsonl", "--jobs", jobs, "--output", str(output)]
    lines = f"{record(ONE_CALL)}\n".encode() * 5000
    pipe = subprocess.PIPE
    # Where the tests run in the background Ctrl-C is ignored, and a new process would ignore it too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    with subprocess.Popen(command, stdin=pipe, stderr=pipe, start_new_session=True) as process:
        assert process.stdin and process.stderr
        process.stdin.write(lines)
        process.stdin.flush()
        # The whole group, as a terminal does it.
        os.killpg(process.pid, signal.SIGINT)
        said = process.stderr.read()
        process.stdin.close()
    assert (process.returncode, said) == (INTERRUPTED, b"moonwire: interrupted\n")
    assert output.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [output]
