"""What an event of a stream may hold, and how one of an unusual shape is read all the same.

Only the fields that are needed are decoded. An event that has one of them in another shape is read again,
with patience: what has no readable shape is left out.
"""

import json
import math
from contextlib import suppress
from typing import Any, Final

import msgspec

from moonwire.core.events import FinishReason, Start, UpstreamError, Usage
from moonwire.core.refusals.envelope import open_envelope
from moonwire.core.schemas.kinds import is_number, is_object

__all__ = [
    "REASONS",
    "WORDS",
    "Delta",
    "Frame",
    "error_of",
    "patient",
    "read_frame",
    "read_json",
    "start_of",
    "usage_of",
]

Json = dict[str, Any]


class Delta(msgspec.Struct, gc=False):
    """What is new in a block, or in the message."""

    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    signature: str | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None


class Frame(msgspec.Struct, gc=False):
    """One event."""

    type: str = ""
    index: int | None = None
    delta: Delta | None = None
    content_block: Any = None
    message: Any = None
    usage: Any = None


read_frame: Final = msgspec.json.Decoder(Frame).decode
"""An event of the usual shape; anything else raises."""


def read_json(data: bytes) -> Any:
    r"""JSON, also as Python's own reader has it: half characters, broken UTF-8, numbers of any size.

    >>> read_json(b'{"a": "\\ud83d", "b": NaN}'), read_json(b"<html>")
    ({'a': '\ud83d', 'b': None}, None)
    """
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.json.decode(data)
    with suppress(ValueError, RecursionError):
        return json.loads(data.decode("utf-8", "replace"), parse_constant=lambda word: None)
    return None


def patient(value: Json) -> Frame:
    """An event with all in it that can be read."""
    delta, index = value.get("delta"), value.get("index")
    fields: Json = delta if is_object(delta) else {}
    texts = {name: fields[name] for name in Delta.__struct_fields__ if isinstance(fields.get(name), str)}
    kind = value.get("type")
    return Frame(
        type=kind if isinstance(kind, str) else "",
        index=index if isinstance(index, int) and not isinstance(index, bool) else None,
        delta=Delta(**texts) if is_object(delta) else None,
        content_block=value.get("content_block"),
        message=value.get("message"),
        usage=value.get("usage"),
    )


REASONS: Final[dict[str, FinishReason]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
    "model_context_window_exceeded": "length",
    # What servers of another dialect say for the same when they are asked in this one.
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
}
WORDS: Final = frozenset({"end_turn", "stop_sequence", "max_tokens", "tool_use", "refusal"})
"""The words that need not be told, since ours mean the same."""

_HEAD: Final = frozenset(
    {"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage", "error"}
)


def start_of(message: Json) -> Start:
    """What a message says of itself."""
    id, model = message.get("id"), message.get("model")
    return Start(
        id if isinstance(id, str) else "",
        model if isinstance(model, str) else "",
        0,
        {name: item for name, item in message.items() if name not in _HEAD and item is not None},
    )


def error_of(value: Json) -> UpstreamError:
    """An error inside a stream that began well (kimi-api.md M1)."""
    inner = value.get("error")
    said: Json = inner if is_object(inner) else value
    found = open_envelope(value)
    code, kind = said.get("code"), said.get("type")
    return UpstreamError(
        found.message or "the server broke off with an error",
        code=code if isinstance(code, str) else "",
        type=kind if isinstance(kind, str) else "",
        status=found.status,
        raw=said,
    )


_INPUT: Final = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
_KNOWN: Final = frozenset({*_INPUT, "output_tokens", "output_tokens_details"})


def usage_of(value: Json) -> Usage | None:
    """Usage; none where it counts nothing. What the cache gave and took is not in `input_tokens`.

    >>> usage_of({"input_tokens": 5, "cache_read_input_tokens": 4, "output_tokens": 2})
    Usage(input=9, output=2, cached=4)
    """
    plain, cached, put = (_count(value.get(name)) for name in _INPUT)
    output = _count(value.get("output_tokens"))
    if plain is None and output is None:
        return None
    details = value.get("output_tokens_details")
    return Usage(
        input=(plain or 0) + (cached or 0) + (put or 0),
        output=output or 0,
        cached=cached,
        # Kimi's servers count what they took into the cache as nothing (kimi-api.md J).
        cache_written=put or None,
        reasoning=_count(details.get("thinking_tokens")) if is_object(details) else None,
        extra={name: item for name, item in value.items() if name not in _KNOWN and item is not None},
    )


def _count(value: Any) -> int | None:
    if not is_number(value) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return max(0, int(value))
