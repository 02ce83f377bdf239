"""The whole line over sockets: healed, tried again, remembered, and closed."""

import asyncio
from typing import Any

import msgspec
import pytest

from moonwire.core.catalogue.overrides import decode_overrides
from moonwire.core.errors import (
    Auth,
    ClientGated,
    ContentFiltered,
    ContextOverflow,
    LocalProtocolError,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    Refusal,
    StructuralRefusal,
    TransportError,
)
from moonwire.core.events import CallStart, Finish, Text, UpstreamError
from moonwire.core.settings import Settings as Passes
from moonwire.exchange.config import Options, Retries
from moonwire.exchange.exchange import Exchange
from moonwire.simulator import Server, Settings
from moonwire.transport import FirstByteTimeout, IdleTimeout, Timeouts
from moonwire.wire import chat
from tests.exchange.upstreams import (
    DONE,
    END,
    FAILURE,
    HEAD,
    HELLO,
    IMPATIENT,
    OVERLOADED,
    STOP,
    TOOL,
    USAGE,
    WELL,
    Say,
    Scripted,
    answered,
    asked,
    codes,
    delta,
    event,
    events_of,
    quick,
    refusal,
    running,
    then_hang,
    then_reset,
    upstream,
)
from tests.transport.peers import run, serve


def refused(*says: Say, options: Options | None = None) -> tuple[Exception, Scripted]:
    """What such an upstream's answer is refused with, before anything was said."""
    found: list[Exception] = []
    scripted = Scripted(*says)

    async def main() -> None:
        async with (
            serve(scripted.run) as server,
            running(upstream("a", server.url, "k", timeouts=IMPATIENT), options=options or quick()) as line,
        ):
            with pytest.raises((Refusal, TransportError)) as caught:
                await line.open(asked())
            found.append(caught.value)

    run(main)
    return found[0], scripted


# -- the line ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["kimi-k2.6", "kimi-k3"])
def test_a_stream_and_its_fold_say_the_same(model: str) -> None:
    with Server(Settings(models=(model,), seed=3)) as server:

        async def main() -> None:
            async with running(upstream("a", server.base_url, "k")) as line:
                first = await line.open(asked('Say "one two three four five six".', model=model))
                batches = [batch async for batch in first]
                assert len(batches) >= 2
                reply, _ = await line.complete(asked('Say "one two three four five six".', model=model))
                assert first.reply is not None
                assert first.reply.blocks == reply.blocks and reply.text == "one two three four five six"
                assert reply.usage is not None and reply.finish == "stop"

        run(main)
        assert [one.request["stream"] for one in server.exchanges] == [True, True]
        assert not server.refused


def test_what_the_strictest_rules_refuse_is_healed() -> None:
    with Server(Settings(models=("kimi-k3",), rules="strictest")) as server:

        async def main() -> None:
            async with running(upstream("a", server.base_url, "k")) as line:
                ask = asked("hi", model="kimi-k3", temperature=0.3, tools=[TOOL], store=False, user="u")
                reply, _ = await line.complete(ask)
                assert reply.text or reply.calls

        run(main)
        assert not server.refused


def test_of_what_nobody_knows_the_body_arrives_as_it_was_sent() -> None:
    sent = {
        "model": "my-model",
        "messages": [
            {"role": "developer", "content": "x", "name": "n"},
            {"role": "assistant", "content": "", "tool_calls": [
                {"id": "odd id", "type": "function", "function": {"name": "a.b", "arguments": "{"}}
            ]},
            {"role": "tool", "tool_call_id": "odd id", "content": None},
            {"role": "user", "content": "hi"},
        ],
        "temperature": 7,
        "unknown": {"a": [1]},
    }  # fmt: skip  # the call is one thing
    called = {"index": 0, "id": "odd id", "function": {"name": "a.b", "arguments": "{}"}}
    scripted = Scripted(HEAD + delta(tool_calls=[called]) + delta("tool_calls") + DONE + END)

    async def main() -> None:
        async with (
            serve(scripted.run) as server,
            running(upstream("a", server.url, "k", endpoint="generic")) as line,
        ):
            for given in (sent, sent, {**sent, "stream": True}):
                reply, _ = await line.complete(asked(chat.decode(given)))
                assert reply.calls[0].id == "odd id"

    run(main)
    # Who does not stream is told what it cost, so that is asked for.
    whole = {**sent, "stream": True, "stream_options": {"include_usage": True}}
    assert scripted.bodies == [whole, whole, {**sent, "stream": True}]


def test_several_answers_are_refused_before_anything_is_sent() -> None:
    scripted = Scripted(WELL)

    async def main() -> None:
        async with (
            serve(scripted.run) as server,
            running(upstream("a", server.url, "k", endpoint="generic")) as line,
        ):
            with pytest.raises(LocalProtocolError, match="not 3"):
                await line.open(asked(model="my-model", n=3))

    run(main)
    assert scripted.bodies == []


