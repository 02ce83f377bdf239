"""A caller's connection, from outside: bytes on a socket, and handlers that do what the test says."""

import asyncio
import contextlib
import gc
import json
import queue
from collections.abc import Mapping

import pytest

from moonwire.gateway.answer import HELD, Answer
from moonwire.gateway.common import Common, Listening
from moonwire.gateway.connection import Connection
from moonwire.gateway.http import Call, Handler, Out
from tests.gateway.answering import Gate, answering, echo, get, post
from tests.gateway.load.process import until
from tests.gateway.running import READY

QUICK = Listening(drain=0.2, headers=2000, patience=0.1, body=10, deadline=0.1)


# -- what a handler is given ---------------------------------------------------------------------------


def test_a_call_is_what_came() -> None:
    calls: list[Call] = []

    async def handler(call: Call, out: Out) -> None:
        calls.append(call)
        await out.whole(200, [], b"")

    with answering(handler) as place:
        place.talk(
            post(
                b"ab\0",
                "X-A: 1",
                "x-a:  2 \t",
                "X-B: caf\xe9",
                "connection: close",
                path="/v1/a%20%E6%9C%88?q=%31&r",
            )
        )
    (call,) = calls
    assert (call.method, call.path, call.raw_path) == ("POST", "/v1/a 月", "/v1/a%20%E6%9C%88")
    assert (call.query, call.body, call.trouble) == ("q=%31&r", b"ab\0", "")
    assert call.headers == {
        "host": "x",
        "content-length": "3",
        "x-a": "1, 2",
        "x-b": "caf\xe9",
        "connection": "close",
    }


PATHS = {
    "/a#b?c": ("/a", "/a", ""),
    "http://h:1/p%20q?r": ("/p q", "/p%20q", "r"),
    "http://h": ("/", "/", ""),
    "//a//b": ("//a//b", "//a//b", ""),
    "*": ("*", "*", ""),
    "/%zz%ff": ("/%zz�", "/%zz%ff", ""),
}


@pytest.mark.parametrize(("sent", "wanted"), PATHS.items())
def test_paths(sent: str, wanted: tuple[str, str, str]) -> None:
    with answering(echo) as place:
        said = place.talk(get(sent, "connection: close", method="OPTIONS"))
    assert "\r\n\r\nOPTIONS {} {} {} |".format(*wanted).encode() in said


def test_a_base_is_taken_off() -> None:
    with answering(echo, Listening(base="/base/", drain=0.2)) as place:
        assert b"GET /x%y /x%25y  |" in place.talk(get("/base/x%25y", "connection: close"))


def test_a_request_may_come_byte_by_byte() -> None:
    sent = post(b"abc", "x-a: 1", "connection: close", path="/long/path?q")
    with answering(echo) as place:
        said = place.talk(*(sent[at : at + 1] for at in range(len(sent))))
    assert b"POST /long/path /long/path q |" in said and b"'x-a': '1'" in said and said.endswith(b"|abc")


CHUNKED = get("/", "transfer-encoding: Chunked", "connection: close", method="POST")


def test_chunks_are_a_body_and_trailers_are_no_headers() -> None:
    with answering(echo) as place:
        said = place.talk(CHUNKED + b"2;ext=1\r\nab\r\n1\r\nc\r\n0\r\nx-evil: 1\r\n\r\n")
    assert said.endswith(b"|abc") and b"x-evil" not in said


def test_a_body_of_thousands_of_chunks_is_put_together_as_it_comes() -> None:
    chunks = b"".join(b"2\r\n%02d\r\n" % (number % 100) for number in range(5_000))
    body = b"".join(b"%02d" % (number % 100) for number in range(5_000))
    with answering(echo, Listening(body=9_999, drain=0.2)) as place:
        said = place.talk(CHUNKED + chunks + b"0\r\n\r\n")
        assert b" large|" in said and said.endswith(b"}|")
    with answering(echo) as place:
        assert place.talk(CHUNKED + chunks + b"0\r\n\r\n").endswith(b"|" + body)


# -- what is refused -----------------------------------------------------------------------------------

