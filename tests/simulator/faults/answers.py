"""Answers to be harmed, and a client that reads what is left of them as the standards say."""

import codecs
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from moonwire.simulator.faults import Fault, Head, Planned, Send, Step, load, steps

NOW = 784_111_770.0
"""Sun, 06 Nov 1994 08:49:30 GMT"""

SSE = [("content-type", "text/event-stream"), ("Msh-Request-Id", "r1")]
USAGE = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}


def event(value: Any, name: str = "") -> bytes:
    before = f"event: {name}\n" if name else ""
    return f"{before}data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice: dict[str, Any] = {"index": 0, "delta": delta, "finish_reason": finish}
    if finish:
        choice["usage"] = USAGE
    return event({"id": "c1", "object": "chat.completion.chunk", "choices": [choice]})


def call(arguments: str, **first: Any) -> bytes:
    function: dict[str, Any] = {"name": "look"} if first else {}
    return chunk({"tool_calls": [{"index": 0, **first, "function": {**function, "arguments": arguments}}]})


DONE = b"data: [DONE]\n\n"


def chat_pieces(
    thoughts: Iterable[str] = ("Hm", "so"),
    texts: Iterable[str] = ("Zürich", "is", "nice"),
    *,
    calls: bool = True,
) -> list[bytes]:
    called = [call("", id="call_1", type="function"), call('{"a":'), call("1}")] if calls else []
    return [
        chunk({"role": "assistant", "content": ""}),
        *(chunk({"reasoning_content": one}) for one in thoughts),
        *(chunk({"content": one}) for one in texts),
        *called,
        chunk({}, "tool_calls" if calls else "stop"),
        event({"id": "c1", "choices": [], "usage": USAGE}),
        DONE,
    ]


def stream(pieces: Iterable[bytes] | None = None) -> Planned:
    return Planned(200, SSE, chat_pieces() if pieces is None else pieces)


WHOLE: dict[str, Any] = {
    "id": "c1",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "reasoning_content": "Hm",
                "content": "Zürich",
                "tool_calls": [{"id": "call_1", "function": {"name": "look", "arguments": "{}"}}],
            },
            "finish_reason": "tool_calls",
        }
    ],
    "usage": USAGE,
}


def whole(value: Any = None) -> Planned:
    body = json.dumps(WHOLE if value is None else value, ensure_ascii=False).encode()
    return Planned(200, [("content-type", "application/json"), ("Content-Length", str(len(body)))], [body])


def messages() -> Planned:
    parts: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "m1", "role": "assistant"}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Zü"}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "rich"}},
        {"type": "content_block_stop", "index": 1},
        {"type": "content_block_start", "index": 2, "content_block": {"type": "tool_use", "name": "look"}},
        {
            "type": "content_block_delta",
            "index": 2,
            "delta": {"type": "input_json_delta", "partial_json": "{}"},
        },
        {"type": "content_block_stop", "index": 2},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ]
    return Planned(200, SSE, [event(one, str(one["type"])) for one in parts])


def responses() -> Planned:
    said = {"type": "message", "content": [{"type": "output_text", "text": "Zürich"}]}
    output: list[dict[str, Any]] = [
        {"type": "reasoning", "summary": []},
        said,
        {"type": "function_call", "name": "look"},
    ]
    parts: list[dict[str, Any]] = [
        {"type": "response.created", "response": {"id": "r1"}},
        {"type": "response.reasoning_summary_text.delta", "delta": "Hm"},
        {"type": "response.output_text.delta", "delta": "Zü"},
        {"type": "response.output_text.delta", "delta": "rich"},
        {"type": "response.function_call_arguments.delta", "delta": "{}"},
        {"type": "response.completed", "response": {"id": "r1", "status": "completed", "output": output}},
    ]
    return Planned(200, SSE, [event(one, str(one["type"])) for one in parts])


def fault(kind: str, path: str = "/v1/chat/completions", /, **values: Any) -> Fault:
    """A fault with its defaults, but for what is given."""
    lines = [f"{name} = {toml(value)}" for name, value in values.items()]
    text = "\n".join(["seed = 7", "[[fault]]", f'kind = "{kind}"', *lines])
    found = load(text).start().pick(1, path, True, b"{}")
    assert found is not None
    return found


def toml(value: Any) -> str:
    return str(value) if isinstance(value, float) else json.dumps(value)


def run(fault: Fault | None, planned: Planned) -> list[Step]:
    return list(steps(fault, planned, now=NOW))


def shown(done: list[Step]) -> list[str]:
    """The kinds of the steps, neighbours of one kind as one."""
    names = [type(step).__name__ for step in done]
    return [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]


def body(done: list[Step]) -> bytes:
    return b"".join(step.data for step in done if isinstance(step, Send))


def head(done: list[Step]) -> Head:
    return next(step for step in done if isinstance(step, Head))


def header(done: list[Step], name: str) -> str | None:
    heads = [step.headers for step in done if isinstance(step, Head)]
    return next((value for headers in heads for key, value in headers if key.lower() == name), None)


def unpacked(done: list[Step]) -> bytes:
    raw = body(done)
    return zlib.decompress(raw, wbits=31) if header(done, "content-encoding") == "gzip" else raw


@dataclass
class Got:
    """What a client of Chat Completions knows at the end."""

    content: str = ""
    reasoning: str = ""
    arguments: str = ""
    finish: str | None = None
    usage: Any = None
    done: bool = False
    errors: list[Any] = field(default_factory=list[Any])


def values(raw: bytes) -> list[Any]:
    """The objects of a stream, read as the standard of server-sent events says."""
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(raw, True)
    found: list[Any] = []
    data: list[str] = []
    name = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        if not line:
            if data and name != "ping":
                found += parsed("\n".join(data))
            data, name = [], ""
            continue
        key, _, value = line.partition(":")
        if key == "data":
            data.append(value.removeprefix(" "))
        elif key == "event":
            name = value.removeprefix(" ")
    return found


def parsed(data: str) -> list[Any]:
    if data == "[DONE]":
        return [data]
    try:
        return [json.loads(data)]
    except ValueError:
        return []


def understood(done: list[Step]) -> Got:
    """What the client makes of a stream."""
    got = Got()
    for value in values(unpacked(done)):
        if value == "[DONE]":
            got.done = True
            break
        if "error" in value:
            got.errors.append(value["error"])
        got.usage = value.get("usage") or got.usage
        for choice in value.get("choices", []):
            delta = choice["delta"]
            got.content += delta.get("content") or ""
            got.reasoning += delta.get("reasoning_content") or ""
            for one in delta.get("tool_calls", []):
                got.arguments += one["function"]["arguments"]
            got.finish = choice["finish_reason"] or got.finish
    return got
