"""How each endpoint writes, and what settings overrule."""

from typing import Any

import pytest

from moonwire.core.catalogue import resolve
from moonwire.core.catalogue.endpoints import find_endpoint
from moonwire.simulator.output.style import Style, style
from moonwire.simulator.settings import Settings


def styled(at: str, model: str = "kimi-k3", **fields: Any) -> Style:
    return style(resolve(model, at), find_endpoint(at), Settings(endpoint=at, **fields))


def test_moonshots_own() -> None:
    own = styled("platform")
    assert (own.reasoning, own.boundary, own.cached_twice, own.fingerprint) == (
        "reasoning_content",
        True,
        True,
        False,
    )
    assert (own.usage_in_choice, own.usage_in_summary) == (True, True)
    assert (
        styled("platform", "kimi-k2.5").usage_in_summary,
        styled("vllm", "kimi-k2.5").usage_in_summary,
    ) == (False, True)


@pytest.mark.parametrize(
    ("at", "word", "details"),
    [
        ("vllm", "reasoning", False),
        ("openrouter", "reasoning", True),
        ("sglang", "reasoning_content", False),
        ("fireworks", "reasoning_content", False),
    ],
)
def test_others(at: str, word: str, details: bool) -> None:
    other = styled(at)
    assert (other.reasoning, other.details, other.boundary, other.fingerprint) == (word, details, False, True)


@pytest.mark.parametrize(
    ("usage", "choice", "summary"), [("choice", True, False), ("summary", False, True), ("both", True, True)]
)
def test_settings_overrule_where_the_usage_stands(usage: str, choice: bool, summary: bool) -> None:
    for at in ("platform", "vllm"):
        found = styled(at, usage=usage)
        assert (found.usage_in_choice, found.usage_in_summary) == (choice, summary)


def test_settings_overrule_the_rest() -> None:
    found = styled("platform", ids="uuid", split_names=True, empty_deltas=True, chunk=1)
    assert (found.ids, found.split_names, found.empty_deltas, found.chunk) == ("uuid", True, True, 1)
    assert styled("dashscope").empty_deltas
