"""A request for an answer, in any dialect: in, through the exchange, and out, streamed or whole."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from moonwire.core.errors import LocalProtocolError, MoonwireError
from moonwire.core.messages import Reply, Request
from moonwire.core.notes import Note
from moonwire.core.plan import Plan
from moonwire.exchange.answer import Answer
from moonwire.exchange.asked import Asked, Commit, Incomplete
from moonwire.exchange.dialect import Dialect, Named, StreamWriter, named
from moonwire.exchange.exchange import Exchange
from moonwire.exchange.policy import Tries
from moonwire.exchange.redact import Redactor
from moonwire.exchange.told import HEADER, REQUEST_ID, broken, encoded, notes_header
from moonwire.gateway.guard import Caller, Denied
from moonwire.gateway.http import Call, Out, StuckCaller
from moonwire.gateway.images import Images
from moonwire.gateway.kept import KeptAnswers
from moonwire.gateway.pulse import Late, Pulse
from moonwire.gateway.reports import Report
from moonwire.wire.chat.writer import usage_object

__all__ = ["Generate", "Timing", "passed_headers", "target_of"]

SSE: Final = [
    ("content-type", "text/event-stream"),
    ("cache-control", "no-cache"),
    ("x-accel-buffering", "no"),
]
JSON: Final = ("content-type", "application/json")

EXPLAIN: Final = "moonwire-explain"

COUNTS: Final = ("x-msh-usage-prompt-tokens", "x-msh-usage-cached-tokens")

LEFT: Final = 499
"""The status in reports of a request whose caller left before there was one, as proxies write it."""
BUG: Final = 500

DEFAULTS: Final = frozenset({"cap-default"})
"""Codes of what nobody did wrong: mode `strict` takes requests that leave it to the gateway."""


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """The waits of an answer, in seconds."""

    commit_after: float = 15.0
    """When the status line goes out though nothing has been said; then only an error event can follow."""
    keep_alive: float = 10.0
    """Between two comments while nothing is said; 0: none, as strict readers want (verification.md 4)."""


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
        redactor: Redactor | None = None,
        images: Images | None = None,
    ) -> None:
        self.kept: KeptAnswers | None = None
        """Where answers are kept that later ones go on from, in a dialect that has such a thing."""
        self._images = images
        self._exchange = exchange
        self._dialect = dialect
        self._timing = timing
        self._told = told
        self._first = first
        self._redactor = redactor or Redactor(())

    async def __call__(
        self, call: Call, out: Out, caller: Caller, body: dict[str, Any] | Request, identity: str
    ) -> None:
        """One request, decoded or not yet.

        Whatever happens, the caller gets an answer in its own words, and a report is kept.
        """
        begun = time.monotonic()
        report = Report(id=identity, tenant=caller.tenant, dialect=self._dialect.name)
        work = _Work(out, report, Tries(), self._redactor, caller.key)
        try:
            await self._answered(call, caller, body, work)
        except StuckCaller:
            report.error = "the caller stopped reading"
            raise
        except MoonwireError as error:
            await self._failed(error, work)
        except asyncio.CancelledError:
            report.status = report.status or LEFT
            report.error = "the caller left"
            if not out.gone and not out.ended:
                await self._failed(_ending(), work)
            raise
        finally:
            report.status = report.status or BUG
            report.seconds = time.monotonic() - begun
            self._told(report)

    async def _answered(
        self, call: Call, caller: Caller, body: dict[str, Any] | Request, work: "_Work"
    ) -> None:
        request = body if isinstance(body, Request) else self._dialect.decode(body)
        if not request.model:
            raise LocalProtocolError("no model is named", path="model", remedy="name one, such as kimi-k3")
        report = work.report
        report.model = request.model
        work.said = request
        if self.kept is not None:
            request = await self.kept.resumed(request, caller.tenant)
        seal = self._dialect.seal(request)
        request, turn = self._exchange.unsealed(request, caller.tenant, seal)
        native = self._exchange.speaks(request.model) == {self._dialect.name}
        request, told = self._dialect.plain(request, native)
        work.tries.notes += told
        route = self._exchange.route(request.model)
        report.mode = route.mode
        asked = Asked(
            request=request,
            id=report.id,
            tenant=caller.tenant,
            key=caller.key,
            headers=passed_headers(call),
            commit=Commit(),
            seal=seal,
            turn=turn,
        )
        if route.mode == "strict":
            _refuse_healing(self._exchange.planned(asked))
        elif self._images is not None:
            asked = await self._images.into(asked, self._exchange, work.tries.notes)
        explain = call.headers.get(EXPLAIN) == "1"
        if request.stream is True:
            await self._stream(asked, work, explain=explain)
        else:
            await self._whole(asked, work, explain=explain)

    def _named(self, request: Request, work: "_Work", answer: Answer, *, explain: bool) -> Named:
        def told() -> Sequence[Note]:
            return work.redactor.notes(answer.notes)

        return named(
            self._dialect, work.said or request, work.report.id, int(time.time()), told if explain else None
        )

    # -- whole -------------------------------------------------------------------------------------

    async def _whole(self, asked: Asked, work: "_Work", *, explain: bool) -> None:
        reply, answer = await self._exchange.complete(asked, work.tries)
        work.keep(answer, reply)
        if reply.error is not None:
            raise broken(reply.error)
        called = self._named(asked.request, work, answer, explain=explain)
        data = encoded(self._dialect.encode_reply(reply, called))
        self._keep(work, reply, called)
        work.report.status = 200
        await work.out.whole(200, [JSON, *work.headers(answer.notes), *_counts(answer)], data)

    # -- streamed ----------------------------------------------------------------------------------

    async def _stream(self, asked: Asked, work: "_Work", *, explain: bool) -> None:
        began = time.monotonic()
        out, report = work.out, work.report
        pulse: Pulse | None = None

        async def commit() -> None:
            # Nothing was said for long: the caller gets a status, and from here on no other.
            nonlocal pulse
            asked.commit.made = True
            report.status = 200
            await out.start(200, [*SSE, *work.headers([])])
            if self._timing.keep_alive:
                await out.send(self._dialect.keep_alive)
            pulse = self._pulse(out)

        late = Late(self._timing.commit_after, commit)
        answer: Answer | None = None
        try:
            try:
                answer = await self._exchange.open(asked, work.tries)
            finally:
                await late.end()
                if pulse is not None:
                    pulse.end()
            report.upstream, report.target = answer.upstream, target_of(answer.plan)
            self._first(report.target, time.monotonic() - began)
            await self._relayed(asked, work, answer, explain=explain)
        finally:
            if answer is not None:
                await answer.aclose()
                work.keep(answer, answer.reply)

    def _pulse(self, out: Out) -> Pulse:
        pulse = Pulse(out, self._dialect.keep_alive, self._timing.keep_alive)
        pulse.begin()
        return pulse

    async def _relayed(self, asked: Asked, work: "_Work", answer: Answer, *, explain: bool) -> None:
        out = work.out
        asked.commit.made = True
        if not out.started:
            work.report.status = 200
            await out.start(200, [*SSE, *work.headers(answer.notes), *_counts(answer)])
        called = self._named(asked.request, work, answer, explain=explain)
        writer = work.writer = self._dialect.writer(called)
        pulse = self._pulse(out)
        try:
            async for batch in answer:
                written = writer.feed(batch)
                # What a caller does not read yet is held once.
                del batch
                for piece in written:
                    pulse.beat()
                    await out.send(piece)
        finally:
            pulse.end()
        if answer.reply is not None:
            # Before the caller has the last event: its next request may come within a millisecond.
            self._keep(work, answer.reply, called)
        last = b"".join(writer.finish())
        broke = answer.reply is not None and answer.reply.error is not None
        await out.end(work.redactor.data(last) if broke else last)

    def _keep(self, work: "_Work", reply: Reply, called: Named) -> None:
        if self.kept is not None and work.said is not None:
            self.kept.keep(work.said, reply, called, work.report.tenant)

    async def _failed(self, error: MoonwireError, work: "_Work") -> None:
        """The caller is told, by a status as long as there was none."""
        report, redactor, out = work.report, work.redactor, work.out
        report.error = redactor.text(f"{type(error).__name__}: {error.message[:500]}")
        told = error.notes if isinstance(error, Incomplete) else work.tries.notes
        report.notes = report.notes or redactor.notes(told)
        if out.started:
            await out.send(redactor.data(self._dialect.error_event(error, work.writer)))
            await out.end()
            return
        if work.said is not None and work.said.stream is True and isinstance(error, self._dialect.in_streams):
            report.status = 200
            await out.start(200, [*SSE, *work.headers(report.notes)])
            await out.end(redactor.data(self._dialect.error_event(error, None)))
            return
        status, headers, body = self._dialect.encode_error(error)
        if isinstance(error, Denied):
            status, headers = error.status, list(error.headers)
            body = self._dialect.denied(body, status)
        report.status = status
        told = [JSON, *work.headers(report.notes), *headers]
        await out.whole(status, told, redactor.data(encoded(body)))


class _Work:
    """One request under way: where its answer goes, and what is found out about it."""

    __slots__ = ("_key", "_redactor", "out", "report", "said", "tries", "writer")

    def __init__(self, out: Out, report: Report, tries: Tries, redactor: Redactor, key: str | None) -> None:
        self.out = out
        self.report = report
        self.tries = tries
        self.writer: StreamWriter | None = None
        """What writes the answer, once it has begun."""
        self.said: Request | None = None
        """The request as the caller said it, once it is known."""
        self._redactor = redactor
        self._key = key

    @property
    def redactor(self) -> Redactor:
        """Takes out the caller's key, too. Made where there is something to be taken out of."""
        return self._redactor.plus(self._key)

    def headers(self, notes: Sequence[Note]) -> list[tuple[str, str]]:
        """Those that every answer has."""
        found = [(REQUEST_ID, self.report.id)]
        if notes:
            found.append((HEADER, notes_header(notes)))
        return found

    def keep(self, answer: Answer, reply: Reply | None) -> None:
        """What is known once the answer is over."""
        report = self.report
        report.upstream, report.target = answer.upstream, target_of(answer.plan)
        report.notes = notes = tuple(answer.notes)
        if any(note.before is not None for note in notes):
            report.notes = self.redactor.notes(notes)
        report.traces = answer.traces
        if reply is None:
            return
        report.finish = reply.finish
        report.usage = None if reply.usage is None else usage_object(reply.usage)
        if reply.error is not None:
            report.error = self.redactor.text(f"upstream: {reply.error.message[:500]}")


def _counts(answer: Answer) -> list[tuple[str, str]]:
    """The prompt's tokens, where the server tells them before its answer (verification.md P0.18)."""
    return [(name, value) for name, value in answer.traces.items() if name in COUNTS]


def _ending() -> MoonwireError:
    return Denied("the gateway ended before the answer did", status=503, remedy="ask again")


def target_of(plan: Plan) -> str:
    """The target's name in reports and metrics; what nobody knows has one for all."""
    target = plan.target
    return f"{target.name or 'unknown'}@{target.endpoint}"


def _refuse_healing(plan: Plan) -> None:
    """Mode `strict`: what would be healed is refused, with every place and reason."""
    told = [
        note for note in plan.notes if (note.avoids or note.level == "warning") and note.code not in DEFAULTS
    ]
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
