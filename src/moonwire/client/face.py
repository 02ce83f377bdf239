"""Chat Completions over HTTP without a server: what an HTTP client was told goes in, an answer comes out.

It knows no HTTP library. `moonwire.httpx` puts it behind the clients of two of them.
"""

import asyncio
import math
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Self, TypedDict, Unpack

import msgspec

from moonwire.core.catalogue import resolve
from moonwire.core.catalogue.overrides import NO_OVERRIDES, Overrides, build_overrides
from moonwire.core.errors import LocalProtocolError, MoonwireError
from moonwire.core.events import UpstreamError
from moonwire.core.messages import Request
from moonwire.core.notes import Note
from moonwire.core.settings import Settings
from moonwire.exchange.answer import Answer
from moonwire.exchange.asked import Asked, Commit
from moonwire.exchange.config import Hop, Options, Retries, Route, Routing, Upstream
from moonwire.exchange.dialect import CHAT, Named, StreamWriter, named
from moonwire.exchange.exchange import Exchange
from moonwire.exchange.host import CREDENTIALS
from moonwire.exchange.policy import Tries
from moonwire.exchange.reading import IDLE
from moonwire.exchange.redact import Redactor
from moonwire.exchange.told import HEADER, REQUEST_ID, broken, encoded, notes_header, request_id
from moonwire.memory import Memory, ProcessMemory, Secret, Tenant
from moonwire.transport import TLS, ClientClosed, IdleTimeout, Timeouts
from moonwire.transport.errors import AtOrigin
from moonwire.transport.url import parse
from moonwire.workbench.planning import read_settings

__all__ = ["Face", "Faces", "Given", "Pieces", "Said", "Setup", "Ways", "is_chat", "timeouts_of"]

CALL: Final = "/chat/completions"
NAME: Final = "upstream"
EXPLAIN: Final = "moonwire-explain"

MOST: Final = 32
"""Base URLs whose connections are kept; the one that was used longest ago gives way."""

PATIENT: Final = Options(retries=Retries(breaker=0))
"""There is one upstream and nobody else to ask: it is never left alone for a while."""

SSE: Final = [("content-type", "text/event-stream"), ("cache-control", "no-cache")]
JSON: Final = ("content-type", "application/json")

ENOUGH: Final = ("x-should-retry", "false")
"""What was worth trying again was tried again: the SDK leaves it at that (it reads this header)."""

OWN: Final = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te"),
        *("trailer", "transfer-encoding", "upgrade", "expect", "host", "content-length"),
        # What is sent and what is asked for is the exchange's own.
        *("content-type", "accept", "accept-encoding"),
    }
)
"""Headers of a connection, which is another one here."""

OURS: Final = ("x-stainless-", "moonwire-")
"""The SDK's account of itself and its tries, which is not true of what is sent; and what is said to us."""

REPEATED: Final = "x-stainless-retry-count"

_APART: Final = Secret(b"moonwire in the caller's process")
"""Keeps one key's turns from another's. A memory that is kept seals what it keeps under its own secret."""


