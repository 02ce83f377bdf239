"""The list of models: the upstreams' words, and the catalogue's where they have none."""

import json
from typing import Any

import pytest

from moonwire.core.catalogue import resolve
from moonwire.exchange.config import Hop, Route
from moonwire.gateway import models as module
from moonwire.gateway.models import item_of
from moonwire.simulator import Server as Simulator
from moonwire.simulator import Settings
from tests.gateway.running import Running, running, upstream_of
from tests.gateway.upstreams import Line, Scripted, scripted, whole


def listed(gateway: Running, **headers: str) -> dict[str, dict[str, Any]]:
    answer = gateway.ask("/v1/models", headers=headers)
    assert (answer.status, answer.json()["object"]) == (200, "list")
    items = answer.json()["data"]
    assert len({item["id"] for item in items}) == len(items)
    return {item["id"]: item for item in items}


def test_what_the_upstream_lists_is_completed() -> None:
    with running(Settings()) as gateway:
        items = listed(gateway)
        k3 = items["kimi-k3"]
        assert (k3["context_length"], k3["owned_by"]) == (1048576, "moonshot")
        assert k3["think_efforts"]["support"] is True and k3["think_efforts"]["default_effort"]
        assert k3["supports_thinking_type"] and k3["supports_reasoning"] is True
        assert k3["pricing"]["input"] > k3["pricing"]["cache_read"] > 0
        assert k3["pricing"]["output"] > 0
        assert k3["moonwire"] == {"upstream": "upstream", "endpoint": "platform"}
        assert gateway.ask("/v1/models/kimi-k3").json() == k3
        # One list is believed for a while.
        listed(gateway)
        assert [one.path for one in gateway.simulator.exchanges] == ["/v1/models"]


def test_the_upstreams_word_counts() -> None:
    target = resolve("kimi-k3", "platform")
    item = item_of(target, "a", {"id": "kimi-k3", "context_length": 5, "owned_by": "me", "more": 1})
    assert (item["context_length"], item["owned_by"], item["more"]) == (5, "me", 1)
    unknown = item_of(resolve("x", "http://127.0.0.1/v1"), "a", {"id": "x"})
    assert unknown.keys() == {"object", "owned_by", "id", "moonwire"}


def test_routes_and_aliases_are_listed_and_each_model_where_it_goes() -> None:
    vllm = Settings(endpoint="vllm", models=("kimi-k2.6", "kimi-k3"))
    with Simulator(Settings()) as platform, Simulator(vllm) as rack:
        upstreams = [
            upstream_of(platform.base_url, "platform", endpoint="platform"),
            upstream_of(rack.base_url, "rack", endpoint="vllm"),
        ]
        routes = [
            Route(models=("fast",), hops=(Hop("platform", "kimi-k3"),)),
            Route(models=("nowhere", "kimi-k3*"), hops=(Hop("platform"), Hop("rack"))),
            Route(models=("*",), hops=(Hop("rack"),)),
        ]
        with running(upstreams=upstreams, routes=routes) as gateway:
            items = listed(gateway)
            places = {name: item["moonwire"]["upstream"] for name, item in items.items()}
            assert places["fast"] == places["nowhere"] == "platform"
            assert places["kimi-k2.6"] == "rack"
            # The rack has it too, and nobody who asks gets there first.
            assert places["kimi-k3"] == "platform"
            assert "moonshot-v1-8k" not in places
            assert items["fast"]["context_length"] == items["kimi-k3"]["context_length"]


ODD: dict[str, bytes] = {
    "nobody": b"",
    "a refusal": whole(b"{}", "401 No"),
    "no JSON": whole(b"<html>"),
    "another shape": whole(b'{"data": 5}'),
}


@pytest.mark.parametrize("said", ODD.values(), ids=ODD)
def test_where_the_upstream_says_nothing_the_catalogue_does(
    said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def script(line: Line, upstream: Scripted) -> None:
        asked.append(line.request()[0])
        line.send(said)

    with scripted(script) as upstream, running(upstream.base_url, endpoint="platform") as gateway:
        items = listed(gateway)
        assert {"kimi-k3", "kimi-k2.6"} <= items.keys()
        assert items["kimi-k3"]["context_length"] > 0
        count = len(asked)
        listed(gateway)
        assert len(asked) == count
    monkeypatch.setattr(module, "RETRIED", -1.0)
    with scripted(script) as upstream, running(upstream.base_url) as gateway:
        # Of a server that nobody knows there is nothing to say.
        assert listed(gateway) == {}


def test_items_that_are_none_are_left_out_and_an_old_list_is_better_than_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = [whole(json.dumps({"data": [{"id": "mine"}, {"id": 5}, {}]}).encode())]

    def script(line: Line, upstream: Scripted) -> None:
        line.request()
        line.send(answers.pop() if answers else b"")

    monkeypatch.setattr(module, "KEPT", -1.0)
    with scripted(script) as upstream, running(upstream.base_url) as gateway:
        assert list(listed(gateway)) == list(listed(gateway)) == ["mine"]


def test_each_caller_lists_with_its_own_key() -> None:
    with running(Settings(keys=("sk-one",), models=("kimi-k3",)), keys=()) as gateway:
        one = listed(gateway, authorization="Bearer sk-one")
        other = listed(gateway, authorization="Bearer sk-other")
        assert (list(one), len(other) > 1) == (["kimi-k3"], True)
        for number in range(300):
            gateway.ask("/v1/models", headers={"authorization": f"Bearer {number}"})
        assert len(gateway.gateway._models._known) <= 257
