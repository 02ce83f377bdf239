"""Laws of the raw-text parser that hold for every text, however broken, and however it is cut."""

import json
import os
import re
import sys
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import settings

from moonwire.core.events import CallArguments, CallEnd, CallStart, Event, Finish, Noted, Reasoning, Text
from moonwire.core.fold import fold
from moonwire.core.messages import Reply
from moonwire.core.rawtext import TextParser
from tests.core.rawtext.marks import AB, CB, CE, SB, SB1, SE, SE1, o

__all__ = ["Input", "Options", "check", "check_chunks", "check_order", "limits", "quickly", "run"]

Options = tuple[dict[str, Any], str | None]
Input = tuple[str, list[str], list[str]]

_PACKAGE = "moonwire.core.rawtext"
_TOOL_MARKS = (SB, SE, CB, CE, AB, SB1, SE1)
_WHOLE_TAG = re.compile(r"<\|(?:open|close)\|>\s*(?:think|response|tools|message)\s*<\|sep\|>")


def quickly(examples: int) -> settings:
    """How many examples `make test` draws of a test; `make fuzz` draws what it was told to."""
    profile = os.environ.get("HYPOTHESIS_PROFILE", "default")
    return settings(max_examples=examples) if profile == "default" else settings()


@contextmanager
def limits(**values: int) -> Generator[None]:
    """Other limits, wherever a module knows them by name. `Pieces` take theirs when a parser is made."""
    with pytest.MonkeyPatch.context() as patch:
        for name, module in list(sys.modules.items()):
            for limit in values.keys() & vars(module).keys() if name.startswith(_PACKAGE) else ():
                patch.setattr(module, limit, values[limit])
        yield


def run(
    options: Options, chunks: Iterable[str], ids: Sequence[Sequence[int] | None] | None = None
) -> list[Event]:
    """All events of a turn that arrives in these chunks."""
    parser = TextParser(**options[0])
    events: list[Event] = []
    for place, chunk in enumerate(chunks):
        events += parser.feed(chunk, None if ids is None else ids[place])
    return [*events, *parser.finish(options[1])]


def seen(reply: Reply) -> str:
    """All that the reply shows of what arrived, in one text to look for words in."""
    shown = [reply.reasoning or "", reply.text]
    for call in reply.calls:
        shown += [call.name, call.id, call.native or "", call.arguments]
    shown += [part.raw for part in reply.malformed]
    shown += [str(side) for note in reply.notes for side in (note.before, note.after)]
    return "\0".join(shown)


def check_chunks(options: Options, given_: Input) -> list[Event]:
    """The laws that hold even where a limit has cut a marker or a call in two."""
    text, _, chunks = given_
    events = run(options, [text])
    whole = fold(events)
    assert fold(run(options, chunks)) == whole, "cut at random"
    assert fold(run(options, list(text))) == whole, "one character at a time"
    check_order(events, options)
    _check_finish(events, options)
    return events


def check(options: Options, given_: Input) -> None:
    """Every law that needs no knowledge of what the text was meant to be."""
    text, words, _ = given_
    events = check_chunks(options, given_)
    whole = fold(events)
    _check_nothing_lost(whole, words)
    _check_no_markup(events, options)
    _check_arguments(whole, text, options)


def check_order(events: list[Event], options: Options) -> None:
    """Calls are numbered 0, 1, 2… and one is over before the next begins; ids are unique."""
    current: int | None = None
    count = 0
    ids = list(options[0]["used_ids"])
    for event in events:
        if isinstance(event, CallStart):
            assert current is None
            assert event.index == count
            current, count = event.index, count + 1
            ids.append(event.id)
        elif isinstance(event, CallArguments):
            assert event.index == current
            assert event.text
        elif isinstance(event, CallEnd):
            assert event.index == current
            current = None
        elif isinstance(event, Noted) and event.note.path:
            number = int(event.note.path.removeprefix("calls[").removesuffix("]"))
            assert 0 <= number < count, event.note
    assert current is None
    assert len(ids) == len(set(ids)), ids
    assert [type(event) for event in events].count(Finish) == 1
    assert isinstance(events[-1], Finish)


def _check_finish(events: list[Event], options: Options) -> None:
    reason = events[-1].reason if isinstance(events[-1], Finish) else None
    complete = any(isinstance(event, CallEnd) and event.complete for event in events)
    if options[1] == "length":
        assert reason == "length"
    elif options[1] == "stop":
        assert reason == ("tool_calls" if complete else "stop")


def _check_nothing_lost(reply: Reply, words: list[str]) -> None:
    shown = seen(reply)
    # A note shows the beginning of what was dropped, and of many alike not every one is told.
    if "…" in shown or any(note.reason.startswith("and ") for note in reply.notes):
        return
    lost = [word for word in words if word not in shown]
    assert not lost, reply


def _check_no_markup(events: list[Event], options: Options) -> None:
    family = options[0]["family"]
    for event in events:
        if isinstance(event, Text):
            if family == "k2":
                assert not any(mark in event.text for mark in _TOOL_MARKS), event
            if family == "k3":
                assert not _WHOLE_TAG.search(event.text), event
        if isinstance(event, Reasoning) and options[0]["quoted"] == "run":
            if family == "k2":
                assert not any(mark in event.text for mark in _TOOL_MARKS), event
            if family == "k3":
                assert not _WHOLE_TAG.search(event.text), event


def _check_arguments(reply: Reply, text: str, options: Options) -> None:
    codes = {(note.path, note.code) for note in reply.notes}
    for index, call in enumerate(reply.calls):
        path = f"calls[{index}]"
        if not call.complete:
            assert any(part.index == index for part in reply.malformed)
        elif call.id.startswith("functions.") and options[0]["family"] == "k2":
            exact = call.arguments in text or call.arguments in text.replace(AB, "")
            assert exact or call.arguments == "{}" or (path, "arguments-unwrapped") in codes, call
            _check_json(call.arguments, codes, path)
        elif options[0]["family"] == "k3":
            value = _check_json(call.arguments, codes, path)
            assert isinstance(value, dict) or o("json")[:-7] in text


def _check_json(arguments: str, codes: set[tuple[str, str]], path: str) -> Any:
    try:
        return json.loads(arguments)
    except ValueError:
        assert (path, "arguments-invalid") in codes, arguments
        return {}
