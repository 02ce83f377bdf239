"""A conversation on disk."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.agent.session import Session, load
from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import Message, Thought, ToolCall

TALK = (
    Message(role="user", content="hi ☾"),
    Message(
        role="assistant",
        thoughts=(Thought(text="Hm.", field="reasoning_content"),),
        calls=(ToolCall(id="functions.f:0", name="f"),),
    ),
    Message(role="tool", call_id="functions.f:0", content="\ud83d"),
)


def written(place: Path) -> bytes:
    session = Session(place)
    session.begin("key", "kimi-k3")
    session.add(TALK[:1])
    session.add(TALK[1:])
    return place.read_bytes()


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    place = tmp_path / "new" / "talk.jsonl"
    written(place)
    stored = load(place)
    assert (stored.history, stored.cache_key, stored.model, stored.skipped) == (TALK, "key", "kimi-k3", ())
    Session(place).begin("another", "kimi-k2.6")
    assert load(place) == stored
    Session(place).replace(TALK[:1])
    assert load(place).history == TALK[:1]


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    written(tmp_path / "talk.jsonl")
    assert os.stat(tmp_path / "talk.jsonl").st_mode & 0o777 == 0o600


@given(cut=st.integers(0, 400), more=st.booleans())
def test_a_crash_costs_the_line_that_was_under_way_and_no_other(
    tmp_path_factory: pytest.TempPathFactory, cut: int, *, more: bool
) -> None:
    place = tmp_path_factory.mktemp("talk") / "talk.jsonl"
    data = written(place)
    kept = data[: max(0, len(data) - cut)]
    place.write_bytes(kept)
    whole = max(0, kept.count(b"\n") - 1)
    # What is cut off but for its line break may still be read.
    assert load(place).history[:whole] == TALK[:whole]
    if more:
        session = Session(place)
        session.begin("key", "kimi-k3")
        session.add([Message(role="user", content="and?")])
        stored = load(place)
        assert stored.history == (*TALK[:whole], Message(role="user", content="and?"))
        assert stored.skipped == ()


def test_lines_that_say_nothing_are_passed_over(tmp_path: Path) -> None:
    place = tmp_path / "talk.jsonl"
    lines = [
        "[1]",
        "{",
        '{"kind": "message", "message": 3}',
        '{"kind": "new"}',
        '{"kind": "history", "messages": [3]}',
    ]
    place.write_bytes(written(place) + "\n".join([*lines, ""]).encode())
    stored = load(place)
    assert stored.history == TALK
    assert stored.skipped == (5, 6, 7, 9)


def test_no_file_is_an_empty_conversation_and_a_folder_is_none(tmp_path: Path) -> None:
    assert load(tmp_path / "none.jsonl").history == ()
    with pytest.raises(LocalProtocolError, match="cannot be read") as caught:
        load(tmp_path)
    assert caught.value.path == "session"
    with pytest.raises(LocalProtocolError, match="cannot be written"):
        Session(tmp_path).add(TALK)


def test_a_long_line_without_an_end_is_cut_off_whole(tmp_path: Path) -> None:
    place = tmp_path / "talk.jsonl"
    place.write_bytes(written(place) + b"x" * 200_000)
    Session(place).add([Message(role="user", content="and?")])
    assert len(load(place).history) == 4
    place.write_bytes(b"x" * 200_000)
    Session(place).begin("key", "kimi-k3")
    Session(place).add(TALK)
    assert load(place).history == TALK