LENGTH = "content-length: 1"
BAD = {
    "no HTTP": b"\x16\x03\x01 nonsense\r\n\r\n",
    "a method that is none": b"FOO / HTTP/1.1\r\nhost: x\r\n\r\n",
    "a method in lower case": b"get / HTTP/1.1\r\nhost: x\r\n\r\n",
    "a folded header": get("/", "x-a: b\r\n c"),
    "a NUL": get("/", "x-a: b\0c"),
    "a bare LF": get("/", "x-a: b\nx-c: d"),
    "a bare CR": get("/", "x-a: b\rx-c: d"),
    "a blank before the colon": get("/", "x-a : b"),
    "two lengths": get("/", LENGTH, LENGTH) + b"x",
    "two lengths in one": get("/", "content-length: 1, 1") + b"x",
    "a length with a sign": get("/", "content-length: +1") + b"x",
    "length and chunks": get("/", LENGTH, "transfer-encoding: chunked") + b"0\r\n\r\n",
    "chunks and length": get("/", "transfer-encoding: chunked", LENGTH) + b"0\r\n\r\n",
    "a coding before chunks": get("/", "transfer-encoding: gzip, chunked") + b"0\r\n\r\n",
    "a coding that is none": get("/", "transfer-encoding: xchunked") + b"0\r\n\r\n",
    "chunks twice": get("/", "transfer-encoding: chunked", "transfer-encoding: chunked") + b"0\r\n\r\n",
    "a chunk that is longer than it says": CHUNKED + b"1\r\nab\r\n0\r\n\r\n",
    "a chunk of nobody's size": CHUNKED + b"FFFFFFFFFFFFFFFFF\r\n",
    "a version that is none": get(version="1.2"),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a tunnel": b"CONNECT a:80 HTTP/1.1\r\nhost: x\r\n\r\nabc",
    "a path in UTF-8": "GET /é HTTP/1.1\r\nhost: x\r\n\r\n".encode(),
    "a target without a path": get("mailto:a"),
    "the same with a body that does not come": get("mailto:a", LENGTH),
}


@pytest.mark.parametrize("sent", BAD.values(), ids=BAD)
def test_what_is_no_request_is_refused(sent: bytes) -> None:
    with answering(echo) as place:
        said = place.talk(sent)
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ") and b"connection: close" in head
    assert json.loads(body)["error"]["type"] == "invalid_request_error"


def test_what_was_asked_before_is_answered_before() -> None:
    with answering(echo) as place:
        said = place.talk(get("/1") + get("/2") + b"nonsense\r\n\r\n" + get("/3"))
    assert [said.count(b"GET /%d " % number) for number in (1, 2, 3)] == [1, 1, 0]
    assert said.index(b"GET /1 ") < said.index(b"GET /2 ") < said.index(b"HTTP/1.1 400 ")


def test_a_refusal_can_be_read_by_who_still_sends() -> None:
    with answering(echo, QUICK) as place, place.raw() as line:
        line.send(b"nonsense\r\n\r\n")
        assert line.until(b"}}").startswith(b"HTTP/1.1 400 ")
        # It would be reset, and this would fail.
        line.send(b"x" * 1000)
        line.send(b"x" * 1000)
        assert line.socket.recv(1) == b""


EXPECT = "expect: 100-Continue"

# -- bounds --------------------------------------------------------------------------------------------


def test_a_head_that_is_too_large_is_refused() -> None:
    long = "x-a: " + "x" * 3000
    with answering(echo, QUICK) as place:
        for sent in (get("/", long), get("/" + "x" * 3000), get("/", long)[:-2], get() + get("/", long)):
            said = place.talk(sent)
            assert b"HTTP/1.1 431 " in said and b'"param":"headers"' in said
        assert b" 431 " in place.talk(get()[:-2], *[b"x-a: " + b"x" * 200 + b"\r\n"] * 10)
        with place.raw() as line:
            # The parser keeps trailers as well.
            line.send(get("/", EXPECT, "transfer-encoding: chunked", method="POST"))
            line.until(b"100 Continue\r\n\r\n")
            line.send(b"0\r\nx-a: " + b"x" * 3000)
            assert line.rest().startswith(b"HTTP/1.1 431 ")


def test_only_the_head_counts_as_head() -> None:
    with answering(echo, Listening(headers=2000, drain=0.2)) as place, place.raw() as line:
        for _ in range(3):
            line.send(post(b"x" * 50_000))
            line.until(b"|" + b"x" * 50_000)
        # Many requests at once are not one large one.
        line.send(get("/a") * 200 + get("/b"))
        assert line.until(b"GET /b ").count(b"GET /a ") == 200


