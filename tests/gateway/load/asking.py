"""What chaos asks, each request with a mark of its own, and what a reader makes of the answer."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from tests.gateway.load.caller import Heard

__all__ = ["MARK", "Question", "Reading", "question", "read"]

MARK: Final = re.compile(r"mk\d{6}z")
KINDS: Final = ("say", "call", "told", "short")
MODELS: Final = ("kimi-k3", "kimi-k2.6", "raw-kimi-k2.6", "raw-kimi-k3")
TOOL: Final = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@dataclass(frozen=True)
class Question:
    """One request."""

    number: int
    kind: Literal["say", "call", "told", "short"]
    model: str
    stream: bool

    @property
    def mark(self) -> str:
        """What no other request has in it."""
        return f"mk{self.number:06}z"

    @property
    def words(self) -> str:
        """What is to be said: each word is there once, and some have characters of several bytes."""
        return " ".join(f"{self.mark}.{place}{'é京' if place % 3 == 1 else ''}" for place in range(8))

    @property
    def text(self) -> str:
        """The answer's text, to the letter."""
        if self.kind == "call":
            return ""
        return f"Done. get_weather returned: {self.words}" if self.kind == "told" else self.words

    @property
    def calls(self) -> list[tuple[str, str]]:
        """The answer's calls."""
        return [("get_weather", self.mark)] if self.kind == "call" else []

    def body(self) -> bytes:
        """The request as it is sent."""
        asked = f'Say "{self.words}".'
        if self.kind == "call":
            asked = f'Call get_weather for "{self.mark}".'
        messages: list[dict[str, Any]] = [{"role": "user", "content": asked}]
        if self.kind == "told":
            call = {"name": "get_weather", "arguments": json.dumps({"city": self.mark})}
            asked_for = {"id": "call_1", "type": "function", "function": call}
            messages = [
                {"role": "user", "content": f'Call get_weather for "{self.mark}".'},
                {"role": "assistant", "content": "", "tool_calls": [asked_for]},
                {"role": "tool", "tool_call_id": "call_1", "content": self.words},
            ]
        body: dict[str, Any] = {"model": self.model, "messages": messages, "stream": self.stream}
        if self.kind != "say" and self.kind != "short":
            body["tools"] = [TOOL]
        if self.kind == "short":
            body["max_tokens"] = 12
        return json.dumps(body).encode()


def question(number: int) -> Question:
    """The request of this number: kinds, models and ways of answering in all their combinations."""
    kind = "short" if number % 50 == 49 else KINDS[number % 3]
    return Question(number, kind, MODELS[number // 3 % len(MODELS)], number // 12 % 2 == 0)


@dataclass
class Reading:
    """An answer as its caller reads it."""

    text: str = ""
    calls: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    finish: str = ""
    error: dict[str, Any] | None = None
    done: int = 0
    ends: int = 0
    """How often `[DONE]` and a reason came."""
    notes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def read(heard: Heard) -> Reading:
    """The answer; what is no JSON where JSON has to be raises."""
    if heard.headers.get("content-type", "").startswith("text/event-stream"):
        return _streamed(heard.body)
    found = Reading()
    value = json.loads(heard.body)
    found.error = value.get("error")
    found.notes = value.get("moonwire", {}).get("notes", [])
    for choice in value.get("choices", ()):
        message = choice["message"]
        found.text = message.get("content") or ""
        found.calls = [
            (call["function"]["name"], call["function"]["arguments"])
            for call in message.get("tool_calls", ())
        ]
        found.finish = choice["finish_reason"]
        found.ends += 1
    found.calls = [(name, _city(arguments)) for name, arguments in found.calls]
    return found


def _streamed(body: bytes) -> Reading:
    found = Reading()
    calls: dict[int, list[str]] = {}
    for line in body.decode().split("\n"):
        if not line.startswith("data: "):
            assert not line or line.startswith(":"), line
            continue
        assert not found.done, "something stands behind [DONE]"
        if line == "data: [DONE]":
            found.done += 1
            continue
        value = json.loads(line[6:])
        found.error = value.get("error") or found.error
        found.notes = value.get("moonwire", {}).get("notes", found.notes)
        for choice in value.get("choices", ()):
            delta = choice["delta"]
            found.text += delta.get("content") or ""
            for call in delta.get("tool_calls", ()):
                known = calls.setdefault(call["index"], ["", ""])
                known[0] += call["function"].get("name") or ""
                known[1] += call["function"].get("arguments") or ""
            if choice.get("finish_reason"):
                found.finish = choice["finish_reason"]
                found.ends += 1
    found.calls = [(name, _city(arguments)) for name, arguments in calls.values()]
    return found


def _city(arguments: str) -> str:
    """The one argument; of a call that was cut off, what there is of it."""
    try:
        value = json.loads(arguments)
    except ValueError:
        return f"cut: {arguments}"
    return value["city"] if value.keys() == {"city"} else f"other: {arguments}"
