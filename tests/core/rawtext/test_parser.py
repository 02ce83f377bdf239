"""The public face: every chunking, token ids, what is held back, and misuse."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moonwire.core.errors import LocalProtocolError
from moonwire.core.events import CallArguments, CallStart, Event, Finish, Reasoning, Text
from moonwire.core.fold import fold
from moonwire.core.messages import Reply, Tool
from moonwire.core.rawtext import TextParser, parse_text
from moonwire.core.rawtext.markers import K2, K3
from tests.core.rawtext.k2_cases import K2_CASES
from tests.core.rawtext.k3_cases import K3_CASES
from tests.core.rawtext.laws import check_same
from tests.core.rawtext.marks import AB, C1, CB, CE, SB, SE, TOOLS, UNTHINK, W2, W, c, call, k3_call, o
from tests.core.rawtext.table import Case, chunked, outcome

CASES = [*K2_CASES, *K3_CASES]
ORDINARY = 1000


def spelled(text: str, grammar: str) -> tuple[list[str], list[list[int]]]:
    """The text as a detokenizer gives it, every control text a token of its own, with its ids."""
    family = K2 if grammar == "k2" else K3
    by_kind = {kind: number for number, kind in family.ids.items()}
    chunks: list[str] = []
    ids: list[list[int]] = []
    position = 0
    for match in family.pattern.finditer(text):
        plain = text[position : match.start()]
        chunks += [plain[i : i + 4] for i in range(0, len(plain), 4)] + [match.group()]
        ids += [[ORDINARY]] * ((len(plain) + 3) // 4) + [[by_kind.get(family.kinds[match.group()], ORDINARY)]]
        position = match.end()
    plain = text[position:]
    chunks += [plain[i : i + 4] for i in range(0, len(plain), 4)]
    ids += [[ORDINARY]] * ((len(plain) + 3) // 4)
    return chunks, ids


@settings(max_examples=10)
@given(data=st.data())
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_random_splits(case: Case, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(case.text)), max_size=12))
    check_same(case, chunked(case.text, cuts), case.run([case.text]))


# Rows in which a control text is quoted: its spelling there is made of ordinary tokens, so giving
# it a special id would be another input.
QUOTING = ("S28", "marker inside", "string", "talked about", "prose", "lone", "row", "quot", "tag")


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.family != "auto" and not any(w in case.name for w in QUOTING)],
    ids=lambda case: case.name,
)
def test_token_ids_change_nothing_where_every_marker_is_real(case: Case) -> None:
    chunks, ids = spelled(case.text, case.family)
    assert outcome(case.run(chunks, ids)) == case.want


def feed_all(parser: TextParser, chunks: Sequence[tuple[str, Sequence[int]]], reason: str = "stop") -> Reply:
    events: list[Event] = []
    for text, ids in chunks:
        events += parser.feed(text, ids)
    return fold([*events, *parser.finish(reason)])


HEAD: list[tuple[str, Sequence[int]]] = [
    (SB, [163595]),
    (CB, [163597]),
    ("functions.write_file:0", [5, 6, 7]),
    (AB, [163598]),
]
TAIL: list[tuple[str, Sequence[int]]] = [(CE, [163599]), (SE, [163596])]


def test_a_special_id_is_structure_even_inside_a_string() -> None:
    reply = feed_all(TextParser("k2", TOOLS), [*HEAD, ('{"content": "a', [5]), *TAIL, ("bye", [9])])
    assert [(call.arguments, call.complete) for call in reply.calls] == [('{"content": "a', False)]
    assert reply.text == "bye"


def test_a_spelled_marker_is_data_even_where_the_json_is_broken() -> None:
    body = '{"content": "a' + CE + '" oops "'
    reply = feed_all(TextParser("k2", TOOLS), [*HEAD, (body, [5, 6]), ('"}', [8]), *TAIL])
    assert [call.arguments for call in reply.calls] == [body + '"}']


def test_k3_structure_quoted_in_a_string_is_data_by_ids() -> None:
    quoted = f"x{c('argument')}{c('call')}{c('tools')}"
    chunks, ids = spelled(o("tools") + o("call", tool="write_file", index=1), "k3")
    opener, opener_ids = spelled(o("argument", key="content", type="string"), "k3")
    rest, rest_ids = spelled(c("argument") + c("call") + c("tools"), "k3")
    stream = [*zip(chunks, ids, strict=True), *zip(opener, opener_ids, strict=True), (quoted, [5, 6])]
    reply = feed_all(TextParser("k3", TOOLS), [*stream, *zip(rest, rest_ids, strict=True)])
    assert [call.arguments for call in reply.calls] == [f'{{"content": "{quoted}"}}']


@pytest.mark.parametrize("ids", [[], [1, 2, 3], [163595], [163595, 163597, 163598, 163596]])
def test_where_ids_and_texts_disagree_the_text_decides(ids: list[int]) -> None:
    text = SB + call("functions.get_weather:0", W) + SE
    assert [c.arguments for c in feed_all(TextParser("k2", TOOLS), [(text, ids)]).calls] == [W]


def test_ids_may_come_before_their_text() -> None:
    chunks: list[tuple[str, Sequence[int]]] = [
        ("", [163595, 163597]),
        (SB + CB, []),
        ("functions.write_file:0", [5]),
        ("<|tool_call_arg", [163598]),
        ('ument_begin|>{"content": "', []),
        ("", [163599]),
        (CE, []),
        (SE, [163596]),
    ]
    reply = feed_all(TextParser("k2", TOOLS), chunks)
    assert [(call.arguments, call.complete) for call in reply.calls] == [('{"content": "', False)]


def test_ids_of_the_end_of_turn_mean_nothing() -> None:
    chunks: list[tuple[str, Sequence[int]]] = [("Hi", [5]), ("", [163586])]
    assert feed_all(TextParser("k2", TOOLS), chunks).text == "Hi"


@pytest.mark.parametrize(
    "start",
    [
        ("k2", False, ""),
        ("k3", True, ""),
        ("auto", False, ""),
        ("k2", False, SB + CB + "functions.write_file:0" + AB + '{"content": "'),
        (
            "k3",
            False,
            o("tools") + o("call", tool="write_file", index=1) + o("argument", key="content", type="string"),
        ),
        (
            "k3",
            False,
            o("tools") + o("call", tool="write_file", index=1) + o("argument", key="a", type="array") + '["',
        ),
        ("k2", False, "get_weather:0" + AB + '{"content": "'),
    ],
    ids=lambda start: f"{start[0]} {start[2][:12]}",
)
def test_nothing_but_a_possible_marker_is_held_back(start: tuple[str, bool, str]) -> None:
    family, in_reasoning, head = start
    parser = TextParser(family, TOOLS, in_reasoning)  # pyright: ignore[reportArgumentType] -- a row's string
    parser.feed(head)
    text = "words { and } [ signs ] <br> <| <|tool_x|> <|tool_calls_section_beg and so on   to the end"
    got = 0
    for place, character in enumerate(text):
        for event in parser.feed(character):
            assert isinstance(event, Text | Reasoning | CallArguments)
            got += len(event.text)
        assert place + 1 - got <= max(K2.longest, K3.longest)


def test_arguments_stream_as_they_arrive() -> None:
    parser = TextParser("k3", TOOLS)
    parser.feed(o("tools"))
    assert isinstance(parser.feed(o("call", tool="get_weather", index=1))[0], CallStart)
    said = [
        parser.feed(piece)
        for piece in (o("argument", key="city", type="string"), "Pa", 'r"is', c("argument"))
    ]
    assert said[:3] == [
        [CallArguments(0, '{"city": "')],
        [CallArguments(0, "Pa")],
        [CallArguments(0, 'r\\"is')],
    ]


def test_the_index_counts_within_the_reply_whatever_the_model_counted() -> None:
    parser = TextParser("k2", TOOLS)
    events = parser.feed(SB + call("functions.get_weather:7", W) + call("functions.get_weather:8", W2) + SE)
    starts = [(event.index, event.id) for event in events if isinstance(event, CallStart)]
    assert starts == [(0, "functions.get_weather:7"), (1, "functions.get_weather:8")]


def test_used_ids_are_not_given_out_again() -> None:
    text = (
        SB
        + call("functions.get_weather:0", W)
        + call("functions.get_weather:7", W2)
        + call("get_weather", W)
        + SE
    )
    reply = parse_text(text, tools=TOOLS, used_ids=["functions.get_weather:0", "call_x"])
    assert [c.id for c in reply.calls] == [
        "functions.get_weather:2",
        "functions.get_weather:7",
        "functions.get_weather:8",
    ]
    assert [note.code for note in reply.notes if note.code == "id-minted"] == ["id-minted"] * 2
    again = parse_text(text, tools=TOOLS, used_ids=["call_x", "functions.get_weather:0"])
    assert again == reply


def test_k3_ids_are_opaque_and_unique_over_the_conversation() -> None:
    text = o("tools") + C1 + k3_call("get_weather", ("city", "string", "x"), index=1) + c("tools")
    first = [c.id for c in parse_text(text, family="k3", tools=TOOLS).calls]
    second = [c.id for c in parse_text(text, family="k3", tools=TOOLS, used_ids=first).calls]
    assert len({*first, *second}) == 4
    assert all(identity.startswith("call_") and len(identity) == 29 for identity in first)


@pytest.mark.parametrize(
    ("said", "text", "finish", "native"),
    [
        ("stop", "x", "stop", None),
        ("stop", call("get_weather:0", W), "tool_calls", "stop"),
        (None, call("get_weather:0", W), "tool_calls", None),
        (None, "x", "unknown", None),
        ("function_call", call("get_weather:0", W), "tool_calls", "function_call"),
        ("length", call("get_weather:0", W), "length", None),
        ("max_tokens", "x", "length", "max_tokens"),
        ("content_filter", call("get_weather:0", W), "content_filter", None),
        ("unexpected_state", "x", "unknown", "unexpected_state"),
        ("stop", CB + "get_weather:0" + AB + '{"ci', "stop", None),
        ("tool_calls", "x", "tool_calls", None),
    ],
)
def test_the_finish_reason(said: str | None, text: str, finish: str, native: str | None) -> None:
    reply = parse_text(text, family="k2", tools=TOOLS, finish=said)
    assert (reply.finish, reply.native_finish) == (finish, native)


def test_runnable_calls_are_the_whole_ones() -> None:
    reply = parse_text(
        call("get_weather:0", W) + CB + "get_weather:1" + AB + '{"ci', tools=TOOLS, finish="length"
    )
    assert [call.complete for call in reply.calls] == [True, False]
    assert [call.arguments for call in reply.runnable] == [W]


def test_finish_twice_says_nothing_more_and_feeding_then_is_a_mistake() -> None:
    parser = TextParser()
    assert parser.finish() == [Finish("stop")]
    assert parser.finish() == []
    with pytest.raises(LocalProtocolError, match="finish"):
        parser.feed("more")
    with pytest.raises(LocalProtocolError, match="finish"):
        parser.feed("<think>", [163606])


MISUSES: list[tuple[dict[str, Any], str]] = [
    ({"family": "k4"}, "family: no family 'k4'"),
    ({"quoted": "maybe"}, "quoted: no policy 'maybe'"),
    ({"tools": ["get_weather"]}, r"tools\[0\]: a tool is a JSON object"),
    ({"tools": [{"type": "function", "function": 1}]}, r"tools\[0\].function: not a JSON object"),
    ({"tools": [{"type": "function", "function": {}}]}, r"tools\[0\].function.name: a tool needs a name"),
    ({"tools": [TOOLS[0], {"name": ""}]}, r"tools\[1\].name: a tool needs a name"),
]


@pytest.mark.parametrize(("arguments", "message"), MISUSES)
def test_misuse_says_what_where_and_what_to_do(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(LocalProtocolError, match=message):
        TextParser(**arguments)


def test_tools_in_our_own_and_other_spellings() -> None:
    tools: list[Any] = [
        Tool(name="a"),
        {"name": "b", "input_schema": {}},
        {"type": "web_search"},
        {"type": "builtin_function", "function": {"name": "$web_search"}},
    ]
    text = "".join(
        call(f"functions.{name}:{n}", "{}") for n, name in enumerate(("a", "b", "$web_search", "c"))
    )
    assert [c.declared for c in parse_text(text, tools=tools).calls] == [True, True, True, False]


def test_without_tools_nothing_is_noted_as_undeclared() -> None:
    text = call("functions.a:0", "{}")
    assert parse_text(text).notes == ()
    assert [note.code for note in parse_text(text, tools=[]).notes] == ["undeclared-tool"]


def test_lone_surrogates_pass() -> None:
    text = "\ud800" + SB + call("functions.get_weather:0", '{"city": "\udfff"}') + SE
    reply = parse_text(text, tools=TOOLS)
    assert (reply.text, reply.calls[0].arguments) == ("\ud800", '{"city": "\udfff"}')


def test_thoughts_close_while_text_is_quoted() -> None:
    reply = parse_text(f"a <think> b{UNTHINK}c", family="k2", in_reasoning=True)
    assert (reply.reasoning, reply.text) == ("a <think> b", "c")
