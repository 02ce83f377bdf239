"""The limits: what waits, waits for 1 MB at most, and every text comes out somewhere."""

from collections.abc import Iterator

import pytest

from moonwire.core.events import Event
from moonwire.core.fold import fold
from moonwire.core.messages import Reply
from moonwire.core.rawtext import TextParser, parse_text
from moonwire.core.rawtext.markers import MAX_BLANK, MAX_HELD
from tests.core.rawtext.marks import AB, CB, CE, OPEN, SB, SE, TOOLS, UNTHINK, W, c, call, k3_call, o

BIG = "z" * (MAX_HELD + 200_000)
GW = "functions.get_weather:0"
STEP = 65_536


def fed(text: str, family: str, *, in_reasoning: bool = False, reason: str = "stop") -> tuple[Reply, int]:
    """The reply to the text in chunks, and the most that ever waited."""
    parser = TextParser(family, TOOLS, in_reasoning)  # pyright: ignore[reportArgumentType] -- a row's string
    events: list[Event] = []
    waiting = most = 0
    for start in range(0, len(text), STEP):
        chunk = text[start : start + STEP]
        new = parser.feed(chunk)
        waiting = 0 if new else waiting + len(chunk)
        most = max(most, waiting)
        events += new
    return fold([*events, *parser.finish(reason)]), most


# What goes in, and where the filling must come out.
WAITING: list[tuple[str, str, bool, str, str]] = [
    ("text in a section", "k2", False, f"{SB}{BIG}", "text"),
    ("text in a section, K3", "k3", False, f"{o('tools')}{BIG}", "text"),
    ("a header with a brace", "k2", False, f"{SB}{CB}a{{{BIG}{CE}", "malformed"),
    ("a nameless call", "k2", False, f'{CB}call_1{AB}{{"a": "{BIG}{BIG}"}}{CE}', "malformed"),
    ("a nameless call of just the limit", "k2", False, f"{CB}call_1{AB}{BIG}", "malformed"),
    ("a marker in a string that goes on", "k2", False, f'{CB}{GW}{AB}{{"a": "{CE}{BIG}"}}{CE}', "arguments"),
    ("text behind a call's JSON", "k2", False, f"{SB}{CB}{GW}{AB}{W}{BIG}", "text"),
    ("a call in thoughts", "k2", True, f'a{CB}{GW}{AB}{{"a": "{BIG}"}}{CE}', "arguments"),
    ("thoughts behind a call in thoughts", "k2", True, f"a{call(GW, W)}{BIG}{UNTHINK}b", "reasoning"),
    ("a K3 call without a name", "k3", False, f"{o('tools')}{o('call', index=1)}{BIG}{BIG}", "malformed"),
    (
        "text between K3 arguments",
        "k3",
        False,
        f"{o('tools')}{o('call', tool='get_weather', index=1)}{BIG}",
        "malformed",
    ),
]


CHANNELS = ("text", "reasoning", "arguments", "malformed")


def where(reply: Reply, channel: str) -> str:
    """What of a reply came out in a channel."""
    if channel == "malformed":
        return "".join(part.raw for part in reply.malformed)
    if channel == "arguments":
        return "".join(call.arguments for call in reply.calls)
    return reply.text if channel == "text" else reply.reasoning or ""


@pytest.mark.parametrize(
    ("name", "family", "in_reasoning", "text", "channel"), WAITING, ids=lambda row: str(row)[:30]
)
def test_what_waits_is_decided_at_the_limit(
    name: str, family: str, in_reasoning: bool, text: str, channel: str
) -> None:
    reply, most = fed(text, family, in_reasoning=in_reasoning)
    assert where(reply, channel).count("z") >= MAX_HELD - 1000, name
    assert sum(where(reply, place).count("z") for place in CHANNELS) >= text.count("z")
    assert most <= MAX_HELD + 2 * STEP
    whole = parse_text(text, family=family, tools=TOOLS, in_reasoning=in_reasoning)  # pyright: ignore[reportArgumentType] -- a row's string
    assert whole == reply


def test_a_header_that_never_ends_is_given_back_and_reading_goes_on() -> None:
    reply, _ = fed(f"{SB}{CB}{'x' * (MAX_BLANK + 1)}{CE}{call(GW, W)}{SE}", "k2")
    assert (len(reply.malformed[0].raw), [c.arguments for c in reply.calls]) == (MAX_BLANK, [W])


def test_a_tag_that_never_ends_is_text() -> None:
    text = f'{OPEN}argument key="{"x" * 2 * MAX_BLANK}'
    assert fed(text, "k3")[0].text == text
    assert "".join(_texts(text)) == text


