"""An answer as it comes: its events, what they come to, and every way to end it."""

import asyncio
import gc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from moonwire.client import BrokenOff, Completion, Kimi, WrongForm
from moonwire.core.errors import Auth, LocalProtocolError
from moonwire.core.events import CallStart, Event, Finish, Reasoning, Text, Usage
from moonwire.simulator import Server
from tests.client.asked import ONCE, WEATHER, asks
from tests.exchange.upstreams import HEAD, WELL, Say, Scripted, delta, event, refusal, then_hang, then_reset
from tests.transport.peers import run, serve

HALF = HEAD + delta(reasoning_content="hm") + delta(content="hel")


class City(msgspec.Struct):
    name: str


@asynccontextmanager
async def talking(*says: Say, **more: Any) -> AsyncGenerator[tuple[Kimi, Scripted]]:
    scripted = Scripted(*says)
    async with serve(scripted.run) as server, asks(server.url, **more) as kimi:
        yield kimi, scripted


def test_events_then_what_they_come_to(strict: Server) -> None:
    async def main() -> None:
        async with asks(strict.base_url) as kimi:
            stream = kimi.stream("How is the weather in Paris?", tools=[WEATHER])
            events = [event async for event in stream]
            done = stream.completion
            assert done.reasoning == "".join(one.text for one in events if isinstance(one, Reasoning))
            assert [one.name for one in events if isinstance(one, CallStart)] == ["get_weather"]
            assert [call.arguments for call in done.calls] == ['{"city":"Paris"}']
            assert done.finish == "tool_calls" and isinstance(events[-1], Usage | Finish)
            assert done.usage.output > 0 and done.trace_id
            whole = await kimi.generate("How is the weather in Paris?", tools=[WEATHER])
            assert whole.reply.blocks == done.reply.blocks

    run(main)


def test_the_text_alone(strict: Server) -> None:
    async def main() -> None:
        async with asks(strict.base_url) as kimi:
            stream = kimi.stream("Write 40 words.")
            texts = [text async for text in stream.texts()]
            assert "".join(texts) == stream.completion.text and len(texts) > 4

    run(main)


def test_all_at_once(strict: Server) -> None:
    async def main() -> None:
        async with asks(strict.base_url) as kimi:
            stream = kimi.stream('Say "OK".')
            done = await stream.finished()
            assert done.text == "OK" and await stream.finished() is done is stream.completion

    run(main)


def test_the_rest_after_a_part() -> None:
    async def main() -> None:
        async with talking(WELL) as (kimi, _), kimi.stream("hi") as stream:
            async for one in stream:
                if isinstance(one, Text):
                    break
            assert stream.completion.text == "hello" and stream.completion.finish == "unknown"
            assert (await stream.finished()).finish == "stop"

    run(main)


def test_it_is_read_once() -> None:
    async def main() -> None:
        async with talking(WELL) as (kimi, scripted):
            stream = kimi.stream("hi")
            await stream.finished()
            with pytest.raises(
                LocalProtocolError, match=r"^stream: a stream is read once \(call stream\(\) again"
            ):
                aiter(stream)
            assert len(scripted.bodies) == 1

    run(main)


def test_nothing_is_sent_before_it_is_read() -> None:
    async def main() -> None:
        async with talking(WELL) as (kimi, scripted):
            async with kimi.stream("hi") as stream:
                with pytest.raises(LocalProtocolError, match=r"^stream: the stream has not begun \(iterate"):
                    assert stream.completion
            assert scripted.bodies == []

    run(main)


# -- endings -----------------------------------------------------------------------------------------


async def closes(stream: Any, events: Any) -> None:
    await stream.aclose()


async def leaves(stream: Any, events: Any) -> None:
    async with stream:
        pass


async def is_cancelled(stream: Any, events: Any) -> None:
    task = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def is_forgotten(stream: Any, events: Any) -> None:
    """The caller has neither of the two any more; the loop is told by the interpreter."""


@pytest.mark.parametrize("ends", [closes, leaves, is_cancelled, is_forgotten])
def test_the_upstream_is_closed_at_once(ends: Any) -> None:
    async def main() -> None:
        gone = asyncio.Event()
        async with talking(then_hang(HALF, gone.set)) as (kimi, _):

            async def begun() -> None:
                stream = kimi.stream("hi")
                events = aiter(stream)
                assert isinstance(await until_text(events), Text)
                await ends(stream, events)

            await begun()
            gc.collect()
            await asyncio.wait_for(gone.wait(), 5)

    run(main)


