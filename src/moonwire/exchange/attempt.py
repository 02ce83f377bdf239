"""One try at one upstream: sent, and read until something is said; or what it came to instead."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from moonwire.core.budget import check_bytes
from moonwire.core.errors import (
    Auth,
    MoonwireError,
    QuotaExhausted,
    RateLimited,
    RemoteProtocolError,
    ServerFailure,
    TransportError,
)
from moonwire.core.events import UpstreamError
from moonwire.core.messages import Image, Request, Video
from moonwire.core.plan import Plan
from moonwire.core.refusals import Sent, Verdict, read
from moonwire.exchange.answer import Begun, says_something
from moonwire.exchange.asked import Asked
from moonwire.exchange.config import Options
from moonwire.exchange.host import CREDENTIALS, Host
from moonwire.exchange.reading import BROKEN, IDLE, batches
from moonwire.exchange.ring import Lease
from moonwire.exchange.wires import spoken
from moonwire.transport import ClientClosed, IdleTimeout, PoolTimeout, Response
from moonwire.transport.url import parse

__all__ = ["Attempt", "Failed"]

ERROR_BYTES: Final = 1 << 20
ERROR_SECONDS: Final = 10.0
"""How much of an error's body is read, and how long it is waited for: the status says most of it."""

COOL: Final = 60.0
"""Seconds in which a key without quota, or one that is refused, is used only if there is no other."""

PASSED: Final = ("user-agent", "x-msh-")
"""Headers of the agent that are passed on as they are: who it says it is, and never anyone else."""

TRACES: Final = (
    *("x-trace-id", "msh-request-id", "x-msh-trace-id", "x-request-id", "msh-gid"),
    # What it counted, which is known before the answer (verification.md P0.18).
    *("x-msh-usage-prompt-tokens", "x-msh-usage-cached-tokens"),
)

OURS: Final = (ClientClosed, PoolTimeout)
"""Failures that say nothing of the upstream."""


