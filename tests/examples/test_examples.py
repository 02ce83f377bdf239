"""Every example runs, against a simulated Kimi under the strictest rules, and prints what it should."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from moonwire.simulator import Server, Settings
from tests.house.tree import ROOT

EXAMPLES = ROOT / "examples"
LINES = 30
ITS_OWN = {"test_offline.py"}
"""Is a test itself."""

PRINTS = {
    "quick_start.py": r"hello\nTokens\(input=\d+, .*\) 0\.\d+\ncache-key: .*\ncap-default: .*\n",
    "streaming.py": r"·+one two three\nstop True\n",
    "tools.py": r"Done. read_file returned: notes.txt says: forty-two 2 done\n",
    "structured_output.py": r"City \S+ -?\d+ \d+\n",
    "openai_transport.py": r"(?s).+",
    "agent_with_compaction.py": r"one\ntwo\nthree\naside True 3\n",
}


def programs() -> list[str]:
    return sorted(path.name for path in EXAMPLES.glob("*.py") if path.name not in ITS_OWN)


def environment(server: Server) -> dict[str, str]:
    ours = {"KIMI_BASE_URL": server.base_url, "KIMI_API_KEY": "any", "MOONWIRE_ENDPOINT": "platform"}
    kept = {name: value for name, value in os.environ.items() if not re.match("KIMI|MOONSHOT|OPENAI", name)}
    return {**kept, **ours, "PYTHONWARNINGS": "error", "PYTHONIOENCODING": "utf-8"}


@pytest.mark.parametrize("name", programs())
def test_it_runs_and_prints_what_it_should(name: str, tmp_path: Path) -> None:
    with Server(Settings(rules="strictest", seed=1)) as server:
        ran = subprocess.run(
            [sys.executable, EXAMPLES / name, "talk.jsonl"],
            env=environment(server), cwd=tmp_path, capture_output=True, text=True, encoding="utf-8",
            timeout=60, check=False,
        )  # fmt: skip  # one call
        assert (ran.returncode, ran.stderr) == (0, "")
        assert re.fullmatch(PRINTS[name], ran.stdout), ran.stdout
        assert [one.rule for one in server.refused] == []


def test_the_test_that_is_an_example_passes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", EXAMPLES / "test_offline.py"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout
    assert "1 passed" in ran.stdout


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_it_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES
