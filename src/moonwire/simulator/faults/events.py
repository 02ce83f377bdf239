"""One piece of a stream, read: what it holds, and what part it plays in the answer.

The three dialects of kimi-api.md 1.1 are told apart by their events' shape: chunks have `choices`,
Messages and Responses a `type`. What is neither plays no part and is sent as it is.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, cast

import msgspec

from moonwire.simulator.faults.steps import Planned

__all__ = [
    "Dialect",
    "Event",
    "Object",
    "Role",
    "decode",
    "dialect",
    "is_stream",
    "obj",
    "objs",
    "read",
    "role",
    "write",
]

Role = Literal["content", "reasoning", "call", "finish", "usage", "done", "other", "none"]
"""`other` is an event without a part in the answer, `none` no event at all: a comment, a blank."""

Dialect = Literal["chat", "messages", "responses"]

Object = dict[str, Any]


class Event(msgspec.Struct, frozen=True):
    """A piece with what its lines say; `value` is nothing where the data is not a JSON object."""

    raw: bytes
    name: str
    data: bytes | None
    value: Object | None


def dialect(path: str) -> Dialect:
    """The dialect that is spoken at a path.

    >>> dialect("/coding/v1/messages?beta=true"), dialect("/v1/chat/completions")
    ('messages', 'chat')
    """
    plain = path.partition("?")[0].rstrip("/")
    if plain.endswith("/messages"):
        return "messages"
    return "responses" if plain.endswith("/responses") else "chat"


def is_stream(planned: Planned) -> bool:
    """Whether the answer is a stream of events. That one was asked for is not enough: refusals are whole."""
    kinds = [value for name, value in planned.headers if name.lower() == "content-type"]
    return any(kind.lower().startswith("text/event-stream") for kind in kinds)


def read(piece: bytes) -> Event:
    r"""The event that a piece holds.

    >>> read(b"data: [DONE]\n\n").data, read(b": keep-alive\n\n").data
    (b'[DONE]', None)
    """
    name = ""
    data: list[bytes] = []
    for line in piece.replace(b"\r\n", b"\n").split(b"\n"):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode("utf-8", "replace")
    joined = b"\n".join(data) if data else None
    return Event(piece, name, joined, decode(joined or b""))


def decode(data: bytes) -> Object | None:
    """The JSON object that the bytes are, or nothing."""
    try:
        return msgspec.json.decode(data, type=Object)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def write(value: Mapping[str, Any], name: str = "") -> bytes:
    r"""An object as an event.

    >>> write({"a": 1}, "ping")
    b'event: ping\ndata: {"a":1}\n\n'
    """
    before = f"event: {name}\n".encode() if name else b""
    return before + b"data: " + msgspec.json.encode(value) + b"\n\n"


def obj(value: Any) -> Object:
    """The value if it is an object, else an empty one: what a stream holds is not ours to trust."""
    return cast("Object", value) if isinstance(value, dict) else {}


def objs(value: Any) -> list[Object]:
    """The objects of a list."""
    return [obj(one) for one in cast("list[Any]", value)] if isinstance(value, list) else []


_TYPES: Final[Mapping[str, Role]] = {
    "message_delta": "finish",
    "message_stop": "done",
    "response.completed": "finish",
    "response.incomplete": "finish",
    "response.failed": "finish",
    "response.output_text.delta": "content",
    "response.reasoning_summary_text.delta": "reasoning",
    "response.reasoning_text.delta": "reasoning",
    "response.function_call_arguments.delta": "call",
}
_DELTAS: Final[Mapping[str, Role]] = {
    "text_delta": "content",
    "thinking_delta": "reasoning",
    "signature_delta": "reasoning",
    "input_json_delta": "call",
}


def role(event: Event) -> Role:
    r"""The part that an event plays.

    >>> role(read(b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}\n\n'))
    'content'
    >>> role(read(b'data: {"choices":[],"usage":{}}\n\n'))
    'usage'
    """
    if event.data is None:
        return "none"
    if event.data == b"[DONE]":
        return "done"
    value = event.value or {}
    if "choices" in value:
        return _of_chunk(value)
    kind = value.get("type")
    if kind == "content_block_delta":
        return _DELTAS.get(str(obj(value.get("delta")).get("type")), "other")
    return _TYPES.get(str(kind), "other")


def _of_chunk(value: Object) -> Role:
    choices = objs(value["choices"])
    if not choices:
        return "usage" if value.get("usage") is not None else "other"
    if any(choice.get("finish_reason") for choice in choices):
        return "finish"
    deltas = [obj(choice.get("delta")) for choice in choices]
    if any(delta.get("tool_calls") for delta in deltas):
        return "call"
    if any(delta.get("content") for delta in deltas):
        return "content"
    # An empty one counts: it marks the end of the thoughts (verification.md P1.7).
    return "reasoning" if any("reasoning_content" in delta for delta in deltas) else "other"
