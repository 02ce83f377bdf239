"""What is decided by size or depth is decided at the same character, however the text is cut."""

from collections.abc import Iterator

import pytest
from hypothesis import given

from moonwire.core.fold import fold
from tests.core.rawtext.marks import AB, CB, CE, TOOLS, c, o
from tests.fuzz.laws import Input, Options, check_chunks, limits, quickly, run
from tests.fuzz.strategies import k2_texts, k3_texts, mixed_texts, parser_options, with_chunks

_DEEP = '{"a":' + "[" * 100_000 + "]" * 100_000 + "}"


@pytest.mark.parametrize(
    ("family", "text"),
    [
        ("k2", f"{CB}functions.get_weather:0{AB}{_DEEP}{CE}"),
        ("k2", f"{CB}call_1{AB}{_DEEP}{CE}"),
        ("k2", f"{CB}functions.get_weather:0{_DEEP}{CE}"),
        ("k3", o("call", tool="f") + o("json") + _DEEP + c("json") + c("call")),
        (
            "k3",
            o("call", tool="f") + o("argument", key="a", type="object") + _DEEP + c("argument") + c("call"),
        ),
        ("k3", o("call", tool="f") + _DEEP + c("call")),
    ],
    ids=["arguments", "nameless", "unmarked", "json block", "object", "bare"],
)
def test_deep_json_does_not_raise(family: str, text: str) -> None:
    """Deeper than any decoder follows; and the same whole and in pieces."""
    options: Options = ({"family": family, "tools": TOOLS}, "stop")
    whole = fold(run(options, [text]))

    assert fold(run(options, [text[n : n + 997] for n in range(0, len(text), 997)])) == whole


@pytest.fixture(scope="module", autouse=True)
def _low_limits() -> Iterator[None]:
    """Limits so low that drawn texts pass them."""
    with limits(MAX_HELD=64, MAX_BLANK=16, BLOCK=16, _BLOCK=3, _LOOKED_AT=8, _RUN=3, _HEAD_BLANKS=3):
        yield


@quickly(500)
@given(parser_options("k2"), with_chunks(k2_texts))
def test_k2(options: Options, given_: Input) -> None:
    """K2 pieces in any order."""
    check_chunks(options, given_)


@quickly(500)
@given(parser_options("k3"), with_chunks(k3_texts))
def test_k3(options: Options, given_: Input) -> None:
    """K3 pieces in any order."""
    check_chunks(options, given_)


@quickly(500)
@given(parser_options("auto"), with_chunks(mixed_texts))
def test_auto(options: Options, given_: Input) -> None:
    """Pieces of both grammars, with the family to be found out."""
    check_chunks(options, given_)
