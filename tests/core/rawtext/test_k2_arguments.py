"""Where K2 arguments end, while they stream. Whole rows are in `k2_cases.py`."""

import pytest

from moonwire.core.events import CallArguments, CallEnd, CallStart, Event, Malformed
from moonwire.core.fold import fold
from moonwire.core.rawtext import TextParser
from tests.core.rawtext.marks import AB, CB, CE, TOOLS

HEAD = CB + "functions.write_file:0" + AB


def said(*chunks: str) -> list[list[Event]]:
    """What each chunk behind the head makes the parser say."""
    parser = TextParser("k2", TOOLS)
    parser.feed(HEAD)
    return [parser.feed(chunk) for chunk in chunks]


def pieces(*chunks: str) -> list[list[str]]:
    """The argument pieces among that."""
    return [[event.text for event in events if isinstance(event, CallArguments)] for events in said(*chunks)]


def test_every_chunk_is_delivered_when_it_comes() -> None:
    assert pieces('{"a": ', '"x', "}", 'y"', ', "b": {"c": 1}', "}") == [
        ['{"a": '],
        ['"x'],
        ["}"],
        ['y"'],
        [', "b": {"c": 1}'],
        ["}"],
    ]


def test_blanks_behind_the_end_are_not_the_calls() -> None:
    assert pieces('{"a": 1}', " \n", CE) == [['{"a": 1}'], [], []]


def test_text_behind_the_end_waits_for_the_marker() -> None:
    assert pieces('{"a": 1}', " x", CE) == [['{"a": 1}'], [], [" x"]]


def test_a_marker_in_a_string_waits_for_the_quote_and_what_follows_it() -> None:
    assert pieces('{"a": "x', CE, "y", '\\"', '"', " ", "}") == [
        ['{"a": "x'],
        [],
        [],
        [],
        [],
        [],
        [CE + 'y\\"" }'],
    ]


@pytest.mark.parametrize("behind", [CE, CB])
def test_a_quote_followed_by_a_marker_closed_nothing(behind: str) -> None:
    events = said('{"a": "x', CE, '" y"', behind)
    assert not any(isinstance(event, CallEnd) for event in events[1])
    assert [event.complete for chunk in events for event in chunk if isinstance(event, CallEnd)] == [False]


def test_a_wrapped_object_is_unwrapped_as_it_comes() -> None:
    assert pieces('"', '{\\"a', '\\": \\"', "x\\", 'u00e9\\"}', '"') == [
        [],
        ['{"a'],
        ['": "'],
        ["x"],
        ['é"}'],
        [],
    ]


def test_a_nameless_call_begins_when_its_keys_are_known() -> None:
    parser = TextParser("k2", TOOLS)
    parser.feed(CB + "call_1" + AB)
    assert parser.feed('{"q": "x"}') == []
    names = [event.name for event in parser.feed(CE) if isinstance(event, CallStart)]
    assert names == ["search-documents"]


def test_a_nameless_call_beyond_the_limit_is_given_back_in_parts() -> None:
    parser = TextParser("k2", TOOLS)
    parser.feed(CB + "call_1" + AB)
    events = [*parser.feed('{"q": "' + "x" * 2_500_000), *parser.feed('"}' + CE)]
    assert [type(event) for event in events] == [Malformed] * 3


def test_a_doubt_that_a_marker_takes_past_the_limit_is_decided_there() -> None:
    text = HEAD + '{"content": "' + CE + "x" * (999_999 - len(CE)) + CE + 'y" z'
    whole, cut = (TextParser("k2", TOOLS) for _ in range(2))
    said = [*whole.feed(text), *whole.finish()]
    pieces_of_it = [
        event for start in range(0, len(text), 50_000) for event in cut.feed(text[start : start + 50_000])
    ]
    assert fold([*pieces_of_it, *cut.finish()]) == fold(said)
