"""Messages and Responses at the gateway: who may ask, errors, streams that break, modes, notes, lists."""

import hashlib
import json
import threading
from collections.abc import Generator
from typing import Any

import pytest
from anthropic import Anthropic, APIStatusError
from openai import OpenAI

from moonwire.exchange.config import Options, Retries
from moonwire.gateway.app import Bounds
from moonwire.gateway.generate import Timing
from moonwire.gateway.guard import Client
from moonwire.gateway.server import Listening
from moonwire.simulator import Settings
from tests.gateway.dialects.speaking import SPOKEN, Spoken, events_of
from tests.gateway.running import Answer, Running, running
from tests.gateway.upstreams import SSE, Line, Scripted, frame, scripted, whole

Json = dict[str, Any]

REFUSALS = (*("overloaded", "rate-limit", "quota", "server-error", "filter", "auth", "gated"),)
SCRIPT = "\n".join(f'script when "[{name}]"\nturn\nrefuse {name}\n' for name in REFUSALS)
K3 = Settings(models=("kimi-k3",), seed=3, script=SCRIPT)
TEAM = Client("team", (hashlib.sha256(b"sk-team").digest(),))
ONCE = Options(retries=Retries(attempts=1, breaker=0), tail=0.2)
SOON = Timing(commit_after=0.05, keep_alive=0.02)
END = frame("{}", '"stop"') + b"data: [DONE]\n\n"
OK = frame('{"content":"OK"}')
VERSION = {"anthropic-version": "2023-06-01"}

both = pytest.mark.parametrize("spoken", SPOKEN.values(), ids=SPOKEN)


@pytest.fixture(scope="module")
def plain() -> Generator[Running]:
    """A gateway that nobody leaves in another state."""
    with running(K3, hosts=["gateway.example"], options=ONCE) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def small() -> Generator[Running]:
    """A gateway with clients, that takes little."""
    with running(K3, clients=[TEAM], bounds=Bounds(body=50_000, messages=8, depth=32)) as gateway:
        yield gateway


def failed(answer: Answer) -> Json:
    """The error of a response that failed before it began."""
    last = events_of(answer)[-1]
    assert last["type"] == "response.failed"
    return last["response"]["error"]


# -- errors --------------------------------------------------------------------------------------------

DOOR: dict[str, tuple[str, dict[str, str], int, str, str]] = {
    "the wrong verb": ("GET", {}, 405, "invalid_request_error", "invalid_request_error"),
    "another host": ("POST", {"host": "evil.example"}, 421, "permission_error", "permission_error"),
    "a page": ("POST", {"origin": "https://evil.example"}, 403, "permission_error", "permission_error"),
}


@both
@pytest.mark.parametrize(("method", "headers", "status", "messages", "items"), DOOR.values(), ids=DOOR)
def test_who_is_turned_away_is_told_in_the_dialects_words(
    method: str,
    headers: dict[str, str],
    status: int,
    messages: str,
    items: str,
    spoken: Spoken,
    plain: Running,
) -> None:
    answer = plain.ask(spoken.path, spoken.body(), method=method, headers=headers)
    assert answer.status == status
    assert spoken.error_of(answer)["type"] == (messages if spoken.name == "anthropic" else items)
    assert answer.header("allow") == ("POST" if status == 405 else "")
    assert answer.header("moonwire-request-id").startswith("req_")


@both
def test_keys_come_in_either_header(spoken: Spoken, small: Running) -> None:
    for headers in ({"authorization": "Bearer sk-team"}, {"authorization": "", "x-api-key": "sk-team"}):
        assert small.ask(spoken.path, spoken.body(), headers=headers).status == 200
    assert "sk-team" not in repr(small.simulator.exchanges)
    for wrong in ({"authorization": "Bearer nope"}, {"authorization": "", "x-api-key": "nope"}):
        refused = small.ask(spoken.path, spoken.body(), headers=wrong)
        assert (refused.status, spoken.error_of(refused)["type"]) == (401, "authentication_error")


