"""What a handler sees of HTTP, without a socket: ASGI's messages are brought by hand."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import pytest

from moonwire.core.errors import MoonwireError
from moonwire.gateway.http import CONNECTION, PIECE, Asgi, Call, Out, StuckCaller

Message = MutableMapping[str, Any]


class Wire:
    """One connection: what is received, and what was sent. `stuck` after so many messages nobody reads."""

    def __init__(self, *messages: Message, stuck: int = 99) -> None:
        self.messages = list(messages)
        self.sent: list[Message] = []
        self.done = ""
        self.stuck = stuck
        self.more = asyncio.Event()
        self.never = asyncio.Event()

    async def receive(self) -> Message:
        if not self.messages:
            await self.more.wait()
            return {"type": "http.disconnect"}
        return self.messages.pop(0)

    async def send(self, message: Message) -> None:
        if len(self.sent) >= self.stuck:
            await self.never.wait()
        self.sent.append(message)
        if message["type"] == "http.response.body" and not message["more_body"]:
            # As uvicorn does it: whoever waits for the caller's leaving is told so once all is sent.
            self.more.set()
            await asyncio.sleep(0)

    @property
    def full(self) -> bool:
        return len(self.sent) >= self.stuck

    def watch(self, left: Callable[[], None] | None) -> None:
        if left is not None and self.messages:
            assert self.messages.pop(0) is GONE
            asyncio.get_running_loop().call_soon(left)

    def close(self) -> None:
        self.done = "closed"

    def abort(self) -> None:
        self.done = "aborted"

    @property
    def body(self) -> bytes:
        return b"".join(one.get("body", b"") for one in self.sent)


def piece(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


GONE: Message = {"type": "http.disconnect"}


def scope(wire: Wire, **more: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "path": "/v1/a b",
        "raw_path": b"/v1/a%20b",
        "query_string": b"q=1",
        "headers": [(b"host", b"x"), (b"x-a", b"1"), (b"x-a", b"2")],
        "extensions": {CONNECTION: wire},
        **more,
    }


def run(
    handler: Callable[[Call, Out], Awaitable[None]], *messages: Message, stuck: int = 99, **options: Any
) -> Wire:
    async def main() -> Wire:
        wire = Wire(*messages, stuck=stuck)
        said: dict[str, Any] = {"body": 10, "deadline": 0.05, **options}
        asgi = Asgi(handler, **said)
        async with asyncio.timeout(10):
            await asgi(scope(wire), wire.receive, wire.send)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*left, return_exceptions=True)
        return wire

    return asyncio.run(main())


def test_a_call_is_what_came() -> None:
    calls: list[Call] = []

    async def handler(call: Call, out: Out) -> None:
        calls.append(call)
        out.also.append(("x-b", "3"))
        await out.whole(200, [("x-c", "4")], b"abc")
        assert out.started and out.ended and not out.gone

    wire = run(handler, piece(b"ab", more=True), piece(b"cd"))
    assert (calls[0].body, calls[0].path, calls[0].raw_path) == (b"abcd", "/v1/a b", "/v1/a%20b")
    assert (calls[0].query, calls[0].headers) == ("q=1", {"host": "x", "x-a": "1, 2"})
    start = wire.sent[0]
    assert start["headers"] == [(b"x-c", b"4"), (b"content-length", b"3"), (b"x-b", b"3")]
    assert (start["status"], wire.body) == (200, b"abc")
    assert repr(Call(method="GET", path="/", headers={"authorization": "sk-1"})) == "Call(GET /, 0 bytes)"


BODIES: dict[str, tuple[list[Message], str, bytes]] = {
    "none": ([piece(b"")], "", b""),
    "as much as is taken": ([piece(b"x" * 10)], "", b"x" * 10),
    "more in one piece": ([piece(b"x" * 11)], "large", b""),
    "as much in pieces": ([piece(b"x" * 5, more=True), piece(b"x" * 5)], "", b"x" * 10),
    "more in pieces": ([piece(b"x" * 5, more=True), piece(b"x" * 6)], "large", b""),
    "more than is waited for": ([piece(b"x" * 11, more=True), piece(b"x" * 11, more=True)], "large", b""),
    "a part, and then nothing": ([piece(b"x", more=True)], "late", b""),
}


@pytest.mark.parametrize(("messages", "trouble", "body"), BODIES.values(), ids=BODIES)
def test_a_body_is_bounded_in_size_and_in_time(messages: list[Message], trouble: str, body: bytes) -> None:
    calls: list[Call] = []

    async def handler(call: Call, out: Out) -> None:
        calls.append(call)
        await out.whole(200, [], b"")

    wire = run(handler, *[dict(message) for message in messages])
    assert (calls[0].trouble, calls[0].body) == (trouble, body)
    assert ((b"connection", b"close") in wire.sent[0]["headers"]) is bool(trouble)


def nobody(headers: Mapping[str, str]) -> bool:
    return False


def test_of_a_stranger_nothing_is_kept() -> None:
    calls: list[Call] = []

    async def handler(call: Call, out: Out) -> None:
        calls.append(call)
        await out.whole(401, [], b"")

    run(handler, piece(b"x", more=True), piece(b"x"), admit=nobody)
    assert (calls[0].body, calls[0].trouble) == (b"", "large")


@pytest.mark.parametrize("messages", [[GONE], [piece(b"x", more=True), GONE]], ids=["at once", "within"])
def test_a_caller_that_leaves_before_its_body_is_there_is_not_answered(messages: list[Message]) -> None:
    async def handler(call: Call, out: Out) -> None:
        raise AssertionError("nobody asked")

    assert run(handler, *messages).sent == []


def test_a_caller_that_leaves_ends_the_handler() -> None:
    ended: list[bool] = []

    async def handler(call: Call, out: Out) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append(out.gone)
            raise

    wire = run(handler, piece(b""), GONE)
    assert (ended, wire.sent, wire.done) == ([True], [], "closed")


def test_a_handler_may_go_on_behind_its_answer() -> None:
    done: list[str] = []

    async def handler(call: Call, out: Out) -> None:
        await out.start(200, [])
        await out.end()
        for _ in range(10):
            await asyncio.sleep(0)
        done.append("kept books")

    assert run(handler, piece(b"")).done == ""
    assert done == ["kept books"]


def test_a_server_without_time_ends_the_handler_and_the_answer() -> None:
    async def handler(call: Call, out: Out) -> None:
        await out.start(200, [])
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    wire = run(handler, piece(b""))
    assert (wire.done, len(wire.sent)) == ("closed", 1)


@pytest.mark.parametrize("stuck", [0, 1, 2])
def test_a_caller_that_does_not_read_is_cut_off(stuck: int) -> None:
    async def handler(call: Call, out: Out) -> None:
        with pytest.raises(StuckCaller, match=r"has not read for 0\.05 seconds"):
            await out.start(200, [])
            await out.send(b"x")
            await out.end()

    wire = run(handler, piece(b""), stuck=stuck)
    assert (wire.done, len(wire.sent)) == ("aborted", stuck)


def test_a_large_answer_waits_for_its_reader() -> None:
    body = bytes(range(256)) * (3 * PIECE // 256)

    async def handler(call: Call, out: Out) -> None:
        await out.whole(200, [], body)

    wire = run(handler, piece(b""))
    assert wire.body == body
    assert [len(one["body"]) for one in wire.sent[1:]] == [PIECE] * 3
    assert [one["more_body"] for one in wire.sent[1:]] == [True, True, False]


def test_a_cut_is_no_end() -> None:
    async def handler(call: Call, out: Out) -> None:
        await out.start(200, [])
        out.cut()

    wire = run(handler, piece(b""))
    assert (wire.done, len(wire.sent)) == ("closed", 1)


def test_a_server_that_shows_no_connection_will_do() -> None:
    async def main() -> Wire:
        async def handler(call: Call, out: Out) -> None:
            await out.start(200, [])
            out.cut()

        wire = Wire(piece(b""))
        asgi = Asgi(handler, body=10, deadline=1, base="/base")
        plain = scope(wire, extensions={}, path="/base/v1/x", raw_path=None)
        await asgi(plain, wire.receive, wire.send)
        return wire

    assert len(asyncio.run(main()).sent) == 1


def lifespan(startup: Any = None) -> list[str]:
    async def main() -> list[str]:
        async def handler(call: Call, out: Out) -> None: ...

        said: list[str] = []

        async def shutdown() -> None:
            said.append("over")

        wire = Wire({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
        asgi = Asgi(handler, body=1, deadline=1, startup=startup, shutdown=shutdown)

        async def send(message: Message) -> None:
            said.append(message["type"] + message.get("message", ""))

        await asgi({"type": "lifespan"}, wire.receive, send)
        await asgi({"type": "websocket"}, wire.receive, send)
        return said

    return asyncio.run(main())


def test_a_process_begins_and_ends_in_order() -> None:
    assert lifespan() == ["lifespan.startup.complete", "over", "lifespan.shutdown.complete"]


def test_a_process_that_cannot_begin_says_why() -> None:
    async def startup() -> None:
        raise MoonwireError("no room", path="memory.path")

    assert lifespan(startup) == ["lifespan.startup.failedmemory.path: no room"]
