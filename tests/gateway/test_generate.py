"""Answers, streamed and whole: what comes when, in which words, and what ends it."""

import json
import re
import threading
from collections.abc import Generator
from typing import Any

import pytest

from moonwire.exchange.config import Hop, Options, Retries, Route
from moonwire.gateway.generate import DEFAULTS, Timing
from moonwire.gateway.server import Listening
from moonwire.simulator import Settings
from moonwire.transport import Timeouts
from tests.gateway.running import KEY, QUICK, Answer, Running, chat, running
from tests.gateway.upstreams import SSE, Line, Scripted, frame, scripted, whole
from tests.simulator.asking import TOOLS
from tests.simulator.verifier.streaming import check_refusal, check_stream

K3 = Settings(models=("kimi-k3",), seed=3)
SOON = Timing(commit_after=0.05, keep_alive=0.02)
END = frame("{}", '"stop"') + b"data: [DONE]\n\n"
OK = frame('{"content":"OK"}')


@pytest.fixture(scope="module")
def k3() -> Generator[Running]:
    """A gateway that nobody leaves in another state."""
    with running(K3) as gateway:
        yield gateway


def headers_of(answer: Answer) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers}


# -- the specification ---------------------------------------------------------------------------------

ASKED: dict[str, dict[str, Any]] = {
    "words": chat("Write 40 words."),
    "usage asked for": chat("Say 'OK'.", stream_options={"include_usage": True}),
    "usage declined": chat("Say 'OK'.", stream_options={"include_usage": False}),
    "a call": chat("How is the weather in Paris?", tools=TOOLS),
    "calls": chat("Call get_weather and read_file.", tools=TOOLS),
    "characters of several bytes": chat('Say "月の光 🌙 – ça va".'),
    "a cap": chat("Write 300 words.", max_tokens=40),
    "a stop": chat("Say 'one two three'.", stop=["two"]),
}


@pytest.mark.parametrize("mode", ["heal", "observe"])
@pytest.mark.parametrize("body", ASKED.values(), ids=ASKED)
def test_a_stream_keeps_the_specification(body: dict[str, Any], mode: Any, both: dict[str, Running]) -> None:
    asked = {**body, "stream": True}
    answer = both[mode].ask(body=asked)
    broken = check_stream(answer.body, headers_of(answer), asked, answer.status)
    # Ids of calls are the gateway's own, which survive every sanitiser; their form is a convention.
    assert [rule for rule in broken if mode == "observe" or not rule.startswith("P2.2")] == []
    assert b"\n: " not in answer.body
    assert answer.body.endswith(b"data: [DONE]\n\n")
    summaries = [frame for frame in answer.frames if frame["choices"] == []]
    assert len(summaries) == (body.get("stream_options", {}).get("include_usage") is True)


@pytest.fixture(scope="module")
def both() -> Generator[dict[str, Running]]:
    with running(K3) as heal, running(K3, mode="observe") as observe:
        yield {"heal": heal, "observe": observe}


def test_what_a_stream_says_is_what_the_whole_answer_says(k3: Running) -> None:
    for body in (chat("Write 40 words."), chat("How is the weather in Paris?", tools=TOOLS)):
        whole_one = k3.ask(body=body).json()
        frames = k3.ask(body={**body, "stream": True}).frames
        message = whole_one["choices"][0]["message"]
        deltas = [choice["delta"] for one in frames for choice in one["choices"]]
        assert "".join(one.get("content") or "" for one in deltas) == (message["content"] or "")
        thoughts = "".join(one.get("reasoning_content") or "" for one in deltas)
        assert thoughts == message["reasoning_content"]
        calls = [call for one in deltas for call in one.get("tool_calls", ())]
        arguments = "".join(call["function"]["arguments"] for call in calls)
        said = "".join(call["function"]["arguments"] for call in message.get("tool_calls", ()))
        assert arguments == said
        assert frames[-1]["choices"][0]["finish_reason"] == whole_one["choices"][0]["finish_reason"]
        for call in message.get("tool_calls", ()):
            assert re.fullmatch(r"call[0-9a-f]{24}", call["id"])


# -- the header and the notes --------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True])
def test_notes_stand_in_the_header_and_whole_behind_the_id(stream: bool, k3: Running) -> None:
    answer = k3.chat([{"role": "developer", "content": "Be short."}, *chat()["messages"]], stream=stream)
    assert "role-developer" in answer.header("moonwire-notes")
    report = k3.notes(answer)
    assert report["request_id"] == answer.header("moonwire-request-id")
    assert (report["status"], report["mode"], report["finish"]) == (200, "heal", "stop")
    assert (report["upstream"], report["target"]) == ("upstream", "kimi-k3@platform")
    assert report["usage"]["completion_tokens"] > 0
    note = next(note for note in report["notes"] if note["code"] == "role-developer")
    assert note["path"] == "messages[0].role" and note["reason"]
    assert b"moonwire" not in answer.body


