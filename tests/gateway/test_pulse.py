"""Comments while nothing is said, and a status when that has lasted."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from moonwire.gateway.http import StuckCaller
from moonwire.gateway.pulse import Late, Pulse


class Told:
    """As much of an answer as a pulse sees."""

    def __init__(self, *, stuck: bool = False) -> None:
        self.started = self.ended = self.gone = False
        self.also: list[tuple[str, str]] = []
        self.sent: asyncio.Queue[bytes] = asyncio.Queue()
        self.stuck = stuck

    async def start(self, status: int, headers: list[tuple[str, str]]) -> None: ...

    async def send(self, data: bytes) -> None:
        self.sent.put_nowait(data)
        if self.stuck:
            raise StuckCaller("the caller has not read")

    async def end(self, data: bytes = b"") -> None: ...

    async def whole(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...

    def cut(self) -> None: ...


def run(main: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(10):
            await main()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(bounded())


@pytest.mark.parametrize("stuck", [False, True])
def test_silence_is_filled_again_and_again(stuck: bool) -> None:
    async def main() -> None:
        out = Told(stuck=stuck)
        pulse = Pulse(out, b": x", 0.005)
        pulse.begin()
        assert [await out.sent.get() for _ in range(3)] == [b": x"] * 3
        pulse.end()
        for _ in range(5):
            await asyncio.sleep(0)
        assert out.sent.empty()

    run(main)


def test_what_is_said_is_no_silence() -> None:
    async def main() -> None:
        out = Told()
        loop = asyncio.get_running_loop()
        pulse = Pulse(out, b": x", 0.05)
        begun = loop.time()
        pulse.begin()
        while loop.time() - begun < 0.1:
            pulse.beat()
            await asyncio.sleep(0)
        assert out.sent.empty()
        beaten = loop.time()
        await out.sent.get()
        assert loop.time() - beaten > 0.03
        pulse.end()

    run(main)


@pytest.mark.parametrize(("comment", "interval"), [(b": x", 0.0), (b"", 0.001)])
def test_without_comments_there_is_no_timer(comment: bytes, interval: float) -> None:
    async def main() -> None:
        pulse = Pulse(Told(), comment, interval)
        pulse.begin()
        assert pulse._handle is None
        pulse.end()

    run(main)


def test_late_is_when_the_time_is_over() -> None:
    async def main() -> None:
        said: asyncio.Queue[str] = asyncio.Queue()

        async def commit() -> None:
            await asyncio.sleep(0)
            said.put_nowait("late")
            raise StuckCaller("the caller has not read")

        early = Late(10, commit)
        await early.end()
        late = Late(0.001, commit)
        assert await said.get() == "late"
        await late.end()
        assert said.empty()

    run(main)
