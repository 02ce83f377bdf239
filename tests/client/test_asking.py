"""Calls that are no generation: what is sent, what is made of the answer, what becomes of silence."""

import json
from typing import Any

import pytest

from moonwire.client.asking import ask, multipart
from moonwire.core.catalogue.overrides import NO_OVERRIDES
from moonwire.core.errors import (
    Auth,
    MoonwireError,
    QuotaExhausted,
    RemoteProtocolError,
    ServerFailure,
    TransportError,
)
from moonwire.exchange.config import Retries
from moonwire.exchange.host import Host
from moonwire.simulator.files import Files, Upload
from moonwire.transport import Timeouts, TotalTimeout
from tests.exchange.upstreams import Clock, Say, Scripted, refusal, then_hang, then_reset, upstream
from tests.transport.peers import run, serve


def said(value: Any, status: int = 200) -> bytes:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data


def answered(say: Say, *, key: str | None = "sk-1", body: bytes = b"", **more: Any) -> tuple[Any, Scripted]:
    """What comes of one call, and what the server saw of it."""
    found: list[Any] = []
    scripted = Scripted(say)

    async def script(peer: Any) -> None:
        head, data = await peer.request()
        if head:
            scripted.heads.append(head)
            scripted.bodies.append(data)
            peer.send(say) if isinstance(say, bytes) else await say(peer)

    async def main() -> None:
        async with serve(script) as server:
            host = Host(upstream("a", f"{server.url}/v1", **more), NO_OVERRIDES, Retries(), Clock())
            try:
                method = "POST" if body else "GET"
                found.append(await ask(host, key, method, "/files", body=body, kind="x/y"))
            finally:
                await host.aclose()

    run(main)
    return found[0], scripted


def head_of(scripted: Scripted) -> tuple[str, dict[str, str]]:
    first, *lines = scripted.heads[0].strip().split("\r\n")
    return first, {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def test_a_question() -> None:
    answer, scripted = answered(said({"data": [1]}))
    first, headers = head_of(scripted)
    assert answer == {"data": [1]} and first == "GET /v1/files HTTP/1.1"
    assert headers["authorization"] == "Bearer sk-1" and headers["accept"] == "application/json"
    assert "content-type" not in headers


def test_a_question_with_a_body() -> None:
    _, scripted = answered(said({}), body=b"abc")
    first, headers = head_of(scripted)
    assert first == "POST /v1/files HTTP/1.1" and scripted.bodies == [b"abc"]
    assert headers["content-type"] == "x/y"


@pytest.mark.parametrize(
    ("key", "headers", "sent"),
    [
        (None, (), {}),
        ("sk-1", (("api-key", "sk-2"),), {"api-key": "sk-2"}),
        ("sk-1", (("Authorization", "Basic x"),), {"authorization": "Basic x"}),
        ("sk-1", (("x-more", "1"),), {"authorization": "Bearer sk-1"}),
    ],
)
def test_whose_key_is_sent(key: str | None, headers: Any, sent: dict[str, str]) -> None:
    _, scripted = answered(said({}), key=key, headers=headers)
    _, seen = head_of(scripted)
    assert {name: seen[name] for name in ("authorization", "api-key") if name in seen} == sent


QUOTA = "exceeded_current_quota_error"

# what the server does, what is raised, what it says
WRONG: dict[str, tuple[Say, type[MoonwireError], str]] = {
    "refused": (refusal(401, "Invalid Authentication", "invalid_authentication_error"), Auth, "Invalid Auth"),
    "no money": (refusal(429, "check your account balance", QUOTA), QuotaExhausted, "balance"),
    "broken": (refusal(500, "Internal server error", "server_error"), ServerFailure, "Internal server"),
    "no JSON": (
        said(b"<html>"),
        RemoteProtocolError,
        r"^upstream: GET /files was answered with no JSON \(check the base URL\)",
    ),
    "no HTTP": (b"SSH-2.0\r\n\r\n", RemoteProtocolError, "."),
    "gone": (then_reset(), TransportError, "."),
    "silence": (then_hang(), TotalTimeout, "."),
    "silence in the middle": (then_hang(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), TotalTimeout, "."),
}


@pytest.mark.parametrize(("say", "kind", "words"), WRONG.values(), ids=WRONG)
def test_what_is_raised(say: Say, kind: type[MoonwireError], words: str) -> None:
    with pytest.raises(kind, match=words):
        answered(say, timeouts=Timeouts(total=0.05) if kind is TotalTimeout else Timeouts())


# -- forms -------------------------------------------------------------------------------------------

BYTES: dict[str, bytes] = {
    "nothing odd": b"\x89PNG\r\n\x1a\n\x00",
    "empty": b"",
    "its own mark": b"--moonwire\r\nmoonwire-7f--",
    "line ends": b"\r\n\r\n--\r\n",
}


@pytest.mark.parametrize("data", BYTES.values(), ids=BYTES)
def test_a_form_arrives_as_it_was(data: bytes) -> None:
    kind, body = multipart({"purpose": "image"}, "a.png", "image/png", data)
    kept = Files(1000).add(kind, body, "f", 1)
    if data:
        assert isinstance(kept, Upload) and (kept.data, kept.purpose, kept.name) == (data, "image", "a.png")
    assert body.endswith(b"--\r\n") and b"Content-Type: image/png\r\n" in body


def test_a_name_ends_no_header() -> None:
    _, body = multipart({}, 'a"b\r\nX: 1\n月.png', "image/png", b"x")
    assert 'filename="a%22b%0D%0AX: 1%0A月.png"'.encode() in body
