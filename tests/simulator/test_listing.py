"""`/v1/models`: what each endpoint lists, with the fields that it lists (kimi-api.md 1.1, O)."""

from typing import Any

import pytest

from moonwire.core.catalogue import resolve
from moonwire.core.catalogue.learn import learn
from moonwire.simulator.listing import listed, model_item
from moonwire.simulator.outcome import Model
from moonwire.simulator.settings import Settings
from tests.simulator.rules.requests import place_of


def items(endpoint: str, *models: str, rules: str = "latest") -> dict[str, dict[str, Any]]:
    found = listed(Model(Settings(endpoint=endpoint, models=models, rules=rules)))
    return {item["id"]: item for item in found}


V1 = {f"moonshot-v1-{size}" for size in ("8k", "32k", "128k", "auto")}
VISION = {f"moonshot-v1-{size}-vision-preview" for size in ("8k", "32k", "128k")}
PLATFORM = {"kimi-k3", "kimi-k2.7-code", "kimi-k2.7-code-highspeed", "kimi-k2.6"} | V1 | VISION
CODING = {"kimi-for-coding", "kimi-for-coding-highspeed", "k3", "k3-256k"}


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("platform", PLATFORM),
        ("platform-cn", PLATFORM),
        ("coding", CODING),
        ("vllm", {"kimi-k3", "kimi-k2.7-code", "kimi-k2.7-code-highspeed", "kimi-k2.6"}),
    ],
)
def test_what_an_endpoint_lists(endpoint: str, expected: set[str]) -> None:
    assert set(items(endpoint)) == expected


def test_only_what_was_asked_for() -> None:
    assert set(items("platform", "kimi-k3")) == {"kimi-k3"}
    assert set(items("coding", "kimi-k3")) == {"k3"}
    assert set(items("vllm", "moonshotai/Kimi-K2.6")) == {"moonshotai/Kimi-K2.6"}
    assert set(items("platform", "kimi-k2.5")) == {"kimi-k2.5"}
    assert items("platform", "gpt-4o") == {}
    assert len(listed(Model(Settings(models=("kimi-k3", "kimi-k3"))))) == 1


def test_an_item_of_the_platform() -> None:
    assert items("platform")["kimi-k3"] == {
        "id": "kimi-k3",
        "object": "model",
        "created": 1_700_000_000,
        "owned_by": "moonshot",
        "context_length": 1_048_576,
        "supports_image_in": True,
        "supports_video_in": True,
        "supports_reasoning": True,
    }
    plain = items("platform")["moonshot-v1-8k"]
    assert (plain["context_length"], plain["supports_image_in"], plain["supports_reasoning"]) == (
        8192,
        False,
        False,
    )


def test_an_item_of_the_coding_endpoint_says_more() -> None:
    item = items("coding")["k3"]
    assert item["think_efforts"] == {
        "support": True,
        "valid_efforts": ["low", "high", "max"],
        "default_effort": "max",
    }
    assert (item["supports_thinking_type"], item["supports_tool_use"], item["display_name"]) == (
        "only",
        True,
        "k3",
    )
    alias = items("coding")["kimi-for-coding"]
    assert "think_efforts" not in alias and alias["context_length"] == 262_144
    assert items("coding")["k3-256k"]["context_length"] == 262_144


def test_how_thinking_is_told() -> None:
    kinds = {
        name: model_item(resolve(name, "coding"), place_of("coding"))["supports_thinking_type"]
        for name in ("kimi-k2.6", "kimi-k2.7-code", "moonshot-v1-8k")
    }
    assert kinds == {"kimi-k2.6": "both", "kimi-k2.7-code": "only", "moonshot-v1-8k": "no"}


@pytest.mark.parametrize(
    ("endpoint", "owner"), [("vllm", "vllm"), ("sglang", "sglang"), ("fireworks", "moonshotai")]
)
def test_others_tell_the_window_in_their_own_way(endpoint: str, owner: str) -> None:
    item = next(iter(items(endpoint, "kimi-k2.6").values()))
    assert (item["max_model_len"], item["owned_by"]) == (262_144, owner)
    assert ("root" in item) == (endpoint == "vllm") and "context_length" not in item


@pytest.mark.parametrize("endpoint", ["platform", "platform-cn", "coding", "vllm", "openrouter"])
def test_the_catalogue_learns_nothing_new_from_it(endpoint: str) -> None:
    data = listed(Model(Settings(endpoint=endpoint)))
    for item in data:
        target = resolve(item["id"], endpoint)
        assert learn(target, item) == target
    assert data
