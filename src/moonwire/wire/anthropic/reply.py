"""A whole answer, as the dialect's clients put it together out of the stream."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import msgspec

from moonwire.core.messages import Reply, TextPart, Thought, ToolCall
from moonwire.core.schemas.kinds import is_object
from moonwire.wire.anthropic.said import free, stop_word, usage_object, written
from moonwire.wire.anthropic.shapes import RAW, input_of

__all__ = ["encode_reply", "partial_object"]

Json = dict[str, Any]


def encode_reply(reply: Reply, *, id: str, model: str, created: int = 0) -> Json:
    """The answer to a caller that did not ask for a stream. The dialect has no place for `created`.

    >>> reply = Reply(blocks=(TextPart(text="Hi"),), finish="stop")
    >>> body = encode_reply(reply, id="msg_1", model="kimi-k3")
    >>> body["content"], body["stop_reason"]
    ([{'type': 'text', 'text': 'Hi'}], 'end_turn')
    """
    cut = any(not call.complete for call in reply.calls)
    body: Json = {
        **free(reply.extra),
        "id": id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [block for part in reply.blocks for block in _blocks(part)],
        "stop_reason": stop_word(reply.finish or "unknown", reply.stop_sequence, cut=cut),
        "stop_sequence": reply.stop_sequence,
        "usage": usage_object(reply.usage),
    }
    try:
        msgspec.json.encode(body)
    except UnicodeEncodeError:
        return json.loads(written(body))
    return body


def _blocks(part: Thought | TextPart | ToolCall) -> Iterator[Json]:
    if isinstance(part, TextPart):
        if part.text:
            yield {"type": "text", "text": part.text}
    elif isinstance(part, ToolCall):
        given = input_of(part.arguments) if part.complete else partial_object(part.arguments)
        yield {"type": "tool_use", "id": part.id, "name": part.name, "input": given}
    else:
        if part.redacted is None or part.text or part.signature is not None:
            yield {"type": "thinking", "thinking": part.text, "signature": part.signature or ""}
        if part.redacted is not None:
            yield {"type": "redacted_thinking", "data": part.redacted}


_TOKEN: Final = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|([{}\[\]:,])|([^\s{}\[\]:,"]+))', re.DOTALL)
_CLOSING: Final = {"{": "}", "[": "]"}


def partial_object(text: str) -> Json:
    """What is whole in arguments that were cut, as the dialect's clients read it while it streams.

    >>> partial_object('{"a": {"b": [1, "x'), partial_object("")
    ({'a': {'b': [1]}}, {})
    """
    if not text.strip():
        return {}
    with suppress(ValueError, RecursionError):
        value = json.loads(_closed(text))
        if is_object(value):
            return value
    return {RAW: text}


# What is open, the innermost first: its end, and what is open around it.
_Open = tuple[str, "_Open"] | None


def _closed(text: str) -> str:
    """The text up to the last value that is whole, with all closed that is open there."""
    inside: _Open = None
    place, end, there = 0, 0, inside
    # Whether what comes next in an object is a value: behind a colon.
    valued = False
    while (match := _TOKEN.match(text, place)) is not None:
        place = match.end()
        string, mark, scalar = match.groups()
        if mark == ":" or mark == ",":
            valued = mark == ":"
            continue
        if mark in _CLOSING:
            inside = (_CLOSING[mark], inside)
        elif mark is not None:
            inside = inside and inside[1]
        elif (string is not None and not valued and inside and inside[0] == "}") or not _is_value(
            string or scalar
        ):
            continue
        valued = False
        end, there = place, inside
        if inside is None:
            break
    closers: list[str] = []
    while there is not None:
        closers.append(there[0])
        there = there[1]
    return text[:end] + "".join(closers)


def _is_value(text: str) -> bool:
    """Whether a scalar is whole."""
    with suppress(ValueError):
        json.loads(text)
        return True
    return False
