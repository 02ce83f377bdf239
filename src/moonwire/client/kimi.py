"""The client: one call, one healed request, on the same line of values as the gateway."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar, Unpack, cast, overload

import msgspec

from moonwire.client.asking import ask
from moonwire.client.body import Call, Defaults, Messages, Thinks, ToolLike, merged, messages_of
from moonwire.client.completion import BrokenOff, Completion, WrongForm
from moonwire.client.credentials import ApiKey, Credentials
from moonwire.client.environment import read_environment
from moonwire.client.files import Uploaded, read_upload, upload
from moonwire.client.forms import Form, form_of
from moonwire.client.line import Line
from moonwire.client.setup import (
    NAME,
    Setup,
    checked,
    endpoint_of,
    environ_of,
    found_of,
    overrides_of,
    routing_of,
)
from moonwire.client.stream import Stream
from moonwire.core.catalogue import Target, resolve
from moonwire.core.messages import Message, Reply, Request, ToolCall
from moonwire.core.notes import Note
from moonwire.core.plan import Plan
from moonwire.core.settings import Settings
from moonwire.exchange.answer import Answer
from moonwire.exchange.asked import Asked, Commit
from moonwire.exchange.config import Options
from moonwire.exchange.exchange import Exchange
from moonwire.exchange.host import Host
from moonwire.exchange.keys import Region
from moonwire.memory import ProcessMemory, Tenant
from moonwire.tokenizer.counter import counter
from moonwire.wire import chat
from moonwire.workbench.planning import read_settings

__all__ = ["Kimi"]

T = TypeVar("T")

MODEL: Final = "kimi-k3"
ROUNDS: Final = 3
"""Rounds with the endpoint's own tools in one call, as openclaw has it (peers.md 2.4)."""

HONEST: Final = Options(thoughts_only="honest")
"""An answer of thoughts alone is a result here, and says that it is one."""


