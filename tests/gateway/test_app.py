"""Every path, who may ask, and what is refused at the door."""

import hashlib
import json
import socket
import threading
from collections.abc import Generator
from typing import Any

import pytest
from openai import OpenAI

from moonwire.exchange.config import Hop, Options, Retries, Route
from moonwire.gateway.app import Bounds
from moonwire.gateway.guard import Client
from moonwire.simulator import Settings
from moonwire.transport import Timeouts
from tests.gateway.running import Running, chat, running
from tests.gateway.upstreams import SSE, Line, Scripted, frame, scripted

K3 = Settings(models=("kimi-k3",), seed=3)
TEAM = Client("team", (hashlib.sha256(b"sk-team-1").digest(), hashlib.sha256(b"sk-team-2").digest()))


@pytest.fixture(scope="module")
def plain() -> Generator[Running]:
    """A gateway that nobody leaves in another state."""
    with running(K3, hosts=["gateway.example"], origins=["https://page.example"]) as gateway:
        yield gateway


def test_the_openai_sdk_needs_nothing_but_the_address() -> None:
    with running(K3) as gateway, OpenAI(base_url=gateway.base_url, api_key="any") as client:
        messages: Any = [{"role": "user", "content": "Say 'OK'."}]
        reply = client.chat.completions.create(model="kimi-k3", messages=messages)
        assert reply.choices[0].message.content == "OK"
        assert reply.usage is not None and reply.usage.completion_tokens > 0
        stream = client.chat.completions.create(model="kimi-k3", messages=messages, stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == "OK"
        assert [model.id for model in client.models.list()] == ["kimi-k3"]
        assert client.models.retrieve("kimi-k3").id == "kimi-k3"


@pytest.mark.parametrize(
    ("path", "said"), [("/healthz", b"ok\n"), ("/readyz", b"ready\n"), ("/metrics", b"moonwire_requests")]
)
def test_what_is_open_to_everyone(path: str, said: bytes, plain: Running) -> None:
    answer = plain.ask(path)
    assert (answer.status, said in answer.body) == (200, True)
    head = plain.ask(path, method="HEAD")
    assert (head.status, head.body) == (200, b"")


WRONG: dict[str, tuple[str, str, int, str, str]] = {
    "nothing there": ("GET", "/nope", 404, "there is nothing at /nope", ""),
    "no base path": ("POST", "/chat/completions", 404, "the base URL ends with /v1", ""),
    "the wrong verb": ("GET", "/v1/chat/completions", 405, "is asked with POST", "POST"),
    "a list that is posted": ("POST", "/v1/models", 405, "is asked with GET", "GET"),
    "a count that is fetched": ("GET", "/v1/tokenizers/estimate-token-count", 405, "with POST", "POST"),
    "notes that are deleted": ("DELETE", "/moonwire/notes/req_1", 405, "is asked with GET", "GET"),
    "health that is posted": ("POST", "/healthz", 405, "is asked with GET", "GET"),
    "an unknown model": ("GET", "/v1/models/nope", 404, "no route leads to a model 'nope'", ""),
    "no notes": ("GET", "/moonwire/notes/req_1", 404, "nothing is known of req_1", ""),
    "a way out of the base": ("GET", "/v1/../secret", 404, "a path with dots", ""),
    "the same, written otherwise": ("GET", "/v1/%2e%2e/secret", 404, "a path with dots", ""),
}


@pytest.mark.parametrize(("method", "path", "status", "said", "allow"), WRONG.values(), ids=WRONG)
def test_a_path_that_is_wrong_is_refused_in_the_dialects_words(
    method: str, path: str, status: int, said: str, allow: str, plain: Running
) -> None:
    answer = plain.ask(path, None if method == "GET" else b"{}", method=method)
    assert (answer.status, answer.header("allow")) == (status, allow)
    assert said.lower() in answer.error["message"].lower()
    assert set(answer.error) == {"message", "type", "param", "code"}
    assert answer.header("moonwire-request-id").startswith("req_")
    assert {one.path for one in plain.simulator.exchanges} <= {"/v1/models"}
    assert f'moonwire_refused_total{{status="{status}"}}' in plain.ask("/metrics").body.decode()


BODIES: dict[str, tuple[bytes, int, str]] = {
    "no JSON": (b'{"model": "kimi-k3", oops', 400, "byte 21"),
    "no UTF-8": (b'{"model": "\xff"}', 400, "the body is no JSON"),
    "nothing": (b"", 400, "the body is no JSON"),
    "a list": (b"[]", 400, "the body is no object"),
    "too deep": (b'{"a":' * 40 + b"1" + b"}" * 40, 400, "more than 32 levels"),
    "too many messages": (
        json.dumps(chat([{"role": "user", "content": "a"}] * 9)).encode(),
        400,
        "more than 8 messages",
    ),
    "too large": (b'{"a":"' + b"x" * 100_000 + b'"}', 413, "more than 50,000 bytes"),
    "no model": (json.dumps({"messages": []}).encode(), 400, "no model is named"),
    "a model that is no name": (json.dumps({**chat(), "model": 5}).encode(), 400, "model"),
    "a name without end": (json.dumps(chat(model="x" * 600)).encode(), 400, "so long a name"),
    "messages that are none": (json.dumps({"model": "kimi-k3", "messages": 5}).encode(), 400, "messages"),
}


@pytest.fixture(scope="module")
def small() -> Generator[Running]:
    """A gateway that takes little."""
    with running(K3, bounds=Bounds(body=50_000, messages=8, depth=32)) as gateway:
        yield gateway


@pytest.mark.parametrize(("body", "status", "said"), BODIES.values(), ids=BODIES)
def test_a_body_that_is_wrong_is_refused_with_its_place(
    body: bytes, status: int, said: str, small: Running
) -> None:
    before = len(small.simulator.exchanges)
    answer = small.ask(body=body)
    assert (answer.status, said in answer.error["message"]) == (status, True), answer.body
    assert answer.error["type"] == "invalid_request_error"
    assert len(small.simulator.exchanges) == before
    # The connection of a large body ends; the gateway does not.
    assert small.chat().status == 200


def test_a_large_body_is_for_no_path() -> None:
    with running(K3, bounds=Bounds(body=1000)) as gateway:
        for path in ("/v1/files", "/v1/tokenizers/estimate-token-count", "/v1/chat/completions"):
            assert gateway.ask(path, b"x" * 1001).status == 413
        # Bodies that are read in pieces, and one that never ends.
        assert gateway.ask("/v1/files", b"x" * 1_000_000).status == 413
        with gateway.raw() as line:
            head = "POST /v1/files HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 99999999999\r\n\r\n"
            line.send(head.encode() + b"x" * 200_000)
            assert line.rest().startswith(b"HTTP/1.1 413 ")


def test_clients_are_known_by_their_keys() -> None:
    with running(K3, clients=[TEAM]) as gateway:
        for headers in (
            {"authorization": "Bearer sk-team-1"},
            {"authorization": "", "x-api-key": "sk-team-2"},
        ):
            assert gateway.chat(to=headers).status == 200
        # The client's key is for the gateway, and the upstream's own goes there.
        assert "sk-team" not in repr(gateway.simulator.exchanges)
        for said, words in (("Bearer nope", "no client has this key"), ("", "no key was given")):
            refused = gateway.chat(to={"authorization": said})
            assert (refused.status, refused.error["type"]) == (401, "authentication_error")
            assert words in refused.error["message"]
        assert gateway.ask("/metrics", headers={"authorization": "Bearer nope"}).status == 401
        assert gateway.ask("/v1/models", headers={"authorization": "Bearer nope"}).status == 401
        assert gateway.ask("/healthz", headers={"authorization": ""}).status == 200


def test_nothing_of_a_strangers_body_is_kept() -> None:
    with running(K3, clients=[TEAM], bounds=Bounds(body=1 << 20)) as gateway:
        answer = gateway.ask(body=b"x" * 900_000, headers={"authorization": "Bearer nope"})
        assert (answer.status, answer.header("connection")) == (401, "close")


PLACES: dict[str, tuple[dict[str, str], int]] = {
    "loopback by name": ({"host": "localhost:1"}, 200),
    "loopback of the other kind": ({"host": "[::1]:1"}, 200),
    "another name": ({"host": "evil.example"}, 421),
    "a name that begins like loopback": ({"host": "127.0.0.1.evil.example"}, 421),
    "a listed name": ({"host": "Gateway.Example:8370"}, 200),
    "a page": ({"origin": "https://evil.example"}, 403),
    "a page without a place": ({"origin": "null"}, 403),
    "a listed page": ({"origin": "https://page.example"}, 200),
    "an image of a page": ({"sec-fetch-site": "cross-site"}, 403),
    "typed by a person": ({"sec-fetch-site": "none"}, 200),
}


@pytest.mark.parametrize(("headers", "status"), PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("path", ["/v1/models", "/healthz"])
def test_a_page_does_not_reach_the_gateway(
    path: str, headers: dict[str, str], status: int, plain: Running
) -> None:
    answer = plain.ask(path, headers=headers)
    assert answer.status == status
    if status != 200:
        assert answer.error["type"] == "permission_error"
        assert answer.header("access-control-allow-origin") == ""


def test_a_listed_page_may_read_what_it_gets() -> None:
    with running(K3, origins=["https://page.example"], clients=[TEAM]) as gateway:
        page = {"origin": "https://page.example", "authorization": ""}
        asked = gateway.ask("/v1/chat/completions", method="OPTIONS", headers=page)
        assert (asked.status, asked.header("access-control-allow-origin")) == (204, "https://page.example")
        assert "authorization" in asked.header("access-control-allow-headers")
        for key, status in (("sk-team-1", 200), ("nope", 401)):
            for stream in (False, True):
                answer = gateway.chat(stream=stream, to={**page, "authorization": f"Bearer {key}"})
                assert answer.status == status
                assert answer.header("access-control-allow-origin") == "https://page.example"
                assert "moonwire-notes" in answer.header("access-control-expose-headers")


def test_no_more_requests_at_once_than_are_taken() -> None:
    go = threading.Event()

    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        upstream.said.put("asked")
        assert go.wait(20)
        line.send(SSE, frame('{"content":"OK"}'), frame("{}", '"stop"'), b"data: [DONE]\n\n")

    with scripted(script) as upstream, running(upstream.base_url, bounds=Bounds(running=1)) as gateway:
        first: list[str] = []
        asking = threading.Thread(target=lambda: first.append(gateway.chat().text))
        asking.start()
        upstream.next()
        refused = gateway.chat()
        assert (refused.status, refused.header("retry-after")) == (503, "1")
        assert refused.error["type"] == "server_error"
        assert b"moonwire_requests_running 1.0" in gateway.ask("/metrics").body
        go.set()
        asking.join(20)
        assert first == ["OK"]
        assert b"moonwire_requests_running 0.0" in gateway.ask("/metrics").body
        assert gateway.chat().text == "OK"


def test_ready_means_that_something_is_worth_asking() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        breaker = Options(retries=Retries(attempts=1, breaker=2, pause=60))
        with running(nobody, options=breaker) as gateway:
            assert gateway.ask("/readyz").status == 200
            assert [gateway.chat().status for _ in range(2)] == [502, 502]
            assert (gateway.ask("/readyz").status, gateway.ask("/readyz").body) == (503, b"no upstream\n")
            assert gateway.ask("/healthz").status == 200
            gateway.gateway.draining = True
            assert gateway.ask("/readyz").body == b"draining\n"
            assert gateway.chat().status == 503


def test_a_report_is_for_its_own_tenant() -> None:
    other = Client("other", (hashlib.sha256(b"sk-other").digest(),))
    with running(K3, clients=[TEAM, other]) as gateway:
        mine, same, theirs = (
            {"authorization": f"Bearer {key}"} for key in ("sk-team-1", "sk-team-2", "sk-other")
        )
        answer = gateway.chat(to=mine)
        path = f"/moonwire/notes/{answer.header('moonwire-request-id')}"
        assert [gateway.ask(path, headers=who).status for who in (mine, same, theirs)] == [200, 200, 404]
    with running(K3) as gateway:
        answer = gateway.chat(to={"authorization": "Bearer one"})
        path = f"/moonwire/notes/{answer.header('moonwire-request-id')}"
        assert [
            gateway.ask(path, headers={"authorization": f"Bearer {key}"}).status for key in ("one", "two")
        ] == [200, 404]


def test_a_model_without_a_route_is_refused() -> None:
    routes = [Route(models=("kimi-k3",), hops=(Hop("upstream"),))]
    with running(K3, routes=routes) as gateway:
        refused = gateway.chat(model="other")
        assert (refused.status, refused.error["param"]) == (400, "model")
        assert "no route takes the model 'other'" in refused.error["message"]
        assert gateway.chat().status == 200


def test_a_base_path_stands_before_every_path() -> None:
    with running(K3, base="/kimi/") as gateway:
        assert gateway.ask("/kimi/v1/models").status == 200
        assert gateway.ask("/kimi/healthz").status == 200
        assert gateway.ask("/kimi/v1/users/me/balance").status == 200
        assert gateway.ask("/kimix/v1/models").status == 404


def test_an_upstream_that_takes_its_time_does_not_stop_a_count_or_a_list() -> None:
    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.gone()

    slow = Timeouts(first_byte=0.1)
    with (
        scripted(script) as upstream,
        running(upstream.base_url, endpoint="platform", timeouts=slow) as gateway,
    ):
        assert "kimi-k3" in [item["id"] for item in gateway.ask("/v1/models").json()["data"]]
        counted = gateway.ask("/v1/tokenizers/estimate-token-count", chat()).json()["data"]
        assert counted["moonwire"]["by"] == "moonwire"
