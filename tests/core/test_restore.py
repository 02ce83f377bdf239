"""What the caller sees of the server's events."""

import json
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from moonwire.core.events import (
    CallArguments,
    CallEnd,
    CallStart,
    Event,
    Finish,
    Malformed,
    Noted,
    Reasoning,
    Start,
    Text,
    UpstreamError,
    Usage,
)
from moonwire.core.fold import fold
from moonwire.core.notes import Note
from moonwire.core.restore import Restoration, Restore
from moonwire.core.schemas import compile_schema

FOUND_1 = ", but found the number 1"

# `required` is a name that the server refuses for a property (mfjs.md 4), so it is renamed.
RENAMED: dict[str, Any] = {
    "type": "object",
    "properties": {"required": {"type": "boolean"}, "text": {"type": "string", "maxLength": 5}},
}
PLAIN: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
LOOKS: dict[str, Any] = {"properties": {"a": {"pattern": "(?=x)"}, "b": {"type": "integer"}}}

BOTH = Restoration(
    names={"plain": "the.plain"},
    schemas={"the.plain": PLAIN, "renamed": RENAMED, "looks": LOOKS, "open": UNSET, "null": None},
    compiled={"the.plain": compile_schema(PLAIN), "renamed": compile_schema(RENAMED), "none": None},
)


def run(events: list[Event], restoration: Restoration = BOTH) -> list[Event]:
    restore = Restore(restoration)
    return restore.feed(events) + restore.finish()


def call(name: str, arguments: str, index: int = 0, *, complete: bool = True) -> list[Event]:
    return [CallStart(index, f"id{index}", name), CallArguments(index, arguments), CallEnd(index, complete)]


def told(events: list[Event]) -> list[tuple[str, str, str]]:
    notes = [event.note for event in events if isinstance(event, Noted)]
    return [(note.code, note.path, note.reason) for note in notes]


def text(events: list[Event], index: int = 0) -> str:
    return "".join(
        event.text for event in events if isinstance(event, CallArguments) and event.index == index
    )


def merged(events: list[Event]) -> list[Event]:
    """The same stream with neighbouring pieces of one call's arguments in one piece."""
    out: list[Event] = []
    for event in events:
        last = out[-1] if out else None
        if isinstance(event, CallArguments) and isinstance(last, CallArguments) and event.index == last.index:
            out[-1] = CallArguments(event.index, last.text + event.text)
        else:
            out.append(event)
    return [event for event in out if not isinstance(event, CallArguments) or event.text]


# -- names and ids -------------------------------------------------------------------------------


def test_a_name_becomes_the_callers() -> None:
    assert run(call("plain", '{"city": "Rome"}')) == call("the.plain", '{"city": "Rome"}')


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (CallStart(1, "native1", "f"), CallStart(1, "c1-native1", "f", True, "native1")),
        (CallStart(1, "made", "f", False, "nat"), CallStart(1, "c1-nat", "f", False, "nat")),
        (CallStart(0, "keep", "f", True, "keep"), CallStart(0, "keep", "f", True, "keep")),
    ],
)
def test_an_id_becomes_the_callers_and_the_native_one_is_kept(start: CallStart, expected: CallStart) -> None:
    def client_id(ordinal: int, native: str) -> str:
        return native if native == "keep" else f"c{ordinal}-{native}"

    assert run([start], Restoration(client_id=client_id)) == [expected]


def test_a_new_name_alone_keeps_the_id() -> None:
    assert run([CallStart(0, "i", "x", True, "n")], Restoration(names={"x": "y"})) == [
        CallStart(0, "i", "y", True, "n")
    ]
    # An id that the native one has become is not said twice.
    renamed = Restoration(names={"x": "y"}, client_id=lambda ordinal, native: native)
    assert run([CallStart(0, "i", "x")], renamed) == [CallStart(0, "i", "y")]


# -- renamed properties --------------------------------------------------------------------------


def test_a_renamed_property_gets_its_name_back() -> None:
    events = run(call("renamed", '{"required_": true, "text": "é\\n"}'))
    assert events == call("renamed", '{"required":true,"text":"é\\n"}')


def test_a_call_without_renamed_properties_keeps_its_text() -> None:
    assert text(run(call("renamed", '{ "text" : 1e0 }'))) == '{ "text" : 1e0 }'


