"""The parser's work grows with the text and no faster, whatever the text: counted, not timed."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from moonwire.core.rawtext import TextParser
from tests.core.rawtext.marks import AB, C1, CB, CE, CLOSE, OPEN, SB, SE, TOOLS, W, c, call, k3_call, o
from tests.fuzz.work import HOOKS, WORK, CountingPattern, counting_copy, rewritten

Chunks = list[str]

# Low enough that every case passes the layout limits in its smallest size. What may be held back
# stays large: the work on that must be linear as well.
_LIMITS = {"MAX_BLANK": 64, "BLOCK": 128, "_BLOCK": 16, "_RUN": 16, "_LOOKED_AT": 32}
# And low enough that the smallest size passes what may be held back, too.
_LOW_LIMITS = {**_LIMITS, "MAX_HELD": 200}
_SIZE = 600
# Twice the text may cost twice the work, and a little for what grows in steps.
_GROWTH = 5.0
# Per character, one character a chunk: calls, comparisons, and copies of what is held as layout.
_PER_CHARACTER = 400

_HEAD = "functions.get_weather:0"
_BEGIN = SB + CB + _HEAD + AB
_K3_BEGIN = o("tools") + o("call", tool="f")
_K3_CUT = o("argument", key="a", type="array") + "[["
_K3_STRING = _K3_BEGIN + o("argument", key="a", type="string")
_K3_MEMBER = o("argument", key="a", type="number") + "1" + c("argument")
_K3_ARRAY = _K3_BEGIN + o("argument", key="a", type="array")


def _again(unit: str, before: str = "") -> Callable[[int], Chunks]:
    """A unit over and over behind a beginning, one chunk."""
    return lambda size: [before + unit * (size // len(unit))]


def _chunks(unit: str, before: str = "") -> Callable[[int], Chunks]:
    """The same, each unit a chunk."""
    return lambda size: [before, *[unit] * (size // len(unit))]


def _characters(unit: str, before: str = "") -> Callable[[int], Chunks]:
    """The same, each character a chunk."""
    return lambda size: [before, *unit * (size // len(unit))]


# Name, options, and what makes the chunks of a text of about a size.
CASES: list[tuple[str, dict[str, Any], Callable[[int], Chunks]]] = [
    # K2, and what both grammars share
    ("text", {}, _characters("word ")),
    ("text whole", {}, _again("word ")),
    ("thoughts", {"in_reasoning": True}, _characters("word ")),
    ("less-than signs", {"family": "auto"}, _characters("<")),
    ("less-than signs whole", {"family": "auto"}, _again("<")),
    ("half markers", {"family": "auto"}, _characters("<|tool_call_")),
    ("half markers whole", {"family": "auto"}, _again("<|tool_call_")),
    ("blanks", {}, _characters(" ")),
    ("blanks and a word", {}, _characters(" " * 60 + "x" + CE)),
    ("blanks and a word whole", {}, _again(" " * 60 + "x" + CE)),
    ("heads", {}, _characters("get_weather:0 ")),
    ("heads whole", {}, _again("get_weather:0 ")),
    ("half heads", {}, _characters("get_wea ")),
    ("heads and blanks", {"in_reasoning": True}, _characters("get_weather:0" + " " * 15 + "x ")),
    ("think tags", {}, _chunks("<think></think>")),
    ("orphan ends", {}, _again(CE)),
    ("section begins", {}, _again(SB)),
    ("call begins", {}, _again(CB)),
    ("call begins with arguments", {}, _again(CB + AB)),
    ("calls", {}, _again(call(_HEAD, W))),
    ("calls in characters", {}, _characters(call(_HEAD, W))),
    ("calls without a name", {}, _again(call("call_1", W))),
    ("calls with one id", {}, _again(call("functions.get_weather", "{}"))),
    ("long header", {}, _characters("x", SB + CB)),
    ("long header of digits", {}, _characters("1", SB + CB)),
    ("blank header", {}, lambda size: [SB + CB + "a" + " " * size + "b" + AB + "{}"]),
    ("header of blanks as noise", {}, lambda size: [SB + "a" + " " * size + "b" + AB + "{}"]),
    ("header with a brace", {}, _characters("x", SB + CB + "f{")),
    ("noise", {}, _characters("x", SB)),
    ("noise and markers", {}, _chunks("x" + AB, SB)),
    ("string", {}, _characters("x", _BEGIN + '{"a": "')),
    ("escapes", {}, _characters("\\", _BEGIN + '{"a": "')),
    ("quotes", {}, _characters('"\\', _BEGIN + "{")),
    ("braces", {}, _characters("{", _BEGIN)),
    ("braces whole", {}, _again("{", _BEGIN)),
    ("closing brackets", {}, _characters("}", _BEGIN + "[")),
    ("many values", {}, _characters('"a": [1, {"b": null}], ', _BEGIN + "{")),
    ("bare words", {}, _characters("x ", _BEGIN)),
    ("blanks as value", {}, _characters(" ", _BEGIN + "x")),
    ("behind the arguments", {}, _characters("x", _BEGIN + "{}")),
    ("markers in a string", {}, _chunks(CE + "x", _BEGIN + '{"a": "')),
    ("markers in a string, closed", {}, _chunks(CE + '",x"', _BEGIN + '{"a": "')),
    ("markers in strings that are real", {}, _chunks(f'{CE}", "b": "', _BEGIN + '{"a": "')),
    ("doubt", {}, _characters("x", _BEGIN + '{"a": "' + CE)),
    ("unclosed strings", {}, _again(CB + _HEAD + AB + '{"a": "x' + CE)),
    ("unclosed bare strings", {}, _again(CB + _HEAD + AB + '"' + CE)),
    ("keys to be guessed by", {}, _characters("x", CB + "call_1" + AB + '{"a":"')),
    ("string in a string", {}, _characters('\\"a\\": 1, ', _BEGIN + '"{')),
    ("blanks in a string", {}, _characters(" ", _BEGIN + '"')),
    ("backslashes in a string in a string", {}, _characters("\\", _BEGIN + '"{\\"a\\":\\"')),
    ("bad escapes in a string in a string", {}, _again("\\q", _BEGIN + '"{\\"a\\":\\"')),
    ("half pairs in a string in a string", {}, _chunks("\\ud83d", _BEGIN + '"{\\"a\\":\\"')),
    ("quoted sections", {"in_reasoning": True}, _chunks(SB + CE + SE + " b ", "a")),
    ("quoted calls", {"in_reasoning": True}, _chunks(CB + "f" + AB + CE + "x", "a")),
    ("held arguments", {"in_reasoning": True}, _characters("x", "a" + _BEGIN + '{"a":"')),
    ("held text", {"in_reasoning": True}, _characters("x", "a" + SB + call(_HEAD, W) + SE)),
    ("held heads", {"in_reasoning": True}, _chunks("get_weather:0" + AB + "{}x ", "a ")),
    # K3
    ("K3 text", {"family": "k3"}, _characters("word ")),
    ("K3 open tokens", {"family": "k3"}, _again(OPEN)),
    ("K3 open tokens, chunks", {"family": "k3"}, _chunks(OPEN)),
    ("K3 close tokens", {"family": "k3"}, _again(CLOSE)),
    ("K3 long attribute", {"family": "k3"}, _characters(OPEN + 'call tool="' + "a" * 80)),
    ("K3 many attributes", {"family": "k3"}, _characters(OPEN + "call " + 'a="" ' * 16)),
    ("K3 many attributes whole", {"family": "k3"}, _again(OPEN + "call " + 'a="" ' * 16)),
    ("K3 many names", {"family": "k3"}, _characters(OPEN + "call" * 16)),
    ("K3 blanks in a tag", {"family": "k3"}, _characters(OPEN + " " * 60 + "x")),
    ("K3 calls", {"family": "k3"}, _again(C1)),
    ("K3 calls in characters", {"family": "k3"}, _characters(C1)),
    ("K3 calls without a name", {"family": "k3"}, _again(o("call"))),
    ("K3 call without a name", {"family": "k3"}, _characters("x", o("call"))),
    ("K3 members", {"family": "k3"}, _again(_K3_MEMBER, _K3_BEGIN)),
    ("K3 members that are cut", {"family": "k3"}, _again(_K3_CUT, _K3_BEGIN)),
    ("K3 string", {"family": "k3"}, _characters("x", _K3_STRING)),
    ("K3 closes in a string", {"family": "k3"}, _chunks(c("argument"), _K3_STRING)),
    ("K3 call closes in a string", {"family": "k3"}, _chunks(c("call"), _K3_STRING)),
    ("K3 blanks behind a close", {"family": "k3"}, _characters(c("argument") + " " * 60 + "x", _K3_STRING)),
    ("K3 brackets", {"family": "k3"}, _characters("[", _K3_ARRAY)),
    ("K3 brackets whole", {"family": "k3"}, _again("[", _K3_ARRAY)),
    ("K3 closed brackets", {"family": "k3"}, _characters("[], ", _K3_ARRAY + "[")),
    ("K3 backslashes", {"family": "k3"}, _characters("\\", _K3_ARRAY + '["')),
    ("K3 escapes", {"family": "k3"}, _again("\\u00e9", _K3_ARRAY + '["')),
    ("K3 strings with control characters", {"family": "k3"}, _again('"\\n", ', _K3_ARRAY + "[")),
    ("K3 long number", {"family": "k3"}, _characters("1", _K3_BEGIN + o("argument", key="a", type="number"))),
    ("K3 digits in an array", {"family": "k3"}, _characters("1", _K3_ARRAY + "[")),
    ("K3 between", {"family": "k3"}, _characters("x", _K3_BEGIN)),
    ("K3 bare object", {"family": "k3"}, _characters("x", _K3_BEGIN + '{"a": "')),
    ("K3 block", {"family": "k3"}, _characters("x", _K3_BEGIN + o("json") + '{"a":"')),
    ("K3 behind a block", {"family": "k3"}, _characters("x ", _K3_BEGIN + o("json") + "{}")),
    ("K3 closes in a block", {"family": "k3"}, _chunks(c("json") + "x", _K3_BEGIN + o("json") + '{"a":"')),
    ("K3 quoted calls", {"family": "k3", "in_reasoning": True}, _chunks(k3_call("f") + "x", "a")),
]


@pytest.fixture(scope="module", params=[_LIMITS, _LOW_LIMITS], ids=["held", "past the limits"])
def counting(request: pytest.FixtureRequest) -> Any:
    """The parser that counts."""
    return counting_copy(request.param).TextParser


def _read(parser: Any, options: dict[str, Any], chunks: Chunks) -> list[Any]:
    reader: TextParser = parser(**{"family": "k2", "tools": TOOLS, **options})
    return [event for chunk in chunks for event in reader.feed(chunk)] + reader.finish("stop")


@pytest.mark.parametrize(("options", "chunks"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_work_is_linear(counting: Any, options: dict[str, Any], chunks: Callable[[int], Chunks]) -> None:
    """Four times the text is about four times the work, and no character costs more than a bound."""
    texts = [chunks(factor * _SIZE) for factor in (1, 2, 4)]
    once, twice, often = (WORK.of(lambda text=text: _read(counting, options, text)) for text in texts)

    assert often <= _GROWTH * once and often <= _GROWTH / 2 * twice, (once, twice, often)
    assert often <= _PER_CHARACTER * sum(map(len, texts[-1])), (once, twice, often)


def test_the_counting_parser_says_the_same() -> None:
    """Rewriting changes nothing but the count."""
    parser = counting_copy({}).TextParser
    for _, options, chunks in CASES:
        texts = chunks(_SIZE)
        assert list(map(repr, _read(parser, options, texts))) == list(
            map(repr, _read(TextParser, options, texts))
        )


_QUADRATIC = {
    "concatenation": "text = ''\nfor c in given: text = text + c",
    "concatenation in place": "text = ''\nfor c in given: text += c",
    "slices": "while given: given = given[1:]",
    "joins": "parts = []\nfor c in given:\n    parts.append(c)\n    ''.join(parts)",
    "f-strings": "text = ''\nfor c in given: text = f'{text}{c}'",
    "search for a text": "for c in given: '<' in given",
    "find from the start": "for c in given: given.find('<')",
    "strip": "for c in given: (given + ' ').strip()",
    "loops": "for c in given:\n    for d in given: pass",
    "generators": "for c in given: any(d == '<' for d in given)",
    "lists": "parts = []\nfor c in given: parts = [*parts, c]",
    "search for a pattern": "for c in given: re.compile('<').search(given)",
    "a pattern that starts in vain": "re.compile('x+<').search(given)",
    "a pattern that goes back": "re.compile('x+x+<').match(given)",
    "hashes": "for c in given: {}.get(given)",
}


@pytest.mark.parametrize("source", _QUADRATIC.values(), ids=_QUADRATIC.keys())
def test_quadratic_work_is_seen(source: str) -> None:
    """The counter would notice."""
    space = {**HOOKS, "re": HOOKS["_work_re"]}
    code = rewritten(source, "quadratic")
    once, often = (
        WORK.of(lambda size=size: exec(code, {**space, "given": "x" * size})) for size in (50, 200)
    )

    assert often > 2 * _GROWTH * once


@pytest.mark.parametrize("pattern", [r"[0-9]+\Z", r"(?:a|b)+c", r"\s*!\s*\Z"])
def test_the_matcher_agrees(pattern: str) -> None:
    """The walk that counts finds what the real one finds; it says so itself if not."""
    for text in ("", "a1", "12 ", "  !  ", "abababc", "ab" * 20 + " 12"):
        found, begun = CountingPattern(pattern).search(text), CountingPattern(pattern).match(text)
        assert (found is None) == (re.search(pattern, text) is None)
        assert (begun is None) == (re.match(pattern, text) is None)
