"""Raw text as no one would write it: pieces of both grammars, whole, cut, doubled and in any order."""

import json
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from tests.core.rawtext.marks import (
    AB,
    C1,
    CB,
    CE,
    CLOSE,
    EOM,
    OPEN,
    SB,
    SB1,
    SE,
    SE1,
    SEP,
    THINK,
    TOOLS,
    UNTHINK,
    W2,
    W,
    c,
    o,
)

__all__ = [
    "HOLE",
    "json_objects",
    "k2_texts",
    "k3_texts",
    "mixed_texts",
    "parser_options",
    "tagged",
    "with_chunks",
]

# Stands for a word that occurs nowhere else; `tagged` puts one in for each.
HOLE = "\ue000"

_K2_MARKS = [SB, SE, CB, CE, AB, SB1, SE1, THINK, UNTHINK, "<|im_end|>"]
_K3_MARKS = [
    *(o(name) for name in ("think", "response", "tools", "json", "call", "message")),
    *(c(name) for name in ("think", "response", "tools", "json", "call", "message", "argument")),
    o("call", tool="get_weather", index=1),
    o("call", tool=HOLE, index=2),
    o("call", tool="functions.a.b"),
    *(o("argument", key="city", type=kind) for kind in ("string", "number", "object", "array", "boolean")),
    o("argument", key=HOLE, type="string"),
    o("argument", type="string"),
    o("argument", key="k"),
    o("json", type="object"),
    OPEN,
    CLOSE,
    SEP,
    EOM,
    C1,
    f"{CLOSE} response {SEP}",
    f"{OPEN} think {SEP}",
    f'{OPEN}toolscall tool="{HOLE}"{SEP}',
    f"{CLOSE}argumentcall{SEP}",
    f"{CLOSE}toolsmessage{SEP}",
    f"{OPEN}{HOLE}{SEP}",
    f"{OPEN}tools and {HOLE}",
]
_HEADERS = [
    "functions.get_weather:0",
    "functions.get_weather:1",
    "get_weather:0",
    "get_weather",
    "functions.a.b:2",
    f"functions.{HOLE}:3",
    HOLE,
    "functions_get_weather_1",
    "",
    " functions.get_weather:0\n",
    "weird",
    "7",
    "functions.",
    "functions.x:999999999",
    "ns:get_weather:0",
    "functionscreateuser4",
    "call00003",
    "toolu_01",
]
_JSON = [
    W,
    W2,
    "{}",
    f'{{"city": "{HOLE}"}}',
    f'{{"city": "{HOLE}',
    f'{{"a": "{CE}"}}',
    f'"{HOLE}"',
    "[[",
    "]",
    f"[-1, {HOLE}]",
    f'{{"a": [1, -2.50e3, {{"b": "}}{HOLE}"}}], "a": null}}',
    f'"{{\\"city\\": \\"{HOLE}\\"}}"',
    f'" {{\\"a\\": {HOLE}',
    "{",
    "}",
    '"',
    "\\",
    '\\"',
    ",",
    ":",
    "-",
    "1",
    "e5",
    "tru",
    "true",
    "null",
    "\\u00e9",
    "\\ud83d",
    "\\ude00",
    "\\q",
    '": "',
    '", "b": "',
    "\ud83d",
    "\ude00",
    "\x00",
    "\x1f",
    "\u2028",
    "😀",
]
_PROSE = [
    HOLE,
    f" {HOLE} ",
    f"{HOLE}\n",
    " ",
    "\n",
    "   ",
    "\t",
    "!",
    "!!!!",
    "!!!!!!",
    "<",
    "<|",
    "</",
    "<t",
    "<b>",
    "<|x|>",
    "a",
    "get_wea",
    " get_weather:0",
    "functions",
    "f",
    ".",
    ":",
    "0",
    "<|tool_call_",
    "<|open|",
    "ument_begin|>",
    "x" * 300,
]

_options = st.fixed_dictionaries(
    {
        "in_reasoning": st.booleans(),
        "quoted": st.sampled_from(["hold", "hold", "run"]),
        "tools": st.sampled_from([TOOLS, TOOLS, [], None]),
        "used_ids": st.sampled_from([(), ("functions.get_weather:0", "call_1")]),
    }
)
_finishes = st.sampled_from(["stop", "length", "tool_calls", None])


@st.composite
def _cut(draw: st.DrawFn, whole: st.SearchStrategy[str]) -> str:
    text = draw(whole)
    return (
        text[: draw(st.integers(0, len(text)))]
        if draw(st.booleans())
        else text[draw(st.integers(0, len(text))) :]
    )


def _texts(*kinds: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    whole = st.one_of(*kinds)
    return st.lists(st.one_of(whole, whole, whole, _cut(whole)), max_size=14).map("".join)


_json = st.sampled_from(_JSON)
_prose = st.sampled_from(_PROSE) | st.text(max_size=6)
_k2_mark = st.sampled_from(_K2_MARKS)
_k3_mark = st.sampled_from(_K3_MARKS)
_header = st.sampled_from(_HEADERS)
_k2_call = st.tuples(st.just(CB), _header, st.just(AB), _json, st.sampled_from([CE, "", CE + SE, SE])).map(
    "".join
)

k2_texts = _texts(_k2_mark, _k2_call, _header, _json, _prose)
k3_texts = _texts(_k3_mark, _k3_mark, _json, _prose)
mixed_texts = _texts(_k2_mark, _k2_call, _k3_mark, _k3_mark, _header, _json, _prose)


@st.composite
def parser_options(draw: st.DrawFn, family: str) -> tuple[dict[str, Any], str | None]:
    """Everything a parser can be told, and why the turn ended."""
    return {"family": family, **draw(_options)}, draw(_finishes)


def tagged(text: str) -> tuple[str, list[str]]:
    """The text with a word of its own in each hole, and the words."""
    parts = text.split(HOLE)
    words = [f"zq{number}z" for number in range(len(parts) - 1)]
    return "".join(part + word for part, word in zip(parts, [*words, ""], strict=True)), words


@st.composite
def with_chunks(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> tuple[str, list[str], list[str]]:
    """A text, the words in it that must not get lost, and the chunks it may arrive in."""
    text, words = tagged(draw(texts))
    cuts = draw(st.lists(st.integers(0, len(text)), max_size=8).map(sorted))
    places = [0, *cuts, len(text)]
    return text, words, [text[a:b] for a, b in pairwise(places)]


_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
_marked = st.lists(st.sampled_from([*_K2_MARKS[:7], '"', "\\", "a", ",", " ", "}", "{"]), max_size=5).map(
    "".join
)
_keys = st.text(max_size=6) | _marked
_values: st.SearchStrategy[Any] = st.recursive(
    _scalars | _marked,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def json_objects(draw: st.DrawFn) -> str:
    """JSON objects whose strings hold anything, markers not excepted."""
    value = draw(st.dictionaries(_keys, _values, max_size=4))
    return json.dumps(value, indent=draw(st.sampled_from([None, 2])), ensure_ascii=draw(st.booleans()))
