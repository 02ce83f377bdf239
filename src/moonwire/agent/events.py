"""What an agent says while it works, beside what the model says."""

from typing import Literal

import msgspec

from moonwire.agent.running import Result
from moonwire.client import Completion, Tokens
from moonwire.core.events import Event
from moonwire.core.messages import ToolCall

__all__ = ["AgentEvent", "Compacted", "StepStarted", "ToolDone", "ToolStarted", "Turn", "TurnDone", "Warned"]

Stopped = Literal["done", "steps", "repeats", "length", "content_filter", "thoughts-only"]


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a prompt.

    `stopped` says why it ended: `done`, or a limit of steps or repeats, or as the model's last answer did.
    `usage` and `cost` are of all its answers and compactions.
    """

    completion: Completion[object]
    steps: int
    stopped: Stopped
    usage: Tokens = Tokens()
    cost: float | None = None

    @property
    def text(self) -> str:
        """The last answer."""
        return self.completion.text

    @property
    def ok(self) -> bool:
        """Whether the model came to an end of its own."""
        return self.stopped == "done"


class StepStarted(msgspec.Struct, frozen=True, tag=True):
    """The model is asked, for the so-manieth time in this turn."""

    number: int


class ToolStarted(msgspec.Struct, frozen=True, tag=True):
    """A tool runs."""

    call: ToolCall


class ToolDone(msgspec.Struct, frozen=True, tag=True):
    """A tool has run."""

    result: Result


class Compacted(msgspec.Struct, frozen=True, tag=True):
    """The history was replaced by a summary and its last turns: so many tokens before and after."""

    before: int
    after: int
    why: Literal["due", "overflow", "asked"]


class Warned(msgspec.Struct, frozen=True, tag=True):
    """The model was told something, or is asked once more."""

    reason: str


class TurnDone(msgspec.Struct, frozen=True, tag=True):
    """The last event."""

    turn: Turn


AgentEvent = Event | StepStarted | ToolStarted | ToolDone | Compacted | Warned | TurnDone
