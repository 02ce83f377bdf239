"""`moonwire simulate`: the command around a server, as a process and as a runner of one."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from moonwire.simulator.rules.table import TABLE
from moonwire.simulator.server import listen
from tests.cli.samples import moonwire

ASK = """\
import json, os, urllib.request
body = {"model": os.environ.get("MODEL", "kimi-k3"), "messages": [{"role": "user", "content": "Say 'OK'."}]}
headers = {"authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}
request = urllib.request.Request(
    os.environ["OPENAI_BASE_URL"] + "/chat/completions", json.dumps(body).encode(), headers
)
with urllib.request.urlopen(request, timeout=30) as answer:
    text = json.load(answer)["choices"][0]["message"]["content"]
open(os.environ["SAID"], "w").write(text)
"""


def run(tmp_path: Path, *options: str, program: str = ASK, **env: str) -> tuple[int, str, str]:
    """The command with a program behind it: status, what it wrote to stderr, what the program was told."""
    said = tmp_path / "said"
    result = moonwire(
        "simulate", *options, "--", sys.executable, "-c", program, env={"SAID": str(said), **env}
    )
    return result.exit_code, result.stderr, said.read_text() if said.exists() else ""


def test_a_command_is_told_where_to_ask(tmp_path: Path) -> None:
    assert run(tmp_path, "--model", "kimi-k3") == (0, "", "OK")


def test_a_command_gets_a_key_that_is_let_in(tmp_path: Path) -> None:
    program = (
        "import os; env = os.environ; open(env['SAID'], 'w').write(repr("
        "(env['OPENAI_API_KEY'], env['MOONSHOT_API_KEY'], env['KIMI_BASE_URL'] == env['OPENAI_BASE_URL'])))"
    )
    assert run(tmp_path, "--key", "sk-1", "--key", "sk-2", program=program)[2] == repr(("sk-1", "sk-1", True))
    assert run(tmp_path, "--key", "sk-1")[2] == "OK"
    assert run(tmp_path, program=program)[2] == repr(("simulated", "simulated", True))


@pytest.mark.parametrize(
    ("program", "status"),
    [
        ("pass", 0),
        ("raise SystemExit(7)", 7),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 137),
    ],
)
def test_its_status_is_the_commands(tmp_path: Path, program: str, status: int) -> None:
    assert run(tmp_path, program=program)[0] == status


def test_a_script_answers(tmp_path: Path) -> None:
    script = tmp_path / "my.script"
    script.write_text("turn\n  say From the script.\n")
    assert run(tmp_path, "--script", str(script))[2] == "From the script."


def test_what_is_recorded_is_replayed(tmp_path: Path) -> None:
    record = tmp_path / "r.jsonl"
    assert run(tmp_path, "--record", str(record), "--key", "sk-very-secret")[2] == "OK"
    line: dict[str, Any] = json.loads(record.read_text())
    assert (line["status"], line["path"]) == (200, "/v1/chat/completions")
    assert "sk-very-secret" not in record.read_text()
    changed = record.read_text().replace('\\"OK\\"', '\\"Replayed\\"')
    record.write_text(changed)
    assert run(tmp_path, "--replay", str(record))[2] == "Replayed"


FASTER = (
    ["--fast"],
    ["--pace", "0.001", "--first", "0.001"],
    ["--split-names", "--empty-deltas", "--chunk", "1"],
)


@pytest.mark.parametrize("options", FASTER)
def test_options_about_the_answer_are_taken(tmp_path: Path, options: list[str]) -> None:
    assert run(tmp_path, "--usage", "both", "--ids", "uuid", "--raw", "content", *options)[2]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--endpoint", "nowhere"], "no such endpoint: 'nowhere'"),
        (["--rules", "yesterday"], "there are no rules called 'yesterday'"),
        (["--without", "nothing"], "there is no rule called 'nothing'"),
        (["--script", "{missing}"], "missing: No such file"),
        (["--script", "{wrong}"], "is not UTF-8"),
        (["--faults", "{missing}"], "missing: No such file"),
        (["--faults", "{words}"], "there are no faults called"),
        (["--replay", "{missing}"], "cannot be read"),
        (["--replay", "{words}"], "one exchange a line"),
        (["--record", "{missing}/x"], "cannot be written"),
        (["--tokenizer", "{missing}"], "missing"),
        (["--pace", "nan"], "out of range"),
    ],
)
def test_what_cannot_be_done_is_one_line(tmp_path: Path, options: list[str], words: str) -> None:
    (tmp_path / "wrong").write_bytes(b"\xff\xfe\xff")
    (tmp_path / "words").write_text("words")
    names = {name: str(tmp_path / name) for name in ("missing", "wrong", "words")}
    status, stderr, said = run(tmp_path, *(option.format(**names) for option in options))
    assert (status, said) == (2, "")
    assert words in stderr
    assert stderr.startswith("moonwire: ")
    assert stderr.count("\n") == 1


@pytest.mark.parametrize(
    "options", [["--raw", "x"], ["--ids", "x"], ["--chunk", "0"], ["--port", "70000"], ["--rpm", "-1"]]
)
def test_options_that_mean_nothing_are_usage_errors(options: list[str]) -> None:
    result = moonwire("simulate", *options)
    assert result.exit_code == 2
    assert "Invalid value" in result.stderr


def test_a_command_that_is_not_there_is_said() -> None:
    result = moonwire("simulate", "--", "there-is-no-such-program")
    assert (result.exit_code, result.stderr) == (
        2,
        "moonwire: there-is-no-such-program: no such command (name a program behind --)\n",
    )


def test_a_port_that_is_taken_is_said() -> None:
    taken = listen()
    try:
        taken.listen()
        port = taken.getsockname()[1]
        result = moonwire("simulate", "--port", str(port), "--", sys.executable, "-c", "pass")
    finally:
        taken.close()
    assert result.exit_code == 2
    assert f"cannot listen on 127.0.0.1:{port}" in result.stderr


def test_every_rule_is_listed() -> None:
    result = moonwire("simulate", "--list-rules", "--endpoint", "nowhere")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [one.name for one in TABLE]
    assert all(len(line.split()) > 1 for line in lines)


def started(*options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "moonwire", "simulate", *options],
        env={**os.environ, "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_in_the_foreground_it_says_where_it_is_and_ends_by_a_signal(number: signal.Signals) -> None:
    with started("--port", "0", "--model", "kimi-k2.6", "--seed", "7") as process:
        assert process.stdout is not None
        head = [process.stdout.readline() for _ in range(5)]
        assert head[0] == "This is a simulation of a Kimi endpoint, and no model.\n"
        assert "platform, rules latest, seed 7" in head[1]
        assert "kimi-k2.6" in head[2]
        url = head[3].split()[-1]
        request = urllib.request.Request(f"{url}/models", headers={"authorization": "Bearer any"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert [item["id"] for item in json.load(answer)["data"]] == ["kimi-k2.6"]
        process.send_signal(number)
        _, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr) == (0, "")


def test_a_signal_ends_the_command_too() -> None:
    program = "import time; print('here', flush=True); time.sleep(60)"
    with started("--", sys.executable, "-c", program) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.terminate()
        _, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr) == (128 + signal.SIGTERM, "")
