"""Raw markup: what leaks is read back by the parser as the calls that were meant."""

import json
import random
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.rawtext import parse_text
from moonwire.simulator.brain.turn import Call, Turn, arguments_text
from moonwire.simulator.output.markup import BROKEN, k2_section, k3_section, leaked
from moonwire.simulator.settings import Raw
from tests.simulator.asking import TOOLS

Family = Literal["k2", "k3"]
FAMILIES: tuple[Family, ...] = ("k2", "k3")

CALLS = (
    Call("get_weather", '{"city":"Zürich"}'),
    Call("read_file", '{"path":"a \\"b\\" & c\\nd","n":[1,{"x":null}]}'),
)
TURN = Turn(thoughts="Let me look.", text="One moment.", calls=CALLS)


def meant(calls: tuple[Call, ...]) -> list[tuple[str, Any]]:
    return [(call.name, json.loads(call.arguments)) for call in calls]


def read_back(
    turn: Turn, family: Family, *, thoughts: bool = False
) -> tuple[str, str, list[tuple[str, Any]]]:
    """Thoughts, text and calls as a client finds them."""
    given_ = (turn.thoughts or "") if thoughts else turn.text
    reply = parse_text(given_, family=family, tools=TOOLS, in_reasoning=thoughts)
    return (
        reply.reasoning or "",
        reply.text,
        [(call.name, json.loads(call.arguments)) for call in reply.calls],
    )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("history", [0, 3])
def test_calls_in_the_content_are_read_back(family: Family, history: int) -> None:
    turn = leaked(TURN, "content", family, history, random.Random(0))
    assert (turn.thoughts, turn.calls) == (TURN.thoughts, ())
    assert read_back(turn, family) == ("", "One moment.", meant(CALLS))


@pytest.mark.parametrize("family", FAMILIES)
def test_so_is_everything_in_the_content(family: Family) -> None:
    turn = leaked(TURN, "all", family, 0, random.Random(0))
    assert (turn.thoughts, turn.calls) == (None, ())
    reply = parse_text(turn.text, family=family, tools=TOOLS, in_reasoning=True)
    assert (reply.reasoning, reply.text) == ("Let me look.", "One moment.")
    assert [(call.name, json.loads(call.arguments)) for call in reply.calls] == meant(CALLS)


@pytest.mark.parametrize("family", FAMILIES)
def test_and_the_calls_in_thoughts_that_never_closed(family: Family) -> None:
    turn = leaked(TURN, "reasoning", family, 0, random.Random(0))
    assert turn.text == TURN.text
    reply = parse_text(turn.thoughts or "", family=family, tools=TOOLS, in_reasoning=True, quoted="run")
    assert [(call.name, json.loads(call.arguments)) for call in reply.calls] == meant(CALLS)


@pytest.mark.parametrize(
    ("family", "shape"), [(family, shape) for family in FAMILIES for shape in BROKEN[family]]
)
@pytest.mark.parametrize("calls", [CALLS, CALLS[:1]])
def test_broken_shapes_are_recovered(family: Family, shape: str, calls: tuple[Call, ...]) -> None:
    section = k3_section(calls) if family == "k3" else k2_section(calls, 0)
    reply = parse_text(BROKEN[family][shape](section), family=family, tools=TOOLS)
    assert [(call.name, json.loads(call.arguments)) for call in reply.calls] == meant(calls)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_broken_shape_is_drawn_by_some_seed(family: Family) -> None:
    turns = [leaked(TURN, "broken", family, 0, random.Random(seed)) for seed in range(200)]
    assert len({turn.text for turn in turns}) == len(BROKEN[family])
    assert {turn.finish for turn in turns} == {"stop", "tool_calls"}


UNCHANGED: list[tuple[Raw, Turn]] = [
    ("", TURN),
    ("content", Turn(thoughts="a", text="b")),
    ("broken", Turn(thoughts="a", text="b")),
]


@pytest.mark.parametrize(("raw", "turn"), UNCHANGED)
def test_where_nothing_leaks_nothing_changes(raw: Raw, turn: Turn) -> None:
    assert leaked(turn, raw, "k3", 0, random.Random(0)) is turn


def test_without_calls_thoughts_that_never_closed_hold_the_answer() -> None:
    turn = leaked(Turn(thoughts="a ", text="b"), "reasoning", "k2", 0, random.Random(0))
    assert (turn.thoughts, turn.text) == ("a b", "")


def test_a_turn_without_thoughts_has_no_mark_of_their_end() -> None:
    assert leaked(Turn(text="b"), "all", "k2", 0, random.Random(0)).text == "b"
    assert leaked(Turn(thoughts="a", text="b"), "all", "k2", 0, random.Random(0)).text == "a</think>b"


def test_arguments_that_are_no_object_stand_as_one_json() -> None:
    section = k3_section((Call("ls", "[1, 2"),))
    assert section == (
        '<|open|>tools<|sep|><|open|>call tool="ls" index="1"<|sep|><|open|>json type="object"<|sep|>[1, 2'
        "<|close|>json<|sep|><|close|>call<|sep|><|close|>tools<|sep|>"
    )


PLAIN = st.text(st.characters(exclude_characters="<|>", exclude_categories=["Cs"]), max_size=20)
VALUES = st.none() | st.booleans() | st.integers(-1000, 1000) | PLAIN | st.lists(PLAIN, max_size=2)


@given(st.lists(st.dictionaries(PLAIN.filter(str.strip), VALUES, max_size=3), min_size=1, max_size=3))
def test_any_arguments_come_back(objects: list[dict[str, Any]]) -> None:
    calls = tuple(Call("get_weather", arguments_text(one)) for one in objects)
    for family in FAMILIES:
        turn = leaked(Turn(calls=calls), "content", family, 0, random.Random(0))
        assert read_back(turn, family)[2] == meant(calls)
