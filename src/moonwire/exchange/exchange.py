"""The one line: recall, plan, send, read, repair once, fold, remember."""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from moonwire.core.budget import escalation
from moonwire.core.catalogue import Evidence, Target, learn
from moonwire.core.errors import (
    LocalProtocolError,
    MoonwireError,
    RemoteProtocolError,
    ServerFailure,
    TransportError,
)
from moonwire.core.estimate import text_bytes
from moonwire.core.events import UpstreamError
from moonwire.core.messages import Message, Reply, Request, Thought
from moonwire.core.notes import Note
from moonwire.core.passes.ids import client_id
from moonwire.core.plan import Plan, plan
from moonwire.core.recall import Keys, Place, Recalled, before, keys, match, records
from moonwire.core.refusals import Repair, useful
from moonwire.core.restore import Restore
from moonwire.core.settings import Settings
from moonwire.exchange.answer import Answer, Begun, Resume
from moonwire.exchange.asked import Asked, Commit, Incomplete, conversation_of, incomplete, refuse_several
from moonwire.exchange.attempt import Attempt, Failed
from moonwire.exchange.config import Hop, Options, Route, Routing
from moonwire.exchange.host import Host
from moonwire.exchange.policy import GIVE_UP, Next, Tries, after_failure, after_refusal, falls_back
from moonwire.exchange.race import race
from moonwire.exchange.reading import BROKEN
from moonwire.exchange.ring import Lease
from moonwire.exchange.sealing import Sealing, SealKind, unsealed
from moonwire.memory import Memory, Tenant
from moonwire.memory.seals import Seals
from moonwire.transport.errors import Deadline

__all__ = ["Asked", "Commit", "Exchange", "Incomplete"]

_ROUTES = 1024
_NAME = 256
"""Names of models whose routes are kept, and how long they may be."""

Missed = TransportError | RemoteProtocolError
"""What an upstream came to instead of an answer; a `Refusal` is one of the latter."""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked at one hop, as far as is known by now."""

    host: Host
    request: Request
    target: Target
    settings: Settings
    recalled: Recalled = Recalled()
    end: Place | None = None
    """Where in the conversation the answer will stand, for the keys that it is remembered under."""
    own: str | None = None
    """The caller's own key, if it may go there."""


class Spoken(msgspec.Struct, frozen=True):
    """A try that is being answered, and the key that it has for as long."""

    attempt: Attempt
    begun: Begun
    lease: Lease


class Opened(msgspec.Struct, frozen=True):
    """An answer, and how it came about."""

    answer: Answer
    way: Way
    attempt: Attempt


