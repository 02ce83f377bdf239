"""Steps, caps and what is left at each of them."""

import pytest

from moonwire.simulator.brain.turn import Call, Turn
from moonwire.simulator.output.generation import Generation, generate, stopped
from moonwire.simulator.output.pieces import Pieces
from moonwire.tokenizer import Tokenizer
from tests.tokenizer.vocabularies import needs_tiktoken, ranks

NEAR = Pieces(None)
CALLS = (Call("get_weather", '{"city":"Zürich"}'), Call("ls", "{}"))
TURNS = [
    Turn(thoughts="Let me look at it.", text="The answer is 42, 東京.", calls=CALLS),
    Turn(thoughts="Let me look at it.", text="The answer."),
    Turn(text="The answer."),
    Turn(calls=CALLS),
    Turn(thoughts="Only thoughts."),
    Turn(thoughts="", text=""),
    Turn(),
]


def channels(made: Generation) -> tuple[str, str, list[str]]:
    """What a reader gets: thoughts, text, and the calls that began with what is there of each."""
    steps = made.steps
    calls = [
        "".join(step.text for step in steps if step.kind == "arguments" and step.call == begun.call)
        for begun in steps
        if begun.kind == "start"
    ]
    thoughts = "".join(step.text for step in steps if step.kind in ("reasoning", "close"))
    return thoughts, "".join(step.text for step in steps if step.kind == "content"), calls


@pytest.mark.parametrize("family", ["k2", "k3", ""])
@pytest.mark.parametrize("turn", TURNS)
def test_every_cap_leaves_a_prefix(turn: Turn, family: str) -> None:
    whole = generate(turn, NEAR, family, None)
    thoughts, text, calls = channels(whole)
    assert (thoughts, text, calls) == (
        turn.thoughts or "",
        turn.text,
        [call.arguments for call in turn.calls],
    )
    assert whole.finish == ("tool_calls" if turn.calls else "stop")
    assert whole.tokens == sum(step.cost for step in whole.steps)
    for cap in range(1, whole.tokens):
        cut = generate(turn, NEAR, family, cap)
        some_thoughts, some_text, some_calls = channels(cut)
        assert (cut.finish, cut.tokens) == ("length", cap)
        assert thoughts.startswith(some_thoughts)
        assert text.startswith(some_text)
        assert len(some_calls) <= len(calls)
        assert all(one.startswith(some) for one, some in zip(calls, some_calls, strict=False))
        assert not some_text or some_thoughts == thoughts
        assert not some_calls or some_text == text
        assert cut.reasoning <= cap
        assert cut.steps == whole.steps[: len(cut.steps)]
    assert generate(turn, NEAR, family, whole.tokens) == whole
    assert generate(turn, NEAR, family, whole.tokens + 1_000_000) == whole


@needs_tiktoken
@pytest.mark.parametrize("turn", TURNS)
def test_a_cap_inside_a_character_leaves_it_out(turn: Turn) -> None:
    exact = Pieces(Tokenizer(ranks()))
    whole = generate(turn, exact, "k3", None)
    for cap in range(1, whole.tokens):
        cut = generate(turn, exact, "k3", cap)
        assert (cut.finish, cut.tokens) == ("length", cap)
        assert channels(whole)[1].startswith(channels(cut)[1])


def test_a_turn_may_bring_a_cut_and_a_finish_of_its_own() -> None:
    turn = Turn(text="one two three four", cut=2)
    assert channels(generate(turn, NEAR, "k2", None))[1] == "one two"
    assert channels(generate(turn, NEAR, "k2", 1))[1] == "one"
    assert generate(Turn(text="x", finish="content_filter"), NEAR, "k2", None).finish == "content_filter"


STOPS: list[tuple[str, list[str], tuple[str, str]]] = [
    ("one two three", ["three", "two"], ("one ", "two")),
    ("one two three", ["o", "one"], ("", "o")),
    ("one", ["x"], ("one", "")),
    ("one", ["", "n"], ("o", "n")),
    ("", ["x"], ("", "")),
    ("one", [], ("one", "")),
]


@pytest.mark.parametrize(("text", "stops", "expected"), STOPS)
def test_stop_sequences(text: str, stops: list[str], expected: tuple[str, str]) -> None:
    assert stopped(text, stops) == expected


def test_a_stop_ends_the_turn_before_its_calls_and_not_its_thoughts() -> None:
    made = generate(Turn(thoughts="two", text="one two", calls=CALLS), NEAR, "k3", None, ["two"])
    assert channels(made) == ("two", "one ", [])
    assert made.finish == "stop"


def test_thoughts_are_counted_apart() -> None:
    made = generate(Turn(thoughts="one two", text="three"), NEAR, "k2", None)
    assert (made.reasoning, made.thoughts_cut) == (3, False)
    cut = generate(Turn(thoughts="one two", text="three"), NEAR, "k2", 2)
    assert (cut.reasoning, cut.tokens, cut.thoughts_cut) == (2, 2, True)
