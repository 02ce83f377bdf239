"""Secrets that are shown to nobody, routes that take models, and what an upstream is."""

import copy
import pickle

import pytest

from moonwire.exchange.config import DEFAULT_OPTIONS, Hidden, Hop, Options, Route, Upstream

MARK = "sk-PLANTED-41c"


def test_a_secret_is_not_shown() -> None:
    upstream = Upstream(name="a", base_url="http://x", keys=(Hidden(MARK),))
    for shown in (repr(Hidden(MARK)), str(Hidden(MARK)), f"{Hidden(MARK)}", repr(upstream)):
        assert MARK not in shown
    assert upstream.keys[0].reveal() == MARK


def test_a_secret_does_not_leave_the_process() -> None:
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            leave(Hidden(MARK))


def test_secrets_are_compared_by_value() -> None:
    assert Hidden("a") == Hidden("a") != Hidden("b")
    assert Hidden("a") != "a"
    assert len({Hidden("a"), Hidden("a"), Hidden("b")}) == 2


@pytest.mark.parametrize(
    ("models", "model", "taken"),
    [
        (("*",), "anything", True),
        (("*",), "", True),
        (("kimi-*",), "kimi-k3", True),
        (("kimi-*",), "kimi-", True),
        (("kimi-*",), "my-kimi-k3", False),
        (("kimi-k3",), "kimi-k3", True),
        (("kimi-k3",), "kimi-k3-fast", False),
        (("a", "b*"), "bc", True),
        ((), "a", False),
    ],
)
def test_a_route_takes_names_and_beginnings(models: tuple[str, ...], model: str, taken: bool) -> None:
    assert Route(models=models, hops=(Hop("a"),)).takes(model) is taken


@pytest.mark.parametrize(
    ("endpoint", "url", "place"),
    [
        ("", "https://api.moonshot.ai/v1", "platform"),
        ("", "https://api.kimi.com/coding/v1", "coding"),
        ("vllm", "http://10.0.0.1/v1", "vllm"),
        ("", "http://10.0.0.1/v1", "generic"),
        ("", "https://api.moonshot.ai.evil.example/v1", "generic"),
    ],
)
def test_an_upstream_is_known_by_its_name_or_its_address(endpoint: str, url: str, place: str) -> None:
    assert Upstream(name="a", base_url=url, endpoint=endpoint).place == place


def test_an_exchange_does_nothing_bold_unless_it_is_told_to() -> None:
    assert Options() == DEFAULT_OPTIONS
    assert not DEFAULT_OPTIONS.resume
    assert DEFAULT_OPTIONS.thoughts_only == "error"