@pytest.mark.parametrize("stream", [False, True])
def test_notes_stand_in_the_answer_where_that_is_wanted(stream: bool, k3: Running) -> None:
    answer = k3.chat(stream=stream, to={"moonwire-explain": "1"})
    told = (answer.frames[-1] if stream else answer.json())["moonwire"]
    assert told["request_id"] == answer.header("moonwire-request-id")
    assert told["notes"] == k3.notes(answer)["notes"]
    if stream:
        assert [one for one in answer.frames if "moonwire" in one] == [answer.frames[-1]]


def test_the_agent_says_itself_who_it_is(k3: Running) -> None:
    said = {"user-agent": "MyAgent/1.0", "x-msh-platform": "cli", "x-other": "no", "moonwire-explain": "1"}
    before = len(k3.simulator.exchanges)
    k3.chat(to=said)
    k3.ask("/v1/tokenizers/estimate-token-count", chat(), headers=said)
    for exchange in k3.simulator.exchanges[before:]:
        sent = exchange.request_headers
        assert (sent["user-agent"], sent["x-msh-platform"]) == ("MyAgent/1.0", "cli")
        assert not {"x-other", "moonwire-explain"} & set(sent)


# -- strict --------------------------------------------------------------------------------------------


def test_strict_refuses_what_would_be_healed_with_every_place() -> None:
    routes = [
        Route(models=("kimi-k3",), hops=(Hop("upstream"),), mode="strict"),
        Route(hops=(Hop("upstream"),)),
    ]
    with running(Settings(seed=3), routes=routes) as gateway:
        # What every caller may leave out is nothing to be healed.
        assert gateway.chat().status == gateway.chat(stream=True).status == 200
        assert {note["code"] for note in gateway.notes(gateway.chat())["notes"]} >= DEFAULTS
        before = len(gateway.simulator.exchanges)
        wrong = [
            {"role": "developer", "content": "Be short."},
            {"role": "user", "content": [{"type": "text", "text": ""}, {"type": "text", "text": "Hi."}]},
        ]
        refused = gateway.chat(wrong, temperature=0.3)
        assert (refused.status, refused.error["type"]) == (400, "invalid_request_error")
        for place in ("messages[0].role", "messages[1].content[0]", "temperature"):
            assert place in refused.error["message"], refused.error
        assert refused.error["param"]
        assert len(gateway.simulator.exchanges) == before
        # Another route of the same gateway heals it.
        assert gateway.chat(wrong, model="kimi-k2.6", temperature=0.3).status == 200


def test_many_places_are_counted() -> None:
    with running(K3, mode="strict") as gateway:
        wrong = [{"role": "developer", "content": str(number)} for number in range(12)]
        assert re.search(r"; and \d+ more", gateway.chat([*wrong, *chat()["messages"]]).error["message"])


# -- when the status goes out --------------------------------------------------------------------------


def test_a_refusal_before_a_word_is_a_status_with_its_wait() -> None:
    faults = '[[fault]]\nkind = "status"\nerror = "rate-limit-retry-after"\nseconds = 0.05'
    once = Options(retries=Retries(attempts=1))
    with running(Settings(models=("kimi-k3",), faults=faults), options=once) as gateway:
        for stream in (False, True):
            answer = gateway.chat(stream=stream)
            assert (answer.status, answer.header("retry-after")) == (429, "1")
            assert check_refusal(answer.status, headers_of(answer), answer.body) == []
            assert answer.error["code"] == "rate_limit_exceeded"
            assert gateway.notes(answer)["error"].startswith("RateLimited: ")


def test_what_was_tried_before_a_refusal_is_noted() -> None:
    faults = '[[fault]]\nkind = "status"\nerror = "server-error"'
    with running(Settings(models=("kimi-k3",), faults=faults)) as gateway:
        for stream in (False, True):
            answer = gateway.chat(stream=stream)
            assert answer.status == 500
            assert answer.header("moonwire-notes") == "request-retried*2"
        page = gateway.ask("/metrics").body.decode()
        assert 'moonwire_notes_total{code="request-retried",level="info"} 4.0' in page


def slow_upstream(*after: bytes, wait: threading.Event) -> Any:
    """Headers only once the test says so."""

    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        assert wait.wait(20)
        line.send(*after)

    return script


