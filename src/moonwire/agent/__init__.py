"""The agent: a step loop over the client, with tools, compaction, side questions and sessions."""

from moonwire.agent.agent import Agent
from moonwire.agent.compaction import Compaction
from moonwire.agent.events import (
    AgentEvent,
    Compacted,
    StepStarted,
    ToolDone,
    ToolStarted,
    Turn,
    TurnDone,
    Warned,
)
from moonwire.agent.functions import Offered, offered
from moonwire.agent.running import Limits, Result
from moonwire.agent.session import Session, Stored, load

__all__ = [
    "Agent",
    "AgentEvent",
    "Compacted",
    "Compaction",
    "Limits",
    "Offered",
    "Result",
    "Session",
    "StepStarted",
    "Stored",
    "ToolDone",
    "ToolStarted",
    "Turn",
    "TurnDone",
    "Warned",
    "load",
    "offered",
]
