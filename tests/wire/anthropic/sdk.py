"""The official SDK as a reader of our streams, without a network."""

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import anthropic
import httpx2
from anthropic.types import MessageParam

__all__ = ["asked", "client", "without_nulls"]

_ANSWER: list[httpx2.Response] = []


@cache
def _client() -> anthropic.Anthropic:
    transport = httpx2.MockTransport(lambda _: _ANSWER.pop())
    http = httpx2.Client(transport=transport)
    return anthropic.Anthropic(api_key="k", base_url="http://x", max_retries=0, http_client=http)


def client(
    body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None, stream: bool = True
) -> anthropic.Anthropic:
    """The SDK's client, to whose next question this is the answer."""
    kind = "text/event-stream" if stream else "application/json"
    _ANSWER[:] = [httpx2.Response(status, content=body, headers={"content-type": kind, **(headers or {})})]
    return _client()


ASKED: list[MessageParam] = [{"role": "user", "content": "hi"}]


def asked(raw: bytes) -> dict[str, Any]:
    """What the SDK makes of this stream."""
    with client(raw).messages.stream(model="m", max_tokens=9, messages=ASKED) as stream:
        message = stream.get_final_message()
    return without_nulls(message.to_dict(mode="json"))


def without_nulls(value: Any) -> Any:
    """The value without the fields that are null: the SDK knows fields that nobody sent."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {name: without_nulls(item) for name, item in fields.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in cast("list[Any]", value)]
    return value