def test_nothing_of_it_comes_before_its_end() -> None:
    restore = Restore(BOTH)
    start, arguments, end = call("renamed", '{"required_": true}')
    assert restore.feed([start, arguments]) == [start]
    assert restore.feed([end]) == [CallArguments(0, '{"required":true}'), end]


def test_names_come_back_without_a_schema_to_check_against() -> None:
    restoration = Restoration(compiled={"renamed": compile_schema(RENAMED)})
    events = run(call("renamed", '{"required_": "no boolean"}'), restoration)
    assert events == call("renamed", '{"required":"no boolean"}')


@pytest.mark.parametrize("complete", [True, False])
def test_half_a_call_is_not_for_running(complete: bool) -> None:
    """openclaw#44676: an agent that is told `tool_calls` runs what it can make of half the arguments."""
    half = call("plain", '{"ci', complete=complete)
    events = run([*half, Finish("tool_calls")])
    assert events[-1] == Finish("length", native="tool_calls")
    assert "finish-half-call" in [code for code, _, _ in told(events)]
    named = run([*half, Finish("tool_calls", native="function_call")])
    assert named[-1] == Finish("length", native="function_call")
    assert run([*half, Finish("length")])[-1] == Finish("length")
    assert run([*call("plain", "{}"), Finish("tool_calls")])[-1] == Finish("tool_calls")
    assert run([*call("unknown", "{", complete=False), Finish("tool_calls")])[-1] == Finish("tool_calls")


def test_half_a_character_stays_escaped() -> None:
    written = text(run(call("renamed", '{"required_": true, "text": "\\ud83d é"}')))
    assert written == '{"required":true,"text":"\\ud83d \\u00e9"}'
    assert written.encode()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ('{"required_": 1e999}', "a number that JSON cannot say"),
        ('{"required_": tru', "cannot be read as JSON"),
        ('{"required_": NaN}', "NaN is no JSON"),
        ('["required_"]', "but no object"),
        ("", "cannot be read as JSON"),
        ('{"required_":' * 100_000, "nested too deeply"),
    ],
    ids=["number", "cut", "nan", "array", "empty", "deep"],
)
def test_what_cannot_be_restored_stays_as_it_came(arguments: str, why: str) -> None:
    events = run(call("renamed", arguments))
    assert text(events) == arguments
    assert why in told(events)[0][2]
    assert told(events)[0][0] == "arguments-not-restored"


def test_what_cannot_be_written_for_its_depth_stays_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_deep(arguments: Any, compiled: Any) -> Any:
        raise RecursionError

    monkeypatch.setattr("moonwire.core.schemas.restore_arguments", too_deep)
    events = run(call("renamed", '{"required_": true}'))
    assert text(events) == '{"required_": true}'
    assert "nested too deeply" in told(events)[0][2]


@pytest.mark.parametrize("last", [[CallEnd(0, False)], [Finish("length")], [UpstreamError("x")], []])
def test_a_cut_call_gives_what_there_is(last: list[Event]) -> None:
    events = run([*call("renamed", '{"requi')[:2], *last])
    assert events[1] == CallArguments(0, '{"requi')
    assert [code for code, _, _ in told(events)] == ["arguments-not-restored"]
    assert events[3:] == last


def test_a_call_that_ends_before_its_first_argument_has_none() -> None:
    start = CallStart(0, "id0", "renamed")
    assert run([start]) == [start]


# -- the check -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments", "notes"),
    [
        ("plain", '{"city": "Rome"}', []),
        ("plain", "{}", [("calls[0].arguments", 'the required property "city" is missing')]),
        ("plain", '{"city": 5}', [("calls[0].arguments.city", "expected a string, but found the number 5")]),
        ("renamed", '{"required_": 1}', [("calls[0].arguments.required", "expected a boolean" + FOUND_1)]),
        ("renamed", '{"text": 1}', [("calls[0].arguments.text", "expected a string" + FOUND_1)]),
        ("undeclared", '{"city": 5}', []),
        ("undeclared", "no JSON", []),
        ("open", '{"city": 5}', []),
        ("null", '{"city": 5}', []),
        ("none", '{"city": 5}', []),
    ],
)
def test_what_violates_the_schema_is_noted(name: str, arguments: str, notes: list[tuple[str, str]]) -> None:
    events = run(call(name, arguments))
    assert told(events) == [("arguments-violate-schema", *note) for note in notes]
    assert all(event.note.level == "warning" for event in events if isinstance(event, Noted))
    assert isinstance(events[-1], CallEnd)


