"""HTTP values in, an answer out: without any HTTP library, against upstreams that do what a test says."""

import asyncio
import json
import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from moonwire.client import face as module
from moonwire.client.face import Face, Faces, Given, Pieces, Said, Setup, is_chat, timeouts_of
from moonwire.core.catalogue.overrides import decode_overrides
from moonwire.core.errors import LocalProtocolError
from moonwire.memory import ProcessMemory
from moonwire.transport import (
    ClientClosed,
    ConnectFailed,
    Disconnected,
    FirstByteTimeout,
    IdleTimeout,
    Timeouts,
)
from tests.exchange.upstreams import (
    DONE,
    END,
    FAILURE,
    HEAD,
    HELLO,
    LIMITED,
    STOP,
    WELL,
    Say,
    Scripted,
    delta,
    quick,
    refusal,
    then_hang,
    then_reset,
)
from tests.transport.peers import run, serve
from tests.transport.test_dial import unused_port

# Where something is said first there has to be time for it, however busy the machine is.
QUICK, SILENT = Timeouts(first_byte=0.05), Timeouts(first_byte=20.0, idle=0.05)


@asynccontextmanager
async def facing(*says: Say, **ways: Any) -> AsyncGenerator[tuple[Face, Scripted, str]]:
    """A face, what it meets, and the URL of that."""
    scripted = Scripted(*says)
    told: dict[str, Any] = {"endpoint": "platform", "trust_env": False, "options": quick(), **ways}
    async with serve(scripted.run) as server:
        face = Face(Setup.of(**told))
        try:
            yield face, scripted, f"{server.url}/v1/chat/completions"
        finally:
            await face.aclose()


def said(url: str, *headers: tuple[str, str], timeouts: Timeouts | None = None, **fields: Any) -> Said:
    body = {"model": "kimi-k3", "messages": [{"role": "user", "content": "Hi"}], **fields}
    head = (("authorization", "Bearer sk-own-key-1"), *headers)
    return Said(url=url, headers=head, body=json.dumps(body).encode(), timeouts=timeouts)


async def given(face: Face, request: Said) -> Given:
    found = await face.answer(request)
    assert found is not None
    return found


async def read(answer: Given) -> bytes:
    if isinstance(answer.body, bytes):
        return answer.body
    return b"".join([piece async for piece in answer.body])


def pieces_of(answer: Given) -> Pieces:
    assert isinstance(answer.body, Pieces)
    return answer.body


def error_of(body: bytes) -> dict[str, Any]:
    return json.loads(body)["error"]


# -- what is asked -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "is_one"),
    [
        ("POST", "/v1/chat/completions", True),
        ("POST", "/chat/completions", True),
        ("POST", "/coding/v1/chat/completions", True),
        ("GET", "/v1/chat/completions", False),
        ("POST", "/v1/chat/completions/", False),
        ("POST", "/v1/completions", False),
        ("POST", "/v1/messages", False),
    ],
)
def test_what_asks_for_an_answer(method: str, path: str, is_one: bool) -> None:
    assert is_chat(method, path) is is_one


@pytest.mark.parametrize(
    ("told", "changes"),
    [
        ({"connect": 1.0, "read": 2.0, "write": 3.0, "pool": 4.0}, (1.0, 2.0, 2.0, 3.0, 4.0)),
        ({"connect": None, "read": None, "write": None, "pool": None}, (math.inf,) * 5),
        ({"read": 5}, (10.0, 5.0, 5.0, 60.0, 30.0)),
        ({}, (10.0, 600.0, 300.0, 60.0, 30.0)),
        ({"other": 1.0}, (10.0, 600.0, 300.0, 60.0, 30.0)),
    ],
)
def test_a_clients_times(told: dict[str, float | None], changes: tuple[float, ...]) -> None:
    found = timeouts_of(told, Timeouts())
    assert found is not None
    assert (found.connect, found.first_byte, found.idle, found.write, found.pool) == changes
    assert found.total == Timeouts().total


def test_a_client_without_times_sets_none() -> None:
    assert timeouts_of(None, Timeouts()) is None


def test_what_is_told_is_read_once() -> None:
    setup = Setup.of(overrides={"models": {"kimi-k3": {"window": 4096}}}, settings={"cap": 7})
    assert setup.settings.cap == 7
    assert setup.options.retries.breaker == 0
    assert Setup.of(overrides=setup.overrides).overrides is setup.overrides
    assert isinstance(setup.memory, ProcessMemory) and Setup.of().memory is not setup.memory
    wrong: dict[str, Any] = {"model": "x"}
    with pytest.raises(LocalProtocolError, match="no such argument"):
        Setup.of(**wrong)


def test_no_repr_shows_a_secret() -> None:
    shown = repr(said("http://a/v1?key=sk-own-key-1")) + repr(Setup.of(proxy="http://u:sk-own-key-1@a"))
    assert "sk-own-key-1" not in shown


