from collections.abc import Sequence

import pytest

from moonwire.simulator.brain.turn import Call, Turn
from moonwire.simulator.output.chat import Candidate
from moonwire.simulator.output.generation import generate
from moonwire.simulator.output.pieces import Pieces
from moonwire.simulator.output.usage import Used
from moonwire.simulator.surfaces.parts import UNREADABLE, event, parts, unreadable

CALLS = (Call("look", '{"a":1}'), Call("look", '{"a":2}'))


def candidate(turn: Turn, cap: int | None = None, stops: Sequence[str] = ()) -> Candidate:
    made = generate(turn, Pieces(None), "k3", cap, stops)
    calls = tuple((f"{call.name}_{place}", call) for place, call in enumerate(turn.calls))
    used = Used(prompt=10, cached=4, completion=made.tokens, reasoning=made.reasoning)
    return Candidate(generation=made, calls=calls, used=used)


Row = tuple[Turn, list[tuple[str, str]]]
TABLE: list[Row] = [
    (Turn(text="Hi there"), [("content", "Hi there")]),
    (Turn(thoughts="Hm", text="Hi"), [("reasoning", "Hm"), ("content", "Hi")]),
    # It thought, and no thought came of it.
    (Turn(thoughts="", text="Hi"), [("reasoning", ""), ("content", "Hi")]),
    (Turn(calls=CALLS), [("call", '{"a":1}'), ("call", '{"a":2}')]),
    (
        Turn(thoughts="Hm", text="Both.", calls=CALLS),
        [("reasoning", "Hm"), ("content", "Both."), ("call", '{"a":1}'), ("call", '{"a":2}')],
    ),
    (Turn(calls=(Call("look", ""),)), [("call", "")]),
    (Turn(), []),
]


@pytest.mark.parametrize(("turn", "wanted"), TABLE)
@pytest.mark.parametrize("chunk", [1, 4, 1000])
def test_an_answer_is_cut_into_its_channels_whatever_the_chunks_are(
    turn: Turn, wanted: list[tuple[str, str]], chunk: int
) -> None:
    found = parts(candidate(turn), chunk)
    assert [(part.kind, part.text) for part in found] == wanted
    assert all(part.closed for part in found)
    assert [part.call for part in found if part.kind == "call"] == list(range(len(turn.calls)))


def test_larger_chunks_are_fewer_pieces() -> None:
    one = candidate(Turn(text="one two three four five six seven eight"))
    assert [len(part.pieces) for part in (*parts(one, 1), *parts(one, 4))] == [8, 2]


def test_only_the_part_that_the_cap_cut_is_open() -> None:
    turn = Turn(thoughts="one two three", text="four five six seven", calls=CALLS)
    whole = candidate(turn).generation.tokens
    for cap in range(1, whole):
        found = parts(candidate(turn, cap), 4)
        thoughts = [part.closed for part in found if part.kind == "reasoning"]
        later = [part.closed for part in found if part.kind != "reasoning"]
        assert all(thoughts) or not later
        assert later == [True] * (len(later) - 1) + [False] * bool(later)
    assert [part.closed for part in parts(candidate(turn, 2), 4)] == [False]
    assert [part.closed for part in parts(candidate(turn, 6), 4)] == [True]


def test_an_event_is_named_twice() -> None:
    assert event("a.b", [("n", 1)]) == b'event: a.b\ndata: {"type":"a.b","n":1}\n\n'


def test_what_cannot_be_read_is_refused_without_a_reason_but_under_a_name() -> None:
    refused = unreadable("block")
    assert (refused.message, refused.status, refused.rule) == (UNREADABLE, 400, "block")
