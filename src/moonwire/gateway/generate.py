"""A request for an answer, in any dialect: in, through the exchange, and out, streamed or whole."""

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Any, Final, cast

import msgspec

from moonwire.core.errors import LocalProtocolError, MoonwireError, RemoteProtocolError
from moonwire.core.events import UpstreamError
from moonwire.core.messages import Reply, Request
from moonwire.core.notes import Note
from moonwire.core.plan import Plan
from moonwire.exchange.answer import Answer
from moonwire.exchange.exchange import Asked, Commit, Exchange, Incomplete
from moonwire.gateway.dialect import Dialect, Named
from moonwire.gateway.guard import Caller, Denied
from moonwire.gateway.http import Call, Out, StuckCaller
from moonwire.gateway.pulse import Late, Pulse
from moonwire.gateway.reports import HEADER, REQUEST_ID, Report, notes_header
from moonwire.wire.chat.writer import usage_object

__all__ = ["Generate", "Timing", "passed_headers", "request_id"]

SSE: Final = [
    ("content-type", "text/event-stream"),
    ("cache-control", "no-cache"),
    ("x-accel-buffering", "no"),
]
JSON: Final = ("content-type", "application/json")

EXPLAIN: Final = "moonwire-explain"


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """The waits of an answer, in seconds."""

    commit_after: float = 15.0
    """When the status line goes out though nothing has been said; then only an error event can follow."""
    keep_alive: float = 10.0
    """Between two comments while nothing is said; 0: none, as strict readers want (verification.md 4)."""


def request_id() -> str:
    """A new id of a request."""
    return f"req_{secrets.token_hex(12)}"


def passed_headers(call: Call) -> tuple[tuple[str, str], ...]:
    """What the agent says of itself, which the upstream is told unchanged."""
    return tuple(
        (name, value)
        for name, value in call.headers.items()
        if name == "user-agent" or name.startswith("x-msh-")
    )


