"""A server without a reasoning parser is known by its first answer: thoughts are thoughts from then on."""

from typing import Any

import pytest

from moonwire.core.events import Finish, Reasoning, Text
from moonwire.exchange.exchange import Exchange
from moonwire.simulator import Server, Settings
from tests.exchange.upstreams import (
    DONE,
    END,
    HEAD,
    STOP,
    Scripted,
    asked,
    delta,
    events_of,
    running,
    upstream,
)
from tests.transport.peers import run, serve

UNMARKED = HEAD + delta(content="I greet.") + delta(content="</think>Hello") + STOP + DONE + END
ENDLESS = HEAD + delta(content="Hello.") + STOP + DONE + END
FIELD = HEAD + delta(reasoning_content="I greet.") + delta(content="Hello") + STOP + DONE + END
FIRST = ("", "I greet.Hello")
"""Of the first answer only its end tells what it was, and by then it has been passed on."""
THINKING: dict[str, Any] = {"model": "moonshotai/Kimi-K2.6", "stream": True}


async def heard(line: Exchange, **more: Any) -> tuple[str, str]:
    """The thoughts and the text that a caller with a stream sees."""
    events = await events_of(await line.open(asked(**{**THINKING, **more})))
    assert isinstance(events[-1], Finish)
    thoughts = "".join(event.text for event in events if isinstance(event, Reasoning))
    return thoughts, "".join(event.text for event in events if isinstance(event, Text))


def story(*says: bytes, answers: int, **more: Any) -> list[tuple[str, str]]:
    """What a caller sees of so many answers, one after another."""
    found: list[tuple[str, str]] = []

    async def main() -> None:
        scripted = Scripted(*says)
        async with serve(scripted.run) as at, running(upstream("a", at.url, "k", endpoint="vllm")) as line:
            found.extend([await heard(line, **more) for _ in range(answers)])

    run(main)
    return found


def test_after_the_first_answer_it_is_known() -> None:
    assert story(UNMARKED, answers=3) == [FIRST, ("I greet.", "Hello"), ("I greet.", "Hello")]


def test_a_field_of_reasoning_counts_for_more_than_what_was_learned() -> None:
    assert story(UNMARKED, FIELD, answers=2) == [FIRST, ("I greet.", "Hello")]


def test_thoughts_without_an_end_show_that_it_was_wrong() -> None:
    known = [FIRST, ("Hello.", "")]
    assert story(UNMARKED, ENDLESS, answers=4) == [*known, ("", "Hello."), ("", "Hello.")]


def test_without_thinking_nothing_is_learned() -> None:
    off = {"chat_template_kwargs": {"thinking": False}}
    assert story(UNMARKED, answers=2, **off) == [FIRST] * 2


@pytest.mark.parametrize("model", ["moonshotai/Kimi-K2.6", "moonshotai/Kimi-K3"])
def test_so_it_is_with_the_weights_themselves(model: str) -> None:
    said = "turn\nthink I greet.\nsay Hello\n" * 3
    with Server(Settings(endpoint="vllm", models=(model,), raw="all", script=said)) as server:

        async def main() -> None:
            async with running(upstream("a", server.base_url, "k", endpoint="vllm")) as line:
                assert (await heard(line, model=model))[1] != "Hello"
                assert await heard(line, model=model) == ("I greet.", "Hello")

        run(main)