def test_the_status_goes_out_after_a_while_and_comments_until_a_word_comes() -> None:
    go = threading.Event()
    with (
        scripted(slow_upstream(SSE, OK, END, wait=go)) as upstream,
        running(upstream.base_url, timing=SOON) as gateway,
        gateway.raw() as line,
    ):
        line.post(json.dumps(chat(stream=True)).encode())
        early = line.until(b": keep-alive\n\n")
        assert early.startswith(b"HTTP/1.1 200 OK") and b"moonwire-request-id" in early
        line.until(b": keep-alive\n\n")
        go.set()
        rest = line.until(b"data: [DONE]\n\n")
        assert b'"content":"OK"' in rest


def test_a_refusal_after_that_is_an_event_and_the_end() -> None:
    refusal = whole(b'{"error":{"message":"nope","type":"invalid_request_error"}}', "400 Bad Request")
    go = threading.Event()
    with (
        scripted(slow_upstream(refusal, wait=go)) as upstream,
        running(upstream.base_url, timing=SOON) as gateway,
        gateway.raw() as line,
    ):
        line.post(json.dumps(chat(stream=True)).encode())
        line.until(b": keep-alive\n\n")
        go.set()
        rest = line.until(b"0\r\n\r\n")
        assert b'data: {"error":{"message":"nope' in rest
        assert b"data: [DONE]\n\n" in rest
        assert gateway.over()["status"] == 200


def test_later_silences_are_filled_and_fast_streams_have_none() -> None:
    go = threading.Event()

    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(SSE, OK)
        assert go.wait(20)
        line.send(END)

    with scripted(script) as upstream:
        with running(upstream.base_url, timing=SOON) as gateway, gateway.raw() as line:
            line.post(json.dumps(chat(stream=True)).encode())
            line.until(b'"content":"OK"')
            line.until(b": keep-alive\n\n")
            go.set()
            line.until(b"data: [DONE]\n\n")
        with running(upstream.base_url) as gateway:
            assert b"keep-alive" not in gateway.chat(stream=True).body


def test_comments_can_be_switched_off() -> None:
    go = threading.Event()
    off = Timing(commit_after=0.02, keep_alive=0)
    with (
        scripted(slow_upstream(SSE, OK, END, wait=go)) as upstream,
        running(upstream.base_url, timing=off) as gateway,
        gateway.raw() as line,
    ):
        line.post(json.dumps(chat(stream=True)).encode())
        assert b"keep-alive\n\n" not in line.until(b"\r\n\r\n")
        go.set()
        assert b": keep" not in line.until(b"data: [DONE]\n\n")


# -- endings -------------------------------------------------------------------------------------------


def test_an_upstream_that_dies_ends_in_an_error_behind_what_came() -> None:
    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(SSE, OK)

    with scripted(script) as upstream, running(upstream.base_url) as gateway:
        answer = gateway.chat(stream=True)
        assert answer.frames[-1]["error"]["code"] == "stream_cut"
        assert b'"content":"OK"' in answer.body and not answer.cut
        assert "upstream: " in gateway.notes(answer)["error"]
        failed = gateway.chat()
        assert (failed.status, failed.error["type"]) == (502, "server_error")


