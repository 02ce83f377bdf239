"""The suite of counted prompts, over a socket: streamed, and the first usage found (verification.md 1.2).

The cases and the vocabulary are third-party data; what needs neither is asked of the estimate too.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.recorded import DATA, missing
from tests.simulator.verifier.client import Client, serving
from tests.simulator.verifier.prompts_cases import TIME, WEATHER
from tests.simulator.verifier.reading import features, frames, usage_anywhere

Json = dict[str, Any]

CASES, VOCABULARY = DATA / "prompt_token_cases.jsonl", DATA / "tiktoken.model"
MISSING = missing(CASES.name, VOCABULARY.name)
OFF: Json = {"thinking": {"type": "disabled"}}

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING or "all there")


def cases() -> list[Json]:
    return [] if MISSING else [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with serving(tokenizer=str(VOCABULARY)) as client:
        yield client


def counted(client: Client, body: Json) -> int:
    reply = client.post({**body, "stream": True})
    assert reply.status == 200, reply
    usage = usage_anywhere(reply.raw)
    assert usage is not None
    return usage["prompt_tokens"]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"stream_options": {"include_usage": True}},
        {"max_tokens": 16},
        {"temperature": 1.0, "top_p": 0.95},
    ],
    ids=str,
)
def test_the_published_count_is_met(client: Client, case: Json, more: Json) -> None:
    expected = case["expected_prompt_tokens"]
    assert expected <= counted(client, case["request"] | more) <= expected + 3


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_the_mode_of_thinking_may_be_said_too(client: Client, case: Json) -> None:
    """`--think-mode kimi` puts `thinking` into every request, beside the effort that the case has."""
    request: Json = case["request"]
    kind = "disabled" if request.get("reasoning_effort") == "none" else "enabled"
    expected = case["expected_prompt_tokens"]
    assert expected <= counted(client, {"thinking": {"type": kind}, **request}) <= expected + 3


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_it_is_met_without_a_stream_and_in_every_place_of_one(client: Client, case: Json) -> None:
    expected = case["expected_prompt_tokens"]
    reply = client.post(case["request"])
    assert expected <= reply.json()["usage"]["prompt_tokens"] <= expected + 3
    reply = client.ask(**case["request"], stream=True)
    places: list[Json] = [frame["usage"] for frame in frames(reply.raw) if frame.get("usage")]
    places += [
        choice["usage"] for frame in frames(reply.raw) for choice in frame["choices"] if choice.get("usage")
    ]
    assert len(places) == 2
    assert {usage["prompt_tokens"] for usage in places} == {reply_tokens(reply.headers)}


def reply_tokens(headers: dict[str, str]) -> int:
    return int(headers["x-msh-usage-prompt-tokens"])


@pytest.mark.parametrize("effort", ["low", "high", "max"])
def test_both_ways_of_saying_the_effort_weigh_the_same(client: Client, effort: str) -> None:
    messages = [{"role": "user", "content": "hello"}]
    one = counted(client, {"messages": messages, "reasoning_effort": effort})
    thinking = {"type": "enabled", "effort": effort}
    assert counted(client, {"messages": messages, "thinking": thinking}) == one
    other = "max" if effort != "max" else "low"
    both = {"messages": messages, "thinking": thinking, "reasoning_effort": other}
    assert counted(client, both) == one


SCHEMA: Json = {
    "type": "json_schema",
    "json_schema": {
        "name": "person",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
            "required": ["name", "age"],
            "additionalProperties": False,
        },
    },
}


# 18 tokens stand around a lone message with thinking off, so what has 36 has a text of 18.
EIGHTEEN = [
    "Give me a person with a name and an age, and answer with a JSON object please",
    "Return a JSON object for a person: name is Alice and age is 30, nothing else",
    "Extract the person's name and age: John Smith is 30 years old and lives.",
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("text", EIGHTEEN)
def test_a_schema_adds_its_message(client: Client, text: str, stream: bool) -> None:
    """The constants of the suite are 36 and 119, 83 apart; here the schema is another."""
    plain = features(client.ask(text, stream=stream, **OFF)).usage
    formed = features(client.ask(text, stream=stream, response_format=SCHEMA, **OFF)).usage
    assert plain is not None
    assert formed is not None
    assert 30 <= plain["prompt_tokens"] <= 40
    assert 83 - 12 <= formed["prompt_tokens"] - plain["prompt_tokens"] <= 83 + 20


def test_what_is_added_is_what_the_rule_says(client: Client) -> None:
    """tokens.md 2: fixed costs."""
    messages = [{"role": "user", "content": "Reply with exactly OK"}]
    plain = counted(client, {"messages": messages})
    assert plain == 89
    assert counted(client, {"messages": messages, "reasoning_effort": "low"}) == 90
    tools = {"messages": messages, "tools": [WEATHER, TIME]}
    declared = counted(client, tools)
    assert counted(client, tools | {"tool_choice": "required"}) == declared + 36
    assert counted(client, tools | {"tool_choice": "none"}) == declared + 38
    assert counted(client, tools | {"tool_choice": "auto"}) == declared
    assert counted(client, {"messages": messages, "response_format": {"type": "json_object"}}) == plain + 47
    assert counted(client, {"messages": messages, "response_format": {"type": "text"}}) == plain
    off = counted(client, {"messages": messages, **OFF})
    assert off == 18 + (plain - 85)
    assert counted(client, {"messages": messages, "reasoning_effort": "none"}) == off


def test_the_order_and_the_blanks_of_a_schema_weigh_nothing(client: Client) -> None:
    messages = [{"role": "user", "content": "hello"}]
    one = {"type": "object", "properties": {"b": {"type": "string"}, "a": {"type": "integer"}}}
    other = {"properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "type": "object"}
    weights = {
        counted(
            client,
            {
                "messages": messages,
                "tools": [{"type": "function", "function": {"name": "f", "parameters": p}}],
            },
        )
        for p in (one, other)
    }
    assert len(weights) == 1


def test_the_tolerance_is_three_and_not_four(client: Client) -> None:
    """The suite's own tests of itself: `expected ≤ n ≤ expected + 3`."""
    body: Json = {"messages": [{"role": "user", "content": "hello"}], "reasoning_effort": "max"}
    found = counted(client, body)
    fits = [expected for expected in range(found - 10, found + 10) if expected <= found <= expected + 3]
    assert fits == [found - 3, found - 2, found - 1, found]
    assert 86 in fits
