"""What goes wrong with a call, what the caller is told, and that the client stays as it is."""

import asyncio

import pytest

from moonwire.client import BrokenOff
from moonwire.core.budget import NoRoom
from moonwire.core.errors import (
    LocalProtocolError,
    MoonwireError,
    QuotaExhausted,
    ServerFailure,
    StructuralRefusal,
    TransportError,
)
from moonwire.simulator import Server
from tests.client.asked import ONCE, asks, codes
from tests.client.kimi_cases import K26
from tests.client.test_kimi import answered, said
from tests.exchange.upstreams import (
    HEAD,
    OVERLOADED,
    WELL,
    Say,
    Scripted,
    delta,
    refusal,
    then_hang,
    then_reset,
)
from tests.transport.peers import Peer, run, serve

# what the upstream says, what is raised, its words
REFUSED: dict[str, tuple[Say, type[MoonwireError], str]] = {
    "no money": (
        refusal(429, "exceeded your current quota", "exceeded_current_quota_error"),
        QuotaExhausted,
        "quota",
    ),
    "no such field": (refusal(400, "unknown parameter: x"), StructuralRefusal, "unknown parameter"),
    "broken": (refusal(500, "Internal server error", "server_error"), ServerFailure, "Internal"),
    "gone": (then_reset(), TransportError, "."),
}


@pytest.mark.parametrize(("say", "kind", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_raised(say: Say, kind: type[MoonwireError], words: str) -> None:
    with pytest.raises(kind, match=words):
        answered(say, options=ONCE)


def test_what_does_not_fit_is_not_sent(strict: Server) -> None:
    before = len(strict.exchanges)
    with pytest.raises(NoRoom, match=r"^messages: the prompt takes about .* \(compact the conversation by"):
        said(strict, "word " * 300_000)
    assert len(strict.exchanges) == before


def test_several_answers_are_not_asked_for(strict: Server) -> None:
    with pytest.raises(
        LocalProtocolError, match=r"^n: the target gives one answer to a request, not 2 \(ask for one"
    ):
        said(strict, call={"n": 2})


def test_an_answer_that_breaks_off_every_time_has_what_came() -> None:
    with pytest.raises(BrokenOff) as raised:
        answered(then_reset(HEAD + delta(content="hel")), options=ONCE)
    assert raised.value.completion.text == "hel"


def test_what_passes_is_tried_again() -> None:
    done, scripted = answered(then_reset(), OVERLOADED, then_reset(HEAD + delta(content="hel")), WELL)
    assert done.text == "hello" and len(scripted.bodies) == 4
    assert codes(done.notes).count("request-retried") == 3
    assert scripted.bodies[0] == scripted.bodies[-1]


def test_a_broken_connection_is_that_calls_alone() -> None:
    """One call's connection breaks; the others go on, the next ones work, and nothing was built anew."""

    async def main() -> None:
        there, go_on = asyncio.Event(), asyncio.Event()

        async def script(peer: Peer) -> None:
            while (asked := await peer.request())[0]:
                if b"break" in asked[1]:
                    peer.reset()
                    return
                if b"slow" in asked[1]:
                    peer.send(HEAD + delta(content="slow, "))
                    there.set()
                    await go_on.wait()
                    peer.send(WELL.removeprefix(HEAD))
                else:
                    peer.send(WELL)

        async with serve(script) as server, asks(server.url, options=ONCE) as kimi:
            first = await kimi.generate("before")
            exchange, client = kimi._line.exchange, kimi._line.exchange.hosts["kimi"].client
            slow = asyncio.ensure_future(kimi.generate("slow"))
            streamed = asyncio.ensure_future(kimi.stream("slow").finished())
            await there.wait()
            # What it was told is for this call alone, too.
            with pytest.raises(TransportError):
                await kimi.generate("break", thinking=False, max_tokens=77, extra_body={"seed": 1})
            during = await kimi.generate("during")
            go_on.set()
            assert (await slow).text == (await streamed).text == "slow, hello"
            after = [await kimi.generate("after") for _ in range(3)]
            assert {done.text for done in (first, during, *after)} == {"hello"}
            assert kimi._line.exchange is exchange and exchange.hosts["kimi"].client is client
            assert {done.budget.cap for done in (first, during, *after)} == {K26}
            planned = (first.plan.request, after[0].plan.request)
            assert planned[0].thinking == planned[1].thinking and planned[0].extra == planned[1].extra

    run(main)


def test_a_call_that_is_cancelled_closes_the_upstream_and_no_other() -> None:
    async def main() -> None:
        gone, there = asyncio.Event(), asyncio.Event()

        async def hang(peer: Peer) -> None:
            there.set()
            await then_hang(HEAD + delta(content="hel"), gone.set)(peer)

        scripted = Scripted(hang, WELL)
        async with serve(scripted.run) as server, asks(server.url) as kimi:
            task = asyncio.ensure_future(kimi.generate("hi"))
            await there.wait()
            assert (await kimi.generate("meanwhile")).text == "hello"
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(gone.wait(), 5)
            assert (await kimi.generate("after")).text == "hello"

    run(main)


def test_a_time_limit_of_the_callers_closes_the_upstream() -> None:
    async def main() -> None:
        gone = asyncio.Event()
        async with serve(Scripted(then_hang(HEAD, gone.set)).run) as server, asks(server.url) as kimi:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await kimi.generate("hi")
            await asyncio.wait_for(gone.wait(), 5)

    run(main)


def test_a_client_that_was_closed_opens_new_connections(strict: Server) -> None:
    async def main() -> None:
        kimi = asks(strict.base_url)
        for _ in range(2):
            assert (await kimi.generate('Say "OK".')).text == "OK"
            await kimi.aclose()
        async with kimi:
            assert (await kimi.stream('Say "OK".').finished()).text == "OK"
        await kimi.aclose()

    run(main)


def test_one_loop_after_another(strict: Server) -> None:
    kimi = asks(strict.base_url)

    async def main() -> None:
        async with kimi:
            assert (await kimi.generate('Say "OK".')).text == "OK"

    run(main)
    run(main)


def test_what_a_refusal_taught_holds_for_the_next_call() -> None:
    fixed = refusal(400, "invalid temperature: only 1 is allowed for this model")

    async def main() -> None:
        scripted = Scripted(fixed, WELL)
        async with serve(scripted.run) as server, asks(server.url, "moonshot-v1-8k") as kimi:
            first = await kimi.generate("hi", temperature=0.3)
            assert "refusal-repaired" in codes(first.notes) and len(scripted.bodies) == 2
            await kimi.generate("hi", temperature=0.3)
            assert [body.get("temperature") for body in scripted.bodies] == [0.3, None, None]
            assert kimi.target != asks(server.url, "moonshot-v1-8k").target

    run(main)
