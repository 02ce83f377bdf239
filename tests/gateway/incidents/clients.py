"""What clients make of their own history: each function is the fault of a client that has been reported."""

import json
import re
from collections.abc import Callable
from typing import Any

from tests.gateway.incidents.rows import TASK
from tests.incidents.bodies import user

__all__ = [
    "LOOP",
    "alphanumeric",
    "asks",
    "both",
    "drops",
    "empties",
    "every_id",
    "fields",
    "id_per_turn",
    "last_turns",
    "respelled",
    "with_content",
]

Body = dict[str, Any]
Edit = Callable[[list[Body]], list[Body]]

LOOP = """
turn
  think The file is a.py, so I read it first.
  call read {"path": "a.py"}
turn
  think Line 3 is wrong: I look at the test too.
  call read {"path": "b.py"}
turn
  think Both are read.
  say Done.
"""
"""A loop of two calls, one after the other."""


def asks(model: str, *messages: Body, **more: Any) -> Body:
    """A body that begins with the user, unless it says otherwise."""
    begins = bool(messages) and messages[0]["role"] in ("system", "developer", "user")
    opened = messages if begins else (user(f"{TASK} Fix a.py"), *messages)
    return {"model": model, "messages": list(opened), **more}


def _turns(history: list[Body]) -> list[Body]:
    return [message for message in history if message["role"] == "assistant"]


def drops(history: list[Body]) -> list[Body]:
    """The reasoning is not kept, or not sent."""
    for turn in _turns(history):
        turn.pop("reasoning_content", None)
    return history


def empties(history: list[Body]) -> list[Body]:
    """The reasoning is sent, and there is nothing in it."""
    for turn in _turns(history):
        turn["reasoning_content"] = ""
    return history


def with_content(content: Any) -> Edit:
    """Turns of calls get this content."""

    def edit(history: list[Body]) -> list[Body]:
        for turn in _turns(history):
            if "tool_calls" in turn:
                turn["content"] = content
        return history

    return edit


def fields(**named: str) -> Edit:
    """The reasoning goes into this field, or these, and no other."""

    def edit(history: list[Body]) -> list[Body]:
        for turn in _turns(history):
            reasoning = turn.pop("reasoning_content", None)
            for field, shape in named.items():
                turn[field] = [{"type": shape, "text": reasoning}] if shape else reasoning
        return history

    return edit


def every_id(change: Callable[[str, str, int], str]) -> Edit:
    """Ids become what this makes of the id, the tool's name, and the call's number in the conversation."""

    def edit(history: list[Body]) -> list[Body]:
        number = 0
        known: dict[str, str] = {}
        for message in history:
            for call in message.get("tool_calls", ()):
                known[call["id"]] = call["id"] = change(call["id"], call["function"]["name"], number)
                number += 1
            if message["role"] == "tool":
                message["tool_call_id"] = known.get(message["tool_call_id"], message["tool_call_id"])
        return history

    return edit


def id_per_turn(pattern: str) -> Edit:
    """Ids are counted anew in every turn: `{name}:{place}`."""

    def edit(history: list[Body]) -> list[Body]:
        known: dict[str, str] = {}
        for message in history:
            for place, call in enumerate(message.get("tool_calls", ())):
                made = pattern.format(name=call["function"]["name"], place=place)
                known[call["id"]] = call["id"] = made
            if message["role"] == "tool":
                message["tool_call_id"] = known[message["tool_call_id"]]
        return history

    return edit


def last_turns(count: int) -> Edit:
    """A window: the task, and so many turns with their results."""

    def edit(history: list[Body]) -> list[Body]:
        starts = [place for place, message in enumerate(history) if message["role"] == "assistant"]
        return [history[0], *history[starts[-count:][0] :]]

    return edit


def respelled(history: list[Body]) -> list[Body]:
    """Arguments are read and written again."""
    for turn in _turns(history):
        for call in turn.get("tool_calls", ()):
            function = call["function"]
            function["arguments"] = json.dumps(json.loads(function["arguments"]), indent=1)
    return history


def both(*edits: Edit) -> Edit:
    """One after the other."""

    def edit(history: list[Body]) -> list[Body]:
        for one in edits:
            history = one(history)
        return history

    return edit


def alphanumeric(identity: str, name: str, number: int) -> str:
    """What is neither letter nor digit goes."""
    return re.sub("[^A-Za-z0-9]", "", identity)
