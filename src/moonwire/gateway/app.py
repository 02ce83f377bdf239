"""The gateway: every path, who may ask, and what happens then."""

import asyncio
import contextlib
import re
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any, Final

import msgspec

from moonwire.core.errors import LocalProtocolError, MoonwireError
from moonwire.core.messages import Request
from moonwire.exchange.asked import Asked, Commit
from moonwire.exchange.config import Hop
from moonwire.exchange.dialect import CHAT, Dialect
from moonwire.exchange.dialects import ANTHROPIC, DIALECTS, RESPONSES, spoken_at
from moonwire.exchange.exchange import Exchange
from moonwire.exchange.redact import Redactor, secrets_of
from moonwire.exchange.told import HEADER, REQUEST_ID, encoded, request_id
from moonwire.gateway.counting import Counting
from moonwire.gateway.crew import Crew
from moonwire.gateway.generate import Generate, Timing, passed_headers
from moonwire.gateway.guard import Caller, Denied, Guard, check_body, depth_of, key_of, read_body
from moonwire.gateway.http import Call, Out, StuckCaller
from moonwire.gateway.images import Images
from moonwire.gateway.kept import KeptAnswers
from moonwire.gateway.logs import Log
from moonwire.gateway.metrics import CONTENT_TYPE, Metrics, merged
from moonwire.gateway.models import Models
from moonwire.gateway.relay import Relay
from moonwire.gateway.reports import Report, Reports
from moonwire.memory import Tenant
from moonwire.wire import anthropic

__all__ = ["Bounds", "Gateway"]

JSON: Final = ("content-type", "application/json")
TEXT: Final = ("content-type", "text/plain; charset=utf-8")

_IDENTITY: Final = re.compile(r"[\w.-]{1,128}", re.ASCII)
"""What an id of a request looks like, which goes to other workers in a line."""

