"""`moonwire chat` on a real terminal: a prompt, turns that stream and stop, commands, and the way out."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from moonwire.simulator import Server, Settings
from tests.cli.talk.terminal import CTRL_C, CTRL_D, CTRL_O, Display, Terminal, terminal
from tests.house.pages import blocks
from tests.house.tree import ROOT

SCRIPT = """
script when "add"
  turn
    think Two numbers, and a tool for them.
    call add {"a": 2, "b": 3}
  turn
    say The sum is **{{result}}**.
script when "evil"
  turn
    say before \x1b[2J\x07 after
script when "full house"
  turn
    refuse quota
script when "deep"
  turn
    think Alpha thoughts.
    think Omega thoughts.
    say # Head
    say
    say Some `code` and a list:
    say
    say - one
    say - two
"""

LONG = "Write 5000 words."
"""Takes a minute, of which no test waits for more than a moment."""

TOOLS = '''
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b
'''


@pytest.fixture(scope="module")
def server() -> Generator[Server]:
    with Server(Settings(models=("kimi-k3", "kimi-k2.6"), script=SCRIPT, pace=0.02)) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "tools.py").write_text(TOOLS)
    return tmp_path


def around(home: Path, server: Server | None = None) -> dict[str, str]:
    told = {"MOONSHOT_API_KEY": "sk-mine", "KIMI_BASE_URL": server.base_url} if server else {}
    return {"HOME": str(home), **told}


def answering(display: Display) -> bool:
    """Whether an answer grows just now."""
    return "answering · " in display.text


def flags(*more: str) -> tuple[str, ...]:
    return ("chat", "--endpoint", "platform", *more)


def leave(term: Terminal) -> str:
    term.prompt()
    term.keys(CTRL_D)
    assert term.ended() == 0, term.display.everything
    return term.display.everything


def test_a_conversation(home: Path, server: Server) -> None:
    with terminal(*flags("--session", "talk.jsonl"), env=around(home, server)) as term:
        term.say(LONG)
        term.wait(answering)
        assert "thought for" in term.said
        term.keys(CTRL_C)
        term.wait("stopped")
        term.say("Say 'second'.")
        term.wait("second\n")
        term.say(LONG)
        term.wait(answering)
        term.resize(50, 14)
        # Typed during a turn: a side question at once, another line when it is over.
        term.keys("/btw Say 'aside'.\r")
        term.wait("btw: Say 'aside'.\n  aside\n")
        term.keys("/tokens\r")
        term.wait("1 line waits")
        term.resize(100, 30)
        term.keys(CTRL_C)
        term.wait("the next request has")
        term.say("/retry")
        term.wait(answering)
        term.keys(CTRL_C)
        term.say("Say 'third'.")
        term.wait("third\n")
        term.say("/compact the names")
        term.wait("compacted: ")
        term.say("/explain")
        term.wait("asked   kimi-k3 at platform")
        term.say("/save page.md")
        term.wait("saved page.md")
        term.say("/model kimi-k2.6")
        term.wait("kimi-k2.6 from now on")
        term.say("/nonsense")
        term.wait("there is no /nonsense")
        said = leave(term)
    assert "cached" in said and "kept in talk.jsonl" in said
    page = (home / "page.md").read_text()
    assert page.startswith("# A conversation with kimi-k3") and "third" in page
    kinds = [json.loads(line)["kind"] for line in (home / "talk.jsonl").read_text().splitlines()]
    assert kinds[0] == "session" and "history" in kinds
    history = home / ".local/state/moonwire/history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert f"+{LONG}" in history.read_text()


def test_tools_ask_first(home: Path, server: Server) -> None:
    with terminal(*flags("--tools", "tools.py:add"), env=around(home, server)) as term:
        term.say("add two numbers")
        term.wait("run add(a=2, b=3)?  y yes")
        term.keys("n")
        term.wait("did not allow this call")
        term.say("/new")
        term.say("add two numbers")
        term.wait(lambda display: "run add(a=2, b=3)?" in display.text)
        term.keys("a")
        term.wait("The sum is 5.")
        term.say("/tools")
        term.wait("add  runs  Adds two numbers.")
        said = leave(term)
    assert "→ add(a=2, b=3)" in said and "← add: 5" in said


def test_lines_keys_thoughts_and_errors(home: Path, server: Server) -> None:
    with terminal(*flags("--thinking", "high"), env=around(home, server)) as term:
        term.prompt()
        term.keys("not this" + CTRL_C + "Say 'one'\x1b\rand\\\rpas")
        term.keys("\x1b[200~ted\nSay 'two'.\x1b[201~")
        term.wait("  Say 'two'.")
        assert "not this" not in term.display.text
        term.keys("\r")
        term.wait("one\n")
        term.say("/new")
        term.say("Be evil.")
        term.wait("before \\x1b[2J\\x07 after")
        term.say("/new")
        term.say("full house")
        term.wait("the account has nothing left")
        term.say("/new")
        term.say("deep")
        term.wait("• two")
        term.prompt()
        assert "Omega" not in term.display.text
        term.keys(CTRL_O)
        term.wait("Omega thoughts.")
        term.say("/thoughts show")
        term.say("/new")
        term.say("deep")
        term.wait(lambda display: "  Alpha thoughts.\n  Omega thoughts.\n\n" in display.text)
        said = leave(term)
    assert said.count("thought for") >= 2
    asked = [exchange.request["messages"][0]["content"] for exchange in server.exchanges]
    assert asked[-1] == "deep" and "Say 'one'\nand\npasted\nSay 'two'." in asked


def masked(line: str) -> str:
    """The line without what another run makes different."""
    return re.sub(r"[0-9][0-9.,]*", "#", line).rstrip()


def test_the_page_shows_what_happens(home: Path) -> None:
    page = (ROOT / "docs" / "chat.md").read_text(encoding="utf-8")
    (block,) = [
        block for block in blocks(page) if block.lines and block.lines[0].startswith("$ moonwire chat")
    ]
    command, *lines = block.lines
    (home / "calc.py").write_text(
        'def multiply(a: int, b: int) -> int:\n    """Multiplies."""\n    return a * b\n'
    )
    with terminal(*command.removeprefix("$ moonwire ").split(), env=around(home)) as term:
        term.say(next(line for line in lines if line.startswith("> ")).removeprefix("> "))
        question = next(line for line in lines if line.startswith("run "))
        term.wait(question)
        term.keys("y")
        term.prompt()
        seen = [masked(line) for line in term.display.everything.splitlines() if line]
    assert seen == [masked(line) for line in lines if line != question]


def test_without_a_key_a_simulated_kimi_answers(home: Path) -> None:
    with terminal("chat", "Say", "'hello'.", env={**around(home), "MOONWIRE_HISTORY": "none"}) as term:
        term.wait("no key is set: a simulated Kimi answers, and no model is behind it")
        term.wait("> Say 'hello'.")
        term.wait("\nhello\n")
        term.say("/quit")
        assert term.ended() == 0
    assert not (home / ".local").exists()


def test_a_signal_leaves_in_order(home: Path, server: Server) -> None:
    with terminal(*flags(), env=around(home, server)) as term:
        term.say(LONG)
        term.wait(answering)
        term.process.send_signal(signal.SIGINT)
        term.wait("stopped")
        term.prompt()
        term.process.send_signal(signal.SIGTERM)
        assert term.ended() == 143, term.display.everything


def test_into_a_file_it_is_plain_text(home: Path, server: Server) -> None:
    file = home / "out.txt"
    with file.open("wb") as out, terminal(*flags(), env=around(home, server), stdout=out.fileno()) as term:
        term.say("deep")
        term.wait("out")
        said = leave(term)
    assert "# Head\n\nSome `code`" in file.read_text() and "\x1b" not in file.read_text()
    assert "Head" not in said


def test_without_a_terminal_it_says_what_to_take(home: Path) -> None:
    env = {**around(home), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-m", "moonwire", "chat"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=env,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "moonwire: chat: standard input is no terminal (take `moonwire run`)\n"
