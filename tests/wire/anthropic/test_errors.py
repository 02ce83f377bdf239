"""Each kind of error has the status and type that the dialect's clients act on, as its SDK reads them."""

import json
from typing import Any

import anthropic
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
from moonwire.wire.anthropic.errors import encode_error, error_event, markdown_table
from tests.wire.anthropic.sdk import ASKED, client

ROWS: list[tuple[MoonwireError, int, str, type[Exception]]] = [
    (LocalProtocolError("x"), 400, "invalid_request_error", anthropic.BadRequestError),
    (ModelNotFound("x", status=403), 404, "not_found_error", anthropic.NotFoundError),
    (Auth("x"), 401, "authentication_error", anthropic.AuthenticationError),
    (ClientGated("x"), 403, "permission_error", anthropic.PermissionDeniedError),
    (ContentFiltered("x"), 400, "invalid_request_error", anthropic.BadRequestError),
    (QuotaExhausted("x", status=403, retry_after=9.0), 402, "billing_error", anthropic.APIStatusError),
    (RateLimited("x"), 429, "rate_limit_error", anthropic.RateLimitError),
    (Overloaded("x", status=429), 529, "overloaded_error", anthropic.InternalServerError),
    (StructuralRefusal("x", status=422), 400, "invalid_request_error", anthropic.BadRequestError),
    (ServerFailure("x", status=504), 504, "timeout_error", anthropic.InternalServerError),
    (ServerFailure("x"), 502, "api_error", anthropic.InternalServerError),
    (ServerFailure("x", status=200), 502, "api_error", anthropic.InternalServerError),
    (Refusal("x", status=418), 418, "invalid_request_error", anthropic.APIStatusError),
    (RemoteProtocolError("x"), 502, "api_error", anthropic.InternalServerError),
    (TransportError("x"), 502, "api_error", anthropic.InternalServerError),
    (ProtocolError("x"), 400, "invalid_request_error", anthropic.BadRequestError),
    (MoonwireError("x"), 500, "api_error", anthropic.InternalServerError),
]


@pytest.mark.parametrize(
    ("error", "status", "kind", "raised"), ROWS, ids=[f"{type(row[0]).__name__}-{row[1]}" for row in ROWS]
)
def test_an_error_has_its_status_and_type(
    error: MoonwireError, status: int, kind: str, raised: type[Exception]
) -> None:
    said, headers, body = encode_error(error)
    assert said == status
    assert body == {"type": "error", "error": {"type": kind, "message": "x"}}
    sdk = client(json.dumps(body).encode(), status=said, headers=dict(headers), stream=False)
    with pytest.raises(raised) as caught:
        sdk.messages.create(model="m", max_tokens=9, messages=ASKED)
    assert getattr(caught.value, "body", None) == body


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (
            NoRoom(needed=9, window=8, estimate=7, floor=2),
            400,
            "prompt is too long: 9 tokens > 8 maximum: the prompt",
        ),
        (
            ContextOverflow("no", limit=8, requested=9, status=429),
            400,
            "prompt is too long: 9 tokens > 8 maximum: no",
        ),
        (ContextOverflow("no", limit=8), 400, "prompt is too long: no"),
        (ContextOverflow("no", unit="bytes"), 413, "no"),
        (TooLarge(size=9, limit=8), 413, "messages: the request has 9 bytes"),
    ],
)
def test_what_is_too_long_is_told_as_such(error: MoonwireError, status: int, message: str) -> None:
    said, _, body = encode_error(error)
    assert said == status and body["error"]["message"].startswith(message)
    assert body["error"]["type"] == ("request_too_large" if status == 413 else "invalid_request_error")


@pytest.mark.parametrize(("wait", "said"), [(0.0, "0"), (0.1, "1"), (2.0, "2"), (30.5, "31")])
def test_a_wait_is_told_in_whole_seconds(wait: float, said: str) -> None:
    assert encode_error(RateLimited("x", retry_after=wait))[1] == [("retry-after", said)]


def test_waiting_does_not_help_where_nothing_is_left() -> None:
    assert encode_error(QuotaExhausted("x", retry_after=1.0))[1] == [("x-should-retry", "false")]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (LocalProtocolError("odd", path="a.b", remedy="even it"), "a.b: odd. Even it"),
        (LocalProtocolError("odd.", remedy="1 or more"), "odd. 1 or more"),
        (MoonwireError("odd"), "odd"),
    ],
)
def test_an_error_says_what_where_and_what_to_do(error: MoonwireError, message: str) -> None:
    assert encode_error(error)[2]["error"]["message"] == message


def test_a_status_can_be_told() -> None:
    said, _, body = encode_error(MoonwireError("x"), status=422)
    assert (said, body["error"]["type"]) == (422, "invalid_request_error")


def test_a_hint_that_is_no_number_is_none() -> None:
    class Odd(ProtocolError):
        status_hint: Any = "many"

    assert encode_error(Odd("x"))[0] == 500


def test_an_error_in_a_stream_is_raised_by_the_sdk() -> None:
    raw = error_event(Overloaded("busy"))
    assert raw.startswith(b"event: error\n") and raw.endswith(b"\n\n")
    with pytest.raises(anthropic.APIStatusError, match="busy"):
        list(client(raw).messages.create(model="m", max_tokens=9, messages=ASKED, stream=True))


def test_the_page_has_every_row() -> None:
    lines = markdown_table().splitlines()
    assert "| the server is overloaded | 529 | `overloaded_error` |" in lines
    assert "| the server broke down | the server's, else 400 or 502 | that of the status |" in lines
    assert len(lines) == 2 + 16