@pytest.mark.parametrize(
    "sent", [b"", get()[:9], get()[:-2], b"\r\n"], ids=["", "begun", "nearly", "empty lines"]
)
def test_a_head_that_does_not_come_is_not_waited_for(sent: bytes) -> None:
    with answering(echo, QUICK) as place, place.raw() as line:
        line.send(sent)
        assert line.rest() == b""


def test_a_head_that_begins_late_has_all_its_time() -> None:
    # Idle for most of what it may be, and then a head in two parts.
    listening = Listening(idle=0.3, patience=5.0, drain=0.2)
    with answering(echo, listening) as place, place.raw() as line:
        line.send(get("/1"))
        line.until(b"|")
        common = place.server._common
        assert common is not None
        (connection,) = common.connections
        assert isinstance(connection, Connection)
        line.send(get("/2")[:10])
        assert until(lambda: connection._head)
        assert connection._until > connection.loop.time() + 1
        line.send(get("/2")[10:])
        assert b"GET /2 " in line.until(b"GET /2 ")


def test_a_second_head_has_its_deadline_too() -> None:
    with answering(echo, QUICK) as place, place.raw() as line:
        line.send(get("/1"))
        line.until(b"|")
        line.send(get("/2")[:-2])
        assert b"GET" not in line.rest()


@pytest.mark.parametrize("before", [b"", b"\r\n\r\n"])
def test_an_idle_connection_ends(before: bytes) -> None:
    with answering(echo, Listening(idle=0.1, drain=0.2)) as place, place.raw() as line:
        line.send(get("/1") + before)
        assert line.rest().count(b"GET /1 ") == 1


def test_a_request_that_takes_longer_than_its_head_may_is_answered() -> None:
    async def handler(call: Call, out: Out) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.3):
                await asyncio.Event().wait()
        await out.whole(200, [], b"ok")

    with answering(handler, QUICK) as place:
        assert place.talk(get("/", "connection: close")).endswith(b"ok")


BODIES: dict[str, tuple[list[bytes], str, bytes]] = {
    "none": ([post(b"")], "", b""),
    "as much as is taken": ([post(b"x" * 10)], "", b"x" * 10),
    "more at once": ([post(b"x" * 11)], "large", b""),
    "as much in chunks": ([CHUNKED, b"5\r\naaaaa\r\n", b"5\r\naaaaa\r\n0\r\n\r\n"], "", b"a" * 10),
    "more in chunks": ([CHUNKED, b"5\r\naaaaa\r\n6\r\naaaaaa\r\n0\r\n\r\n"], "large", b""),
    "more than is waited for": ([CHUNKED, b"14\r\n", b"x" * 20 + b"\r\n5\r\nxxxxx\r\n"], "large", b""),
    "a part, and then nothing": ([post(b"x" * 9)[:-1]], "late", b""),
    "nothing": ([get("/", "content-length: 9")], "late", b""),
}


@pytest.mark.parametrize(("sent", "trouble", "body"), BODIES.values(), ids=BODIES)
def test_a_body_is_bounded_in_size_and_in_time(sent: list[bytes], trouble: str, body: bytes) -> None:
    calls: list[Call] = []

    async def handler(call: Call, out: Out) -> None:
        calls.append(call)
        await out.whole(200, [], b"heard")

    with answering(handler, QUICK) as place, place.raw() as line:
        for data in sent:
            line.send(data)
        said = line.until(b"heard")
        assert (b"connection: close" in said) is (bool(trouble) or sent[0] == CHUNKED)
        assert not trouble or line.rest() == b""
    assert [(call.trouble, call.body) for call in calls] == [(trouble, body)]


def test_of_a_stranger_nothing_is_kept() -> None:
    asked: queue.SimpleQueue[Mapping[str, str]] = queue.SimpleQueue()

    def nobody(headers: Mapping[str, str]) -> bool:
        asked.put(headers)
        return False

    with answering(echo, admit=nobody) as place, place.raw() as line:
        line.send(get("/", "content-length: 4", "x-a: 1", method="POST") + b"ab")
        assert asked.get(timeout=READY)["x-a"] == "1"
        line.send(b"cd")
        assert b" large|" in line.until(b"|")
    assert asked.empty()