class Generate:
    """Answers requests of one dialect. `told` is given each report when its request is over."""

    def __init__(
        self,
        exchange: Exchange,
        dialect: Dialect,
        timing: Timing,
        told: Callable[[Report], None],
        *,
        first: Callable[[str, float], None] = lambda target, seconds: None,
    ) -> None:
        self._exchange = exchange
        self._dialect = dialect
        self._timing = timing
        self._told = told
        self._first = first

    async def __call__(
        self, call: Call, out: Out, caller: Caller, body: dict[str, Any], identity: str
    ) -> None:
        """One request. Whatever happens, the caller gets an answer in its own words, and a report is kept."""
        begun = time.monotonic()
        report = Report(id=identity, tenant=caller.tenant)
        try:
            await self._answered(call, out, caller, body, report)
        except StuckCaller:
            report.error = "the caller stopped reading"
            raise
        except MoonwireError as error:
            report.error = f"{type(error).__name__}: {error.message[:500]}"
            await self._failed(error, out, report)
        except asyncio.CancelledError:
            report.error = report.error or "the caller left"
            raise
        finally:
            report.seconds = time.monotonic() - begun
            self._told(report)

    async def _answered(
        self, call: Call, out: Out, caller: Caller, body: dict[str, Any], report: Report
    ) -> None:
        request = self._dialect.decode(body)
        if not request.model:
            raise LocalProtocolError("no model is named", path="model", remedy="name one, such as kimi-k3")
        report.model = request.model
        route = self._exchange.route(request.model)
        report.mode = route.mode
        asked = Asked(
            request=request,
            id=report.id,
            tenant=caller.tenant,
            key=caller.key,
            headers=passed_headers(call),
            commit=Commit(),
        )
        if route.mode == "strict":
            _refuse_healing(self._exchange.planned(asked))
        explain = call.headers.get(EXPLAIN) == "1"
        if request.stream is True:
            await self._stream(asked, out, report, explain=explain)
        else:
            await self._whole(asked, out, report, explain=explain)

    def _named(self, request: Request, report: Report, answer: Answer, *, explain: bool) -> Named:
        def extra() -> dict[str, Any]:
            return {"moonwire": {"request_id": report.id, "notes": _plain(answer.notes)}}

        return Named(
            id=f"{self._dialect.id_prefix}{report.id[4:]}",
            model=request.model,
            created=int(time.time()),
            usage=request.stream_usage is True,
            extra=extra if explain else None,
        )

    # -- whole -------------------------------------------------------------------------------------

    async def _whole(self, asked: Asked, out: Out, report: Report, *, explain: bool) -> None:
        reply, answer = await self._exchange.complete(asked)
        _keep(report, answer, reply)
        if reply.error is not None:
            raise broken(reply.error)
        named = self._named(asked.request, report, answer, explain=explain)
        data = msgspec.json.encode(self._dialect.encode_reply(reply, named))
        report.status = 200
        await out.whole(200, [JSON, *self._headers(report, answer.notes)], data)

    def _headers(self, report: Report, notes: list[Note]) -> list[tuple[str, str]]:
        found = [(REQUEST_ID, report.id)]
        if notes:
            found.append((HEADER, notes_header(notes)))
        return found

    # -- streamed ----------------------------------------------------------------------------------

    async def _stream(self, asked: Asked, out: Out, report: Report, *, explain: bool) -> None:
        began = time.monotonic()
        pulse = Pulse(out, self._dialect.keep_alive, self._timing.keep_alive)

        async def commit() -> None:
            # Nothing was said for long: the caller gets a status, and from here on no other.
            asked.commit.made = True
            report.status = 200
            await out.start(200, [*SSE, *self._headers(report, [])])
            await out.send(self._dialect.keep_alive)
            pulse.begin()

        late = Late(self._timing.commit_after, commit)
        try:
            answer = await self._exchange.open(asked)
        finally:
            await late.end()
            pulse.end()
        report.upstream, report.target = answer.upstream, _target(answer.plan)
        self._first(report.target, time.monotonic() - began)
        try:
            await self._relayed(asked, out, report, answer, explain=explain)
        finally:
            await answer.aclose()
            _keep(report, answer, answer.reply)

    async def _relayed(
        self, asked: Asked, out: Out, report: Report, answer: Answer, *, explain: bool
    ) -> None:
        asked.commit.made = True
        if not out.started:
            report.status = 200
            await out.start(200, [*SSE, *self._headers(report, answer.notes)])
        writer = self._dialect.writer(self._named(asked.request, report, answer, explain=explain))
        pulse = Pulse(out, self._dialect.keep_alive, self._timing.keep_alive)
        pulse.begin()
        try:
            async for batch in answer:
                for piece in writer.feed(batch):
                    pulse.beat()
                    await out.send(piece)
        finally:
            pulse.end()
        for piece in writer.finish():
            await out.send(piece)
        await out.end()

    async def _failed(self, error: MoonwireError, out: Out, report: Report) -> None:
        if isinstance(error, Incomplete):
            status, headers, body = self._dialect.encode_error(error)
            body["error"] |= {"code": "thoughts_only", "type": "incomplete_answer"}
            status = 422
        else:
            status, headers, body = self._dialect.encode_error(error)
            if isinstance(error, Denied):
                status = error.status
        if out.started:
            await out.send(self._dialect.error_event(error))
            await out.end()
            return
        report.status = status
        notes = [] if not report.notes else [(HEADER, notes_header(report.notes))]
        data = msgspec.json.encode(body)
        await out.whole(status, [JSON, (REQUEST_ID, report.id), *headers, *notes], data)


def broken(error: UpstreamError) -> MoonwireError:
    """An upstream's error behind an answer that began, for a caller that has seen nothing of it."""
    return RemoteProtocolError(error.message, path="upstream", remedy="ask again")


def _keep(report: Report, answer: Answer, reply: Reply | None) -> None:
    report.upstream, report.target = answer.upstream, _target(answer.plan)
    report.notes = tuple(answer.notes)
    report.traces = answer.traces
    if reply is not None:
        report.finish = reply.finish
        report.usage = None if reply.usage is None else usage_object(reply.usage)
        if reply.error is not None:
            report.error = f"upstream: {reply.error.message[:500]}"


def _target(plan: Plan) -> str:
    target = plan.target
    return f"{target.name or 'unknown'}@{target.endpoint}"


def _plain(notes: list[Note]) -> list[Any]:
    return cast("list[Any]", msgspec.to_builtins(notes, str_keys=True))


def _refuse_healing(plan: Plan) -> None:
    """Mode `strict`: what would be healed is refused, with every place and reason."""
    told = [note for note in plan.notes if note.avoids or note.level == "warning"]
    if not told:
        return
    places = "; ".join(f"{note.path or note.code}: {note.reason}" for note in told[:8])
    more = f"; and {len(told) - 8} more" if len(told) > 8 else ""
    first = told[0]
    raise LocalProtocolError(
        f"this request would have to be healed: {places}{more}",
        path=first.path,
        remedy="send it as the endpoint wants it, or choose the mode `heal`",
    )
