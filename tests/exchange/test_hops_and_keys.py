"""Other upstreams and other keys: when they are asked, and with what."""

import msgspec
import pytest

from moonwire.core.errors import (
    Auth,
    RateLimited,
    ServerFailure,
)
from moonwire.exchange.config import Hop, Retries
from moonwire.simulator import Server, Settings
from tests.exchange.upstreams import (
    FAILURE,
    HEAD,
    HELLO,
    OVERLOADED,
    QUICK,
    WELL,
    Clock,
    Scripted,
    asked,
    codes,
    quick,
    refusal,
    running,
    then_hang,
    then_reset,
    upstream,
)
from tests.transport.peers import run, serve

# -- keys and hops -------------------------------------------------------------------------------------


def test_an_overloaded_hop_is_left_for_the_next_with_its_own_key_and_model() -> None:
    with (
        Server(Settings(models=("kimi-k3",), faults='[[fault]]\nkind = "status"')) as first,
        Server(Settings(models=("kimi-k2.6",), keys=("only-this",))) as second,
    ):

        async def main() -> None:
            hops = (Hop("a"), Hop("b", "kimi-k2.6"))
            ups = upstream("a", first.base_url), upstream("b", second.base_url, "only-this")
            async with running(*ups, hops=hops, options=quick()) as line:
                reply, answer = await line.complete(asked('Say "x y".', model="kimi-k3", key="callers-own"))
                assert (reply.text, answer.upstream) == ("x y", "b")
                assert codes(answer.notes) == ["request-retried"] * 3 + ["upstream-fallback"]

        run(main)
        assert len(first.exchanges) == 4
        assert [one.request["model"] for one in second.exchanges] == ["kimi-k2.6"]


def test_a_callers_own_key_goes_to_the_first_host_only() -> None:
    async def main() -> None:
        busy, keyless, well = Scripted(OVERLOADED), Scripted(WELL), Scripted(WELL)
        async with serve(busy.run) as a, serve(keyless.run) as b, serve(well.run) as c:
            ups = upstream("a", a.url), upstream("b", b.url), upstream("c", c.url, "its-own")
            async with running(*ups, options=quick()) as line:
                _, answer = await line.complete(asked(key="callers-own"))
                assert answer.upstream == "c"
        assert set(busy.keys) == {"callers-own"}
        assert (keyless.keys, well.keys) == ([], ["its-own"])

    run(main)


def test_the_attempts_leave_one_for_each_hop() -> None:
    async def main() -> None:
        one, two, three = Scripted(OVERLOADED), Scripted(OVERLOADED), Scripted(WELL)
        async with serve(one.run) as a, serve(two.run) as b, serve(three.run) as c:
            ups = [upstream(name, at.url, "k") for name, at in (("a", a), ("b", b), ("c", c))]
            options = quick(retries=msgspec.structs.replace(QUICK, attempts=3))
            async with running(*ups, options=options) as line:
                reply, _ = await line.complete(asked())
                assert reply.text == "hello"
        assert [len(one.bodies), len(two.bodies), len(three.bodies)] == [1, 1, 1]

    run(main)


def test_what_no_upstream_does_better_stays_with_the_first() -> None:
    async def main() -> None:
        one, two = Scripted(refusal(401, "Invalid Authentication")), Scripted(WELL)
        async with (
            serve(one.run) as a,
            serve(two.run) as b,
            running(upstream("a", a.url, "k"), upstream("b", b.url, "k")) as line,
        ):
            with pytest.raises(Auth):
                await line.open(asked())
        assert two.bodies == []

    run(main)


def test_an_answer_that_keeps_breaking_off_is_asked_for_elsewhere() -> None:
    async def main() -> None:
        one, two = Scripted(then_reset(HEAD + HELLO)), Scripted(WELL)
        async with (
            serve(one.run) as a,
            serve(two.run) as b,
            running(upstream("a", a.url, "k"), upstream("b", b.url, "k"), options=quick()) as line,
        ):
            reply, answer = await line.complete(asked())
            assert (reply.error, answer.upstream) == (None, "b")
            assert codes(answer.notes)[-1] == "upstream-fallback"
        assert (len(one.bodies), len(two.bodies)) == (3, 1)

    run(main)


def test_an_upstream_that_fails_is_left_alone_and_looked_at_again() -> None:
    async def main() -> None:
        now = Clock()
        scripted = Scripted(FAILURE, FAILURE, FAILURE, WELL)
        options = quick(retries=Retries(base=0.0, breaker=3, pause=10))
        async with (
            serve(scripted.run) as server,
            running(upstream("a", server.url, "k"), options=options, now=now) as line,
        ):
            with pytest.raises(ServerFailure):
                await line.open(asked())
            assert len(scripted.bodies) == 3
            with pytest.raises(ServerFailure, match="left alone") as caught:
                await line.open(asked())
            assert caught.value.retry_after == 10 and len(scripted.bodies) == 3
            now.now += 10
            reply, _ = await line.complete(asked())
            assert reply.text == "hello" and not line.hosts["a"].health.open

    run(main)


def test_one_that_is_looked_at_again_gets_one_request() -> None:
    async def main() -> None:
        now = Clock()
        scripted, other = Scripted(FAILURE), Scripted(WELL)
        options = quick(retries=Retries(base=0.0, breaker=1, pause=10))
        async with serve(scripted.run) as a, serve(other.run) as b:
            ups = upstream("a", a.url, "k"), upstream("b", b.url, "k")
            async with running(*ups, options=options, now=now) as line:
                for sent in (1, 1, 2):
                    _, answer = await line.complete(asked())
                    assert (answer.upstream, len(scripted.bodies)) == ("b", sent)
                    now.now += 9 if sent == 1 and len(other.bodies) == 1 else 10

    run(main)


def test_a_key_that_is_limited_rests_and_another_is_used_at_once() -> None:
    async def main() -> None:
        scripted = Scripted(refusal(429, "too many requests", head="Retry-After: 300\r\n"), WELL)
        async with serve(scripted.run) as server, running(upstream("a", server.url, "k1", "k2")) as line:
            for _ in range(3):
                # Where the upstream has keys, the caller's own is not asked for.
                reply, _ = await line.complete(asked(key="callers-own"))
                assert reply.text == "hello"
        assert scripted.keys == ["k1", "k2", "k2", "k2"]

    run(main)


def test_requests_at_once_are_counted_until_their_answer_is_over() -> None:
    async def main() -> None:
        scripted = Scripted(then_hang(HEAD + HELLO), WELL)
        options = quick(retries=msgspec.structs.replace(QUICK, wait=0.02))
        async with (
            serve(scripted.run) as server,
            running(upstream("a", server.url, "k", concurrency=1), options=options) as line,
        ):
            first = await line.open(asked())
            with pytest.raises(RateLimited):
                await line.open(asked())
            await first.aclose()
            reply, _ = await line.complete(asked())
            assert reply.text == "hello"

    run(main)
