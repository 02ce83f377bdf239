"""From a request to what comes out, without HTTP."""

import json
from typing import Any

import pytest

from moonwire.core.errors import LocalProtocolError, MoonwireError
from moonwire.simulator import Settings
from moonwire.simulator.outcome import MOST_CANDIDATES, Arrived, Model, Outcome
from moonwire.simulator.rules import Refused
from tests.simulator.asking import TOOLS, called, user
from tests.simulator.asking import body as written


def arrived(text: str | list[Any] = "Say 'OK'.", key: str = "me", **fields: Any) -> Arrived:
    raw = written(text, **fields)
    return Arrived(body=json.loads(raw), raw=raw, key=key)


def came(endpoint: Model, text: str | list[Any] = "Say 'OK'.", /, **fields: Any) -> Outcome:
    outcome = endpoint.answer(arrived(text, **fields))
    assert isinstance(outcome, Outcome)
    return outcome


def said(outcome: Outcome, place: int = 0) -> str:
    steps = outcome.candidates[place].generation.steps
    return "".join(step.text for step in steps if step.kind == "content")


def test_the_same_bytes_and_seed_make_the_same_answer() -> None:
    one, other = (came(Model(Settings(seed=5)), "Call get_weather.", tools=TOOLS) for _ in range(2))
    assert one == other
    # Another caller's bytes draw other numbers, and another seed too.
    fresh = came(Model(Settings(seed=6, ids="uuid")), "Call get_weather.", tools=TOOLS)
    assert fresh.candidates[0].calls[0][0] != one.candidates[0].calls[0][0]


NAMES: list[tuple[dict[str, Any], str, bool]] = [
    ({}, "kimi-k3", True),
    ({}, "nobody", False),
    ({}, "", False),
    ({"models": ("kimi-k2.6",)}, "kimi-k2.6", True),
    ({"models": ("kimi-k2.6",)}, "kimi-k3", False),
    ({"endpoint": "coding"}, "kimi-for-coding", True),
    ({"endpoint": "vllm"}, "moonshotai/Kimi-K2.6", True),
]


@pytest.mark.parametrize(("fields", "name", "there"), NAMES)
def test_which_models_are_there(fields: dict[str, Any], name: str, there: bool) -> None:
    assert (Model(Settings(**fields)).target(name) is not None) is there


def test_a_model_that_is_not_there_is_refused() -> None:
    refused = Model(Settings()).answer(arrived(model="nobody"))
    assert isinstance(refused, Refused)
    assert (refused.status, refused.rule) == (404, "model")


@pytest.mark.parametrize("name", [None, 3, [], {}, True])
def test_a_model_of_any_type_is_missing(name: Any) -> None:
    refused = Model(Settings()).answer(arrived(model=name))
    assert isinstance(refused, Refused)
    assert (refused.status, refused.rule) == (400, "model-missing")
    assert isinstance(Model(Settings()).tokens(arrived(model=name).body), Refused)


@pytest.mark.parametrize(
    ("fields", "path"),
    [({"endpoint": "nowhere"}, "endpoint"), ({"rules": "x"}, "rules"), ({"without": ("x",)}, "without")],
)
def test_settings_that_mean_nothing_are_said_at_once(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        Model(Settings(**fields))
    assert caught.value.path == path


def test_a_vocabulary_that_is_not_there_is_said_at_once() -> None:
    with pytest.raises(MoonwireError):
        Model(Settings(tokenizer="/nowhere/tiktoken.model"))


@pytest.mark.parametrize(
    ("n", "many"),
    [
        (1, 1),
        (3, 3),
        (MOST_CANDIDATES, MOST_CANDIDATES),
        (128, MOST_CANDIDATES),
        (0, 1),
        (-3, 1),
        (None, 1),
        ("3", 1),
        (2.5, 1),
        (True, 1),
    ],
)
def test_candidates(n: Any, many: int) -> None:
    outcome = came(Model(Settings(endpoint="vllm")), n=n)
    assert len(outcome.candidates) == many


@pytest.mark.parametrize(
    ("stop", "text"),
    [("K", "O"), (["X", "K"], "O"), ([None, 3, "O"], ""), (3, "OK"), (None, "OK"), ([], "OK"), ({}, "OK")],
)
def test_stop_sequences_of_any_shape(stop: Any, text: str) -> None:
    outcome = came(Model(Settings(endpoint="vllm")), stop=stop)
    assert said(outcome) == text


def test_the_cache_is_each_keys_and_models_own() -> None:
    model = Model(Settings())
    order = (("a", "kimi-k3"), ("b", "kimi-k3"), ("a", "kimi-k2.6"), ("a", "kimi-k3"))
    used = [came(model, key=key, model=name).candidates[0].used for key, name in order]
    assert [one.cached for one in used[:3]] == [0, 0, 0]
    assert used[3].cached == used[3].prompt == used[0].prompt


def test_a_refusal_leaves_nothing_in_the_cache() -> None:
    model = Model(Settings())
    assert isinstance(model.answer(arrived(temperature=0.3)), Refused)
    assert came(model).candidates[0].used.cached == 0


def test_k3_counts_a_thought_too_many_where_the_cap_ends_them() -> None:
    cut = came(Model(Settings()), max_tokens=5).candidates[0].used
    assert (cut.completion, cut.reasoning) == (5, 6)
    other = came(Model(Settings()), max_tokens=5, model="kimi-k2.6").candidates[0].used
    assert (other.completion, other.reasoning) == (5, 5)


def test_raw_markup_comes_out_where_the_settings_say() -> None:
    outcome = came(
        Model(Settings(endpoint="vllm", raw="content")), "Call get_weather.", tools=TOOLS, model="kimi-k2.6"
    )
    assert "<|tool_call_begin|>functions.get_weather:0" in said(outcome)
    assert outcome.candidates[0].calls == ()
    after = [
        *user("Call get_weather, then read_file."),
        *called("functions.get_weather:0", name="get_weather"),
    ]
    later = came(Model(Settings(endpoint="vllm", raw="content")), after, tools=TOOLS, model="kimi-k2.6")
    assert "functions.read_file:1" in said(later)


def test_a_count_is_the_prompts() -> None:
    model = Model(Settings())
    tokens = model.tokens(arrived().body)
    assert tokens == came(model).candidates[0].used.prompt
    assert model.messages_refused(arrived().body) is None
    unknown = [*called("a:0")[:1], {"role": "tool", "tool_call_id": "b", "content": "x"}]
    refused = model.messages_refused(arrived([*user("Hi."), *unknown]).body)
    assert refused is not None
    assert refused.message == "messages[2]: tool_call_id b is not found"
