"""The one line: recall, plan, send, read, repair once, fold, remember."""

import asyncio
import hashlib
import random
import time
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final

import msgspec

from moonwire.core.budget import escalation
from moonwire.core.catalogue import Target
from moonwire.core.errors import (
    LocalProtocolError,
    MoonwireError,
    Refusal,
    RemoteProtocolError,
    ServerFailure,
    TransportError,
)
from moonwire.core.estimate import text_bytes
from moonwire.core.events import Event, UpstreamError
from moonwire.core.messages import Message, Reply, Request, TextPart, Thought
from moonwire.core.notes import Note
from moonwire.core.passes.ids import client_id
from moonwire.core.plan import Plan, plan
from moonwire.core.recall import Recalled, keys, match, records
from moonwire.core.refusals import Repair, Sent, Verdict, read
from moonwire.core.restore import Restore
from moonwire.core.settings import Settings
from moonwire.exchange.answer import Answer, Stream, says_something
from moonwire.exchange.config import Hop, Options, Route, Routing
from moonwire.exchange.host import Host
from moonwire.exchange.policy import Next, Tries, after_failure, after_refusal, falls_back
from moonwire.exchange.reading import batches
from moonwire.exchange.ring import Lease
from moonwire.exchange.wires import spoken
from moonwire.memory import Memory, Tenant
from moonwire.transport import Response

__all__ = ["Asked", "Commit", "Exchange", "Incomplete"]

ERROR_BYTES: Final = 1 << 20
"""How much of an error's body is read."""

PASSED: Final = ("user-agent", "x-msh-")
"""Headers of the agent that are passed on as they are: who it says it is, and never anyone else."""


class Commit:
    """Whether the caller has a status line. From then on nothing is repaired or tried again."""

    __slots__ = ("made",)

    def __init__(self) -> None:
        self.made = False


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller asks of the exchange."""

    request: Request
    id: str
    """The request's own id: the ids of its calls are made of it."""
    tenant: Tenant
    key: str | None = None
    """The caller's own key, for a first hop that has none."""
    headers: tuple[tuple[str, str], ...] = ()
    commit: Commit


class Incomplete(MoonwireError):
    """An answer of thoughts alone, for a caller that wants no such thing (kimi-api.md D2, I7)."""

    def __init__(self, message: str, reply: Reply, remedy: str) -> None:
        super().__init__(message, path="max_tokens", remedy=remedy)
        self.reply = reply


