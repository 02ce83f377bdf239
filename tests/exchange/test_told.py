"""What every answer says of itself: in headers, in 1,024 bytes of them for the notes."""

import json
from typing import Any

import pytest

from moonwire.core.errors import RemoteProtocolError
from moonwire.core.events import UpstreamError
from moonwire.core.notes import Note
from moonwire.exchange.told import HEADER_BYTES, broken, encoded, notes_header, request_id


def note(code: str, level: Any = "info", **more: Any) -> Note:
    return Note(code=code, reason="why", level=level, **more)


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ("", ""),
        ("a", "a"),
        ("a a b a", "a*3, b"),
        ("a b! a c!", "b!, c!, a*2"),
        ("a a! a", "a!, a*2"),
    ],
)
def test_codes_are_counted_and_warnings_come_first(codes: str, said: str) -> None:
    notes = [note(code.rstrip("!"), "warning" if code.endswith("!") else "info") for code in codes.split()]
    assert notes_header(notes) == said


def test_what_finds_no_room_is_counted() -> None:
    notes = [note(f"a-code-of-some-length-{number}") for number in range(200)]
    said = notes_header([*notes, note("last", "warning")])
    assert len(said) <= HEADER_BYTES == 1024
    words = said.split(", ")
    assert words[0] == "last!"
    assert words[-1] == f"+{201 - len(words) + 1}"
    assert len(said) + len(", a-code-of-some-length-99") > HEADER_BYTES - 8
    assert notes_header([note("x" * 2000)]) == "+1"
    exact = notes_header([note("x" * 1024)])
    assert len(exact) == 1024


def test_half_a_character_is_no_reason_to_say_nothing() -> None:
    assert json.loads(encoded({"a": "\ud83d", "b": note("x", before="\udc00")}))["a"] == "\ud83d"
    assert encoded({"a": "\u6708"}) == '{"a":"\u6708"}'.encode()


def test_no_id_is_given_twice() -> None:
    ids = [request_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert all(one.startswith("req_") and len(one) == 28 for one in ids)


def test_an_answer_that_broke_off_is_the_servers_fault() -> None:
    error = broken(UpstreamError("busy"))
    assert isinstance(error, RemoteProtocolError) and error.message == "busy"
