"""Answers as events: what the writer's laws are tried on, and how a stream of bytes is looked at."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from moonwire.core.events import (
    CallArguments,
    CallEnd,
    CallStart,
    Event,
    Finish,
    Reasoning,
    Sealed,
    Start,
    Text,
    Usage,
)
from moonwire.wire.responses import Echo, Writer, decode

__all__ = ["ECHO", "NAMES", "REQUEST", "frames", "stream", "streams", "types"]

REQUEST: dict[str, Any] = {
    "model": "kimi-k3",
    "instructions": "Be brief.",
    "input": "hi",
    "reasoning": {"effort": "high", "summary": "auto"},
    "text": {"verbosity": "low"},
    "store": False,
    "include": ["reasoning.encrypted_content"],
    "tools": [
        {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False},
        {"type": "custom", "name": "apply_patch", "description": "d", "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"}},
        {"type": "local_shell"},
        {"type": "shell"},
        {"type": "tool_search", "execution": "client", "parameters": {"type": "object"}, "description": "d"},
        {"type": "namespace", "name": "browser", "description": "d", "tools": [{"type": "function", "name": "open"}]},
    ],
}
ECHO = Echo.of(decode(REQUEST))
NAMES = ["f", "apply_patch", "local_shell", "shell", "tool_search", "browser__open", "unknown"]


def frames(data: bytes) -> list[dict[str, Any]]:
    """The events of a stream, each with the line that names it."""
    found: list[dict[str, Any]] = []
    for block in data.decode().split("\n\n")[:-1]:
        name, line = block.split("\n")
        value = json.loads(line.removeprefix("data: "))
        assert name == f"event: {value['type']}"
        found.append(value)
    return found


def stream(events: Sequence[Event], echo: Echo = ECHO, size: int = 3, **given: Any) -> list[dict[str, Any]]:
    """The events that a writer makes of these, some at a time."""
    writer = Writer(id="resp_1", model="kimi-k3", created=7, echo=echo, **given)
    pieces = [piece for start in range(0, len(events), size) for piece in writer.feed(events[start : start + size])]
    return frames(b"".join([*pieces, *writer.finish()]))


def types(found: list[dict[str, Any]]) -> list[str]:
    """The names of the events, without what all of them begin with."""
    return [event["type"].removeprefix("response.") for event in found]


ARGUMENTS = st.sampled_from(['{"input": "*** Begin"}', '{"command": ["ls"]}', '{"commands": ["ls"]}', "{}", '{"a"', "", '{"query": "x"}', "5"])
TEXTS = st.sampled_from(["", "a", "bc", "读", "\ud800", '"\n'])


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """An answer: thoughts, text and calls in any order, the calls among one another too."""
    found: list[Event] = [Start("upstream", "m", 1, draw(st.sampled_from([{}, {"system_fingerprint": "x", "tools": 1}])))]
    if draw(st.booleans()):
        found = []
    open_calls: list[int] = []
    calls = 0
    for _ in range(draw(st.integers(0, 9))):
        kind = draw(st.sampled_from(["think", "text", "start", "arguments", "end", "sealed"]))
        if kind == "think":
            found.append(Reasoning(draw(TEXTS)))
        elif kind == "text":
            found.append(Text(draw(TEXTS)))
        elif kind == "sealed":
            found.append(Sealed("encrypted", draw(st.sampled_from(["e1", "e2"]))))
        elif kind == "start":
            found.append(CallStart(calls, f"call{calls}", draw(st.sampled_from(NAMES))))
            open_calls.append(calls)
            calls += 1
        elif open_calls:
            index = draw(st.sampled_from(open_calls))
            if kind == "arguments":
                found.append(CallArguments(index, draw(ARGUMENTS)))
            else:
                open_calls.remove(index)
                found.append(CallEnd(index, draw(st.booleans())))
    usage = [Usage(9, 2, cached=4, reasoning=1)] if draw(st.booleans()) else []
    reason: Any = draw(st.sampled_from(["stop", "length", "tool_calls", "content_filter", "error", "unknown"]))
    finish = [Finish(reason, native=draw(st.sampled_from([None, "repeat"])))] if draw(st.integers(0, 5)) else []
    return [*found, *usage, *finish]