def test_a_model_that_no_route_takes() -> None:
    async def main() -> None:
        async with running(upstream("a", "http://127.0.0.1:9", "k")) as line:
            routing = msgspec.structs.replace(line.routing, routes=())
            other = Exchange(routing, line.memory)
            with pytest.raises(LocalProtocolError, match="no route"):
                await other.open(asked())
            await other.aclose()
            assert line.planned(asked()).request.stream is True

    run(main)


# -- refusals and repairs ------------------------------------------------------------------------------


def test_one_repair_and_what_it_taught_holds_for_later_requests() -> None:
    overrides = decode_overrides('[models."kimi-k2.6"]\nfixed = []\nranges = {}')
    with Server(Settings(models=("kimi-k2.6",))) as server:

        async def main() -> None:
            async with running(upstream("a", server.base_url, "k"), overrides=overrides) as line:
                _, answer = await line.complete(asked(temperature=0.3))
                assert codes(answer.notes) == ["refusal-repaired"]
                _, answer = await line.complete(asked(temperature=0.3))
                assert codes(answer.notes) == []

        run(main)
        assert [one.status for one in server.exchanges] == [400, 200, 200]


def test_a_repair_that_does_not_help_is_made_once() -> None:
    # The pass is off, so what was learned changes nothing.
    with Server(Settings(models=("kimi-k2.6",))) as server:

        async def main() -> None:
            async with running(
                upstream("a", server.base_url, "k"),
                settings=Passes(sampling="off"),
                overrides=decode_overrides('[models."kimi-k2.6"]\nfixed = []'),
                options=quick(),
            ) as line:
                with pytest.raises(StructuralRefusal) as caught:
                    await line.open(asked(temperature=0.3))
                assert caught.value.remedy and "temperature" in caught.value.message

        run(main)
        # The repair, and one more in case it was the server's passing mistake (Kimi-K2#124).
        assert [one.status for one in server.exchanges] == [400, 400, 400]


def test_nothing_is_repaired_or_retried_once_the_caller_has_a_status() -> None:
    overrides = decode_overrides('[models."kimi-k2.6"]\nfixed = []')
    with Server(Settings(models=("kimi-k2.6",))) as server:

        async def main() -> None:
            async with running(upstream("a", server.base_url, "k"), overrides=overrides) as line:
                ask = asked(temperature=0.3)
                ask.commit.made = True
                with pytest.raises(StructuralRefusal):
                    await line.open(ask)

        run(main)
        assert len(server.exchanges) == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("quota", QuotaExhausted),
        ("quota-403", QuotaExhausted),
        ("filter", ContentFiltered),
        ("auth", Auth),
        ("gated", ClientGated),
        ("too-large", ContextOverflow),
    ],
)
def test_what_never_helps_is_never_tried(name: str, kind: type[Refusal]) -> None:
    fault = f'[[fault]]\nkind = "status"\nerror = "{name}"'
    with Server(Settings(models=("kimi-k2.6",), faults=fault)) as server:

        async def main() -> None:
            async with running(upstream("a", server.base_url, "k"), options=quick()) as line:
                with pytest.raises(kind) as caught:
                    await line.open(asked())
                assert caught.value.remedy

        run(main)
        assert len(server.exchanges) == 1


def test_a_limit_that_a_refusal_told_is_known_from_then_on() -> None:
    text = "Invalid request: Your request exceeded model token limit: 1000 (requested: 5000)"

    async def main() -> None:
        async with (
            serve(Scripted(refusal(400, text)).run) as server,
            running(upstream("a", server.url, "k")) as line,
        ):
            with pytest.raises(ContextOverflow) as caught:
                await line.open(asked())
            assert caught.value.limit == 1000
            assert line.hosts["a"].target("kimi-k2.6").window == 1000

    run(main)


# -- retries -------------------------------------------------------------------------------------------

RETRIED: dict[str, Say] = {
    "overloaded": OVERLOADED,
    "a failure": FAILURE,
    "a reset": then_reset(),
    "a reset behind the headers": then_reset(HEAD),
    "an empty answer": HEAD + END,
    "a page": HEAD + b"6\r\n<html>\r\n" + END,
    "silence": then_hang(HEAD),
    "an error at once": HEAD + event({"error": {"type": "server_error", "message": "oh"}}) + END,
}


@pytest.mark.parametrize("say", RETRIED.values(), ids=RETRIED)
def test_what_failed_before_a_word_is_tried_again(say: Say) -> None:
    reply, notes, scripted = answered(say, WELL)
    assert (reply.text, notes, len(scripted.bodies)) == ("hello", ["request-retried"], 2)
    assert scripted.bodies[0] == scripted.bodies[1]


