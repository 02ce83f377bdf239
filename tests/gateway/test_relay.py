"""Mode `observe` and what is passed on: the bytes are the server's, and the report is beside them."""

import json
import threading
from collections.abc import Generator
from typing import Any

import pytest

from moonwire.exchange.config import Hop, Route
from moonwire.gateway.relay import HOP_BY_HOP
from moonwire.simulator import Server as Simulator
from moonwire.simulator import Settings
from tests.gateway.running import Answer, Running, ask, chat, running
from tests.gateway.upstreams import SSE, Line, Scripted, frame, scripted, whole
from tests.simulator.asking import TOOLS

FIXED = Settings(models=("kimi-k3",), seed=5, fixed=True)
OURS = {"moonwire-request-id", "moonwire-notes"}


@pytest.fixture(scope="module")
def observed() -> Generator[Running]:
    with running(FIXED, mode="observe") as gateway:
        yield gateway


def told(answer: Answer) -> dict[str, str]:
    """The headers that a caller can build on, without those of the connection."""
    return {
        name.lower(): value
        for name, value in answer.headers
        if name.lower() not in {*HOP_BY_HOP, "date", "server"} - {"content-length"}
        and name.lower() not in OURS
    }


ASKED: dict[str, Any] = {
    "words": chat("Write 40 words."),
    "a stream": chat("Write 40 words.", stream=True),
    "a stream with usage": chat(stream=True, stream_options={"include_usage": True}),
    "calls": chat("Call get_weather and read_file.", tools=TOOLS, stream=True),
    "what is refused": chat(temperature=0.2),
    "a stream that is refused": chat(temperature=0.2, stream=True),
    "what moonwire would not take": {"model": "kimi-k3", "messages": 5},
    "no model": {"messages": []},
}


@pytest.mark.parametrize("body", ASKED.values(), ids=ASKED)
def test_what_is_observed_is_byte_for_byte_the_direct_answer(body: dict[str, Any]) -> None:
    data = json.dumps(body, indent=1).encode()
    with Simulator(FIXED) as direct, running(FIXED, mode="observe") as gateway:
        port = int(direct.url.rpartition(":")[2])
        plain = ask(port, "/v1/chat/completions", data)
        through = gateway.ask(body=data)
        assert (through.status, through.body) == (plain.status, plain.body)
        assert told(through) == told(plain)
        assert gateway.simulator.exchanges[0].request == direct.exchanges[0].request


def test_what_would_be_done_is_reported(observed: Running) -> None:
    answer = observed.chat([{"role": "developer", "content": "Hi."}], temperature=0.2)
    assert answer.status == 400
    report = observed.notes(answer)
    assert {"role-developer", "cap-default"} <= {note["code"] for note in report["notes"]}
    assert (report["mode"], report["status"], report["target"]) == ("observe", 400, "kimi-k3@platform")
    assert "role-developer" in answer.header("moonwire-notes")


@pytest.mark.parametrize("stream", [False, True])
def test_what_the_answer_would_get_is_reported_too(stream: bool) -> None:
    leaky = Settings(endpoint="vllm", models=("kimi-k2.6",), raw="content", seed=2)
    more: Any = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    with running(leaky, mode="observe") as gateway:
        answer = gateway.chat("Weather in Paris?", model="kimi-k2.6", tools=TOOLS, **more)
        assert b'"id":"functions' not in answer.body
        report = gateway.notes(answer)
        assert (report["finish"], report["status"]) == ("tool_calls", 200)
        assert report["usage"]["completion_tokens"] > 0


def test_a_request_that_cannot_be_planned_is_the_servers_to_refuse(observed: Running) -> None:
    answer = observed.ask(body={"model": "kimi-k3", "messages": 5})
    assert answer.status == 400
    assert observed.notes(answer)["error"].startswith("LocalProtocolError: ")


def test_an_alias_is_the_one_word_that_is_changed() -> None:
    routes = [Route(models=("gpt-x",), hops=(Hop("upstream", "kimi-k3"),), mode="observe")]
    with running(FIXED, routes=routes) as gateway:
        body = chat(model="gpt-x", metadata={"b": 1, "a": [2]})
        gateway.ask(body=body)
        assert gateway.simulator.exchanges[0].request == {**body, "model": "kimi-k3"}


def test_an_upstream_that_breaks_off_is_seen_to_break_off() -> None:
    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        head = SSE.replace(b"connection: close", b"transfer-encoding: chunked")
        line.send(head, b"5\r\ndata:\r\n")

    with scripted(script) as upstream, running(upstream.base_url, mode="observe") as gateway:
        answer = gateway.chat(stream=True)
        assert (answer.status, answer.body, answer.cut) == (200, b"data:", True)
        assert gateway.over()["error"]


def test_an_upstream_that_is_not_there_is_a_bad_gateway() -> None:
    def script(line: Line, upstream: Scripted) -> None: ...

    with scripted(script) as upstream, running(upstream.base_url, mode="observe") as gateway:
        for answer in (gateway.chat(), gateway.ask("/v1/files")):
            assert (answer.status, answer.error["code"]) == (502, "upstream_unreachable")
        assert gateway.over()["status"] == 502


