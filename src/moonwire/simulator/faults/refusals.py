"""The refusals that stand in an answer's place, word for word as Kimi's servers were seen to say them."""

from collections.abc import Mapping
from email.utils import formatdate
from html import escape
from http import HTTPStatus
from math import ceil
from typing import Any, Final, Literal

import msgspec

from moonwire.simulator.faults.events import Dialect

__all__ = ["REFUSALS", "ErrorName", "Refused", "Wait", "markdown_table", "said"]

Wait = Literal["none", "header", "date", "ms", "text"]
"""Where a refusal says how long to wait: nowhere, in `Retry-After` as a number or a date, in
`retry-after-ms`, in its text."""


ErrorName = Literal[
    "overloaded",
    "rate-limit",
    "rate-limit-text",
    "rate-limit-retry-after",
    "rate-limit-date",
    "quota",
    "quota-403",
    "plan-quota",
    "server-error",
    "bad-gateway",
    "unavailable",
    "overloaded-529",
    "timeout-504",
    "request-timeout-408",
    "conflict-409",
    "membership-402",
    "filter",
    "auth",
    "gated",
    "too-large",
    "inactive",
    "terminated",
    "plan-monthly",
    "bot-id",
]
"""The refusals' names, in the table's order; a test holds the two together."""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """One refusal. Without a `type` the error has none, which is how some come (kimi-api.md K1)."""

    name: str
    status: int
    type: str = ""
    message: str
    verdict: Literal["retryable", "final"]
    source: str
    wait: Wait = "none"
    html: bool = False
    """Whether it is a proxy's page and no JSON."""
    fields: Mapping[str, Any] = {}
    """What else the error holds."""


OVERLOADED: Final = "The engine is currently overloaded, please try again later"
MANY: Final = "We're receiving too many requests at the moment. Please wait a moment and try again."
CYCLE: Final = (
    "You've reached your usage limit for this billing cycle. Your quota will be refreshed in the next cycle. "
    "To continue now, purchase extra usage or upgrade your plan: https://www.kimi.com/code/#pricing"
)
GATED: Final = (
    "Kimi For Coding is currently only available for Coding Agents such as Kimi CLI, Claude Code, "
    "Roo Code, Kilo Code, etc."
)
LIMITED: Final = "rate_limit_reached_error"
QUOTA: Final = "exceeded_current_quota_error"
K2: Final = "kimi-api.md K2"


def _row(name: str, status: int, type: str, message: str, source: str = K2, **rest: Any) -> Refused:
    verdict = rest.pop("verdict", "retryable")
    return Refused(
        name=name, status=status, type=type, message=message, source=source, verdict=verdict, **rest
    )


def _final(name: str, status: int, type: str, message: str, source: str = K2, **rest: Any) -> Refused:
    return _row(name, status, type, message, source, verdict="final", **rest)


