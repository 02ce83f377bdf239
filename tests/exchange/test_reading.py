"""Whatever an upstream answers, however it ends: what arrived is delivered, and the end says what it was."""

import asyncio
import gzip
from collections.abc import Callable

import pytest

from moonwire.core.catalogue import resolve
from moonwire.core.events import (
    CallEnd,
    CallStart,
    Event,
    Finish,
    Noted,
    Reasoning,
    Start,
    Text,
    UpstreamError,
    Usage,
)
from moonwire.core.fold import fold
from moonwire.core.plan import plan
from moonwire.exchange import reading
from moonwire.exchange.reading import batches
from moonwire.exchange.wires import spoken
from moonwire.transport import Client
from tests.exchange.upstreams import (
    DONE,
    END,
    HEAD,
    HELLO,
    IMPATIENT,
    STOP,
    TOOL,
    USAGE,
    WELL,
    Say,
    Scripted,
    body,
    call,
    delta,
    event,
    piece,
    then_close,
    then_hang,
    then_reset,
)
from tests.transport.peers import Peer, run, serve

CALL = call(0, "look", '{"a": 1}')
WHOLE = (
    b'{"id": "c", "model": "m", "choices": [{"index": 0, "message": %b, "finish_reason": %b}], "usage": %b}'
)
USED = b'{"prompt_tokens": 9, "completion_tokens": 2}'


def heard(
    say: Say,
    *,
    tail: float = 0.04,
    limit: int = 1 << 20,
    seen: Callable[[int, list[Event]], None] | None = None,
) -> list[Event]:
    """All events of one answer, over a socket."""
    found: list[Event] = []

    async def main() -> None:
        planned = plan(body("hi", tools=[TOOL]), resolve("kimi-k2.6", "platform"))
        async with serve(Scripted(say).run) as server, Client() as client:
            response = await client.send("POST", server.url, body=b"{}", timeouts=IMPATIENT)
            reader = spoken("chat").reader(planned)
            async for batch in batches(response, reader, tail=tail, limit=limit):
                assert batch
                found.extend(batch)
                if seen is not None:
                    seen(server.accepted, batch)

    run(main)
    return found


def plain(data: bytes, kind: str = "application/json", more: str = "") -> bytes:
    return (
        f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{more}Content-Length: {len(data)}\r\n\r\n".encode()
        + data
    )


def text_of(events: list[Event]) -> str:
    return "".join(one.text for one in events if isinstance(one, Text))


def the_end(events: list[Event]) -> str:
    """The last event in a word, which is the only one of its kind."""
    ends = [one for one in events if isinstance(one, Finish | UpstreamError)]
    assert ends == events[-1:]
    last = events[-1]
    assert isinstance(last, Finish | UpstreamError)
    return last.reason if isinstance(last, Finish) else last.code or last.message


# -- endings -------------------------------------------------------------------------------------------

ENDINGS: dict[str, tuple[Say, str, str]] = {
    "as it should": (WELL, "hello", "stop"),
    "no [DONE]": (HEAD + HELLO + STOP + END, "hello", "stop"),
    "no [DONE], and it hangs": (then_hang(HEAD + HELLO + STOP), "hello", "stop"),
    "no [DONE], and a reset": (then_reset(HEAD + HELLO + STOP), "hello", "stop"),
    "[DONE], and no end of the body": (then_hang(HEAD + HELLO + STOP + DONE), "hello", "stop"),
    "[DONE] and no reason": (HEAD + HELLO + DONE + END, "hello", "stop"),
    "text, and a clean end": (HEAD + HELLO + END, "hello", "stream_cut"),
    "text, and silence": (then_hang(HEAD + HELLO), "hello", "idle_timeout"),
    "text, and a reset": (then_reset(HEAD + HELLO), "hello", "stream_broken"),
    "text, and a close within the body": (then_close(HEAD + HELLO), "hello", "stream_broken"),
    "half an event": (
        HEAD + HELLO + piece(b'data: {"choices": [{"delta": {"con') + END,
        "hello",
        "stream_cut",
    ),
    "the last event has no blank line": (HEAD + HELLO + piece(b"data: [DONE]") + END, "hello", "stop"),
    "nothing": (HEAD + END, "", "stream_cut"),
    "nothing, not even a body": (plain(b""), "", "stream_cut"),
    "nothing, and silence": (then_hang(HEAD), "", "idle_timeout"),
    "nothing, and a reset": (then_reset(HEAD), "", "stream_broken"),
    "no HTTP within": (HEAD + HELLO + b"zzz\r\n", "hello", "stream_broken"),
}


