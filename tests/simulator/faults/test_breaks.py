"""The connection and the clock: where it breaks, stalls and drips, in streams and in whole answers."""

from collections.abc import Iterator
from typing import Any

import pytest

from moonwire.simulator.faults.breaks import cut, pause
from moonwire.simulator.faults.steps import Hang, Head, Planned, Refuse, Reset, Send, Wait
from tests.simulator.faults.answers import SSE, body, chat_pieces, fault, head, run, shown, stream, whole

PIECES = chat_pieces()
RAW = b"".join(PIECES)
BODY = b"".join(whole().pieces)
INF = float("inf")

# kind, what is set, the steps, what is sent of the stream, what of the whole answer
CASES: list[tuple[str, dict[str, Any], list[str], bytes, bytes]] = [
    ("refuse", {}, ["Refuse"], b"", b""),
    ("reset-before", {}, ["Reset"], b"", b""),
    ("reset-headers", {}, ["Head", "Reset"], b"", b""),
    ("reset", {}, ["Head", "Send", "Reset"], b"".join(PIECES[:3]), BODY[: len(BODY) // 2]),
    ("reset", {"after": 120}, ["Head", "Send", "Reset"], RAW[:120], BODY[:120]),
    ("reset", {"after": 0}, ["Head", "Reset"], b"", b""),
    ("reset", {"after": 99999}, ["Head", "Send", "Reset"], RAW, BODY),
    ("close", {"events": 1}, ["Head", "Send", "Close"], PIECES[0], BODY[: len(BODY) // 2]),
    ("close", {"after": len(PIECES[0])}, ["Head", "Send", "Close"], PIECES[0], BODY[: len(PIECES[0])]),
    ("stall", {"seconds": 9}, ["Head", "Send", "Wait", "Send", "End"], RAW, BODY),
    ("stall", {"seconds": 9, "after": 120}, ["Head", "Send", "Wait", "Send", "End"], RAW, BODY),
    ("stall", {"seconds": 9, "after": 0}, ["Head", "Wait", "Send", "End"], RAW, BODY),
    ("stall", {"seconds": 9, "after": 99999}, ["Head", "Send", "Wait", "End"], RAW, BODY),
    ("stall", {"seconds": INF}, ["Head", "Send", "Hang"], b"".join(PIECES[:3]), BODY[: len(BODY) // 2]),
    ("stall", {"where": "headers"}, ["Wait", "Head", "Send", "End"], RAW, BODY),
    ("stall", {"where": "headers", "seconds": INF}, ["Hang"], b"", b""),
    ("slow-headers", {}, ["Wait", "Head", "Send", "End"], RAW, BODY),
    ("slow-headers", {"seconds": INF}, ["Hang"], b"", b""),
    ("drip", {"seconds": INF, "bytes": 5}, ["Head", "Send", "Hang"], RAW[:5], BODY[:5]),
]


@pytest.mark.parametrize(("kind", "values", "names", "of_stream", "of_whole"), CASES)
def test_what_is_done_and_sent(
    kind: str, values: dict[str, Any], names: list[str], of_stream: bytes, of_whole: bytes
) -> None:
    streamed, single = run(fault(kind, **values), stream()), run(fault(kind, **values), whole())
    assert (shown(streamed), shown(single)) == (names, names)
    assert (body(streamed), body(single)) == (of_stream, of_whole)


def test_the_events_may_be_none_and_many() -> None:
    assert shown(run(fault("reset", events=0), stream())) == ["Head", "Reset"]
    done = run(fault("stall", events=999), stream())
    assert shown(done) == ["Head", "Send", "Wait", "End"] and body(done) == RAW


def test_a_comment_is_no_event() -> None:
    pieces = [b": hello\n\n", *PIECES, b": bye\n\n"]
    assert body(run(fault("reset", events=1), stream(pieces))) == pieces[0] + pieces[1]


def test_an_answer_without_a_body_breaks_too() -> None:
    assert shown(run(fault("reset"), Planned(200, [], []))) == ["Head", "Reset"]
    assert shown(run(fault("close"), Planned(200, [], [b""]))) == ["Head", "Close"]
    assert list(cut(Planned(200, [], [b"", b"abcd", b"ef"]), None, 0)) == [b"", b"ab", None, b"cd", b"ef"]


def test_a_drip_is_a_byte_and_a_pause() -> None:
    done = run(fault("drip", seconds=0.5), stream([b"ab", b"c"]))
    assert done[1:-1] == [Send(b"a"), Wait(0.5), Send(b"b"), Wait(0.5), Send(b"c")]


def test_the_headers_promise_what_does_not_come() -> None:
    done = run(fault("close"), whole())
    assert head(done).headers == whole().headers


def test_how_long_is_said() -> None:
    assert run(fault("refuse", seconds=3), whole()) == [Refuse(3.0)]
    assert Wait(7.0) in run(fault("slow-headers", seconds=7), whole())
    assert (pause(1.0), pause(INF)) == (Wait(1.0), Hang())


def test_nothing_is_taken_that_is_not_needed() -> None:
    taken: list[bytes] = []

    def pieces() -> Iterator[bytes]:
        for piece in PIECES:
            taken.append(piece)
            yield piece

    assert run(fault("reset-headers"), Planned(200, SSE, pieces())) == [Head(200, SSE), Reset()]
    assert taken == []
    run(fault("reset", events=2), Planned(200, SSE, pieces()))
    assert taken == PIECES[:2]
