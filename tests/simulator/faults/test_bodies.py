"""Refusals in the answer's place, and the answer in another dress."""

import json
import zlib
from typing import Any

import pytest

from moonwire.simulator.faults.refusals import REFUSALS
from moonwire.simulator.faults.steps import End, Head, Planned, Send, Wait
from tests.simulator.faults.answers import (
    DONE,
    SSE,
    WHOLE,
    body,
    chat_pieces,
    chunk,
    event,
    fault,
    head,
    header,
    messages,
    responses,
    run,
    shown,
    stream,
    understood,
    unpacked,
    values,
    whole,
)

RAW = b"".join(chat_pieces())
BODY = b"".join(whole().pieces)
KEPT = ("Msh-Request-Id", "r1")


@pytest.mark.parametrize("error", REFUSALS)
@pytest.mark.parametrize("planned", [stream(), whole()], ids=["stream", "whole"])
def test_a_refusal_stands_in_the_answers_place(error: str, planned: Planned) -> None:
    done = run(fault("status", error=error), planned)
    assert shown(done) == ["Head", "Send", "End"]
    assert head(done).status == REFUSALS[error].status
    assert header(done, "content-length") == str(len(body(done)))


def test_a_refusal_waits_and_speaks_as_it_is_told() -> None:
    done = run(
        fault("status", "/anthropic/v1/messages", error="overloaded", wait="header", seconds=1.5), stream()
    )
    assert header(done, "retry-after") == "1.5"
    assert json.loads(body(done))["type"] == "error"
    assert KEPT in head(done).headers
    date = header(run(fault("status", error="rate-limit-date", seconds=30), stream()), "retry-after")
    assert date == "Sun, 06 Nov 1994 08:50:00 GMT"


def test_an_empty_answer() -> None:
    expected = Head(200, [("content-type", "text/event-stream"), KEPT, ("content-length", "0")])
    assert run(fault("empty"), stream()) == [expected, End()]


def test_a_page_in_the_answers_place() -> None:
    done = run(fault("not-json"), whole())
    assert (head(done).status, header(done, "content-type")) == (200, "text/html")
    assert body(done).startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("planned", "given", "expected"),
    [
        (stream(), {}, "application/json"),
        (whole(), {}, "text/html"),
        (stream(), {"type": "text/plain"}, "text/plain"),
    ],
)
def test_the_wrong_content_type(planned: Planned, given: dict[str, Any], expected: str) -> None:
    done = run(fault("content-type", **given), planned)
    assert header(done, "content-type") == expected
    assert body(done) == b"".join(planned.pieces)
    assert sum(name.lower() == "content-type" for name, _ in head(done).headers) == 1


def test_each_packed_event_can_be_unpacked_at_once() -> None:
    done = run(fault("gzip"), stream())
    unpacker = zlib.decompressobj(wbits=31)
    sent = [unpacker.decompress(step.data) for step in done if isinstance(step, Send)]
    assert sent == [*chat_pieces(), b""] and unpacker.eof
    single = run(fault("gzip"), whole())
    assert unpacked(single) == BODY and header(single, "content-length") is None


# -- half a character ---------------------------------------------------------------------------------


def halves(planned: Planned) -> list[tuple[bytes, bytes]]:
    """What stands before and behind each pause."""
    done = run(fault("half-character"), planned)
    found: list[tuple[bytes, bytes]] = []
    for before, step, behind in zip(done, done[1:], done[2:], strict=False):
        if isinstance(before, Send) and isinstance(step, Wait) and isinstance(behind, Send):
            found.append((before.data, behind.data))
    return found


def torn(before: bytes, behind: bytes) -> bool:
    with pytest.raises(UnicodeDecodeError):
        before.decode()
    return bool((before + behind).decode())


def test_each_event_is_cut_within_a_character() -> None:
    pieces = [chunk({"content": text}) for text in ("ü", "plain", "日本", "👍🏽")]
    found = halves(stream(pieces))
    assert len(found) == 3 and all(torn(*one) for one in found)
    assert body(run(fault("half-character"), stream(pieces))) == b"".join(pieces)


ESCAPES: list[tuple[bytes, bytes]] = [
    (rb"\u00fc", "ü".encode()),
    (rb"\uD83D\uDC4d", "👍".encode()),
    (rb"\ud83d", rb"\ud83d"),
    (rb"\ud83d\u00fc", rb"\ud83d" + "ü".encode()),
    (rb"\\u00fc", rb"\\u00fc"),
    (rb"\\\u00fc", rb"\\" + "ü".encode()),
    (rb"\u0041\n\u0000\u0085\u2028", rb"\u0041\n\u0000\u0085\u2028"),
]


