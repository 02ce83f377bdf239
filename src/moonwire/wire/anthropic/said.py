"""What a stream and a whole answer say alike: JSON, usage, the reason to stop, an error in a stream."""

import json
import re
from typing import Any, Final

import msgspec

from moonwire.core.events import UpstreamError, Usage

__all__ = ["ERROR_TYPES", "error_object", "event", "free", "quoted", "stop_word", "usage_object", "written"]

_encode = msgspec.json.Encoder().encode
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def quoted(text: str) -> bytes:
    """Text as JSON. Half a character no server can have meant, and no client can read."""
    try:
        return _encode(text)
    except UnicodeEncodeError:
        return _encode(_SURROGATE.sub("\ufffd", text))


def written(value: Any) -> bytes:
    """A value as JSON, without half characters."""
    try:
        return _encode(value)
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False)).encode()


def event(name: str, fields: dict[str, Any]) -> bytes:
    r"""One event of a stream, its name said twice.

    >>> event("ping", {})
    b'event: ping\ndata: {"type":"ping"}\n\n'
    """
    return b"event: %b\ndata: %b\n\n" % (name.encode(), written({"type": name, **fields}))


_TAKEN: Final = frozenset(
    {"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage", "error", "object"}
)


def free(extra: dict[str, Any]) -> dict[str, Any]:
    """The server's further fields, as far as their names mean nothing else here."""
    return {name: item for name, item in extra.items() if name not in _TAKEN}


def usage_object(usage: Usage | None) -> dict[str, Any]:
    """Usage as this dialect has it: what the cache gave, and what it took in, are not counted again.

    >>> usage_object(Usage(input=9, output=2, cached=4))["input_tokens"]
    5
    """
    usage = usage or Usage()
    cached, put = usage.cached or 0, usage.cache_written or 0
    said: dict[str, Any] = {
        **usage.extra,
        "input_tokens": max(0, usage.input - cached - put),
        "cache_creation_input_tokens": put,
        "cache_read_input_tokens": cached,
        "output_tokens": usage.output,
    }
    if usage.reasoning is not None:
        said["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    return said


_REASONS: Final = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
    # What this dialect has no word for.
    "error": "end_turn",
    "unknown": "end_turn",
}


def stop_word(reason: str, stop_sequence: str | None, *, cut: bool) -> str:
    """Why the answer ends. Agents run calls where it is `tool_use`: never where one of them was cut.

    >>> stop_word("tool_calls", None, cut=False), stop_word("tool_calls", None, cut=True)
    ('tool_use', 'max_tokens')
    """
    if cut and reason in ("stop", "tool_calls", "unknown"):
        return "max_tokens"
    if stop_sequence is not None and reason == "stop":
        return "stop_sequence"
    return _REASONS[reason]


ERROR_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""The dialect's types of errors, by the status that each comes with."""

# What Kimi's servers and their like call these (kimi-api.md K1).
_OTHER_TYPES: Final = {
    "engine_overloaded_error": "overloaded_error",
    "server_overloaded": "overloaded_error",
    "rate_limit_reached_error": "rate_limit_error",
    "rate_limit_exceeded": "rate_limit_error",
    "exceeded_current_quota_error": "billing_error",
    "insufficient_quota": "billing_error",
    "invalid_authentication_error": "authentication_error",
    "resource_not_found_error": "not_found_error",
    "permission_denied_error": "permission_error",
    "access_terminated_error": "permission_error",
    "content_filter": "invalid_request_error",
}


def error_object(error: UpstreamError) -> dict[str, Any]:
    """An error inside a stream, with a type that the dialect's clients know."""
    kinds = ERROR_TYPES.values()
    kind = next((_OTHER_TYPES.get(word, word) for word in (error.type, error.code) if word), "")
    if kind not in kinds:
        kind = ERROR_TYPES.get(error.status or 500, "api_error")
    return {"type": kind, "message": error.message}
