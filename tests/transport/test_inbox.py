"""The inbox: one reader, woken once, and nothing lost between waking and taking."""

import asyncio
import math

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.transport import Timeouts
from moonwire.transport.inbox import Inbox
from tests.transport.peers import run


class Line:
    """Counts what the connection would be told."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox, self.calls = inbox, list[str]()
        inbox.line = self

    def awaited(self) -> None:
        self.calls.append("awaited")

    def resume(self) -> None:
        self.calls.append("resume")

    def abandon(self) -> None:
        self.calls.append("abandon")
        self.inbox.close()


def made() -> tuple[Inbox, Line]:
    inbox = Inbox(asyncio.get_running_loop(), "http://a", Timeouts(), math.inf)
    return inbox, Line(inbox)


def test_what_was_put_down_is_taken_as_one_piece() -> None:
    async def main() -> None:
        inbox, line = made()
        inbox.pieces += [b"a", b"b"]
        inbox.size = 2
        assert (inbox.take(), inbox.size, inbox.pieces, line.calls) == (b"ab", 0, [], ["resume"])

    run(main)


def test_a_second_reader_is_refused_and_the_first_reads_on() -> None:
    async def main() -> None:
        inbox, _ = made()
        first = asyncio.ensure_future(inbox.wait(1))
        await asyncio.sleep(0)
        with pytest.raises(LocalProtocolError, match="two tasks"):
            await inbox.wait(1)
        inbox.wake()
        inbox.wake()
        await first
        assert inbox.waiter is None

    run(main)


def test_a_cancelled_wait_gives_the_rest_up() -> None:
    async def main() -> None:
        inbox, line = made()
        waiting = asyncio.ensure_future(inbox.wait(1))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert (line.calls, inbox.abandoned, inbox.line) == (["awaited", "abandon"], True, None)
        await inbox.wait(1)  # nothing more can come: no waiting

    run(main)
