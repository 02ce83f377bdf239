"""How an answer is written: heads, framing, few writes, and what becomes of callers that do not read."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from moonwire.gateway.answer import FAILED, HELD, NAMES, NAMES_KEPT, PIECE, Answer
from moonwire.gateway.http import StuckCaller


class Wire:
    """A connection and its transport: what was written, and how it ended."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.room: asyncio.Event | None = None
        self.deadline = 0.05
        self.sent: list[bytes] = []
        self.done = ""
        self.closing = False
        self.stuck_after = 99

    @property
    def transport(self) -> "Wire":
        return self

    def write(self, data: bytes) -> None:
        self.sent.append(data)
        if len(self.sent) >= self.stuck_after:
            self.room = asyncio.Event()

    def is_closing(self) -> bool:
        return self.closing

    def date(self) -> str:
        return "date: now\r\n"

    def over(self, answer: Answer) -> None:
        self.done += "over"

    def broken(self, answer: Answer, *, reset: bool) -> None:
        self.done += "reset" if reset else "closed"

    def stuck(self, answer: Answer) -> None:
        self.done += "aborted"

    @property
    def data(self) -> bytes:
        return b"".join(self.sent)


def run(
    handler: Callable[[Wire, Answer], Awaitable[None]],
    *,
    bodiless: bool = False,
    old: bool = False,
    close: bool = False,
) -> Wire:
    async def main() -> Wire:
        wire = Wire()
        # As much of a transport as an answer uses.
        answer = Answer(wire, bodiless=bodiless, old=old, close=close)  # pyright: ignore[reportArgumentType] -- see above
        await handler(wire, answer)
        await rounds(2)
        return wire

    return asyncio.run(main())


async def rounds(count: int) -> None:
    """So many rounds of the event loop."""
    for _ in range(count):
        await asyncio.sleep(0)


HEAD = b"HTTP/1.1 200 OK\r\ndate: now\r\n"


def test_a_whole_answer_is_one_write() -> None:
    async def handler(wire: Wire, out: Answer) -> None:
        out.also.append(("x-b", "3"))
        await out.whole(200, [("x-c", "4")], b"abc")
        assert out.started and out.ended and not out.gone

    wire = run(handler)
    assert wire.sent == [HEAD + b"content-length: 3\r\nx-c: 4\r\nx-b: 3\r\n\r\nabc"]
    assert wire.done == "over"


def test_a_short_stream_is_one_write_and_one_chunk() -> None:
    async def handler(wire: Wire, out: Answer) -> None:
        await out.start(200, [("content-type", "text/event-stream")])
        await out.send(b"ab")
        await out.send(b"")
        await out.send(b"c")
        await out.end(b"d")

    head = HEAD + b"content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    assert run(handler).sent == [head + b"4\r\nabcd\r\n0\r\n\r\n"]


def test_what_is_written_in_one_round_leaves_in_the_next() -> None:
    async def handler(wire: Wire, out: Answer) -> None:
        await out.start(200, [])
        await rounds(2)
        assert len(wire.sent) == 1 and wire.sent[0].endswith(b"chunked\r\n\r\n")
        await out.send(b"a")
        await out.send(b"b")
        assert len(wire.sent) == 1
        await rounds(2)
        assert wire.sent[1:] == [b"2\r\nab\r\n"]
        await out.send(b"x" * HELD)
        await out.send(b"y")
        # That is too much to hold.
        assert wire.sent[2:] == [b"10001\r\n" + b"x" * HELD + b"y\r\n"]
        await out.end()

    assert run(handler).sent[3:] == [b"0\r\n\r\n"]


FRAMES: list[tuple[int, list[tuple[str, str]], bool, bool, bytes, bytes]] = [
    # Status, headers, whether the body is left out, an old caller; what is there, and what is not.
    (200, [], True, False, b"", b"chunked"),
    (204, [], False, False, b"", b"chunked"),
    (304, [("etag", "1")], False, False, b"etag: 1", b"chunked"),
    (200, [("content-length", "3")], False, False, b"content-length: 3", b"chunked"),
    (200, [("content-length", "3")], True, False, b"content-length: 3", b"chunked"),
    (200, [], False, True, b"connection: close", b"chunked"),
    (200, [("connection", "close")], False, True, b"connection: close", b"close\r\nconnection"),
    (299, [], False, False, b"HTTP/1.1 299 \r\n", b"connection"),
]


@pytest.mark.parametrize(("status", "headers", "bodiless", "old", "there", "missing"), FRAMES)
def test_the_head_says_how_the_body_is_framed(
    status: int, headers: list[tuple[str, str]], bodiless: bool, old: bool, there: bytes, missing: bytes
) -> None:
    async def handler(wire: Wire, out: Answer) -> None:
        await out.start(status, headers)
        await out.send(b"ab")
        await out.end(b"c")

    head, _, body = run(handler, bodiless=bodiless, old=old).data.partition(b"\r\n\r\n")
    assert there in head and missing not in head
    assert body == (
        b"" if bodiless or status in (204, 304) else b"3\r\nabc\r\n0\r\n\r\n" if status == 299 else b"abc"
    )


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_has_no_body_has_no_length(status: int) -> None:
    async def handler(wire: Wire, out: Answer) -> None:
        await out.whole(status, [], b"")

    assert b"content-length" not in run(handler).data


