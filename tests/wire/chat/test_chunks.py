"""A chunk's fields are decoded where they have the usual shape, and read with patience where not."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.wire.chat.chunks import (
    NOTHING,
    Call,
    Choice,
    Chunk,
    Delta,
    Function,
    joined_logprobs,
    patient,
    patient_delta,
    read_chunk,
    read_json,
)

TEXTS = st.none() | st.text(max_size=3)
CALLS = st.builds(Call, st.none() | st.integers(0, 3), TEXTS, st.none() | st.builds(Function, TEXTS, TEXTS))
DELTAS = st.builds(Delta, TEXTS, TEXTS, TEXTS, tool_calls=st.none() | st.lists(CALLS, max_size=2))
ANY: st.SearchStrategy[Any] = st.sampled_from([None, 1, "a", [1], {"a": 1}])
CHOICES = st.builds(Choice, st.integers(0, 2), DELTAS, st.none(), TEXTS, ANY, ANY, ANY)
CHUNKS = st.builds(Chunk, st.lists(CHOICES, max_size=2), ANY, ANY)


def as_json(chunk: Chunk) -> Any:
    value: Any = json.loads(msgspec.json.encode(chunk))
    for choice in value["choices"]:
        del choice["delta"]["reasoning_details"]
    return value


@given(CHUNKS.filter(lambda chunk: bool(chunk.choices)))
def test_both_ways_of_reading_read_the_same(chunk: Chunk) -> None:
    for choice in chunk.choices or ():
        assert choice.delta is not None
        choice.delta.reasoning_details = msgspec.Raw(b"null")
    value = as_json(chunk)
    quickly, patiently = read_chunk(msgspec.json.encode(value)), patient(value)
    for one in (*(quickly.choices or ()), *(patiently.choices or ())):
        assert one.delta is not None and one.delta.reasoning_details is NOTHING
        one.delta.reasoning_details = msgspec.Raw(b"null")
    assert as_json(quickly) == as_json(patiently) == value


@pytest.mark.parametrize(
    "data",
    [
        b'{"usage": {"prompt_tokens": 1}, "error": {}, "choices": [{"logprobs": {}, "stop_reason": 5}]}',
        b'{"id": null, "model": 5, "created": "now", "choices": null}',
        b'{"choices": [{"index": null, "delta": null, "finish_reason": null, "usage": null}]}',
        b'{"choices": [{"delta": {"tool_calls": [{"index": null, "id": null, "function": null}]}}]}',
        b'{"choices": [{"delta": {"reasoning_details": null, "reasoning": null, "content": null}}]}',
        b'{"choices": [{"message": {"content": 5}}], "x": "\xff"}',
    ],
)
def test_what_servers_often_do_is_read_the_quick_way(data: bytes) -> None:
    assert isinstance(read_chunk(data), Chunk)


@pytest.mark.parametrize(
    ("delta", "want"),
    [
        ({"reasoning": ""}, Delta(reasoning="")),
        ({"reasoning": "", "reasoning_details": [{"text": "a"}]}, Delta(reasoning="a")),
        ({"reasoning": "b", "reasoning_details": [{"text": "a"}]}, Delta(reasoning="b")),
        ({"reasoning_details": 5, "content": [5, {"text": 5}, {"text": "a"}]}, Delta("a")),
        (
            {"tool_calls": [{"function": {"arguments": ["ü"]}}]},
            Delta(tool_calls=[Call(function=Function(None, '["ü"]'))]),
        ),
        (
            {"tool_calls": [{"index": "٣"}, {"index": "-1"}, {"index": 1.0}]},
            Delta(tool_calls=[Call(3), Call(), Call()]),
        ),
        ({"tool_calls": [{"index": "9" * 9999}]}, Delta(tool_calls=[Call(999_999_999)])),
    ],
)
def test_patience(delta: dict[str, Any], want: Delta) -> None:
    assert patient_delta(delta) == want


def test_json_that_only_python_reads() -> None:
    assert read_json(b'{"a": "\\ud83d", "b": [NaN, -Infinity], "c": "\xff"}') == {
        "a": "\ud83d",
        "b": [None, None],
        "c": "\ufffd",
    }
    assert read_json(b"1" * 5000) is None and read_json(b"[" * 99_999) is None and read_json(b"") is None


def test_logprobs_of_other_shapes_join_to_what_can_be_read() -> None:
    assert joined_logprobs([1, None, {}, {"content": None}, {"content": [1]}]) == {"content": [1]}
