"""One answer on its way: batch by batch, remembered before its end is seen, closed when the caller leaves."""

import asyncio
import gc
import weakref

import pytest

from moonwire.core.catalogue import resolve
from moonwire.core.events import CallStart, Event, Finish, Noted, Reasoning, Start, Text, UpstreamError
from moonwire.core.messages import Reply
from moonwire.core.notes import Note
from moonwire.core.plan import Plan, plan
from moonwire.core.restore import Restoration, Restore
from moonwire.exchange.answer import Answer, Begun, Resume, Stream, says_something
from moonwire.exchange.ring import Lease, Ring
from tests.exchange.upstreams import (
    WELL,
    Clock,
    Scripted,
    asked,
    body,
    events_of,
    quick,
    running,
    upstream,
)
from tests.transport.peers import run, serve

ERROR = UpstreamError("gone", code="stream_broken")
PLANNED = plan(body("hi"), resolve("kimi-k2.6", "platform"))


class Source:
    """A stream of batches that is already there, and whether it and its response were closed."""

    def __init__(self, *batches: list[Event]) -> None:
        self.batches = batches
        self.closed = False
        self.abandoned = False

    async def stream(self) -> Stream:
        try:
            for batch in self.batches:
                await asyncio.sleep(0)
                yield batch
        finally:
            self.closed = True

    async def aclose(self) -> None:
        self.abandoned = True

    def begun(self, *first: list[Event]) -> Begun:
        return Begun(first=list(first), stream=self.stream(), response=self)  # pyright: ignore[reportArgumentType] -- of a response only its end is needed