NAME: Final = 512
"""The longest name of a model: names are remembered."""


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
        images: Images | None = None,
        crew: Crew | None = None,
    ) -> None:
        self.exchange = exchange
        self._crew = crew
        self._pages: list[bytes] = []
        self.metrics = Metrics()
        self.reports = Reports()
        self._guard = guard
        self._bounds = bounds or Bounds()
        self._log = log or Log()
        self._models = Models(exchange)
        self._redactor = Redactor(secrets_of(exchange.routing.upstreams))
        self._relay = Relay(exchange, self._over, self._redactor)
        self._counting = Counting(exchange)
        self._generate = {one.name: self._generator(one, timing or Timing(), images) for one in DIALECTS}
        self._answers = KeptAnswers(exchange.memory)
        self._generate[RESPONSES.name].kept = self._answers
        self._open = {"/healthz": self._health, "/readyz": self._ready, "/metrics": self._metrics}
        self._routes = (
            ("POST", re.compile(r"/v1/chat/completions"), self._chat),
            ("POST", re.compile(r"/v1/messages"), self._messages),
            ("POST", re.compile(r"/v1/messages/count_tokens"), self._count_messages),
            ("POST", re.compile(r"/v1/responses"), self._responses),
            ("GET|DELETE", re.compile(r"/v1/responses/[^/]+"), self._kept),
            ("GET", re.compile(r"/v1/models"), self._list),
            ("GET", re.compile(r"/v1/models/.+"), self._model),
            ("POST", re.compile(r"/v1/tokenizers/estimate-token-count"), self._count),
            ("GET", re.compile(r"/moonwire/notes/[^/]+"), self._notes),
        )
        self._running = 0
        self.metrics.running.set_function(lambda: self._running)
        self._idle = asyncio.Event()
        self.draining = False
        """Whether nothing new is taken: the process is about to end."""

    def _generator(self, dialect: Dialect, timing: Timing, images: Images | None) -> Generate:
        return Generate(
            self.exchange,
            dialect,
            timing,
            self._over,
            first=self.metrics.spoke,
            redactor=self._redactor,
            images=images,
        )

    async def handle(self, call: Call, out: Out) -> None:
        """One request."""
        identity = request_id()
        try:
            self._guard.check_place(call.headers)
            origin = call.headers.get("origin")
            if origin is not None:
                out.also += _shared_with(origin)
            if call.method == "OPTIONS" and origin is not None:
                # A browser asks, without a key, whether its page may.
                await out.whole(204, _PREFLIGHT, b"")
                return
            await self._routed(call, out, identity)
        except StuckCaller:
            # The connection is gone already, and nobody is there to be told.
            return
        except MoonwireError as error:
            await self._refuse(error, call, out, identity)

    def admits(self, headers: Mapping[str, str]) -> bool:
        """Whether a caller would be let in, asked before its body is read."""
        try:
            self._guard.check_place(headers)
            self._guard.identify(headers)
        except Denied:
            return False
        return True

    async def _routed(self, call: Call, out: Out, identity: str) -> None:
        open_path = self._open.get(call.path)
        if open_path is not None:
            _check_verb(call, "GET")
            await open_path(call, out)
            return
        caller = self._guard.identify(call.headers)
        for verb, pattern, handler in self._routes:
            if pattern.fullmatch(call.path) is not None:
                _check_verb(call, verb)
                await handler(call, out, caller, identity)
                return
        if call.path.startswith("/v1/"):
            await self._passed(call, out, caller, identity)
            return
        raise Denied(f"there is nothing at {call.path}", status=404, remedy="the base URL ends with /v1")

    async def _refuse(self, error: MoonwireError, call: Call, out: Out, identity: str) -> None:
        """In the words of the dialect that is spoken at this path, else of Chat Completions."""
        dialect = spoken_at(call.path)
        status, headers, body = dialect.encode_error(error)
        if isinstance(error, Denied):
            status, headers = error.status, list(error.headers)
            body = dialect.denied(body, status)
        redactor = self._redactor.plus(key_of(call.headers))
        self.metrics.refused(status)
        said = {"path": redactor.text(call.path[:200]), "error": redactor.text(error.message[:500])}
        self._log.line("info", "refused", {"request_id": identity, "status": status, **said})
        if out.started:
            # Something was said already: all that can be told is that it was not all.
            out.cut()
            return
        await out.whole(status, [JSON, (REQUEST_ID, identity), *headers], redactor.data(encoded(body)))

    def _over(self, report: Report) -> None:
        """A request is over: kept, counted, told."""
        self.reports.put(report)
        target = report.target or "none"
        self.metrics.over(report.dialect, target, report.mode, report.status, report.seconds)
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
                headers=(("retry-after", "1"),),
            )
        asked = self._known(call, dialect) or self._read(call)
        model = asked.model if isinstance(asked, Request) else asked.get("model")
        if isinstance(model, str) and len(model) > NAME:
            raise LocalProtocolError("no model has so long a name", path="model", remedy="see /v1/models")
        route = self.exchange.route(model if isinstance(model, str) else "")
        self._running += 1
        self._idle.clear()
        try:
            if route.mode == "observe":
                body = self._read(call) if isinstance(asked, Request) else asked
                await self._relay.observe(call, out, caller, body, identity, dialect)
            else:
                await self._generate[dialect.name](call, out, caller, asked, identity)
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()

    def _known(self, call: Call, dialect: Dialect) -> Request | None:
        """The request, if there is nothing against it; whatever is, `_read` and `decode` say it."""
        bounds = self._bounds
        if call.trouble or len(call.body) > bounds.body:
            return None
        # Within the body's object, and the list that holds a message.
        most = bounds.depth - 2
        request = dialect.read(call.body, lambda piece: depth_of(piece, most) <= most)
        return None if request is None or len(request.messages) > bounds.messages else request

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

    async def _messages(self, call: Call, out: Out, caller: Caller, identity: str) -> None:
        await self.generate(call, out, caller, identity, ANTHROPIC)

    async def _responses(self, call: Call, out: Out, caller: Caller, identity: str) -> None:
        await self.generate(call, out, caller, identity, RESPONSES)

    async def _kept(self, call: Call, out: Out, caller: Caller, identity: str) -> None:
        """An answer that was to be kept: shown, or deleted."""
        name = call.path.rsplit("/", 1)[1]
        answer = self._answers.forget if call.method == "DELETE" else self._answers.shown
        await _json(out, await answer(name, caller.tenant), identity)

    async def _count_messages(self, call: Call, out: Out, caller: Caller, identity: str) -> None:
        """What Claude Code asks before it compacts (kimi-api.md M5)."""
        tokens, _ = await self._counting.tokens(self._asked(call, caller, identity, ANTHROPIC))
        await _json(out, anthropic.count_body(tokens), identity)

    async def _list(self, call: Call, out: Out, caller: Caller, identity: str) -> None:
        items = await self._models.listed(caller)
        if "anthropic-version" in call.headers:
            await _json(out, anthropic.models_body(map(_model, items)), identity)
            return
        await _json(out, {"object": "list", "data": items}, identity)

    async def _model(self, call: Call, out: Out, caller: Caller, identity: str) -> None:
        name = call.path.removeprefix("/v1/models/")
        for item in await self._models.listed(caller):
            if item["id"] == name:
                shown = anthropic.model_body(_model(item)) if "anthropic-version" in call.headers else item
                await _json(out, shown, identity)
                return
        raise Denied(f"no route leads to a model {name!r}", status=404, path="model", remedy="see /v1/models")

    async def _count(self, call: Call, out: Out, caller: Caller, identity: str) -> None:
        tokens, how = await self._counting.tokens(self._asked(call, caller, identity, CHAT))
        await _json(out, {"data": {"total_tokens": tokens, "moonwire": how}}, identity)

    def _asked(self, call: Call, caller: Caller, identity: str, dialect: Dialect) -> Asked:
        request = dialect.decode(self._read(call))
        native = self.exchange.speaks(request.model) == {dialect.name}
        request, _ = dialect.plain(request, native)
        return Asked(
            request=request,
            id=identity,
            tenant=caller.tenant,
            key=caller.key,
            headers=passed_headers(call),
            commit=Commit(),
        )

    async def _notes(self, call: Call, out: Out, caller: Caller, identity: str) -> None:
        wanted = call.path.rsplit("/", 1)[1]
        report = self.reports.get(wanted, caller.tenant)
        if report is None and self._crew is not None and _IDENTITY.fullmatch(wanted):
            answers = await self._crew.ask(f"notes {wanted} {caller.tenant.identity.hex()}")
            if shown := b"".join(answers):
                # An id is known to one of them at most.
                await out.whole(200, [JSON, (REQUEST_ID, identity)], shown)
                return
        if report is None:
            raise Denied(
                f"nothing is known of {wanted}",
                status=404,
                remedy="reports are kept for the last 1,000 requests",
            )
        await _json(out, report.shown(), identity)

    async def _passed(self, call: Call, out: Out, caller: Caller, identity: str) -> None:
        """Files, balance and whatever else there is, as it comes, to the first upstream."""
        check_body(call, self._bounds.body)
        if {".", ".."} & set(call.path.split("/")):
            # With the operator's key nobody walks out of the base URL.
            raise Denied("a path with dots", status=404, remedy="write the path out")
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
        page = self.metrics.page()
        if self._crew is not None:
            # Of one that does not answer what it said last: a counter that falls is taken for a new one.
            pages = await self._crew.ask("metrics")
            self._pages = [new or old for new, old in zip_longest(pages, self._pages, fillvalue=b"")]
            page = merged([page, *self._pages])
        await out.whole(200, [("content-type", CONTENT_TYPE)], page)

    def answer(self, question: str) -> bytes:
        """What another worker wants to know of this one; nothing where there is nothing to say."""
        match question.split():
            case ["metrics"]:
                return self.metrics.page()
            case ["notes", identity, tenant]:
                report = self.reports.get(identity, Tenant(bytes.fromhex(tenant)))
                return b"" if report is None else encoded(report.shown())
            case _:
                return b""


