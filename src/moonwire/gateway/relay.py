"""Bytes as they are: mode `observe`, and everything below `/v1` that the gateway has no opinion about."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec

from moonwire.core.errors import MoonwireError, RemoteProtocolError, TransportError
from moonwire.core.fold import Fold
from moonwire.core.plan import Plan
from moonwire.core.restore import Restoration, Restore
from moonwire.exchange.asked import Asked, Commit
from moonwire.exchange.config import Hop
from moonwire.exchange.dialect import Dialect
from moonwire.exchange.exchange import Exchange
from moonwire.exchange.host import Host
from moonwire.exchange.redact import Redactor
from moonwire.exchange.ring import Lease
from moonwire.exchange.told import HEADER, REQUEST_ID, notes_header
from moonwire.exchange.wires import spoken
from moonwire.gateway.generate import LEFT, target_of
from moonwire.gateway.guard import Caller
from moonwire.gateway.http import Call, Out, StuckCaller
from moonwire.gateway.reports import Report
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
    {"authorization", "x-api-key", "cookie", "host", "accept-encoding", "origin", "referer", "expect"}
)
"""What of a caller's headers is for the gateway alone."""

REFUSAL_BYTES: Final = 4 << 20


class Relay:
    """Passes requests on verbatim, with the upstream's key."""

    def __init__(self, exchange: Exchange, told: Callable[[Report], None], redactor: Redactor) -> None:
        self._exchange = exchange
        self._told = told
        self._redactor = redactor

    async def observe(
        self, call: Call, out: Out, caller: Caller, body: dict[str, Any], identity: str, dialect: Dialect
    ) -> None:
        """The request as it is to the first hop; beside it the report of what would have been done."""
        began = time.monotonic()
        report = Report(id=identity, tenant=caller.tenant, mode="observe", dialect=dialect.name)
        redactor = self._redactor.plus(caller.key)
        watch = self._watched(call, caller, body, report, dialect)
        model = body.get("model")
        hop = self._exchange.route(model if isinstance(model, str) else "").hops[0]
        report.upstream = hop.upstream
        if hop.model:
            # An alias is the operator's word for a model: the server does not know it.
            call = msgspec.structs.replace(call, body=msgspec.json.encode({**body, "model": hop.model}))
        try:
            await self.through(call, out, caller, hop, identity, report=report, watch=watch)
        except StuckCaller:
            report.error = "the caller stopped reading"
            raise
        except MoonwireError as error:
            report.error = redactor.text(f"{type(error).__name__}: {error.message[:500]}")
            report.status = report.status or dialect.encode_error(error)[0]
            raise
        except asyncio.CancelledError:
            report.status = report.status or LEFT
            report.error = "the caller left" if out.gone else "the gateway ended"
            raise
        finally:
            watch.finish(report)
            report.notes = redactor.notes(report.notes)
            report.error = redactor.text(report.error)
            report.seconds = time.monotonic() - began
            self._told(report)

    def _watched(
        self, call: Call, caller: Caller, body: dict[str, Any], report: Report, dialect: Dialect
    ) -> "_Watch":
        try:
            request = dialect.decode(body)
            report.model = request.model
            native = self._exchange.speaks(request.model) == {dialect.name}
            request, told = dialect.plain(request, native)
            asked = Asked(
                request=request, id=report.id, tenant=caller.tenant, key=caller.key, commit=Commit()
            )
            planned = self._exchange.planned(asked)
        except MoonwireError as error:
            # The server is to say what it thinks of it; the report says what moonwire thinks.
            report.error = f"{type(error).__name__}: {error.message[:500]}"
            return _Watch(None)
        report.notes = (*told, *planned.notes)
        report.target = target_of(planned)
        return _Watch(planned, dialect.name)

    async def through(
        self,
        call: Call,
        out: Out,
        caller: Caller,
        hop: Hop,
        identity: str,
        *,
        report: Report | None = None,
        watch: "_Watch | None" = None,
    ) -> None:
        """One request to one upstream and its answer back, byte for byte."""
        host = self._exchange.hosts[hop.upstream]
        lease = await host.ring.take(caller.key, self._exchange.options.retries.wait)
        try:
            async with await self._sent(call, host, lease) as response:
                headers = [*_kept(response), (REQUEST_ID, identity)]
                if report is not None:
                    report.status = response.status
                    if report.notes:
                        headers.append((HEADER, notes_header(report.notes)))
                if response.status >= 400:
                    await self._refusal(response, out, caller, headers)
                    return
                await out.start(response.status, headers)
                try:
                    async for piece in response:
                        if watch is not None:
                            watch.feed(piece)
                        await out.send(piece)
                except (TransportError, RemoteProtocolError) as error:
                    # What broke here breaks there: the status is out, and an end would look like all of it.
                    if report is not None:
                        report.error = f"{type(error).__name__}: {error.message[:500]}"
                    out.cut()
                    return
                await out.end()
        finally:
            lease.release()

    async def _refusal(
        self, response: Response, out: Out, caller: Caller, headers: list[tuple[str, str]]
    ) -> None:
        """Servers quote the keys that they refuse; nobody but the operator is to read those."""
        data = self._redactor.plus(caller.key).data(await response.read(REFUSAL_BYTES))
        sized = [(name, str(len(data)) if name == "content-length" else value) for name, value in headers]
        await out.start(response.status, sized)
        if data:
            await out.send(data)
        await out.end()

    async def _sent(self, call: Call, host: Host, lease: Lease) -> Response:
        url = host.url(call.raw_path.removeprefix("/v1")) + (f"?{call.query}" if call.query else "")
        named = {name.lower() for name, _ in host.upstream.headers}
        dropped = HOP_BY_HOP | PRIVATE | named | _listed(call.headers.get("connection", ""))
        headers = [
            (name, value)
            for name, value in call.headers.items()
            if name not in dropped and not name.startswith("moonwire-")
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


def _listed(connection: str) -> frozenset[str]:
    """What a Connection header says is for the next hop alone (RFC 9110, 7.6.1)."""
    return frozenset(word.strip().lower() for word in connection.split(","))


def _kept(response: Response) -> list[tuple[str, str]]:
    """The headers that are the answer's own, and not the connection's."""
    dropped = HOP_BY_HOP | _listed(response.header("connection") or "")
    kept = [(name, value) for name, value in response.headers if name not in dropped]
    length = response.header("content-length")
    packed = response.header("content-encoding") not in (None, "identity")
    if length is not None and length.isdigit() and not packed and response.status not in (204, 304):
        kept.append(("content-length", length))
    return kept


class _Watch:
    """Runs the way back beside the bytes, for the report only. It changes nothing and stops nothing."""

    MOST: Final = 8 << 20

    def __init__(self, planned: Plan | None, dialect: str = "chat") -> None:
        self._decoder = Decoder()
        # What passes is in the caller's dialect, whatever the endpoint would be spoken to in.
        self._reader = None if planned is None else spoken(dialect).reader(planned)
        self._restore = Restore(Restoration() if planned is None else planned.restoration())
        self._fold = Fold()
        self._size = 0
        self._whole: list[bytes] | None = None

    def feed(self, piece: bytes) -> None:
        """A piece of the answer."""
        if self._reader is None:
            return
        if not self._size and piece.lstrip()[:1] == b"{":
            self._whole = []
        self._size += len(piece)
        if self._size > self.MOST:
            self._reader = None
        elif self._whole is not None:
            self._whole.append(piece)
        else:
            self._read(piece)

    def _read(self, piece: bytes) -> None:
        assert self._reader is not None
        try:
            for data in self._decoder.feed(piece):
                self._fold.feed(self._restore.feed(self._reader.feed(data)))
        except MoonwireError:
            self._reader = None

    def finish(self, report: Report) -> None:
        """Adds what the answer would have got."""
        reader = self._reader
        if reader is None or not self._size:
            return
        data = self._decoder.finish() if self._whole is None else [b"".join(self._whole)]
        for one in data:
            self._fold.feed(self._restore.feed(reader.feed(one)))
        self._fold.feed(self._restore.feed(reader.finish()))
        reply = self._fold.finish()
        report.finish = reply.finish
        report.usage = None if reply.usage is None else usage_object(reply.usage)
        if reply.error is not None and not report.error:
            report.error = f"upstream: {reply.error.message[:500]}"
        report.notes = (*report.notes, *reply.notes)