def test_a_property_with_an_odd_name_is_in_brackets() -> None:
    restoration = Restoration(schemas={"f": {"additionalProperties": {"type": "null"}}})
    assert told(run(call("f", '{"a b": 1}'), restoration))[0][1] == 'calls[0].arguments["a b"]'


@pytest.mark.parametrize(
    ("arguments", "why"),
    [("", "cannot be read"), ("[]", "no object"), ('"{}"', "no object"), ("[" * 100_000, "too deeply")],
    ids=["empty", "array", "string", "deep"],
)
def test_what_is_no_object_is_noted_once(arguments: str, why: str) -> None:
    for name in ("plain", "open"):
        ((code, path, reason),) = told(run(call(name, arguments)))
        assert (code, path) == ("arguments-not-an-object", "calls[0].arguments")
        assert why in reason


def test_a_cut_call_is_not_checked() -> None:
    assert told(run(call("plain", '{"ci', complete=False))) == []


def test_what_was_not_checked_is_said_once_for_each_tool() -> None:
    events = run([*call("looks", '{"a": "x", "b": "y"}'), *call("looks", '{"a": "x", "b": 1}', 1)])
    assert [note[0] for note in told(events)] == ["arguments-violate-schema", "schema-unchecked"]
    (unchecked,) = [e.note for e in events if isinstance(e, Noted) and e.note.code == "schema-unchecked"]
    assert unchecked.level == "info"
    assert unchecked.path == "tools.looks.parameters"
    assert unchecked.before == ('#/properties/a/pattern: the pattern "(?=x)" is not executed',)


# -- one call at a time, and a call that had to be made ------------------------------------------


def test_only_the_first_call_is_kept_where_one_was_asked_for() -> None:
    second: list[Event] = [
        CallStart(1, "id1", "plain"),
        CallArguments(1, "{}"),
        Malformed("m", "r", 1),
        CallEnd(1),
    ]
    once = Restoration(parallel=False, names={"plain": "the.plain"})
    events = run([*call("plain", "{}"), *second, *call("g", "{}", 2), Finish("tool_calls")], once)
    assert events[:4] == [*call("the.plain", "{}"), Malformed("m", "r", None)]
    assert [note[:2] for note in told(events)] == [
        ("parallel-call-dropped", "calls[1]"),
        ("parallel-call-dropped", "calls[2]"),
    ]
    notes = [event.note for event in events if isinstance(event, Noted)]
    assert notes[0].before == {"name": "the.plain", "arguments": "{}"}
    assert events[-1] == Finish("tool_calls")


def test_a_second_call_that_never_ends_is_dropped_too() -> None:
    events = run([*call("f", "{}"), *call("g", "{", 1)[:2]], Restoration(parallel=False))
    assert events[:3] == call("f", "{}")
    assert told(events)[0][:2] == ("parallel-call-dropped", "calls[1]")


@pytest.mark.parametrize("parallel", [True, None])
def test_else_all_calls_are_kept(parallel: bool | None) -> None:
    stream = [*call("f", "{}"), *call("g", "{}", 1), Malformed("m", "r", 1), Malformed("m", "r")]
    assert run(stream, Restoration(parallel=parallel)) == stream


@pytest.mark.parametrize(
    ("forced", "called", "missed"),
    [
        (None, [], False),
        ("f", [], True),
        ("f", ["g"], True),
        ("f", ["g", "f"], False),
        ("the.plain", ["plain"], False),
        ("plain", ["plain"], False),
        ("", [], True),
        ("", ["g"], False),
    ],
)
def test_a_call_that_had_to_be_made(forced: str | None, called: list[str], missed: bool) -> None:
    restoration = Restoration(names={"plain": "the.plain"}, forced=forced)
    stream = [event for index, name in enumerate(called) for event in call(name, "{}", index)]
    events = run([*stream, Finish("stop"), Usage(), Finish("stop")], restoration)
    assert [note[0] for note in told(events)] == ["tool-choice-missed"] * missed
    if missed:
        assert (forced or "a tool") in told(events)[0][2]
        assert isinstance(events[events.index(Finish("stop")) - 1], Noted)


