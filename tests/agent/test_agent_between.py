"""Between turns: another client, a prompt taken back, everything forgotten; with a session and without."""

from pathlib import Path

import pytest

from moonwire.agent import Agent, load
from moonwire.agent.running import told
from moonwire.client import Kimi
from moonwire.core.messages import Message

HISTORY = (
    Message(role="user", content="one"),
    Message(role="assistant", content="1"),
    Message(role="user", content="two"),
    Message(role="assistant", content="2"),
    Message(role="user", content=told("ERROR: a call could not be read")),
    Message(role="assistant", content="3"),
)


def kimi(model: str = "kimi-k3") -> Kimi:
    return Kimi(model, "sk-1", environ={})


@pytest.fixture
def session(tmp_path: Path) -> str:
    return str(tmp_path / "session.jsonl")


def agent(session: str | None = None) -> Agent:
    made = Agent(kimi(), session=session)
    made._add(*HISTORY)
    return made


def test_another_client_gets_the_history(session: str) -> None:
    made = agent(session)
    before, after = made.kimi, kimi("kimi-k2.6")
    made._window = 1000
    assert made.switch(after) is before
    assert made.kimi is after and made.history == HISTORY and made._window == 0
    stored = load(session)
    assert (stored.model, stored.history) == ("kimi-k2.6", HISTORY)


def test_a_prompt_is_taken_back_with_all_that_came_of_it(session: str) -> None:
    made = agent(session)
    assert made.take_back() == "two"
    assert made.history == load(session).history == HISTORY[:2]
    assert (made.take_back(), made.take_back(), made.history) == ("one", None, ())


def test_everything_is_forgotten(session: str) -> None:
    made = agent(session)
    made.clear()
    assert made.history == load(session).history == ()
    assert agent().take_back() == "two"
