"""Callers who leave, and callers who do not read, at the gateway's own server."""

import asyncio
import contextlib
import queue
import socket

import pytest

from moonwire.gateway.common import Listening
from moonwire.gateway.http import Call, Out, StuckCaller
from tests.gateway.answering import Gate, answering, get, post
from tests.gateway.running import READY

QUICK = Listening(drain=0.2, deadline=0.1)


@pytest.mark.parametrize("begin", [False, True])
def test_a_caller_that_leaves_ends_the_handler(begin: bool) -> None:
    gate = Gate(begin=begin)
    with answering(gate) as place:
        with place.raw() as line:
            # What is read ahead does not hide it.
            line.send(get("/1") + b"\r\n" + get("/2"))
            gate.waiting.get(timeout=READY)
        assert gate.ended.get(timeout=READY)
        with place.raw() as line:
            line.send(get("/1"))
            gate.waiting.get(timeout=READY)
            line.socket.shutdown(socket.SHUT_WR)
            assert gate.ended.get(timeout=READY)


def test_a_caller_that_leaves_before_its_body_is_there_is_not_answered() -> None:
    calls: list[Call] = []

    async def handler(call: Call, out: Out) -> None:
        calls.append(call)
        await out.whole(200, [], b"ok")

    with answering(handler) as place:
        for sent in (post(b"abc", path="/1")[:-1], get("/1")[:9]):
            with place.raw() as line:
                line.send(sent)
        assert place.talk(get("/2", "connection: close")).endswith(b"ok")
    assert [call.path for call in calls] == ["/2"]


def test_a_caller_that_does_not_read_is_cut_off(caplog: pytest.LogCaptureFixture) -> None:
    ended: queue.SimpleQueue[tuple[int, bool]] = queue.SimpleQueue()

    async def handler(call: Call, out: Out) -> None:
        sent = 0
        await out.start(200, [])
        try:
            while True:
                await out.send(b"x" * 10_000)
                sent += 10_000
        except StuckCaller:
            # It has time to say so.
            for _ in range(10):
                await asyncio.sleep(0)
            ended.put((sent, out.gone))
            raise

    with answering(handler, QUICK) as place, place.raw(receive=4096) as line:
        line.send(get())
        sent, gone = ended.get(timeout=READY)
        # The kernel takes some megabytes at most, and this nearly nothing.
        assert sent < 20_000_000 and not gone
    assert not caplog.records


def test_a_handler_hears_of_a_stuck_caller_also_where_another_task_found_it() -> None:
    ended: queue.SimpleQueue[tuple[bool, bool]] = queue.SimpleQueue()

    async def handler(call: Call, out: Out) -> None:
        async def comment() -> None:
            with contextlib.suppress(StuckCaller):
                while True:
                    await out.send(b"x" * 10_000)

        await out.start(200, [])
        beside = asyncio.ensure_future(comment())
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            # It may be told while the other is about to end.
            await asyncio.wait([beside])
            ended.put((out.gone, beside.done()))
            raise

    with answering(handler, QUICK) as place, place.raw(receive=4096) as line:
        line.send(get())
        assert ended.get(timeout=READY) == (True, True)


def test_a_caller_that_reads_slowly_gets_it_all() -> None:
    # More than the kernel takes.
    body = bytes(range(256)) * 80_000

    async def handler(call: Call, out: Out) -> None:
        await out.whole(200, [], body)

    with answering(handler) as place, place.raw() as line:
        line.send(get("/", "connection: close"))
        said = line.until(b"\r\n\r\n")
        while piece := line.socket.recv(1 << 20):
            said += piece
        assert said.endswith(body)


def test_who_does_not_read_its_last_answer_is_not_waited_for() -> None:
    async def handler(call: Call, out: Out) -> None:
        await out.whole(200, [], b"x" * 60_000)

    listening = Listening(idle=0.1, patience=0.1, deadline=0.1, drain=60)
    for how in ("connection: close", "connection: keep-alive"):
        with answering(handler, listening) as place:
            line = place.raw(receive=4096)
            # So much that the kernel does not take it all.
            line.send(get() * 200 + get("/", how))
            line.until(b"HTTP/1.1 200 ")
        with line:
            assert line.rest().count(b"HTTP/1.1 ") < 200