@pytest.mark.parametrize(
    ("body", "ways"),
    [
        (b"", {}),
        (b"{", {}),
        (b"\xff", {}),
        (b"[]", {}),
        (b"{}", {}),
        (b'{"model": 1}', {}),
        (b'{"model": "gpt-5"}', {}),
        (b'{"model": "kimi-k3"}', {"endpoint": ""}),
        (b'{"model": "kimi-k3"}', {"endpoint": "no-such-place"}),
    ],
)
def test_what_nobody_knows_is_nobodys_business(body: bytes, ways: dict[str, Any]) -> None:
    async def main() -> None:
        async with facing(WELL, **ways) as (face, scripted, url):
            assert await face.answer(Said(url=url, body=body)) is None
            assert scripted.heads == []

    run(main)


def test_an_endpoint_of_ones_own_is_known() -> None:
    async def main() -> None:
        async with serve(Scripted(WELL).run) as server:
            text = f'[endpoints.mine]\nlike = "platform"\nurls = ["{server.url}/v1"]\n'
            face = Face(Setup.of(overrides=decode_overrides(text), trust_env=False))
            answer = await given(face, said(f"{server.url}/v1/chat/completions?a=b"))
            assert answer.status == 200
            await face.aclose()

    run(main)


# -- what is answered --------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_says_what_was_done(stream: bool) -> None:
    async def main() -> None:
        async with facing(WELL.replace(b"\r\n\r\n", b"\r\nX-Request-Id: up-1\r\n\r\n", 1)) as (face, _, url):
            answer = await given(face, said(url, ("Moonwire-Explain", "1"), stream=stream))
            headers, data = dict(answer.headers), await read(answer)
        assert (answer.status, headers["x-request-id"]) == (200, "up-1")
        assert headers["content-type"] == ("text/event-stream" if stream else "application/json")
        assert "cap-default" in headers["moonwire-notes"]
        if stream:
            assert data.endswith(b"data: [DONE]\n\n") and b'"content":"hello"' in data
        else:
            assert json.loads(data)["choices"][0]["message"]["content"] == "hello"
        assert headers["moonwire-request-id"].encode() in data and b'"code":"cap-default"' in data

    run(main)


REFUSED: dict[str, tuple[Say, int, str, int]] = {
    "a refusal": (refusal(400, "no such thing"), 400, "", 1),
    "a key": (refusal(401, "Invalid key: sk-own-key-1"), 401, "invalid_api_key", 1),
    "too many": (LIMITED, 429, "rate_limit_exceeded", 4),
    "a failure": (FAILURE, 500, "upstream_failed", 3),
    "a break": (then_reset(HEAD), 502, "upstream_unreachable", 3),
    "thoughts alone": (
        HEAD + delta(reasoning_content="hm") + delta("length") + DONE + END,
        422,
        "thoughts_only",
        2,
    ),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("say", "status", "code", "sent"), REFUSED.values(), ids=REFUSED)
def test_an_error_is_an_answer_that_nobody_needs_to_try_again(
    say: Say, status: int, code: str, sent: int, stream: bool
) -> None:
    async def main() -> None:
        async with facing(say) as (face, scripted, url):
            answer = await given(face, said(url, stream=stream))
            data = await read(answer)
        if stream and code == "thoughts_only":
            assert answer.status == 200
            return
        headers = dict(answer.headers)
        assert (answer.status, headers["x-should-retry"]) == (status, "false")
        assert headers["moonwire-request-id"]
        error = error_of(data)
        assert (error["code"] or "") == code and "sk-own-key-1" not in error["message"]
        assert len(scripted.heads) == sent
        assert ("request-retried" in headers.get("moonwire-notes", "")) is (3 <= sent <= 4)

    run(main)


def test_what_cannot_be_meant_is_refused_before_it_is_sent() -> None:
    async def main() -> None:
        async with facing(WELL) as (face, scripted, url):
            answer = await given(face, said(url, messages=[{"role": "nobody", "content": 1}]))
            assert answer.status == 400 and error_of(await read(answer))["param"]
            assert scripted.heads == []

    run(main)


CONNECTION: dict[str, tuple[Say, Timeouts, type[Exception], int]] = {
    "it hangs up": (then_reset(), SILENT, Disconnected, 3),
    "it says nothing": (then_hang(), QUICK, FirstByteTimeout, 1),
    "it falls silent": (then_hang(HEAD), SILENT, IdleTimeout, 1),
    "it falls silent within": (then_hang(HEAD + HELLO), SILENT, IdleTimeout, 1),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("say", "times", "error", "sent"), CONNECTION.values(), ids=CONNECTION)
def test_what_is_no_answer_is_raised(
    say: Say, times: Timeouts, error: type[Exception], sent: int, stream: bool
) -> None:
    """The caller's own times are over once; what hung up is asked again, unless the caller does that."""

    async def main() -> None:
        for header, count in (("0", sent), ("1", 1)):
            async with facing(say) as (face, scripted, url):
                request = said(url, ("X-Stainless-Retry-Count", header), timeouts=times, stream=stream)
                with pytest.raises(error):
                    await read(await given(face, request))
                assert len(scripted.heads) == count

    run(main)


def test_nobody_is_there() -> None:
    async def main() -> None:
        async with facing(WELL) as (face, _, _):
            with pytest.raises(ConnectFailed):
                await face.answer(said(f"http://127.0.0.1:{unused_port()}/v1/chat/completions"))

    run(main)


