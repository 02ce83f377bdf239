"""A model with a purpose, in the simulator's place for one: it changes one word in one file, with whatever
tools the agent offers, and looks at what came of it.

What it knows it reads in the request, as a model does. So a history that loses a result, or has it at another
call, leads to another last word.
"""

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from moonwire.simulator.brain import Call, Turn, think
from moonwire.simulator.rules import Ask
from moonwire.simulator.rules.ask import texts_of

__all__ = ["AFTER", "BEFORE", "DONE", "FILE", "ROUNDS", "TASK", "Worker"]

Json = dict[str, Any]

FILE: Final = "paint.txt"
BEFORE: Final = "door = oak\ncolour = grey\nsheen = “matt”\n"
AFTER: Final = BEFORE.replace("grey", "green")
TASK: Final = f"The colour in {FILE} is wrong: read the file, make the colour green, and show that it is."
DONE: Final = "Done: the colour is green."
ROUNDS: Final = 4
"""Turns of the model: look, change, look again, and say so."""

COLOUR: Final = re.compile(r"colour = (\w+)")
PATCH: Final = f"*** Begin Patch\n*** Update File: {FILE}\n@@\n-colour = grey\n+colour = green\n*** End Patch"


class Worker:
    """The model of one task in one folder. `thoughts` are those of its turns, as they came out."""

    def __init__(self, folder: Path) -> None:
        self._file = str(folder / FILE)
        self._first: set[str] = set()
        self.parallel = 0
        """The most calls in one turn."""

    def think(self, ask: Ask, rng: random.Random, count: Callable[[str], int]) -> Turn:
        """The next turn; of what has no part in the task (a title, a warm-up), what the simulator says."""
        if not self.concerned(ask.body):
            return think(ask, rng, count)
        place = len(turns(ask.body))
        said = self._turn(place, ask.body)
        self.parallel = max(self.parallel, len(said.calls))
        return said

    def concerned(self, body: Json) -> bool:
        """Whether a request is a step of the task."""
        words = [text for message in body["messages"] for text in texts_of(message.get("content"))]
        return bool(_tools(body)) and any(TASK in text for text in words)

    def thoughts(self, place: int) -> str:
        """What it thinks in the turn of that place; each turn has its own."""
        return f" Thought {place}: what next?\n“On” it goes. "

    def _turn(self, place: int, body: Json) -> Turn:
        thoughts = self.thoughts(place)
        tools = _tools(body)
        if place == 0:
            self._first = set(tools)
            calls = (self._read(tools), _run(tools, "ls"), *_search(tools))
            return Turn(thoughts=thoughts, text="I look.\n", calls=calls)
        seen = _results(body)
        if list(_search(tools)) and not set(tools) - self._first:
            return Turn(thoughts="That is not it.", text=f"No tool was found: {list(seen)}")
        if place == 1:
            return _unless(seen, "grey") or Turn(thoughts=thoughts, calls=(self._edit(tools),))
        if place == 2:
            again = (_run(tools, f"cat {FILE}"), _run(tools, f"wc -l {FILE}"))
            return Turn(thoughts=thoughts, text="I look again.\n", calls=again)
        return _unless(seen, "green") or Turn(thoughts=thoughts, text=DONE)

    def _read(self, tools: Json) -> Call:
        for name in ("Read", "read"):
            if name in tools:
                return _call(name, {_path(tools[name]): self._file})
        return _run(tools, f"cat {FILE}")

    def _edit(self, tools: Json) -> Call:
        old, new = "colour = grey", "colour = green"
        if "Edit" in tools:
            return _call("Edit", {_path(tools["Edit"]): self._file, "old_string": old, "new_string": new})
        if "edit" in tools:
            return _call("edit", {_path(tools["edit"]): self._file, "oldString": old, "newString": new})
        if "apply_patch" in tools:
            field = next(iter(tools["apply_patch"]["properties"]))
            return _call("apply_patch", {field: PATCH})
        return _run(tools, f"apply_patch <<'EOF'\n{PATCH}\nEOF")


def turns(body: Json) -> list[Json]:
    """The model's turns in a request."""
    return [message for message in body["messages"] if message["role"] == "assistant"]


def _path(parameters: Json) -> str:
    """What a tool calls the file."""
    return next(name for name in ("file_path", "filePath", "path") if name in parameters["properties"])


def _run(tools: Json, command: str) -> Call:
    """A command, with whichever tool there is for one."""
    for name, field in (("Bash", "command"), ("bash", "command"), ("exec_command", "cmd")):
        if name in tools:
            more = {"description": "Looks"} if "description" in tools[name]["properties"] else {}
            return _call(name, {field: command, **more})
    for name in ("shell_command", "shell"):
        if name in tools:
            whole = tools[name]["properties"]["command"].get("type") == "string"
            return _call(name, {"command": command if whole else ["bash", "-lc", command]})
    raise AssertionError(f"no tool runs a command: {sorted(tools)}")


def _search(tools: Json) -> Iterator[Call]:
    """A search for a tool that is there and not offered yet, where the agent has such."""
    for name, query in (("ToolSearch", "select:NotebookEdit"), ("tool_search", "spawn agent")):
        if name in tools:
            yield _call(name, {"query": query})


def _call(name: str, arguments: Json) -> Call:
    return Call(name, json.dumps(arguments, ensure_ascii=False))


def _tools(body: Json) -> Json:
    """The tools' parameters by their names."""
    found = [tool["function"] for tool in body.get("tools") or () if "function" in tool]
    return {one["name"]: one.get("parameters") or {"properties": {}} for one in found}


def _results(body: Json) -> Iterator[str]:
    """What the tools have said since the last turn."""
    last = max(place for place, message in enumerate(body["messages"]) if message["role"] == "assistant")
    for message in body["messages"][last:]:
        if message["role"] == "tool":
            yield from texts_of(message["content"])


def _unless(seen: Iterator[str], colour: str) -> Turn | None:
    """An end with what is wrong, unless the tools have shown this colour."""
    said: Sequence[str] = list(seen)
    if colour in [found for text in said for found in COLOUR.findall(text)]:
        return None
    return Turn(thoughts="That is not it.", text=f"No tool shows {colour}: {said}")