_PREFLIGHT: Final = [
    ("access-control-allow-methods", "GET, POST, PUT, PATCH, DELETE"),
    ("access-control-allow-headers", "*, authorization"),
    ("access-control-max-age", "600"),
]


def _shared_with(origin: str) -> list[tuple[str, str]]:
    """What a browser wants to see before it shows an answer to the page that asked."""
    seen = f"{REQUEST_ID}, {HEADER}, retry-after"
    return [
        ("access-control-allow-origin", origin),
        ("access-control-expose-headers", seen),
        ("vary", "origin"),
    ]


def _model(item: dict[str, Any]) -> anthropic.Model:
    """A model of the list, for the clients that read Anthropic's."""
    window = item.get("context_length")
    return anthropic.Model(id=item["id"], name=item.get("display_name") or item["id"], window=window or None)


def _check_verb(call: Call, verb: str) -> None:
    verbs = verb.split("|")
    if call.method not in verbs and not ("GET" in verbs and call.method == "HEAD"):
        raise Denied(
            f"{call.path} is asked with {' or '.join(verbs)}",
            status=405,
            path="method",
            remedy=f"use {' or '.join(verbs)}",
            headers=(("allow", ", ".join(verbs)),),
        )


async def _json(out: Out, value: Any, identity: str) -> None:
    await out.whole(200, [JSON, (REQUEST_ID, identity)], encoded(value))
