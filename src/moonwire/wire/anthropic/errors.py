"""Errors in the words that the dialect's clients act on.

They compact when they read that the prompt is too long, wait as long as `Retry-After` says, try again for a
status of 429 or of 500 and more, and stop at a bill; so each kind has the type and status that Anthropic
has for it. What must not be tried again says so in a header that its SDKs obey.
"""

import math
from typing import Any, Final

from moonwire.core.budget import NoRoom, TooLarge
from moonwire.core.errors import (
    Auth,
    ClientGated,
    ContentFiltered,
    ContextOverflow,
    LocalProtocolError,
    ModelNotFound,
    MoonwireError,
    Overloaded,
    ProtocolError,
    QuotaExhausted,
    RateLimited,
    Refusal,
    ServerFailure,
    StructuralRefusal,
    TransportError,
)
from moonwire.wire.anthropic.said import ERROR_TYPES, event

__all__ = ["Encoded", "encode_error", "error_event", "markdown_table"]

Encoded = tuple[int, list[tuple[str, str]], dict[str, Any]]
"""Status, headers and body."""

TOO_LONG: Final = "prompt is too long"
"""What a client looks for before it compacts."""

# Kind to status, and what it means. The first that fits decides, so the particular stands first; a status
# of nought is the error's own, and what comes of it has the type of that status.
_Row = tuple[type[MoonwireError], int, str]

_ROWS: Final[tuple[_Row, ...]] = (
    (NoRoom, 400, "the conversation leaves no room for an answer"),
    (TooLarge, 413, "the body is larger than the endpoint takes"),
    (LocalProtocolError, 0, "the request cannot be meant; the message names the place"),
    (ContextOverflow, 400, "the conversation does not fit the window"),
    (ModelNotFound, 404, "the server has no such model"),
    (Auth, 401, "the key is missing, wrong, or of another region"),
    (ClientGated, 403, "the endpoint does not serve this agent"),
    (ContentFiltered, 400, "the server's filter refused it"),
    (QuotaExhausted, 402, "the account has nothing left"),
    (RateLimited, 429, "too many requests for this key"),
    (Overloaded, 529, "the server is overloaded"),
    (StructuralRefusal, 400, "the server does not take a field or a message"),
    (ServerFailure, 0, "the server broke down"),
    (Refusal, 0, "another refusal"),
    (TransportError, 0, "the server cannot be reached, or broke off"),
    (ProtocolError, 0, "the server's answer cannot be read"),
)
_OTHER: Final[_Row] = (MoonwireError, 500, "anything else")


def encode_error(error: MoonwireError, *, status: int | None = None) -> Encoded:
    """How the error is told: never without what is wrong, where, and what to do.

    >>> encode_error(RateLimited("slow down", retry_after=2.5))[:2]
    (429, [('retry-after', '3')])
    >>> encode_error(LocalProtocolError("no such role", path="messages[0].role"))[2]["error"]
    {'type': 'invalid_request_error', 'message': 'messages[0].role: no such role'}
    """
    row = next((row for row in _ROWS if isinstance(error, row[0])), _OTHER)
    said = status or row[1] or _own_status(error)
    if isinstance(error, ContextOverflow) and error.unit == "bytes":
        said = status or 413
    kind = ERROR_TYPES.get(said, "invalid_request_error" if 400 <= said < 500 else "api_error")
    body = {"type": "error", "error": {"type": kind, "message": _message(error)}}
    return said, _headers(error), body


def error_event(error: MoonwireError) -> bytes:
    r"""The error inside a stream that has begun; nothing comes behind it.

    >>> error_event(Overloaded("busy"))[:40]
    b'event: error\ndata: {"type":"error","erro'
    """
    return event("error", {"error": encode_error(error)[2]["error"]})


def markdown_table() -> str:
    """The kinds of errors as a page prints them."""
    lines = ["| error | status | type |", "|---|---|---|"]
    for _, status, meaning in _ROWS:
        kind = f"`{ERROR_TYPES[status]}`" if status else "that of the status"
        said = str(status) if status else "the server's, else 400 or 502"
        lines.append(f"| {meaning} | {said} | {kind} |")
    return "\n".join(lines) + "\n"


def _message(error: MoonwireError) -> str:
    message = error.message
    if isinstance(error, NoRoom):
        message = f"{TOO_LONG}: {error.needed} tokens > {error.window} maximum: {message}"
    elif isinstance(error, ContextOverflow) and error.unit == "tokens":
        sizes = ""
        if error.limit is not None and error.requested is not None:
            sizes = f": {error.requested} tokens > {error.limit} maximum"
        message = f"{TOO_LONG}{sizes}: {message}"
    elif error.path:
        message = f"{error.path}: {message}"
    remedy = error.remedy
    return f"{message.rstrip('. ')}. {remedy[:1].upper()}{remedy[1:]}" if remedy else message


def _own_status(error: MoonwireError) -> int:
    """The server's own status where it tells a caller to try again, else the hint of the class."""
    if isinstance(error, Refusal) and error.status is not None and 400 <= error.status < 600:
        return error.status
    hint = getattr(error, "status_hint", 500)
    return hint if isinstance(hint, int) else 500


def _headers(error: MoonwireError) -> list[tuple[str, str]]:
    if isinstance(error, QuotaExhausted):
        return [("x-should-retry", "false")]
    wait = error.retry_after if isinstance(error, Refusal) else None
    return [] if wait is None else [("retry-after", str(math.ceil(wait)))]