class Ways(TypedDict, total=False):
    """What a transport can be told."""

    settings: Settings | Mapping[str, Any]
    """Passes and policies of planning."""
    options: Options
    """Retries, escalation and the like."""
    endpoint: str
    """A name of the catalogue, where the URL does not tell."""
    memory: Memory
    """Where turns are remembered; a memory of this process where none is given."""
    overrides: Overrides | Mapping[str, Any]
    """What is known better than the catalogue knows it."""
    timeouts: Timeouts
    """For what the HTTP client does not set: the time of a whole request, and a client without timeouts."""
    tls: TLS
    proxy: str
    trust_env: bool
    """Whether HTTPS_PROXY and its like count."""


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """The same, read."""

    settings: Settings
    options: Options
    endpoint: str
    memory: Memory
    overrides: Overrides
    timeouts: Timeouts
    tls: TLS | None
    proxy: str | None
    trust_env: bool

    def __repr__(self) -> str:
        # A proxy's URL may hold a password.
        return f"Setup(endpoint={self.endpoint!r})"

    @classmethod
    def of(cls, **ways: Unpack[Ways]) -> Self:
        """What is left out has a default.

        >>> Setup.of(endpoint="vllm", settings={"cap": 4096}).settings
        Settings(cap=4096)
        """
        unknown = ", ".join(ways.keys() - Ways.__annotations__.keys())
        if unknown:
            known = ", ".join(Ways.__annotations__)
            raise LocalProtocolError("no such argument", path=unknown, remedy=f"there are {known}")
        overrides = ways.get("overrides", NO_OVERRIDES)
        return cls(
            settings=read_settings(ways.get("settings")),
            options=ways.get("options", PATIENT),
            endpoint=ways.get("endpoint", ""),
            memory=ways.get("memory") or ProcessMemory(),
            overrides=overrides if isinstance(overrides, Overrides) else build_overrides(overrides),
            timeouts=ways.get("timeouts", Timeouts()),
            tls=ways.get("tls"),
            proxy=ways.get("proxy"),
            trust_env=ways.get("trust_env", True),
        )


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A request as an HTTP client made it: its URL without user and fragment, its headers as they are."""

    url: str
    headers: Sequence[tuple[str, str]] = ()
    body: bytes
    timeouts: Timeouts | None = None
    """What the client set, if it set anything."""

    def __repr__(self) -> str:
        # The URL and the headers may hold keys, and the body is somebody's words.
        return "Said(...)"


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: a whole body, or the pieces of a stream."""

    status: int
    headers: list[tuple[str, str]]
    body: "bytes | Pieces"


def is_chat(method: str, path: str) -> bool:
    """Whether this is a request for an answer. Everything else is none of moonwire's business.

    >>> is_chat("POST", "/v1/chat/completions"), is_chat("POST", "/v1/embeddings")
    (True, False)
    """
    return method == "POST" and path.endswith(CALL)


def timeouts_of(said: Mapping[str, float | None] | None, base: Timeouts) -> Timeouts | None:
    """What an HTTP client's `connect`, `read`, `write` and `pool` mean here; `None` is without end.

    `read` is how long the server may say nothing, before its answer and within it.

    >>> timeouts_of({"connect": 5.0, "read": None, "write": 9.0, "pool": 5.0}, Timeouts()).first_byte
    inf
    """
    if said is None:
        return None
    spelled = {
        "connect": ("connect",),
        "read": ("first_byte", "idle"),
        "write": ("write",),
        "pool": ("pool",),
    }
    found = {
        field: math.inf if seconds is None else float(seconds)
        for name, seconds in said.items()
        for field in spelled.get(name, ())
    }
    return msgspec.structs.replace(base, **found)


class _Held:
    """The exchange for one base URL, and how many requests use it."""

    __slots__ = ("exchange", "given_up", "users")

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.users = 0
        self.given_up = False

    async def left(self) -> None:
        """One request is over."""
        self.users -= 1
        if self.given_up and not self.users:
            await self.exchange.aclose()