# -- streams -----------------------------------------------------------------------------------------


def test_what_came_comes_before_what_went_wrong() -> None:
    async def main() -> None:
        for say, wrong in ((then_reset(HEAD + HELLO), False), (then_hang(HEAD + HELLO), True)):
            async with facing(say) as (face, _, url):
                pieces = pieces_of(await given(face, said(url, stream=True, timeouts=SILENT)))
                data = b""
                try:
                    async for piece in pieces:
                        data += piece
                except IdleTimeout:
                    assert wrong
                assert b'"content":"hello"' in data
                assert data.endswith(b"[DONE]\n\n") is (not wrong) and (b'"error"' in data) is (not wrong)
                assert [piece async for piece in pieces] == []

    run(main)


def test_who_leaves_early_is_gone_at_once() -> None:
    async def main() -> None:
        gone = asyncio.Event()
        async with facing(then_hang(HEAD + HELLO, gone.set)) as (face, _, url):
            pieces = pieces_of(await given(face, said(url, stream=True)))
            assert b"hello" in await anext(pieces)
            waiting = asyncio.ensure_future(anext(pieces, None))
            await asyncio.sleep(0)
            await pieces.aclose()
            await asyncio.wait_for(gone.wait(), 20)
            assert await waiting is None
            await pieces.aclose()

    run(main)


# -- connections -------------------------------------------------------------------------------------


def test_one_exchange_for_each_base_url_and_the_oldest_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)

    async def main() -> None:
        gone = asyncio.Event()
        async with facing(then_hang(HEAD + HELLO, gone.set), WELL) as (face, scripted, url):
            first = pieces_of(await given(face, said(url, stream=True)))
            await anext(first)
            for other in ("b", "c", "b", "b"):
                answer = await given(face, said(url.replace("/v1/", f"/{other}/")))
                assert b"hello" in await read(answer)
            # Four requests to two base URLs on two connections, and the first one is still under way.
            assert scripted.connections == {0, 1, 2} and not gone.is_set()
            await first.aclose()
            await asyncio.wait_for(gone.wait(), 20)
            paths = [head.split(" ")[1] for head in scripted.heads]
            assert paths[1:] == [f"/{other}/chat/completions" for other in ("b", "c", "b", "b")]

    run(main)


def test_what_is_closed_is_closed() -> None:
    async def main() -> None:
        async with facing(then_hang(HEAD + HELLO)) as (face, _, url):
            pieces = pieces_of(await given(face, said(url, stream=True)))
            await anext(pieces)
            await face.aclose()
            assert b'"error"' in b"".join([piece async for piece in pieces])
            with pytest.raises(ClientClosed):
                await face.answer(said(url))

    run(main)


def test_each_loop_has_its_own_face() -> None:
    faces = Faces(Setup.of())
    found: list[Face] = []

    async def main() -> None:
        found.append(faces.here)
        assert faces.here is found[-1] and faces.used

    assert not faces.used
    for _ in range(2):
        run(main)
    assert found[0] is not found[1]

    async def closed() -> None:
        here = faces.here
        await faces.aclose()
        await faces.aclose()
        assert faces.here is not here

    run(closed)


def test_keys_do_not_share_what_is_remembered() -> None:
    """The same conversation under another key: its reasoning is not known."""

    async def main() -> None:
        call = {"index": 0, "id": "look:0", "function": {"name": "look", "arguments": "{}"}}
        spoke = (
            HEAD
            + delta(reasoning_content="mine")
            + delta(tool_calls=[call])
            + delta("tool_calls")
            + DONE
            + END
        )
        async with facing(spoke) as (face, scripted, url):
            for key in ("sk-a-1", "sk-b-2"):
                answer = json.loads(await read(await given(face, said(url))))
                message = answer["choices"][0]["message"]
                result = {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "x"}
                del message["reasoning_content"]
                later = said(url, messages=[{"role": "user", "content": "Hi"}, message, result])
                head = (("authorization", f"Bearer {key}"),)
                await given(face, Said(url=url, headers=head, body=later.body))
                await given(face, later)
                assert "mine" not in json.dumps(scripted.bodies[-2])
                assert scripted.bodies[-1]["messages"][1]["reasoning_content"] == "mine"

    run(main)


def test_what_is_no_bearers_key_is_passed_on() -> None:
    async def main() -> None:
        async with facing(WELL) as (face, scripted, url):
            body = said(url).body
            await given(
                face, Said(url=url, headers=(("Authorization", "Basic dTpw"), ("a", "\xe9")), body=body)
            )
            assert "authorization: Basic dTpw" in scripted.heads[0] and "a: \xe9" in scripted.heads[0]

    run(main)


def test_stop_is_the_end_of_an_answer() -> None:
    async def main() -> None:
        async with facing(HEAD + HELLO + STOP + DONE + END) as (face, _, url):
            pieces = pieces_of(await given(face, said(url, stream=True)))
            frames = b"".join([piece async for piece in pieces]).split(b"\n\n")
            assert b'"finish_reason":"stop"' in frames[-3]

    run(main)
