"""Errors in the words that clients of Responses act on.

An SDK reads status and code as it does for Chat Completions. Codex reads the code of a failed response
inside the stream: it compacts on `context_length_exceeded`, stops on `insufficient_quota`, waits as long
as the message of `rate_limit_exceeded` says, and tries again on anything else; of a status of 400 it
only shows the text. So a caller that asked for a stream is best told of an overflow by `error_event`.
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
from moonwire.core.events import UpstreamError
from moonwire.wire.responses.writer import Writer

__all__ = ["Encoded", "encode_error", "error_event", "markdown_table", "upstream_error"]

Encoded = tuple[int, list[tuple[str, str]], dict[str, Any]]
"""Status, headers and body."""

INVALID: Final = "invalid_request_error"

# Kind to status, type and code, the code inside a stream, and what it means. The first that fits decides;
# a status of nought is the error's own.
_Row = tuple[type[MoonwireError], int, str, str | None, str]

_OVERFLOW: Final = "context_length_exceeded"
_ROWS: Final[tuple[_Row, ...]] = (
    (NoRoom, 400, INVALID, _OVERFLOW, "the conversation leaves no room for an answer"),
    (TooLarge, 413, INVALID, "request_too_large", "the body is larger than the endpoint takes"),
    (LocalProtocolError, 0, INVALID, None, "the request cannot be meant; `param` names the place"),
    (ContextOverflow, 400, INVALID, _OVERFLOW, "the conversation does not fit the window"),
    (ModelNotFound, 404, INVALID, "model_not_found", "the server has no such model"),
    (Auth, 401, "authentication_error", "invalid_api_key", "the key is missing, wrong, or of another region"),
    (ClientGated, 403, "permission_error", "client_not_allowed", "the endpoint does not serve this agent"),
    (ContentFiltered, 400, INVALID, "content_filter", "the server's filter refused it"),
    (QuotaExhausted, 429, "insufficient_quota", "insufficient_quota", "the account has nothing left"),
    (RateLimited, 429, "rate_limit_error", "rate_limit_exceeded", "too many requests for this key"),
    (Overloaded, 503, "server_error", "server_is_overloaded", "the server is overloaded"),
    (StructuralRefusal, 400, INVALID, None, "the server does not take a field or a message"),
    (ServerFailure, 0, "server_error", "server_error", "the server broke down"),
    (Refusal, 0, "server_error", None, "another refusal"),
    (TransportError, 0, "server_error", "upstream_unreachable", "the server cannot be reached, or broke off"),
    (ProtocolError, 0, "server_error", "upstream_unreadable", "the server's answer cannot be read"),
)
_OTHER: Final[_Row] = (MoonwireError, 500, "server_error", None, "anything else")


def encode_error(error: MoonwireError, *, status: int | None = None, code: str | None = None) -> Encoded:
    """How the error is told: never without what is wrong, where, and what to do.

    >>> encode_error(RateLimited("slow down", retry_after=2.5))[:2]
    (429, [('retry-after', '3')])
    >>> encode_error(LocalProtocolError("no such role", path="input[0].role"))[2]["error"]["param"]
    'input[0].role'
    """
    _, kind, type_, known, _ = _row(error)
    said = status or kind or _own_status(error)
    body = {"message": _message(error), "type": type_, "param": error.path or None, "code": code or known}
    return said, _waiting(error), {"error": body}


def upstream_error(error: MoonwireError) -> UpstreamError:
    """The error as a stream tells it: the code that clients act on, and how long to wait in its words."""
    _, _, type_, known, _ = _row(error)
    message = _message(error)
    wait = error.retry_after if isinstance(error, Refusal) else None
    if wait is not None:
        message = f"{message.rstrip('. ')}. Please try again in {math.ceil(wait)}s."
    refused = "invalid_prompt" if type_ == INVALID else "server_error"
    return UpstreamError(message, code=known or refused, type=type_)


def error_event(error: MoonwireError, writer: Writer | None = None) -> bytes:
    """The end of a stream by an error: of the one that `writer` has begun, or of one that says nothing else.

    >>> ended = error_event(QuotaExhausted("nothing left"))
    >>> [line.removeprefix("event: ") for line in ended.decode().splitlines() if line.startswith("event")]
    ['response.created', 'response.in_progress', 'error', 'response.failed']
    """
    writing = writer or Writer(id="resp_failed", model="", created=0)
    return b"".join(writing.fail(upstream_error(error)))


def markdown_table() -> str:
    """The kinds of errors as a table of Markdown."""
    lines = ["| error | status | type | code |", "|---|---|---|---|"]
    for _, status, type_, code, meaning in _ROWS:
        said = str(status) if status else "the server's, else 400 or 502"
        lines.append(f"| {meaning} | {said} | `{type_}` | {f'`{code}`' if code else '–'} |")
    return "\n".join(lines) + "\n"


def _row(error: MoonwireError) -> _Row:
    return next((row for row in _ROWS if isinstance(error, row[0])), _OTHER)


def _message(error: MoonwireError) -> str:
    if not error.remedy:
        return error.message
    return f"{error.message.rstrip('. ')}. {error.remedy[:1].upper()}{error.remedy[1:]}"


def _own_status(error: MoonwireError) -> int:
    """The server's own status where it tells a caller to try again, else the hint of the class."""
    if isinstance(error, Refusal) and error.status is not None and 400 <= error.status < 600:
        return error.status
    hint = getattr(error, "status_hint", 500)
    return hint if isinstance(hint, int) else 500


def _waiting(error: MoonwireError) -> list[tuple[str, str]]:
    wait = error.retry_after if isinstance(error, Refusal) else None
    return [] if wait is None else [("retry-after", str(math.ceil(wait)))]
