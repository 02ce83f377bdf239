"""The bodies in which a refusal is written: one shape per kind of server (kimi-api.md B1, K1, M1, O, P)."""

import json
from typing import Any

import pytest

from moonwire.core.catalogue.endpoints import ENDPOINTS
from moonwire.simulator.routes import Asked, Routes
from moonwire.simulator.rules import Refused
from moonwire.simulator.rules.refused import body_of, shape_of
from moonwire.simulator.settings import Settings
from tests.simulator.rules.requests import AGENT, USER, Body, call, kimi, turn

B1 = "thinking is enabled but reasoning_content is missing in assistant tool call message at index 1"
INVALID = "invalid_request_error"
ROLE = "unsupported role ROLE_UNSPECIFIED"
UNANSWERED = "an assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: Shell:58"
EMPTY = "Invalid request: the message at position 1 with role 'assistant' must not be empty"
NOTHING: Body = {"role": "assistant", "content": ""}
CHAT = "/v1/chat/completions"


def said(body: Body, at: str, rules: str = "2026-08", path: str = CHAT, key: str = "sk-x") -> tuple[int, Any]:
    """The answer to a request as it goes over the wire."""
    headers = {**AGENT, "authorization": f"Bearer {key}"} if key else AGENT
    asked = Asked(method="POST", path=path, headers=headers, body=json.dumps(body).encode())
    planned, _ = Routes(Settings(endpoint=at, rules=rules, keys=("sk-x",))).answer(asked)
    return planned.status, json.loads(b"".join(planned.pieces))


NO_REASONING = kimi(*turn(reasoning_content=None))
GONE = {"message": "Not found the model kimi-k9 or Permission denied", "type": "resource_not_found_error"}

BODIES: list[tuple[str, Body, int, Any]] = [
    ("platform", NO_REASONING, 400, {"error": {"message": B1, "type": INVALID}}),
    ("platform-cn", NO_REASONING, 400, {"error": {"message": B1, "type": INVALID}}),
    ("coding", NO_REASONING, 400, {"error": {"type": INVALID, "message": B1}, "type": "error"}),
    (
        "siliconflow",
        {**NO_REASONING, "model": "moonshotai/Kimi-K2.6"},
        400,
        {"code": 20015, "message": B1, "data": None},
    ),
    (
        "openrouter",
        {**NO_REASONING, "model": "moonshotai/kimi-k2.6"},
        400,
        {
            "error": {
                "message": "Provider returned error",
                "code": 400,
                "metadata": {
                    "raw": json.dumps({"error": {"message": B1, "type": INVALID}}, separators=(",", ":")),
                    "provider_name": "Moonshot AI",
                },
            },
            "user_id": "user_simulated",
        },
    ),
    (
        "dashscope",
        kimi(USER, NOTHING, USER),
        400,
        {
            "error": {
                "message": EMPTY,
                "type": "InvalidParameter",
                "param": None,
                "code": "InvalidParameter",
            },
            "request_id": "00000000-0000-4000-8000-000000000000",
        },
    ),
    (
        "vllm",
        kimi(model="moonshot-v1-8k", max_tokens=0),
        400,
        {
            "error": {
                "message": "invalid max_tokens: must be a positive integer",
                "type": "BadRequestError",
                "param": None,
                "code": 400,
            }
        },
    ),
    (
        "dynamo",
        kimi(max_tokens=0),
        400,
        {
            "error": {
                "message": "invalid max_tokens: must be a positive integer",
                "type": "BadRequestError",
                "param": None,
                "code": 400,
            }
        },
    ),
    (
        "sglang",
        kimi(max_tokens=0),
        400,
        {
            "object": "error",
            "error": {
                "message": "invalid max_tokens: must be a positive integer",
                "type": "BadRequestError",
                "param": None,
                "code": 400,
            },
        },
    ),
    (
        "fireworks",
        kimi({**USER, "reasoning": "x"}, model="accounts/fireworks/models/kimi-k3"),
        400,
        {
            "error": {
                "message": "Extra inputs are not permitted, field: 'messages[0].reasoning'",
                "type": INVALID,
                "param": None,
                "code": None,
            }
        },
    ),
    (
        "ark",
        kimi({"role": "user", "content": ""}),
        400,
        {
            "error": {
                "message": "MissingParameter: the request failed because it is missing `input.content.text` parameter",
                "type": "BadRequest",
                "param": "input.content.text",
                "code": "MissingParameter",
            }
        },
    ),
    ("platform", kimi(model="kimi-k9"), 404, {"error": GONE}),
    ("coding", kimi(model="kimi-k9"), 404, {"error": GONE, "type": "error"}),
    (
        "vllm",
        kimi(model="kimi-k9"),
        404,
        {"error": {"message": GONE["message"], "type": "NotFoundError", "param": None, "code": 404}},
    ),
]


