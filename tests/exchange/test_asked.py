"""Which conversation a request belongs to, and what is refused before anything is sent."""

from typing import Any

import msgspec
import pytest

from moonwire.core.catalogue import resolve
from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import Reply
from moonwire.core.plan import plan
from moonwire.core.settings import Settings
from moonwire.exchange.asked import conversation_of, incomplete, refuse_several
from tests.exchange.upstreams import body, messages_of

FIRST = body("Read notes.txt")


def test_a_conversation_stays_itself_as_it_grows() -> None:
    more = messages_of(FIRST, {"role": "assistant", "content": "Done."}, {"role": "user", "content": "And?"})
    grown = msgspec.structs.replace(FIRST, messages=more)
    assert conversation_of(grown) == conversation_of(FIRST)


@pytest.mark.parametrize("words", ["Read notes.txt ", "Read", "", "\ud83d"])
def test_other_first_words_are_another(words: str) -> None:
    assert conversation_of(body(words)) != conversation_of(FIRST)


def test_what_stands_before_the_user_counts_and_parts_are_read() -> None:
    def of(*messages: dict[str, Any]) -> str:
        return conversation_of(msgspec.structs.replace(FIRST, messages=messages_of(body(""), *messages)[1:]))

    user = {"role": "user", "content": "a"}
    assert of({"role": "system", "content": "x"}, user) != of({"role": "system", "content": "y"}, user)
    assert of({"role": "user", "content": [{"type": "text", "text": "a"}]}) == of(user)


def test_its_own_key_is_its_name() -> None:
    assert conversation_of(msgspec.structs.replace(FIRST, cache_key="mine")) == "mine"


@pytest.mark.parametrize(
    ("model", "endpoint", "settings"),
    [
        ("gpt-4o", "generic", Settings()),
        ("moonshot-v1-8k", "platform", Settings()),
        ("kimi-k2.6", "platform", Settings(several="fan-out")),
    ],
)
def test_of_several_answers_none_is_lost_without_a_word(
    model: str, endpoint: str, settings: Settings
) -> None:
    planned = plan(body("hi", n=2), resolve(model, endpoint), None, settings)
    with pytest.raises(LocalProtocolError, match="not 2") as caught:
        refuse_several(planned)
    assert caught.value.path == "n" and caught.value.remedy


@pytest.mark.parametrize("n", [1, None])
def test_one_answer_is_one(n: int | None) -> None:
    planned = plan(body("hi", n=n), resolve("gpt-4o", "generic"))
    refuse_several(planned)
    assert planned.answers == 1


def test_an_answer_of_thoughts_alone_says_what_would_help() -> None:
    planned = plan(body("hi", max_tokens=16), resolve("kimi-k2.6", "platform"))
    cut, silent = incomplete(Reply(finish="length"), planned), incomplete(Reply(finish="stop"), planned)
    assert "16 tokens" in cut.message and "2048" in cut.remedy
    assert cut.path == "max_tokens" and cut.reply.finish == "length"
    assert "nothing" in silent.message and silent.remedy