@pytest.mark.parametrize(("escaped", "plain"), ESCAPES)
def test_an_escape_is_written_out_without_changing_what_it_says(escaped: bytes, plain: bytes) -> None:
    done = run(fault("half-character"), stream([b'data: {"a":"' + escaped + b'"}\n\n', DONE]))
    assert b'data: {"a":"' + plain + b'"}\n\n' in body(done)


def test_a_stream_without_such_a_character_has_one_in_a_comment() -> None:
    plain = chat_pieces(texts=["a"], calls=False)
    done = run(fault("half-character"), stream(plain))
    assert len(halves(stream(plain))) == 1
    assert body(done) == b"".join([*plain[:-3], ": café\n\n".encode(), *plain[-3:]])
    endless = plain[:-3]
    assert body(run(fault("half-character"), stream(endless))) == b"".join(endless) + ": café\n\n".encode()


def test_a_whole_answer_is_cut_once_if_it_can_be() -> None:
    assert len(halves(whole())) == 1
    plain = run(fault("half-character"), whole({"a": 1}))
    assert shown(plain) == ["Head", "Send", "End"] and body(plain) == b'{"a": 1}'


# -- garbage and size ---------------------------------------------------------------------------------

GARBAGE = [
    ("binary", b"\xff\x00"),
    ("comment", b": keep-alive\n\n"),
    ("blank", b"\n\n"),
    ("ping", b"event: ping\n"),
    ("not-json", b"data: upstream"),
]


@pytest.mark.parametrize(("which", "begins"), GARBAGE)
def test_before_each_event_stands_garbage(which: str, begins: bytes) -> None:
    sent = [step.data for step in run(fault("garbage", which=which), stream()) if isinstance(step, Send)]
    assert sent[1::2] == chat_pieces()
    assert all(one.startswith(begins) and one.endswith(b"\n\n") for one in sent[::2])


def test_all_garbage_takes_turns() -> None:
    sent = [step.data for step in run(fault("garbage"), stream()) if isinstance(step, Send)]
    assert [one.startswith(begins) for one, (_, begins) in zip(sent[::2], GARBAGE, strict=False)] == [
        True
    ] * 5
    assert sent[0] != sent[10] and sent[10].startswith(b"\xff\x00")


def test_a_whole_answer_has_blanks_around_it() -> None:
    done = run(fault("garbage"), whole())
    assert json.loads(body(done)) == WHOLE
    assert body(done) != BODY and header(done, "content-length") is None


def sizes(kind_values: dict[str, Any], planned: Planned) -> tuple[list[bytes], bytes]:
    done = run(fault("huge", **kind_values), planned)
    sent = [step.data for step in done if isinstance(step, Send)]
    return sent, b"".join(sent)


def test_a_huge_comment_stands_before_the_answer_and_never_in_one_piece() -> None:
    sent, raw = sizes({}, stream())
    assert len(raw) == len(RAW) + 8 * 2**20
    assert max(map(len, sent)) <= 2**16
    assert raw.startswith(chat_pieces()[0] + b": xxx")
    assert values(raw) == values(RAW)


def test_huge_content_is_one_event_more() -> None:
    _, raw = sizes({"bytes": 300_000, "which": "content"}, stream())
    assert len(raw) == len(RAW) + 300_000
    content = understood(run(fault("huge", bytes=300_000, which="content"), stream())).content
    assert content.endswith("xxxZürichisnice") and len(content) > 299_000


@pytest.mark.parametrize("planned", [messages(), responses()], ids=["messages", "responses"])
def test_huge_content_in_other_dialects(planned: Planned) -> None:
    _, raw = sizes({"bytes": 5000, "which": "content"}, planned)
    plain = values(b"".join(planned.pieces))
    found = values(raw)
    assert len(found) == len(plain) + 1 and b"x" * 4000 in raw
    assert [one for one in found if "xxxx" not in json.dumps(one)] == plain


def test_without_content_a_comment_must_do() -> None:
    pieces = [chunk({"role": "assistant"}), chunk({}, "stop"), DONE]
    _, raw = sizes({"bytes": 50, "which": "content"}, stream(pieces))
    assert values(raw) == values(b"".join(pieces)) and len(raw) == len(b"".join(pieces)) + 50
    _, raw = sizes({"bytes": 50}, stream([event({"a": 1})]))
    assert raw == event({"a": 1}) + b": " + b"x" * 46 + b"\n\n"


def test_a_whole_answer_that_is_huge() -> None:
    sent, raw = sizes({"bytes": 200_000}, whole())
    assert json.loads(raw) == WHOLE and len(raw) == len(BODY) + 200_000
    _, raw = sizes({"bytes": 5000, "which": "content"}, whole())
    content = json.loads(raw)["choices"][0]["message"]["content"]
    assert content == "x" * (len(content) - 6) + "Zürich" and len(raw) == 5000
    _, raw = sizes({"bytes": 10, "which": "content"}, Planned(200, [], [b"no json"]))
    assert raw == b" " * 10 + b"no json"
    assert SSE and sent