LIMITS: dict[str, tuple[Any, int, str]] = {
    "no JSON": (b"{oops", 400, "the body is no JSON"),
    "a list": (b"[]", 400, "the body is no object"),
    "too deep": (b'{"a":' * 40 + b"1" + b"}" * 40, 400, "more than 32 levels"),
    "too large": (b'{"a":"' + b"x" * 100_000 + b'"}', 413, "more than 50,000 bytes"),
    "no model": ({"messages": [{"role": "user", "content": "a"}], "input": "a"}, 400, "no model is named"),
    "nothing said": ({"model": "kimi-k3"}, 400, "missing"),
    "messages that are none": ({"model": "kimi-k3", "messages": 5, "input": 5}, 400, "list"),
    "a role that is none": (
        {"model": "kimi-k3", "messages": [{"role": "x"}], "input": [{"role": "x", "content": ""}]},
        400,
        "needs a role",
    ),
}


@both
@pytest.mark.parametrize(("body", "status", "said"), LIMITS.values(), ids=LIMITS)
def test_a_body_that_is_wrong_is_refused_in_the_dialects_words(
    body: Any, status: int, said: str, spoken: Spoken, small: Running
) -> None:
    before = len(small.simulator.exchanges)
    answer = small.ask(spoken.path, body, headers={"authorization": "Bearer sk-team"})
    error = spoken.error_of(answer)
    assert (answer.status, said in error["message"]) == (status, True), answer.body
    large = spoken.name == "anthropic" and status == 413
    assert error["type"] == ("request_too_large" if large else "invalid_request_error")
    assert len(small.simulator.exchanges) == before


@both
def test_more_messages_than_are_taken(spoken: Spoken, small: Running) -> None:
    body = spoken.body([{"role": "user", "content": "a"}] * 9)
    answer = small.ask(spoken.path, body, headers={"authorization": "Bearer sk-team"})
    assert (answer.status, "more than 8" in spoken.error_of(answer)["message"]) == (400, True)


UPSTREAM: dict[str, tuple[tuple[int, str], tuple[int, str, str | None]]] = {
    "overloaded": ((529, "overloaded_error"), (503, "server_error", "server_is_overloaded")),
    "rate-limit": (
        (429, "rate_limit_error"),
        (429, "rate_limit_error", "rate_limit_exceeded"),
    ),
    "quota": ((402, "billing_error"), (429, "insufficient_quota", "insufficient_quota")),
    "filter": ((400, "invalid_request_error"), (400, "invalid_request_error", "content_filter")),
    "auth": ((401, "authentication_error"), (401, "authentication_error", "invalid_api_key")),
    "gated": ((403, "permission_error"), (403, "permission_error", "client_not_allowed")),
    "server-error": ((500, "api_error"), (500, "server_error", "server_error")),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("name", "wanted"), UPSTREAM.items(), ids=UPSTREAM)
def test_what_the_upstream_refuses_is_told_in_both_dialects(
    name: str, wanted: Any, stream: bool, plain: Running
) -> None:
    for spoken, (status, *words) in zip(SPOKEN.values(), wanted, strict=True):
        answer = plain.ask(spoken.path, spoken.body(f"[{name}]", stream=stream))
        if name == "quota" and stream and spoken.name == "responses":
            # Codex stops by the code of a failed response, and by no status.
            assert (answer.status, failed(answer)["code"]) == (200, "insufficient_quota")
            continue
        error = spoken.error_of(answer)
        said = [error["type"]] if spoken.name == "anthropic" else [error["type"], error["code"]]
        assert (answer.status, said) == (status, words), answer.body
        assert error["message"]
        report = plain.notes(answer)
        assert (report["status"], bool(report["error"])) == (status, True)


