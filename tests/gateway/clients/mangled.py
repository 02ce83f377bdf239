"""What clients do to a history before they send it, done to a real client's requests on their way out."""

import itertools
import json
import re
from typing import Any

import httpx2

from tests.manglers.manglings import MANGLINGS, Mangling, Message

__all__ = ["MANGLED", "async_http", "dealt", "http", "without_thoughts"]


def without_thoughts(messages: list[Message]) -> list[Message]:
    """The messages without what their writer thought, as most clients keep them."""
    lost = ("reasoning_content", "reasoning", "provider_specific_fields")
    return [{name: value for name, value in one.items() if name not in lost} for one in messages]


def sanitised(messages: list[Message]) -> list[Message]:
    """Ids as Anthropic's API wants them, and so many a client keeps all of them."""
    for message in messages:
        for call in message.get("tool_calls") or ():
            call["id"] = re.sub(r"[^a-zA-Z0-9_-]", "_", call["id"])
        if "tool_call_id" in message:
            message["tool_call_id"] = re.sub(r"[^a-zA-Z0-9_-]", "_", message["tool_call_id"])
    return messages


MANGLED: dict[str, Mangling] = {
    "ids sanitised": sanitised,
    **{
        name: MANGLINGS[name]
        for name in (
            "ids without signs (openclaw#70030)",
            "ids native and sanitised (openclaw#70030)",
            "ids renumbered",
            "ids that begin anew",
            "ids lost",
            "arguments written again",
            "null written as empty",
            "results doubled",
        )
    },
}
"""A choice of `tests/manglers`. The thoughts are lost in all of them."""


def dealt(*ways: tuple[str, Any]) -> list[tuple[str, str, Any]]:
    """Each mangling in one of the ways to ask, which take turns."""
    return [(name, *way) for name, way in zip(MANGLED, itertools.cycle(ways), strict=False)]


def _mangled(request: httpx2.Request, mangle: Mangling) -> httpx2.Request:
    body: dict[str, Any] = json.loads(request.content)
    body["messages"] = mangle(without_thoughts(body["messages"]))
    kept = [(name, value) for name, value in request.headers.items() if name != "content-length"]
    return httpx2.Request(request.method, request.url, headers=kept, json=body, extensions=request.extensions)


class _Transport(httpx2.HTTPTransport):
    def __init__(self, mangle: Mangling) -> None:
        super().__init__()
        self._mangle = mangle

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return super().handle_request(_mangled(request, self._mangle))


class _AsyncTransport(httpx2.AsyncHTTPTransport):
    def __init__(self, mangle: Mangling) -> None:
        super().__init__()
        self._mangle = mangle

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await super().handle_async_request(_mangled(request, self._mangle))


def http(mangle: Mangling) -> httpx2.Client:
    """An HTTP client that does so to whatever its owner sends."""
    return httpx2.Client(transport=_Transport(mangle))


def async_http(mangle: Mangling) -> httpx2.AsyncClient:
    """The same, for clients that wait."""
    return httpx2.AsyncClient(transport=_AsyncTransport(mangle))
