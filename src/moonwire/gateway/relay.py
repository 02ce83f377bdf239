"""Bytes as they are: mode `observe`, and everything below `/v1` that the gateway has no opinion about."""

import contextlib
import time
from collections.abc import Callable
from typing import Any, Final

from moonwire.core.errors import MoonwireError, TransportError
from moonwire.core.fold import Fold
from moonwire.core.plan import Plan
from moonwire.core.restore import Restore
from moonwire.exchange.config import Hop
from moonwire.exchange.exchange import Asked, Commit, Exchange
from moonwire.exchange.host import Host
from moonwire.exchange.ring import Lease
from moonwire.exchange.wires import spoken
from moonwire.gateway.dialect import Dialect
from moonwire.gateway.guard import Caller
from moonwire.gateway.http import Call, Out
from moonwire.gateway.reports import REQUEST_ID, Report
from moonwire.transport import Response
from moonwire.wire.chat.writer import usage_object
from moonwire.wire.sse import Decoder

__all__ = ["Relay"]

HOP_BY_HOP: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "content-length",
        # The client has decoded the body.
        "content-encoding",
        "date",
        "server",
    }
)
PRIVATE: Final = frozenset(
    {"authorization", "x-api-key", "cookie", "host", "accept-encoding", "origin", "referer"}
)
"""What of a caller's headers is for the gateway alone."""


class Relay:
    """Passes requests on verbatim, with the upstream's key."""

    def __init__(self, exchange: Exchange, told: Callable[[Report], None]) -> None:
        self._exchange = exchange
        self._told = told

    async def observe(
        self, call: Call, out: Out, caller: Caller, body: dict[str, Any], identity: str, dialect: Dialect
    ) -> None:
        """The request as it is to the first hop; beside it the report of what would have been done."""
        began = time.monotonic()
        report = Report(id=identity, tenant=caller.tenant, mode="observe")
        watch = _Watch(None)
        try:
            request = dialect.decode(body)
            report.model = request.model
            asked = Asked(request=request, id=identity, tenant=caller.tenant, key=caller.key, commit=Commit())
            planned = self._exchange.planned(asked)
            report.notes = planned.notes
            report.target = f"{planned.target.name or 'unknown'}@{planned.target.endpoint}"
            watch = _Watch(planned)
        except MoonwireError as error:
            # The server is to say what it thinks of it; the report says what moonwire thinks.
            report.error = f"{type(error).__name__}: {error.message[:500]}"
        model = body.get("model")
        hop = self._exchange.route(model if isinstance(model, str) else "").hops[0]
        report.upstream = hop.upstream
        try:
            report.status = await self.through(call, out, caller, hop, identity, watch=watch)
        finally:
            report.notes = (*report.notes, *watch.finish(report))
            report.seconds = time.monotonic() - began
            self._told(report)

    async def through(
        self, call: Call, out: Out, caller: Caller, hop: Hop, identity: str, *, watch: "_Watch | None" = None
    ) -> int:
        """One request to one upstream and its answer back, byte for byte. The status."""
        host = self._exchange.hosts[hop.upstream]
        lease = await host.ring.take(caller.key, self._exchange.options.retries.wait)
        try:
            async with await self._sent(call, host, lease) as response:
                headers = [(name, value) for name, value in response.headers if name not in HOP_BY_HOP]
                await out.start(response.status, [*headers, (REQUEST_ID, identity)])
                with contextlib.suppress(TransportError):
                    # What broke here breaks there: the status is out, and the body just ends.
                    async for piece in response:
                        if watch is not None:
                            watch.feed(piece)
                        await out.send(piece)
                await out.end()
                return response.status
        finally:
            lease.release()

    async def _sent(self, call: Call, host: Host, lease: Lease) -> Response:
        path = call.path.removeprefix("/v1")
        url = host.url(path) + (f"?{call.query}" if call.query else "")
        named = {name.lower() for name, _ in host.upstream.headers}
        headers = [
            (name, value)
            for name, value in call.headers.items()
            if name not in HOP_BY_HOP and name not in PRIVATE and name not in named
        ]
        if lease.key:
            headers.append(("authorization", f"Bearer {lease.key}"))
        return await host.client.send(
            call.method,
            url,
            headers=[*headers, *host.upstream.headers],
            body=call.body,
            timeouts=host.upstream.timeouts,
        )


class _Watch:
    """Runs the way back beside the bytes, for the report only. It changes nothing and stops nothing."""

    MOST: Final = 8 << 20

    def __init__(self, planned: Plan | None) -> None:
        self._planned = planned
        self._decoder = Decoder()
        self._reader = None if planned is None else spoken(planned.target.dialect).reader(planned)
        self._restore = None if planned is None else Restore(planned.restoration())
        self._fold = Fold()
        self._size = 0

    def feed(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._reader is None or self._restore is None or self._size > self.MOST:
            return
        try:
            for data in self._decoder.feed(piece):
                self._fold.feed(self._restore.feed(self._reader.feed(data)))
        except MoonwireError:
            self._reader = None

    def finish(self, report: Report) -> list[Any]:
        """The notes that the answer would have got."""
        if self._reader is None or self._restore is None:
            return []
        self._fold.feed(self._restore.feed(self._reader.finish()))
        reply = self._fold.finish()
        report.finish = reply.finish
        report.usage = None if reply.usage is None else usage_object(reply.usage)
        return list(reply.notes)