@pytest.mark.parametrize(("say", "text", "end"), ENDINGS.values(), ids=ENDINGS)
def test_an_answer_has_an_end_whatever_it_has(say: Say, text: str, end: str) -> None:
    events = heard(say)
    assert (text_of(events), the_end(events)) == (text, end)


def test_all_that_comes_behind_the_reason_has_one_deadline() -> None:
    """Comments without end do not put it off."""

    async def drip(peer: Peer) -> None:
        peer.send(HEAD + HELLO + STOP)
        gone = asyncio.ensure_future(peer.gone())
        while not gone.done():
            peer.send(piece(b": still here\n\n"))
            await asyncio.wait({gone}, timeout=0.005)

    assert the_end(heard(drip)) == "stop"


def test_usage_behind_the_reason_is_waited_for() -> None:
    events = heard(WELL)
    assert [one for one in events if isinstance(one, Usage)] == [Usage(input=9, output=2)]


# -- calls without an end --------------------------------------------------------------------------------

PROOFS: dict[str, tuple[Say, bool]] = {
    "a whole call, a clean end": (HEAD + CALL + END, True),
    "a whole call, silence": (then_hang(HEAD + CALL), True),
    "words, then a whole call": (HEAD + HELLO + CALL + END, True),
    "two whole calls": (HEAD + CALL + call(1, "look", "{}") + END, True),
    "a whole call, a reset": (then_reset(HEAD + CALL), False),
    "a call that is cut": (HEAD + call(0, "look", '{"a": ') + END, False),
    "a call that is no object": (HEAD + call(0, "look", "1") + END, False),
    "a call that has just begun": (HEAD + call(0, "look", "") + END, False),
    "a whole call and a name": (
        HEAD + CALL + delta(tool_calls=[{"index": 1, "id": "x", "function": {"name": "wipe"}}]) + END,
        False,
    ),
    "a whole call and words": (HEAD + CALL + HELLO + END, False),
}


@pytest.mark.parametrize(("say", "whole"), PROOFS.values(), ids=PROOFS)
def test_an_end_is_made_up_only_where_every_call_is_whole(say: Say, whole: bool) -> None:
    events = heard(say)
    assert (the_end(events) == "tool_calls") is whole
    told = [one.note.code for one in events if isinstance(one, Noted)]
    assert told == (["finish-synthesised"] if whole else [])
    ends = [one.complete for one in events if isinstance(one, CallEnd)]
    assert ends == [whole] * len(ends) != []
    assert all(one.complete is whole for one in fold(events).calls)


# -- errors within -------------------------------------------------------------------------------------

BUSY = event({"error": {"message": "overloaded", "type": "engine_overloaded_error"}})


@pytest.mark.parametrize("behind", [END, DONE + END, HELLO + END, b""], ids=["end", "done", "more", "hangs"])
def test_an_error_within_comes_behind_what_was_said_and_ends_it(behind: bytes) -> None:
    begun = HEAD + delta(reasoning_content="Hm.") + delta(content="hel<|tool") + BUSY
    events = heard(then_hang(begun) if not behind else begun + behind)
    assert text_of(events) == "hel<|tool"
    assert the_end(events) == "overloaded"


def test_an_error_at_once_is_all_there_is() -> None:
    assert the_end(heard(HEAD + BUSY + DONE + END)) == "overloaded"


def test_an_error_in_an_event_without_a_blank_line() -> None:
    data = piece(b'data: {"error": {"message": "overloaded"}}')
    events = heard(HEAD + HELLO + data + END)
    assert (text_of(events), the_end(events)) == ("hello", "overloaded")


def test_calls_under_way_are_cut_by_an_error() -> None:
    events = heard(HEAD + CALL + BUSY + END)
    assert [one for one in events if isinstance(one, CallEnd)] == [CallEnd(0, complete=False)]
    assert the_end(events) == "overloaded"


