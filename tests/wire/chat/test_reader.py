"""What a server streams becomes events, whatever it calls things and wherever it puts them."""

import itertools
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.events import CallStart, Event, Finish, Noted, Reclassified, UpstreamError
from moonwire.core.fold import fold
from moonwire.core.messages import Reply
from moonwire.core.rawtext import TextParser
from moonwire.wire.chat.reader import CLOSES, DONE, Reader
from tests.wire.chat.reader_cases import CALL, CASES, K2_CALL, MARKED, QUOTED, TOOLS, Case, delta, dump, end


def reader(family: Any = "", *, closes: bool = True) -> Reader:
    if not family:
        return Reader()
    content, reasoning = (TextParser(family, TOOLS, inside) for inside in (False, True))
    return Reader(content, reasoning, close=CLOSES[family] if closes else "")


def events(chunks: Any, family: str = "") -> list[Event]:
    reading = reader(family)
    found = [event for chunk in chunks for event in reading.feed(dump(chunk))]
    return found + reading.finish()


def said(reply: Reply, about: Any) -> dict[str, Any]:
    """What the reply says, without what it does not; of some things only where the case is about them."""
    usage, error = reply.usage, reply.error
    facts: dict[str, Any] = {
        "reasoning": reply.reasoning,
        "text": reply.text or None,
        "calls": [
            (call.id, call.name, call.arguments, *([] if call.complete else ["cut"])) for call in reply.calls
        ],
        "malformed": [part.raw for part in reply.malformed],
        "finish": reply.finish,
        "native": reply.native_finish,
        "stop": reply.stop_sequence,
        "usage": usage and (usage.input, usage.output, usage.cached, usage.reasoning),
        "usage extra": usage and usage.extra,
        "error": error and (error.message, error.code, error.type, error.status),
        "notes": sorted(note.code for note in reply.notes),
        "logprobs": list(reply.logprobs),
        "extra": reply.extra,
        "created": reply.created or None,
    }
    asked: dict[str, Any] = {
        "before": [note.before for note in reply.notes][:1],
        "paths": [note.path for note in reply.notes],
        "malformed at": [part.index for part in reply.malformed],
        "blocks": [type(block).__name__ for block in reply.blocks],
    }
    asked["before"] = asked["before"][0] if asked["before"] else None
    if any(call[0] is None for call in about.get("calls", ())):
        facts["calls"] = [(None, *call[1:]) for call in facts["calls"]]
    facts |= {name: item for name, item in asked.items() if name in about}
    return {name: item for name, item in facts.items() if item not in (None, [], {})}


def wanted(case: Case) -> dict[str, Any]:
    return {name: item for name, item in case.want.items() if item is not None}


@pytest.mark.parametrize("case", [*CASES, *MARKED], ids=lambda case: case.name)
def test_a_stream_of_this_shape(case: Case) -> None:
    found = events(case.chunks, case.family)
    assert said(fold(found), case.want) == wanted(case)
    starts = [event.index for event in found if isinstance(event, CallStart)]
    assert starts == list(range(len(starts)))
    assert sum(isinstance(event, Finish) for event in found) == ("finish" in case.want)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_markup_readers_change_nothing_where_there_is_no_markup(case: Case) -> None:
    assert said(fold(events(case.chunks, "k2")), case.want) == wanted(case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_complete_only_where_the_server_said_so(case: Case) -> None:
    reading = reader()
    for chunk in case.chunks:
        reading.feed(dump(chunk))
    broken = any(isinstance(event, UpstreamError) for event in events(case.chunks))
    assert reading.done == any(dump(chunk).strip() == DONE for chunk in case.chunks)
    assert reading.complete == (reading.reason is not None or (reading.done and not broken))


# -- particulars -------------------------------------------------------------------------------


def test_the_start_comes_once_and_first() -> None:
    found = events(
        [{**delta({"content": "a"}), "model": "m"}, {**delta({"content": "b"}), "id": "other"}, end()]
    )
    assert [type(event).__name__ for event in found] == ["Start", "Text", "Text", "Finish"]
    assert fold(found).id == "r" and fold(found).model == "m"


def test_what_is_whole_is_told_at_once() -> None:
    reading = reader()
    assert len(reading.feed(dump(delta({"content": "a"})))) == 2
    assert [type(event).__name__ for event in reading.feed(dump(CALL))] == ["CallStart", "CallArguments"]


def test_without_the_close_of_the_grammar_a_quoted_call_passes_for_meant() -> None:
    chunks = [delta({"reasoning": QUOTED}), delta({"content": "Hi"}), end()]
    for closes in (True, False):
        reading = reader("k2", closes=closes)
        found = [event for chunk in chunks for event in reading.feed(dump(chunk))] + reading.finish()
        assert len(fold(found).calls) == (not closes)


def test_text_is_not_moved_to_the_thoughts_where_they_have_a_field() -> None:
    closing = delta({"content": "So</think>Hi"})
    alone, beside = events([closing, end()], "k2"), events([delta({"reasoning": ""}), closing, end()], "k2")
    assert sum(isinstance(event, Reclassified) for event in alone) == 1
    assert sum(isinstance(event, Reclassified) for event in beside) == 0
    assert fold(beside).text == "SoHi"


def test_text_may_begin_within_the_thoughts_unless_they_have_a_field() -> None:
    chunks = [delta({"content": "I gr"}), delta({"content": "eet.</think>Hi"}), end()]
    for first, reasoning, text in (
        ([], "I greet.", "Hi"),
        ([delta({"reasoning": "So"})], "So", "I greet.Hi"),
    ):
        plain, inside = (TextParser("k2", TOOLS, within) for within in (False, True))
        reading = Reader(plain, None, inside=inside)
        found = [event for chunk in first + chunks for event in reading.feed(dump(chunk))]
        reply = fold(found + reading.finish())
        assert (reply.reasoning, reply.text) == (reasoning, text)


def test_notes_of_the_markup_readers_are_passed_on() -> None:
    found = events([delta({"content": K2_CALL[:-26]}), end("stop")], "k2")
    assert [event.note.code for event in found if isinstance(event, Noted)] == ["section-unclosed"]


def test_the_error_is_kept_as_it_came() -> None:
    error = {"message": "busy", "code": None, "more": [1]}
    assert [event.raw for event in events([{"error": error}]) if isinstance(event, UpstreamError)] == [error]


# -- laws --------------------------------------------------------------------------------------

WORDS = [
    "Hi ",
    "ls",
    " ls",
    "<",
    "</think>",
    "<think>",
    "<|tool_call_begin|>",
    K2_CALL,
    "{}",
    "\n",
    "ü",
    "functions.ls:0",
]


@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map("".join),
    st.lists(st.integers(0, 400), max_size=5),
    st.sampled_from(["", "k2", "k3"]),
    st.sampled_from(["content", "reasoning_content", "reasoning"]),
)
def test_it_does_not_matter_how_a_text_is_cut(text: str, cuts: list[int], family: str, field: str) -> None:
    places = [0, *sorted({min(cut, len(text)) for cut in cuts}), len(text)]
    pieces = [delta({field: text[a:b]}) for a, b in itertools.pairwise(places)]
    assert fold(events([*pieces, end()], family)) == fold(events([delta({field: text}), end()], family))