class Exchange:
    """All upstreams, one memory. One for a process and its event loop.

    Chance and the clocks are given to it: `draw` from 0 to 1, `now` for waits, `wall` for dates.
    """

    def __init__(
        self,
        routing: Routing,
        memory: Memory,
        options: Options | None = None,
        *,
        count: Callable[[Host, Target], Callable[[Request], int] | None] | None = None,
        draw: Callable[[], float] = random.random,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.routing = routing
        self.memory = memory
        self.options = options or Options()
        self._count = count
        self.seals: Seals | None = None
        """What makes the seals of callers whose dialect has room for them, and opens them."""
        # Asked for several times with each request. The names come from callers.
        self._routes: dict[str, Route] = {}
        self._draw = draw
        self._wall = wall
        self.hosts = {
            upstream.name: Host(upstream, routing.overrides, self.options.retries, now)
            for upstream in routing.upstreams
        }

    async def aclose(self) -> None:
        """Ends every connection. The memory is for who made it."""
        for host in self.hosts.values():
            await host.aclose()

    # -- routes ------------------------------------------------------------------------------------

    def route(self, model: str) -> Route:
        """The route of a model."""
        known = self._routes.get(model)
        if known is not None:
            return known
        for route in self.routing.routes:
            if route.takes(model):
                if len(model) <= _NAME:
                    if len(self._routes) >= _ROUTES:
                        self._routes.clear()
                    self._routes[model] = route
                return route
        raise LocalProtocolError(
            f"no route takes the model {model!r}",
            path="model",
            remedy="name a model that a route of moonwire.toml takes",
        )

    def speaks(self, model: str) -> set[str]:
        """The dialects of the endpoints that may come to answer for this model."""
        hops = self.route(model).hops
        return {self.hosts[hop.upstream].target(hop.model or model).dialect for hop in hops}

    def planned(self, asked: Asked, recalled: Recalled | None = None) -> Plan:
        """The plan for the first hop, with nothing sent."""
        route = self.route(asked.request.model)
        way = self._way(route.hops[0], route, asked)
        return self._plan(way if recalled is None else msgspec.structs.replace(way, recalled=recalled))

    async def preview(self, asked: Asked) -> Plan:
        """The plan for the first hop with all that memory knows of the conversation, and nothing sent."""
        return self.planned(asked, await self._recalled(asked, keys(asked.remembered)))

    def _way(self, hop: Hop, route: Route, asked: Asked) -> Way:
        host = self.hosts[hop.upstream]
        request = asked.request
        if hop.model:
            request = msgspec.structs.replace(request, model=hop.model)
        target = host.target(request.model)
        streamed: dict[str, Any] = {"stream": True}
        # A caller without a stream is told of usage, and cannot have meant this stream to be without.
        if target.stream_usage is not False and (target.known or not asked.request.stream):
            streamed["stream_usage"] = True
        request = msgspec.structs.replace(request, **streamed)
        settings = route.settings if asked.settings is None else asked.settings
        return Way(host=host, request=request, target=target, settings=settings)

    def _usable(self, route: Route) -> list[tuple[int, Hop]]:
        """A caller's own key goes to the first host of its route and to no other."""
        return [
            (place, hop)
            for place, hop in enumerate(route.hops)
            if not place or self.hosts[hop.upstream].has_credentials
        ]

    # -- the line ----------------------------------------------------------------------------------

    async def open(self, asked: Asked, tries: Tries | None = None) -> Answer:
        """The answer, once it says something. Until then it is repaired, tried again, or asked elsewhere.

        `tries` says what was tried, also where there is no answer in the end.
        """
        return (await self._opened(asked, tries or Tries())).answer

    def unsealed(
        self, request: Request, tenant: Tenant, seal: SealKind = "signature"
    ) -> tuple[Request, bytes]:
        """With the true reasoning of turns that a caller kept under seal; and what its next seal is bound to.

        Before anything else is done to it: what a seal is bound to is what the caller said.
        """
        if self.seals is None:
            return request, b""
        return unsealed(request, tenant, self.seals), before(request)[1] if seal else b""

    async def _opened(self, asked: Asked, tries: Tries, last: Missed | None = None) -> Opened:
        """From hop `tries.place` on. `last` is why the one before it did not do."""
        route = self.route(asked.request.model)
        usable = [(place, hop) for place, hop in self._usable(route) if place >= tries.place]
        wanted: Keys | None = None
        recalled = Recalled()
        for number, (place, hop) in enumerate(usable, 1):
            host = self.hosts[hop.upstream]
            if not host.health.allows():
                last = last or _left_alone(hop, self.options.retries.pause)
                continue
            if last is not None:
                if tries.sent >= self.options.retries.attempts:
                    break
                tries.notes.append(_fallback(last, hop))
            further = sum(not self.hosts[later.upstream].health.open for _, later in usable[number:])
            tries.begin_hop(place, further)
            if wanted is None:
                wanted = keys(asked.remembered)
                recalled = await self._recalled(asked, wanted)
            way = msgspec.structs.replace(
                self._way(hop, route, asked),
                recalled=recalled,
                end=wanted.end,
                own=None if place else asked.key,
            )
            try:
                return await self._on(way, asked, tries)
            except (TransportError, RemoteProtocolError) as error:
                last = error
                if asked.commit.made or not falls_back(error):
                    raise
        if last is None:
            raise LocalProtocolError("the route has no upstream", path="model", remedy="give it one")
        raise last

    async def _on(self, way: Way, asked: Asked, tries: Tries) -> Opened:
        """One hop, until it answers or there is nothing left to try."""
        while True:
            planned = self._plan(way)
            refuse_several(planned)
            try:
                opened = await self._attempt(way, planned, asked, tries)
            except Failed as failed:
                step = self._after(failed, way, asked, tries)
                if step.do == "give-up":
                    raise failed.error from None
                tries.notes.append(_tried(failed.error, step))
                if step.repair is not None:
                    way = _repaired(step.repair, way)
                elif step.wait:
                    await asyncio.sleep(step.wait)
                continue
            opened.answer.notes[:0] = tries.notes
            return opened

    def _plan(self, way: Way) -> Plan:
        count = None if self._count is None else self._count(way.host, way.target)
        return plan(way.request, way.target, way.recalled, way.settings, count=count)

    async def _recalled(self, asked: Asked, wanted: Keys) -> Recalled:
        names = wanted.wanted
        if not names:
            return Recalled()
        found = await self.memory.get(asked.tenant, names, conversation_of(asked.remembered))
        return match(wanted, found)

    def _after(self, failed: Failed, way: Way, asked: Asked, tries: Tries) -> Next:
        retries, host, verdict = self.options.retries, way.host, failed.verdict
        if verdict is not None and verdict.action == "compact":
            # What the server said of its limits holds for the next request, which is to be compacted.
            for repair in verdict.repairs:
                if repair.evidence is not None and useful(repair, way.target, way.settings):
                    host.teach(way.request.model, repair.evidence)
        if asked.commit.made or (asked.timeouts is not None and isinstance(failed.error, Deadline)):
            # A time that the caller set is over: what is done now is for the caller to say.
            return GIVE_UP
        if verdict is not None:
            spare = host.ring.spare()
            step = after_refusal(verdict, way.target, way.settings, tries, retries, self._draw, spare=spare)
        elif isinstance(failed.error, TransportError | RemoteProtocolError):
            step = after_failure(failed.error, tries, retries, self._draw)
        else:
            return GIVE_UP
        if step.do == "retry" and (host.health.open or not host.health.may_retry()):
            return GIVE_UP
        return step

    # -- one try -----------------------------------------------------------------------------------

    async def _attempt(self, way: Way, planned: Plan, asked: Asked, tries: Tries) -> Opened:
        host, hedge = way.host, self.options.hedge
        first = self._spoken(way, planned, asked, tries, self.options.retries.wait - tries.waited)
        if hedge and not asked.commit.made:
            spoken = await race(first, lambda: self._hedged(way, planned, asked, tries), hedge, drop=_dropped)
        else:
            spoken = await first

        def over(done: Plan, reply: Reply) -> None:
            self._over(asked, way, done, reply, marked=not answer.thoughts_in_text)

        answer = Answer(
            planned,
            host.upstream.name,
            spoken.begun,
            spoken.lease,
            Restore(planned.restoration(_ids(asked, planned))),
            over=over,
            resume=self._resume(way, asked, tries, spoken.lease) if self.options.resume else None,
        )
        answer.sealing = self._sealing(asked)
        return Opened(answer, way, spoken.attempt)

    def _sealing(self, asked: Asked) -> Sealing | None:
        """Seals for the answer, bound to what it answers."""
        seals, kind = self.seals, asked.seal
        if seals is None or not kind:
            return None
        return Sealing(kind, lambda text: seals.seal(asked.tenant, asked.turn, text))

    async def _spoken(self, way: Way, planned: Plan, asked: Asked, tries: Tries, patience: float) -> Spoken:
        """Sent, and begun to be answered. Whatever ends it before gives the key back."""
        host = way.host
        began = host.ring.now()
        lease = await host.ring.take(way.own, patience)
        tries.waited += host.ring.now() - began
        tries.sent += 1
        host.health.asked()
        attempt = Attempt(host, planned, asked, lease, self.options)
        begun: Begun | None = None
        try:
            begun = await attempt.begin(self._wall)
            return Spoken(attempt, begun, lease)
        finally:
            if begun is None:
                lease.release()

    def _hedged(
        self, way: Way, planned: Plan, asked: Asked, tries: Tries
    ) -> Coroutine[Any, Any, Spoken] | None:
        """The same once more, beside a try that nothing is heard of; no more often than a retry may be."""
        health = way.host.health
        if asked.commit.made or not tries.may_send(self.options.retries) or health.open:
            return None
        if not health.may_retry():
            return None
        reason = f"nothing was heard for {self.options.hedge:g} s: the same was sent a second time"
        tries.notes.append(Note(code="request-hedged", reason=reason))
        return self._spoken(way, planned, asked, tries, 0.0)

    # -- afterwards --------------------------------------------------------------------------------

    def _over(self, asked: Asked, way: Way, planned: Plan, reply: Reply, *, marked: bool) -> None:
        """Remembers the answer under the keys that the turn will have when the caller sends it back."""
        if (lesson := _lesson(planned, reply, marked=marked)) is not None:
            way.host.teach(way.request.model, lesson)
        if reply.error is None:
            kept = records(asked.remembered, reply, size=text_bytes(planned.request), at=way.end)
            self.memory.put(asked.tenant, kept, conversation_of(asked.remembered))
        elif reply.error.code in BROKEN:
            way.host.health.failed()

    def _resume(self, way: Way, asked: Asked, tries: Tries, lease: Lease) -> Resume:
        async def resume(reply: Reply, error: UpstreamError) -> Begun | None:
            host, retries = way.host, self.options.retries
            if error.code not in BROKEN or not _can_go_on(way, reply):
                return None
            if tries.sent >= retries.attempts or host.health.open or not host.health.may_retry():
                return None
            try:
                planned = self._plan(msgspec.structs.replace(way, request=_continued(way.request, reply)))
                tries.sent += 1
                host.health.asked()
                return await Attempt(host, planned, asked, lease, self.options).begin(self._wall)
            except (Failed, MoonwireError):
                return None

        return resume

    # -- whole answers -----------------------------------------------------------------------------

    async def complete(self, asked: Asked, tries: Tries | None = None) -> tuple[Reply, Answer]:
        """The whole answer, for a caller that did not ask for a stream: nothing is shown before it is over.

        So an answer that breaks off is asked for again, and one of thoughts alone once with a larger cap.
        """
        tries = tries or Tries()
        reply, answer = await self._whole(asked, tries)
        if _is_settled(reply, answer):
            return reply, answer
        more = _escalated(asked, answer, reply) if self.options.escalate else None
        if more is not None and tries.may_send(self.options.retries):
            asked, told = more
            tries.notes.append(told)
            # What the second request comes to is no worse than what the first one has.
            with contextlib.suppress(MoonwireError):
                second, answered = await self._whole(asked, tries)
                if second.error is None:
                    reply, answer = second, answered
            if told not in answer.notes:
                answer.notes.insert(0, told)
        if _is_settled(reply, answer) or self.options.thoughts_only == "honest":
            return reply, answer
        refused = incomplete(reply, answer.plan)
        refused.notes = tuple(answer.notes)
        raise refused

    async def _whole(self, asked: Asked, tries: Tries) -> tuple[Reply, Answer]:
        """One whole answer; where it breaks off it is asked for again, then elsewhere."""
        last: Missed | None = None
        while True:
            opened = await self._opened(asked, tries, last)
            reply = await opened.answer.gather()
            if reply.error is None:
                return reply, opened.answer
            failed, last = opened.attempt.broken(reply.error), None
            step = self._after(failed, opened.way, asked, tries)
            if step.do == "retry":
                tries.notes.append(_tried(failed.error, step))
                await asyncio.sleep(step.wait)
                continue
            further = tries.further and tries.sent < self.options.retries.attempts
            if not further or asked.commit.made or not isinstance(failed.error, Missed):
                return reply, opened.answer
            if not falls_back(failed.error):
                return reply, opened.answer
            tries.place, last = tries.place + 1, failed.error


# -- small things ------------------------------------------------------------------------------------


async def _dropped(spoken: Spoken) -> None:
    """Of two that were asked, the other one was faster."""
    try:
        await spoken.begun.stream.aclose()
    finally:
        spoken.lease.release()


def _lesson(planned: Plan, reply: Reply, *, marked: bool) -> Evidence | None:
    """Whether this server splits thoughts off: a template that opens them leaves nothing to see of it.

    A stream cannot take back what it gave as text; from the next answer on it is known (vllm#36207). Thoughts
    that never end show that it was known wrongly.
    """
    if planned.thinking is not True or reply.error is not None:
        return None
    known = planned.target.thoughts_in_text
    if not known and not marked:
        reason = "an answer had the end of its thoughts in the text, and no beginning"
        return Evidence(changes={"thoughts_in_text": True}, reason=reason, source="vllm#36207")
    if known and reply.finish == "stop" and not reply.text and not reply.calls:
        reason = "an answer was all thoughts, without an end of them"
        return Evidence(changes={"thoughts_in_text": False}, reason=reason, source="vllm#36207")
    return None


def _ids(asked: Asked, planned: Plan) -> Callable[[int, str], str] | None:
    """A caller gets ids that survive its sanitisers; of servers that nobody knows it gets theirs."""
    if asked.native_ids or not planned.target.known:
        return None
    return lambda ordinal, native: client_id(asked.id, ordinal)


def _left_alone(hop: Hop, pause: float) -> ServerFailure:
    return ServerFailure(
        f"the upstream {hop.upstream} failed too often and is left alone for a while",
        status=503,
        retry_after=pause,
        remedy="try again later, or give the route another upstream",
    )


def _repaired(repair: Repair, way: Way) -> Way:
    """The way with what a refusal taught; what it taught of the target holds for later requests too."""
    request, target, settings = way.request, way.target, way.settings
    if repair.evidence is not None:
        way.host.teach(request.model, repair.evidence)
        target = learn(target, repair.evidence)
    if repair.settings:
        settings = msgspec.structs.replace(settings, **repair.settings)
    if repair.cap is not None:
        caps: dict[str, int | None] = dict.fromkeys(request.caps, repair.cap) or {"max_tokens": repair.cap}
        request = msgspec.structs.replace(request, caps=caps)
    return msgspec.structs.replace(way, request=request, target=target, settings=settings)


def _can_go_on(way: Way, reply: Reply) -> bool:
    """Whether text alone was under way, at a target that continues what it is given."""
    target, request = way.target, way.request
    if target.partial not in ("partial", "continue") or reply.calls or reply.malformed or not reply.text:
        return False
    if request.response_format and request.response_format.kind != "text" and not target.partial_with_format:
        return False
    return request.messages[-1].role != "assistant"


def _continued(request: Request, reply: Reply) -> Request:
    thoughts = None if reply.reasoning is None else (Thought(text=reply.reasoning),)
    # As text: of a beginning in parts no document speaks, and one that is not seen is said again.
    begun = Message(role="assistant", content=reply.text, thoughts=thoughts, partial=True)
    return msgspec.structs.replace(request, messages=(*request.messages, begun))


def _is_settled(reply: Reply, answer: Answer) -> bool:
    """Whether the answer says something, or is one that no second request makes better."""
    if reply.error is not None or not answer.plan.target.known or reply.finish == "content_filter":
        return True
    return bool(reply.text.strip() or reply.calls or reply.malformed)


def _escalated(asked: Asked, answer: Answer, reply: Reply) -> tuple[Asked, Note] | None:
    """The same with a larger cap where the caller set none, or with the lowest effort; or once more."""
    planned = answer.plan
    request = asked.request
    if reply.finish != "length":
        # An empty turn: another draw of the same may say something (kimi-api.md I7).
        told = Note(code="answer-escalated", path="stream", reason="the answer was empty: asked once more")
        return asked, told
    advice = escalation(planned.budget, reply, planned.target, effort=request.thinking.effort or "")
    if advice.action == "cap" and advice.cap and not advice.beyond_caller:
        caps = {planned.budget.field or "max_tokens": advice.cap}
        told = Note(
            code="answer-escalated",
            path=planned.budget.field,
            reason=advice.reason,
            before=planned.budget.cap,
            after=advice.cap,
            source="kimi-api.md D2, D11",
        )
        return _with(asked, caps=caps), told
    lowest = planned.target.efforts[:1]
    if lowest and (request.thinking.effort or planned.target.effort) != lowest[0]:
        thinking = msgspec.structs.replace(request.thinking, effort=lowest[0], spelled={})
        told = Note(
            code="answer-escalated",
            level="warning",
            path="thinking",
            reason="the cap went into thoughts: asked once more to think less",
            after=lowest[0],
            source="kimi-api.md D2, D11",
        )
        return _with(asked, thinking=thinking), told
    return None


def _with(asked: Asked, **fields: Any) -> Asked:
    return msgspec.structs.replace(asked, request=msgspec.structs.replace(asked.request, **fields))


def _tried(error: MoonwireError, step: Next) -> Note:
    if step.repair is not None:
        return Note(
            code="refusal-repaired",
            path=error.path,
            reason=step.repair.reason,
            before=error.message[:500],
            after=step.repair.code,
        )
    return Note(
        code="request-retried",
        reason=f"tried again after {step.wait:.1f} s",
        before=f"{type(error).__name__}: {error.message[:500]}",
    )


def _fallback(error: MoonwireError, hop: Hop) -> Note:
    return Note(
        code="upstream-fallback",
        level="warning",
        path="model",
        reason="the upstream before it could not answer",
        before=f"{type(error).__name__}: {error.message[:500]}",
        after=f"{hop.upstream}:{hop.model}" if hop.model else hop.upstream,
    )
