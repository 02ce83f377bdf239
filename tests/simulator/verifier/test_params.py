"""The suite of parameters: what must be accepted and what must be refused (verification.md 1.1)."""

from collections.abc import Iterator
from typing import Any

import pytest
from openai import OpenAI, OpenAIError

from tests.simulator.verifier.client import MODEL, Client, serving
from tests.simulator.verifier.reading import features
from tests.simulator.verifier.streaming import check_refusal

Json = dict[str, Any]

MESSAGES: list[Any] = [{"role": "user", "content": "Say 'OK' and nothing else."}]

ACCEPTED: dict[bool, dict[str, list[float]]] = {
    True: {"temperature": [0.6, 0.0, 1.0, 0, 1], "top_p": [0.95]},
    False: {"temperature": [0.6], "top_p": [0.95]},
}
BOTH: dict[str, list[float]] = {"presence_penalty": [0, 0.0], "frequency_penalty": [0, 0.0], "n": [1]}
REFUSED: dict[str, list[float]] = {
    "temperature": [1.1, 2.0, -0.1],
    "top_p": [0.8],
    "presence_penalty": [0.5],
    "frequency_penalty": [0.5],
    "n": [2],
}
ROWS = [
    (thinking, name, value)
    for thinking, table in ACCEPTED.items()
    for name, values in (table | BOTH).items()
    for value in values
]
WRONG = [(thinking, name, value) for thinking in (True, False) for name in REFUSED for value in REFUSED[name]]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with serving() as client:
        yield client


@pytest.fixture(scope="module")
def openai(client: Client) -> Iterator[OpenAI]:
    with OpenAI(base_url=client.base_url, api_key="sk-verifier", max_retries=0, timeout=60) as openai:
        yield openai


def mode(thinking: bool) -> Json:
    return {"thinking": {"type": "enabled" if thinking else "disabled"}}


def asked(openai: OpenAI, thinking: bool, fields: Json) -> str:
    create: Any = openai.chat.completions.create
    answer = create(model=MODEL, messages=MESSAGES, extra_body=mode(thinking), **fields)
    return answer.choices[0].message.content


@pytest.mark.parametrize("more", [{}, {"max_tokens": 1024}, {"max_tokens": 16}], ids=str)
@pytest.mark.parametrize("thinking", [True, False])
def test_nothing_given(openai: OpenAI, thinking: bool, more: Json) -> None:
    assert asked(openai, thinking, more) is not None


@pytest.mark.parametrize(("thinking", "name", "value"), ROWS)
def test_what_must_be_accepted(openai: OpenAI, thinking: bool, name: str, value: float) -> None:
    assert asked(openai, thinking, {name: value})


@pytest.mark.parametrize(("thinking", "name", "value"), ROWS)
def test_what_must_be_accepted_in_a_stream(client: Client, thinking: bool, name: str, value: float) -> None:
    reply = client.ask(MESSAGES, stream=True, **mode(thinking), **{name: value})
    assert reply.status == 200
    assert features(reply).finish == "stop"


@pytest.mark.parametrize("thinking", [True, False])
def test_every_default_at_once(openai: OpenAI, thinking: bool) -> None:
    every: Json = {"temperature": 1.0 if thinking else 0.6, "top_p": 0.95, "n": 1}
    assert asked(openai, thinking, every | {"presence_penalty": 0, "frequency_penalty": 0})


@pytest.mark.parametrize(("thinking", "name", "value"), WRONG)
def test_what_must_be_refused(openai: OpenAI, thinking: bool, name: str, value: float) -> None:
    with pytest.raises(OpenAIError):
        asked(openai, thinking, {name: value})


@pytest.mark.parametrize(("thinking", "name", "value"), WRONG)
@pytest.mark.parametrize("stream", [False, True])
def test_the_refusal_is_a_400(client: Client, thinking: bool, name: str, value: float, stream: bool) -> None:
    reply = client.ask(MESSAGES, stream=stream, **mode(thinking), **{name: value})
    assert reply.status == 400
    assert check_refusal(reply.status, reply.headers, reply.raw) == []


@pytest.mark.parametrize("name", REFUSED)
def test_so_it_is_where_nothing_is_said_about_thinking(client: Client, name: str) -> None:
    for value in REFUSED[name]:
        assert client.post({"messages": MESSAGES, name: value}).status == 400
    for value in (ACCEPTED[True] | BOTH)[name]:
        assert client.post({"messages": MESSAGES, name: value}).status == 200


def test_the_older_script_of_parameters(openai: OpenAI) -> None:
    """verify_params, for K2.5: 1.0 thinking, 0.6 not, and 0.5 refused. Here 0.5 is out of its reach."""
    assert asked(openai, True, {"temperature": 1.0, "top_p": 0.95})
    assert asked(openai, False, {"temperature": 0.6, "top_p": 0.95})
