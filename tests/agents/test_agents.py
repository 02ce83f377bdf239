"""Agents do a task to its end, through the gateway, on each kind of endpoint.

`make test-clients` runs this; `CLIENT_MODELS="kimi-k3 raw-text"` chooses some of the places.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from moonwire.core.catalogue.resolve import resolve
from moonwire.memory import ProcessMemory, Tenant
from moonwire.memory.seals import Seals
from moonwire.simulator import Server, Settings
from tests.agents.clients import CLIENTS, Job
from tests.agents.install import folder, is_installed, kind
from tests.agents.worker import AFTER, BEFORE, DONE, FILE, ROUNDS, TASK, Worker, turns
from tests.gateway.running import running

CHOSEN = "MOONWIRE_CLIENT_MODELS"

PLACES = {
    **{
        model: Settings(rules="strictest", models=(model,))
        for model in ("kimi-k2.6", "kimi-k2.7-code", "kimi-k3")
    },
    "raw-text": Settings(rules="strictest", models=("kimi-k2.6",), endpoint="vllm", raw="content"),
}

# What comes back sealed is true without a memory too; Chat Completions has no room for a seal.
ROWS = [
    *(
        (client, place, memory)
        for client in ("claude", "codex")
        for place in PLACES
        for memory in ("yes", "no")
    ),
    *(("codex-catalogue", place, "no") for place in ("kimi-k2.6", "kimi-k3")),
    *((client, place, "yes") for client in ("kimi-code", "opencode") for place in PLACES),
]


def program(client: str, place: str) -> list[str]:
    """What starts the agent, if it is to run here and now."""
    chosen = os.environ.get(CHOSEN, "").split()
    if not chosen:
        pytest.skip("make test-clients runs the agents")
    if place not in chosen and "all" not in chosen:
        pytest.skip(f"{CHOSEN} does not name it")
    if kind() not in CLIENTS[client].binaries:
        pytest.skip(f"no binary for {kind()} is pinned")
    if not is_installed(folder()):
        pytest.skip("the agents could not be installed")
    return CLIENTS[client].command(folder() / "node_modules", kind())


def check(upstream: Server, worker: Worker) -> None:
    """Nothing was refused, each step has all turns before it with their own thoughts, calls came together."""
    assert [(one.status, one.rule, one.pieces) for one in upstream.refused] == []
    assert {one.status for one in upstream.exchanges} == {200}
    settings = upstream.app.settings
    field = resolve(settings.models[0], settings.endpoint).reasoning_field
    bodies: list[dict[str, Any]] = [one.request for one in upstream.exchanges if one.method == "POST"]
    steps = [body for body in bodies if worker.concerned(body)]
    assert [[turn.get(field) for turn in turns(body)] for body in steps] == [
        [worker.thoughts(place) for place in range(step)] for step in range(ROUNDS)
    ]
    assert worker.parallel > 1


def opening(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """What is found in the seals that come back."""
    found: list[str | None] = []
    true = Seals.open

    def open_(seals: Seals, tenant: Tenant, turn: bytes, sealed: str) -> str | None:
        found.append(true(seals, tenant, turn, sealed))
        return found[-1]

    monkeypatch.setattr(Seals, "open", open_)
    return found


@pytest.mark.parametrize(("client", "place", "memory"), ROWS)
def test_an_agent_does_its_task(
    client: str, place: str, memory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = program(client, place)
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    (work / FILE).write_text(BEFORE)
    worker = Worker(work)
    monkeypatch.setattr("moonwire.simulator.outcome.think", worker.think)
    settings = PLACES[place]
    opened = opening(monkeypatch)
    model = settings.models[0]
    window = resolve(model, settings.endpoint).window
    with running(settings, memory=ProcessMemory() if memory == "yes" else None) as gateway:
        job = Job(gateway.url, model, window, TASK)
        ended = CLIENTS[client].run(started, job, home=home, work=work)
        assert ended.code == 0, ended
        assert DONE in ended.out, (ended, gateway.log)
        assert (work / FILE).read_text() == AFTER
        check(gateway.simulator, worker)
    assert all(opened)
    assert opened or memory == "yes"
