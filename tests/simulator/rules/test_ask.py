"""A request as a server reads it."""

from typing import Any

import pytest

from moonwire.core.catalogue import resolve
from moonwire.simulator.rules import Ask, edition
from moonwire.simulator.rules.ask import a_list, an_object, texts_of
from tests.simulator.rules.requests import USER, Body, function, kimi, place_of


def ask(body: Body, at: str = "platform", **rest: Any) -> Ask:
    return Ask(body, resolve(str(body.get("model")), at), place_of(at), edition("latest"), **rest)


OFF: Body = {"type": "disabled"}

THINKING: list[tuple[str, Body, bool]] = [
    ("platform", kimi(), True),
    ("platform", kimi(thinking=OFF), False),
    ("platform", kimi(thinking={"type": "enabled"}), True),
    ("platform", kimi(thinking="disabled"), True),
    ("platform", kimi(reasoning_effort="none"), True),
    ("platform", kimi(enable_thinking=False), True),
    ("platform", kimi(model="kimi-k2.7-code", thinking=OFF), True),
    ("platform", kimi(model="kimi-k2-thinking", thinking=OFF), True),
    ("platform", kimi(model="kimi-k2-0905-preview"), False),
    ("platform", kimi(model="moonshot-v1-8k", thinking={"type": "enabled"}), False),
    ("platform", kimi(model="kimi-k3"), True),
    ("platform", kimi(model="kimi-k3", thinking=OFF), False),
    ("platform", kimi(model="kimi-k3", reasoning_effort="none"), False),
    ("coding", kimi(model="k3", thinking=OFF), False),
    ("vllm", kimi(thinking=OFF), True),
    ("vllm", kimi(chat_template_kwargs={"thinking": False}), False),
    ("vllm", kimi(chat_template_kwargs={"enable_thinking": False}), False),
    ("vllm", kimi(chat_template_kwargs={"thinking": "no"}), True),
    ("vllm", kimi(chat_template_kwargs=[]), True),
    ("openrouter", kimi(model="moonshotai/kimi-k2.6", reasoning={"enabled": False}), False),
    ("openrouter", kimi(model="moonshotai/kimi-k2.6", reasoning={"effort": "none"}), False),
    ("openrouter", kimi(model="moonshotai/kimi-k2.6", reasoning={"effort": "high"}), True),
    ("dashscope", kimi(enable_thinking=False), False),
    ("dashscope", kimi(enable_thinking="no"), True),
    ("fireworks", kimi(model="accounts/fireworks/models/kimi-k3", reasoning_effort="none"), False),
    ("platform", {"messages": [USER]}, False),
]


@pytest.mark.parametrize(("at", "body", "expected"), THINKING)
def test_whether_it_thinks(at: str, body: Body, expected: bool) -> None:
    assert ask(body, at).thinking is expected


EFFORTS: list[tuple[str, Body, str]] = [
    ("platform", kimi(), ""),
    ("platform", kimi(reasoning_effort="high"), ""),
    ("platform", kimi(model="kimi-k3"), "max"),
    ("platform", kimi(model="kimi-k3", reasoning_effort="low"), "low"),
    ("platform", kimi(model="kimi-k3", reasoning_effort="turbo"), "max"),
    ("platform", kimi(model="kimi-k3", reasoning_effort="high", thinking={"effort": "low"}), "low"),
    ("vllm", kimi(model="kimi-k3", chat_template_kwargs={"thinking_effort": "high"}), "high"),
    ("openrouter", kimi(model="moonshotai/kimi-k3", reasoning={"effort": "low"}), "low"),
]


@pytest.mark.parametrize(("at", "body", "expected"), EFFORTS)
def test_how_much_it_thinks(at: str, body: Body, expected: str) -> None:
    assert ask(body, at).effort == expected


KEEPS: list[tuple[str, Body, bool]] = [
    ("platform", kimi(), False),
    ("platform", kimi(thinking={"type": "enabled", "keep": "all"}), True),
    ("platform", kimi(thinking={"type": "enabled", "keep": None}), False),
    ("platform", kimi(model="kimi-k2.5", thinking={"keep": "all"}), False),
    ("platform", kimi(model="kimi-k2.7-code"), True),
    ("platform", kimi(model="kimi-k3"), True),
    ("vllm", kimi(), False),
    ("vllm", kimi(chat_template_kwargs={"preserve_thinking": True}), True),
]


@pytest.mark.parametrize(("at", "body", "expected"), KEEPS)
def test_whether_earlier_thoughts_count(at: str, body: Body, expected: bool) -> None:
    assert ask(body, at).keeps is expected


CHOICES: list[tuple[Any, str, str]] = [
    (None, "auto", ""),
    ("none", "none", ""),
    ("bogus", "bogus", ""),
    ({"type": "function", "function": {"name": "read"}}, "named", "read"),
    ({"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": []}}, "required", ""),
    ({"type": "allowed_tools"}, "auto", ""),
    ({}, "unknown", ""),
    (3, "unknown", ""),
]


@pytest.mark.parametrize(("value", "choice", "chosen"), CHOICES)
def test_what_is_chosen(value: Any, choice: str, chosen: str) -> None:
    one = ask(kimi(tool_choice=value))
    assert (one.choice, one.chosen) == (choice, chosen)


CAPS: list[tuple[Body, int | None]] = [
    ({}, None),
    ({"max_tokens": 3}, 3),
    ({"max_completion_tokens": 5, "max_tokens": 3}, 5),
    ({"max_completion_tokens": None, "max_tokens": 3}, 3),
    ({"max_completion_tokens": True}, None),
    ({"max_tokens": "3"}, None),
]


@pytest.mark.parametrize(("fields", "expected"), CAPS)
def test_the_cap_that_counts(fields: Body, expected: int | None) -> None:
    assert ask(kimi(**fields)).cap == expected


def test_tools_that_messages_bring_are_k3s_alone() -> None:
    message: Body = {"role": "system", "content": "", "tools": [function("a"), 3]}
    others: Body = {"role": "user", "content": "x", "tools": [function("b")]}
    assert ask(kimi(message, others)).dynamic_tools == []
    assert ask(kimi(message, others, model="kimi-k3")).dynamic_tools == [function("a"), {}]


def test_what_is_no_object_reads_as_an_empty_one() -> None:
    one = ask(kimi("hello", tools=["read"]))
    assert one.messages == [{}] and one.tools == [{}]
    assert an_object([1]) == {} and a_list({"a": 1}) == []
    assert ask({"model": "kimi-k2.6", "messages": "hello", "tools": {}}).messages == []


def test_the_texts_of_a_content() -> None:
    assert list(texts_of("a")) == ["a"]
    assert list(texts_of([{"type": "text", "text": "a"}, {"text": 3}, "b", {"type": "image_url"}])) == ["a"]
    assert list(texts_of(None)) == []


def test_the_prompt_is_counted_once_and_only_when_it_is_asked_for() -> None:
    counted: list[int] = []

    def count() -> int:
        counted.append(1)
        return 7

    one = ask(kimi(), count=count)
    assert counted == []
    assert (one.prompt, one.prompt, len(counted)) == (7, 7, 1)
    assert ask(kimi()).prompt == 0