def test_an_error_behind_the_reason_takes_nothing_back() -> None:
    events = heard(HEAD + HELLO + STOP + BUSY + END)
    assert [one.note.code for one in events if isinstance(one, Noted)] == ["error-behind-end"]
    assert the_end(events) == "stop"


# -- shapes --------------------------------------------------------------------------------------------

MESSAGE = b'{"role": "assistant", "content": "hello", "reasoning_content": "Hm."}'


@pytest.mark.parametrize("before", [b"", b" \r\n\t", b"\xef\xbb\xbf"])
def test_a_whole_answer_to_a_request_for_a_stream(before: bytes) -> None:
    events = heard(plain(before + WHOLE % (MESSAGE, b'"stop"', USED) + b"\n"))
    assert (text_of(events), the_end(events)) == ("hello", "stop")
    assert [type(one).__name__ for one in events] == ["Start", "Reasoning", "Text", "Usage", "Finish"]


def test_a_whole_answer_in_pieces_with_half_a_character() -> None:
    message = '{"content": "h\u00e9llo \\ud83d"}'.encode()
    data = WHOLE % (message, b'"stop"', USED)
    cut = data.index("\u00e9".encode()) + 1
    events = heard(HEAD + piece(b" ") + piece(data[:cut]) + piece(data[cut:]) + END)
    assert text_of(events).startswith("h\u00e9llo ")
    assert the_end(events) == "stop"


OTHERS: dict[str, tuple[bytes, str]] = {
    "HTML": (plain(b"<html>Sign in</html>", "text/html"), "not_a_stream"),
    "HTML that calls itself a stream": (HEAD + piece(b"\n<!doctype html>") + END, "not_a_stream"),
    "JSON that is cut": (plain(b'{"choices": [{"mess'), "not_a_stream"),
    "a list": (plain(b"[1, 2]"), "not_a_stream"),
    "an error": (plain(b'{"error": {"message": "no", "type": "server_error"}}'), "no"),
    "an object of nothing": (plain(b"{}"), "stream_cut"),
    "a whole answer without a reason": (plain(WHOLE % (MESSAGE, b"null", b"null")), "stream_cut"),
    "words": (plain(b"not now", "text/plain"), "stream_cut"),
}


@pytest.mark.parametrize(("data", "end"), OTHERS.values(), ids=OTHERS)
def test_what_is_no_stream(data: bytes, end: str) -> None:
    assert the_end(heard(data)) == end


def test_the_content_type_is_not_believed() -> None:
    assert text_of(heard(WELL.replace(b"text/event-stream", b"application/json"))) == "hello"
    assert text_of(heard(plain(WHOLE % (MESSAGE, b'"stop"', USED), "text/event-stream"))) == "hello"


def test_a_packed_stream() -> None:
    events = (
        b'data: {"choices": [{"delta": {"content": "hello"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
    )
    packed = plain(gzip.compress(events, mtime=0), "text/event-stream", "Content-Encoding: gzip\r\n")
    assert the_end(heard(packed)) == "stop"
    torn = plain(gzip.compress(events, mtime=0)[:-12], "text/event-stream", "Content-Encoding: gzip\r\n")
    assert the_end(heard(torn)) in ("stop", "stream_broken")


def test_garbage_between_events_is_passed_over_and_told() -> None:
    garbage = piece(b": ping\n\nevent: ping\n\n\n\ndata: nonsense\n\nid: 4\n\n\xff\xfe\n\n")
    events = heard(HEAD + garbage + HELLO + garbage + STOP + DONE + END)
    assert (text_of(events), the_end(events)) == ("hello", "stop")
    assert [one.note.code for one in events if isinstance(one, Noted)] == ["events-unreadable"]


def test_every_cut_gives_the_same() -> None:
    chunk = b'data: {"choices":[{"delta":{"content":"h\xc3\xa9"},"finish_reason":"stop"}]}'
    stream = chunk + b"\r\n\r\ndata: [DONE]\r\n\r\n"
    for cut in range(1, len(stream), 7):
        events = heard(HEAD + piece(stream[:cut]) + piece(stream[cut:]) + END)
        assert (text_of(events), the_end(events)) == ("h\u00e9", "stop")