class _Failed(Exception):
    """One try came to nothing. `verdict` is there where the server said why."""

    def __init__(self, error: MoonwireError, verdict: Verdict | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.verdict = verdict


class Exchange:
    """All upstreams, one memory. One for a process and its event loop."""

    def __init__(
        self,
        routing: Routing,
        memory: Memory,
        options: Options | None = None,
        *,
        count: Callable[[Host, Target], Callable[[Request], int] | None] | None = None,
        draw: Callable[[], float] = random.random,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.routing = routing
        self.memory = memory
        self.options = options or Options()
        self._count = count
        self._draw = draw
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
        for route in self.routing.routes:
            if route.takes(model):
                return route
        raise LocalProtocolError(
            f"no route takes the model {model!r}",
            path="model",
            remedy="name a model that a route of moonwire.toml takes",
        )

    def planned(self, asked: Asked, recalled: Recalled | None = None) -> Plan:
        """The plan for the first hop, with nothing sent."""
        route = self.route(asked.request.model)
        host, request, target = self._at(route.hops[0], asked)
        return self._plan(host, request, target, recalled or Recalled(), route.settings)

    def _at(self, hop: Hop, asked: Asked) -> tuple[Host, Request, Target]:
        host = self.hosts[hop.upstream]
        request = asked.request
        if hop.model:
            request = msgspec.structs.replace(request, model=hop.model)
        target = host.target(request.model)
        streamed: dict[str, Any] = {"stream": True}
        if target.stream_usage is not False:
            streamed["stream_usage"] = True
        return host, msgspec.structs.replace(request, **streamed), target

    # -- the line ----------------------------------------------------------------------------------

    async def open(self, asked: Asked, tries: Tries | None = None) -> Answer:
        """The answer, once it says something. Until then it is repaired, tried again, or asked elsewhere."""
        tries = tries or Tries()
        hops = self.route(asked.request.model).hops
        route = self.route(asked.request.model)
        last: MoonwireError | None = None
        for place, hop in enumerate(hops):
            host = self.hosts[hop.upstream]
            if place and not host.ring.has_keys:
                # A caller's own key goes to the first host of its route and to no other.
                continue
            if not host.health.allows():
                last = last or ServerFailure(
                    f"the upstream {hop.upstream} failed too often and is left alone for a while",
                    status=503,
                    retry_after=self.options.retries.pause,
                )
                continue
            if last is not None:
                tries.notes.append(_fallback(last, hop))
            try:
                return await self._on(hop, route, asked, tries, own=asked.key if place == 0 else None)
            except (Refusal, TransportError, RemoteProtocolError) as error:
                last = error
                if asked.commit.made or not falls_back(error):
                    raise
        assert last is not None
        raise last

    async def _on(self, hop: Hop, route: Route, asked: Asked, tries: Tries, *, own: str | None) -> Answer:
        """One hop, until it answers or there is nothing left to try."""
        host, request, target = self._at(hop, asked)
        recalled = await self._recalled(asked)
        settings = route.settings
        while True:
            planned = self._plan(host, request, target, recalled, settings)
            try:
                answer = await self._attempt(host, planned, asked, tries, own)
            except _Failed as failed:
                step = self._after(failed, planned, settings, tries, host, committed=asked.commit.made)
                if step.do == "give-up":
                    raise failed.error from None
                tries.notes.append(_tried(failed.error, step))
                if step.repair is not None:
                    request, target, settings = self._repaired(step.repair, host, request, target, settings)
                elif step.wait:
                    await asyncio.sleep(step.wait)
                continue
            answer.notes[:0] = tries.notes
            return answer

    def _plan(
        self, host: Host, request: Request, target: Target, recalled: Recalled, settings: Settings
    ) -> Plan:
        count = None if self._count is None else self._count(host, target)
        return plan(request, target, recalled, settings, count=count)

    async def _recalled(self, asked: Asked) -> Recalled:
        wanted = keys(asked.request)
        names = wanted.wanted
        if not names:
            return Recalled()
        found = await self.memory.get(asked.tenant, names, conversation_of(asked.request))
        return match(wanted, found)

    def _after(
        self, failed: _Failed, planned: Plan, settings: Settings, tries: Tries, host: Host, *, committed: bool
    ) -> Next:
        retries = self.options.retries
        if committed:
            return Next(do="give-up")
        if failed.verdict is not None:
            step = after_refusal(failed.verdict, planned.target, settings, tries, retries, self._draw)
        elif isinstance(failed.error, TransportError | RemoteProtocolError):
            step = after_failure(failed.error, tries, retries, self._draw)
        else:
            return Next(do="give-up")
        if step.do == "retry" and not host.health.may_retry():
            return Next(do="give-up")
        return step

    def _repaired(
        self, repair: Repair, host: Host, request: Request, target: Target, settings: Settings
    ) -> tuple[Request, Target, Settings]:
        if repair.evidence is not None:
            host.teach(request.model, repair.evidence)
            target = host.target(request.model)
        if repair.settings:
            settings = msgspec.structs.replace(settings, **repair.settings)
        if repair.cap is not None:
            caps = {name: repair.cap for name in request.caps} or {"max_tokens": repair.cap}
            request = msgspec.structs.replace(request, caps=caps)
        return request, target, settings

    # -- one try -----------------------------------------------------------------------------------

    async def _attempt(
        self, host: Host, planned: Plan, asked: Asked, tries: Tries, own: str | None
    ) -> Answer:
        lease = await host.ring.take(own, self.options.retries.wait - tries.waited)
        traces: dict[str, str] = {}
        begun = False
        try:
            tries.sent += 1
            host.health.asked()
            first, stream = await self._begun(host, planned, asked, lease, traces)
            host.health.well()
            begun = True
        except TransportError as error:
            host.health.failed()
            raise _Failed(error) from None
        except RemoteProtocolError as error:
            raise _Failed(error) from None
        finally:
            if not begun:
                lease.release()
        return Answer(
            planned,
            host.upstream.name,
            first,
            stream,
            lease=lease,
            restore=Restore(planned.restoration(self._ids(asked, planned))),
            remember=lambda done, reply: self._remember(asked, done, reply),
            resume=self._resume(host, planned, asked, lease) if self.options.resume else None,
            traces=traces,
        )

    @staticmethod
    def _ids(asked: Asked, planned: Plan) -> Callable[[int, str], str] | None:
        """A caller gets ids that survive its sanitisers; of servers that nobody knows it gets theirs."""
        if not planned.target.known:
            return None
        return lambda ordinal, native: client_id(asked.id, ordinal)

    async def _begun(
        self, host: Host, planned: Plan, asked: Asked, lease: Lease, traces: dict[str, str]
    ) -> tuple[list[list[Event]], Stream]:
        """Sends the request and reads until something is said."""
        dialect = spoken(planned.target.dialect)
        body = msgspec.json.encode(dialect.encode(planned.request))
        response = await host.client.send(
            "POST",
            host.url(dialect.path),
            headers=_headers(host, asked, lease.key),
            body=body,
            timeouts=host.upstream.timeouts,
        )
        if response.status != 200:
            raise await self._refused(response, planned, host, lease, len(body))
        traces |= _traces(response)
        stream = batches(
            response, dialect.reader(planned), tail=self.options.tail, limit=self.options.stream_bytes
        )
        first: list[list[Event]] = []
        kept = False
        try:
            async for batch in stream:
                first.append(batch)
                if says_something(batch):
                    break
                error = next((event for event in batch if isinstance(event, UpstreamError)), None)
                if error is not None:
                    raise self._broken(error, planned, host, lease)
            kept = True
        finally:
            if not kept:
                await stream.aclose()
        return first, stream

    async def _refused(
        self, response: Response, planned: Plan, host: Host, lease: Lease, size: int
    ) -> _Failed:
        try:
            data = await response.read(ERROR_BYTES)
        except TransportError as error:
            data = str(error).encode()
        finally:
            await response.aclose()
        headers = dict(response.headers)
        verdict = read(response.status, headers, data, now=time.time(), sent=_sent(planned, size))
        return self._judged(verdict, host, lease)

    def _broken(self, error: UpstreamError, planned: Plan, host: Host, lease: Lease) -> _Failed:
        """An error before anything was said is as good as a refusal."""
        if error.code in ("stream_broken", "stream_cut", "idle_timeout"):
            host.health.failed()
            return _Failed(TransportError(error.message))
        body = {"error": error.raw if error.raw is not None else error.message}
        return self._judged(read(error.status, {}, body, sent=_sent(planned, 0)), host, lease)

    def _judged(self, verdict: Verdict, host: Host, lease: Lease) -> _Failed:
        refusal = verdict.refusal
        if isinstance(refusal, ServerFailure):
            host.health.failed()
        else:
            host.health.well()
        if verdict.retry_after and type(refusal).__name__ == "RateLimited":
            # Other requests with this key wait too; a key beside it need not.
            lease.rest(host.ring.now() + verdict.retry_after)
        refusal.remedy = refusal.remedy or verdict.advice
        if refusal.retry_after is None:
            refusal.retry_after = verdict.retry_after
        return _Failed(refusal, verdict)

    # -- afterwards --------------------------------------------------------------------------------

    def _remember(self, asked: Asked, planned: Plan, reply: Reply) -> None:
        """Under the keys that the turn will have when the caller sends it back."""
        kept = records(asked.request, reply, size=text_bytes(planned.request))
        self.memory.put(asked.tenant, kept, conversation_of(asked.request))

    def _resume(self, host: Host, planned: Plan, asked: Asked, lease: Lease) -> Any:
        async def resume(reply: Reply, error: UpstreamError) -> Stream | None:
            if planned.target.partial not in ("partial", "continue") or reply.calls or not reply.text:
                return None
            if error.code not in ("stream_broken", "stream_cut", "idle_timeout"):
                return None
            thoughts = None if reply.reasoning is None else (Thought(text=reply.reasoning),)
            begun = Message(
                role="assistant", content=(TextPart(text=reply.text),), thoughts=thoughts, partial=True
            )
            request = msgspec.structs.replace(asked.request, messages=(*asked.request.messages, begun))
            more = self._plan(
                host,
                msgspec.structs.replace(request, stream=True, stream_usage=True),
                planned.target,
                Recalled(),
                Settings(),
            )
            try:
                first, stream = await self._begun(host, more, asked, lease, {})
            except (_Failed, MoonwireError):
                return None
            return _joined(first, stream)

        return resume

    async def complete(self, asked: Asked) -> tuple[Reply, Answer]:
        """The whole answer, for a caller that did not ask for a stream: nothing is shown before it is over.

        So an answer that breaks off is asked for again, and one of thoughts alone once with a larger cap.
        """
        tries = Tries()
        escalated = False
        while True:
            answer = await self.open(asked, tries)
            reply = await answer.gather()
            if reply.error is not None:
                error = TransportError(reply.error.message)
                step = after_failure(error, tries, self.options.retries, self._draw)
                if step.do == "give-up" or asked.commit.made:
                    return reply, answer
                tries.notes.append(_tried(error, step))
                await asyncio.sleep(step.wait)
                continue
            if _is_visible(reply) or reply.finish == "content_filter" or not answer.plan.target.known:
                return reply, answer
            more = None if escalated or not self.options.escalate else self._escalated(asked, answer, reply)
            if more is not None and tries.may_send(self.options.retries):
                escalated = True
                asked, told = more
                tries.notes.append(told)
                continue
            if self.options.thoughts_only == "honest":
                return reply, answer
            raise _incomplete(reply, answer)

    def _escalated(self, asked: Asked, answer: Answer, reply: Reply) -> tuple[Asked, Note] | None:
        """The same with a larger cap where the caller set none, or with the lowest effort; or once more."""
        planned = answer.plan
        request = asked.request
        if reply.finish != "length":
            # An empty turn: another draw of the same may say something (kimi-api.md I7).
            told = Note(
                code="answer-escalated", path="stream", reason="the answer was empty: asked once more"
            )
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


# -- small things ------------------------------------------------------------------------------------


def conversation_of(request: Request) -> str:
    """The conversation of a request: its own key for it, else what stands up to the user's first words."""
    if request.cache_key:
        return request.cache_key
    digest = hashlib.blake2b(digest_size=16)
    for message in request.messages:
        digest.update(message.role.encode())
        content = message.content
        texts = [content] if isinstance(content, str) else []
        if isinstance(content, tuple):
            texts = [part.text for part in content if isinstance(part, TextPart)]
        for text in texts:
            digest.update(b"\0" + text.encode("utf-8", "surrogatepass"))
        if message.role == "user":
            break
    return digest.hexdigest()


def _with(asked: Asked, **fields: Any) -> Asked:
    return msgspec.structs.replace(asked, request=msgspec.structs.replace(asked.request, **fields))


def _headers(host: Host, asked: Asked, key: str) -> list[tuple[str, str]]:
    found = [
        ("content-type", "application/json"),
        ("accept", "text/event-stream, application/json"),
        ("accept-encoding", "identity"),
    ]
    found += [(name, value) for name, value in asked.headers if name.startswith(PASSED)]
    if key:
        found.append(("authorization", f"Bearer {key}"))
    named = {name.lower() for name, _ in host.upstream.headers}
    return [*((name, value) for name, value in found if name not in named), *host.upstream.headers]


TRACES: Final = ("x-trace-id", "msh-request-id", "x-msh-trace-id", "x-request-id", "msh-gid")


def _traces(response: Response) -> dict[str, str]:
    return {name: value[:200] for name, value in response.headers if name in TRACES}


def _sent(planned: Plan, size: int) -> Sent:
    request, target = planned.request, planned.target
    tools = request.tools or ()
    return Sent(
        estimate=planned.budget.estimate.tokens,
        cap=planned.budget.cap,
        window=target.window,
        tools=tuple(planned.names.get(tool.name, tool.name) for tool in tools),
        schemas=tuple(tool.parameters for tool in tools),
        bytes=size,
        replaced_by=target.replaced_by,
        other_region=target.other_region,
    )


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


def _is_visible(reply: Reply) -> bool:
    return bool(reply.text.strip() or reply.calls or reply.malformed)


def _incomplete(reply: Reply, answer: Answer) -> Incomplete:
    budget = answer.plan.budget
    if reply.finish == "length":
        return Incomplete(
            f"the output cap of {budget.cap} tokens went into thoughts, so there is no answer",
            reply,
            f"raise the cap to {max(budget.floor, 2048)} tokens or more, or lower the effort",
        )
    return Incomplete("the model thought and said nothing", reply, "ask again, or say more in the request")


async def _joined(first: list[list[Event]], stream: Stream) -> AsyncGenerator[list[Event]]:
    for batch in first:
        yield batch
    async for batch in stream:
        yield batch
