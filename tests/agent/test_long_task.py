"""Thirty rounds with faults, in every mode of every model, with a window that has to be compacted twice."""

from dataclasses import dataclass
from typing import Any

import pytest

from moonwire.agent import Agent, Compacted, TurnDone
from moonwire.simulator import Settings
from moonwire.simulator.settings import Raw
from tests.agent.model import ENOUGH, counting, go, kimi_at, playing, requests

WINDOW = 12_288
FAULTS = """
[[fault]]
kind = "reset-before"
chance = 0.08
[[fault]]
kind = "reset"
events = 3
chance = 0.08
stream = true
[[fault]]
kind = "status"
error = "server-error"
chance = 0.06
[[fault]]
kind = "no-done"
chance = 0.1
stream = true
"""


@dataclass(frozen=True)
class Mode:
    """A model, how it thinks, and where it is served."""

    model: str
    thinking: Any = None
    endpoint: str = "platform"
    raw: Raw = ""
    rules: str = "strictest"


MODES = {
    "k3 max": Mode("kimi-k3"),
    "k3 low": Mode("kimi-k3", "low"),
    "k2.6 thinking": Mode("kimi-k2.6", {"type": "enabled", "keep": "all"}),
    "k2.6 instant": Mode("kimi-k2.6", thinking=False),
    "k2.7-code": Mode("kimi-k2.7-code"),
    "k2.5 in its time": Mode("kimi-k2.5", rules="2026-05"),
    "k2.6 on vLLM, raw text": Mode("kimi-k2.6", endpoint="vllm", raw="content"),
    "k3 on vLLM, raw text": Mode("kimi-k3", endpoint="vllm", raw="content"),
    "k3 coding": Mode("k3", endpoint="coding"),
}


@pytest.mark.parametrize("mode", MODES.values(), ids=list(MODES))
def test_thirty_rounds_end_with_the_right_answer(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    stepped: list[int] = []

    def step(after: int) -> str:
        """Counts one further. Takes where the counter stands."""
        stepped.append(after)
        return f"The counter stands at {after + 1}.\n" + "It was a long way. " * 130

    settings = Settings(
        endpoint=mode.endpoint, rules=mode.rules, raw=mode.raw, faults=FAULTS, seed=len(mode.model) + 3
    )
    narrow = {"targets": {f"{mode.endpoint}/{mode.model}": {"window": WINDOW, "cap": 4096, "floor": 512}}}

    async def work() -> tuple[TurnDone, list[Compacted]]:
        async with kimi_at(server, mode.model, thinking=mode.thinking, overrides=narrow) as kimi:
            agent = Agent(kimi, [step], "Count to the end with step.")
            events = [event async for event in agent.stream("Go.")]
            return events[-1], [event for event in events if isinstance(event, Compacted)]  # pyright: ignore[reportReturnType] -- the last event of a turn is TurnDone, as the next line checks

    with playing(monkeypatch, counting, settings) as server:
        last, compacted = go(work())
        assert isinstance(last, TurnDone)
        assert last.turn.text == f"Done: {ENOUGH}."
        assert last.turn.ok
        # Each step once and in order: nothing was lost, nothing done twice.
        assert stepped == list(range(ENOUGH))
        assert len(compacted) >= 2
        assert all(one.after < one.before for one in compacted)
        assert [one.rule for one in server.refused] == []
        assert any(one.fault for one in server.exchanges)
        assert all(_cap(request) for request in requests(server))


def _cap(request: dict[str, Any]) -> int | None:
    return request.get("max_completion_tokens") or request.get("max_tokens")
