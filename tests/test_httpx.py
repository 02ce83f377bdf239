"""SDKs and HTTP clients as they are, healed in their own process: real libraries, real sockets."""

import asyncio
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from typing import Any

import httpx
import httpx2
import openai
import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.httpx import AsyncTransport, Transport
from moonwire.simulator import Server, Settings
from moonwire.transport import Timeouts
from moonwire.transport.errors import (
    AtOrigin,
    ClientClosed,
    ConnectFailed,
    ConnectTimeout,
    Disconnected,
    FirstByteTimeout,
    IdleTimeout,
    PoolTimeout,
    TotalTimeout,
    Truncated,
    WriteTimeout,
)
from tests.client.clients import HERE, KINDS, Kind, chat, plain, sdk
from tests.gateway.upstreams import SSE, Line, Scripted, frame, scripted, whole
from tests.transport.test_dial import unused_port

AT = "http://a:1"
READY = 20.0
KEY = {"authorization": "Bearer any"}
BLOCKING, WAITING = KINDS["httpx2"], KINDS["httpx2-async"]
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@pytest.fixture(scope="module")
def server() -> Any:
    with Server(Settings(rules="strictest")) as server:
        yield server


# -- the SDK -----------------------------------------------------------------------------------------


@each_kind
def test_the_sdk_in_all_its_ways(kind: Kind, server: Server) -> None:
    """A role that Kimi refuses shows that it is healed, the list of models that the rest is passed on."""
    asked = chat()
    asked["messages"].insert(0, {"role": "developer", "content": "Be short."})
    with sdk(kind, server.base_url) as one:
        assert one.create(**asked).choices[0].message.content == "OK"
        chunks = list(one.items(one.create(**asked, stream=True)))
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "OK"
        raw = one.done(one.client.chat.completions.with_raw_response.create(**asked))
        assert raw.headers["moonwire-notes"].startswith("role-developer")
        assert raw.headers["moonwire-request-id"].startswith("req_") and raw.headers["x-trace-id"]
        assert raw.parse().choices[0].message.content == "OK"
        manager = one.client.chat.completions.with_streaming_response.create(**asked, stream=True)
        with one.within(manager) as response:
            lines = list(one.items(response.iter_lines()))
        assert lines[0].startswith("data: {") and lines[-2:] == ["data: [DONE]", ""]
        assert one.done(one.client.models.list()).data[0].id.startswith("kimi")
    assert [one.status for one in server.exchanges if one.status != 200] == []


def refusal(status: str, message: str, kind: str) -> bytes:
    return whole(json.dumps({"error": {"message": message, "type": kind}}).encode(), status)


OVERLOADED = refusal("429 X", "The engine is currently overloaded, please try again later", "x")
REFUSALS: dict[str, tuple[bytes, type[openai.APIError], int]] = {
    "a refusal": (refusal("400 X", "no", "invalid_request_error"), openai.BadRequestError, 1),
    "a wrong key": (refusal("401 X", "no sk-own-key-1", "x"), openai.AuthenticationError, 1),
    "overload": (OVERLOADED, openai.InternalServerError, 4),
    "a failure": (refusal("500 X", "Internal server error", "server_error"), openai.InternalServerError, 3),
    "nothing": (b"", openai.APIConnectionError, 5),
}


