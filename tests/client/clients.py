"""Clients of both HTTP libraries, blocking and waiting, that a test uses in one way."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import Generator, Iterator
from typing import Any

import httpx
import httpx2
from openai import AsyncOpenAI, OpenAI

from moonwire.exchange.config import Options, Retries
from moonwire.httpx import AsyncTransport, Transport

__all__ = ["KINDS", "QUICK", "Kind", "Plain", "Sdk", "chat", "plain", "sdk"]

LIBRARIES: dict[str, Any] = {"httpx": httpx, "httpx2": httpx2}
Kind = tuple[str, bool]
"""The library, and whether its client waits."""

KINDS: dict[str, Kind] = {
    f"{library}{'-async' if waiting else ''}": (library, waiting)
    for library, waiting in itertools.product(LIBRARIES, (False, True))
}
QUICK = Options(retries=Retries(base=0.001, longest=0.002, breaker=0), tail=0.05)
HERE: dict[str, Any] = {"endpoint": "platform", "options": QUICK, "trust_env": False}
"""A simulated platform, whose address nobody knows."""


def chat(text: str = "Say 'OK'.", **fields: Any) -> dict[str, Any]:
    """A request."""
    return {"model": "kimi-k3", "messages": [{"role": "user", "content": text}], **fields}


class _Both:
    """What blocks and what waits, both as something that blocks."""

    def __init__(self, waiting: bool) -> None:
        self._runner = asyncio.Runner() if waiting else None

    def done(self, work: Any) -> Any:
        """What it comes to."""
        if self._runner is None:
            return work

        async def run() -> Any:
            return await work

        return self._runner.run(run())

    def items(self, source: Any) -> Iterator[Any]:
        """All of it."""
        if self._runner is None:
            yield from source
            return
        going = aiter(source)
        nothing = object()
        while (item := self.done(anext(going, nothing))) is not nothing:
            yield item

    def end(self, thing: Any) -> None:
        """Closes it."""
        self.done(thing.close() if self._runner is None or not hasattr(thing, "aclose") else thing.aclose())

    def over(self) -> None:
        """No more."""
        if self._runner is not None:
            self._runner.close()


class Plain(_Both):
    """An HTTP client with a transport of moonwire's."""

    def __init__(self, kind: Kind, transport: Any) -> None:
        super().__init__(kind[1])
        self.library = LIBRARIES[kind[0]]
        self.waiting = kind[1]
        made = self.library.AsyncClient if self.waiting else self.library.Client
        self.http: Any = made(transport=transport)

    def ask(self, url: str, body: Any = None, **more: Any) -> Any:
        """A request and its answer, read whole. A body that is not bytes is sent as JSON."""
        return self.done(self.http.request(more.pop("method", "POST"), url, **_content(body), **more))

    def open(self, url: str, body: Any, **more: Any) -> Any:
        """The answer, not yet read."""
        request = self.http.build_request("POST", url, **_content(body), **more)
        return self.done(self.http.send(request, stream=True))

    def pieces(self, response: Any) -> Iterator[bytes]:
        """What comes of it, as it comes."""
        return self.items(response.aiter_raw() if self.waiting else response.iter_raw())


def _content(body: Any) -> dict[str, Any]:
    return {"content": body if isinstance(body, bytes | None) else json.dumps(body).encode()}


@contextlib.contextmanager
def plain(kind: Kind, **ways: Any) -> Generator[Plain]:
    """A client for as long as the block runs."""
    ways = {**HERE, **ways}
    client = Plain(kind, AsyncTransport(**ways) if kind[1] else Transport(**ways))
    try:
        yield client
    finally:
        client.end(client.http)
        client.over()


class Sdk(_Both):
    """The OpenAI SDK."""

    def __init__(self, kind: Kind, client: Any) -> None:
        super().__init__(kind[1])
        self.client = client
        self.waiting = kind[1]

    def create(self, **asked: Any) -> Any:
        """An answer, or its stream."""
        return self.done(self.client.chat.completions.create(**asked))

    @contextlib.contextmanager
    def within(self, manager: Any) -> Generator[Any]:
        """A block of either kind."""
        entered = self.done(manager.__aenter__() if self.waiting else manager.__enter__())
        try:
            yield entered
        finally:
            leave = manager.__aexit__ if self.waiting else manager.__exit__
            self.done(leave(None, None, None))


@contextlib.contextmanager
def sdk(kind: Kind, base_url: str, *, max_retries: int = 2, **ways: Any) -> Generator[Sdk]:
    """The SDK on a client of that library."""
    library, waiting = LIBRARIES[kind[0]], kind[1]
    ways = {**HERE, **ways}
    if waiting:
        http: Any = library.AsyncClient(transport=AsyncTransport(**ways))
        made: Any = AsyncOpenAI
    else:
        http = library.Client(transport=Transport(**ways))
        made = OpenAI
    one = Sdk(
        kind, made(base_url=base_url, api_key="sk-own-key-1", http_client=http, max_retries=max_retries)
    )
    try:
        yield one
    finally:
        one.done(one.client.close())
        one.over()