def _texts(text: str) -> Iterator[str]:
    parser = TextParser("k3")
    events = [event for place in range(0, len(text), 4) for event in parser.feed(text[place : place + 4])]
    yield fold([*events, *parser.finish()]).text


def test_blanks_without_end_are_text() -> None:
    text = call(GW, W) + " " * (MAX_BLANK + 1) + "x"
    assert fed(text, "k2")[0].text == " " * (MAX_BLANK + 1) + "x"


def test_a_million_repairs_are_counted_not_listed() -> None:
    reply = parse_text(f"{CE}x" * 1000, family="k2")
    assert (reply.text, len(reply.notes)) == ("x" * 1000, 33)
    assert reply.notes[-1].reason == "and 968 more of this kind"


def test_a_note_shows_the_beginning_of_what_was_dropped() -> None:
    reply = parse_text(SB + call(GW, W) + "x" * 500 + call(GW, W) + SE, family="k2")
    assert [note.before for note in reply.notes if note.code == "text-dropped"] == ["x" * 200 + "…"]


@pytest.mark.parametrize("in_reasoning", [False, True])
def test_the_quick_way_without_tools(in_reasoning: bool) -> None:
    parser = TextParser("auto", in_reasoning=in_reasoning)
    events = [
        event for chunk in ("one", " two", "", " <b>", " three", UNTHINK) for event in parser.feed(chunk)
    ]
    reply = fold([*events, *parser.finish()])
    assert (reply.reasoning, reply.text) == ("one two <b> three", "")


def test_the_quick_way_with_tools_holds_back_only_a_header() -> None:
    parser = TextParser("k2", TOOLS)
    said = [
        [getattr(event, "text", None) for event in parser.feed(chunk)]
        for chunk in ("go ", "ge", "t_weather", " it", "get")
    ]
    assert said == [["go "], [], [], ["get_weather it"], ["get"]]


def test_quoting_is_decided_by_size_in_the_middle_of_a_call_too() -> None:
    text = f"a {call(GW, W)} b {CB}{GW}{AB}" + '{"a": "' + BIG + f'"}}{CE}{UNTHINK}c'
    reply, _ = fed(text, "k2", in_reasoning=True)
    assert len(reply.calls) == 2


def test_k3_quotes_are_given_back_with_their_tags() -> None:
    inner = o("tools") + k3_call("get_weather", ("city", "string", "x")) + c("tools")
    reply, _ = fed(f"a {inner} b{c('think')}{o('response')}c", "k3", in_reasoning=True)
    assert (reply.reasoning, reply.text) == (f"a {inner} b", "c")


@pytest.mark.parametrize(
    "text",
    [
        call(GW, '{"a":' + "[" * 100_000 + "]" * 100_000 + "}"),
        call("call_1", '{"city":' + "[" * 100_000 + "]" * 100_000 + "}"),
        CB + GW + '{"a":' + "[" * 100_000 + "]" * 100_000 + "}" + CE,
    ],
    ids=["named", "nameless", "unmarked"],
)
def test_nesting_too_deep_to_check_does_not_raise(text: str) -> None:
    reply = parse_text(text, tools=TOOLS, family="k2")
    assert sum(where(reply, place).count("[") for place in CHANNELS) == 100_000
    assert not [note for note in reply.notes if note.code == "arguments-invalid"]


def test_ids_that_run_ahead_by_a_chunk_stay_in_step() -> None:
    tokens = [SB, CB, GW, AB, W, CE, CB, "functions.get_weather:1", AB, W, CE, SE]
    numbers = [163595, 163597, 5, 163598, 5, 163599, 163597, 5, 163598, 5, 163599, 163596]
    parser = TextParser("k2", TOOLS)
    events: list[Event] = []
    for text, ids in zip(["", *tokens], [*([number] for number in numbers), []], strict=True):
        events += parser.feed(text, ids)
    reply = fold([*events, *parser.finish()])
    assert ([c.id for c in reply.calls], reply.notes) == ([GW, "functions.get_weather:1"], ())


def test_no_id_speaks_about_the_end_of_the_turn() -> None:
    parser = TextParser("k2", TOOLS)
    events = parser.feed(SB + CB + "functions.write_file:0" + AB, [163595, 163597, 1, 163598])
    body = '{"content": "a <|im_end|> b"}'
    events += parser.feed(body + CE + SE, [5, 6, 163599, 163596])
    assert [c.arguments for c in fold([*events, *parser.finish()]).calls] == [body]


def test_a_number_beyond_nine_digits_does_not_make_ids_collide() -> None:
    text = call("functions.x:999999999", "{}") + call("functions.x", "{}") * 2
    reply = parse_text(text, tools=[{"name": "x"}])
    assert len({c.id for c in reply.calls}) == 3