def test_who_asks_first_is_told_to_go_on() -> None:
    with answering(echo, QUICK) as place, place.raw() as line:
        line.send(get("/", EXPECT, "content-length: 2", method="POST"))
        assert line.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.send(b"ab")
        assert line.until(b"|ab").startswith(b"HTTP/1.1 200 ")
        # It did not wait, or there is nothing to wait for.
        line.send(post(b"cd", EXPECT))
        assert line.until(b"|cd").startswith(b"HTTP/1.1 200 ")
        line.send(post(b"", EXPECT, path="/e"))
        assert line.until(b"|").startswith(b"HTTP/1.1 200 ")


def test_an_old_caller_does_not_ask_first() -> None:
    with answering(echo, QUICK) as place, place.raw() as line:
        line.send(get("/", EXPECT, "content-length: 2", version="1.0"))
        assert b" late|" in line.rest()


def test_who_asks_first_need_not_send_what_is_not_taken() -> None:
    def nobody(headers: Mapping[str, str]) -> bool:
        return False

    with answering(echo, QUICK) as place:
        said = place.talk(get("/", EXPECT, "content-length: 11"))
        assert b" large|" in said and b"100 Continue" not in said
    with answering(echo, QUICK, admit=nobody) as place:
        for how in ("content-length: 1", "transfer-encoding: chunked"):
            assert b" large|" in place.talk(get("/", EXPECT, how))


# -- one after the other -------------------------------------------------------------------------------


def test_what_is_asked_at_once_is_answered_in_turn() -> None:
    async def handler(call: Call, out: Out) -> None:
        await out.start(200, [])
        await asyncio.sleep(0)
        await out.end(call.path.encode())

    wanted = [f"/{number}".encode() for number in range(50)]
    with answering(handler) as place, place.raw() as line:
        line.send(b"".join(get(path.decode()) for path in wanted))
        said = line.until(b"/49")
        said += line.until(b"0\r\n\r\n") if not said.endswith(b"0\r\n\r\n") else b""
        places = [said.index(b"\r\n" + path + b"\r\n") for path in wanted]
        assert places == sorted(places)


