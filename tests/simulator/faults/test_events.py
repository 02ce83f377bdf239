"""Events: what a piece says, and the part that it plays in each dialect."""

import pytest

from moonwire.simulator.faults.events import (
    Dialect,
    Role,
    decode,
    dialect,
    is_stream,
    obj,
    objs,
    read,
    role,
    write,
)
from moonwire.simulator.faults.steps import Planned
from tests.simulator.faults.answers import DONE, call, chat_pieces, chunk, event, messages, responses

ROLES: list[tuple[bytes, Role]] = [
    (b": keep-alive\n\n", "none"),
    (b"\n\n", "none"),
    (DONE, "done"),
    (b"data: no json\n\n", "other"),
    (b"data: [1]\n\n", "other"),
    (b'data: {"a":\xff}\n\n', "other"),
    (chunk({"role": "assistant", "content": ""}), "other"),
    (chunk({"content": "a"}), "content"),
    (chunk({"reasoning_content": "a"}), "reasoning"),
    (chunk({"reasoning_content": ""}), "reasoning"),
    (call("{"), "call"),
    (chunk({}, "stop"), "finish"),
    (chunk({"content": "a"}, "stop"), "finish"),
    (event({"choices": [], "usage": {}}), "usage"),
    (event({"choices": []}), "other"),
    (event({"choices": "?"}), "other"),
    (event({"type": "content_block_delta", "delta": {"type": "new"}}), "other"),
    (event({"error": {"message": "x"}}), "other"),
]


@pytest.mark.parametrize(("piece", "part"), ROLES)
def test_the_part_of_an_event(piece: bytes, part: Role) -> None:
    assert role(read(piece)) == part


def test_the_parts_of_whole_streams() -> None:
    chat = [role(read(piece)) for piece in chat_pieces()]
    assert chat == ["other", *["reasoning"] * 2, *["content"] * 3, *["call"] * 3, "finish", "usage", "done"]
    of_messages = [role(read(piece)) for piece in messages().pieces]
    assert of_messages == [
        *["other", "other", "reasoning", "other", "other", "content", "content", "other", "other", "call"],
        *["other", "finish", "done"],
    ]
    assert [role(read(piece)) for piece in responses().pieces] == [
        *["other", "reasoning", "content", "content", "call", "finish"]
    ]


def test_lines_are_read_as_the_standard_says() -> None:
    found = read(b'event: ping\r\ndata: {"a":\r\ndata:1}\r\nid: 7\r\n\r\n')
    assert (found.name, found.data, found.value) == ("ping", b'{"a":\n1}', {"a": 1})


@pytest.mark.parametrize(
    ("path", "spoken"),
    [
        ("/v1/chat/completions", "chat"),
        ("/anthropic/v1/messages/", "messages"),
        ("/v1/responses?x=/messages", "responses"),
        ("/v1/models", "chat"),
    ],
)
def test_the_dialect_of_a_path(path: str, spoken: Dialect) -> None:
    assert dialect(path) == spoken


def test_a_stream_is_known_by_its_content_type() -> None:
    assert is_stream(Planned(200, [("Content-Type", "text/event-stream; charset=utf-8")], []))
    assert not is_stream(Planned(429, [("content-type", "application/json")], []))


def test_what_is_written_is_read() -> None:
    found = read(write({"a": "ü"}, "x"))
    assert (found.name, found.value) == ("x", {"a": "ü"})


def test_what_is_no_object_is_an_empty_one() -> None:
    assert (obj(1), objs({}), objs([1, {"a": 1}]), decode(b"[]")) == ({}, [], [{}, {"a": 1}], None)
