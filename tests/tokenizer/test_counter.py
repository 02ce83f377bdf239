"""A counter for each template, out of one vocabulary."""

from typing import Any

import pytest

from moonwire.core.catalogue import resolve
from moonwire.core.prompts import Estimated
from moonwire.tokenizer.counter import counter
from moonwire.wire import chat
from tests.tokenizer.vocabularies import needs_tiktoken
from tests.workbench.small import load_small

BODY: dict[str, Any] = {"model": "kimi-k3", "messages": [{"role": "user", "content": "hello"}]}

pytestmark = needs_tiktoken


@pytest.fixture(autouse=True)
def vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moonwire.tokenizer.counter.load", load_small)


def test_k3_is_counted_exactly_and_the_thinking_with_it() -> None:
    count = counter(resolve("kimi-k3"), "tiktoken.model")
    thinking, silent = count(chat.decode(BODY)), count(chat.decode({**BODY, "reasoning_effort": "none"}))
    assert not isinstance(thinking, Estimated)
    assert thinking > silent


@pytest.mark.parametrize("model", ["kimi-k2.6", "kimi-k2-thinking", "kimi-k2-0905-preview"])
def test_the_k2_family_is_counted_nearly(model: str) -> None:
    assert isinstance(counter(resolve(model), "tiktoken.model")(chat.decode(BODY)), Estimated)
