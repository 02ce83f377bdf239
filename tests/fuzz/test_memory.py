"""The parser keeps what it may still need, and no more, whatever comes: measured in bytes."""

import os
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from moonwire.core.rawtext import TextParser
from tests.core.rawtext.marks import AB, C1, CB, CE, OPEN, SB, SE, TOOLS, W, c, call, o
from tests.fuzz.laws import limits

# With MEMORY_MB=50 what the rule promises is fed; otherwise little, to a parser whose limit is lower.
_MEGABYTES = int(os.environ.get("MEMORY_MB", "0"))
_LIMIT = 1_000_000 if _MEGABYTES else 50_000
_CHARACTERS = 1_000_000 * _MEGABYTES or 200_000
# What may wait, in strings of up to four bytes a character, some of it twice while it is joined; and
# what is there anyway.
_BOUND = 16 * _LIMIT + 200_000

_HEAD = "functions.get_weather:0"
_BEGIN = SB + CB + _HEAD + AB
_K3 = o("tools") + o("call", tool="f")
_THOUGHTS = {"in_reasoning": True}
# A thousand characters that share no memory with others.
_WIDE = "".join(chr(0x4E00 + n) for n in range(1000))

CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("text", {}, "", _WIDE),
    ("thoughts", _THOUGHTS, "", _WIDE),
    ("arguments", {}, _BEGIN + '{"a": "', _WIDE),
    ("arguments of many values", {}, _BEGIN + "{", '"a": [1, {"b": null}], ' * 50),
    ("arguments of bare words", {}, _BEGIN, _WIDE),
    ("arguments that nest", {}, _BEGIN, '{"a":' * 200),
    ("string in a string", {}, _BEGIN + '"{\\"a\\":\\"', _WIDE),
    ("arguments without a name", {}, CB + "call_1" + AB + '{"a": "', _WIDE),
    ("header", {}, CB, _WIDE),
    ("header with a brace", {}, CB + "f{", _WIDE),
    ("noise", {}, SB, _WIDE),
    ("section begins", {}, "", SB * 40),
    ("call begins", {}, "", CB * 50),
    ("calls", {}, "", call(_HEAD, W) * 12),
    ("orphan ends", {}, "", CE * 50),
    ("doubt", {}, _BEGIN + '{"a": "' + CE, _WIDE),
    ("markers in a string", {}, _BEGIN + '{"a": "', CE * 50),
    ("held arguments", _THOUGHTS, "a" + _BEGIN + '{"a":"', _WIDE),
    ("held text", _THOUGHTS, "a" + SB + call(_HEAD, W) + SE, _WIDE),
    ("held calls", _THOUGHTS, "a" + SB, (CB + "f" + AB + CE) * 15),
    ("quoted sections", _THOUGHTS, "a", (SB + CE + SE + " b ") * 14),
    ("K3 text", {"family": "k3"}, "", _WIDE),
    ("K3 string", {"family": "k3"}, _K3 + o("argument", key="a", type="string"), _WIDE),
    ("K3 array that nests", {"family": "k3"}, _K3 + o("argument", key="a", type="array"), "[" * 1000),
    ("K3 array", {"family": "k3"}, _K3 + o("argument", key="a", type="array") + "[", "[1], " * 200),
    ("K3 number", {"family": "k3"}, _K3 + o("argument", key="a", type="number"), "1" * 1000),
    ("K3 call without a name", {"family": "k3"}, o("call") + o("argument", key="a"), _WIDE),
    ("K3 between", {"family": "k3"}, _K3, _WIDE),
    ("K3 block", {"family": "k3"}, _K3 + o("json") + '{"a": "', _WIDE),
    ("K3 open tokens", {"family": "k3"}, "", OPEN * 100),
    ("K3 calls", {"family": "k3"}, o("tools"), C1 * 7),
    ("K3 members", {"family": "k3"}, _K3, (o("argument", key="a", type="number") + "1" + c("argument")) * 12),
    ("K3 closes in a string", {"family": "k3"}, _K3 + o("argument", key="a"), c("argument") * 35),
]


@pytest.fixture(scope="module", autouse=True)
def _low_limit() -> Iterator[None]:
    with limits(MAX_HELD=_LIMIT, BLOCK=_LIMIT // 50):
        yield


def _peak(options: dict[str, Any], task: Callable[[TextParser], object]) -> int:
    """The most that a parser holds. What it returns is let go of."""
    told: dict[str, Any] = {"family": "k2", "tools": TOOLS, **options}
    parser = TextParser(**told)
    tracemalloc.start()
    try:
        task(parser)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("options", "head", "unit"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_memory_is_bounded(options: dict[str, Any], head: str, unit: str) -> None:
    """However much comes, in chunks of a thousand characters."""

    def feed(parser: TextParser) -> None:
        parser.feed(head)
        for _ in range(_CHARACTERS // len(unit)):
            parser.feed(unit)
        parser.finish("length")

    assert _peak(options, feed) < _BOUND


_HOLDING = {
    "doubt",
    "held arguments",
    "held text",
    "arguments without a name",
    "noise",
    "K3 call without a name",
}
_HELD = [case for case in CASES if case[0] in _HOLDING]


@pytest.mark.parametrize(("options", "head"), [case[1:3] for case in _HELD], ids=[case[0] for case in _HELD])
def test_small_chunks_are_not_held_one_by_one(options: dict[str, Any], head: str) -> None:
    """A string costs fifty bytes and more besides its characters: what waits is joined."""

    def feed(parser: TextParser) -> None:
        parser.feed(head)
        for number in range(_LIMIT - 1000):
            parser.feed(chr(0x4E00 + number % 20_000))

    assert _peak(options, feed) < _BOUND