@pytest.mark.parametrize("kind", [BLOCKING, WAITING], ids=["blocking", "waiting"])
@pytest.mark.parametrize(("say", "error", "sent"), REFUSALS.values(), ids=REFUSALS)
def test_what_is_given_up_is_not_multiplied(
    say: bytes, error: type[openai.APIError], sent: int, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exchange tries again; the SDK does so only where no answer came, and is then not multiplied."""
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.001)
    requests: list[str] = []

    def script(line: Line, upstream: Scripted) -> None:
        while True:
            requests.append(line.request()[0])
            if not say:
                return
            line.send(say)

    with scripted(script) as upstream, sdk(kind, upstream.base_url) as one:
        with pytest.raises(error) as caught:
            one.create(**chat())
        assert "sk-own-key-1" not in str(caught.value)
        assert len(requests) == sent


@each_kind
def test_a_stream_that_breaks_raises_behind_what_it_said(kind: Kind) -> None:
    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(SSE, frame('{"content":"Hello"}'))

    said = ""
    with scripted(script) as upstream, sdk(kind, upstream.base_url) as one:
        stream = one.create(**chat(stream=True))
        with pytest.raises(openai.APIError, match=r"broke off|ended"):
            for chunk in one.items(stream):
                said += chunk.choices[0].delta.content or ""
    assert said == "Hello"


@each_kind
def test_the_sdks_own_time(kind: Kind) -> None:
    """Silence at the beginning, and silence within: both are the SDK's own error, after one request."""
    for first in (b"", SSE + frame('{"content":"Hello"}')):
        heads: list[str] = []

        def script(line: Line, upstream: Scripted, first: bytes = first, heads: list[str] = heads) -> None:
            heads.append(line.request()[0])
            line.send(first)
            assert line.gone()

        with (
            scripted(script) as upstream,
            sdk(kind, upstream.base_url, max_retries=0) as one,
            pytest.raises(openai.APITimeoutError),
        ):
            list(one.items(one.create(**chat(stream=True), timeout=httpx2.Timeout(READY, read=0.05))))
        assert len(heads) == 1


# -- errors of the connection ------------------------------------------------------------------------

WORDS: list[tuple[AtOrigin | LocalProtocolError, str]] = [
    (ConnectFailed("x", origin=AT, stage="refused"), "ConnectError"),
    (ConnectFailed("x", origin=AT, stage="tls"), "ConnectError"),
    (ConnectFailed("x", origin=AT, stage="proxy"), "ProxyError"),
    (ConnectTimeout(origin=AT, seconds=1), "ConnectTimeout"),
    (PoolTimeout(origin=AT, seconds=1), "PoolTimeout"),
    (WriteTimeout(origin=AT, seconds=1), "WriteTimeout"),
    (FirstByteTimeout(origin=AT, seconds=1), "ReadTimeout"),
    (IdleTimeout(origin=AT, seconds=1), "ReadTimeout"),
    (TotalTimeout(origin=AT, seconds=1), "ReadTimeout"),
    (Disconnected(origin=AT, before_response=True), "RemoteProtocolError"),
    (Truncated(origin=AT, received=1), "RemoteProtocolError"),
    (ClientClosed(origin=AT), "ReadError"),
    (LocalProtocolError("x"), "LocalProtocolError"),
]


@pytest.mark.parametrize(("error", "word"), WORDS, ids=lambda one: getattr(one, "stage", type(one).__name__))
@pytest.mark.parametrize("kind", [KINDS["httpx"], WAITING], ids=["httpx", "httpx2-async"])
def test_both_libraries_have_a_word_for_it(
    error: Exception, word: str, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(face: object, said: object) -> None:
        raise error

    monkeypatch.setattr("moonwire.client.face.Face.answer", fails)
    with plain(kind) as client:
        with pytest.raises(client.library.TransportError) as caught:
            client.ask(f"{AT}/chat/completions", chat())
        assert type(caught.value).__name__ == word
        assert caught.value.request.url.host == "a"


@each_kind
def test_nobody_there(kind: Kind) -> None:
    with plain(kind) as client, pytest.raises(client.library.ConnectError):
        client.ask(f"http://127.0.0.1:{unused_port()}/v1/chat/completions", chat())


@each_kind
@pytest.mark.parametrize("stream", [False, True])
def test_silence_is_as_long_as_the_client_says(kind: Kind, stream: bool) -> None:
    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(SSE, frame('{"content":"Hello"}'))
        assert line.gone()
        upstream.said.put("gone")

    said = b""
    with scripted(script) as upstream, plain(kind) as client:
        with pytest.raises(client.library.ReadTimeout):
            url = f"{upstream.base_url}/chat/completions"
            # Something is said first, and there has to be time for it, however busy the machine is.
            times = client.library.Timeout(READY, read=0.3)
            if stream:
                for piece in client.pieces(client.open(url, chat(stream=True), timeout=times)):
                    said += piece
            else:
                client.ask(url, chat(), timeout=times)
        assert upstream.next() == "gone"
    assert (b"Hello" in said) is stream


# -- streams -----------------------------------------------------------------------------------------


@each_kind
def test_a_frame_is_there_when_it_was_sent_and_who_leaves_is_gone(kind: Kind) -> None:
    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(SSE, frame('{"content":"one"}'))
        # The next one only once the first has arrived.
        assert upstream.said.get(timeout=READY) == "arrived"
        line.send(frame('{"content":"two"}'))
        assert line.gone()
        left.put("gone")

    left: queue.SimpleQueue[str] = queue.SimpleQueue()
    with scripted(script) as upstream, plain(kind, timeouts=Timeouts()) as client:
        response = client.open(f"{upstream.base_url}/chat/completions", chat(stream=True), timeout=None)
        assert response.headers["content-type"] == "text/event-stream"
        pieces = client.pieces(response)
        assert b"one" in next(pieces)
        upstream.said.put("arrived")
        assert b"two" in next(pieces)
        client.end(response)
        assert left.get(timeout=READY) == "gone"
        assert list(pieces) == []


@each_kind
def test_a_broken_stream_ends_in_the_error(kind: Kind) -> None:
    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(SSE, frame('{"content":"one"}'))

    with scripted(script) as upstream, plain(kind) as client:
        response = client.open(f"{upstream.base_url}/chat/completions", chat(stream=True))
        frames = b"".join(client.pieces(response)).split(b"\n\n")
    assert response.status_code == 200 and b'"content":"one"' in frames[1]
    assert frames[-2:] == [b"data: [DONE]", b""]
    assert json.loads(frames[-3][6:])["error"]["code"]


@pytest.mark.parametrize("stream", [False, True])
def test_an_interrupt_leaves_the_upstream(stream: bool) -> None:
    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(SSE, frame('{"content":"one"}'))
        if not stream:
            os.kill(os.getpid(), signal.SIGINT)
        assert line.gone()
        left.put("gone")

    left: queue.SimpleQueue[str] = queue.SimpleQueue()
    with scripted(script) as upstream, plain(BLOCKING) as client:
        with pytest.raises(KeyboardInterrupt):
            url = f"{upstream.base_url}/chat/completions"
            if stream:
                for _ in client.pieces(client.open(url, chat(stream=True), timeout=None)):
                    os.kill(os.getpid(), signal.SIGINT)
            else:
                client.ask(url, chat(), timeout=None)
        assert left.get(timeout=READY) == "gone"


# -- what is passed on -------------------------------------------------------------------------------

PLACES = ("/v1/chat/completions", "/v1/embeddings", "/v1/chat/completions/x", "/v1/models")
PASSED: dict[str, tuple[str, str, bytes, dict[str, Any]]] = {
    "an unknown endpoint": ("POST", PLACES[0], b'{"model": "kimi-k3" , "messages": []}', {"endpoint": ""}),
    "an unknown model": ("POST", PLACES[0], b'{"model":"gpt-5","messages":[], "n": 3}', {}),
    "no JSON": ("POST", PLACES[0], b"{nothing", {}),
    "no object": ("POST", PLACES[0], b"[1, 2]", {}),
    "no model": ("POST", PLACES[0], b'{"messages":[]}', {}),
    "no body": ("POST", PLACES[0], b"", {}),
    "another path": ("POST", PLACES[1], b'{"model":"kimi-k3"}', {}),
    "a path below": ("POST", PLACES[2], b'{"model":"kimi-k3"}', {}),
    "another method": ("GET", PLACES[3], b"", {}),
    "the same path": ("GET", PLACES[0], b"", {}),
}


@each_kind
@pytest.mark.parametrize(("method", "path", "body", "ways"), PASSED.values(), ids=PASSED)
def test_the_rest_is_passed_on_as_it_is(
    method: str, path: str, body: bytes, ways: dict[str, Any], kind: Kind
) -> None:
    """The same bytes as without the transport, both ways."""
    answer = whole(b'{"any":  "thing"}', "201 Made", "x-a: b")

    def script(line: Line, upstream: Scripted) -> None:
        while True:
            upstream.said.put(line.request())
            line.send(answer)

    with scripted(script) as upstream, plain(kind, **ways) as client:
        url = f"http://127.0.0.1:{upstream.port}{path}?a=b"
        response = client.ask(url, body or None, method=method, headers={"x-stainless-a": "1"})
        with client.library.Client() as bare:
            direct = bare.request(method, url, content=body or None, headers={"x-stainless-a": "1"})
        assert upstream.next() == upstream.next()
    assert (response.status_code, response.content) == (direct.status_code, direct.content)
    assert response.headers == direct.headers


@each_kind
def test_a_packed_body_is_passed_on(kind: Kind) -> None:
    def script(line: Line, upstream: Scripted) -> None:
        upstream.said.put(line.request()[1])
        line.send(whole(b"{}"))

    with scripted(script) as upstream, plain(kind) as client:
        body = json.dumps(chat()).encode()
        url = f"{upstream.base_url}/chat/completions"
        assert client.ask(url, body, headers={"content-encoding": "gzip"}).status_code == 200
        assert upstream.next() == body


def test_a_transport_of_ones_own_takes_what_is_passed_on_and_is_closed_with_it() -> None:
    class Inner(httpx2.MockTransport):
        closed = 0

        def close(self) -> None:
            self.closed += 1

        async def aclose(self) -> None:
            self.closed += 1

    inner = Inner(lambda request: httpx2.Response(204))
    for kind in (BLOCKING, WAITING):
        with plain(kind, inner=inner) as client:
            assert client.ask("http://a/v1/models", method="GET").status_code == 204
    assert inner.closed == 2


# -- headers -----------------------------------------------------------------------------------------


@each_kind
def test_the_callers_headers_are_not_lost(kind: Kind) -> None:
    given = {
        "Authorization": "Bearer sk-1",
        "api-key": "proxy",
        "OpenAI-Organization": "org",
        "x-msh-platform": "cli",
        "User-Agent": "Agent/1",
        "Cookie": "a=b",
        "X-Two": "1",
    }
    dropped = {
        "x-stainless-lang": "python",
        "moonwire-explain": "1",
        "Accept-Encoding": "gzip, br",
        "Connection": "keep-alive, x-hop",
        "X-Hop": "1",
    }

    def script(line: Line, upstream: Scripted) -> None:
        upstream.said.put(line.request()[0])
        line.send(SSE, frame('{"content":"Hi"}'), frame("{}", '"stop"'), b"data: [DONE]\n\n")

    with scripted(script) as upstream, plain(kind) as client:
        response = client.ask(f"{upstream.base_url}/chat/completions", chat(), headers={**given, **dropped})
        head = [tuple(line.split(": ", 1)) for line in upstream.next().split("\r\n")[1:]]
    assert response.json()["moonwire"]["request_id"] == response.headers["moonwire-request-id"]
    sent = [(name.lower(), value) for name, value in head]
    assert {(name.lower(), value) for name, value in given.items()} <= set(sent)
    names = [name for name, _ in sent]
    assert len(set(names)) == len(names)
    assert set(names) - {name.lower() for name in given} == {
        *("host", "content-length", "content-type", "accept", "accept-encoding")
    }
    assert dict(sent)["accept-encoding"] == "identity"


# -- threads, loops and processes --------------------------------------------------------------------


def test_threads_share_one(server: Server) -> None:
    said: queue.SimpleQueue[int] = queue.SimpleQueue()
    with plain(BLOCKING) as client:

        def ask() -> None:
            said.put(client.ask(f"{server.base_url}/chat/completions", chat(), headers=KEY).status_code)

        threads = [threading.Thread(target=ask, daemon=True) for _ in range(6)]
        for thread in threads:
            thread.start()
        assert {said.get(timeout=READY) for _ in threads} == {200}


def test_a_second_loop_has_its_own_connections_and_the_same_memory() -> None:
    """The first turn in one loop, the next in another: its reasoning is known there."""
    with Server(Settings(rules="strictest")) as server:
        transport = AsyncTransport(**HERE)
        tool: dict[str, Any] = {"type": "function", "function": {"name": "look", "parameters": {}}}
        messages: list[dict[str, Any]] = [{"role": "user", "content": "Call look."}]

        async def turn() -> Any:
            async with httpx2.AsyncClient(transport=transport) as client:
                url, asked = f"{server.base_url}/chat/completions", chat(messages=messages, tools=[tool])
                response = await client.post(url, json=asked, headers=KEY)
                return response.json()["choices"][0]["message"]

        message = asyncio.run(turn())
        thought = message.pop("reasoning_content")
        assert thought and message["tool_calls"]
        messages.append(message)
        messages += [
            {"role": "tool", "tool_call_id": call["id"], "content": "seen"} for call in message["tool_calls"]
        ]
        asyncio.run(turn())
        assert server.exchanges[-1].request["messages"][1]["reasoning_content"] == thought


def test_what_is_closed_says_so(server: Server) -> None:
    transport = Transport(**HERE)
    url = f"{server.base_url}/chat/completions"
    with httpx.Client(transport=transport) as client:
        assert client.post(url, json=chat(), headers=KEY).status_code == 200
    with httpx.Client(transport=transport) as client, pytest.raises(httpx.LocalProtocolError, match="closed"):
        client.post(url, json=chat(), headers=KEY)
    transport.close()
    Transport().close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_asks_on_its_own_connections(server: Server) -> None:
    url = f"{server.base_url}/chat/completions"
    with httpx2.Client(transport=Transport(**HERE), timeout=READY) as client:
        assert client.post(url, json=chat(), headers=KEY).status_code == 200
        child = os.fork()
        if not child:
            said = 1
            try:
                said = client.post(url, json=chat(), headers=KEY).status_code != 200
            finally:
                os._exit(said)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert client.post(url, json=chat(), headers=KEY).status_code == 200


def test_what_neither_library_has_made_is_refused() -> None:
    transport: Any = Transport()
    with pytest.raises(LocalProtocolError, match="no request of httpx"):
        transport.handle_request(object())


def test_a_loop_that_is_not_asyncios_is_refused() -> None:
    going = AsyncTransport().handle_async_request(httpx2.Request("GET", "http://a"))
    with pytest.raises(LocalProtocolError, match="asyncio"):
        going.send(None)


def test_neither_library_is_asked_for() -> None:
    """They are no dependencies: whoever makes a request has one of them."""
    look = "import sys, moonwire.httpx; print({'httpx', 'httpx2', 'openai'} & {*sys.modules})"
    ran = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"


def test_nothing_that_is_shown_shows_a_secret() -> None:
    with Transport(proxy="http://u:secret@127.0.0.1:1") as transport:
        assert "secret" not in repr(transport) + repr(vars(transport))


def test_an_argument_that_is_none_is_refused() -> None:
    wrong: dict[str, Any] = {"setting": {}}
    with pytest.raises(LocalProtocolError, match="no such argument"):
        Transport(**wrong)