class Kimi:
    """A client for one Kimi endpoint. It is made at once; connections come with the first call.

    `api_key` is a key, `env:NAME`, `file:PATH`, `cmd:PROGRAM ARGUMENTS`, or a function that gives the token
    of each request; without one the environment is asked. `thinking` is on, off, an effort, or Moonshot's own
    object. Calls may run at the same time; one that fails leaves the others and the client as they are.

    >>> kimi = Kimi("kimi-k2.6", "sk-1", environ={})
    >>> kimi.model, kimi.target.window, kimi
    ('kimi-k2.6', 262144, Kimi('kimi-k2.6', 'platform'))
    """

    def __init__(
        self,
        model: str = MODEL,
        api_key: ApiKey | None = None,
        base_url: str | None = None,
        *,
        region: Region | None = None,
        thinking: Thinks | None = None,
        **setup: Unpack[Setup],
    ) -> None:
        setup = checked(setup)
        environ = environ_of(setup)
        found = found_of(environ, base_url, region, api_key, setup)
        key = found.key if api_key is None else api_key
        endpoint = endpoint_of(found, environ, setup)
        self.model = model
        self.base_url = found.base_url
        self._options = setup.get("options", HONEST)
        self._defaults = Defaults(
            model=model,
            thinking=thinking,
            fields=setup.get("defaults", {}),
            settings=read_settings(setup.get("settings")),
            said=read_environment(environ),
            hooks=tuple(setup.get("hooks", ())),
        )
        self._memory = setup.get("memory") or ProcessMemory()
        self._routing = routing_of(found, endpoint, self._defaults.settings, overrides_of(setup), setup)
        self._credentials = Credentials(key, environ, setup.get("refresh"))
        self._line = Line(self._exchange, self._credentials)

    def __repr__(self) -> str:
        return f"Kimi({self.model!r}, {self._routing.upstreams[0].place!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Ends every connection. A later call opens new ones; what was remembered stays."""
        await self._line.aclose()

    # -- one answer --------------------------------------------------------------------------------

    @overload
    async def generate(
        self,
        messages: Messages,
        *,
        tools: Sequence[ToolLike] | None = None,
        response_format: type[T],
        thinking: Thinks | None = None,
        prefix: str = "",
        **overrides: Any,
    ) -> Completion[T]: ...

    @overload
    async def generate(
        self,
        messages: Messages,
        *,
        tools: Sequence[ToolLike] | None = None,
        response_format: Any = None,
        thinking: Thinks | None = None,
        prefix: str = "",
        **overrides: Any,
    ) -> Completion[Any]: ...

    async def generate(
        self,
        messages: Messages,
        *,
        tools: Sequence[ToolLike] | None = None,
        response_format: Any = None,
        thinking: Thinks | None = None,
        prefix: str = "",
        **overrides: Any,
    ) -> Completion[Any]:
        """One whole answer. `overrides` are Chat Completions fields of this call alone.

        `response_format` is a type (the answer stands in `value`), a `response_format` as it is sent, or
        "json". `prefix` is how the answer begins. Where the model uses a tool of the endpoint's own, such as
        `$web_search`, it is let go on, three rounds at most.

        Raises what the endpoint refuses, `BrokenOff` for an answer that came in part, `WrongForm` for
        one that is not of the type; an answer of thoughts alone is none of these, and says so.
        """
        form = None if response_format is None else form_of(response_format)
        call = _call(messages, tools, form, thinking, prefix, overrides)
        earlier: list[Completion[Any]] = []
        while True:
            request, settings = await merged(call, self._defaults)
            done = await self._complete(request, settings, call.prefix)
            if len(earlier) >= ROUNDS or not _builtin(done.calls):
                return _valued(msgspec.structs.replace(done, earlier=tuple(earlier)), form)
            earlier.append(done)
            call = msgspec.structs.replace(call, messages=_gone_on(call.messages, done), prefix="")

    def stream(
        self,
        messages: Messages,
        *,
        tools: Sequence[ToolLike] | None = None,
        response_format: Any = None,
        thinking: Thinks | None = None,
        prefix: str = "",
        **overrides: Any,
    ) -> Stream[Any]:
        """The same as it comes: iterate over it for events. A call of `$web_search` is the caller's."""
        form = None if response_format is None else form_of(response_format)
        call = _call(messages, tools, form, thinking, prefix, overrides)

        async def begin() -> Answer:
            request, settings = await merged(call, self._defaults)
            return await self._line.with_key(self._asked(request, settings), Exchange.open)

        def finish(answer: Answer, reply: Reply) -> Completion[Any]:
            done = self._completion(reply, answer, prefix)
            settled = answer.reply is not None and reply.error is None
            return _valued(done, form) if settled else done

        return Stream(begin, finish)

    async def plan(
        self,
        messages: Messages,
        *,
        tools: Sequence[ToolLike] | None = None,
        response_format: Any = None,
        thinking: Thinks | None = None,
        prefix: str = "",
        **overrides: Any,
    ) -> Plan:
        """What `generate` would send, its budget and its notes; nothing is sent."""
        form = None if response_format is None else form_of(response_format)
        call = _call(messages, tools, form, thinking, prefix, overrides)
        request, settings = await merged(call, self._defaults)
        return await self._line.exchange.preview(self._asked(request, settings))

    async def _complete(self, request: Request, settings: Settings, prefix: str) -> Completion[Any]:
        asked = self._asked(request, settings)
        reply, answer = await self._line.with_key(asked, Exchange.complete)
        done = self._completion(reply, answer, prefix)
        if reply.error is not None:
            raise BrokenOff(reply.error.message, done, reply.error.code)
        return done

    def _asked(self, request: Request, settings: Settings) -> Asked:
        if request.model and self._line.exchange.speaks(request.model) != {"chat"}:
            request = chat.bare(request)
        return Asked(
            request=request,
            id=f"req_{os.urandom(12).hex()}",
            tenant=_TENANT,
            commit=Commit(),
            settings=settings,
            native_ids=True,
        )

    def _completion(self, reply: Reply, answer: Answer, prefix: str) -> Completion[Any]:
        return Completion(
            reply=reply,
            plan=answer.plan,
            notes=(*self._defaults.said.junk, *_once(answer.notes)),
            upstream=answer.upstream,
            traces=answer.traces,
            # Where the target cannot go on from a beginning it has written all of it.
            prefix="" if any(note.code == "prefill-lost" for note in answer.plan.notes) else prefix,
        )

    # -- the endpoint ------------------------------------------------------------------------------

    @property
    def target(self) -> Target:
        """What the catalogue, the overrides and the endpoint's own refusals say of the model."""
        upstream = self._routing.upstreams[0]
        held = self._line.held
        if held is not None:
            return held.hosts[NAME].target(self.model)
        return resolve(self.model, upstream.endpoint or upstream.base_url, overrides=self._routing.overrides)

    async def models(self) -> list[dict[str, Any]]:
        """The endpoint's models, as it lists them."""
        answer: Any = await self._ask("GET", "/models")
        listed: Any = cast("dict[str, Any]", answer).get("data") if isinstance(answer, dict) else None
        return cast("list[dict[str, Any]]", listed) if isinstance(listed, list) else []

    async def balance(self) -> dict[str, Any]:
        """What is left of the account's money, where the endpoint tells (kimi-api.md O)."""
        answer: Any = await self._ask("GET", "/users/me/balance")
        data: Any = cast("dict[str, Any]", answer).get("data") if isinstance(answer, dict) else None
        return cast("dict[str, Any]", data) if isinstance(data, dict) else {}

    async def upload(self, file: str | Path | bytes, *, name: str = "", purpose: str = "") -> Uploaded:
        """Gives a picture, a film or a document to the endpoint: its `part` goes into a message."""
        given = await read_upload(file, name, purpose)

        async def run(exchange: Exchange, asked: Asked) -> Uploaded:
            return await upload(exchange.hosts[NAME], asked.key, given)

        return await self._line.with_key(self._asked(_NOTHING, Settings()), run)

    async def _ask(self, method: str, path: str) -> Any:
        async def run(exchange: Exchange, asked: Asked) -> Any:
            return await ask(exchange.hosts[NAME], asked.key, method, path)

        return await self._line.with_key(self._asked(_NOTHING, Settings()), run)

    def _exchange(self) -> Exchange:
        return Exchange(
            self._routing,
            self._memory,
            self._options,
            count=_counters if self._routing.upstreams[0].tokenizer else None,
        )


