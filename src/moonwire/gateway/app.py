"""The gateway: every path, who may ask, and what happens then."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from moonwire.core.errors import MoonwireError
from moonwire.exchange.config import Hop
from moonwire.exchange.exchange import Asked, Commit, Exchange
from moonwire.gateway.counting import Counting
from moonwire.gateway.dialect import CHAT, Dialect
from moonwire.gateway.generate import Generate, Timing, request_id
from moonwire.gateway.guard import Caller, Denied, Guard, read_body
from moonwire.gateway.http import Call, Out
from moonwire.gateway.logs import Log
from moonwire.gateway.metrics import CONTENT_TYPE, Metrics
from moonwire.gateway.models import Models
from moonwire.gateway.relay import Relay
from moonwire.gateway.reports import REQUEST_ID, Report, Reports

__all__ = ["Bounds", "Gateway"]

JSON: Final = ("content-type", "application/json")
TEXT: Final = ("content-type", "text/plain; charset=utf-8")


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller may make the gateway hold."""

    body: int = 100_000_000
    """Bytes of a request's body; the platform takes less than 100 MB (kimi-api.md H7)."""
    messages: int = 20_000
    depth: int = 200
    """How deep the JSON of a body may be nested."""
    running: int = 5_000
    """Requests at once."""


class Gateway:
    """One process's gateway. `handle` is given to whatever server there is."""

    def __init__(
        self,
        exchange: Exchange,
        guard: Guard,
        *,
        timing: Timing | None = None,
        bounds: Bounds | None = None,
        log: Log | None = None,
        tokenizer: str = "",
    ) -> None:
        self.exchange = exchange
        self.metrics = Metrics()
        self.reports = Reports()
        self._guard = guard
        self._bounds = bounds or Bounds()
        self._log = log or Log()
        self._models = Models(exchange)
        self._relay = Relay(exchange, self._over)
        self._counting = Counting(exchange, tokenizer)
        self._generate = Generate(
            exchange,
            CHAT,
            timing or Timing(),
            self._over,
            first=self.metrics.spoke,
        )
        self._running = 0
        self._idle = asyncio.Event()
        self.draining = False
        """Whether nothing new is taken: the process is about to end."""

    async def handle(self, call: Call, out: Out) -> None:
        """One request."""
        identity = request_id()
        try:
            self._guard.check_place(call.headers)
            await self._routed(call, out, identity)
        except MoonwireError as error:
            await self._refuse(error, out, identity)

    async def _routed(self, call: Call, out: Out, identity: str) -> None:
        open_path = _OPEN.get(call.path)
        if open_path is not None:
            await open_path(self, call, out)
            return
        caller = self._guard.identify(call.headers)
        for verb, pattern, handler in _ROUTES:
            match = pattern.fullmatch(call.path)
            if match is None:
                continue
            if verb == call.method:
                await handler(self, call, out, caller, identity)
                return
        if call.path.startswith("/v1/"):
            await self._passed(call, out, caller, identity)
            return
        raise Denied(f"there is nothing at {call.path}", status=404, remedy="the base URL ends with /v1")

    async def _refuse(self, error: MoonwireError, out: Out, identity: str) -> None:
        """In the words of Chat Completions, which every client of `/v1` reads."""
        if out.started:
            # Something was said already; the connection ends, which is all that can be told.
            return
        status, headers, body = CHAT.encode_error(error)
        if isinstance(error, Denied):
            status = error.status
            body["error"] |= {"type": _TYPES.get(status, "invalid_request_error")}
        data = msgspec.json.encode(body)
        await out.whole(status, [JSON, (REQUEST_ID, identity), *headers], data)

    def _over(self, report: Report) -> None:
        """A request is over: kept, counted, told."""
        self.reports.put(report)
        target = report.target or "none"
        self.metrics.over(CHAT.name, target, report.mode, report.status, report.seconds)
        self.metrics.noted(report.notes)
        if report.usage is not None:
            self.metrics.used(target, report.usage)
        self._log.request(report)

    # -- paths -------------------------------------------------------------------------------------

    async def generate(self, call: Call, out: Out, caller: Caller, identity: str, dialect: Dialect) -> None:
        """A request for an answer."""
        bounds = self._bounds
        if self.draining or self._running >= bounds.running:
            raise Denied(
                "the gateway is ending" if self.draining else f"{bounds.running} requests are under way",
                status=503,
                remedy="try again in a moment",
            )
        body = self._read(call)
        model = body.get("model")
        route = self.exchange.route(model if isinstance(model, str) else "")
        self._running += 1
        self._idle.clear()
        self.metrics.running.inc()
        try:
            if route.mode == "observe":
                await self._relay.observe(call, out, caller, body, identity, dialect)
            else:
                await self._generate(call, out, caller, body, identity)
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()
            self.metrics.running.dec()

    def _read(self, call: Call) -> dict[str, Any]:
        bounds = self._bounds
        return read_body(call, limit=bounds.body, messages=bounds.messages, depth=bounds.depth)

    @property
    def running(self) -> int:
        """Requests under way."""
        return self._running

    async def drained(self, seconds: float) -> bool:
        """Takes nothing new, and waits until what is under way is over, or the time is."""
        self.draining = True
        if self._running:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), seconds)
        return not self._running

    async def _chat(self, call: Call, out: Out, caller: Caller, identity: str) -> None:
        await self.generate(call, out, caller, identity, CHAT)

    async def _list(self, call: Call, out: Out, caller: Caller, identity: str) -> None:
        items = await self._models.listed(caller)
        await _json(out, {"object": "list", "data": items}, identity)

    async def _model(self, call: Call, out: Out, caller: Caller, identity: str) -> None:
        name = call.path.removeprefix("/v1/models/")
        for item in await self._models.listed(caller):
            if item["id"] == name:
                await _json(out, item, identity)
                return
        raise Denied(f"no route leads to a model {name!r}", status=404, path="model", remedy="see /v1/models")

    async def _count(self, call: Call, out: Out, caller: Caller, identity: str) -> None:
        body = self._read(call)
        request = CHAT.decode(body)
        asked = Asked(request=request, id=identity, tenant=caller.tenant, key=caller.key, commit=Commit())
        tokens, how = await self._counting.tokens(asked)
        await _json(out, {"data": {"total_tokens": tokens, "moonwire": how}}, identity)

    async def _notes(self, call: Call, out: Out, caller: Caller, identity: str) -> None:
        wanted = call.path.rsplit("/", 1)[1]
        report = self.reports.get(wanted, caller.tenant)
        if report is None:
            raise Denied(
                f"nothing is known of {wanted}",
                status=404,
                remedy="reports are kept for the last 1,000 requests",
            )
        await _json(out, report.shown(), identity)

    async def _passed(self, call: Call, out: Out, caller: Caller, identity: str) -> None:
        """Files, balance and whatever else there is, as it comes, to the first upstream."""
        if call.too_large:
            raise Denied("the body is too large", status=413, path="body", remedy="raise limits.body")
        hop: Hop = self.exchange.routing.routes[-1].hops[0]
        await self._relay.through(call, out, caller, hop, identity)

    # -- what is open to everyone ------------------------------------------------------------------

    async def _health(self, call: Call, out: Out) -> None:
        await out.whole(200, [TEXT], b"ok\n")

    async def _ready(self, call: Call, out: Out) -> None:
        """Ready means: not about to end, and some upstream is worth asking."""
        sick = all(host.health.open for host in self.exchange.hosts.values())
        if self.draining or sick:
            await out.whole(503, [TEXT], b"draining\n" if self.draining else b"no upstream\n")
            return
        await out.whole(200, [TEXT], b"ready\n")

    async def _metrics(self, call: Call, out: Out) -> None:
        self._guard.identify(call.headers)
        await out.whole(200, [("content-type", CONTENT_TYPE)], self.metrics.page())