def test_a_connection_that_is_refused_is_tried_again() -> None:
    async def main() -> None:
        async with running(upstream("a", "http://127.0.0.1:1", "k"), options=quick()) as line:
            with pytest.raises(TransportError):
                await line.open(asked())
            assert len(line.hosts["a"].health._asked) == 3

    run(main)


def test_the_attempts_of_a_request_are_counted() -> None:
    error, scripted = refused(OVERLOADED, options=quick(retries=Retries(attempts=3, base=0.001)))
    assert isinstance(error, Overloaded) and len(scripted.bodies) == 3


def test_a_wait_beyond_the_budget_is_the_callers() -> None:
    long = refusal(429, "too many requests", head="Retry-After: 99\r\n")
    error, scripted = refused(long)
    assert isinstance(error, RateLimited) and error.retry_after == 99
    assert len(scripted.bodies) == 1


def test_an_upstreams_share_of_retries() -> None:
    async def main() -> None:
        scripted = Scripted(OVERLOADED)
        options = quick(retries=Retries(base=0.0, share=0.0, breaker=0))
        async with (
            serve(scripted.run) as server,
            running(upstream("a", server.url, "k"), options=options) as line,
        ):
            for _ in range(6):
                with pytest.raises(Overloaded):
                    await line.open(asked())
        # Ten are always allowed.
        assert len(scripted.bodies) == 6 + 10

    run(main)


def test_after_a_word_nothing_is_tried_again_for_who_streams() -> None:
    async def main() -> None:
        scripted = Scripted(then_reset(HEAD + HELLO), WELL)
        async with serve(scripted.run) as server, running(upstream("a", server.url, "k")) as line:
            answer = await line.open(asked())
            events = await events_of(answer)
            assert [one.text for one in events if isinstance(one, Text)] == ["hello"]
            assert isinstance(events[-1], UpstreamError) and events[-1].code == "stream_broken"
        assert len(scripted.bodies) == 1

    run(main)


@pytest.mark.parametrize("say", [then_reset(HEAD + HELLO), then_hang(HEAD + HELLO), HEAD + HELLO + END])
def test_who_sees_nothing_before_the_end_gets_another(say: Say) -> None:
    reply, notes, scripted = answered(say, WELL)
    assert (reply.text, reply.error, notes) == ("hello", None, ["request-retried"])
    assert len(scripted.bodies) == 2


def test_an_answer_that_breaks_off_each_time_ends_in_what_arrived() -> None:
    reply, _, scripted = answered(then_reset(HEAD + HELLO))
    assert reply.text == "hello" and reply.error is not None
    assert len(scripted.bodies) == 3


def test_an_error_within_that_waiting_does_not_help_is_not_tried_again() -> None:
    quota = event(
        {"error": {"type": "exceeded_current_quota_error", "message": "check your account balance"}}
    )
    reply, notes, scripted = answered(HEAD + HELLO + quota + END)
    assert reply.error is not None and notes == [] and len(scripted.bodies) == 1


def test_a_retry_leaves_the_client_and_other_requests_alone() -> None:
    async def main() -> None:
        more = asyncio.Event()

        async def slow(peer: Any) -> None:
            peer.send(HEAD + HELLO)
            await more.wait()
            peer.send(STOP + USAGE + DONE + END)

        scripted = Scripted(slow, then_reset(), then_reset(), WELL)
        async with (
            serve(scripted.run) as server,
            running(upstream("a", server.url, "k"), options=quick()) as line,
        ):
            client = line.hosts["a"].client
            other = await line.open(asked())
            reply, _ = await line.complete(asked())
            assert reply.text == "hello" and line.hosts["a"].client is client
            more.set()
            assert (await other.gather()).finish == "stop"

    run(main)


@pytest.mark.parametrize("say", [then_hang(), then_hang(HEAD), then_hang(HEAD + HELLO)])
def test_a_time_of_the_callers_own_is_over_once(say: Say) -> None:
    """The upstream's own time is over again and again, until its retries are used up."""
    for own, sent in ((Timeouts(first_byte=0.04, idle=0.04), 1), (None, 3)):
        scripted = Scripted(say)

        async def main(scripted: Scripted = scripted, own: Timeouts | None = own) -> None:
            quiet = Timeouts(first_byte=0.03, idle=0.03)
            async with (
                serve(scripted.run) as server,
                running(upstream("a", server.url, "k", timeouts=quiet), options=quick()) as line,
            ):
                try:
                    reply, _ = await line.complete(asked(timeouts=own))
                    assert reply.error is not None and reply.error.code == "idle_timeout"
                except TransportError as error:
                    assert isinstance(error, FirstByteTimeout | IdleTimeout)
                    assert error.seconds == (0.04 if own else 0.03)

        run(main)
        assert len(scripted.heads) == sent


