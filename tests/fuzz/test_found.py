"""What the fuzzers found, as small as it gets."""

import pytest

from moonwire.core.events import Text
from moonwire.core.fold import fold
from moonwire.core.rawtext import TextParser
from tests.core.rawtext.marks import AB, C1, CB, CE, OPEN, SB, c, o
from tests.fuzz.laws import Options, limits, run

_CALL = o("call", tool="f")

# Family, and chunks that must come to the same as their text whole and as its characters.
CUTS = [
    pytest.param("k3", [f'{_CALL}{o("json")}"": '], id="blanks behind a block, at the end"),
    pytest.param("k3", [f"{_CALL}{o('json')}{{}} a b{c('json')}"], id="blanks behind a block"),
    pytest.param("k3", [f"{_CALL}{OPEN}" + "x" * 300], id="a long chunk that is no tag"),
    pytest.param("k3", [f'{_CALL}{OPEN}argument key="a"', 'b"'], id="junk behind a value"),
    pytest.param("k3", [f'{_CALL}{OPEN}argument "'], id="a quote too early"),
    pytest.param("k2", [f'{CB}{AB}"{CE}n|>x{AB}"t'], id="a string's marker"),
    pytest.param("k2", [f"{SB}{CB}{' ' * 5000}x{AB}{{}}"], id="a long header"),
]


@pytest.mark.parametrize(("family", "chunks"), CUTS)
@pytest.mark.parametrize("finish", ["stop", "length"])
def test_the_chunks_do_not_matter(family: str, chunks: list[str], finish: str) -> None:
    """Fed so, whole, and one character at a time."""
    options: Options = ({"family": family, "tools": []}, finish)
    text = "".join(chunks)
    whole = fold(run(options, [text]))

    assert fold(run(options, chunks)) == whole
    assert fold(run(options, list(text))) == whole


def test_a_marker_may_pass_the_limit_of_a_doubt() -> None:
    """What is decided where a marker ends must not wait for what comes behind it."""
    text = f'{CB}{AB}"{CE}{"x" * 30}{AB}"c'
    options: Options = ({"family": "k2", "tools": []}, "stop")
    with limits(MAX_HELD=64):
        assert fold(run(options, list(text))) == fold(run(options, [text]))


@pytest.mark.parametrize("body", ["}", "{bad}", "tru", '{"a": 1} x'])
def test_a_block_that_is_left_open_is_checked(body: str) -> None:
    """At the end of the stream as at its close: it is cut, or there is a note that it is not JSON."""
    reply = fold(run(({"family": "k3"}, "stop"), [_CALL + o("json") + body]))

    codes = {note.code for note in reply.notes}
    assert not reply.calls[0].complete or "arguments-invalid" in codes


def test_a_chunk_of_prose_is_not_held_as_a_tag() -> None:
    """What cannot become a tag is delivered at once, however long the chunk that shows it."""
    parser = TextParser("k3")
    events = [event for chunk in (OPEN, "x" * 300) for event in parser.feed(chunk)]

    assert "".join(event.text for event in events if isinstance(event, Text)) == OPEN + "x" * 300


def test_a_call_without_a_name_is_no_call_to_make_notes_about() -> None:
    """Its notes would name the call before it, or none."""
    reply = fold(run(({"family": "k3"}, "stop"), [C1 + o("call") + o("think")]))

    assert not any(note.code == "call-unclosed" and note.path for note in reply.notes)
