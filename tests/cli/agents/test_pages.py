"""The generated parts of the agents' pages: each says all that a page has to say."""

import re
from pathlib import Path

import pytest

from moonwire.cli.agents.pages import gateway, index, setup
from moonwire.cli.agents.render import Wanted, snippet
from moonwire.cli.agents.table import AGENTS, Agent

ROOT = Path(__file__).resolve().parents[3]
WITH_PAGES = [agent for agent in AGENTS if agent.repairs]


@pytest.mark.parametrize("agent", WITH_PAGES, ids=[agent.name for agent in WITH_PAGES])
def test_a_page_says_what_it_has_to(agent: Agent) -> None:
    assert snippet(agent, Wanted()) in setup(agent.name)
    said = gateway(agent.name)
    for words in (
        "cmd:",
        "api.moonshot.cn",
        f"connect {agent.name} --model",
        agent.effort,
        "sampling-fixed!",
    ):
        assert words in said
    assert ("--small-model" in said) is ("<small>" in str(agent.template))


def test_every_repair_is_an_incident_with_its_own_line() -> None:
    known = (ROOT / "docs" / "incidents.md").read_text(encoding="utf-8")
    cited = [where for agent in AGENTS for where, _ in agent.repairs]
    assert len(cited) > 30
    assert [where for where in cited if f"[{where}](" not in known] == []


def test_how_settings_and_the_list_look() -> None:
    assert setup("codex").startswith("`~/.codex/config.toml`:\n\n```toml\nmodel = ")
    assert setup("cline").startswith("```text\n")
    assert "| [Codex](codex.md) | `codex`, `codex-cli` |" in index()
    assert len(re.findall("^\\| ", index(), re.M)) == len(AGENTS) + 1
