"""The bodies in which a refusal is written: one shape per kind of server (kimi-api.md B1, K1, M1, O, P)."""

import json
from typing import Any

import pytest

from moonwire.core.catalogue.endpoints import ENDPOINTS
from moonwire.simulator.routes import Asked, Routes
from moonwire.simulator.rules import Refused
from moonwire.simulator.rules.refused import body_of, shape_of
from moonwire.simulator.settings import Settings
from tests.simulator.rules.body_cases import BODIES, KEYS
from tests.simulator.rules.requests import AGENT, USER, Body, call, kimi

ROLE = "unsupported role ROLE_UNSPECIFIED"
CHAT = "/v1/chat/completions"


def said(body: Body, at: str, path: str = CHAT, key: str = "sk-x") -> tuple[int, Any]:
    """The answer to a request as it goes over the wire."""
    headers = {**AGENT, "authorization": f"Bearer {key}"} if key else AGENT
    asked = Asked(method="POST", path=path, headers=headers, body=json.dumps(body).encode())
    planned, _ = Routes(Settings(endpoint=at, rules="2026-08", keys=("sk-x",))).answer(asked)
    return planned.status, json.loads(b"".join(planned.pieces))


@pytest.mark.parametrize(("at", "body", "status", "expected"), BODIES)
def test_each_server_writes_it_its_own_way(at: str, body: Body, status: int, expected: Any) -> None:
    assert said(body, at) == (status, expected)


def test_what_openrouter_says_itself_is_not_wrapped() -> None:
    status, value = said(kimi(model="moonshot-v1-8k", max_tokens=8_192), "openrouter")
    head = "This endpoint's maximum context length is 8192 tokens. However, you requested about "
    assert status == 400 and value["error"]["message"].startswith(head)
    assert value["error"]["code"] == 400 and "metadata" not in value["error"]


def test_the_token_counter_has_a_shape_of_its_own() -> None:
    body = kimi(USER, call("Shell:58", reasoning_content="x"), USER)
    status, value = said(body, "platform", path="/v1/tokenizers/estimate-token-count")
    assert status == 400
    words = value.pop("error")
    assert words.startswith("messages[") and words.endswith(
        "]: an assistant message with 'tool_calls' must be followed by tool messages responding to each "
        "'tool_call_id'. The following tool_call_ids did not have response messages: Shell:58"
    )
    assert value == {"code": 3, "message": "非法输入", "scode": "0x3", "status": False}


@pytest.mark.parametrize(("at", "key", "expected"), KEYS)
def test_a_key_that_is_not_there_or_not_known(at: str, key: str, expected: Any) -> None:
    assert said(kimi(), at, key=key) == (401, expected)


@pytest.mark.parametrize("place", [place.name for place in ENDPOINTS])
def test_every_endpoint_has_a_shape_in_which_the_words_are_found(place: str) -> None:
    assert ROLE in json.dumps(body_of(Refused(ROLE), shape_of(place)))


@pytest.mark.parametrize(
    "place", ["coding", "coding-anthropic", "platform-anthropic", "platform-cn-anthropic"]
)
def test_a_type_stands_outside_too_on_coding_and_on_anthropic_surfaces(place: str) -> None:
    error = {"type": "invalid_request_error", "message": "Invalid request Error"}
    assert body_of(Refused("Invalid request Error"), shape_of(place)) == {"error": error, "type": "error"}


def test_a_code_makes_the_variant_of_the_filter() -> None:
    refused = Refused("considered high risk", 400, "content_filter", code=400)
    assert body_of(refused, "moonshot") == {
        "error": {"code": 400, "message": "considered high risk", "param": "prompt", "type": "content_filter"}
    }


NAMES = [
    (401, "UnauthorizedError"),
    (422, "UnprocessableEntityError"),
    (429, "RateLimitError"),
    (500, "InternalServerError"),
]


@pytest.mark.parametrize(("status", "kind"), NAMES)
def test_python_servers_name_the_status(status: int, kind: str) -> None:
    assert body_of(Refused("no", status), "vllm")["error"]["type"] == kind


def test_dashscope_keeps_moonshots_type_where_it_is_no_400() -> None:
    value = body_of(Refused("wait", 429, "rate_limit_reached_error"), "dashscope")
    assert value["error"]["type"] == "rate_limit_reached_error"
