"""Errors in the words that Chat Completions' clients act on.

Agents compact when they read `context_length_exceeded`, back off when they read `Retry-After`, and stop
when they read `insufficient_quota`; so each kind has the status, type and code that OpenAI has for it.
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

__all__ = ["Encoded", "encode_error"]

Encoded = tuple[int, list[tuple[str, str]], dict[str, Any]]
"""Status, headers and body."""

INVALID: Final = "invalid_request_error"

# Kind to status, type and code. The first that fits decides, so the particular stands first; a status of
# nought is the error's own.
_Row = tuple[type[MoonwireError], int, str, str | None]

_ROWS: Final[tuple[_Row, ...]] = (
    (NoRoom, 400, INVALID, "context_length_exceeded"),
    (TooLarge, 413, INVALID, "request_too_large"),
    (LocalProtocolError, 0, INVALID, None),
    (ContextOverflow, 400, INVALID, "context_length_exceeded"),
    (ModelNotFound, 404, INVALID, "model_not_found"),
    (Auth, 401, "authentication_error", "invalid_api_key"),
    (ClientGated, 403, "permission_error", "client_not_allowed"),
    (ContentFiltered, 400, INVALID, "content_filter"),
    (QuotaExhausted, 429, "insufficient_quota", "insufficient_quota"),
    (RateLimited, 429, "rate_limit_error", "rate_limit_exceeded"),
    (Overloaded, 503, "overloaded_error", "overloaded"),
    (StructuralRefusal, 400, INVALID, None),
    (ServerFailure, 0, "server_error", "upstream_failed"),
    (Refusal, 0, "server_error", None),
    (TransportError, 0, "server_error", "upstream_unreachable"),
    (ProtocolError, 0, "server_error", "upstream_unreadable"),
)
_OTHER: Final[_Row] = (MoonwireError, 500, "server_error", None)


def encode_error(error: MoonwireError, *, status: int | None = None, code: str | None = None) -> Encoded:
    """How the error is told: never without what is wrong, where, and what to do.

    >>> encode_error(RateLimited("slow down", retry_after=2.5))[:2]
    (429, [('retry-after', '3')])
    >>> encode_error(LocalProtocolError("no such role", path="messages[0].role"))[2]["error"]["param"]
    'messages[0].role'
    """
    _, kind, type_, known = _row(error)
    said = status or kind or _own_status(error)
    message = (
        error.message if not error.remedy else f"{error.message.rstrip('. ')}. {_sentence(error.remedy)}"
    )
    body = {"message": message, "type": type_, "param": error.path or None, "code": code or known}
    return said, _waiting(error), {"error": body}


def _row(error: MoonwireError) -> _Row:
    return next((row for row in _ROWS if isinstance(error, row[0])), _OTHER)


def _own_status(error: MoonwireError) -> int:
    """The server's own status where it tells a caller to try again, else the hint of the class."""
    if isinstance(error, Refusal) and error.status is not None and 400 <= error.status < 600:
        return error.status
    hint = getattr(error, "status_hint", 500)
    return hint if isinstance(hint, int) else 500


def _waiting(error: MoonwireError) -> list[tuple[str, str]]:
    wait = error.retry_after if isinstance(error, Refusal) else None
    return [] if wait is None else [("retry-after", str(math.ceil(wait)))]


def _sentence(remedy: str) -> str:
    return remedy[:1].upper() + remedy[1:]
