"""A refusal as the rules say it, before an endpoint puts it into its own words."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

__all__ = ["INVALID", "Refused", "body_of", "shape_of"]

INVALID: Final = "invalid_request_error"


class Refused(msgspec.Struct, frozen=True):
    """Status, words and type. `path` is for servers that name the field apart (kimi-api.md K1)."""

    message: str
    status: int = 400
    type: str = INVALID
    code: Any = None
    path: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    rule: str = ""
    vendor: bool = False
    """Whether a vendor says it itself, and not the server that it passes requests on to."""


def _moonshot(refused: Refused) -> dict[str, Any]:
    """Usually there is no code (kimi-api.md K1); the filter's variant has one (kimi-cli#1002)."""
    error: dict[str, Any] = {"message": refused.message, "type": refused.type}
    if refused.code is not None:
        error = {"code": refused.code, "message": refused.message, "param": "prompt", "type": refused.type}
    return {"error": error}


def _doubled(refused: Refused) -> dict[str, Any]:
    """On the coding endpoint and on Anthropic surfaces a type stands outside too (kimi-api.md B1, M1)."""
    return {"error": {"type": refused.type, "message": refused.message}, "type": "error"}


def _openai(refused: Refused) -> dict[str, Any]:
    error = {
        "message": refused.message,
        "type": refused.type,
        "param": refused.path or None,
        "code": refused.code,
    }
    return {"error": error}


_PYTHON_TYPES: Final = {
    400: "BadRequestError",
    401: "UnauthorizedError",
    404: "NotFoundError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}


def _vllm(refused: Refused) -> dict[str, Any]:
    kind = _PYTHON_TYPES.get(refused.status, "InternalServerError")
    return {"error": {"message": refused.message, "type": kind, "param": None, "code": refused.status}}


def _sglang(refused: Refused) -> dict[str, Any]:
    kind = _PYTHON_TYPES.get(refused.status, "InternalServerError")
    error = {"message": refused.message, "type": kind, "param": None, "code": refused.status}
    return {"object": "error", **error}


def _openrouter(refused: Refused) -> dict[str, Any]:
    """The upstream's own words are a text inside `metadata.raw` (kimi-api.md P, opencode#29690)."""
    if refused.vendor:
        return {"error": {"message": refused.message, "code": refused.status}, "user_id": "user_simulated"}
    raw = msgspec.json.encode(_moonshot(refused)).decode()
    metadata = {"raw": raw, "provider_name": "Moonshot AI"}
    error = {"message": "Provider returned error", "code": refused.status, "metadata": metadata}
    return {"error": error, "user_id": "user_simulated"}


def _siliconflow(refused: Refused) -> dict[str, Any]:
    return {"code": 20015, "message": refused.message, "data": None}


def _dashscope(refused: Refused) -> dict[str, Any]:
    """Moonshot's texts under a type of its own (opencode#39451)."""
    kind = "InvalidParameter" if refused.status == 400 else refused.type
    error = {"message": refused.message, "type": kind, "param": None, "code": kind}
    return {"error": error, "request_id": "00000000-0000-4000-8000-000000000000"}


_SHAPES: Final[Mapping[str, Callable[[Refused], dict[str, Any]]]] = {
    "moonshot": _moonshot,
    "doubled": _doubled,
    "openai": _openai,
    "vllm": _vllm,
    "sglang": _sglang,
    "openrouter": _openrouter,
    "siliconflow": _siliconflow,
    "dashscope": _dashscope,
}


def body_of(refused: Refused, shape: str) -> dict[str, Any]:
    """The error body as a server of this shape writes it.

    >>> body_of(Refused("Invalid Authentication", 401, "invalid_authentication_error"), "moonshot")
    {'error': {'message': 'Invalid Authentication', 'type': 'invalid_authentication_error'}}
    """
    return _SHAPES[shape](refused)


def shape_of(endpoint: str) -> str:
    """Which shape an endpoint of the catalogue writes its errors in.

    >>> shape_of("coding"), shape_of("platform"), shape_of("fireworks")
    ('doubled', 'moonshot', 'openai')
    """
    name = endpoint.split("-")[0]
    if endpoint.endswith("-anthropic") or name == "coding":
        return "doubled"
    if name == "platform":
        return "moonshot"
    if name in _SHAPES:
        return name
    return "vllm" if name == "dynamo" else "openai"
