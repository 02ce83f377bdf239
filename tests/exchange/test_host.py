"""One upstream at run time: its addresses, and what it taught."""

from typing import Any

import pytest

from moonwire.core.catalogue import Evidence
from moonwire.core.catalogue.overrides import NO_OVERRIDES, decode_overrides
from moonwire.exchange import host as hosts
from moonwire.exchange.config import Retries
from moonwire.exchange.host import Host
from tests.exchange.upstreams import Clock, upstream


def host(url: str = "http://127.0.0.1:9/v1", endpoint: str = "platform", **more: Any) -> Host:
    return Host(upstream("a", url, endpoint=endpoint, **more), NO_OVERRIDES, Retries(), Clock())


def lesson(name: str = "temperature") -> Evidence:
    return Evidence(changes={"fixed": (name,)}, reason="refused", source="test")


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://h/v1", "http://h/v1/chat/completions"),
        ("http://h/v1/", "http://h/v1/chat/completions"),
        ("http://h/v1/chat/completions", "http://h/v1/chat/completions"),
        ("http://h/v1/chat/completions/", "http://h/v1/chat/completions"),
        ("http://h/v1?api-version=3", "http://h/v1/chat/completions?api-version=3"),
    ],
)
def test_the_address_of_a_call(base: str, url: str) -> None:
    assert host(base).url("/chat/completions") == url


@pytest.mark.parametrize(
    "base", ["http://h/anthropic", "http://h/anthropic/v1", "http://h/anthropic/v1/messages"]
)
def test_a_version_stands_in_an_address_once(base: str) -> None:
    assert host(base).url("/v1/messages") == "http://h/anthropic/v1/messages"


def test_other_calls_where_the_whole_address_of_one_was_given() -> None:
    assert host("http://h/v1/chat/completions").url("/models") == "http://h/v1/models"


@pytest.mark.parametrize(
    ("more", "has"),
    [
        ({}, False),
        ({"headers": (("X-Team", "a"),)}, False),
        ({"headers": (("Authorization", "Bearer x"),)}, True),
        ({"headers": (("api-key", "x"),)}, True),
    ],
)
def test_credentials_may_stand_in_a_header(more: dict[str, Any], has: bool) -> None:
    assert host(**more).has_credentials is has
    assert Host(upstream("a", "http://h", "k"), NO_OVERRIDES, Retries(), Clock()).has_credentials


def test_what_was_taught_holds_for_that_model_there() -> None:
    one, other = host(endpoint="vllm"), host(endpoint="vllm")
    before = one.target("kimi-k2.6")
    one.teach("kimi-k2.6", lesson())
    one.teach("kimi-k2.6", lesson())
    one.teach("kimi-k2.6", lesson("top_p"))
    assert {"temperature", "top_p"} <= set(one.target("kimi-k2.6").fixed)
    assert one.target("kimi-k3").fixed == other.target("kimi-k3").fixed
    assert other.target("kimi-k2.6") == before


def test_what_is_not_new_is_the_same_value() -> None:
    one = host()
    assert one.target("kimi-k3") is one.target("kimi-k3")


def test_the_operators_word_counts() -> None:
    overrides = decode_overrides('[models."kimi-k3"]\ncap = 777')
    assert Host(upstream("a", "http://h"), overrides, Retries(), Clock()).target("kimi-k3").cap == 777


def test_names_and_lessons_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "MODELS", 4)
    monkeypatch.setattr(hosts, "EVIDENCE", 2)
    one = host()
    for number in range(9):
        one.teach(f"m{number}", lesson())
        assert one.target(f"m{number}").fixed == ("temperature",)
    assert one.target("m0").fixed == ()
    for name in ("top_p", "n", "seed"):
        one.teach("m8", lesson(name))
    assert one.target("m8").fixed == ("temperature", "top_p")
    long = "m" * 1000
    one.teach(long, lesson())
    assert one.target(long).fixed == () and one.target(long).model == long