def test_a_call_that_was_dropped_was_not_made() -> None:
    events = run(
        [*call("g", "{}"), *call("f", "{}", 1), Finish("stop")], Restoration(parallel=False, forced="f")
    )
    assert [note[0] for note in told(events)] == ["parallel-call-dropped", "tool-choice-missed"]


def test_a_reply_that_does_not_end_has_missed_nothing() -> None:
    assert run([UpstreamError("x")], Restoration(forced="f")) == [UpstreamError("x")]


# -- laws ------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["plain", "renamed", "looks", "open", "other"])
TEXTS = ['{"required_": true, "text": "a"}', '{"city": "Rome"}', '{"a": "x"}', "{}", "", "[", "nul"]
KEYS = st.sampled_from(["required_", "text", "city", "a", "b"])
OBJECTS = st.dictionaries(KEYS, st.integers() | st.text(max_size=6))
ARGUMENTS = st.sampled_from(TEXTS) | OBJECTS.map(json.dumps)
CALLS = st.lists(st.tuples(NAMES, ARGUMENTS, st.booleans()), max_size=4)


def numbered(ordinal: int, native: str) -> str:
    return f"c{ordinal}"


RESTORATIONS = st.sampled_from(
    [
        BOTH,
        msgspec.structs.replace(BOTH, parallel=False, forced="looks"),
        msgspec.structs.replace(BOTH, client_id=numbered),
        Restoration(),
    ]
)


def stream_of(calls: list[tuple[str, str, bool]]) -> list[Event]:
    events: list[Event] = [Start("id"), Reasoning("r"), Text("t")]
    for index, (name, arguments, complete) in enumerate(calls):
        events += call(name, arguments, index, complete=complete)
    return [*events, Noted(Note(code="c", reason="r")), Usage(1, 2), Finish("tool_calls")]


@given(st.data(), CALLS, RESTORATIONS)
def test_how_arguments_are_cut_changes_nothing(
    data: st.DataObject, calls: Any, restoration: Restoration
) -> None:
    whole = stream_of(calls)
    cut: list[Event] = []
    for event in whole:
        if isinstance(event, CallArguments):
            at = data.draw(st.lists(st.integers(0, len(event.text)), max_size=4).map(sorted))
            edges = [0, *at, len(event.text)]
            pairs = pairwise(edges)
            cut += [CallArguments(event.index, event.text[first:last]) for first, last in pairs]
        else:
            cut.append(event)
    restore = Restore(restoration)
    one_by_one = [out for event in cut for out in restore.feed([event])]
    assert merged(one_by_one + restore.finish()) == merged(run(whole, restoration))


@given(CALLS)
def test_nothing_to_restore_changes_nothing(calls: Any) -> None:
    stream = stream_of(calls)
    assert run(stream, Restoration()) == stream


def test_unknown_indices_pass() -> None:
    stream: list[Event] = [CallArguments(7, "x"), CallEnd(7), Malformed("m", "r", 7)]
    assert run(stream) == stream


CUT: list[Event] = [Text("I count "), Text("the syll"), Finish("length")]


@pytest.mark.parametrize(
    ("events", "thinks", "thoughts"),
    [
        (CUT, True, True),
        (CUT, False, False),
        ([Reasoning("Hm."), *CUT], True, False),
        ([CallStart(0, "a", "f"), CallEnd(0), *CUT], True, False),
        ([Text("A poem."), Finish("stop")], True, False),
        ([Finish("length")], True, False),
    ],
)
def test_text_that_was_cut_inside_the_thoughts(events: list[Event], thinks: bool, thoughts: bool) -> None:
    """vllm#57098: a server without a parser for thoughts gives them as text."""
    restore = Restore(Restoration(thinks=thinks))
    reply = fold([*restore.feed(events), *restore.finish()])
    assert [note.code for note in reply.notes] == (["thoughts-cut"] if thoughts else [])
    assert (reply.reasoning, reply.text) == (
        ("I count the syll", "") if thoughts else (fold(events).reasoning, fold(events).text)
    )