class Face:
    """Answers requests for answers, on one event loop. One exchange for each base URL that it meets."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._closed = False

    async def answer(self, said: Said) -> Given | None:
        """The answer, or nothing where the request is not moonwire's business and has to go as it is.

        That is so where it has no body to be read, and where nobody knows the model or the endpoint. An
        `AtOrigin` is raised where no HTTP came about, for the HTTP client to say it in its own words; every
        other error is an answer.
        """
        base = _base_of(said.url)
        body = _object_of(said.body)
        model = body.get("model")
        if not isinstance(model, str) or not self._knows(model, base):
            return None
        origin = parse(base).origin
        if self._closed:
            raise ClientClosed(origin=origin)
        held = await self._holding(base)
        work = _Work(said, origin, held, self._setup)
        kept = False
        try:
            given = await work.done(body)
            kept = isinstance(given.body, Pieces)
        finally:
            if not kept:
                await held.left()
        return given

    def _knows(self, model: str, base: str) -> bool:
        place = self._setup.endpoint or base.partition("?")[0]
        return resolve(model, place, overrides=self._setup.overrides).known

    async def _holding(self, base: str) -> _Held:
        held = self._held.get(base)
        if held is None:
            held = self._held[base] = _Held(self._made(base))
        self._held.move_to_end(base)
        held.users += 1
        if len(self._held) > MOST:
            _, oldest = self._held.popitem(last=False)
            oldest.given_up = True
            oldest.users += 1
            await oldest.left()
        return held

    def _made(self, base: str) -> Exchange:
        setup = self._setup
        upstream = Upstream(
            name=NAME,
            base_url=base,
            endpoint=setup.endpoint,
            timeouts=setup.timeouts,
            tls=setup.tls,
            proxy=setup.proxy,
            trust_env=setup.trust_env,
        )
        route = Route(hops=(Hop(NAME),), settings=setup.settings)
        routing = Routing(upstreams=(upstream,), routes=(route,), overrides=setup.overrides)
        return Exchange(routing, setup.memory, setup.options)

    async def aclose(self) -> None:
        """Ends every connection, also of what is under way."""
        self._closed = True
        while self._held:
            _, held = self._held.popitem()
            await held.exchange.aclose()


class Faces:
    """A face for each event loop that asks for one, with one memory: connections belong to their loop."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._faces: dict[asyncio.AbstractEventLoop, Face] = {}
        self._pid = os.getpid()

    @property
    def here(self) -> Face:
        """The face of the running loop."""
        if self._pid != os.getpid():
            # The parent's connections: to close them, or to let them be collected, is the parent's business.
            _ABANDONED.append(self._faces)
            self._faces, self._pid = {}, os.getpid()
        loop = asyncio.get_running_loop()
        if loop not in self._faces:
            # What was open in a loop that is over went with it.
            self._faces = {one: face for one, face in self._faces.items() if not one.is_closed()}
            self._faces[loop] = Face(self.setup)
        return self._faces[loop]

    @property
    def used(self) -> bool:
        """Whether any loop has asked for one."""
        return bool(self._faces)

    async def aclose(self) -> None:
        """Ends the connections of the running loop. What comes later begins anew."""
        face = self._faces.pop(asyncio.get_running_loop(), None)
        if face is not None:
            await face.aclose()


_ABANDONED: Final[list[object]] = []


class _Work:
    """One request under way."""

    def __init__(self, said: Said, origin: str, held: _Held, setup: Setup) -> None:
        headers = [(name.lower(), value) for name, value in said.headers]
        told = dict(headers)
        self._held = held
        self._origin = origin
        self._id = request_id()
        self._key, self._headers = _passed(headers)
        self._timeouts = said.timeouts
        self._idle = (said.timeouts or setup.timeouts).idle
        self._explain = told.get(EXPLAIN) == "1"
        self._tries = Tries(again=told.get(REPEATED, "0") != "0")
        secrets = [value for name, value in headers if name in CREDENTIALS]
        self._redactor = Redactor([*secrets, *([self._key] if self._key else [])])

    async def done(self, body: dict[str, Any]) -> Given:
        """The answer, or the error as an answer."""
        try:
            request = CHAT.decode(body)
            asked = Asked(
                request=request,
                id=self._id,
                tenant=Tenant.of_credential(self._key or "", _APART),
                key=self._key,
                headers=self._headers,
                verbatim=True,
                timeouts=self._timeouts,
                commit=Commit(),
            )
            if request.stream is True:
                return await self._stream(asked)
            return await self._whole(asked)
        except AtOrigin:
            raise
        except MoonwireError as error:
            return self._refused(error)

    async def _whole(self, asked: Asked) -> Given:
        reply, answer = await self._held.exchange.complete(asked, self._tries)
        if reply.error is not None:
            if reply.error.code == IDLE:
                raise IdleTimeout(origin=self._origin, seconds=self._idle)
            raise broken(reply.error)
        data = encoded(CHAT.encode_reply(reply, self._named(asked.request, answer)))
        return Given(status=200, headers=[JSON, *self._told(answer.notes, answer)], body=data)

    async def _stream(self, asked: Asked) -> Given:
        answer = await self._held.exchange.open(asked, self._tries)
        asked.commit.made = True
        writer = CHAT.writer(self._named(asked.request, answer))
        silent = IdleTimeout(origin=self._origin, seconds=self._idle)
        pieces = Pieces(answer, writer, self._redactor, silent, self._held.left)
        return Given(status=200, headers=[*SSE, *self._told(answer.notes, answer)], body=pieces)

    def _named(self, request: Request, answer: Answer) -> Named:
        def told() -> Sequence[Note]:
            return self._redactor.notes(answer.notes)

        return named(CHAT, request, self._id, int(time.time()), told if self._explain else None)

    def _refused(self, error: MoonwireError) -> Given:
        status, headers, body = CHAT.encode_error(error)
        data = self._redactor.data(encoded(body))
        told = [JSON, ENOUGH, *self._told(self._tries.notes), *headers]
        return Given(status=status, headers=told, body=data)

    def _told(self, notes: Sequence[Note], answer: Answer | None = None) -> list[tuple[str, str]]:
        found = [(REQUEST_ID, self._id)]
        if notes:
            found.append((HEADER, notes_header(notes)))
        # The server's own names for the request, which its support asks for.
        return found if answer is None else [*found, *answer.traces.items()]


