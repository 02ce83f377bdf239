"""Each kind of error has the status, type and code that clients act on, in a stream and outside of one."""

import json

import httpx2
import openai
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
from moonwire.core.events import Text
from moonwire.wire.responses import Writer
from moonwire.wire.responses.errors import encode_error, error_event, markdown_table, upstream_error
from tests.wire.responses.writer_cases import frames, types

ROWS: list[tuple[MoonwireError, int, str, str | None, str]] = [
    (LocalProtocolError("x"), 400, "invalid_request_error", None, "invalid_prompt"),
    (
        ContextOverflow("x", status=429),
        400,
        "invalid_request_error",
        "context_length_exceeded",
        "context_length_exceeded",
    ),
    (ModelNotFound("x", status=403), 404, "invalid_request_error", "model_not_found", "model_not_found"),
    (Auth("x"), 401, "authentication_error", "invalid_api_key", "invalid_api_key"),
    (ClientGated("x"), 403, "permission_error", "client_not_allowed", "client_not_allowed"),
    (ContentFiltered("x"), 400, "invalid_request_error", "content_filter", "content_filter"),
    (QuotaExhausted("x", status=403), 429, "insufficient_quota", "insufficient_quota", "insufficient_quota"),
    (RateLimited("x"), 429, "rate_limit_error", "rate_limit_exceeded", "rate_limit_exceeded"),
    (Overloaded("x", status=429), 503, "server_error", "server_is_overloaded", "server_is_overloaded"),
    (StructuralRefusal("x", status=422), 400, "invalid_request_error", None, "invalid_prompt"),
    (ServerFailure("x", status=504), 504, "server_error", "server_error", "server_error"),
    (ServerFailure("x", status=200), 502, "server_error", "server_error", "server_error"),
    (Refusal("x", status=418), 418, "server_error", None, "server_error"),
    (RemoteProtocolError("x"), 502, "server_error", "upstream_unreadable", "upstream_unreadable"),
    (TransportError("x"), 502, "server_error", "upstream_unreachable", "upstream_unreachable"),
    (ProtocolError("x"), 400, "server_error", "upstream_unreadable", "upstream_unreadable"),
    (MoonwireError("x"), 500, "server_error", None, "server_error"),
]


@pytest.mark.parametrize(
    ("error", "status", "kind", "code", "inside"),
    ROWS,
    ids=[f"{type(row[0]).__name__}-{row[1]}" for row in ROWS],
)
def test_an_error_has_its_status_type_and_code(
    error: MoonwireError, status: int, kind: str, code: str | None, inside: str
) -> None:
    said, headers, body = encode_error(error)
    assert (said, headers) == (status, [])
    assert body == {"error": {"message": "x", "type": kind, "param": None, "code": code}}
    assert (upstream_error(error).code, upstream_error(error).message) == (inside, "x")


def test_an_error_says_where_and_what_to_do() -> None:
    error = LocalProtocolError("no such role.", path="input[0].role", remedy="give user")
    assert (
        encode_error(error)[2]["error"].items()
        >= {
            "message": "no such role. Give user",
            "param": "input[0].role",
        }.items()
    )
    assert encode_error(error, status=422, code="c")[0] == 422


def test_how_long_to_wait_is_a_header_and_stands_in_the_words_of_a_stream() -> None:
    error = RateLimited("Slow down.", retry_after=2.5)
    assert encode_error(error)[1] == [("retry-after", "3")]
    assert upstream_error(error).message == "Slow down. Please try again in 3s."


RAISED: list[tuple[MoonwireError, type[openai.APIStatusError], str | None]] = [
    (ContextOverflow("x"), openai.BadRequestError, "context_length_exceeded"),
    (QuotaExhausted("x"), openai.RateLimitError, "insufficient_quota"),
    (RateLimited("x", retry_after=1), openai.RateLimitError, "rate_limit_exceeded"),
    (Overloaded("x"), openai.InternalServerError, "server_is_overloaded"),
    (Auth("x"), openai.AuthenticationError, "invalid_api_key"),
    (LocalProtocolError("x", path="input"), openai.BadRequestError, None),
]


@pytest.mark.parametrize(("error", "raised", "code"), RAISED, ids=[type(row[0]).__name__ for row in RAISED])
def test_the_sdk_raises_what_it_is(
    error: MoonwireError, raised: type[openai.APIStatusError], code: str | None
) -> None:
    status, headers, body = encode_error(error)
    answer = httpx2.Response(status, headers=headers, json=body)
    inner = httpx2.Client(transport=httpx2.MockTransport(lambda request: answer))
    sdk = openai.OpenAI(api_key="k", base_url="http://a", http_client=inner, max_retries=0)
    with sdk, pytest.raises(raised) as caught:
        sdk.responses.create(model="kimi-k3", input="hi")
    assert (caught.value.code, caught.value.param) == (code, error.path or None)
    assert caught.value.response.headers.get("retry-after") == dict(headers).get("retry-after")


def test_what_is_refused_before_it_is_sent_is_an_overflow_too() -> None:
    no_room = encode_error(NoRoom(needed=3, window=2, estimate=2, floor=1))
    assert (no_room[0], no_room[2]["error"]["code"]) == (400, "context_length_exceeded")
    too_large = encode_error(TooLarge(size=2, limit=1))
    assert (too_large[0], too_large[2]["error"]["code"]) == (413, "request_too_large")


def test_a_stream_ends_in_an_error_whether_it_has_begun_or_not() -> None:
    error = ContextOverflow("too long")
    alone = frames(error_event(error))
    assert types(alone) == ["created", "in_progress", "error", "failed"]
    writer = Writer(id="resp_1", model="m", created=0)
    begun = frames(b"".join(writer.feed([Text("a")])) + error_event(error, writer))
    assert [event["sequence_number"] for event in begun] == list(range(len(begun)))
    for found in (alone, begun):
        assert found[-1]["response"]["error"] == {"code": "context_length_exceeded", "message": "too long"}
        assert found[-1]["response"]["id"] == found[0]["response"]["id"]
    assert json.dumps(begun).count('"a"') > 1


def test_the_table_has_a_line_for_each_kind() -> None:
    lines = markdown_table().splitlines()
    assert lines[0] == "| error | status | type | code |" and len(lines) == 2 + 16
    assert lines[4].endswith("| the server's, else 400 or 502 | `invalid_request_error` | – |")
