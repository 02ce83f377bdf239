"""How a handler is run, and the clock of a server."""

import asyncio
import queue

import pytest

from moonwire.gateway.common import Common, Listening
from moonwire.gateway.http import Call, Out
from tests.gateway.answering import answering, echo, get
from tests.gateway.running import READY


def test_a_handler_may_go_on_behind_its_answer() -> None:
    done: queue.SimpleQueue[str] = queue.SimpleQueue()

    async def handler(call: Call, out: Out) -> None:
        await out.start(200, [])
        await out.end(b"ok")
        for _ in range(10):
            await asyncio.sleep(0)
        done.put("kept books")

    with answering(handler) as place:
        with place.raw() as line:
            line.send(get())
            line.until(b"ok")
        assert done.get(timeout=READY) == "kept books"


def test_a_handler_that_is_cancelled_cuts_its_answer() -> None:
    async def handler(call: Call, out: Out) -> None:
        await out.start(200, [])
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    with answering(handler) as place:
        assert place.talk(get()).endswith(b"chunked\r\n\r\n")


async def broken(call: Call, out: Out) -> None:
    if call.path == "/begun":
        await out.start(200, [])
    if call.path == "/ended":
        await out.whole(200, [], b"ok")
    if call.path != "/silent":
        raise KeyError("a bug, and sk-1 was not its cause")


@pytest.mark.parametrize("path", ["/new", "/begun", "/ended", "/silent"])
def test_a_handler_that_fails_is_told_of_and_logged(path: str, caplog: pytest.LogCaptureFixture) -> None:
    with answering(broken) as place, place.raw() as line:
        line.send(get(path, "authorization: Bearer sk-2"))
        if path == "/ended":
            line.until(b"ok")
        else:
            said = line.rest()
            told = said.startswith(b"HTTP/1.1 500 ") and b'"type":"server_error"' in said
            assert told is (path != "/begun") and not said.endswith(b"0\r\n\r\n")
            assert b"sk-" not in said
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("moonwire.gateway", "ERROR")
    assert record.exc_info is not None
    assert "sk-2" not in caplog.text and path not in record.getMessage()


def test_the_date_is_made_once_a_second() -> None:
    async def main() -> None:
        common = Common(echo, Listening())
        first = common.date()
        assert first.startswith("date: ") and first.endswith(" GMT\r\n")
        assert common.date() is first
        common._stale = 0
        assert common.date() is not first

    asyncio.run(main())
