"""Each kind of error has the status, type and code that clients of Chat Completions act on."""

from typing import Any

import pytest

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
    RemoteProtocolError,
    ServerFailure,
    StructuralRefusal,
    TransportError,
)
from moonwire.wire.chat.errors import encode_error, markdown_table

ROWS: list[tuple[MoonwireError, int, str, str | None]] = [
    (LocalProtocolError("x"), 400, "invalid_request_error", None),
    (ContextOverflow("x", status=429), 400, "invalid_request_error", "context_length_exceeded"),
    (ModelNotFound("x", status=403), 404, "invalid_request_error", "model_not_found"),
    (Auth("x"), 401, "authentication_error", "invalid_api_key"),
    (ClientGated("x"), 403, "permission_error", "client_not_allowed"),
    (ContentFiltered("x"), 400, "invalid_request_error", "content_filter"),
    (QuotaExhausted("x", status=403), 429, "insufficient_quota", "insufficient_quota"),
    (RateLimited("x"), 429, "rate_limit_error", "rate_limit_exceeded"),
    (Overloaded("x", status=429), 503, "overloaded_error", "overloaded"),
    (StructuralRefusal("x", status=422), 400, "invalid_request_error", None),
    (ServerFailure("x", status=504), 504, "server_error", "upstream_failed"),
    (ServerFailure("x"), 502, "server_error", "upstream_failed"),
    (ServerFailure("x", status=200), 502, "server_error", "upstream_failed"),
    (Refusal("x", status=418), 418, "server_error", None),
    (RemoteProtocolError("x"), 502, "server_error", "upstream_unreadable"),
    (TransportError("x"), 502, "server_error", "upstream_unreachable"),
    (ProtocolError("x"), 400, "server_error", "upstream_unreadable"),
    (MoonwireError("x"), 500, "server_error", None),
]


@pytest.mark.parametrize(
    ("error", "status", "kind", "code"), ROWS, ids=[f"{type(row[0]).__name__}-{row[1]}" for row in ROWS]
)
def test_an_error_has_its_status_type_and_code(
    error: MoonwireError, status: int, kind: str, code: str | None
) -> None:
    said, headers, body = encode_error(error)
    assert (said, headers) == (status, [])
    assert body == {"error": {"message": "x", "type": kind, "param": None, "code": code}}


def test_what_is_too_long_is_told_as_such() -> None:
    status, _, body = encode_error(NoRoom(needed=9, window=8, estimate=7, floor=2))
    assert (status, body["error"]["code"]) == (400, "context_length_exceeded")
    status, _, body = encode_error(TooLarge(size=9, limit=8))
    assert (status, body["error"]["code"]) == (413, "request_too_large")


@pytest.mark.parametrize(("wait", "said"), [(0.0, "0"), (0.1, "1"), (2.0, "2"), (30.5, "31")])
def test_a_wait_is_told_in_whole_seconds(wait: float, said: str) -> None:
    assert encode_error(RateLimited("x", retry_after=wait))[1] == [("retry-after", said)]


@pytest.mark.parametrize(
    ("error", "message", "param"),
    [
        (LocalProtocolError("odd", path="a.b", remedy="even it"), "odd. Even it", "a.b"),
        (LocalProtocolError("odd.", remedy="1 or more"), "odd. 1 or more", None),
        (MoonwireError("odd"), "odd", None),
    ],
)
def test_an_error_says_what_where_and_what_to_do(error: MoonwireError, message: str, param: str) -> None:
    body = encode_error(error)[2]["error"]
    assert (body["message"], body["param"]) == (message, param)


def test_a_status_or_code_can_be_told() -> None:
    said, _, body = encode_error(MoonwireError("x"), status=422, code="odd")
    assert (said, body["error"]["code"]) == (422, "odd")


def test_a_hint_that_is_no_number_is_none() -> None:
    class Odd(ProtocolError):
        status_hint: Any = "many"

    assert encode_error(Odd("x"))[0] == 500


def test_the_page_has_every_row() -> None:
    lines = markdown_table().splitlines()
    assert lines[0] == "| error | status | type | code |"
    assert "| the server is overloaded | 503 | `overloaded_error` | `overloaded` |" in lines
    assert len(lines) == 2 + 16
