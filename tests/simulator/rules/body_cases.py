"""Whole error bodies as each kind of server writes them: endpoint, request, status and body."""

import json
from typing import Any

from tests.simulator.rules.requests import USER, Body, kimi, turn

B1 = "thinking is enabled but reasoning_content is missing in assistant tool call message at index 1"
INVALID = "invalid_request_error"
EMPTY = "Invalid request: the message at position 1 with role 'assistant' must not be empty"
CAP = "invalid max_tokens: must be a positive integer"
NO_REASONING = kimi(*turn(reasoning_content=None))
GONE = {"message": "Not found the model kimi-k9 or Permission denied", "type": "resource_not_found_error"}
NO_KEY = "The API Key appears to be invalid or may have expired"
AUTH = "invalid_authentication_error"
RAW = json.dumps({"error": {"message": B1, "type": INVALID}}, separators=(",", ":"))

BODIES: list[tuple[str, Body, int, Any]] = [
    ("platform", NO_REASONING, 400, {"error": {"message": B1, "type": INVALID}}),
    ("platform-cn", NO_REASONING, 400, {"error": {"message": B1, "type": INVALID}}),
    ("coding", NO_REASONING, 400, {"error": {"type": INVALID, "message": B1}, "type": "error"}),
    ("siliconflow", {**NO_REASONING, "model": "moonshotai/Kimi-K2.6"}, 400, {"code": 20015, "message": B1, "data": None}),
    ("openrouter", {**NO_REASONING, "model": "moonshotai/kimi-k2.6"}, 400, {"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": RAW, "provider_name": "Moonshot AI"}}, "user_id": "user_simulated"}),
    ("dashscope", kimi(USER, {"role": "assistant", "content": ""}, USER), 400, {"error": {"message": EMPTY, "type": "InvalidParameter", "param": None, "code": "InvalidParameter"}, "request_id": "00000000-0000-4000-8000-000000000000"}),
    ("vllm", kimi(max_tokens=0), 400, {"error": {"message": CAP, "type": "BadRequestError", "param": None, "code": 400}}),
    ("dynamo", kimi(max_tokens=0), 400, {"error": {"message": CAP, "type": "BadRequestError", "param": None, "code": 400}}),
    ("sglang", kimi(max_tokens=0), 400, {"object": "error", "message": CAP, "type": "BadRequestError", "param": None, "code": 400}),
    ("fireworks", kimi({**USER, "reasoning": "x"}, model="accounts/fireworks/models/kimi-k3"), 400, {"error": {"message": "Extra inputs are not permitted, field: 'messages[0].reasoning'", "type": INVALID, "param": None, "code": None}}),
    ("ark", kimi({"role": "user", "content": ""}), 400, {"error": {"message": "MissingParameter: the request failed because it is missing `input.content.text` parameter", "type": "BadRequest", "param": "input.content.text", "code": "MissingParameter"}}),
    ("platform", kimi(model="kimi-k9"), 404, {"error": GONE}),
    ("coding", kimi(model="kimi-k9"), 404, {"error": GONE, "type": "error"}),
    ("vllm", kimi(model="kimi-k9"), 404, {"error": {"message": GONE["message"], "type": "NotFoundError", "param": None, "code": 404}}),
]

KEYS: list[tuple[str, str, Any]] = [
    ("platform", "", {"error": {"message": "Invalid Authentication", "type": AUTH}}),
    ("platform", "sk-y", {"error": {"message": "Incorrect API key provided", "type": "incorrect_api_key_error"}}),
    ("coding", "", {"error": {"message": NO_KEY, "type": AUTH}, "type": "error"}),
    ("coding", "sk-y", {"error": {"message": NO_KEY, "type": AUTH}, "type": "error"}),
]
