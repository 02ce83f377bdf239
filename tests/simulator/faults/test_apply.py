"""The laws of all faults: how the steps stand, and what a harmless one leaves of the answer."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.simulator.faults import apply
from moonwire.simulator.faults.fault import Fault
from moonwire.simulator.faults.kinds import COUNT, KINDS, SECONDS, SIZE, WAIT
from moonwire.simulator.faults.steps import TERMINAL, End, Head, Planned, Send, Step, Wait
from tests.simulator.faults.answers import (
    NOW,
    SSE,
    body,
    chat_pieces,
    fault,
    messages,
    responses,
    run,
    shown,
    stream,
    understood,
    unpacked,
    values,
    whole,
)

TAKEN: dict[int, st.SearchStrategy[Any]] = {
    id(SECONDS): st.sampled_from([0.0, 0.5, 3.0, float("inf")]),
    id(WAIT): st.sampled_from([0.0, 1.0, 1.5]),
    id(COUNT): st.integers(0, 12),
    id(SIZE): st.integers(1, 200),
}
"""What is set for each type of parameter; other types are names, or true and false."""

PATHS = ["/v1/chat/completions", "/v1/messages", "/v1/responses"]


def values_of(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    drawn: dict[str, st.SearchStrategy[Any]] = {}
    for one in KINDS[kind].parameters:
        names = get_args(one.type)
        other = st.booleans() if one.type is bool else st.sampled_from(names or ("text/plain",))
        drawn[one.name] = st.just(one.default) | TAKEN.get(id(one.type), other)
        if one.name == "bytes":
            drawn[one.name] = st.integers(1, 200)
    return st.fixed_dictionaries(drawn)


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    kind = draw(st.sampled_from(sorted(KINDS)))
    return Fault(
        kind=kind,
        values=draw(values_of(kind)),
        request=draw(st.integers(1, 50)),
        path=draw(st.sampled_from(PATHS)),
        seed=draw(st.integers(0, 5)),
    )


TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6), max_size=4)
STREAMS = st.builds(chat_pieces, TEXTS, TEXTS, calls=st.booleans())


def answers() -> st.SearchStrategy[Planned]:
    others = [whole(), messages(), responses(), Planned(200, SSE, []), Planned(204, [], []), whole([1])]
    return st.builds(stream, STREAMS) | st.sampled_from(others)


def test_every_kind_has_its_way() -> None:
    assert {*apply._HOW, "status"} == set(KINDS)


def test_without_a_fault_the_answer_is_what_was_meant() -> None:
    expected: list[Step] = [Head(200, SSE), *(Send(piece) for piece in chat_pieces()), End()]
    assert run(None, stream()) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_does_something(kind: str) -> None:
    assert run(fault(kind), stream()) != run(None, stream())
    assert run(fault(kind), whole()) != run(None, whole())


@given(faults(), answers())
def test_the_steps_stand_in_order(drawn: Fault, planned: Planned) -> None:
    done = run(drawn, planned)
    assert isinstance(done[-1], TERMINAL)
    assert not any(isinstance(step, TERMINAL) for step in done[:-1])
    heads = [at for at, step in enumerate(done) if isinstance(step, Head)]
    sends = [at for at, step in enumerate(done) if isinstance(step, Send)]
    assert len(heads) <= 1 and (not sends or heads[0] < sends[0])
    assert all(step.data for step in done if isinstance(step, Send))
    assert all(step.seconds < float("inf") for step in done if isinstance(step, Wait))
    if isinstance(done[-1], End):
        assert heads


@given(faults(), answers())
def test_the_same_fault_does_the_same(drawn: Fault, planned: Planned) -> None:
    assert run(drawn, planned) == run(drawn, planned)


@given(faults(), answers())
def test_a_length_that_is_promised_is_kept_where_the_answer_ends_in_order(
    drawn: Fault, planned: Planned
) -> None:
    done = run(drawn, planned)
    if isinstance(done[-1], End):
        lengths = [
            value
            for step in done
            if isinstance(step, Head)
            for name, value in step.headers
            if name.lower() == "content-length"
        ]
        assert lengths in ([], [str(len(body(done)))])


@given(faults(), STREAMS)
def test_a_harmless_fault_leaves_a_stream_its_meaning(drawn: Fault, pieces: list[bytes]) -> None:
    if drawn.verdict() == "harmless":
        assert understood(run(drawn, stream(pieces))).__dict__ | {"done": True} == (
            understood(run(None, stream(pieces))).__dict__
        )


@given(faults(), st.sampled_from([messages(), responses()]))
def test_it_does_so_in_other_dialects(drawn: Fault, planned: Planned) -> None:
    if drawn.verdict() == "harmless" and drawn.kind not in {"no-done", "duplicate"}:
        assert values(unpacked(run(drawn, planned))) == values(body(run(None, planned)))


@given(
    faults(),
    st.recursive(st.text() | st.integers(), lambda one: st.dictionaries(st.text(), one), max_leaves=5),
)
def test_a_harmless_fault_leaves_a_whole_answer_its_meaning(drawn: Fault, said: Any) -> None:
    if drawn.verdict(stream=False) == "harmless":
        planned = whole({"said": said})
        assert unpacked(run(drawn, planned)).strip() == b"".join(planned.pieces)


@given(faults(), STREAMS)
def test_what_is_retryable_says_nothing_of_the_answer(drawn: Fault, pieces: list[bytes]) -> None:
    if drawn.verdict() == "retryable":
        got = understood(run(drawn, stream(pieces)))
        assert (got.content, got.reasoning, got.arguments, got.finish) == ("", "", "", None)


@given(faults(), STREAMS)
def test_no_piece_is_taken_before_its_turn(drawn: Fault, pieces: list[bytes]) -> None:
    taken = 0

    def one_by_one() -> Iterator[bytes]:
        nonlocal taken
        for piece in pieces:
            taken += 1
            yield piece

    sent = 0
    for step in apply.steps(drawn, Planned(200, SSE, one_by_one()), now=NOW):
        if isinstance(step, Send):
            sent += 1
        # What is left out on purpose is taken without being sent.
        if drawn.kind not in {"no-finish", "no-finish-hang", "no-done", "filter"}:
            assert taken <= sent + isinstance(step, Wait | End)


def test_a_stop_leaves_the_rest_alone() -> None:
    for kind in ("status", "empty", "not-json", "refuse", "reset-before"):
        pieces = iter(chat_pieces())
        assert shown(run(fault(kind), Planned(200, SSE, pieces)))
        assert next(pieces) == chat_pieces()[0]
