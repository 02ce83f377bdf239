"""Seals on the way: put behind thoughts, opened when a turn comes back."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.events import CallStart, Event, Finish, Noted, Reasoning, Sealed, Text
from moonwire.core.messages import Message, Request, Thought
from moonwire.core.notes import Note
from moonwire.core.recall import before
from moonwire.exchange.sealing import Sealing, unsealed
from moonwire.memory import NoMemory, Secret
from moonwire.memory.seals import Seals
from tests.exchange.upstreams import (
    ANN,
    BOB,
    DONE,
    END,
    HEAD,
    STOP,
    USAGE,
    Scripted,
    asked,
    body,
    delta,
    events_of,
    quick,
    running,
    upstream,
)
from tests.transport.peers import run, serve

SEALS = Seals(Secret(bytes(32)))
NOTED = Noted(Note(code="x", reason="y"))

# What comes, and the thoughts that are sealed, each before the event at the place.
STREAMS: list[tuple[list[Event], list[tuple[int, str]]]] = [
    ([Text("a"), Finish("stop")], []),
    ([Reasoning("a"), Reasoning("b"), Text("c")], [(2, "ab")]),
    ([Reasoning("a"), NOTED, Reasoning("b"), CallStart(0, "i", "f")], [(3, "ab")]),
    ([Reasoning("a"), Finish("length")], [(1, "a")]),
    ([Reasoning("a"), Text("b"), Reasoning("c"), Text("d")], [(1, "a"), (3, "c")]),
    ([Reasoning(""), Text("b")], [(1, "")]),
]


@pytest.mark.parametrize(("events", "sealed"), STREAMS)
@given(cuts=st.sets(st.integers(1, 3)))
def test_a_seal_follows_each_block_of_thoughts_however_they_come(
    events: list[Event], sealed: list[tuple[int, str]], cuts: set[int]
) -> None:
    sealing = Sealing("encrypted", lambda text: f"<{text}>")
    places = [0, *sorted(cut for cut in cuts if cut < len(events)), len(events)]
    got = [event for start, end in pairwise(places) for event in sealing.feed(list(events[start:end]))]
    expected = list(events)
    for place, text in reversed(sealed):
        expected.insert(place, Sealed("encrypted", f"<{text}>"))
    assert got == expected


def test_the_upstreams_own_seals_are_left_out_and_what_cannot_be_sealed_has_none() -> None:
    sealing = Sealing("signature", lambda text: "")
    assert sealing.feed([Sealed("signature", "theirs")]) == []
    assert sealing.feed([Reasoning("a"), Sealed("signature", "theirs"), Text("b")]) == [
        Reasoning("a"),
        Text("b"),
    ]


def talk(**thought: Any) -> Request:
    turn = Message(role="assistant", content="Hi.", thoughts=(Thought(**thought),))
    messages = (Message(role="user", content="hi"), turn, Message(role="user", content="so?"))
    return Request(model="m", messages=messages)


def test_a_turn_gets_its_true_reasoning_back() -> None:
    stood, _ = before(talk())
    true = SEALS.seal(ANN, stood[1], "All that I thought.")
    for kind in ("signature", "encrypted", "redacted"):
        found = unsealed(talk(text="All…", **{kind: true}), ANN, SEALS)
        assert found.messages[1].thoughts == (Thought(text="All that I thought."),)
        # Another tenant's, a foreign one, one of another turn: no seal at all; what was said beside it stays.
        for foreign in (true, true[:-4] + "AAAA", "theirs", SEALS.seal(ANN, b"", "x"), "A" * (9 << 20)):
            tenant = BOB if foreign == true else ANN
            left = unsealed(talk(text="All…", **{kind: foreign}), tenant, SEALS)
            assert left.messages[1].thoughts == (Thought(text="All…"),)
    assert unsealed(talk(redacted="theirs"), ANN, SEALS).messages[1].reasoning is None
    plain = talk(text="All.")
    assert unsealed(plain, ANN, SEALS) is plain


def test_it_is_the_same_whatever_became_of_the_history_further_up() -> None:
    stood, end = before(talk())
    longer = Request(model="m", messages=(Message(role="user", content="long ago"), *talk().messages))
    assert before(longer) == ({2: stood[1]}, end)


THOUGHT = HEAD + delta(reasoning_content="I think.") + delta(content="Hi.") + STOP + USAGE + DONE + END


def test_without_a_memory_the_upstream_sees_what_it_thought() -> None:
    async def main() -> None:
        says = Scripted(THOUGHT)
        async with (
            serve(says.script) as server,
            running(upstream("one", server.url, "k"), options=quick(), memory=NoMemory()) as exchange,
        ):
            exchange.seals = SEALS
            request = body("hi", model="kimi-k2.6")
            _, turn = exchange.unsealed(request, ANN)
            answer = await exchange.open(asked(request, seal="signature", turn=turn))
            seal = next(one for one in await events_of(answer) if isinstance(one, Sealed))
            thoughts = (Thought(text="I…", signature=seal.data),)
            said = Message(role="assistant", content="Hi.", thoughts=thoughts)
            messages = (*request.messages, said, Message(role="user", content="so?"))
            again, _ = exchange.unsealed(Request(model=request.model, messages=messages), ANN)
            await events_of(await exchange.open(asked(again, seal="signature")))
            reply, _ = await exchange.complete(asked(again, seal="encrypted"))
            assert next(one for one in reply.blocks if isinstance(one, Thought)).encrypted
        for sent in says.bodies[1:]:
            assert [one.get("reasoning_content") for one in sent["messages"]] == [None, "I think.", None]

    run(main)
