"""The application by hand: what it does with a connection, what it remembers, what it does not take."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.simulator import App, Limits, Settings
from moonwire.simulator import app as module
from moonwire.simulator.app import Dropped
from tests.simulator.asking import HEADERS, Answer, Broken, ask, asked, body, chat

FAULT = '[[fault]]\nkind = "{}"\n'

BREAKS: list[tuple[str, str, bool, bool]] = [
    # What is set, what is done to the connection, whether there was a head, whether there was a body.
    (FAULT.format("reset-before"), "reset", False, False),
    (FAULT.format("reset-headers"), "reset", True, False),
    (FAULT.format("reset") + "events = 2", "reset", True, True),
    (FAULT.format("close") + "events = 2", "close", True, True),
    (FAULT.format("close") + "after = 10", "close", True, True),
    (FAULT.format("refuse") + "seconds = 3", "refuse 3", False, False),
    (FAULT.format("refuse") + "seconds = inf", "refuse inf", False, False),
]


@pytest.mark.parametrize(("faults", "done", "head", "some"), BREAKS)
def test_a_connection_is_broken_through_the_server(faults: str, done: str, head: bool, some: bool) -> None:
    connection = Broken()
    app = App(Settings(faults=faults))
    answer = ask(app, body(stream=True), connection=connection)
    assert connection.done == done
    assert (bool(answer.status), bool(answer.pieces), answer.ended) == (head, some, False)
    assert app.exchanges[0].fault.startswith(done.partition(" ")[0])


@pytest.mark.parametrize(("faults", "done", "head", "some"), BREAKS)
def test_without_a_server_it_is_an_exception(faults: str, done: str, head: bool, some: bool) -> None:
    answer = ask(App(Settings(faults=faults)), body(stream=True))
    assert (answer.broken, bool(answer.status)) == (done.partition(" ")[0], head)
    assert bool(answer.pieces) is some


HANGS = ['kind = "stall"\nseconds = inf', 'kind = "no-finish-hang"', 'kind = "slow-headers"\nseconds = inf']


@pytest.mark.parametrize("fault", HANGS)
def test_what_hangs_ends_when_the_client_leaves(fault: str) -> None:
    answer = ask(App(Settings(faults=f"[[fault]]\n{fault}")), body(stream=True))
    assert not answer.ended
    assert b"[DONE]" not in answer.body


def test_what_drips_comes_whole() -> None:
    slow = App(Settings(seed=1, fixed=True, faults='[[fault]]\nkind = "drip"\nbytes = 40\nseconds = 0'))
    plain = App(Settings(seed=1, fixed=True))
    dripped, whole = ask(slow, body(stream=True)), ask(plain, body(stream=True))
    assert dripped.body == whole.body
    assert len(dripped.pieces) > 2 * len(whole.pieces)


def test_a_pace_waits_before_each_delta_and_stops_for_a_client_that_left() -> None:
    app = App(Settings(pace=0.001, first=0.001, seed=1, fixed=True))
    left = ask(app, body(stream=True))
    assert (left.status, left.pieces, left.ended) == (200, [], False)
    assert app.exchanges[0].pieces == []


async def stays(app: App, data: bytes) -> Answer:
    """A client that never leaves."""
    answer = Answer()
    first: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": data, "more_body": False}]

    async def receive() -> MutableMapping[str, Any]:
        if first:
            return first.pop()
        return await asyncio.Event().wait() and {}

    async def send(message: MutableMapping[str, Any]) -> None:
        answer.pieces.append(message.get("body", b""))
        answer.ended = message.get("more_body") is False

    headers = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
    scope = {"type": "http", "method": "POST", "path": "/v1/chat/completions", "headers": headers}
    await app(scope, receive, send)
    return answer


def test_a_paced_answer_is_the_same() -> None:
    paced = asyncio.run(
        stays(App(Settings(pace=0.0001, first=0.0001, seed=1, fixed=True)), body(stream=True))
    )
    assert paced.ended
    assert b"".join(paced.pieces) == ask(App(Settings(seed=1, fixed=True)), body(stream=True)).body


BIG = 1000


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        ([body().ljust(BIG)], 200),
        ([body().ljust(BIG + 1)], 413),
        ([body().ljust(BIG), b" "], 413),
        ([b" "] * BIG + [body()], 413),
        ([bytes((one,)) for one in body()], 200),
    ],
)
def test_a_body_has_a_limit(pieces: list[bytes], status: int) -> None:
    app = App(Settings(limits=Limits(body=BIG)))
    answer = ask(app, pieces)
    assert answer.status == status
    if status == 413:
        assert answer.error["message"] == "Request exceeds the maximum size"
        assert (app.exchanges[0].rule, app.exchanges[0].request) == ("body-limit", None)


@pytest.mark.parametrize("fast", [False, True])
def test_a_client_that_leaves_before_its_request_is_whole_has_asked_nothing(fast: bool) -> None:
    app = App(Settings(fast=fast))

    async def receive() -> MutableMapping[str, Any]:
        return arriving.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    arriving: list[MutableMapping[str, Any]] = [
        {"type": "http.request", "body": b'{"model"', "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Any] = []
    asyncio.run(app({"type": "http", "method": "POST", "path": "/", "headers": []}, receive, send))
    assert (sent, list(app.exchanges)) == ([], [])


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_other_protocols_are_left_alone(kind: str) -> None:
    async def never(*_: Any) -> Any:
        raise AssertionError

    app = App()
    asyncio.run(app({"type": kind}, never, never))
    assert not app.exchanges


def test_exchanges_are_remembered() -> None:
    app = App()
    chat(app, "Say 'OK'.")
    chat(app, "Hi.", model="nobody")
    one, two = app.exchanges
    assert (one.number, one.status, one.rule, one.path) == (1, 200, "", "/v1/chat/completions")
    assert one.request["messages"][0]["content"] == "Say 'OK'."
    assert one.request_headers["authorization"] == "(hidden)"
    assert (two.number, two.status, two.rule) == (2, 404, "model")
    assert app.refused == [two]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_BYTES", 20_000)
    app = App()
    for _ in range(10):
        chat(app, "x" * 5_000)
    assert [one.number for one in app.exchanges] == [8, 9, 10]
    app.exchanges.clear()
    for _ in range(5):
        chat(app, "x" * 5_000)
    assert [one.number for one in app.exchanges] == [13, 14, 15]
    chat(app, "x" * 50_000)
    assert [one.number for one in app.exchanges] == [16]


LIMITED: list[tuple[Limits, int, str]] = [
    (Limits(rpm=2), 429, "request reached max request: 2, please try again after 60 seconds"),
    (Limits(), 200, ""),
]


@pytest.mark.parametrize(("limits", "status", "words"), LIMITED)
def test_limits_per_key(limits: Limits, status: int, words: str) -> None:
    app = App(Settings(limits=limits, fixed=True))
    answers = [chat(app) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, status]
    assert not words or answers[2].error["message"] == words
    assert ask(app, body(), headers={"authorization": "Bearer other"}).status == 200


def test_concurrency_counts_until_an_answer_is_over() -> None:
    faults = '[[fault]]\nkind = "stall"\nseconds = inf\nfirst = 1'
    app = App(Settings(limits=Limits(concurrency=1), faults=faults))

    async def both() -> list[int]:
        first = asyncio.create_task(stays(app, body(stream=True)))
        for _ in range(5):
            await asyncio.sleep(0)
        second = await asked(app, body())
        first.cancel()
        await asyncio.wait([first])
        third = await asked(app, body())
        return [second.status, third.status]

    assert asyncio.run(both()) == [429, 200]
    assert [one.rule for one in app.refused] == ["concurrency"]


@pytest.mark.parametrize(
    ("faults", "words"), [("flakey", "no faults called"), ("[[fault]]\nkind = 'x'", "x")]
)
def test_faults_that_cannot_be_read_are_said_at_once(faults: str, words: str) -> None:
    with pytest.raises(LocalProtocolError, match=words):
        App(Settings(faults=faults))


def test_dropping_is_a_connection_error() -> None:
    assert issubclass(Dropped, ConnectionError)
