"""The mind: the same turn for the same request and seed, and what goes into it."""

import random
from typing import Any

import pytest

from moonwire.simulator.brain import Turn, think
from moonwire.simulator.output.pieces import Pieces
from tests.simulator.asking import TOOLS, an_ask, called, user


def thought(text: str | list[Any] = "Hi.", seed: int = 1, **fields: Any) -> Turn:
    return think(an_ask(text, **fields), random.Random(seed), Pieces(None).count)


def test_the_same_request_and_seed_make_the_same_turn() -> None:
    assert thought("Call get_weather.", tools=TOOLS) == thought("Call get_weather.", tools=TOOLS)


def test_it_calls_while_there_is_something_to_call_and_then_answers() -> None:
    first = thought("Read a.txt with read_file.", tools=TOOLS)
    assert [call.name for call in first.calls] == ["read_file"]
    assert first.text == ""
    after = thought([*user("Read a.txt with read_file."), *called("read_file:0")], tools=TOOLS)
    assert not after.calls
    assert after.text == "Done. read_file returned: a b"
    assert (after.thoughts or "").startswith("Round 1 of the calls is back.")


@pytest.mark.parametrize(
    ("model", "fields", "thinks"),
    [
        ("kimi-k3", {}, True),
        ("kimi-k3", {"thinking": {"type": "disabled"}}, False),
        ("kimi-k2.6", {}, True),
        ("kimi-k2.6", {"thinking": {"type": "disabled"}}, False),
        ("moonshot-v1-8k", {}, False),
    ],
)
def test_it_thinks_where_the_model_would(model: str, fields: dict[str, Any], thinks: bool) -> None:
    assert (thought(model=model, **fields).thoughts is not None) is thinks


def test_more_effort_is_more_thought() -> None:
    lengths = [len(thought(reasoning_effort=effort).thoughts or "") for effort in ("low", "high", "max")]
    assert lengths == sorted(set(lengths))


MANGLED = [*user("Read a.txt with read_file, 2 times."), *called("functions_Read_0")]
FUSED = [*user("Read a.txt with read_file, 3 times."), *called("functionsread0")]


def test_mangled_ids_of_a_self_hosted_model_make_an_empty_turn() -> None:
    turn = thought(MANGLED, model="kimi-k2.6", at="vllm", tools=TOOLS)
    assert turn.thoughts
    assert (turn.text, turn.calls) == ("", ())


def test_fused_ids_stop_it_from_calling_mostly() -> None:
    turns = [thought(FUSED, seed=seed, model="kimi-k2.6", at="vllm", tools=TOOLS) for seed in range(40)]
    stopped = [turn for turn in turns if not turn.calls]
    assert 20 < len(stopped) < 40
    assert {turn.text for turn in stopped} == {"I will look into it."}


def test_a_begun_answer_is_continued_and_not_repeated() -> None:
    begun = [*user("Say 'one two three'."), {"role": "assistant", "content": "one ", "partial": True}]
    assert thought(begun).text == "two three"
    other = [*user("Say 'one two three'."), {"role": "assistant", "content": "four ", "partial": True}]
    assert thought(other).text == "one two three"