_ROWS: Final = (
    _row("overloaded", 429, "engine_overloaded_error", OVERLOADED),
    _row("rate-limit", 429, LIMITED, MANY, "kimi-api.md K2, kimi-cli#901"),
    _row("rate-limit-text", 429, LIMITED, "request reached max request: 3", wait="text"),
    _row("rate-limit-retry-after", 429, LIMITED, MANY, "kimi-api.md K3: as a number", wait="header"),
    _row("rate-limit-date", 429, LIMITED, MANY, "kimi-api.md K3: as a date", wait="date"),
    _final(
        "quota",
        429,
        QUOTA,
        "You exceeded your current token quota, please check your account balance",
        "kimi-api.md K2, kimi-code#1857",
    ),
    _final("quota-403", 403, "access_terminated_error", CYCLE, "kimi-api.md K2, kimi-code#3014"),
    _final("plan-quota", 429, "", "You've reached your usage limit for this period"),
    _row("server-error", 500, "server_error", "Internal server error", "kimi-api.md K2, I8"),
    _row("bad-gateway", 502, "", "", "a proxy's page", html=True),
    _row("unavailable", 503, "service_unavailable", "Service temporarily unavailable", "kimi-api.md K2, I8"),
    _row("overloaded-529", 529, "overloaded_error", "Overloaded", "kimi-api.md K2, K3, I8"),
    _row("timeout-504", 504, "", "", "kimi-api.md K3; a proxy's page", html=True),
    _row("request-timeout-408", 408, "timeout", "Request timed out", "kimi-api.md K3"),
    _row("conflict-409", 409, "conflict", "The request conflicts with another one", "kimi-api.md K3"),
    _final("membership-402", 402, "", "We're unable to verify your membership benefits at this time"),
    _final(
        "filter",
        400,
        "content_filter",
        "The request was rejected because it was considered high risk",
        "kimi-api.md K1, K2, kimi-cli#1002",
        fields={"code": 400, "param": "prompt"},
    ),
    _final("auth", 401, "invalid_authentication_error", "Invalid Authentication"),
    _final("gated", 403, "access_terminated_error", GATED, "kimi-api.md L"),
    _final("too-large", 413, "", "Request exceeds the maximum size", "kimi-api.md K2, D5"),
    _final("inactive", 403, QUOTA, "Your account is not active", "kimi-api.md K2, Kimi-K2#5"),
    _final("terminated", 403, "access_terminated_error", "Access terminated"),
    _final("plan-monthly", 429, "", "You've reached your kimi monthly usage limit"),
    _row("bot-id", 500, "", "bot_id simulated value does not match id_kinds"),
)

REFUSALS: Final[dict[str, Refused]] = {row.name: row for row in _ROWS}
"""Every refusal by its name."""


def said(
    row: Refused, dialect: Dialect, *, wait: Wait | None, seconds: float, now: float
) -> tuple[list[tuple[str, str]], bytes]:
    """The headers and the body of a refusal. `now` is the time that a date counts from.

    >>> said(REFUSALS["too-large"], "chat", wait=None, seconds=1.0, now=0.0)[1]
    b'{"error":{"message":"Request exceeds the maximum size"}}'
    """
    where = row.wait if wait is None else wait
    headers: list[tuple[str, str]] = []
    if where == "header":
        headers.append(("retry-after", _number(seconds)))
    elif where == "date":
        # A date has whole seconds; rounded down it would be less than what was asked for.
        headers.append(("retry-after", formatdate(ceil(now + seconds), usegmt=True)))
    elif where == "ms":
        headers.append(("retry-after-ms", _number(seconds * 1000)))
    if row.html:
        return [("content-type", "text/html"), *headers], _page(row.status)
    message = row.message
    if where == "text":
        message = f"{message.rstrip('.')}, please try again after {_number(seconds)} seconds"
    kind = {"type": row.type} if row.type else {}
    error = {"message": message, **kind, **row.fields}
    # Messages wraps the same error (kimi-api.md M1).
    value = {"type": "error", "error": error} if dialect == "messages" else {"error": error}
    return [("content-type", "application/json"), *headers], msgspec.json.encode(value)


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else str(value)


def _page(status: int) -> bytes:
    title = escape(f"{status} {HTTPStatus(status).phrase}")
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    ).encode()


def markdown_table() -> str:
    """The refusals as a table of Markdown.

    >>> print(markdown_table().splitlines()[0])
    | error | status | type | message | wait | verdict | known from |
    """
    where = {
        "none": "–",
        "header": "`Retry-After: 1`",
        "date": "`Retry-After`, a date",
        "text": "in the text",
    }
    lines = [
        "| error | status | type | message | wait | verdict | known from |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in _ROWS:
        kind = f"`{row.type}`" if row.type else "–"
        message = "a page of HTML" if row.html else row.message
        said_in = where[row.wait]
        cells = [f"`{row.name}`", str(row.status), kind, message, said_in, row.verdict, row.source]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
