"""Answers that were prepared: nothing is checked or counted, so that the box is not what is measured."""

from functools import lru_cache
from typing import Final

import msgspec

from moonwire.simulator.faults import Planned

__all__ = ["CHUNKS", "prepared"]

CHUNKS: Final = 200
"""How many content chunks an answer has where the request's cap does not say."""

BURST: Final = 64
"""How many events go out in one write."""

MOST: Final = 200_000
"""How many chunks there are at most. Answers are kept, and so neither this nor a name may be any length."""

LONGEST_NAME: Final = 256


class _Asked(msgspec.Struct):
    """The four fields that decide."""

    model: str = "kimi-k3"
    stream: bool | None = False
    max_completion_tokens: int | None = None
    max_tokens: int | None = None


_DECODER: Final = msgspec.json.Decoder(_Asked)

_ID: Final = "chatcmpl-000000000000000000000000"
_CREATED: Final = 1_790_000_000


def prepared(body: bytes, *, burst: int = BURST) -> Planned:
    """An answer of as many chunks as the request's cap has tokens, `CHUNKS` where it has none.

    >>> planned = prepared(b'{"model": "kimi-k3", "stream": true, "max_completion_tokens": 3}', burst=1)
    >>> len(list(planned.pieces))
    6
    """
    try:
        asked = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        asked = _Asked()
    count = max(1, min(asked.max_completion_tokens or asked.max_tokens or CHUNKS, MOST))
    model = asked.model[:LONGEST_NAME]
    if asked.stream:
        head = [("content-type", "text/event-stream"), ("cache-control", "no-cache")]
        return Planned(200, head, _stream(model, count, burst))
    return Planned(200, [("content-type", "application/json")], (_whole(model, count),))


@lru_cache(maxsize=8)
def _stream(model: str, count: int, burst: int) -> tuple[bytes, ...]:
    """The events in bursts: role, chunks, end, `[DONE]`."""
    events = [_frame(model, {"role": "assistant", "content": ""}, None)]
    events += [_frame(model, {"content": " word"}, None)] * count
    events.append(_frame(model, {}, "stop", _usage(count)))
    events.append(b"data: [DONE]\n\n")
    return tuple(b"".join(events[place : place + burst]) for place in range(0, len(events), burst))


def _usage(count: int) -> dict[str, int]:
    return {"prompt_tokens": 10, "completion_tokens": count, "total_tokens": 10 + count}


def _frame(
    model: str, delta: dict[str, str], finish: str | None, usage: dict[str, int] | None = None
) -> bytes:
    choice: dict[str, object] = {"index": 0, "delta": delta, "finish_reason": finish}
    if usage is not None:
        choice["usage"] = usage
    value = {
        "id": _ID,
        "object": "chat.completion.chunk",
        "created": _CREATED,
        "model": model,
        "choices": [choice],
    }
    return b"data: " + msgspec.json.encode(value) + b"\n\n"


@lru_cache(maxsize=8)
def _whole(model: str, count: int) -> bytes:
    message = {"role": "assistant", "content": " word" * count}
    value = {
        "id": _ID,
        "object": "chat.completion",
        "created": _CREATED,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": _usage(count),
    }
    return msgspec.json.encode(value)