async def until_text(events: Any) -> Event:
    while True:
        one = await anext(events)
        if isinstance(one, Text):
            return one


def test_it_is_cancelled_before_the_first_byte() -> None:
    async def main() -> None:
        gone, there = asyncio.Event(), asyncio.Event()

        async def silent(peer: Any) -> None:
            there.set()
            await peer.gone()
            gone.set()

        async with talking(silent) as (kimi, _):
            task = asyncio.ensure_future(kimi.stream("hi").finished())
            await there.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(gone.wait(), 5)

    run(main)


async def reads(stream: Any, seen: list[Event], begun: asyncio.Event) -> None:
    async for one in stream:
        seen.append(one)
        if isinstance(one, Text):
            begun.set()


def test_another_task_closes_it_in_the_middle() -> None:
    """A button that says stop: the reader is told, and has what came."""

    async def main() -> None:
        gone, begun = asyncio.Event(), asyncio.Event()
        async with talking(then_hang(HALF, gone.set)) as (kimi, _):
            stream, seen = kimi.stream("hi"), list[Event]()
            reader = asyncio.ensure_future(reads(stream, seen, begun))
            await begun.wait()
            await stream.aclose()
            with pytest.raises(BrokenOff) as raised:
                await reader
            assert raised.value.completion.text == stream.completion.text == "hel"
            await asyncio.wait_for(gone.wait(), 5)
            await stream.aclose()

    run(main)


def test_another_task_closes_it_before_the_first_byte() -> None:
    async def main() -> None:
        gone, there = asyncio.Event(), asyncio.Event()

        async def silent(peer: Any) -> None:
            there.set()
            await peer.gone()
            gone.set()

        async with talking(silent) as (kimi, _):
            stream = kimi.stream("hi")
            reader = asyncio.ensure_future(stream.finished())
            await there.wait()
            await stream.aclose()
            with pytest.raises(LocalProtocolError, match=r"^stream: the stream was closed \(call stream"):
                await reader
            await asyncio.wait_for(gone.wait(), 5)

    run(main)


# what breaks it off
BREAKS: dict[str, Say] = {
    "the connection is lost": then_reset(HALF),
    "an error within": HALF + event({"error": {"message": "broken", "type": "server_error"}}),
}


@pytest.mark.parametrize("say", BREAKS.values(), ids=BREAKS)
def test_what_came_is_there_when_it_breaks_off(say: Say) -> None:
    async def main() -> None:
        async with talking(say, options=ONCE) as (kimi, scripted):
            stream = kimi.stream("hi")
            seen: list[Event] = []
            with pytest.raises(BrokenOff) as raised:
                async for one in stream:
                    seen.append(one)
            done = raised.value.completion
            assert [one.text for one in seen if isinstance(one, Text)] == ["hel"]
            assert (done.text, done.reasoning) == ("hel", "hm") and done is stream.completion
            assert done.reply.error is not None and raised.value.remedy.startswith("what arrived")
            # It is the caller's to ask again: it has seen a part.
            assert len(scripted.bodies) == 1

    run(main)


def test_what_is_refused_is_raised_before_any_event() -> None:
    async def main() -> None:
        async with talking(refusal(401, "Invalid Authentication")) as (kimi, _):
            stream = kimi.stream("hi")
            with pytest.raises(Auth):
                await stream.finished()
            with pytest.raises(LocalProtocolError, match="has not begun"):
                assert stream.completion

    run(main)


# the text of an answer, the value
VALUES: dict[str, tuple[str, Any]] = {"right": ('{"name": "Oslo"}', City("Oslo")), "wrong": ("Oslo", None)}


@pytest.mark.parametrize(("text", "value"), VALUES.values(), ids=VALUES)
def test_a_stream_of_a_type(text: str, value: Any) -> None:
    async def main() -> None:
        async with talking(HEAD + delta(content=text) + WELL.removeprefix(HEAD + delta(content="hello"))) as (
            kimi,
            _,
        ):
            stream = kimi.stream("Where?", response_format=City)
            if value is None:
                with pytest.raises(WrongForm) as raised:
                    await stream.finished()
                assert raised.value.completion is stream.completion
            else:
                assert (await stream.finished()).value == value
            done: Completion[Any] = stream.completion
            assert (done.text, done.value) == (text, value)

    run(main)
