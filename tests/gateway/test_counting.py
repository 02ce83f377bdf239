"""How many tokens a request has, healed as it would be sent."""

from collections.abc import Generator
from typing import Any

import pytest

from moonwire.gateway.counting import quick
from moonwire.simulator import Server as Simulator
from moonwire.simulator import Settings
from moonwire.transport import Timeouts
from tests.gateway.running import Running, chat, running, upstream_of
from tests.gateway.upstreams import Line, Scripted, scripted, whole

PATH = "/v1/tokenizers/estimate-token-count"


@pytest.fixture(scope="module")
def strict() -> Generator[Running]:
    with running(Settings(models=("kimi-k3",), rules="strictest")) as gateway:
        yield gateway


def counted(gateway: Running, body: Any) -> dict[str, Any]:
    answer = gateway.ask(PATH, body)
    assert answer.status == 200, answer.body
    return answer.json()["data"]


def test_the_upstream_counts_what_was_healed(strict: Running) -> None:
    data = counted(strict, chat([{"role": "developer", "content": "Be short."}, *chat()["messages"]]))
    assert data["total_tokens"] > 0
    assert data["moonwire"] == {"by": "upstream"}
    (asked,) = [one for one in strict.simulator.exchanges if one.path.endswith("token-count")]
    assert asked.request["messages"][0]["role"] == "system"
    assert asked.request.keys() <= {"model", "messages", "tools"}
    assert strict.simulator.refused == []


ODD: dict[str, bytes] = {
    "no JSON": whole(b"<html>"),
    "another shape": whole(b'{"tokens": 5}'),
    "a refusal": whole(b"{}", "403 No"),
    "nothing": b"",
}


@pytest.mark.parametrize("said", ODD.values(), ids=ODD)
def test_an_odd_answer_is_none(said: bytes) -> None:
    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(said)

    with scripted(script) as upstream, running(upstream.base_url, endpoint="platform") as gateway:
        data = counted(gateway, chat())
        assert data["total_tokens"] > 0
        assert data["moonwire"].keys() == {"by", "rung", "error"}


def test_a_key_that_has_to_wait_is_not_waited_for() -> None:
    with Simulator(Settings(models=("kimi-k3",))) as platform:
        upstream = upstream_of(platform.base_url, endpoint="platform", rpm=1)
        with running(upstreams=[upstream]) as gateway:
            # The one request of this minute.
            assert gateway.chat().status == 200
            assert counted(gateway, chat())["moonwire"]["by"] == "moonwire"


def test_a_body_that_is_wrong_is_refused(strict: Running) -> None:
    assert strict.ask(PATH, b"{").status == 400
    refused = strict.ask(PATH, {"model": "kimi-k3", "messages": 5})
    assert (refused.status, refused.error["type"]) == (400, "invalid_request_error")


def test_a_question_without_thought_has_a_deadline() -> None:
    assert quick(Timeouts()).total == 10
    assert quick(Timeouts(total=3)).total == 3
