"""Usage and the small words of a stream; its laws are in test_writer.py."""

from typing import Any

import pytest

from moonwire.core.events import UpstreamError, Usage
from moonwire.wire.anthropic.said import ERROR_TYPES, error_object, free, stop_word, usage_object, written


@pytest.mark.parametrize(
    ("usage", "found"),
    [
        (None, (0, 0, 0, 0)),
        (Usage(9, 4), (9, 0, 0, 4)),
        (Usage(9, 4, 3, 2), (4, 2, 3, 4)),
        (Usage(9, 4, 12), (0, 0, 12, 4)),
    ],
)
def test_the_four_counts_add_up(usage: Usage | None, found: tuple[int, ...]) -> None:
    said = usage_object(usage)
    names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
    assert tuple(said[name] for name in names) == found and len(said) == 4


def test_further_counts_are_kept() -> None:
    said = usage_object(Usage(1, 2, reasoning=1, extra={"cost": 0.5, "input_tokens": 99}))
    assert (said["cost"], said["input_tokens"]) == (0.5, 1)
    assert said["output_tokens_details"] == {"thinking_tokens": 1}


@pytest.mark.parametrize(
    ("reason", "stop", "cut", "word"),
    [
        ("stop", None, False, "end_turn"),
        ("stop", "###", False, "stop_sequence"),
        ("tool_calls", "###", False, "tool_use"),
        ("stop", "###", True, "max_tokens"),
        ("content_filter", None, True, "refusal"),
        ("length", None, True, "max_tokens"),
        ("error", None, True, "end_turn"),
    ],
)
def test_why_the_answer_ends(reason: str, stop: str | None, cut: bool, word: str) -> None:
    assert stop_word(reason, stop, cut=cut) == word


def test_every_type_is_itself() -> None:
    for kind in ERROR_TYPES.values():
        assert error_object(UpstreamError("x", type=kind))["type"] == kind


def test_names_that_mean_something_here_are_not_taken_over() -> None:
    extra: dict[str, Any] = {"id": 1, "usage": 2, "x": 3}
    assert free(extra) == {"x": 3}
    assert written({"x": "\ud83d"}) == b'{"x": "\xef\xbf\xbd"}'