def test_what_comes_during_an_answer_waits_and_is_bounded() -> None:
    gate = Gate()
    with answering(gate) as place, place.raw() as line:
        line.send(get("/1"))
        line.socket.settimeout(0.2)
        # The kernel's buffers take some of it, and then nobody does.
        with pytest.raises(TimeoutError):
            for _ in range(400):
                line.send(b"\r\n" * (HELD // 2))
        line.socket.settimeout(READY)
        gate.open()
        line.until(b"/1")


def test_a_body_behind_an_answer_is_read_when_that_is_over() -> None:
    gate = Gate()
    with answering(gate) as place, place.raw() as line:
        line.send(get("/1") + get("/2", "content-length: 2") + b"a")
        gate.open()
        line.until(b"/1")
        line.send(b"b" + get("/3"))
        gate.open()
        assert line.until(b"/2ab").startswith(b"HTTP/1.1 200 ")
        gate.open()
        assert line.until(b"/3").startswith(b"HTTP/1.1 200 ")


def test_nothing_is_read_behind_the_last_request() -> None:
    with answering(echo) as place:
        for sent in (get("/1", "connection: close"), get("/1", version="1.0"), get("/1", version="2.0")):
            said = place.talk(sent + get("/2"))
            assert said.count(b"HTTP/1.1 ") == 1 and b"GET /1 " in said and b"connection: close" in said


# -- versions, methods, other protocols ----------------------------------------------------------------


async def streaming(call: Call, out: Out) -> None:
    await out.start(200, [("content-type", "text/event-stream")])
    await out.send(b"one ")
    for _ in range(5):
        await asyncio.sleep(0)
    await out.end(b"two")


def test_an_old_caller_gets_no_chunks() -> None:
    with answering(streaming) as place:
        said = place.talk(get(version="1.0"))
        assert said.endswith(b"\r\n\r\none two") and b"chunked" not in said
        assert place.talk(get("/", "connection: close")).endswith(b"4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n")


def test_an_old_caller_sees_that_an_answer_is_cut() -> None:
    async def handler(call: Call, out: Out) -> None:
        await out.start(200, [])
        await out.send(b"some")
        out.cut()

    with answering(handler) as place, place.raw() as line:
        line.send(get(version="1.0"))
        with pytest.raises(ConnectionResetError):
            while line.socket.recv(1 << 16):
                pass
    with answering(handler) as place:
        assert place.talk(get()).endswith(b"4\r\nsome\r\n")


def test_a_head_is_answered_without_a_body() -> None:
    with answering(echo) as place, place.raw() as line:
        line.send(get("/1", method="HEAD") + get("/2"))
        said = line.until(b"GET /2 ")
        assert b"content-length: " in said and b"HEAD /1" not in said


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
def test_an_offer_of_another_protocol_is_not_taken(protocol: str) -> None:
    offer = ("connection: Upgrade, HTTP2-Settings", f"upgrade: {protocol}")
    with answering(echo) as place, place.raw() as line:
        line.send(post(b"ab", *offer, path="/1"))
        assert line.until(b"|ab").startswith(b"HTTP/1.1 200 ")
        # Its body in pieces, and others behind it.
        line.send(get("/2", "content-length: 2", *offer) + b"c")
        line.send(b"d" + get("/3", *offer) + post(b"ef", *offer) + get("/4"))
        said = line.until(b"GET /4 ")
        assert said.index(b"|cd") < said.index(b"GET /3 ") < said.index(b"|ef")


# -- without a socket ----------------------------------------------------------------------------------


class Transport(asyncio.Transport):
    """As much of one as a connection has."""

    def __init__(self, unread: int = 0) -> None:
        super().__init__()
        self.unread = unread
        self.done = ""
        self.sent = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += data

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert high == HELD

    def get_write_buffer_size(self) -> int:
        return self.unread

    def can_write_eof(self) -> bool:
        return False

    def is_closing(self) -> bool:
        return bool(self.done)

    def abort(self) -> None:
        self.done = "aborted"

    def close(self) -> None:
        self.done = "closed"


def connected(handler: Handler, transport: Transport, listening: Listening | None = None) -> Connection:
    made = Connection(Common(handler, listening or Listening()))
    made.connection_made(transport)
    return made


@pytest.mark.parametrize(("unread", "done"), [(0, "closed"), (9, "aborted")])
def test_an_idle_connection_ends_in_order_if_all_was_read(unread: int, done: str) -> None:
    async def main() -> str:
        transport = Transport(unread)
        line = connected(echo, transport, Listening(idle=-1))
        line.data_received(get())
        for _ in range(3):
            await asyncio.sleep(0)
        assert transport.sent.startswith(b"HTTP/1.1 200 ")
        line._on_timer()
        return transport.done

    assert asyncio.run(main()) == done


def test_a_caller_that_is_gone_before_the_handler_has_begun() -> None:
    async def handler(call: Call, out: Out) -> None:
        raise AssertionError("nobody is there")

    async def main() -> None:
        line = connected(handler, Transport())
        line.data_received(get())
        (answer,) = line._common.running
        line.connection_lost(None)
        assert answer.gone and answer.task is not None
        await answer.task
        assert not line._common.running and not line._common.connections

    asyncio.run(main())


def test_a_connection_that_broke_is_not_written_to() -> None:
    async def main() -> None:
        transport = Transport()
        line = connected(echo, transport)
        # What is behind it would be told to go on.
        line.data_received(get("/1") + get("/2", EXPECT, "content-length: 1"))
        transport.done = "broken"
        for _ in range(3):
            await asyncio.sleep(0)
        assert line._answer is None
        assert transport.sent == b""
        line.connection_lost(None)

    asyncio.run(main())


def test_a_bug_of_ours_does_not_look_like_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        line = connected(echo, Transport())
        monkeypatch.setattr("moonwire.gateway.connection._split", None)
        with pytest.raises(Exception, match="callback"):
            line.data_received(get())

    asyncio.run(main())


def test_nothing_is_left_for_the_collector() -> None:
    async def main() -> list[object]:
        transport = Transport()
        line = connected(echo, transport)
        gc.collect()
        gc.disable()
        for _ in range(3):
            line.data_received(post(b"abc"))
            for _ in range(5):
                await asyncio.sleep(0)
        assert transport.sent.count(b"|abc") == 3
        line.connection_lost(None)
        return [one for one in gc.get_objects() if isinstance(one, Answer | Call)]

    try:
        assert asyncio.run(main()) == []
    finally:
        gc.enable()