class Pieces:
    """The bytes of a stream, frame by frame. Closed early, it leaves the upstream at once."""

    def __init__(
        self,
        answer: Answer,
        writer: StreamWriter,
        redactor: Redactor,
        silent: IdleTimeout,
        over: Callable[[], Any],
    ) -> None:
        self._answer = answer
        self._writer = writer
        self._redactor = redactor
        self._silent = silent
        self._over = over
        self._ended = False
        self._left = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """The frames of what came next; behind the last, a server's silence that was too long is raised."""
        going = False
        try:
            while not self._ended:
                batch = await anext(self._answer, None)
                data = self._last() if batch is None else b"".join(self._writer.feed(batch))
                if data:
                    going = True
                    return data
            if self._is_silent():
                raise self._silent
            raise StopAsyncIteration
        finally:
            if not going:
                await self.aclose()

    def _last(self) -> bytes:
        self._ended = True
        error = self._error
        if error is not None and error.code == IDLE:
            return b""
        data = b"".join(self._writer.finish())
        return data if error is None else self._redactor.data(data)

    @property
    def _error(self) -> UpstreamError | None:
        reply = self._answer.reply
        return None if reply is None else reply.error

    def _is_silent(self) -> bool:
        error = self._error
        return not self._left and error is not None and error.code == IDLE

    async def aclose(self) -> None:
        """Ends it, also in the middle."""
        self._ended = True
        if self._left:
            return
        self._left = True
        try:
            await self._answer.aclose()
        finally:
            await self._over()


def _base_of(url: str) -> str:
    """The base URL of a call; what stands behind the path stays."""
    path, mark, query = url.partition("?")
    return f"{path.removesuffix(CALL)}{mark}{query}"


def _object_of(body: bytes) -> dict[str, Any]:
    """The body, or nothing where it is no object."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    if not isinstance(value, dict):
        return {}
    found: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType] -- keys of JSON are text
    return found


def _passed(headers: Iterable[tuple[str, str]]) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """The caller's key, and the headers that go to the upstream as they are."""
    key: str | None = None
    headers = tuple(headers)
    listed = {
        word.strip().lower() for name, value in headers if name == "connection" for word in value.split(",")
    }
    passed: list[tuple[str, str]] = []
    for name, value in headers:
        scheme, _, token = value.partition(" ")
        if name == "authorization" and scheme.lower() == "bearer" and token.strip():
            key = token.strip()
        elif name not in OWN and name not in listed and not name.startswith(OURS):
            passed.append((name, value))
    return key, tuple(passed)