class Told:
    """What the answer told of its end."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []

    def __call__(self, plan: Plan, reply: Reply) -> None:
        assert plan is PLANNED
        self.replies.append(reply)


async def lease() -> tuple[Ring, Lease]:
    keys = Ring(("k",), concurrency=1, rpm=0, now=Clock())
    return keys, await keys.take(None, 0)


async def answer_of(
    begun: Begun, told: Told | None = None, resume: Resume | None = None
) -> tuple[Answer, Ring]:
    keys, held = await lease()
    restore = Restore(Restoration())
    return Answer(PLANNED, "up", begun, held, restore, over=told or Told(), resume=resume), keys


async def is_free(keys: Ring) -> bool:
    (await keys.take(None, 0)).release()
    return True


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ([Start("a")], False),
        ([Reasoning("")], False),
        ([Noted(Note(code="x", reason="y"))], False),
        ([Finish("stop")], False),
        ([Start("a"), Reasoning("Hm.")], True),
        ([Text("a")], True),
        ([CallStart(0, "a", "f")], True),
        ([], False),
    ],
)
def test_what_a_caller_would_see(events: list[Event], says: bool) -> None:
    assert says_something(events) is says


def test_batches_come_one_by_one_and_the_reply_with_the_last() -> None:
    async def main() -> None:
        source, told = Source([Text("lo")], [Finish("stop")]), Told()
        answer, keys = await answer_of(source.begun([Start("a")], [Text("hel")]), told)
        seen: list[Event] = []
        async for batch in answer:
            # Remembered before the caller has the last event.
            assert bool(told.replies) is any(isinstance(one, Finish) for one in batch)
            seen += batch
        assert seen == [Start("a"), Text("hel"), Text("lo"), Finish("stop")]
        assert answer.reply is not None and answer.reply.text == "hello"
        assert told.replies == [answer.reply]
        assert source.closed and await is_free(keys)
        assert (answer.upstream, answer.target, answer.usage) == ("up", PLANNED.target, None)

    run(main)


def test_notes_are_the_plans_and_the_answers() -> None:
    async def main() -> None:
        note = Note(code="x", reason="y")
        answer, _ = await answer_of(Source([Noted(note), Finish("stop")]).begun())
        assert answer.notes == list(PLANNED.notes) != []
        await answer.gather()
        assert answer.notes == [*PLANNED.notes, note]

    run(main)


@pytest.mark.parametrize("read", [0, 1, 2])
def test_a_caller_that_leaves_closes_everything(read: int) -> None:
    async def main() -> None:
        source, told = Source([Text("a")], [Text("b")], [Finish("stop")]), Told()
        answer, keys = await answer_of(source.begun([Start("x")]), told)
        for _ in range(read):
            await anext(answer)
        await answer.aclose()
        await answer.aclose()
        assert await is_free(keys)
        assert source.closed or read < 2
        assert [batch async for batch in answer] == []
        assert told.replies == [] and answer.reply is None

    run(main)


def test_cancelling_the_reader_closes_everything() -> None:
    async def main() -> None:
        never = asyncio.Event()
        closed: list[bool] = []

        async def stream() -> Stream:
            try:
                await never.wait()
                yield []
            finally:
                closed.append(True)

        source = Source()
        begun = Begun(first=[], stream=stream(), response=source)  # pyright: ignore[reportArgumentType] -- only its end is needed
        answer, keys = await answer_of(begun)
        reading = asyncio.create_task(answer.gather())
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert closed and await is_free(keys)

    run(main)


def test_another_task_can_close_it_while_it_is_read() -> None:
    async def main() -> None:
        abandoned = asyncio.Event()

        class Response(Source):
            async def aclose(self) -> None:
                abandoned.set()

        async def stream() -> Stream:
            await abandoned.wait()
            yield [ERROR]

        begun = Begun(first=[], stream=stream(), response=Response())  # pyright: ignore[reportArgumentType] -- only its end is needed
        told = Told()
        answer, keys = await answer_of(begun, told)
        reading = asyncio.create_task(events_of(answer))
        await asyncio.sleep(0)
        await answer.aclose()
        assert await is_free(keys)
        assert await reading == [ERROR]
        # It is nobody's fault, so nobody is told.
        assert told.replies == []

    run(main)


def test_an_error_is_the_end_and_what_came_before_is_not_lost() -> None:
    async def main() -> None:
        told = Told()
        answer, _ = await answer_of(Source([Text("hel"), Text("lo"), ERROR]).begun(), told)
        assert await events_of(answer) == [Text("hel"), Text("lo"), ERROR]
        assert answer.reply is not None and answer.reply.error == ERROR
        assert told.replies == [answer.reply]

    run(main)


def test_a_text_that_broke_off_goes_on() -> None:
    async def main() -> None:
        asked: list[tuple[str, str]] = []
        second = Source([Reasoning("Again?")], [Text("lo")], [Finish("stop")])

        async def resume(reply: Reply, error: UpstreamError) -> Begun | None:
            asked.append((reply.text, error.code))
            return second.begun([Start("b"), Reasoning("Hm.")])

        first, told = Source([Text("hel"), ERROR]), Told()
        answer, keys = await answer_of(first.begun([Start("a"), Reasoning("So.")]), told, resume)
        events = await events_of(answer)
        assert [one for one in events if not isinstance(one, Noted)] == [
            *(Start("a"), Reasoning("So."), Text("hel"), Text("lo"), Finish("stop"))
        ]
        assert asked == [("hel", "stream_broken")]
        assert [note.code for note in answer.notes[len(PLANNED.notes) :]] == ["answer-resumed"]
        assert told.replies[0].text == "hello" and told.replies[0].error is None
        assert first.closed and second.closed and await is_free(keys)

    run(main)


def test_where_it_cannot_go_on_it_ends_with_the_error() -> None:
    async def main() -> None:
        async def resume(reply: Reply, error: UpstreamError) -> Begun | None:
            return None

        answer, _ = await answer_of(Source([Text("hel"), ERROR]).begun(), None, resume)
        assert await events_of(answer) == [Text("hel"), ERROR]

    run(main)


def test_leaving_while_it_goes_on_closes_the_second_too() -> None:
    async def main() -> None:
        second = Source([Text("lo")], [Finish("stop")])

        async def resume(reply: Reply, error: UpstreamError) -> Begun | None:
            return second.begun()

        answer, keys = await answer_of(Source([Text("hel"), ERROR]).begun(), None, resume)
        async for batch in answer:
            if batch == [Text("lo")]:
                break
        await answer.aclose()
        assert second.closed and await is_free(keys)

    run(main)


def test_an_answer_that_is_over_does_not_wait_for_the_collector() -> None:
    async def main() -> None:
        scripted = Scripted(WELL)
        async with (
            serve(scripted.run) as at,
            running(upstream("a", at.url, "k"), options=quick(resume=True)) as line,
        ):
            gc.collect()
            gc.disable()
            try:
                for stream in (True, False):
                    answer = await line.open(asked(stream=stream))
                    assert await answer.gather()
                    gone = weakref.ref(answer)
                    del answer
                    assert gone() is None
            finally:
                gc.enable()

    run(main)
