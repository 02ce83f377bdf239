"""The rows: names that mean one agent, holes that are known, pages that are there."""

import re
from pathlib import Path

import msgspec
import pytest

from moonwire.cli.agents.change import EDITORS
from moonwire.cli.agents.table import AGENTS, Agent, find

ROOT = Path(__file__).resolve().parents[3]
HOLES = {"root", "base", "model", "small", "window", "window-text", "small-window", "key", "variable"} | {
    "capabilities",
    "efforts",
    "effort",
}
ids = [agent.name for agent in AGENTS]


def test_every_name_means_one_agent() -> None:
    names = [name for agent in AGENTS for name in (agent.name, *agent.aliases)]
    assert len(names) == len(set(names))
    assert all(name == name.lower() and " " not in name for name in names)
    assert [find(name.upper()) for name in ("roo", "claude-code")] == [find("cline"), find("claude")]
    assert find("nobody") is None


@pytest.mark.parametrize("agent", AGENTS, ids=ids)
def test_a_row_is_whole(agent: Agent) -> None:
    assert (agent.kind in EDITORS) == (agent.place is not None) == bool(agent.template) == (not agent.snippet)
    said = msgspec.json.encode(agent).decode()
    assert {hole for hole in re.findall("<([a-z-]+)>", said)} <= HOLES
    assert "sk-" not in said
    assert not agent.page or (ROOT / "docs" / "agents" / f"{agent.page}.md").is_file()
