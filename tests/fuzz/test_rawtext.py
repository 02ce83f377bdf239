"""The laws of `laws.py` over drawn texts, and what well-formed calls must come out as."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from moonwire.core.events import Reasoning, Text
from moonwire.core.fold import fold
from moonwire.core.rawtext import TextParser
from tests.core.rawtext.marks import AB, CB, CE, SB, SB1, SE, SEP, TOOLS, c, o
from tests.fuzz.laws import Input, Options, check, quickly, run
from tests.fuzz.strategies import json_objects, k2_texts, k3_texts, mixed_texts, parser_options, with_chunks


@quickly(400)
@given(parser_options("k2"), with_chunks(k2_texts))
def test_k2(options: Options, given_: Input) -> None:
    """K2 pieces in any order."""
    check(options, given_)


@quickly(400)
@given(parser_options("k3"), with_chunks(k3_texts))
def test_k3(options: Options, given_: Input) -> None:
    """K3 pieces in any order."""
    check(options, given_)


@quickly(400)
@given(parser_options("auto"), with_chunks(mixed_texts))
def test_auto(options: Options, given_: Input) -> None:
    """Pieces of both grammars, with the family to be found out."""
    check(options, given_)


@given(
    st.sampled_from(["k2", "k3", "auto"]),
    st.booleans(),
    st.lists(st.text("ab \n.,!é", min_size=1), min_size=1),
)
def test_plain_text_comes_at_once(family: str, thinking: bool, chunks: list[str]) -> None:
    """Without a "<" and without tools nothing is held once there is something to say."""
    parser = TextParser(family, in_reasoning=thinking)  # pyright: ignore[reportArgumentType] -- the options are drawn as plain values
    parser.feed("a")
    for chunk in chunks:
        events = parser.feed(chunk)
        assert [event.text for event in events if isinstance(event, Text | Reasoning)] == [chunk]


_HALVES = ["a", "<", "<|", "<|tool_call", "s_section_begi", "<|o", "pen", "</thin", " "]


@given(st.lists(st.sampled_from(_HALVES), max_size=20))
def test_no_more_is_held_than_a_marker(chunks: list[str]) -> None:
    """What is held back is shorter than the longest marker."""
    parser = TextParser("auto")
    parser.feed("a")
    fed = said = 0
    for chunk in chunks:
        fed += len(chunk)
        said += sum(len(event.text) for event in parser.feed(chunk) if isinstance(event, Text))
        assert fed - said < len(SB1) + 1


@given(st.lists(json_objects(), min_size=1, max_size=3), st.booleans(), st.data())
def test_k2_arguments_are_byte_exact(objects: list[str], thinking: bool, data: st.DataObject) -> None:
    """JSON comes out as it stood, whatever its strings hold, markers not excepted."""
    text = SB + "".join(f"{CB}functions.get_weather:{n}{AB}{body}{CE}" for n, body in enumerate(objects)) + SE
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    chunks = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    for way in ([text], chunks, list(text)):
        reply = fold(run(({"family": "k2", "tools": TOOLS, "in_reasoning": thinking}, "stop"), way))
        assert [(call.arguments, call.complete) for call in reply.calls] == [(body, True) for body in objects]
        assert (reply.text, reply.malformed) == ("", ())


_TAGS = ("<|open|>", "<|close|>", SEP)
_odd = st.sampled_from(["<|", "<", "|>", "<|sep", '"', "\\", "\n", " ", "a", "\ud83d"])
_raw = st.text(max_size=12) | st.lists(_odd, max_size=6).map("".join)
_number = st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,4})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)
_typed = (
    st.tuples(st.just("string"), _raw.filter(lambda text: not any(mark in text + "<" for mark in _TAGS)))
    | st.tuples(st.just("number"), _number)
    | st.tuples(st.just("boolean"), st.sampled_from(["true", "false"]))
    | st.tuples(st.just("object"), json_objects())
    | st.tuples(st.just("array"), st.lists(_number, max_size=4).map(", ".join).map("[{}]".format))
)


_key = st.text(max_size=8).filter(lambda key: "<" not in key)


@given(st.lists(st.tuples(_key, _typed), max_size=4), st.data())
@example([("a", ("array", "[-1]"))], None)
def test_k3_arguments_say_what_was_given(
    members: list[tuple[str, tuple[str, str]]], data: st.DataObject | None
) -> None:
    """Strings raw, literals verbatim, the last of two equal keys wins."""
    body = "".join(
        o("argument", key=key.replace("&", "&amp;").replace('"', "&quot;"), type=kind) + value + c("argument")
        for key, (kind, value) in members
    )
    text = o("tools") + o("call", tool="get_weather", index=1) + body + c("call") + c("tools")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6))) if data else []
    chunks = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    want = {key: value if kind == "string" else _literal(value) for key, (kind, value) in members}
    for way in ([text], chunks, list(text)):
        reply = fold(run(({"family": "k3", "tools": TOOLS}, "stop"), way))
        assert [(call.complete, _literal(call.arguments)) for call in reply.calls] == [(True, want)]
        assert not reply.malformed


def _literal(text: str) -> Any:
    """JSON with its numbers as they are spelled."""
    return json.loads(text, parse_int=str, parse_float=str)