FAULTS: dict[str, str] = {
    "refuse": "seconds = 0.02",
    "reset-before": "",
    "reset-headers": "",
    "reset": "events = 4",
    "close": "events = 4",
    "stall": "seconds = 0.01",
    "slow-headers": "seconds = 0.01",
    "drip": "seconds = 0.0\nbytes = 7",
    "status": "",
    "empty": "",
    "not-json": "",
    "content-type": "",
    "gzip": "",
    "half-character": "seconds = 0.0",
    "garbage": "",
    "huge": "bytes = 100000",
    "cut-json": "",
    "no-finish": "",
    "no-done": "",
    "no-finish-hang": "",
    "error-event": "",
}


def patience(kind: str) -> Timeouts:
    """Only where silence is the fault is it not waited for."""
    return IMPATIENT if kind == "no-finish-hang" else Timeouts()


@pytest.mark.parametrize("kind", FAULTS)
def test_whatever_fails_once_who_waits_for_the_whole_has_it(kind: str) -> None:
    fault = f'[[fault]]\nkind = "{kind}"\nfirst = 1\n{FAULTS[kind]}'
    settings = Settings(models=("kimi-k2.6",), faults=fault, chunk=2)
    with Server(settings) as server:

        async def main() -> None:
            # Refused connections come back within the waits.
            options = quick(retries=Retries(base=0.05, longest=0.1))
            one = upstream("a", server.base_url, "k", timeouts=patience(kind))
            async with running(one, options=options, draw=lambda: 1.0) as line:
                reply, _ = await line.complete(asked('Say "one two th\u00e9e four five six".'))
                assert (reply.text, reply.finish, reply.error) == (
                    "one two th\u00e9e four five six",
                    "stop",
                    None,
                )
                assert reply.usage is not None or kind in ("no-done",)

        run(main)
        assert len(server.exchanges) <= 2


@pytest.mark.parametrize("kind", FAULTS)
def test_whatever_fails_once_a_stream_ends_right_or_in_an_error(kind: str) -> None:
    fault = f'[[fault]]\nkind = "{kind}"\nfirst = 1\n{FAULTS[kind]}'
    settings = Settings(models=("kimi-k2.6",), faults=fault, chunk=2)
    with Server(settings) as server:

        async def main() -> None:
            options = quick(retries=Retries(base=0.05, longest=0.1))
            one = upstream("a", server.base_url, "k", timeouts=patience(kind))
            async with running(one, options=options, draw=lambda: 1.0) as line:
                events = await events_of(await line.open(asked('Say "one two three four five six".')))
                text = "".join(one.text for one in events if isinstance(one, Text))
                ends = [one for one in events if isinstance(one, Finish | UpstreamError)]
                assert ends == events[-1:]
                if isinstance(ends[0], Finish):
                    assert text == "one two three four five six"
                else:
                    assert "one two three four five six".startswith(text)

        run(main)


# -- leaving -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["close", "cancel", "complete", "open"])
def test_a_caller_that_leaves_closes_the_upstream_and_gives_the_key_back(how: str) -> None:
    async def main() -> None:
        gone, come = asyncio.Event(), asyncio.Event()
        begun = HEAD + (delta(role="assistant") if how == "open" else HELLO)

        async def say(peer: Any) -> None:
            come.set()
            await then_hang(begun, gone.set)(peer)

        scripted = Scripted(say)
        async with (
            serve(scripted.run) as server,
            running(upstream("a", server.url, "k", concurrency=1)) as line,
        ):
            if how == "close":
                answer = await line.open(asked())
                await anext(answer)
                await answer.aclose()
            else:
                whole = line.complete(asked()) if how == "complete" else line.open(asked())
                task: asyncio.Task[Any] = asyncio.ensure_future(whole)
                await come.wait()
                if how == "cancel":
                    task = asyncio.create_task((await task).gather())
                    await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            await asyncio.wait_for(gone.wait(), 1)
            lease = await line.hosts["a"].ring.take(None, 0)
            lease.release()
            assert gone.is_set()

    run(main)


def test_calls_get_ids_that_no_client_mangles() -> None:
    async def main() -> None:
        data = HEAD + delta(
            tool_calls=[{"index": 0, "id": "look:0", "function": {"name": "look", "arguments": "{}"}}]
        )
        async with (
            serve(Scripted(data + delta("tool_calls") + DONE + END).run) as server,
            running(upstream("a", server.url, "k")) as line,
        ):
            events = await events_of(await line.open(asked(tools=[TOOL])))
            starts = [one for one in events if isinstance(one, CallStart)]
            assert starts[0].id.startswith("call") and starts[0].id.isalnum()
            assert starts[0].native == "look:0"

    run(main)
