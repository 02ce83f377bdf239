"""What agents are told is of their own format, for each of them, with and without a key."""

import ast
import json
import shlex
import tomllib
from typing import Any

import pytest

from moonwire.cli.agents.render import Wanted, banner, notes, paths, snippet, template
from moonwire.cli.agents.table import AGENTS, Agent, find

ids = [agent.name for agent in AGENTS]
USUAL = Wanted()
ODD = Wanted("https://h:1/kimi", "kimi-k3[1m]", "a/b.c", "MY_KEY")


def row(name: str) -> Agent:
    found = find(name)
    assert found is not None
    return found


def told(name: str, wanted: Wanted = USUAL) -> dict[str, Any]:
    return template(row(name), wanted)


@pytest.mark.parametrize("wanted", [Wanted(), ODD], ids=["usual", "odd"])
@pytest.mark.parametrize("agent", AGENTS, ids=ids)
def test_a_snippet_can_be_pasted(agent: Agent, wanted: Wanted) -> None:
    said = snippet(agent, wanted)
    assert said.endswith("\n") and wanted.root in said
    assert not any(hole in said for hole in ("<root>", "<base>", "<model>", "<key>", "<variable>"))
    if agent.kind == "json":
        assert json.loads(said) == template(agent, wanted)
    elif agent.kind == "toml":
        assert tomllib.loads(said) == template(agent, wanted)
    elif agent.kind == "python":
        assert ast.parse(said)
    elif agent.kind == "sh":
        assert shlex.split(said)


@pytest.mark.parametrize("agent", AGENTS, ids=ids)
def test_a_variable_is_named_wherever_a_key_is_wanted(agent: Agent) -> None:
    wanted = Wanted(variable="MY_KEY")
    said = snippet(agent, wanted) + "\n".join(notes(agent, wanted))
    assert "MY_KEY" in said
    assert "MY_KEY" not in snippet(agent, Wanted()) + "\n".join(notes(agent, Wanted()))


def test_the_values_of_some() -> None:
    env = told("claude")["env"]
    assert env["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:8370" and env["ANTHROPIC_AUTH_TOKEN"] == "any"
    assert env["ANTHROPIC_DEFAULT_HAIKU_MODEL"] == "kimi-k2.6"
    assert env["CLAUDE_CODE_MAX_CONTEXT_TOKENS"] == "1048576"
    assert told("claude", ODD)["apiKeyHelper"] == "printenv MY_KEY"
    assert "ANTHROPIC_AUTH_TOKEN" not in told("claude", ODD)["env"]
    provider = told("codex", ODD)["model_providers"]["moonwire"]
    assert (provider["base_url"], provider["env_key"]) == ("https://h:1/kimi/v1", "MY_KEY")
    assert told("codex")["model_context_window"] == 1_048_576
    assert told("opencode", ODD)["provider"]["moonwire"]["options"]["apiKey"] == "{env:MY_KEY}"
    assert told("openclaw", ODD)["models"]["providers"]["moonwire"]["apiKey"] == "${MY_KEY}"
    assert told("kimi-cli", Wanted(model="unheard-of"))["models"]["moonwire"]["max_context_size"] == 262_144
    assert (("env", "ANTHROPIC_MODEL"), "kimi-k3") in paths(row("claude"), Wanted())


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (
            "kimi-k3",
            {
                "capabilities": ["thinking", "always_thinking", "image_in", "video_in"],
                "support_efforts": ["low", "high", "max"],
                "default_effort": "max",
            },
        ),
        ("kimi-k2.6", {"capabilities": ["thinking", "image_in", "video_in"]}),
        ("moonshot-v1-8k", {"capabilities": []}),
        ("unheard-of", {"capabilities": ["thinking"]}),
    ],
)
def test_moonshots_own_agents_are_told_what_a_model_can_do(model: str, said: dict[str, Any]) -> None:
    # Without capabilities Kimi CLI 1.51 and Kimi Code 2.1 send `thinking: {"type": "disabled"}`.
    for name, more in (("kimi-cli", {"capabilities"}), ("kimi-code", set(said))):
        entry = told(name, Wanted(model=model))["models"]["moonwire"]
        usual = {"provider", "model", "max_context_size"}
        assert {key: entry[key] for key in entry if key not in usual} == {key: said[key] for key in more}


def test_a_shell_reads_what_is_meant() -> None:
    assert "GOOSE_MODEL='kimi-k3[1m]'" in snippet(row("goose"), ODD)
    assert 'OPENAI_API_KEY="$MY_KEY"' in snippet(row("openai-sdk"), ODD)
    assert snippet(row("langchain"), ODD).startswith("import os\n\nfrom langchain_openai")


def test_the_banner_names_the_usual_ones_on_few_lines() -> None:
    shown = dict(banner(Wanted()))
    assert {"Claude Code", "aider", "curl", "opencode (opencode.json)"} <= shown.keys()
    assert all(len(lines) <= 2 for lines in shown.values())
    (line,) = dict(banner(Wanted(variable="MY_KEY")))["aider"]
    assert '--openai-api-key "$MY_KEY"' in line
