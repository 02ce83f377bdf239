"""A request without what is spelled in Chat Completions' way: as a server of another dialect is to get it."""

from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

from moonwire.core.memo import kept_on
from moonwire.core.messages import (
    VERBATIM,
    WITHIN,
    Message,
    Part,
    Request,
    ResponseFormat,
    Thought,
    Tool,
    ToolCall,
    ToolChoice,
)

__all__ = ["bare"]

V = TypeVar("V", Part, Thought, ToolCall, Tool, ToolChoice, ResponseFormat)

_OURS = frozenset({VERBATIM, WITHIN})


def bare(request: Request) -> Request:
    """The same request, spelled by whoever writes it.

    >>> from moonwire.wire.chat import decode
    >>> tool = {"type": "function", "function": {"name": "f", "strict": None}}
    >>> bare(decode({"model": "m", "messages": [], "tools": [tool]})).tools[0].extra
    {}
    """
    fields: dict[str, Any] = {
        "messages": tuple([kept_on(message, "chat.bare", _message) for message in request.messages])
    }
    if request.tools:
        fields["tools"] = tuple(map(_bare, request.tools))
    if request.tool_choice:
        fields["tool_choice"] = _bare(request.tool_choice)
    if request.response_format:
        fields["response_format"] = _bare(request.response_format)
    return msgspec.structs.replace(request, **fields)


def _message(message: Message) -> Message:
    fields: dict[str, Any] = {}
    if isinstance(message.content, tuple):
        fields["content"] = tuple(map(_bare, message.content))
    if message.thoughts:
        fields["thoughts"] = tuple(map(_bare, message.thoughts))
    if message.calls:
        fields["calls"] = tuple(map(_bare, message.calls))
    if message.tools is not UNSET:
        fields["tools"] = tuple(map(_bare, message.tools))
    return msgspec.structs.replace(message, **fields) if fields else message


def _bare(value: V) -> V:
    if _OURS.isdisjoint(value.extra):
        return value
    kept = {name: item for name, item in value.extra.items() if name not in _OURS}
    return msgspec.structs.replace(value, extra=kept)