class Failed(Exception):
    """One try came to nothing. `verdict` is there where the server said why."""

    def __init__(self, error: MoonwireError, verdict: Verdict | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.verdict = verdict


class Attempt:
    """One request to one host with one key."""

    def __init__(self, host: Host, plan: Plan, asked: Asked, lease: Lease, options: Options) -> None:
        self.host = host
        self.plan = plan
        self.lease = lease
        self._asked = asked
        self._options = options
        self._size = 0
        self._timeouts = asked.timeouts or host.upstream.timeouts

    async def begin(self, wall: Callable[[], float] = time.time) -> Begun:
        """Sends the request and reads until something is said. Raises `Failed`."""
        try:
            begun = await self._begun(wall)
        except (TransportError, RemoteProtocolError) as error:
            if not isinstance(error, OURS):
                self.host.health.failed()
            raise Failed(error) from None
        self.host.health.well()
        return begun

    async def _begun(self, wall: Callable[[], float]) -> Begun:
        host, plan = self.host, self.plan
        dialect = spoken(plan.target.dialect)
        body = dialect.write(plan.request)
        self._size = len(body)
        if plan.target.body_bytes and not _media(plan.request):
            # With pictures in it the refusal is repaired: the oldest are left out (kimi-api.md K2).
            check_bytes(self._size, plan.target)
        response = await host.client.send(
            "POST",
            host.url(dialect.path),
            headers=_headers(
                (*dialect.headers, *host.upstream.headers),
                self.lease.key,
                self._asked.headers,
                every=self._asked.verbatim,
            ),
            body=body,
            timeouts=self._timeouts,
        )
        if response.status != 200:
            raise await self._refused(response, wall)
        stream = batches(
            response, dialect.reader(plan), tail=self._options.tail, limit=self._options.stream_bytes
        )
        begun = Begun(first=[], stream=stream, response=response, traces=_traces(response))
        kept = False
        try:
            async for batch in stream:
                begun.first.append(batch)
                if says_something(batch):
                    break
                if isinstance(error := batch[-1], UpstreamError):
                    if error.code in BROKEN:
                        self.host.health.failed()
                    raise self.broken(error)
            kept = True
        finally:
            if not kept:
                await stream.aclose()
        return begun

    async def _refused(self, response: Response, wall: Callable[[], float]) -> Failed:
        data = b""
        try:
            with contextlib.suppress(TransportError, RemoteProtocolError, TimeoutError):
                async with asyncio.timeout(ERROR_SECONDS):
                    data = await response.read(ERROR_BYTES)
        finally:
            await response.aclose()
        headers = dict(response.headers)
        return self._judged(read(response.status, headers, data, now=wall(), sent=self._sent()))

    def broken(self, error: UpstreamError) -> Failed:
        """What an error within the answer means: before anything was said it is as good as a refusal."""
        if error.code == IDLE:
            origin = parse(self.host.upstream.base_url).origin
            return Failed(IdleTimeout(origin=origin, seconds=self._timeouts.idle))
        if error.code in BROKEN:
            return Failed(TransportError(error.message, path="upstream"))
        body = {"error": error.raw if error.raw is not None else error.message}
        return self._judged(read(error.status, {}, body, sent=self._sent()))

    def _judged(self, verdict: Verdict) -> Failed:
        host, refusal = self.host, verdict.refusal
        if isinstance(refusal, ServerFailure):
            host.health.failed()
        else:
            host.health.well()
        self._rested(verdict)
        refusal.remedy = refusal.remedy or verdict.advice
        if refusal.retry_after is None:
            refusal.retry_after = verdict.retry_after
        return Failed(refusal, verdict)

    def _rested(self, verdict: Verdict) -> None:
        """What the refusal means for other requests with this key; a key beside it need not wait."""
        ring, now = self.host.ring, self.host.ring.now()
        if isinstance(verdict.refusal, RateLimited):
            if verdict.retry_after:
                self.lease.rest(now + verdict.retry_after)
            elif ring.several:
                self.lease.rest(now + 1.0)
        elif isinstance(verdict.refusal, QuotaExhausted | Auth):
            self.lease.shun(now + COOL)

    def _sent(self) -> Sent:
        plan = self.plan
        request, target = plan.request, plan.target
        tools = request.tools or ()
        return Sent(
            estimate=plan.budget.estimate.tokens,
            cap=plan.budget.cap,
            window=target.window,
            tools=tuple(plan.names.get(tool.name, tool.name) for tool in tools),
            schemas=tuple(tool.parameters for tool in tools),
            media=_media(request),
            bytes=self._size,
            replaced_by=target.replaced_by,
            other_region=target.other_region,
        )


@lru_cache(maxsize=256)
def _headers(
    own: tuple[tuple[str, str], ...], key: str, passed: tuple[tuple[str, str], ...], *, every: bool
) -> tuple[tuple[str, str], ...]:
    """The headers of a request: ours, what the agent says of itself, the key, and the upstream's own."""
    found = [
        ("content-type", "application/json"),
        ("accept", "text/event-stream, application/json"),
        ("accept-encoding", "identity"),
    ]
    found += [one for one in passed if every or one[0].lower().startswith(PASSED)]
    named = {name.lower() for name, _ in own}
    if key and not named & CREDENTIALS:
        found.append(("authorization", f"Bearer {key}"))
    return (*((name, value) for name, value in found if name.lower() not in named), *own)


def _media(request: Request) -> int:
    """How many pictures and films it holds: where there are none, none can be left out."""
    contents = (message.content for message in request.messages)
    parts = (part for content in contents if isinstance(content, tuple) for part in content)
    return sum(isinstance(part, Image | Video) for part in parts)


def _traces(response: Response) -> dict[str, str]:
    return {name: value[:200] for name, value in response.headers if name in TRACES}