def test_the_last_answer_says_so() -> None:
    async def handler(wire: Wire, out: Answer) -> None:
        await out.whole(200, [], b"")
        assert out.close

    assert b"connection: close\r\n" in run(handler, close=True).data

    async def itself(wire: Wire, out: Answer) -> None:
        await out.whole(200, [("connection", "Close")], b"")
        assert out.close

    assert run(itself).data.count(b"connection: ") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("x-a", "b\r\nx-evil: 1"), ("x-a", "b\nc"), ("x-a", "\0"), ("x a", "b"), ("X-A", "b"), ("", "b")],
)
def test_no_header_splits_the_head(name: str, value: str) -> None:
    async def handler(wire: Wire, out: Answer) -> None:
        with pytest.raises(ValueError, match="header"):
            await out.whole(200, [(name, value)], b"")
        assert not out.started
        out.also.append((name, value))
        await out.fail()

    wire = run(handler)
    assert wire.data.startswith(b"HTTP/1.1 500 ") and wire.data.endswith(
        b"connection: close\r\n\r\n" + FAILED
    )
    assert b"evil" not in wire.data


def test_a_value_may_hold_what_latin_1_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moonwire.gateway.answer.NAMES", names := set(NAMES))
    names |= {f"x-{number}" for number in range(NAMES_KEPT)}

    async def handler(wire: Wire, out: Answer) -> None:
        await out.whole(200, [("x-new", "caf\xe9\t\xa0"), ("x-kanji", "月")], b"")

    assert b"x-new: caf\xe9\t\xa0\r\nx-kanji: ?\r\n" in run(handler).data
    # There are enough already.
    assert "x-new" not in names


@pytest.mark.parametrize(
    ("pieces", "why"), [((b"abcd",), "longer"), ((b"a", b"bcd"), "longer"), ((b"a",), "shorter")]
)
def test_an_answer_keeps_to_its_length(pieces: tuple[bytes, ...], why: str) -> None:
    async def handler(wire: Wire, out: Answer) -> None:
        await out.start(200, [("content-length", "3")])
        with pytest.raises(RuntimeError, match=why):
            for piece in pieces:
                await out.send(piece)
            await out.end()

    wire = run(handler)
    assert wire.done == "closed"
    assert len(wire.data.partition(b"\r\n\r\n")[2]) < 3


def test_pieces_have_their_place() -> None:
    async def handler(wire: Wire, out: Answer) -> None:
        for wrong in (out.send(b"x"), out.end()):
            with pytest.raises(RuntimeError, match="before its head"):
                await wrong
        await out.whole(200, [], b"a")
        for wrong in (out.send(b"x"), out.end(), out.whole(200, [], b"")):
            with pytest.raises(RuntimeError, match="answer"):
                await wrong

    assert run(handler).data.endswith(b"\r\n\r\na")


@pytest.mark.parametrize("stuck", [0, 1, 2])
def test_a_caller_that_does_not_read_is_cut_off(stuck: int) -> None:
    async def handler(wire: Wire, out: Answer) -> None:
        wire.stuck_after = stuck
        if not stuck:
            wire.room = asyncio.Event()
        with pytest.raises(StuckCaller, match=r"has not read for 0\.05 seconds"):
            await out.start(200, [])
            await rounds(2)
            await out.send(b"x")
            await rounds(2)
            await out.end()
        # Whoever comes later is not told once more.
        await out.send(b"x")
        await out.whole(500, [], b"")

    wire = run(handler)
    assert (wire.done, len(wire.sent)) == ("aborted", stuck)


def test_a_caller_that_reads_again_is_waited_for() -> None:
    async def handler(wire: Wire, out: Answer) -> None:
        wire.deadline = 20
        room = wire.room = asyncio.Event()
        wire.loop.call_soon(room.set)
        await out.start(200, [])
        wire.room = None
        await out.end(b"x")

    assert run(handler).data.endswith(b"1\r\nx\r\n0\r\n\r\n")


def test_a_large_answer_waits_for_its_reader() -> None:
    body = bytes(range(256)) * (3 * PIECE // 256)

    async def handler(wire: Wire, out: Answer) -> None:
        await out.whole(200, [], body)

    wire = run(handler)
    assert wire.data.partition(b"\r\n\r\n")[2] == body
    assert max(map(len, wire.sent)) <= 2 * PIECE + 200


@pytest.mark.parametrize(("old", "done"), [(False, "closed"), (True, "reset")])
def test_a_cut_is_no_end(old: bool, done: str) -> None:
    async def handler(wire: Wire, out: Answer) -> None:
        await out.start(200, [])
        await out.send(b"some")
        out.cut()
        out.cut()
        await out.send(b"more")
        await out.start(200, [])
        await out.end()
        await out.fail()

    wire = run(handler, old=old)
    # Without chunks only a reset can tell.
    assert wire.done == done
    assert wire.data.endswith(b"some" if old else b"4\r\nsome\r\n")


def test_a_failure_is_told_as_long_as_nothing_else_was() -> None:
    async def begun(wire: Wire, out: Answer) -> None:
        await out.start(200, [])
        await out.fail()

    wire = run(begun)
    assert wire.done == "closed" and FAILED not in wire.data

    async def ended(wire: Wire, out: Answer) -> None:
        await out.whole(200, [], b"a")
        await out.fail()

    assert run(ended).done == "over"


def test_nothing_is_written_to_who_is_gone() -> None:
    async def handler(wire: Wire, out: Answer) -> None:
        await out.start(200, [])
        wire.closing = True
        out.left()
        assert out.gone and not out.unanswered
        await out.send(b"a")
        await out.end()
        await out.whole(200, [], b"")

    assert run(handler).sent == []