def test_a_broken_stream_is_no_reason_to_stop_relaying() -> None:
    junk = b"data: {oops\n\ndata: [1]\n\ndata: " + b"x" * 100 + b"\n\n"

    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(whole(junk, kind="text/event-stream"))

    with scripted(script) as upstream, running(upstream.base_url, mode="observe") as gateway:
        answer = gateway.chat(stream=True)
        assert (answer.body, answer.cut) == (junk, False)
        assert gateway.notes(answer)["status"] == 200


def test_an_endless_answer_is_relayed_and_no_longer_watched() -> None:
    big = frame(json.dumps({"content": "x" * 1_000_000}))

    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(SSE, *[big] * 9, b"data: [DONE]\n\n")

    with scripted(script) as upstream, running(upstream.base_url, mode="observe") as gateway:
        answer = gateway.chat(stream=True)
        assert answer.body == big * 9 + b"data: [DONE]\n\n"
        assert gateway.notes(answer)["finish"] is None


# -- everything else below /v1 -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files() -> Generator[Running]:
    with running(FIXED) as gateway:
        yield gateway


def test_files_go_there_and_back(files: Running) -> None:
    mark = "b0undary"
    body = (
        f'--{mark}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nfile-extract\r\n'
        f'--{mark}\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        f"Hello \u6708.\r\n--{mark}--\r\n"
    ).encode()
    kind = {"content-type": f"multipart/form-data; boundary={mark}"}
    made = files.ask("/v1/files", body, headers=kind)
    assert made.status == 200, made.body
    path = f"/v1/files/{made.json()['id']}"
    assert files.ask(path).json()["filename"] == "a.txt"
    assert "Hello \u6708." in files.ask(f"{path}/content").body.decode()
    assert files.ask("/v1/files?purpose=file-extract").json()["data"]
    assert files.ask(path, method="DELETE").json()["deleted"] is True
    assert files.ask(path).status == 404


def test_a_balance_is_the_upstreams(files: Running) -> None:
    answer = files.ask("/v1/users/me/balance")
    assert answer.json()["data"]["available_balance"] > 0
    assert answer.header("moonwire-request-id")
    assert files.ask("/v1/nothing/there").status == 404


def test_a_request_is_passed_on_as_it_was_written() -> None:
    def script(line: Line, upstream: Scripted) -> None:
        while True:
            head, body = line.request()
            upstream.said.put((head, body))
            headers = ("x-more: 1", "x-more: 2", "connection: x-hop", "x-hop: no", "set-cookie: a=b")
            line.send(whole(body or b"-", "201 Made", *headers))

    with scripted(script) as upstream, running(upstream.base_url) as gateway:
        sent = {
            "x-mine": "yes",
            "x-hop": "no",
            "connection": "x-hop",
            "cookie": "secret",
            "referer": "http://127.0.0.1/",
            "moonwire-explain": "1",
            "user-agent": "Me/1",
        }
        answer = gateway.ask("/v1/some%2Fthing/a%20b?q=1&r=%0a", b"\x00body", method="PUT", headers=sent)
        head, body = upstream.next()
        assert head.startswith("PUT /v1/some%2Fthing/a%20b?q=1&r=%0a HTTP/1.1\r\n")
        assert body == b"\x00body"
        lower = head.lower()
        assert "authorization: bearer sk-upstream" in lower and "bearer any" not in lower
        assert "x-mine: yes" in lower and "user-agent: me/1" in lower
        for gone in ("x-hop", "cookie", "referer", "moonwire", "expect"):
            assert gone not in lower
        assert (answer.status, answer.body) == (201, b"\x00body")
        assert [value for name, value in answer.headers if name == "x-more"] == ["1", "2"]
        assert (answer.header("x-hop"), answer.header("set-cookie")) == ("", "a=b")
        assert answer.header("content-length") == "5"


def test_a_path_cannot_hold_a_second_request() -> None:
    def script(line: Line, upstream: Scripted) -> None:
        while True:
            upstream.said.put(line.request()[0])
            line.send(whole(b"{}"))

    with scripted(script) as upstream, running(upstream.base_url) as gateway:
        gateway.ask("/v1/files/a%0d%0aevil:%201%0d%0a%0d%0aGET%20/")
        head = upstream.next()
        assert "evil" not in head.split("\r\n", 1)[1]


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_an_answer_without_a_body_has_none(status: str) -> None:
    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(f"HTTP/1.1 {status}\r\netag: x\r\n\r\n".encode())

    with scripted(script) as upstream, running(upstream.base_url) as gateway:
        answer = gateway.ask("/v1/files/a")
        assert (answer.status, answer.body, answer.header("etag")) == (int(status[:3]), b"", "x")


def test_a_head_is_a_head(files: Running) -> None:
    answer = files.ask("/v1/files", method="HEAD")
    assert answer.body == b""
    assert answer.status in (200, 404, 405)


def test_an_answer_that_is_packed_is_unpacked() -> None:
    with running(Settings(faults='[[fault]]\nkind = "gzip"\npath = "/v1/chat/completions"')) as packed:
        assert packed.chat(stream=True).text == "OK"


def test_a_passed_answer_comes_piece_by_piece() -> None:
    go = threading.Event()

    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab")
        assert go.wait(20)
        line.send(b"cd")

    with scripted(script) as upstream, running(upstream.base_url) as gateway, gateway.raw() as line:
        line.post(b"", "/v1/files")
        line.until(b"ab")
        go.set()
        line.until(b"cd")
        assert go.is_set()