_TENANT: Final = Tenant.of_client("library")
_NOTHING: Final = Request(model="", messages=())


def _counters(host: Host, target: Target) -> Callable[[Request], int]:
    return counter(target, host.upstream.tokenizer)


def _call(
    messages: Messages,
    tools: Sequence[ToolLike] | None,
    form: Form | None,
    thinking: Thinks | None,
    prefix: str,
    fields: Mapping[str, Any],
) -> Call:
    sent = None if form is None else form.sent
    return Call(messages=messages, tools=tools, form=sent, thinking=thinking, prefix=prefix, fields=fields)


def _builtin(calls: Sequence[ToolCall]) -> bool:
    """Whether the endpoint's own tools are called, and no other."""
    return bool(calls) and all(call.complete and call.name.startswith("$") for call in calls)


def _gone_on(messages: Messages, done: Completion[Any]) -> tuple[Message, ...]:
    """The conversation with the calls of the endpoint's own tools answered: by what they were called with.

    The endpoint does the work; it wants its arguments back as they are, with the tool's name
    (kimi-api.md G5; peers.md 2.4).
    """
    echoes = [
        Message(role="tool", call_id=call.id, name=call.name, content=call.arguments) for call in done.calls
    ]
    return (*messages_of(messages), done.message, *echoes)


def _valued(done: Completion[Any], form: Form | None) -> Completion[Any]:
    """With the answer in the caller's type; an answer that calls tools first has none yet."""
    if form is None:
        return done
    try:
        return msgspec.structs.replace(done, value=form.read(done.text))
    except ValueError as error:
        if done.calls:
            return done
        raise WrongForm(f"the answer is not of the form: {error}", done) from error


def _once(notes: Sequence[Note]) -> list[Note]:
    """The notes without those that a retry said again."""
    found: list[Note] = []
    for note in notes:
        if note not in found:
            found.append(note)
    return found
