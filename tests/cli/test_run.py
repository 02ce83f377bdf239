"""`moonwire run`: tasks, tools and forms, on a simulated endpoint; in a pipe, on a terminal, interrupted."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from moonwire.cli import main
from moonwire.simulator import Server, Settings
from tests.cli.talk.terminal import terminal

SCRIPT = """
script when "never ends"
  turn
    call add {"a": 1, "b": 2}
  turn
    call add {"a": 3, "b": 2}
  turn
    call add {"a": 5, "b": 2}
script when "cut me"
  turn
    say one two three four five six seven eight nine ten
    finish length
script when "no money"
  turn
    refuse quota
script when "wrong form"
  turn
    say {"town": "Oslo"}
script when "no form"
  turn
    say Oslo is a city.
"""
TOOLS = '''
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b
'''
SHAPES = """
import msgspec
class City(msgspec.Struct):
    city: str
"""
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
SIMULATED = "moonwire: no key is set: a simulated Kimi answers, and no model is behind it\n"


@pytest.fixture(scope="module")
def server() -> Generator[Server]:
    with Server(Settings(models=("kimi-k3",), keys=("sk-mine",), script=SCRIPT)) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "talk_tools.py").write_text(TOOLS)
    (tmp_path / "talk_shapes.py").write_text(SHAPES)
    (tmp_path / "city.json").write_text(json.dumps(CITY))
    return tmp_path


class Runs:
    """`moonwire run` in a directory of its own: in this process, or as a program."""

    def __init__(self, home: Path, server: Server) -> None:
        self.home = home
        self.env = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "no_proxy": "*",
            "MOONSHOT_API_KEY": "sk-mine",
            "KIMI_BASE_URL": server.base_url,
        }

    def __call__(self, *arguments: str, given: str = "", **env: str) -> Result:
        known = {**dict.fromkeys(os.environ), **self.env, **env}
        words = ["run", "--endpoint", "platform", *arguments]
        return CliRunner().invoke(main, words, input=given, env=known, catch_exceptions=False)

    def program(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "moonwire", "run", "--endpoint", "platform", *arguments]


@pytest.fixture
def run(home: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Generator[Runs]:
    monkeypatch.chdir(home)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield Runs(home, server)
    for name in [name for name in sys.modules if name.startswith("talk_")]:
        del sys.modules[name]


def answer(done: Result) -> Any:
    return json.loads(done.stdout)


def test_a_task_and_its_answer(run: Runs) -> None:
    done = run("Say", "'hello'.")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "hello\n", "")


def test_the_task_may_come_in_a_pipe(run: Runs, server: Server) -> None:
    assert run(given="Say 'hello'.\n").stdout == "hello\n"
    assert run("Say 'hello'", "to:", "-", given="the text\n").exit_code == 0
    assert server.exchanges[-1].request["messages"][0]["content"] == "Say 'hello' to:\n\nthe text"
    done = run("-", given=" \n")
    assert (done.exit_code, done.stderr) == (
        2,
        'moonwire: TASK: the task is empty (moonwire run "Say hello.")\n',
    )


def test_tools_run_and_are_told_of(run: Runs) -> None:
    done = run("Please call add with a=17 and b=4.", "--tools", "talk_tools.py:add")
    assert (done.exit_code, done.stdout) == (0, "Done. add returned: 21\n")
    assert done.stderr == "→ add(a=17, b=4)\n← add: 21\n"
    assert run("Please call add with a=1 and b=2.", "--tools", "talk_tools.py:add", "-q").stderr == ""


def test_what_a_tool_prints_is_no_part_of_the_answer(run: Runs) -> None:
    source = "print('imported')\ndef add(a: int, b: int) -> int:\n    print('called')\n    return a + b\n"
    (run.home / "talk_loud.py").write_text(source)
    done = run("Please call add with a=1 and b=2.", "--tools", "talk_loud.py:add", "--json", "-q")
    assert answer(done)["text"] == "Done. add returned: 3"
    assert done.stderr == "imported\ncalled\n"


def test_json_at_the_end_and_lines_on_the_way(run: Runs) -> None:
    task = ("Please call add with a=17 and b=4.", "--tools", "talk_tools:", "-q")
    said = answer(run(*task, "--json"))
    assert (said["text"], said["stopped"], said["steps"], said["simulated"]) == (
        "Done. add returned: 21",
        "done",
        2,
        False,
    )
    assert [(call["name"], call["arguments"], call["result"]) for call in said["calls"]] == [
        ("add", {"a": 17, "b": 4}, "21")
    ]
    assert said["usage"]["output"] > 0 and said["notes"][0]["code"] == "cap-default"
    lines = [json.loads(line) for line in run(*task, "--jsonl").stdout.splitlines()]
    assert [line["event"] for line in lines if line.get("event", "").startswith(("Tool", "Step"))] == [
        "StepStarted",
        "ToolStarted",
        "ToolDone",
        "StepStarted",
    ]
    assert lines[-1].keys() == said.keys()


@pytest.mark.parametrize("schema", ["city.json", "talk_shapes.py:City"])
def test_the_answer_has_the_form_that_is_asked_for(schema: str, run: Runs) -> None:
    done = run("Where is Oslo?", "--schema", schema)
    assert done.exit_code == 0 and json.loads(done.stdout).keys() == {"city"}
    assert answer(run("Where is Oslo?", "--schema", schema, "--json"))["value"].keys() == {"city"}


@pytest.mark.parametrize("schema", ["city.json", "talk_shapes.py:City"])
@pytest.mark.parametrize("task", ["wrong form", "no form"])
def test_another_form_is_said_so(task: str, schema: str, run: Runs) -> None:
    done = run(task, "--schema", schema, "--json")
    assert (done.exit_code, answer(done)["stopped"]) == (1, "wrong-form")
    assert "moonwire: the answer is not of the form" in done.stderr


ENDS = {
    "steps": (("never ends", "--tools", "talk_tools.py:add", "--max-steps", "2", "-q"), 1, "steps"),
    "length": (("cut me",), 1, "length"),
    "no money": (("no money",), 2, "error"),
}


@pytest.mark.parametrize(("arguments", "status", "stopped"), ENDS.values(), ids=ENDS)
def test_the_status_says_how_it_ended(
    arguments: tuple[str, ...], status: int, stopped: str, run: Runs
) -> None:
    done = run(*arguments, "--json")
    assert (done.exit_code, answer(done)["stopped"]) == (status, stopped)
    assert done.stderr.startswith("moonwire: ")


def test_an_error_has_its_remedy(run: Runs) -> None:
    done = run("hi", MOONSHOT_API_KEY="sk-other")
    assert (done.exit_code, done.stdout) == (2, "")
    first, second = done.stderr.splitlines()
    assert first.startswith("moonwire: the key was not taken: ") and second.startswith("→ ")


def test_a_session_goes_on(run: Runs, server: Server) -> None:
    for word in ("one", "two"):
        assert run(f"Say '{word}'.", "--session", "s.jsonl").stdout == f"{word}\n"
    assert len(server.exchanges[-1].request["messages"]) == 3


def test_without_a_key_a_simulated_kimi_answers_and_says_so(run: Runs) -> None:
    run.env = {
        name: value for name, value in run.env.items() if name not in ("MOONSHOT_API_KEY", "KIMI_BASE_URL")
    }
    done = run("Say 'hello'.", "--json", "-q")
    assert done.stderr == SIMULATED
    assert (answer(done)["text"], answer(done)["simulated"]) == ("hello", True)


def test_two_forms_and_no_task_are_refused(run: Runs) -> None:
    done = run("hi", "--json", "--jsonl")
    assert done.exit_code == 2 and "exclude each other" in done.stderr
    with terminal("run", env=run.env) as term:
        assert term.ended() == 2
        assert "TASK: there is no task" in term.display.text


def test_a_reader_that_goes_away_ends_it_quietly(run: Runs) -> None:
    program = " ".join(f"'{part}'" for part in run.program("Write 3000 words.", "--stream"))
    done = subprocess.run(
        ["bash", "-c", f"{program} | head -c 3 >/dev/null; exit ${{PIPESTATUS[0]}}"],
        env=run.env,
        cwd=run.home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (141, "")


def test_on_a_terminal_it_streams_and_ctrl_c_keeps_the_session(home: Path, run: Runs) -> None:
    with Server(Settings(models=("kimi-k3",), pace=0.02)) as slow:
        env = {**run.env, "KIMI_BASE_URL": slow.base_url}
        with terminal(
            "run", "--endpoint", "platform", "--session", "s.jsonl", "Write 5000 words.", env=env
        ) as term:
            term.wait(lambda display: len(display.text) > 40)
            term.process.send_signal(signal.SIGINT)
            assert term.ended() == 130, term.display.everything
            assert "interrupted" in term.display.text
    assert "Write 5000 words." in (home / "s.jsonl").read_text()
