"""A turn as data: an event as a line of JSON, and the whole of it as one object."""

import json
from typing import Any, cast

import msgspec

from moonwire.agent import AgentEvent, Result, StepStarted, ToolDone, ToolStarted, Turn, TurnDone
from moonwire.cli.talk.forms import plain
from moonwire.client import BrokenOff, Completion, Tokens, WrongForm
from moonwire.core.errors import MoonwireError
from moonwire.core.events import Text
from moonwire.core.messages import ToolCall
from moonwire.core.notes import Note

__all__ = ["Report", "line"]


def line(event: AgentEvent) -> dict[str, Any] | None:
    """An event as an object; `None` for the last one, of which there is a report.

    >>> line(StepStarted(1))
    {'event': 'StepStarted', 'number': 1}
    """
    if isinstance(event, TurnDone):
        return None
    if isinstance(event, ToolStarted):
        return {"event": "ToolStarted", **_call(event.call)}
    if isinstance(event, ToolDone):
        return {"event": "ToolDone", **_called(event.result)}
    said = cast("dict[str, Any]", msgspec.to_builtins(event, enc_hook=str))
    kind = said.pop("type", None) or said.pop("event", "")
    return {"event": kind, **{name: value for name, value in said.items() if value not in (None, {})}}


def _call(call: ToolCall) -> dict[str, Any]:
    try:
        arguments: Any = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        arguments = call.arguments
    return {"id": call.id, "name": call.name, "arguments": arguments}


def _called(result: Result) -> dict[str, Any]:
    return {**_call(result.call), "ok": result.ok, "result": result.text}


class Report:
    """What a turn comes to, also where it ended badly."""

    def __init__(self, model: str, *, simulated: bool) -> None:
        self._about = {"model": model, "simulated": simulated}
        self._calls: list[dict[str, Any]] = []
        self._text = ""
        self._steps = 0
        self.turn: Turn | None = None

    def feed(self, event: AgentEvent) -> None:
        """Takes what happened."""
        if isinstance(event, StepStarted):
            self._steps, self._text = event.number, ""
        elif isinstance(event, Text):
            self._text += event.text
        elif isinstance(event, ToolDone):
            self._calls.append(_called(event.result))
        elif isinstance(event, TurnDone):
            self.turn = event.turn

    def done(self, turn: Turn, trouble: str = "") -> dict[str, Any]:
        """The report of a turn that came to its end; `trouble` is what is wrong with its value."""
        said = self._of(turn.completion, turn.usage, turn.cost)
        said["stopped"] = "wrong-form" if trouble else turn.stopped
        if turn.completion.value is not None:
            said["value"] = plain(turn.completion.value)
        if trouble:
            said["error"] = {"kind": "WrongForm", "message": trouble, "remedy": ""}
        return said

    def failed(self, error: MoonwireError, usage: Tokens, cost: float | None) -> dict[str, Any]:
        """The report of one that did not."""
        done = error.completion if isinstance(error, BrokenOff | WrongForm) else None
        said = self._of(done, usage, cost)
        said["stopped"] = "wrong-form" if isinstance(error, WrongForm) else "error"
        said["error"] = {
            "kind": type(error).__name__,
            "message": error.message,
            "path": error.path,
            "remedy": error.remedy,
        }
        return said

    def _of(self, done: Completion[Any] | None, usage: Tokens, cost: float | None) -> dict[str, Any]:
        notes: tuple[Note, ...] = () if done is None else done.notes
        return {
            "text": self._text if done is None else done.text,
            "reasoning": None if done is None else done.reasoning,
            "finish": None if done is None else done.finish,
            "stopped": "",
            "steps": self._steps,
            "usage": msgspec.to_builtins(usage),
            "cost": cost,
            "calls": self._calls,
            "notes": [msgspec.to_builtins(note, enc_hook=str) for note in notes],
            "trace": "" if done is None else done.trace_id,
            **self._about,
        }