@both
def test_a_refusal_says_how_long_to_wait(spoken: Spoken) -> None:
    faults = '[[fault]]\nkind = "status"\nerror = "rate-limit-retry-after"\nseconds = 0.05'
    with running(Settings(models=("kimi-k3",), faults=faults), options=ONCE) as gateway:
        for stream in (False, True):
            answer = gateway.ask(spoken.path, spoken.body(stream=stream))
            assert (answer.status, answer.header("retry-after")) == (429, "1")


@pytest.mark.parametrize("stream", [False, True])
def test_an_overflow_is_told_so_that_agents_compact(stream: bool, plain: Running) -> None:
    before = len(plain.simulator.exchanges)
    too_long = "word " * 1_300_000
    messages, items = SPOKEN["anthropic"], SPOKEN["responses"]
    error = messages.error_of(plain.ask(messages.path, messages.body(too_long, stream=stream)))
    assert error["type"] == "invalid_request_error"
    assert error["message"].startswith("prompt is too long: ")
    answer = plain.ask(items.path, items.body(too_long, stream=stream))
    told = failed(answer) if stream else items.error_of(answer)
    assert (answer.status, told["code"]) == (200 if stream else 400, "context_length_exceeded")
    assert len(plain.simulator.exchanges) == before


@both
def test_no_more_requests_than_are_taken(spoken: Spoken) -> None:
    with running(K3, bounds=Bounds(running=0)) as gateway:
        answer = gateway.ask(spoken.path, spoken.body())
        assert (answer.status, answer.header("retry-after")) == (503, "1")
        kinds = {"anthropic": "overloaded_error", "responses": "server_error"}
        assert spoken.error_of(answer)["type"] == kinds[spoken.name]


@both
def test_thoughts_alone_are_no_answer(spoken: Spoken) -> None:
    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(SSE, frame('{"reasoning_content":"Hm."}'), frame("{}", '"length"'), b"data: [DONE]\n\n")

    with scripted(script) as upstream, running(upstream.base_url, endpoint="platform") as gateway:
        cap = {"anthropic": {"max_tokens": 20}, "responses": {"max_output_tokens": 20}}[spoken.name]
        streamed = gateway.ask(spoken.path, {**spoken.body(stream=True), **cap})
        last = events_of(streamed)[-1]
        assert last["type"] in ("message_stop", "response.incomplete")
        refused = gateway.ask(spoken.path, {**spoken.body(), **cap})
        error = spoken.error_of(refused)
        # Of a status that no client tries again.
        assert (refused.status, error["type"]) == (422, "invalid_request_error")
        assert error.get("code") == {"anthropic": None, "responses": "thoughts_only"}[spoken.name]
        assert "the output cap of 20 tokens" in error["message"]


# -- streams that break --------------------------------------------------------------------------------


@both
def test_a_stream_that_breaks_ends_in_an_error_behind_what_came(spoken: Spoken) -> None:
    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(SSE, frame('{"reasoning_content":"Hm."}'), OK)

    with scripted(script) as upstream, running(upstream.base_url) as gateway:
        answer = gateway.ask(spoken.path, spoken.body(stream=True))
        events = events_of(answer)
        assert (answer.status, answer.cut, spoken.text(answer)) == (200, False, "OK")
        assert events[-1]["type"] == spoken.error
        assert "Hm." in answer.body.decode()
        assert "upstream: " in gateway.notes(answer)["error"]
        failed = gateway.ask(spoken.path, spoken.body())
        assert failed.status == 502
        assert spoken.error_of(failed)["type"] in ("api_error", "server_error")