NAMES = (
    "choices delta message content reasoning reasoning_content reasoning_details tool_calls index id "
    "function name arguments finish_reason usage prompt_tokens completion_tokens completion_tokens_details "
    "error text logprobs stop_reason type object detail code"
)
KEYS = st.sampled_from(NAMES.split())
LEAVES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    st.sampled_from(["stop", "ls", "0", "{}"]),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
PIECES: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {},
    optional={"index": VALUES, "id": LEAVES, "function": st.dictionaries(KEYS, LEAVES, max_size=3) | VALUES},
)
DELTAS: st.SearchStrategy[Any] = st.dictionaries(KEYS, VALUES, max_size=3) | st.lists(PIECES, max_size=3).map(
    lambda calls: {"tool_calls": calls}
)
CHOICES: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"delta": DELTAS}, optional={"index": LEAVES, "finish_reason": LEAVES, "usage": VALUES}
)
CHUNKS: st.SearchStrategy[Any] = st.one_of(
    st.fixed_dictionaries(
        {"choices": st.lists(CHOICES, max_size=2)}, optional={"usage": VALUES, "error": VALUES}
    ),
    st.dictionaries(KEYS, VALUES, max_size=3),
)


@given(st.lists(CHUNKS, max_size=5), st.sampled_from(["", "k2", "k3"]))
def test_json_of_any_shape_is_read(chunks: list[Any], family: Literal["", "k2", "k3"]) -> None:
    found = events(chunks, family)
    reply = fold(found)
    ends = [event for event in found if isinstance(event, Finish)]
    assert len(ends) <= 1 and (not ends or ends[0] is found[-1])
    assert all(call.name for call in reply.calls)


@given(st.lists(st.binary(max_size=40) | CHUNKS.map(lambda chunk: dump(chunk)[:-3]), max_size=4))
def test_any_bytes_are_read(chunks: list[bytes]) -> None:
    reading = reader("k2")
    for chunk in chunks:
        reading.feed(chunk)
    if reading.complete:
        assert reading.reason is not None or DONE in [chunk.strip() for chunk in chunks]
    assert fold(reading.finish()).finish is None or reading.complete


@pytest.mark.parametrize("depth", range(100, 1100, 10))
def test_no_depth_is_too_great(depth: int) -> None:
    nested = "[" * depth + "]" * depth
    piece = '{"id":"a","function":{"name":"ls","arguments":ARGUMENTS}}'.replace("ARGUMENTS", nested)
    call = f'{{"choices":[{{"delta":{{"tool_calls":[{piece}]}}}}]}}'
    found = events([call.encode(), f'{{"usage":{nested}}}'.encode(), f'{{"error":{nested}}}'.encode(), end()])
    assert fold(found).finish in ("stop", "tool_calls")
