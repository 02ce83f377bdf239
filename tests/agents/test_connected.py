"""The agents do a task with nothing but what `moonwire connect AGENT --write` put into their files.

`make test-clients` runs this, where it runs kimi-k3.
"""

import dataclasses
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from moonwire.cli import main
from moonwire.core.catalogue.resolve import resolve
from moonwire.memory import ProcessMemory
from moonwire.simulator import Settings
from tests.agents.clients import CLIENTS, Job, Start
from tests.agents.test_agents import program
from tests.agents.worker import AFTER, BEFORE, DONE, FILE, TASK, Worker
from tests.gateway.running import running

MODEL = "kimi-k3"


@pytest.mark.skipif(sys.platform == "win32", reason="the agents' homes are elsewhere there")
@pytest.mark.parametrize("key", ["any", "env:GATEWAY_KEY"])
@pytest.mark.parametrize("agent", ["claude", "codex", "kimi-code", "opencode"])
def test_what_connect_writes_is_enough(
    agent: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = program(agent, MODEL)
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    (work / FILE).write_text(BEFORE)
    worker = Worker(work)
    monkeypatch.setattr("moonwire.simulator.outcome.think", worker.think)
    settings = Settings(rules="strictest", models=(MODEL, "kimi-k2.6"))
    env = {"HOME": str(home), "MOONWIRE_DATA": str(tmp_path / "data")}
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "KIMI_CODE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    with running(settings, memory=ProcessMemory()) as gateway:
        typed = ["connect", agent, "--base-url", gateway.url, "--key", key]
        assert CliRunner(env=env).invoke(main, [*typed, "--write"]).exit_code == 0

        def start(job: Job, home: Path) -> Start:
            return Start(CLIENTS[agent].start(job, home).arguments, {"GATEWAY_KEY": "any"})

        client = dataclasses.replace(CLIENTS[agent], start=start)
        job = Job(gateway.url, MODEL, resolve(MODEL).window, TASK)
        ended = client.run(started, job, home=home, work=work)
        assert (ended.code, DONE in ended.out) == (0, True), ended
        assert (work / FILE).read_text() == AFTER
        assert gateway.simulator.refused == []
        # An agent that is not told that the model thinks may switch that off.
        assert not any("thinking-lowered" in str(line) for line in gateway.log)
    done = CliRunner(env=env).invoke(main, ["connect", agent, "--undo"])
    assert (done.exit_code, "changed" in done.stdout) == (0, True)
    left = [file.read_text() for file in home.rglob("*") if file.name in ("settings.json", "config.toml")]
    assert not any(gateway.url in text for text in left)