def test_the_sdks_are_told_that_a_stream_broke() -> None:
    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(SSE, OK)

    with scripted(script) as upstream, running(upstream.base_url) as gateway:
        with Anthropic(base_url=gateway.url, api_key="any", max_retries=0) as client:
            said: list[str] = []
            asked: Any = {"max_tokens": 99, "messages": [{"role": "user", "content": "a"}]}
            with pytest.raises(APIStatusError), client.messages.stream(model="kimi-k3", **asked) as stream:
                said += stream.text_stream
            assert said == ["OK"]
        with OpenAI(base_url=gateway.base_url, api_key="any", max_retries=0) as asking:
            events = list(asking.responses.create(model="kimi-k3", input="a", stream=True))
            assert "response.output_text.delta" in [event.type for event in events]
            last = events[-1]
            assert last.type == "response.failed" and last.response.error is not None


@both
def test_what_the_gateway_has_no_time_for_ends_the_answer_that_has_begun(spoken: Spoken) -> None:
    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(SSE, OK)
        line.gone()

    with (
        scripted(script) as upstream,
        running(upstream.base_url, listening=Listening(drain=0.05)) as gateway,
        gateway.raw() as line,
    ):
        line.post(json.dumps(spoken.body(stream=True)).encode(), spoken.path)
        begun = line.until(b'"OK"')
        gateway.server.end()
        rest = begun + line.rest()
        assert b"the gateway ended before the answer did" in rest
        assert rest.count(b"event: message_start") + rest.count(b"event: response.created") == 1
        assert rest.count(f"event: {spoken.error}\n".encode()) == 1


# -- before anything is said ---------------------------------------------------------------------------

PULSES = {"anthropic": b'event: ping\ndata: {"type":"ping"}\n\n', "responses": b": keep-alive\n\n"}


def slow(*after: bytes, go: threading.Event) -> Any:
    """Headers only once the test says so."""

    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        assert go.wait(20)
        line.send(*after)

    return script


@both
def test_silence_is_filled_as_the_dialect_has_it(spoken: Spoken) -> None:
    go = threading.Event()
    with (
        scripted(slow(SSE, OK, END, go=go)) as upstream,
        running(upstream.base_url, timing=SOON) as gateway,
        gateway.raw() as line,
    ):
        line.post(json.dumps(spoken.body(stream=True)).encode(), spoken.path)
        early = line.until(PULSES[spoken.name])
        assert early.startswith(b"HTTP/1.1 200 OK")
        line.until(PULSES[spoken.name])
        go.set()
        rest = line.until(b"0\r\n\r\n")
        assert b'"OK"' in rest
        assert rest.count(b"event: message_stop") + rest.count(b"event: response.completed") == 1


@both
def test_a_refusal_behind_the_status_is_an_event_and_the_end(spoken: Spoken) -> None:
    go = threading.Event()
    refusal = whole(b'{"error":{"message":"nope","type":"invalid_request_error"}}', "400 Bad Request")
    with (
        scripted(slow(refusal, go=go)) as upstream,
        running(upstream.base_url, timing=SOON) as gateway,
        gateway.raw() as line,
    ):
        line.post(json.dumps(spoken.body(stream=True)).encode(), spoken.path)
        line.until(PULSES[spoken.name])
        go.set()
        rest = line.until(b"0\r\n\r\n")
        assert b"nope" in rest
        assert rest.count(f"event: {spoken.error}\n".encode()) == 1


# -- notes ---------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("stream", [False, True])
def test_notes_stand_in_the_header_and_in_the_answer_where_they_are_wanted(
    stream: bool, spoken: Spoken, plain: Running
) -> None:
    body = spoken.body(temperature=0.3, stream=stream)
    quiet = plain.ask(spoken.path, body)
    assert "sampling" in quiet.header("moonwire-notes"), quiet.headers
    assert b"moonwire" not in quiet.body
    told = plain.ask(spoken.path, body, headers={"moonwire-explain": "1"})
    if stream:
        holders = [one for one in events_of(told) if "moonwire" in json.dumps(one)]
        assert len(holders) == 1
        found = holders[0].get("moonwire") or holders[0]["response"]["moonwire"]
    else:
        found = told.json()["moonwire"]
    report = plain.notes(told)
    assert (found["request_id"], found["notes"]) == (told.header("moonwire-request-id"), report["notes"])
    assert (report["status"], report["mode"], report["target"]) == (200, "heal", "kimi-k3@platform")
    assert report["usage"]["completion_tokens"] > 0


