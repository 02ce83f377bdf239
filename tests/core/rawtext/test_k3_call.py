"""A K3 call while it streams. Whole rows are in `k3_cases.py`."""

from moonwire.core.events import CallArguments, CallEnd, Event
from moonwire.core.fold import fold
from moonwire.core.rawtext import TextParser
from tests.core.rawtext.marks import OPEN, SEP, TOOLS, c, o

CALL = o("tools") + o("call", tool="write_file", index=1)
CITY = o("argument", key="content", type="string")


def pieces(*chunks: str) -> list[str]:
    """The argument text that each chunk behind the call's head brings."""
    parser = TextParser("k3", TOOLS)
    parser.feed(CALL)
    said: list[str] = []
    for chunk in chunks:
        events = parser.feed(chunk)
        said.append("".join(event.text for event in events if isinstance(event, CallArguments)))
    return said


def test_a_string_streams_escaped() -> None:
    assert pieces(CITY, "a", '"b"', "<", "|", "x", c("argument"), c("call")) == [
        '{"content": "',
        "a",
        '\\"b\\"',
        "",
        "",
        "<|x",
        "",
        '"}',
    ]


def test_a_number_waits_until_it_is_whole() -> None:
    assert pieces(o("argument", key="n", type="number"), "1", "2", c("argument")) == ['{"n": ', "", "", "12"]


def test_an_array_streams() -> None:
    assert pieces(o("argument", key="n", type="array"), '["', "x", '",', " 1", "]") == [
        '{"n": ',
        '["',
        "x",
        '",',
        " ",
        "1]",
    ]


def test_a_second_argument_goes_on_in_the_same_object() -> None:
    said = pieces(
        CITY, "a", c("argument"), o("argument", key="path", type="string"), "b", c("argument"), c("call")
    )
    assert "".join(said) == '{"content": "a", "path": "b"}'


def test_a_tag_in_pieces() -> None:
    assert pieces(OPEN, "arg", "ument", " key", '="con', 'tent"', ' type="str', 'ing"', SEP, "x")[-2:] == [
        '{"content": "',
        "x",
    ]


def test_a_long_run_of_chunks_is_remembered_for_the_report() -> None:
    parser = TextParser("k3", TOOLS)
    events: list[Event] = parser.feed(CALL + CITY)
    for _ in range(2000):
        events += parser.feed("abcd")
    events += parser.feed(c("argument") + o("argument", key="n", type="array") + "[")
    for _ in range(1000):
        events += parser.feed('"x",')
    reply = fold([*events, *parser.finish("length")])
    assert reply.malformed[0].raw.count("abcd") == 2000
    assert reply.malformed[0].raw.count('"x",') == 1000


def test_a_block_that_is_too_long_to_check_is_still_seen_to_be_cut() -> None:
    parser = TextParser("k3", TOOLS)
    text = CALL + o("json", type="object") + '{"a": [' + "1, " * 400_000 + c("json") + c("call") + c("tools")
    reply = fold([*parser.feed(text), *parser.finish()])
    assert [call.complete for call in reply.calls] == [False]


def test_a_call_ends_where_the_next_one_begins() -> None:
    parser = TextParser("k3", TOOLS)
    parser.feed(CALL + o("argument", key="n", type="number") + "1" + c("argument"))
    events = parser.feed(o("call", tool="a.b", index=2))
    assert [event.complete for event in events if isinstance(event, CallEnd)] == [True]