@pytest.mark.parametrize(("at", "body", "status", "expected"), BODIES)
def test_each_server_writes_it_its_own_way(at: str, body: Body, status: int, expected: Any) -> None:
    assert said(body, at) == (status, expected)


def test_what_openrouter_says_itself_is_not_wrapped() -> None:
    status, value = said(kimi(model="moonshot-v1-8k", max_tokens=8_192), "openrouter")
    assert status == 400
    assert value["error"]["message"].startswith(
        "This endpoint's maximum context length is 8192 tokens. However, you requested about "
    )
    assert value["error"]["code"] == 400 and "metadata" not in value["error"]


def test_the_token_counter_has_a_shape_of_its_own() -> None:
    body = kimi(USER, call("Shell:58", reasoning_content="x"), USER)
    status, value = said(body, "platform", path="/v1/tokenizers/estimate-token-count")
    assert status == 400
    assert value.pop("error").endswith(UNANSWERED)
    assert value == {"code": 3, "message": "非法输入", "scode": "0x3", "status": False}


KEYS = [
    (
        "platform",
        "",
        {"error": {"message": "Invalid Authentication", "type": "invalid_authentication_error"}},
    ),
    (
        "platform",
        "sk-y",
        {"error": {"message": "Incorrect API key provided", "type": "incorrect_api_key_error"}},
    ),
    (
        "coding",
        "",
        {
            "error": {
                "type": "invalid_authentication_error",
                "message": "The API Key appears to be invalid or may have expired",
            },
            "type": "error",
        },
    ),
    (
        "coding",
        "sk-y",
        {
            "error": {
                "type": "invalid_authentication_error",
                "message": "The API Key appears to be invalid or may have expired",
            },
            "type": "error",
        },
    ),
]


@pytest.mark.parametrize(("at", "key", "expected"), KEYS)
def test_a_key_that_is_not_there_or_not_known(at: str, key: str, expected: Any) -> None:
    assert said(kimi(), at, key=key) == (401, expected)


@pytest.mark.parametrize("place", [place.name for place in ENDPOINTS])
def test_every_endpoint_has_a_shape_in_which_the_words_are_found(place: str) -> None:
    assert ROLE in json.dumps(body_of(Refused(ROLE), shape_of(place)))


def test_a_code_makes_the_variant_of_the_filter() -> None:
    refused = Refused("considered high risk", 400, "content_filter", code=400)
    assert body_of(refused, "moonshot") == {
        "error": {"code": 400, "message": "considered high risk", "param": "prompt", "type": "content_filter"}
    }


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, "UnauthorizedError"),
        (422, "UnprocessableEntityError"),
        (429, "RateLimitError"),
        (413, "InternalServerError"),
    ],
)
def test_python_servers_name_the_status(status: int, kind: str) -> None:
    assert body_of(Refused("no", status), "vllm")["error"]["type"] == kind


def test_another_vendor_keeps_moonshots_type_where_it_is_no_400() -> None:
    assert (
        body_of(Refused("wait", 429, "rate_limit_reached_error"), "dashscope")["error"]["type"]
        == "rate_limit_reached_error"
    )
