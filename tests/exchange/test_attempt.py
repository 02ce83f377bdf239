"""One try: what is sent, what begins, and what every other outcome means."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from moonwire.core.catalogue import resolve
from moonwire.core.catalogue.overrides import NO_OVERRIDES
from moonwire.core.errors import (
    Auth,
    LocalProtocolError,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    RemoteProtocolError,
    ServerFailure,
    StructuralRefusal,
    TransportError,
)
from moonwire.core.messages import Message, Thought
from moonwire.core.plan import plan
from moonwire.exchange import attempt as attempts
from moonwire.exchange.attempt import Attempt, Failed
from moonwire.exchange.config import Options, Retries
from moonwire.exchange.host import Host
from tests.exchange.upstreams import (
    DONE,
    END,
    HEAD,
    LIMITED,
    OVERLOADED,
    STOP,
    WELL,
    Clock,
    Say,
    Scripted,
    asked,
    body,
    delta,
    event,
    refusal,
    then_hang,
    then_reset,
    upstream,
)
from tests.transport.peers import Peer, run, serve


@contextlib.asynccontextmanager
async def trying(scripted: Scripted, *keys: str, **more: Any) -> AsyncGenerator[tuple[Host, Attempt]]:
    ask = asked(headers=more.pop("sent", ()), key=more.pop("own", None), verbatim=more.pop("verbatim", False))
    request = more.pop("request", ask.request)
    async with serve(scripted.run) as server:
        host = Host(upstream("a", server.url, *(keys or ("k",)), **more), NO_OVERRIDES, Retries(), Clock())
        lease = await host.ring.take(ask.key, 0)
        try:
            planned = plan(request, resolve("kimi-k2.6", "platform"))
            yield host, Attempt(host, planned, ask, lease, Options())
        finally:
            lease.release()
            await host.aclose()


def failed_with(say: Say) -> Failed:
    found: list[Failed] = []

    async def main() -> None:
        async with trying(Scripted(say)) as (_, attempt):
            with pytest.raises(Failed) as caught:
                await attempt.begin(lambda: 0.0)
            found.append(caught.value)

    run(main)
    return found[0]


# -- what is sent --------------------------------------------------------------------------------------


def test_the_agents_name_is_passed_on_and_nothing_else_of_it() -> None:
    async def main() -> None:
        scripted = Scripted(WELL)
        sent = (("User-Agent", "Agent/1"), ("x-msh-platform", "cli"), ("cookie", "c"), ("x-other", "o"))
        async with trying(scripted, sent=sent, headers=(("X-Team", "blue"),)) as (_, attempt):
            await (await attempt.begin()).stream.aclose()
        head = scripted.heads[0].lower()
        assert "user-agent: agent/1" in head and "x-msh-platform: cli" in head and "x-team: blue" in head
        assert "cookie" not in head and "x-other" not in head

    run(main)


def test_a_caller_of_this_process_says_all_that_it_likes_behind_what_the_operator_says() -> None:
    async def main() -> None:
        scripted = Scripted(WELL)
        sent = (("cookie", "c"), ("X-Team", "red"), ("api-key", "k2"))
        more = {"sent": sent, "verbatim": True, "headers": (("x-team", "blue"),)}
        async with trying(scripted, **more) as (_, attempt):
            await (await attempt.begin()).stream.aclose()
        head = scripted.heads[0].lower()
        assert "cookie: c" in head and "api-key: k2" in head and "authorization: bearer k" in head
        assert "x-team: blue" in head and "red" not in head

    run(main)


def test_an_agent_without_a_name_is_given_none() -> None:
    async def main() -> None:
        scripted = Scripted(WELL)
        async with trying(scripted) as (_, attempt):
            await (await attempt.begin()).stream.aclose()
        assert "user-agent" not in scripted.heads[0].lower()

    run(main)


@pytest.mark.parametrize("name", ["Authorization", "api-key"])
def test_a_configured_credential_stands_alone(name: str) -> None:
    async def main() -> None:
        scripted = Scripted(WELL)
        async with trying(scripted, headers=((name, "Basic x"),)) as (_, attempt):
            await (await attempt.begin()).stream.aclose()
        assert "Bearer" not in scripted.heads[0]
        assert f"{name}: Basic x" in scripted.heads[0]

    run(main)


def test_half_a_character_that_a_server_once_thought_can_be_sent() -> None:
    async def main() -> None:
        scripted = Scripted(WELL)
        turn = Message(role="assistant", content="a", thoughts=(Thought(text="\ud83d"),))
        first = body("hi")
        request = type(first)(model=first.model, messages=(*first.messages, turn, *first.messages))
        async with trying(scripted, request=request) as (_, attempt):
            await (await attempt.begin()).stream.aclose()
        assert scripted.bodies[0]["messages"][1]["reasoning_content"] == "\ud83d"

    run(main)


# -- what begins ---------------------------------------------------------------------------------------


def test_it_begins_when_something_is_said() -> None:
    async def main() -> None:
        begun_with = HEAD + delta(role="assistant") + delta(reasoning_content="Hm.")
        async with trying(Scripted(then_hang(begun_with))) as (host, attempt):
            host.health.failed()
            begun = await attempt.begin()
            assert [type(one).__name__ for batch in begun.first for one in batch] == ["Start", "Reasoning"]
            await begun.stream.aclose()

    run(main)


def test_its_traces_are_kept() -> None:
    async def main() -> None:
        head = HEAD.replace(b"\r\n\r\n", b"\r\nX-Trace-Id: t1\r\nMsh-Request-Id: m1\r\nX-Else: e\r\n\r\n")
        async with trying(Scripted(head + STOP + DONE + END)) as (_, attempt):
            begun = await attempt.begin()
            assert begun.traces == {"x-trace-id": "t1", "msh-request-id": "m1"}
            await begun.stream.aclose()

    run(main)


# -- what does not -------------------------------------------------------------------------------------

SILENT = event({"error": {"message": "overloaded", "type": "engine_overloaded_error"}})
OUTCOMES: dict[str, tuple[Say, type[Exception]]] = {
    "a refusal": (refusal(400, "no such thing"), StructuralRefusal),
    "overload": (OVERLOADED, Overloaded),
    "a server's failure": (refusal(500, "Internal server error", "server_error"), ServerFailure),
    "a page": (b"HTTP/1.1 502 X\r\nContent-Length: 6\r\n\r\n<html>", ServerFailure),
    "a refusal that breaks off": (
        then_reset(b"HTTP/1.1 503 X\r\nContent-Length: 600\r\n\r\n{"),
        Overloaded,
    ),
    "a refusal that is no gzip": (
        b"HTTP/1.1 503 X\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        Overloaded,
    ),
    "an error at once": (HEAD + SILENT + END, Overloaded),
    "an error behind a role": (HEAD + delta(role="assistant") + SILENT + END, Overloaded),
    "a reset": (then_reset(), TransportError),
    "a reset behind the headers": (then_reset(HEAD), TransportError),
    "an empty answer": (HEAD + END, TransportError),
    "a page that says all is well": (HEAD + b"6\r\n<html>\r\n" + END, TransportError),
    "no HTTP": (b"SSH-2.0\r\n\r\n", RemoteProtocolError),
}


@pytest.mark.parametrize(("say", "kind"), OUTCOMES.values(), ids=OUTCOMES)
def test_every_other_outcome_has_a_class(say: Say, kind: type[Exception]) -> None:
    failed = failed_with(say)
    assert type(failed.error) is kind or (kind is TransportError and isinstance(failed.error, kind))


def test_a_refusal_says_what_to_do() -> None:
    failed = failed_with(refusal(401, "Invalid Authentication", "invalid_authentication_error"))
    assert isinstance(failed.error, Auth) and "api.moonshot" in failed.error.remedy
    limited = failed_with(refusal(429, "too many requests", head="Retry-After: 3\r\n"))
    assert isinstance(limited.error, RateLimited) and limited.error.retry_after == 3


def test_a_date_is_read_by_the_clock_that_is_given() -> None:
    failed = failed_with(
        refusal(429, "too many requests", head="Retry-After: Thu, 01 Jan 1970 00:00:09 GMT\r\n")
    )
    assert isinstance(failed.error, RateLimited) and failed.error.retry_after == 9


def test_a_refusal_without_an_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "ERROR_SECONDS", 0.02)
    failed = failed_with(then_hang(b"HTTP/1.1 503 X\r\nContent-Length: 600\r\n\r\n{"))
    assert isinstance(failed.error, Overloaded)


@pytest.mark.parametrize(
    ("say", "sick"),
    [
        (refusal(500, "Internal server error", "server_error"), True),
        (then_reset(), True),
        (HEAD + END, True),
        (b"SSH-2.0\r\n\r\n", True),
        (OVERLOADED, False),
        (refusal(400, "no such thing"), False),
    ],
)
def test_what_counts_against_an_upstream(say: Say, sick: bool) -> None:
    async def main() -> None:
        async with trying(Scripted(say)) as (host, attempt):
            for _ in range(Retries().breaker - 1):
                host.health.failed()
            with pytest.raises(Failed):
                await attempt.begin()
            assert host.health.open is sick

    run(main)


def test_a_client_that_was_closed_is_not_the_upstreams_fault() -> None:
    async def main() -> None:
        async with trying(Scripted(WELL)) as (host, attempt):
            for _ in range(Retries().breaker - 1):
                host.health.failed()
            await host.aclose()
            with pytest.raises(Failed):
                await attempt.begin()
            assert not host.health.open

    run(main)


@pytest.mark.parametrize(
    ("say", "keys", "next_key"),
    [
        (LIMITED, ("a", "b"), "b"),
        (refusal(429, "exceeded_current_quota_error", "exceeded_current_quota_error"), ("a", "b"), "b"),
        (refusal(401, "Invalid Authentication"), ("a", "b"), "b"),
        (LIMITED, ("a",), "a"),
        (refusal(429, "check your account balance"), ("a",), "a"),
    ],
)
def test_a_key_that_was_refused_gives_way_to_another(say: Say, keys: tuple[str, ...], next_key: str) -> None:
    async def main() -> None:
        async with trying(Scripted(say), *keys) as (host, attempt):
            with pytest.raises(Failed) as caught:
                await attempt.begin()
            assert isinstance(caught.value.error, RateLimited | QuotaExhausted | Auth)
            attempt.lease.release()
            for _ in range(3):
                lease = await host.ring.take(None, 0)
                assert lease.key == next_key
                lease.release()

    run(main)


def test_what_the_caller_got_wrong_is_no_try() -> None:
    async def main() -> None:
        async with trying(Scripted(WELL), sent=(("user-agent", "a\nb"),)) as (_, attempt):
            with pytest.raises(LocalProtocolError):
                await attempt.begin()

    run(main)


def test_cancelling_it_closes_the_connection() -> None:
    async def main() -> None:
        gone, come = asyncio.Event(), asyncio.Event()

        async def say(peer: Peer) -> None:
            come.set()
            await then_hang(HEAD + delta(role="assistant"), gone.set)(peer)

        scripted = Scripted(say)
        async with trying(scripted) as (_, attempt):
            task = asyncio.create_task(attempt.begin())
            await come.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(gone.wait(), 1)

    run(main)
