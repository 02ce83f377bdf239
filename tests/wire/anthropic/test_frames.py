"""Events of a stream in every shape; what they add up to is in test_reader.py."""

from typing import Any

import pytest

from moonwire.core.events import Start, UpstreamError, Usage
from moonwire.wire.anthropic.frames import Delta, Frame, error_of, patient, read_frame, start_of, usage_of


def test_an_event_is_read_with_what_is_needed_of_it() -> None:
    data = b'{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hi"}}'
    assert read_frame(data) == Frame("content_block_delta", 1, Delta(text="Hi"))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"type": 5, "index": "1", "delta": []}, Frame()),
        (
            {"type": "x", "index": True, "delta": {"text": 5, "thinking": "a"}},
            Frame("x", None, Delta(thinking="a")),
        ),
        ({"index": 2, "usage": 5, "message": [], "content_block": "x"}, Frame("", 2, None, "x", [], 5)),
    ],
)
def test_what_can_be_read_of_an_odd_event_is_read(value: Any, found: Frame) -> None:
    assert patient(value) == found


def test_a_message_names_itself() -> None:
    assert start_of({"id": "a", "model": "m", "usage": {}, "x": 1, "y": None}) == Start("a", "m", 0, {"x": 1})
    assert start_of({"id": 1, "model": None}) == Start()


@pytest.mark.parametrize(
    ("value", "usage"),
    [
        ({}, None),
        ({"input_tokens": None, "cache_read_input_tokens": 4}, None),
        ({"output_tokens": 2}, Usage(0, 2)),
        ({"input_tokens": 3, "cache_creation_input_tokens": 2, "x": None}, Usage(5, 0, None, 2)),
        ({"input_tokens": 3, "output_tokens_details": 5}, Usage(3)),
    ],
)
def test_usage(value: Any, usage: Usage | None) -> None:
    assert usage_of(value) == usage


def test_an_error_keeps_the_words_of_the_server() -> None:
    error = {"type": "x", "code": 5, "message": "busy"}
    assert error_of({"error": error}) == UpstreamError("busy", type="x", raw=error)
    assert error_of({"error": "busy"}).message == "busy"
