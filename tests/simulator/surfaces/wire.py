"""A client of the standard library, and streams put together as their grammar says."""

import http.client
import json
from typing import Any

from moonwire.simulator import Server

__all__ = ["AGENT", "GRAMMAR", "Got", "folded", "post", "read_events"]

AGENT = {"user-agent": "claude-cli/2.1.211", "x-api-key": "sk-secret", "content-type": "application/json"}

Event = dict[str, Any]
Got = tuple[int, dict[str, str], bytes]


def post(
    server: Server, path: str, body: Any, *, method: str = "POST", headers: dict[str, str] | None = None
) -> Got:
    """Status, headers and body of one answer."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=20)
    try:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, data, AGENT if headers is None else headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def read_events(data: bytes) -> list[Event]:
    """The events of a stream, each of which is named twice and alike."""
    found: list[Event] = []
    text = data.decode()
    assert text.endswith("\n\n")
    for piece in text.removesuffix("\n\n").split("\n\n"):
        first, second = piece.split("\n")
        event = json.loads(second.removeprefix("data: "))
        assert first == f"event: {event['type']}"
        found.append(event)
    return found


GRAMMAR: dict[str, tuple[str, ...]] = {
    "thinking": ("thinking_delta", "signature_delta"),
    "text": ("text_delta",),
    "tool_use": ("input_json_delta",),
}
"""Which deltas a block may have (docs.anthropic.com, streaming messages)."""


def folded(events: list[Event]) -> Event:
    """The message that a Messages stream makes; any break of the grammar fails."""
    assert [event["type"] for event in (events[0], events[-2], events[-1])] == [
        "message_start",
        "message_delta",
        "message_stop",
    ]
    message: Event = dict(events[0]["message"])
    assert message["content"] == []
    assert message["stop_reason"] is None
    blocks: list[Event] = []
    arguments = ""
    inside = False
    for event in events[1:-2]:
        kind = event["type"]
        if kind == "ping":
            continue
        assert event["index"] == (len(blocks) if kind == "content_block_start" else len(blocks) - 1)
        if kind == "content_block_start":
            assert not inside
            inside, arguments = True, ""
            blocks.append(dict(event["content_block"]))
        elif kind == "content_block_delta":
            assert inside
            arguments += _applied(blocks[-1], event["delta"])
        else:
            assert kind == "content_block_stop"
            assert inside
            inside = False
            if arguments:
                blocks[-1]["input"] = json.loads(arguments)
    assert not inside
    return {**message, "content": blocks, **events[-2]["delta"], "usage": events[-2]["usage"]}


def _applied(block: Event, delta: Event) -> str:
    """Adds a delta to its block; what is the arguments' is given back."""
    assert delta["type"] in GRAMMAR[block["type"]]
    if delta["type"] == "input_json_delta":
        return delta["partial_json"]
    field = delta["type"].removesuffix("_delta")
    # After the signature nothing more is thought.
    assert not block.get("signature")
    block[field] += delta[field]
    return ""
