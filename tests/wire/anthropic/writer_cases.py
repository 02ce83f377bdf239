"""Streams of events in any order that a server can mean, drawn at random."""

import json
from typing import Any

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
    Usage,
)
from moonwire.core.notes import Note

__all__ = ["HALVES", "UNSAID", "streams"]

PIECES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffd"), max_size=6)
VALUES = st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | PIECES, lambda inner: st.lists(inner, max_size=2), max_leaves=3)
COUNTS = st.integers(0, 99)
REASONS: Any = st.sampled_from(["stop", "length", "tool_calls", "content_filter", "error", "unknown"])

UNSAID: tuple[Event, ...] = (
    Noted(Note(code="call-unclosed", reason="why")),
    Malformed("<|raw|>", "why"),
    Reclassified("text", "reasoning"),
    Sealed("encrypted", "x"),
)
"""What this dialect has no place for."""

HALVES = ("\ud83d", "a\udc00b", "\udc00\ud83d")
"""Halves of characters."""

SEALS: Any = st.sampled_from([Sealed("signature", "s1"), Sealed("signature", "s2"), Sealed("redacted", "r")])


@st.composite
def call(draw: st.DrawFn, index: int) -> list[Event]:
    """A call, whole, cut, or never ended, its arguments in pieces."""
    text = json.dumps(draw(st.dictionaries(PIECES, VALUES, max_size=2)), ensure_ascii=False)
    end = draw(st.sampled_from(["whole", "whole", "cut", "open", "nothing"]))
    text = "" if end == "nothing" else text[: draw(st.integers(0, len(text) - 1))] if end in ("cut", "open") else text
    place = draw(st.integers(0, len(text)))
    out: list[Event] = [CallStart(index, f"id{index}", "ls")]
    out += [CallArguments(index, piece) for piece in (text[:place], text[place:])]
    return out if end == "open" else [*out, CallEnd(index, complete=end != "cut")]


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """Thoughts, text, seals and calls, the calls' pieces among one another and among all else."""
    others: list[Event] = draw(st.lists(st.builds(Reasoning, PIECES) | st.builds(Text, PIECES) | SEALS, max_size=5))
    runs: list[list[Event]] = [others, *[draw(call(index)) for index in range(draw(st.integers(0, 3)))]]
    out: list[Event] = []
    while any(runs):
        run = draw(st.sampled_from([run for run in runs if run]))
        taken = draw(st.sampled_from([1, len(run)]))
        out += run[:taken]
        del run[:taken]
    for place in draw(st.lists(st.integers(0, len(out)), max_size=1)):
        out.insert(place, draw(st.sampled_from(UNSAID[:2])))
    usage = Usage(draw(COUNTS) + 50, draw(COUNTS), 20, draw(st.none() | st.just(5)), reasoning=draw(st.none() | st.just(3)))
    stop = draw(st.none() | st.just("###"))
    return [Start("up", "upstream", 1, {"service_tier": "standard"}), *out, usage, Finish(draw(REASONS), stop_sequence=stop)]
