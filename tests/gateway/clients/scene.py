"""One long task for a real client: an endpoint that has it worked on, and what must be true behind it.

The endpoint's answers are scripted, so that it is known which calls were meant and what was thought. The
gateway in front of it has a memory; the client knows nothing of either.
"""

import json
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from moonwire.core.catalogue.resolve import resolve
from moonwire.memory import Memory, ProcessMemory
from moonwire.simulator import Server, Settings
from moonwire.simulator.settings import Raw
from tests.gateway.running import running

__all__ = [
    "FINAL",
    "PLACES",
    "ROUNDS",
    "TASK",
    "TOOLS",
    "Place",
    "Scene",
    "Tools",
    "playing",
    "playing_alone",
]

Json = dict[str, Any]

ROUNDS = 20
TASK = "Read the files and add the numbers up."
FINAL = f"The last sum is {ROUNDS + 100}."

_PATH: Json = {"path": {"type": "string"}}
_TERMS: Json = {"a": {"type": "integer"}, "b": {"type": "integer"}}


def _tool(name: str, description: str, properties: Json) -> Json:
    parameters = {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }
    function = {"name": name, "description": description, "parameters": parameters, "strict": True}
    return {"type": "function", "function": function}


TOOLS = [_tool("read_file", "Read a file", _PATH), _tool("add", "Add two numbers", _TERMS)]


@dataclass(frozen=True)
class Place:
    """One server of Kimi weights."""

    model: str
    endpoint: str = "platform"
    rules: str = "strictest"
    raw: Raw = ""


PLACES = {
    "k2.6": Place("kimi-k2.6"),
    "k2.7-code": Place("kimi-k2.7-code"),
    "k3": Place("kimi-k3"),
    "k2.5 in its time": Place("kimi-k2.5", rules="2026-05"),
    "raw text": Place("kimi-k2.6", endpoint="vllm", raw="content"),
    "broken raw text": Place("kimi-k2.6", endpoint="vllm", raw="broken"),
}


@dataclass(frozen=True)
class Round:
    """What the model thinks, says and calls in one turn."""

    thoughts: str
    text: str
    calls: tuple[tuple[str, Json], ...]


def _round(number: int) -> Round:
    """One call, two of different tools, or two of the same one."""
    read = [("read_file", {"path": f"notes/{number} {place}.txt"}) for place in ("é", "b")]
    add = ("add", {"a": number, "b": 100})
    calls = {0: (read[0],), 1: (read[0], read[1]), 2: (read[0], add)}[number % 3]
    # Behind text that does not end with a blank a header without its marker is not taken for a call.
    text = f"Now number {number}.\n" if number % 4 == 0 else ""
    return Round(f" Thought {number}: on to the next.\n“{number}” it is. ", text, calls)


PLAYED = [_round(number) for number in range(1, ROUNDS + 1)]


def _script() -> str:
    """The rounds in TOML, which keeps the blanks at the ends of a text."""
    lines: list[str] = ["[[script]]"]
    for played in PLAYED:
        calls = ", ".join(
            f"{{ name = {_text(name)}, arguments = {_text(json.dumps(arguments))} }}"
            for name, arguments in played.calls
        )
        lines += ["[[script.turn]]", f"think = {_text(played.thoughts)}", f"call = [{calls}]"]
        lines += [f"say = {_text(played.text)}"] * bool(played.text)
    return "\n".join(
        [*lines, "[[script.turn]]", 'think = "That is all."', 'say = "The last sum is {{result add}}."']
    )


def _text(value: str) -> str:
    """JSON writes a text as TOML does."""
    return json.dumps(value, ensure_ascii=False)


class Tools:
    """The client's tools. They write down how they were called."""

    def __init__(self) -> None:
        self.done: list[tuple[str, Json]] = []

    def read_file(self, path: str) -> str:
        """Read a file"""
        self.done.append(("read_file", {"path": path}))
        return f"the text of {path}"

    def add(self, a: int, b: int) -> str:
        """Add two numbers"""
        self.done.append(("add", {"a": a, "b": b}))
        return str(a + b)

    def call(self, name: str, arguments: str | Json) -> str:
        """The tool of that name, with arguments as they came or as they were read."""
        given: Json = json.loads(arguments) if isinstance(arguments, str) else arguments
        return {"read_file": self.read_file, "add": self.add}[name](**given)


class Scene:
    """A task under way: where the client has to turn, and the tools that it is to use."""

    def __init__(self, place: Place, server: Server, base_url: str) -> None:
        self.place = place
        self.base_url = base_url
        self.tools = Tools()
        self._server = server

    @property
    def model(self) -> str:
        return self.place.model

    def check(self, answer: str) -> None:
        """Nothing was refused, no call was lost, and the server has seen its own turns again."""
        assert [(one.status, one.rule) for one in self._server.exchanges] == [(200, "")] * (ROUNDS + 1)
        assert answer == FINAL
        assert _counted(self.tools.done) == _counted([call for turn in PLAYED for call in turn.calls])
        histories: list[list[Json]] = [one.request["messages"] for one in self._server.exchanges]
        # What was sent once is sent again as it was, or the server's cache of the prompt is lost.
        assert all(later[: len(one)] == one for one, later in pairwise(histories))
        messages = histories[-1]
        turns = [message for message in messages if message["role"] == "assistant"]
        field = resolve(self.model, self.place.endpoint).reasoning_field
        assert [turn.get(field) for turn in turns] == [turn.thoughts for turn in PLAYED]
        assert [_called(turn) for turn in turns] == [list(turn.calls) for turn in PLAYED]
        ids = [call["id"] for turn in turns for call in turn["tool_calls"]]
        names = [name for turn in PLAYED for name, _ in turn.calls]
        if self.model.startswith("kimi-k2"):
            assert ids == [f"functions.{name}:{place}" for place, name in enumerate(names)]
        assert len(set(ids)) == len(ids)
        results = [message for message in messages if message["role"] == "tool"]
        answered = {result["tool_call_id"]: _said(result["content"]) for result in results}
        assert len(answered) == len(results)
        silent = Tools()
        wanted = [silent.call(name, arguments) for turn in PLAYED for name, arguments in turn.calls]
        assert answered == dict(zip(ids, wanted, strict=True))


def _called(turn: Json) -> list[tuple[str, Json]]:
    functions: list[Json] = [call["function"] for call in turn["tool_calls"]]
    return [(function["name"], json.loads(function["arguments"])) for function in functions]


def _said(content: str | list[Json]) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def _counted(calls: list[tuple[str, Json]]) -> Counter[str]:
    return Counter(json.dumps(call, sort_keys=True) for call in calls)


def _settings(place: Place) -> Settings:
    return Settings(
        endpoint=place.endpoint,
        models=(place.model,),
        rules=place.rules,
        raw=place.raw,
        script=_script(),
        seed=7,
    )


@contextmanager
def playing(place: Place, memory: Memory | None = None) -> Generator[Scene]:
    """The endpoint and the gateway in front of it, for one task; without a memory given, it remembers."""
    with running(_settings(place), memory=memory or ProcessMemory()) as gateway:
        yield Scene(place, gateway.simulator, gateway.base_url)


@contextmanager
def playing_alone(place: Place) -> Generator[Scene]:
    """The endpoint without a gateway, for a client that is healed in its own process."""
    with Server(_settings(place)) as server:
        yield Scene(place, server, server.base_url)