_TYPES: Final = {
    401: "authentication_error",
    403: "permission_error",
    421: "permission_error",
    503: "server_error",
}


async def _json(out: Out, value: Any, identity: str) -> None:
    await out.whole(200, [JSON, (REQUEST_ID, identity)], msgspec.json.encode(value))


_Route = Callable[["Gateway", Call, Out, Caller, str], Awaitable[None]]

# A class's own methods, looked up once.
_ROUTES: Final[tuple[tuple[str, re.Pattern[str], _Route], ...]] = (
    ("POST", re.compile(r"/v1/chat/completions"), Gateway._chat),  # pyright: ignore[reportPrivateUsage] -- own table
    ("GET", re.compile(r"/v1/models"), Gateway._list),  # pyright: ignore[reportPrivateUsage] -- own table
    ("GET", re.compile(r"/v1/models/.+"), Gateway._model),  # pyright: ignore[reportPrivateUsage] -- own table
    ("POST", re.compile(r"/v1/tokenizers/estimate-token-count"), Gateway._count),  # pyright: ignore[reportPrivateUsage] -- own table
    ("GET", re.compile(r"/moonwire/notes/[^/]+"), Gateway._notes),  # pyright: ignore[reportPrivateUsage] -- own table
)
_OPEN: Final[dict[str, Callable[["Gateway", Call, Out], Awaitable[None]]]] = {
    "/healthz": Gateway._health,  # pyright: ignore[reportPrivateUsage] -- own table
    "/readyz": Gateway._ready,  # pyright: ignore[reportPrivateUsage] -- own table
    "/metrics": Gateway._metrics,  # pyright: ignore[reportPrivateUsage] -- own table
}
