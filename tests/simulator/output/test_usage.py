"""Counts, and the prefix cache: its laws."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.catalogue import resolve
from moonwire.simulator.output.pieces import Pieces
from moonwire.simulator.output.usage import Counter, Prompt, Seen, Used, usage_object
from moonwire.wire import chat
from tests.simulator.asking import TOOLS

COUNTER = Counter(Pieces(None))
MODELS = ("kimi-k3", "kimi-k2.6", "kimi-k2-0905-preview", "moonshot-v1-8k")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
TURNS = st.lists(TEXTS, min_size=1, max_size=6)


def prompt(
    model: str, messages: list[Any], *, thinking: bool = True, tools: list[Any] | None = None
) -> Prompt:
    body = {"model": model, "messages": messages, "tools": tools or []}
    request = chat.decode(json.loads(json.dumps(body)))
    target = resolve(model, "platform")
    return COUNTER.prompt(request, target, thinking=thinking, effort="max", keeps=True)


def conversation(texts: list[str]) -> list[Any]:
    said: list[Any] = [{"role": "system", "content": "You are Kimi."}]
    for place, text in enumerate(texts):
        turn = {"role": "assistant", "content": text, "reasoning_content": "So."}
        said.append(turn if place % 2 else {"role": "user", "content": text})
    return said


@pytest.mark.parametrize("model", MODELS)
@given(texts=TURNS)
def test_the_same_prompt_again_is_cached_whole(model: str, texts: list[str]) -> None:
    seen, one = Seen(), prompt(model, conversation(texts), tools=TOOLS)
    assert seen.cached("me", one) == 0
    assert seen.cached("me", one) == one.tokens
    assert seen.cached("you", one) == 0


@pytest.mark.parametrize("model", MODELS)
@given(texts=TURNS)
def test_a_longer_conversation_finds_the_old_one(model: str, texts: list[str]) -> None:
    seen, old = Seen(), conversation(texts)
    before = prompt(model, old)
    assert seen.cached("me", before) == 0
    found = seen.cached("me", prompt(model, [*old, {"role": "user", "content": "And?"}]))
    # But for what asks the model to answer, which stands at the old one's end.
    assert found >= before.tokens - 12
    assert found < before.tokens + 6


@pytest.mark.parametrize("model", MODELS)
@given(texts=TURNS)
def test_another_beginning_finds_no_more_than_the_tools(model: str, texts: list[str]) -> None:
    seen, old = Seen(), conversation(texts)
    seen.cached("me", prompt(model, old, tools=TOOLS))
    other = [{"role": "system", "content": "You are somebody else."}, *old[1:]]
    tools = prompt(model, [{"role": "user", "content": ""}], tools=TOOLS).tokens
    assert seen.cached("me", prompt(model, other, tools=TOOLS)) <= tools


@given(st.lists(st.lists(st.sampled_from([b"a", b"b", b"c"]), min_size=1, max_size=5), max_size=12))
def test_what_is_found_is_the_longest_common_prefix(prompts: list[list[bytes]]) -> None:
    seen = Seen()
    before: list[list[bytes]] = []
    for parts in prompts:
        borders = tuple((b"".join(parts[: n + 1]), n + 1) for n in range(len(parts)))
        longest = max((_common(parts, other) for other in before), default=0)
        assert seen.cached("me", Prompt(len(parts), borders)) == longest
        before.append(parts)


def _common(one: list[bytes], other: list[bytes]) -> int:
    same = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        same += 1
    return same


def test_the_oldest_are_forgotten() -> None:
    seen = Seen(most=2)
    first, second, third = (Prompt(1, ((name, 1),)) for name in (b"a", b"b", b"c"))
    for one in (first, second, first, third):
        seen.cached("me", one)
    assert (seen.cached("me", first), seen.cached("me", second)) == (1, 0)


def test_the_usage_object() -> None:
    used = Used(prompt=10, cached=4, completion=7, reasoning=3)
    assert usage_object(used) == {
        "prompt_tokens": 10,
        "completion_tokens": 7,
        "total_tokens": 17,
        "cached_tokens": 4,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    assert "cached_tokens" not in usage_object(used, both=False)
