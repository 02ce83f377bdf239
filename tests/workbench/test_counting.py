"""Counting: by a formula, or with a vocabulary; and saying which it was."""

from typing import Any

import pytest

from moonwire.core.catalogue.resolve import resolve
from moonwire.core.errors import LocalProtocolError, MoonwireError
from moonwire.core.prompts import Estimated
from moonwire.tokenizer.counter import counter
from moonwire.wire import chat
from moonwire.workbench import count_tokens
from tests.tokenizer.vocabularies import needs_tiktoken
from tests.workbench.small import load_small

BODY: dict[str, Any] = {"model": "kimi-k3", "messages": [{"role": "user", "content": "hello hello"}]}
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/x.png"}}


@pytest.fixture
def vocabulary(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("moonwire.tokenizer.counter.load", load_small)
    return "tiktoken.model"


def with_thinking(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return {**body, "thinking": {"type": kind}}


def test_without_a_vocabulary_it_is_an_estimate() -> None:
    counted = count_tokens(BODY)
    assert (counted.exact, counted.rung, counted.margin) == (False, "cold", 1024)
    assert counted.tokens > 0
    assert "25 %" in counted.error


@needs_tiktoken
def test_with_a_vocabulary_k3_is_exact(vocabulary: str) -> None:
    counted = count_tokens(BODY, tokenizer=vocabulary)
    assert (counted.exact, counted.rung, counted.margin) == (True, "exact", 3)
    longer = {**BODY, "messages": [{"role": "user", "content": "hello hello" + "hello" * 10}]}
    # One token for each word more.
    assert count_tokens(longer, tokenizer=vocabulary).tokens == counted.tokens + 10


@needs_tiktoken
@pytest.mark.parametrize(
    ("body", "model"),
    [
        (BODY, "kimi-k2.6"),
        (BODY, "kimi-k2-thinking"),
        (BODY, "kimi-k2-0905-preview"),
        (BODY, "moonshot-v1-8k"),
        (BODY, "gpt-4o"),
        ({**BODY, "messages": [{"role": "user", "content": [PICTURE]}]}, "kimi-k3"),
    ],
)
def test_with_a_vocabulary_the_rest_is_near(vocabulary: str, body: dict[str, Any], model: str) -> None:
    counted = count_tokens(body, model=model, tokenizer=vocabulary)
    assert (counted.exact, counted.rung) == (False, "near")
    assert type(counted.tokens) is int
    assert counted.margin > 3
    assert counted.error.startswith("counted with the model's vocabulary")


def test_dicts_and_types_count_alike() -> None:
    assert count_tokens(chat.decode(BODY)) == count_tokens(BODY)


def test_the_model_may_be_named_apart_and_be_the_operators_own() -> None:
    bare = {"messages": BODY["messages"]}
    assert count_tokens(bare, model="kimi-k3") == count_tokens(BODY)
    with pytest.raises(LocalProtocolError) as caught:
        count_tokens(bare)
    assert caught.value.path == "model"


@needs_tiktoken
def test_overrides_make_a_model_known(vocabulary: str) -> None:
    overrides = {"models": {"team": {"like": "kimi-k3"}}}
    assert count_tokens(BODY, model="team", tokenizer=vocabulary).exact is False
    assert count_tokens(BODY, model="team", overrides=overrides, tokenizer=vocabulary).exact is True


@needs_tiktoken
def test_what_the_k2_family_counts_hangs_on_thinking(vocabulary: str) -> None:
    turn = {"role": "assistant", "content": "hello", "reasoning_content": "hello " * 30}
    body = {"messages": [*BODY["messages"], turn, *BODY["messages"]]}
    counts = counter(resolve("kimi-k2.6"), vocabulary)
    kept = {**body, "thinking": {"type": "enabled", "keep": "all"}}

    def of(one: dict[str, Any]) -> int:
        return counts(chat.decode(one))

    assert type(of(body)) is Estimated
    assert of(body) == of(with_thinking(body, "enabled"))
    assert of(with_thinking(body, "disabled")) == of(body) + 1
    assert of(kept) > of(body) + 30


def test_a_vocabulary_that_is_not_there() -> None:
    with pytest.raises(MoonwireError) as caught:
        count_tokens(BODY, tokenizer="/nowhere/tiktoken.model")
    assert caught.value.path == "/nowhere/tiktoken.model"
    assert caught.value.remedy