def test_an_answer_of_thoughts_alone_is_an_error_to_who_did_not_stream() -> None:
    thoughts = frame('{"reasoning_content":"Hm."}')

    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(SSE, thoughts, frame("{}", '"length"'), b"data: [DONE]\n\n")

    with scripted(script) as upstream, running(upstream.base_url, endpoint="platform") as gateway:
        refused = gateway.chat(max_tokens=20)
        assert (refused.status, refused.error["code"]) == (422, "thoughts_only")
        assert "cap-below-floor!" in refused.header("moonwire-notes")
        assert refused.error["type"] == "incomplete_answer"
        assert gateway.chat(stream=True, max_tokens=20).frames[-1]["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize("stage", ["before the headers", "within the answer"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("mode", ["heal", "observe"])
def test_a_caller_that_leaves_ends_the_work_upstream(stage: str, stream: bool, mode: Any) -> None:
    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        if stage == "within the answer":
            line.send(SSE, OK)
        upstream.said.put("under way")
        upstream.said.put(line.gone())

    with scripted(script) as upstream, running(upstream.base_url, mode=mode) as gateway:
        with gateway.raw() as line:
            line.post(json.dumps(chat(stream=stream)).encode())
            assert upstream.next() == "under way"
            if stage == "within the answer" and (stream or mode == "observe"):
                line.until(b"OK")
        assert upstream.next() is True
        over = gateway.over()
        assert over["error"] == "the caller left"
        assert over["status"] in (200, 499)
        assert b"moonwire_requests_running 0.0" in gateway.ask("/metrics").body


def test_what_the_gateway_has_no_time_for_is_told() -> None:
    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(SSE, OK)
        line.gone()

    with (
        scripted(script) as upstream,
        running(upstream.base_url, listening=Listening(drain=0.05)) as gateway,
        gateway.raw() as line,
    ):
        line.post(json.dumps(chat(stream=True)).encode())
        line.until(b'"content":"OK"')
        gateway.server.end()
        rest = line.rest()
        assert b"the gateway ended before the answer did" in rest
        assert b"data: [DONE]\n\n" in rest
        assert gateway.over()["error"].startswith("Denied: the gateway ended")


# -- a caller that does not read -----------------------------------------------------------------------


def flooding(line: Line, upstream: Scripted) -> None:
    """Words for ever; the test is told how many bytes went out until the other side hung up."""
    line.request()
    line.socket.settimeout(20)
    piece = frame(json.dumps({"content": "x" * 20_000}))
    line.send(SSE)
    sent = 0
    try:
        while True:
            line.send(piece)
            sent += len(piece)
    except OSError:
        upstream.said.put(sent)


@pytest.mark.parametrize("mode", ["heal", "observe"])
def test_a_caller_that_stops_reading_meets_the_write_deadline(mode: Any) -> None:
    patience = Timeouts(idle=0.1)
    with (
        scripted(flooding) as upstream,
        running(upstream.base_url, mode=mode, write=0.2, timeouts=patience) as gateway,
        gateway.raw(receive=4096) as line,
    ):
        line.post(json.dumps(chat(stream=True)).encode())
        line.until(b"xxx")
        # The upstream's silence is ours: it is not for its idle deadline.
        assert gateway.over()["error"] in (
            "the caller stopped reading",
            "StuckCaller: the caller has not read for 0.2 seconds",
        )
        # Whatever is between here and there holds a few megabytes, and not what was left to say.
        assert upstream.next() < 30_000_000
        line.rest()


def test_the_upstreams_idle_clock_stands_still_while_the_caller_does_not_read() -> None:
    halfway, go = threading.Event(), threading.Event()

    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(SSE, *[frame(json.dumps({"content": "x" * 20_000}))] * 1000)
        halfway.set()
        line.send(END)
        go.wait(20)

    with (
        scripted(script) as upstream,
        running(upstream.base_url, timeouts=Timeouts(idle=0.05)) as gateway,
        gateway.raw(receive=65536) as line,
    ):
        line.post(json.dumps(chat(stream=True)).encode())
        line.until(b"xxx")
        # Several idle deadlines pass, in which only the caller is slow.
        assert not halfway.wait(0.2)
        assert b"error" not in line.until(b"data: [DONE]\n\n")
        go.set()


# -- secrets -------------------------------------------------------------------------------------------


def test_a_key_that_the_server_quotes_goes_no_further() -> None:
    own = "sk-caller-9f2"

    def script(line: Line, upstream: Scripted) -> None:
        head, body = line.request()
        key = re.search(r"authorization: Bearer (\S+)", head, re.I)
        assert key
        said = json.dumps({"error": {"message": f"Incorrect API key provided: {key[1]}", "type": "x"}})
        if b"late" in body:
            line.send(SSE, OK, f"data: {said}\n\n".encode())
        else:
            line.send(whole(said.encode(), "401 Unauthorized" if b"auth" in body else "500 Oops"))

    asked: list[dict[str, Any]] = [
        chat(text, stream=stream) for text in ("auth", "late", "broken") for stream in (False, True)
    ]
    for keys, key in (((KEY,), KEY), ((), own)):
        for mode in ("heal", "observe"):
            with scripted(script) as upstream, running(upstream.base_url, keys=keys, mode=mode) as gateway:
                me = {"authorization": f"Bearer {own}", "moonwire-explain": "1"}
                told: list[str] = []
                for body in asked:
                    answer = gateway.ask(body=body, headers=me)
                    told.append(json.dumps(gateway.notes(answer, me)))
                    if not (mode == "observe" and answer.status == 200):
                        told.append(f"{answer.headers}{answer.body}")
                told += [gateway.ask("/metrics").body.decode(), *gateway.log]
                told += [repr(gateway.exchange.routing), repr(gateway.gateway)]
                assert [one for one in told if key in one] == []
                assert "Incorrect API key provided: ***" in "".join(told)


def test_options_are_those_of_the_exchange() -> None:
    faults = '[[fault]]\nkind = "reset-before"\nat = [1]'
    with running(Settings(models=("kimi-k3",), faults=faults), options=QUICK) as gateway:
        answer = gateway.chat()
        assert answer.text == "OK"
        assert "request-retried" in answer.header("moonwire-notes")