# -- modes ---------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("stream", [False, True])
def test_observe_passes_bytes_and_tells_what_would_be_done(stream: bool, spoken: Spoken) -> None:
    with running(K3, mode="observe") as gateway:
        answer = gateway.ask(spoken.path, spoken.body(stream=stream), headers=VERSION)
        assert (answer.status, spoken.text(answer)) == (200, "OK"), answer.body
        (exchange,) = gateway.simulator.exchanges
        assert exchange.path.endswith(spoken.path)
        report = gateway.notes(answer)
        assert (report["mode"], report["status"], report["finish"]) == ("observe", 200, "stop")
        assert report["usage"]["completion_tokens"] > 0
        assert f'dialect="{spoken.name}"' in gateway.ask("/metrics").body.decode()


@both
def test_strict_refuses_what_would_be_healed(spoken: Spoken) -> None:
    with running(K3, mode="strict") as gateway:
        assert gateway.ask(spoken.path, spoken.body()).status == 200
        before = len(gateway.simulator.exchanges)
        refused = gateway.ask(spoken.path, spoken.body(temperature=0.3))
        assert (refused.status, "temperature" in spoken.error_of(refused)["message"]) == (400, True)
        assert len(gateway.simulator.exchanges) == before


# -- what else is asked --------------------------------------------------------------------------------


def test_no_version_is_needed_and_any_is_taken(plain: Running) -> None:
    """Claude Code and the SDKs send one; curl and small clients often do not."""
    spoken = SPOKEN["anthropic"]
    for headers in ({}, VERSION, {"anthropic-version": "2099-01-01", "anthropic-beta": "x-2025-01-01"}):
        assert plain.ask(spoken.path, spoken.body(), headers=headers).status == 200
        sent = plain.simulator.exchanges[-1].request_headers
        assert not {"anthropic-version", "anthropic-beta"} & set(sent)


def test_models_are_listed_in_the_shape_that_the_caller_reads(plain: Running) -> None:
    for path in ("/v1/models", "/v1/models/kimi-k3"):
        openai, anthropic = plain.ask(path).json(), plain.ask(path, headers=VERSION).json()
        if path.endswith("k3"):
            openai, anthropic = {"data": [openai]}, {"data": [anthropic]}
        assert (
            [one["id"] for one in openai["data"]] == [one["id"] for one in anthropic["data"]] == ["kimi-k3"]
        )
        assert [one["object"] for one in openai["data"]] == ["model"]
        assert [one["type"] for one in anthropic["data"]] == ["model"]
        assert anthropic["data"][0]["max_input_tokens"] == openai["data"][0]["context_length"]
    with Anthropic(base_url=plain.url, api_key="any", max_retries=0) as client:
        assert [one.id for one in client.models.list()] == ["kimi-k3"]
        assert client.models.retrieve("kimi-k3").display_name


def test_tokens_are_counted(plain: Running) -> None:
    with Anthropic(base_url=plain.url, api_key="any", max_retries=0) as client:
        counts = [
            client.messages.count_tokens(
                model="kimi-k3", system="Be brief.", messages=[{"role": "user", "content": "word " * number}]
            ).input_tokens
            for number in (1, 400)
        ]
    assert 0 < counts[0] < 200 < counts[1] < 1000
    spoken = SPOKEN["anthropic"]
    assert plain.ask("/v1/messages/count_tokens", {"model": "kimi-k3"}).status == 400
    refused = plain.ask("/v1/messages/count_tokens", method="GET")
    assert (refused.status, spoken.error_of(refused)["type"]) == (405, "invalid_request_error")
