"""A fold loses nothing and keeps the order."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.events import (
    CallArguments,
    CallEnd,
    CallStart,
    Event,
    Finish,
    Malformed,
    Noted,
    Reasoning,
    Reclassified,
    Sealed,
    Start,
    Text,
    UpstreamError,
    Usage,
)
from moonwire.core.fold import Fold, fold
from moonwire.core.messages import Reply, TextPart, Thought, ToolCall
from moonwire.core.notes import Note

NOTE = Note(code="c", reason="r")
STREAM: list[Event] = [
    Start("id", "kimi-k3", 7, {"system_fingerprint": "x"}),
    Reasoning("a", [1]),
    Reasoning("b"),
    Sealed("signature", "sig", id="th_1"),
    Text("A ", [2]),
    CallStart(0, "functions.f:0", "f"),
    CallArguments(0, '{"x"'),
    Malformed("m", "r", 0),
    CallArguments(0, ": 1}"),
    CallEnd(0),
    Text(" B"),
    Sealed("encrypted", "enc"),
    CallStart(1, "functions.g:1", "g", False, "g"),
    CallArguments(1, "{"),
    CallEnd(1, False),
    Noted(NOTE),
    Usage(10, 5, cached=4),
    Finish("length", "max_tokens", "###", {"k": 1}),
    UpstreamError("broke"),
]


def test_everything_is_in_the_reply_in_its_order() -> None:
    assert fold(STREAM) == Reply(
        blocks=(
            Thought(text="ab", signature="sig", id="th_1"),
            TextPart(text="A "),
            ToolCall(id="functions.f:0", name="f", arguments='{"x": 1}'),
            TextPart(text=" B"),
            Thought(text="", encrypted="enc"),
            ToolCall(id="functions.g:1", name="g", arguments="{", complete=False, declared=False, native="g"),
        ),
        malformed=(Malformed("m", "r", 0),),
        finish="length",
        notes=(NOTE,),
        usage=Usage(10, 5, cached=4),
        error=UpstreamError("broke"),
        logprobs=([1], [2]),
        id="id",
        model="kimi-k3",
        created=7,
        native_finish="max_tokens",
        stop_sequence="###",
        extra={"system_fingerprint": "x", "k": 1},
    )


def test_nothing_said_is_an_empty_reply() -> None:
    assert fold([]) == Reply()
    assert fold([Start("i"), Finish("stop")]) == Reply(id="i", finish="stop")


def test_empty_reasoning_is_not_absent_reasoning() -> None:
    assert fold([Reasoning("")]).reasoning == ""
    assert fold([Text("x")]).reasoning is None


def test_text_that_was_thought_after_all() -> None:
    events: list[Event] = [
        Text("a"),
        CallStart(0, "i", "f"),
        CallEnd(0),
        Text("b"),
        Reclassified("text", "reasoning"),
        Text("c"),
    ]
    assert [type(block).__name__ for block in fold(events).blocks] == [
        "Thought",
        "ToolCall",
        "Thought",
        "TextPart",
    ]


def test_neighbours_of_one_kind_become_one_block() -> None:
    reply = fold([Reasoning("a"), Text("b"), Reclassified("reasoning", "text"), Text("c")])
    assert reply.blocks == (TextPart(text="abc"),)


@given(st.lists(st.integers(0, len(STREAM)), max_size=6))
def test_feeding_in_parts_changes_nothing(cuts: list[int]) -> None:
    folding = Fold()
    places = [0, *sorted(cuts), len(STREAM)]
    for start, end in pairwise(places):
        folding.feed(STREAM[start:end])
    assert folding.finish() == fold(STREAM)


def test_a_signature_or_redacted_thoughts_end_their_block() -> None:
    reply = fold(
        [
            Reasoning("a"),
            Sealed("signature", "s"),
            Reasoning("b"),
            Sealed("signature", "t"),
            Sealed("redacted", "r"),
            Sealed("redacted", "q"),
            Sealed("signature", "u"),
            Sealed("encrypted", "e"),
            Reasoning("c"),
        ]
    )
    assert reply.blocks == (
        Thought(text="a", signature="s"),
        Thought(text="b", signature="t"),
        Thought(redacted="r"),
        Thought(redacted="q"),
        Thought(signature="u", encrypted="e", text="c"),
    )
