"""The live probes of kimi-cli#2332, a row each, on the simulated platform (kimi-api.md D1 to D4, I2)."""

from typing import Any

import pytest

from moonwire.simulator import App, Settings
from tests.simulator.asking import Answer, body, chat, events

MODEL = "kimi-k2.6"
WINDOW = 262_144
SHORT = "Reply with exactly OK"
NEAR = "word " * 208_000
"""About 260,000 tokens."""
BEYOND = "word " * 216_000
"""About 270,000 tokens, as in the probe."""


def probe(text: str = SHORT, *, seed: int = 0, **fields: Any) -> Answer:
    return chat(App(Settings(seed=seed)), text, model=MODEL, **fields)


Row = tuple[dict[str, Any], str, str, int]
ROWS: list[Row] = [
    ({"max_completion_tokens": 16}, "length", "", 16),
    ({"max_tokens": 16}, "length", "", 16),
    ({"max_completion_tokens": 32}, "stop", "OK", 29),
    ({"max_tokens": 32}, "stop", "OK", 29),
    ({"max_completion_tokens": 16, "max_tokens": 32}, "length", "", 16),
    ({"max_completion_tokens": 32, "max_tokens": 16}, "stop", "OK", 29),
    ({"max_completion_tokens": 1_000_000}, "stop", "OK", 29),
    ({"max_tokens": 1_000_000}, "stop", "OK", 29),
    ({}, "stop", "OK", 29),
]


@pytest.mark.parametrize(("fields", "finish", "content", "tokens"), ROWS)
def test_caps(fields: dict[str, Any], finish: str, content: str, tokens: int) -> None:
    answer = probe(**fields)
    assert answer.status == 200
    choice, usage = answer.json()["choices"][0], answer.json()["usage"]
    assert (choice["finish_reason"], choice["message"]["content"]) == (finish, content)
    assert usage["completion_tokens"] == tokens
    assert choice["message"]["reasoning_content"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + tokens
    if finish == "length":
        assert usage["completion_tokens_details"]["reasoning_tokens"] == tokens


@pytest.mark.parametrize(("fields", "finish", "content", "tokens"), ROWS)
def test_caps_of_a_stream(fields: dict[str, Any], finish: str, content: str, tokens: int) -> None:
    found = events(probe(stream=True, stream_options={"include_usage": True}, **fields))
    deltas = [frame["choices"][0]["delta"] for frame in found[:-1]]
    assert "".join(delta.get("content", "") for delta in deltas) == content
    assert found[-2]["choices"][0]["finish_reason"] == finish
    assert found[-1]["usage"]["completion_tokens"] == tokens


def test_no_default_cuts_a_long_answer() -> None:
    answer = probe("Write a story of 21000 words")
    choice, usage = answer.json()["choices"][0], answer.json()["usage"]
    assert (answer.status, choice["finish_reason"]) == (200, "stop")
    assert 20_000 < usage["completion_tokens"] < 30_000
    assert len(choice["message"]["content"].split()) == 21_000


@pytest.mark.parametrize(
    "fields", [{}, {"max_tokens": 1}, {"max_completion_tokens": 100_000}, {"stream": True}]
)
def test_a_prompt_beyond_the_window_is_refused(fields: dict[str, Any]) -> None:
    answer = probe(BEYOND, **fields)
    counted = chat(
        App(Settings(without=("overflow", "overflow-overload"))), BEYOND, model=MODEL, max_tokens=1
    )
    tokens = counted.json()["usage"]["prompt_tokens"]
    assert tokens > WINDOW
    assert answer.status == 400
    assert answer.json() == {
        "error": {
            "message": "Invalid request: Your request exceeded model token limit: "
            f"{WINDOW} (requested: {tokens})",
            "type": "invalid_request_error",
        }
    }


@pytest.mark.parametrize("seed", range(5))
def test_near_the_window_a_small_cap_is_taken(seed: int) -> None:
    answer = probe(NEAR, seed=seed, max_completion_tokens=200)
    assert answer.status == 200
    assert answer.json()["usage"]["prompt_tokens"] + 200 < WINDOW


def test_near_the_window_a_large_cap_meets_an_overload_mostly() -> None:
    answers = {seed: probe(NEAR, seed=seed, max_completion_tokens=32_000) for seed in range(12)}
    overloaded = [seed for seed, answer in answers.items() if answer.status == 429]
    assert len(overloaded) > 6
    for seed in overloaded[:3]:
        assert answers[seed].json() == {
            "error": {
                "message": "The engine is currently overloaded, please try again later",
                "type": "engine_overloaded_error",
            }
        }
    again = {seed: probe(NEAR, seed=seed, max_completion_tokens=32_000).status for seed in answers}
    assert again == {seed: answer.status for seed, answer in answers.items()}


def test_near_the_window_the_answer_ends_where_the_window_does() -> None:
    answer = chat(
        App(Settings(rules="strictest")),
        f"{NEAR}\nWrite a story of 5000 words",
        model=MODEL,
        max_tokens=9_000,
    )
    usage = answer.json()["usage"]
    assert answer.json()["choices"][0]["finish_reason"] == "length"
    assert usage["total_tokens"] == WINDOW


@pytest.mark.parametrize("stream", [False, True])
def test_cached_tokens_stand_in_both_places(stream: bool) -> None:
    app = App(Settings())
    fields: dict[str, Any] = {"model": MODEL, "stream": stream, "stream_options": {"include_usage": True}}
    answers = [chat(app, SHORT, **fields) for _ in range(2)]
    first, second = ((events(one)[-1] if stream else one.json())["usage"] for one in answers)
    assert (first["cached_tokens"], first["prompt_tokens_details"]["cached_tokens"]) == (0, 0)
    whole = second["prompt_tokens"]
    assert (second["cached_tokens"], second["prompt_tokens_details"]["cached_tokens"]) == (whole, whole)
    assert answers[1].header("x-msh-usage-cached-tokens") == str(whole)
    assert body(SHORT, **fields) == body(SHORT, **fields)
