"""Chunks that came together and differ in their text alone are read as one, and nothing else is different."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.events import Event, Text
from moonwire.core.fold import fold
from moonwire.core.rawtext import TextParser
from moonwire.wire import anthropic, responses
from moonwire.wire.chat import writer as chat
from moonwire.wire.chat.chunks import read_chunk
from moonwire.wire.chat.reader import CLOSES, Reader
from moonwire.wire.chat.runs import MISSES, WORTH, Runs
from moonwire.wire.chat.runs import apart as pieces_of
from moonwire.wire.sse import Decoder, events_in

HEAD: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "kimi-k3",
}
END: dict[str, Any] = {**HEAD, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
PAD = "x" * 64
"""So that a handful of chunks is worth it."""


def chunk(text: str, channel: str = "content", **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": {channel: text}, "finish_reason": None}
    return {**HEAD, "system_fingerprint": PAD, "choices": [choice], **more}


def stream(chunks: list[Any], *, ascii: bool = False, spaces: bool = False) -> bytes:
    separators = (", ", ": ") if spaces else (",", ":")
    return b"".join(
        b"data: %b\n\n"
        % (
            one
            if isinstance(one, bytes)
            else json.dumps(one, ensure_ascii=ascii, separators=separators).encode()
        )
        for one in chunks
    )


def reader(family: str) -> Reader:
    if family not in ("k2", "k3"):
        return Reader()
    content, reasoning = (TextParser(family, (), inside) for inside in (False, True))
    return Reader(content, reasoning, close=CLOSES[family])


def together(whole: bytes, family: str = "", cuts: tuple[int, ...] = ()) -> list[Event]:
    reading = reader(family)
    blocks = events_in(whole)
    places = sorted({0, len(blocks), *(cut % (len(blocks) + 1) for cut in cuts)})
    found: list[Event] = []
    for start, stop in itertools.pairwise(places):
        found += reading.feed_all(b"".join(b"data: %b\n\n" % one for one in blocks[start:stop]))
    return found + reading.finish()


def apart(whole: bytes, family: str = "") -> list[Event]:
    reading = reader(family)
    return [event for one in events_in(whole) for event in reading.feed(one)] + reading.finish()


def deltas(written: list[bytes]) -> list[Any]:
    """What a caller is told, event by event, without what names the answer or tells the time."""
    found: list[Any] = []
    for event in b"".join(written).split(b"\n\n"):
        data = event.rpartition(b"data: ")[2]
        if data.startswith(b"{"):
            found.append(json.loads(data))
    return found


def frames(events: list[Event]) -> dict[str, list[Any]]:
    writers: dict[str, Any] = {
        "chat": chat.Writer(id="a", model="m", created=0),
        "anthropic": anthropic.Writer(id="a", model="m"),
    }
    return {name: deltas(writer.feed(events)) for name, writer in writers.items()}


TEXTS = st.lists(
    st.sampled_from(
        ["a", " word", "\n\n", '"', "\\", "\\\\", "\u00e9", "\U0001f600", "\x7f", "data: ", "}]}", ""]
    )
    | st.text(max_size=4),
    min_size=1,
    max_size=40,
)


@given(TEXTS, TEXTS, st.booleans(), st.booleans(), st.lists(st.integers(0, 99), max_size=3))
def test_what_is_told_is_what_would_be_told_one_by_one(
    thoughts: list[str], texts: list[str], ascii: bool, spaces: bool, cuts: list[int]
) -> None:
    chunks: list[Any] = [*(chunk(text, "reasoning_content") for text in thoughts), *map(chunk, texts), END]
    whole = stream(chunks, ascii=ascii, spaces=spaces)
    one, other = together(whole, cuts=tuple(cuts)), apart(whole)
    assert fold(one) == fold(other)
    assert frames(one) == frames(other)
    for family in ("k2", "k3"):
        assert fold(together(whole, family, tuple(cuts))) == fold(apart(whole, family))


ODD: list[Any] = [
    {"choices": []},
    {**HEAD, "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
    chunk("x", index=1),
    chunk("x", usage={"prompt_tokens": 3, "completion_tokens": 2}),
    {**HEAD, "choices": [{"delta": {"content": "x"}, "logprobs": {"content": [1]}}]},
    {**HEAD, "choices": [{"delta": {"content": "x", "reasoning_content": "y"}}]},
    {**HEAD, "choices": [{"delta": {"content": "x"}}, {"index": 1, "delta": {"content": "z"}}]},
    {**HEAD, "choices": [{"delta": {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f"}}]}}]},
    {**HEAD, "choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}}]},
    b"[DONE]",
    b"nonsense",
    b'{"choices": [{"delta": {"content": "a", "content": "b"}}]}',
    b'{"choices": [{"delta": {"cont\\u0065nt": "b", "x": {"content": "b"}}}]}',
    stream([chunk("x")])[6:-2].replace(b'"x"', b'"\\ud83d"'),
    stream([chunk("x")])[6:-2].replace(b'"x"', b'"\\ude00"'),
    stream([chunk("x")])[6:-2].replace(b'"x"', b'"x\\"'),
    stream([chunk("x")])[6:-2].replace(b'"x"', b'""x"'),
    stream([chunk("x")])[6:-2].replace(b'"x"', b'"\xff"'),
    stream([chunk("x")])[6:-2].replace(b'"x"', b'"\t"'),
    stream([chunk("x")])[6:-2].replace(b'"x"', b'"x","refusal":"no"'),
]


@given(st.lists(st.sampled_from([*range(len(ODD)), *[-1] * 60]), min_size=8, max_size=60))
def test_what_is_unusual_is_read_by_itself(kinds: list[int]) -> None:
    whole = stream([chunk("w") if kind < 0 else ODD[kind] for kind in kinds] + [END])
    one, other = together(whole), apart(whole)
    assert fold(one) == fold(other)
    assert frames(one) == frames(other)


def test_a_run_is_one_event_with_its_pieces() -> None:
    words = [f" {number}\n" for number in range(50)]
    whole = stream([chunk(word) for word in words])
    assert len(whole) > WORTH
    texts = [event for event in together(whole) if type(event) is Text]
    last = texts[-1]
    assert [event.text for event in texts[:-1]] == words[: len(texts) - 1] and len(texts) < 8
    assert pieces_of(last) == [Text(word) for word in words[len(texts) - 1 :]]
    assert last.pieces == tuple(json.dumps(word)[1:-1].encode() for word in words[len(texts) - 1 :])


def test_blanks_behind_thoughts_do_not_end_them() -> None:
    thoughts = [chunk(text, "reasoning_content") for text in ("a", "b", "<|")]
    whole = stream([*thoughts, *map(chunk, [" "] * 20), *map(chunk, "so it is")])
    found = together(whole, "k2")
    assert fold(found) == fold(apart(whole, "k2"))
    assert (fold(found).reasoning, fold(found).text) == ("ab<|", " " * 20 + "so it is")


def test_logprobs_of_what_is_held_back_go_with_what_comes_next() -> None:
    held = {**HEAD, "choices": [{"delta": {"content": "<|"}, "logprobs": {"content": [7]}}]}
    whole = stream([chunk("a"), chunk("b"), chunk("c"), held, *map(chunk, "tool calls are not meant here")])
    found = together(whole, "k2")
    assert fold(found) == fold(apart(whole, "k2"))
    assert fold(found).logprobs == ({"content": [7]},)


@pytest.mark.parametrize("blank", [b"\n", b"\n\n", b"\n" * 5])
def test_blank_lines_too_many_are_passed_over(blank: bytes) -> None:
    """An odd one behind the last event once held up the whole process."""
    whole = stream([*map(chunk, "abcdefghijklmnopqrst"), END])
    for text in (whole + blank, whole.replace(b"\n\n", b"\n\n" + blank)):
        for one in (text, text.replace(b"\n", b"\r\n")):
            reading = reader("")
            found = reading.feed_all(Decoder().whole(one)) + reading.finish()
            assert fold(found).text == "abcdefghijklmnopqrst"
            assert fold(found).finish == "stop"


def test_an_escape_that_is_cut_is_not_told_as_a_piece() -> None:
    cut = [
        stream([chunk("%")])[6:-2].replace(b"%", one)
        for one in (b"\\u00", b"41", b"\\", b"n", b"\\u0", b"0e9")
    ]
    whole = stream([*map(chunk, "abcdefgh"), *cut, *map(chunk, "ijklmnopqrst"), END])
    assert fold(together(whole)) == fold(apart(whole))
    assert frames(together(whole)) == frames(apart(whole))


def test_an_error_ends_what_is_read() -> None:
    error = {"error": {"message": "no", "type": "server_error"}}
    whole = stream([*map(chunk, "abcdefghijklmnopqrst"), error, *map(chunk, "uvw")])
    found = reader("").feed_all(whole)
    assert fold(found).text == "abcdefghijklmnopqrst"
    assert fold(found).error is not None


def test_a_stream_whose_chunks_differ_is_no_longer_tried() -> None:
    runs = Runs()
    for number in range(MISSES):
        assert not runs.hopeless
        first, second = (stream([chunk("a", n=at)]) for at in (number, number + 10_000))
        data = first[6:-2]
        runs.learn(data, read_chunk(data))
        # The same before the text, and something else behind it.
        assert runs.take(second, 0) is None
    assert runs.hopeless


@pytest.mark.parametrize("writer", [chat.Writer, anthropic.Writer, responses.Writer])
def test_every_dialect_tells_each_piece(writer: Any) -> None:
    more: dict[str, Any] = {"created": 0} if writer is not anthropic.Writer else {}
    for kind in ("content", "reasoning_content"):
        writing = writer(id="a", model="m", **more)
        written = b"".join(writing.feed(together(stream([chunk(f"<{n}>", kind) for n in range(30)]))))
        places = [written.index(b"<%d>" % number) for number in range(30)]
        assert places == sorted(places)
        assert all(b"\n\n" in written[place:after] for place, after in itertools.pairwise(places))
        numbers = [one["sequence_number"] for one in deltas([written]) if "sequence_number" in one]
        assert numbers == list(range(len(numbers))) and bool(numbers) is (writer is responses.Writer)


def test_numbers_of_a_very_long_answer() -> None:
    writer = responses.Writer(id="resp_1", model="m", created=0)
    writer.feed([Text("a")])
    writer._number = first = 32_760
    told = deltas(writer.feed([Text("bc" * 20, None, (b"b", b"c") * 20)]))
    assert [one["sequence_number"] for one in told] == list(range(first, first + 40))
    assert "".join(one["delta"] for one in told) == "bc" * 20
