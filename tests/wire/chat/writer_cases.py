"""Streams of events that a server of Chat Completions can mean, drawn at random."""

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

# U+FFFD is what the specification takes for half a character.
PIECES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffd"), min_size=1, max_size=6)
NAMES = st.sampled_from(["ls", "cat", "get_weather", "ü"])
VALUES = st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | PIECES, lambda inner: st.lists(inner, max_size=2), max_leaves=3)
EXTRAS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(st.sampled_from(["system_fingerprint", "service_tier"]), VALUES)
COSTS: st.SearchStrategy[dict[str, Any]] = st.sampled_from([{}, {"cost": 0.5}])
COUNTS = st.integers(0, 99)
TOKEN = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}

UNSAID: tuple[Event, ...] = (
    Noted(Note(code="call-unclosed", reason="why")),
    Malformed("<|raw|>", "why"),
    Sealed("signature", "x"),
    Reclassified("text", "reasoning"),
)
"""What this dialect has no place for."""

HALVES = ("\ud83d", "a\udc00b", "\udc00\ud83d")
"""Halves of characters."""


@st.composite
def calls(draw: st.DrawFn, *, cut: bool) -> list[Event]:
    out: list[Event] = []
    count = draw(st.integers(0, 3))
    for index in range(count):
        arguments = json.dumps(draw(st.dictionaries(PIECES, VALUES, max_size=2)), ensure_ascii=False)
        whole = not (cut and index == count - 1)
        arguments = arguments if whole else arguments[:-1]
        place = draw(st.integers(0, len(arguments)))
        out.append(CallStart(index, f"id{index}", draw(NAMES)))
        out += [CallArguments(index, piece) for piece in (arguments[:place], arguments[place:]) if piece]
        out.append(CallEnd(index, complete=whole))
    return out


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """Thoughts, text, calls, usage and the end, in the order in which models write them."""
    extra = draw(EXTRAS)
    out: list[Event] = [Start("up", "upstream", 1, extra)]
    out += [Reasoning(piece) for piece in draw(st.lists(PIECES, max_size=3) | st.just([""]))]
    logprobs = draw(st.booleans())
    out += [Text(piece, {"content": [TOKEN]} if logprobs else None) for piece in draw(st.lists(PIECES, max_size=3))]
    cut = draw(st.booleans())
    called = draw(calls(cut=cut))
    out += called
    if called and not cut:
        reason: Any = "tool_calls"
    else:
        reason = draw(st.just("length") if cut else st.sampled_from(["stop", "length", "content_filter"]))
    counted = draw(COUNTS)
    out.append(Usage(draw(COUNTS), counted, draw(COUNTS), reasoning=draw(st.integers(0, counted)), extra=draw(COSTS)))
    out.append(Finish(reason, stop_sequence=draw(st.none() | PIECES)))
    for place in draw(st.lists(st.integers(0, len(out)), max_size=2)):
        out.insert(place, draw(st.sampled_from(UNSAID[:2])))
    return out
