"""What a chunk of Chat Completions may hold, and how one of an unusual shape is read all the same.

Only the fields that are needed are decoded, which is most of what a chunk costs. A chunk that has one of
them in another shape is read again, with patience: what has no readable shape is left out (kimi-api.md I9:
a malformed index, a null where a list should be).
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

import msgspec
from msgspec import Raw

from moonwire.core.schemas.kinds import is_list, is_object

__all__ = [
    "NOTHING",
    "Call",
    "Choice",
    "Chunk",
    "Delta",
    "Function",
    "detailed",
    "joined_logprobs",
    "patient",
    "patient_delta",
    "read_chunk",
    "read_json",
]

# `Any` is for what is null or absent in nearly every chunk (`Raw | None` would take null alone), `Raw` for
# what is there and nearly never needed.

NOTHING: Final = Raw(b"")
"""Stands for a field that is not there."""


class Function(msgspec.Struct, gc=False):
    """The inner object of a call."""

    name: str | None = None
    arguments: str | None = None


class Call(msgspec.Struct, gc=False):
    """A piece of a call."""

    index: int | None = None
    id: str | None = None
    function: Function | None = None


class Delta(msgspec.Struct, gc=False):
    """What is new in this chunk."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: Raw = NOTHING
    tool_calls: list[Call] | None = None


class Choice(msgspec.Struct, gc=False):
    """One candidate's part of the chunk."""

    index: int | None = 0
    delta: Delta | None = None
    message: Any = None
    finish_reason: str | None = None
    usage: Any = None
    logprobs: Any = None
    stop_reason: Any = None


class Chunk(msgspec.Struct, gc=False):
    """One event of the stream."""

    choices: list[Choice] | None = None
    usage: Any = None
    error: Any = None


read_chunk: Final = msgspec.json.Decoder(Chunk).decode
"""A chunk of the usual shape; anything else raises."""


def read_json(data: bytes) -> Any:
    r"""JSON, also as Python's own reader has it: half characters, broken UTF-8, numbers of any size.

    >>> read_json(b'{"a": "\\ud83d", "b": NaN}'), read_json(b"<html>")
    ({'a': '\ud83d', 'b': None}, None)
    """
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.json.decode(data)
    try:
        return json.loads(data.decode("utf-8", "replace"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _no_number(word: str) -> None:
    """NaN and its like, which Python writes and JSON has not."""


def patient(value: dict[str, Any]) -> Chunk:
    """A chunk with all in it that can be read."""
    choices = value.get("choices")
    return Chunk(
        choices=[_patient_choice(one) for one in choices if is_object(one)] if is_list(choices) else [],
        usage=value.get("usage"),
        error=value.get("error"),
    )


def _patient_choice(choice: dict[str, Any]) -> Choice:
    # A whole answer has a message instead.
    delta = choice.get("delta") or choice.get("message")
    return Choice(
        index=_index(choice.get("index")),
        delta=patient_delta(delta) if is_object(delta) else None,
        finish_reason=_text(choice.get("finish_reason")),
        usage=choice.get("usage"),
        logprobs=choice.get("logprobs"),
        stop_reason=choice.get("stop_reason"),
    )


def patient_delta(delta: dict[str, Any]) -> Delta:
    """A delta, or a whole message, with all in it that can be read."""
    calls = delta.get("tool_calls")
    reasoning = _text(delta.get("reasoning"))
    return Delta(
        content=_text(delta.get("content")),
        reasoning_content=_text(delta.get("reasoning_content")),
        reasoning=reasoning or _texts(delta.get("reasoning_details")) or reasoning,
        tool_calls=[_patient_call(call) for call in calls if is_object(call)] if is_list(calls) else None,
    )


def _patient_call(call: dict[str, Any]) -> Call:
    function = call.get("function")
    if not is_object(function):
        return Call(_index(call.get("index")), _text(call.get("id")))
    arguments = function.get("arguments")
    text = arguments if isinstance(arguments, str) else None
    if arguments is not None and text is None:
        # An object where text should be.
        with suppress(RecursionError):
            text = json.dumps(arguments, ensure_ascii=False)
    return Call(_index(call.get("index")), _text(call.get("id")), Function(_text(function.get("name")), text))


def _index(value: Any) -> int | None:
    """An index that counts, also as text; `"zero"` does not."""
    if isinstance(value, str) and value.isdecimal():
        return int(value[:9])
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    """Text, also in parts, as some gateways give content."""
    return value if isinstance(value, str) else _texts(value)


def _texts(parts: Any) -> str | None:
    if not is_list(parts):
        return None
    texts = [part.get("text") for part in parts if is_object(part)]
    return "".join(text for text in texts if isinstance(text, str))


def detailed(details: Raw) -> str | None:
    """OpenRouter's thoughts where they stand in `reasoning_details` alone (kimi-api.md B6)."""
    return _texts(read_json(bytes(details)))


def joined_logprobs(logprobs: Iterable[Any]) -> Any:
    """The logprobs of several chunks as those of one.

    >>> joined_logprobs([{"content": [1]}, None, {"content": [2]}])
    {'content': [1, 2]}
    """
    content: list[Any] = []
    for one in logprobs:
        if is_object(one) and is_list(one.get("content")):
            content += one["content"]
    return {"content": content}
