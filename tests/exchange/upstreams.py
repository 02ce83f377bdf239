"""What the tests of the exchange share: upstreams that say what a test wants, and requests to them."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from moonwire.core.catalogue.overrides import NO_OVERRIDES, Overrides
from moonwire.core.events import Event
from moonwire.core.messages import Message, Reply, Request
from moonwire.core.settings import Settings
from moonwire.exchange.answer import Answer
from moonwire.exchange.config import Hidden, Hop, Options, Retries, Route, Routing, Upstream
from moonwire.exchange.exchange import Asked, Commit, Exchange
from moonwire.memory import Memory, ProcessMemory, Tenant
from moonwire.transport import Timeouts
from moonwire.wire import chat
from tests.transport.peers import Peer, Script, run, serve

ANN, BOB = Tenant.of_client("ann"), Tenant.of_client("bob")

QUICK = Retries(base=0.001, longest=0.002)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "look", "parameters": {"type": "object", "properties": {}}},
}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


# -- the exchange ----------------------------------------------------------------------------------------


def upstream(name: str, base_url: str, *keys: str, **more: Any) -> Upstream:
    more.setdefault("endpoint", "platform")
    more.setdefault("trust_env", False)
    return Upstream(name=name, base_url=base_url, keys=tuple(map(Hidden, keys)), **more)


@asynccontextmanager
async def running(
    *upstreams: Upstream,
    hops: Sequence[Hop] = (),
    options: Options | None = None,
    settings: Settings | None = None,
    overrides: Overrides = NO_OVERRIDES,
    memory: Memory | None = None,
    **more: Any,
) -> AsyncGenerator[Exchange]:
    """An exchange with one route over all upstreams, closed in the end."""
    hops = tuple(hops) or tuple(Hop(one.name) for one in upstreams)
    route = Route(hops=hops, settings=settings or Settings())
    exchange = Exchange(
        Routing(upstreams=upstreams, routes=(route,), overrides=overrides),
        memory or ProcessMemory(),
        options or Options(retries=QUICK),
        **more,
    )
    try:
        yield exchange
    finally:
        await exchange.aclose()


def quick(**more: Any) -> Options:
    """Options that wait for nothing."""
    return msgspec.structs.replace(Options(retries=QUICK, tail=0.05), **more)


ASKED = ("key", "headers", "verbatim", "timeouts", "commit", "seal", "turn")


def asked(words: str | Request = "Say hello.", *, tenant: Tenant = ANN, **more: Any) -> Asked:
    """A request; `more` are fields of the body, or of `Asked`."""
    own = {name: more.pop(name) for name in ASKED if name in more}
    own.setdefault("commit", Commit())
    request = words if isinstance(words, Request) else body(words, **more)
    return Asked(request=request, id="req_1", tenant=tenant, **own)


def body(words: str, **more: Any) -> Request:
    return chat.decode({"model": "kimi-k2.6", "messages": [{"role": "user", "content": words}], **more})


def messages_of(request: Request, *more: dict[str, Any]) -> tuple[Message, ...]:
    return (*request.messages, *(chat.decode_message(one, "") for one in more))


async def events_of(answer: Answer) -> list[Event]:
    return [event for batch in [batch async for batch in answer] for event in batch]


# -- upstreams on loopback, answer by answer ---------------------------------------------------------------


def piece(data: bytes) -> bytes:
    """A chunk of the body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def event(value: Any) -> bytes:
    return piece(b"data: " + (value if isinstance(value, bytes) else json.dumps(value).encode()) + b"\n\n")


def delta(finish: str | None = None, **delta: Any) -> bytes:
    choice: dict[str, Any] = {"index": 0, "delta": delta, "finish_reason": finish}
    return event({"id": "c", "model": "m", "created": 1, "choices": [choice]})


def call(index: int, name: str, arguments: str) -> bytes:
    function = {"name": name, "arguments": arguments}
    return delta(tool_calls=[{"index": index, "id": f"{name}:{index}", "function": function}])


USAGE = event({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}})
DONE = event(b"[DONE]")
HELLO = delta(content="hello")
STOP = delta("stop")
WELL = HEAD + HELLO + STOP + USAGE + DONE + END


def refusal(status: int, message: str, kind: str = "invalid_request_error", head: str = "") -> bytes:
    data = json.dumps({"error": {"message": message, "type": kind}}).encode()
    return f"HTTP/1.1 {status} X\r\n{head}Content-Length: {len(data)}\r\n\r\n".encode() + data


OVERLOADED = refusal(429, "The engine is currently overloaded, please try again later")
LIMITED = refusal(429, "too many requests", "rate_limit_reached_error")

Speaks = Callable[[Peer], Awaitable[None]]
Say = bytes | Speaks


class Scripted:
    """Answers requests one after another, whatever the connection; the last answer again and again."""

    def __init__(self, *says: Say) -> None:
        self.says = list(says)
        self.heads: list[str] = []
        self.bodies: list[Any] = []
        self.connections: set[int] = set()

    @property
    def script(self) -> Script:
        return self.run

    @property
    def keys(self) -> list[str]:
        """The key of each request."""
        return [
            line.partition(" ")[2].removeprefix("Bearer ")
            for head in self.heads
            for line in [
                next((one for one in head.split("\r\n") if one.lower().startswith("authorization:")), "")
            ]
        ]

    async def run(self, peer: Peer) -> None:
        while True:
            head, data = await peer.request()
            if not head:
                return
            self.heads.append(head)
            self.bodies.append(json.loads(data))
            self.connections.add(peer.number)
            say = self.says.pop(0) if len(self.says) > 1 else self.says[0]
            if isinstance(say, bytes):
                peer.send(say)
            else:
                await say(peer)


def then_reset(data: bytes = b"") -> Speaks:
    """Says this, sees to it that it has left, and hangs up without an end."""

    async def say(peer: Peer) -> None:
        peer.send(data)
        await peer.writer.drain()
        peer.reset()

    return say


def then_close(data: bytes = b"") -> Speaks:
    async def say(peer: Peer) -> None:
        peer.send(data)
        peer.writer.close()

    return say


def then_hang(data: bytes = b"", gone: Callable[[], None] = lambda: None) -> Speaks:
    """Says this and no more; tells when the client has left."""

    async def say(peer: Peer) -> None:
        peer.send(data)
        await peer.gone()
        gone()

    return say


IMPATIENT = Timeouts(idle=0.04, first_byte=1.0)
FAILURE = refusal(500, "Internal server error", "server_error")


# -- what it comes to --------------------------------------------------------------------------------


def codes(notes: list[Any]) -> list[str]:
    """The notes of the exchange itself."""
    ours = ("refusal", "request", "upstream", "answer", "finish")
    return [note.code for note in notes if note.code.startswith(ours) and note.code != "answers"]


def answered(*says: Say, options: Options | None = None, **fields: Any) -> tuple[Reply, list[str], Scripted]:
    """What one whole answer from such an upstream comes to."""
    found: list[tuple[Reply, list[str]]] = []
    scripted = Scripted(*says)

    async def main() -> None:
        async with (
            serve(scripted.run) as server,
            running(upstream("a", server.url, "k", timeouts=IMPATIENT), options=options or quick()) as line,
        ):
            reply, answer = await line.complete(asked(**fields))
            found.append((reply, codes(answer.notes)))

    run(main)
    return *found[0], scripted