def test_each_of_the_last_things_once() -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 2}
    choice = {"index": 0, "delta": {}, "finish_reason": "stop", "stop_reason": "END", "usage": usage}
    logprobs = {"content": [{"token": "hello", "logprob": -0.5}]}
    said = {"index": 0, "delta": {"content": "hello"}, "logprobs": logprobs}
    last = event({"choices": [choice]})
    events = heard(HEAD + event({"choices": [said]}) + last + USAGE + last + DONE + END)
    kinds = [type(one) for one in events]
    assert kinds == [Start, Text, Usage, Finish]
    assert events[1] == Text("hello", logprobs)
    assert events[-1] == Finish("stop", stop_sequence="END")


# -- bounds --------------------------------------------------------------------------------------------


def test_the_limit_of_a_stream() -> None:
    events = heard(HEAD + HELLO * 50 + STOP + DONE + END, limit=2000)
    assert the_end(events) == "stream_broken"
    assert "more than 2000 bytes" in str(events[-1])


def test_the_limit_of_what_is_no_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "WHOLE_BYTES", 1000)
    assert the_end(heard(plain(b"{" + b" " * 200_000))) == "stream_broken"


def test_an_event_that_never_ends() -> None:
    huge = piece(b"data: " + b"x" * (1 << 20)) * 33
    events = heard(HEAD + HELLO + huge + END, limit=1 << 30)
    assert (text_of(events), the_end(events)) == ("hello", "stream_broken")
    assert "one event" in str(events[-1])


# -- on the way ----------------------------------------------------------------------------------------


def test_it_is_delivered_as_it_comes() -> None:
    seen: list[Event] = []
    more = asyncio.Event()

    async def say(peer: Peer) -> None:
        peer.send(HEAD + delta(reasoning_content="Hm."))
        await more.wait()
        peer.send(HELLO + STOP + DONE + END)

    def watch(_: int, batch: list[Event]) -> None:
        if any(isinstance(one, Reasoning) for one in batch):
            assert not seen
            more.set()
        seen.extend(batch)

    assert text_of(heard(say, seen=watch)) == "hello"


def test_the_connection_is_kept_behind_the_end() -> None:
    async def main() -> None:
        scripted = Scripted(WELL)
        async with serve(scripted.run) as server, Client() as client:
            for _ in range(3):
                response = await client.send("POST", server.url, body=b"{}")
                reader = spoken("chat").reader(plan(body("hi"), resolve("kimi-k2.6")))
                found = [one async for one in batches(response, reader, tail=5, limit=1 << 20)]
                assert isinstance(found[-1][-1], Finish)
            assert (len(scripted.heads), server.accepted) == (3, 1)

    run(main)


def test_the_last_events_do_not_wait_for_the_end_of_the_body() -> None:
    async def main() -> None:
        gone = asyncio.Event()
        scripted = Scripted(then_hang(HEAD + HELLO + STOP + DONE, gone.set))
        async with serve(scripted.run) as server, Client() as client:
            response = await client.send("POST", server.url, body=b"{}")
            reader = spoken("chat").reader(plan(body("hi"), resolve("kimi-k2.6")))
            stream = batches(response, reader, tail=60, limit=1 << 20)
            found: list[Event] = []
            async with asyncio.timeout(0.2):
                while not any(isinstance(one, Finish) for one in found):
                    found += await anext(stream)
            await stream.aclose()
            await gone.wait()

            assert text_of(found) == "hello"

    run(main)


def test_closing_it_closes_the_connection() -> None:
    async def main() -> None:
        gone = asyncio.Event()
        scripted = Scripted(then_hang(HEAD + HELLO, gone.set))
        async with serve(scripted.run) as server, Client() as client:
            response = await client.send("POST", server.url, body=b"{}")
            reader = spoken("chat").reader(plan(body("hi"), resolve("kimi-k2.6")))
            stream = batches(response, reader, tail=5, limit=1 << 20)
            assert text_of(await anext(stream)) == "hello"
            await stream.aclose()
            await asyncio.wait_for(gone.wait(), 1)
            assert gone.is_set()

    run(main)


def test_starts_and_calls_are_the_readers() -> None:
    events = heard(HEAD + CALL + delta("tool_calls") + DONE + END)
    assert isinstance(events[0], Start)
    assert CallStart(0, "look:0", "look") in events
    assert the_end(events) == "tool_calls"
