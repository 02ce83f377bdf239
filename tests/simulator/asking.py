"""Requests to the application without a socket, brought by hand as an ASGI server would bring them."""

import asyncio
import json
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from moonwire.core.catalogue import resolve
from moonwire.core.catalogue.endpoints import find_endpoint
from moonwire.simulator import App
from moonwire.simulator.app import CONNECTION, Connection, Dropped
from moonwire.simulator.rules import Ask, edition

__all__ = [
    "HEADERS",
    "TOOLS",
    "Answer",
    "Broken",
    "an_ask",
    "ask",
    "asked",
    "asked_all",
    "body",
    "called",
    "chat",
    "events",
    "user",
]

HEADERS = {"authorization": "Bearer sk-secret", "content-type": "application/json"}

TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": f"Does {name}.",
            "parameters": {
                "type": "object",
                "properties": {argument: {"type": "string"}},
                "required": [argument],
            },
        },
    }
    for name, argument in (("get_weather", "city"), ("read_file", "path"))
]


@dataclass
class Answer:
    """What came: `broken` names what was done to the connection instead of an end."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    pieces: list[bytes] = field(default_factory=list[bytes])
    broken: str = ""
    ended: bool = False

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        return self.json()["error"]

    @property
    def message(self) -> dict[str, Any]:
        return self.json()["choices"][0]["message"]

    def header(self, name: str) -> str:
        return dict(self.headers).get(name, "")


class Broken:
    """A connection that only writes down what is done to it."""

    def __init__(self) -> None:
        self.done = ""

    def reset(self) -> None:
        self.done = "reset"

    def close(self) -> None:
        self.done = "close"

    def refuse(self, seconds: float) -> None:
        self.done = f"refuse {seconds:g}"


async def asked(
    app: App,
    data: bytes | Iterable[bytes] = b"",
    *,
    method: str = "POST",
    path: str = "/v1/chat/completions",
    headers: Mapping[str, str] = HEADERS,
    connection: Connection | None = None,
) -> Answer:
    """One request; the client leaves as soon as the answer waits for it."""
    pieces = [data] if isinstance(data, bytes) else list(data)
    waiting: list[MutableMapping[str, Any]] = [
        {"type": "http.request", "body": piece, "more_body": True} for piece in pieces
    ]
    waiting.append({"type": "http.request", "body": b"", "more_body": False})
    answer = Answer()

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.sleep(0)
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = [(name.decode(), value.decode("latin-1")) for name, value in message["headers"]]
            return
        if message["body"]:
            answer.pieces.append(message["body"])
        answer.ended = answer.ended or not message["more_body"]

    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
    }
    if connection is not None:
        scope["extensions"] = {CONNECTION: connection}
    try:
        await app(scope, receive, send)
    except Dropped as dropped:
        answer.broken = str(dropped).rsplit(" ", 1)[-1]
    return answer


def ask(app: App, data: bytes | Iterable[bytes] = b"", **more: Any) -> Answer:
    """One request, in a loop of its own."""
    return asyncio.run(asked(app, data, **more))


def asked_all(app: App, bodies: Iterable[bytes]) -> list[Answer]:
    """Request after request, in one loop."""

    async def every() -> list[Answer]:
        return [await asked(app, data) for data in bodies]

    return asyncio.run(every())


def user(text: str) -> list[Any]:
    """A conversation of one message."""
    return [{"role": "user", "content": text}]


def body(text: str | list[Any] = "Say 'OK'.", *, model: str = "kimi-k3", **fields: Any) -> bytes:
    """A request of one message, or of these."""
    messages = user(text) if isinstance(text, str) else text
    return json.dumps({"model": model, "messages": messages, **fields}).encode()


def chat(app: App, text: str | list[Any] = "Say 'OK'.", **fields: Any) -> Answer:
    """What it says to that."""
    return ask(app, body(text, **fields))


def events(answer: Answer) -> list[dict[str, Any]]:
    """The frames of a stream that ended in order."""
    lines = answer.body.decode().split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]


def an_ask(text: str | list[Any] = "Hi.", model: str = "kimi-k3", at: str = "platform", **fields: Any) -> Ask:
    """A request as the rules and the mind see it."""
    messages = user(text) if isinstance(text, str) else text
    target = resolve(model, at)
    return Ask({"model": model, "messages": messages, **fields}, target, find_endpoint(at), edition("latest"))


def called(*ids: str, name: str = "read_file", result: str = "a b") -> list[Any]:
    """A turn with calls of these ids, and their results."""
    calls = [{"id": one, "type": "function", "function": {"name": name, "arguments": "{}"}} for one in ids]
    turn = {"role": "assistant", "content": "", "reasoning_content": "So.", "tool_calls": calls}
    return [turn, *({"role": "tool", "tool_call_id": one, "content": result} for one in ids)]
