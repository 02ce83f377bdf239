"""An upstream's answer as batches of events: whatever it is, however it ends."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from typing import Final

from moonwire.core.errors import ProtocolError, RemoteProtocolError, TransportError
from moonwire.core.events import (
    CallArguments,
    CallEnd,
    CallStart,
    Event,
    Finish,
    Malformed,
    Noted,
    Reasoning,
    Text,
    UpstreamError,
)
from moonwire.core.notes import Note
from moonwire.core.schemas.kinds import is_object
from moonwire.exchange.wires import StreamReader
from moonwire.transport import IdleTimeout, Response
from moonwire.wire.chat.chunks import read_json
from moonwire.wire.sse import Decoder, one_by_one

__all__ = ["BROKEN", "IDLE", "batches"]

WHOLE_BYTES: Final = 64 << 20
"""The longest answer that is no stream: it is held until it is whole."""

IDLE: Final = "idle_timeout"
BROKEN: Final = frozenset({"stream_broken", "stream_cut", IDLE, "not_a_stream"})
"""The codes of `UpstreamError` where nobody said anything: the answer ended in a way that none should."""

DRAIN: Final = 0.25
"""Seconds in which a body may end behind `[DONE]`, so that its connection can be used again."""

BLANK: Final = b" \t\r\n\xef\xbb\xbf"
"""What may stand before an answer, a mark of byte order included."""

Trouble = TransportError | ProtocolError


class _Proof:
    """What shows that an answer without an end is whole: every call has its arguments, to the last brace.

    Text alone shows nothing: it may always go on.
    """

    __slots__ = ("_calls", "_spoke")

    def __init__(self) -> None:
        self._calls: dict[int, list[str]] = {}
        self._spoke = False

    def feed(self, events: list[Event]) -> None:
        for event in events:
            kind = type(event)
            if kind is Reasoning:
                continue
            if kind is Text or kind is Malformed:
                # Words behind the calls: more may have followed.
                self._spoke = True
            elif isinstance(event, CallStart):
                self._calls[event.index] = []
                self._spoke = False
            elif isinstance(event, CallArguments):
                self._calls.setdefault(event.index, []).append(event.text)

    def holds(self) -> bool:
        return bool(self._calls) and not self._spoke and all(map(_is_object, self._calls.values()))


def _is_object(pieces: list[str]) -> bool:
    try:
        return isinstance(json.loads("".join(pieces)), dict)
    except (ValueError, RecursionError):
        return False


class _Source:
    """The data of the body's events, as it comes. In the end `trouble` and `clean` say how it ended."""

    __slots__ = (
        "_begun",
        "_limit",
        "_pieces",
        "_size",
        "_tail",
        "_until",
        "clean",
        "decoder",
        "trouble",
        "whole",
    )

    def __init__(self, response: Response, tail: float, limit: int) -> None:
        self._pieces = response.__aiter__()
        self._tail = tail
        self._until = 0.0
        self._limit = limit
        self._size = 0
        self._begun = False
        self.decoder = Decoder()
        self.whole: list[bytes] | None = None
        """The pieces of an answer that is no stream."""
        self.trouble: Trouble | None = None
        self.clean = False

    async def next(self, *, complete: bool) -> bytes | None:
        """The events that came; none where no more come. `complete`: only the end is missing."""
        try:
            piece = await (self._late() if complete else anext(self._pieces, None))
            if piece is None:
                self.clean = True
                return None
            self._size += len(piece)
            if self._size > (self._limit if self.whole is None else min(self._limit, WHOLE_BYTES)):
                raise RemoteProtocolError(f"the answer has more than {self._limit} bytes", path="stream")
            if not self._begun and (head := piece.lstrip(BLANK)[:1]):
                self._begun = True
                self.whole = [] if head in (b"{", b"<", b"[") else None
            if self.whole is not None:
                self.whole.append(piece)
                return b""
            return self.decoder.whole(piece)
        except TimeoutError:
            # All was said but the end: usage and [DONE] never came (kimi-code#2762).
            return None
        except (TransportError, ProtocolError) as error:
            self.trouble = error
            return None

    async def _late(self) -> bytes | None:
        """What comes behind the reason, until the one deadline that all of it has."""
        if not self._until:
            self._until = asyncio.get_running_loop().time() + self._tail
        async with asyncio.timeout_at(self._until):
            return await anext(self._pieces, None)


async def batches(
    response: Response, reader: StreamReader, *, tail: float, limit: int
) -> AsyncGenerator[list[Event]]:
    """What the answer says, as it comes. Its last event is a `Finish` or an `UpstreamError`, and only that.

    `tail` is how long the end is waited for once the reason was given; `limit` is the most bytes.
    """
    source = _Source(response, tail, limit)
    proof = _Proof()
    try:
        while not reader.done:
            whole = await source.next(complete=reader.complete)
            if whole is None:
                break
            events = reader.feed_all(whole)
            # A caller that does not read holds this up: what it is given is not to be held here as well.
            del whole
            if not events:
                continue
            if type(events[-1]) is UpstreamError:
                yield _refused(events, reader)
                return
            proof.feed(events)
            given = [events]
            del events
            yield given.pop()
        yield _last(source, reader, proof, response)
        if reader.done:
            await _drained(response, min(tail, DRAIN))
    finally:
        await response.aclose()


async def _drained(response: Response, seconds: float) -> None:
    """Reads to the end of the body, so that the connection can be used again."""
    if response.ended:
        return
    with contextlib.suppress(TimeoutError, TransportError, ProtocolError):
        async with asyncio.timeout(seconds):
            async for _ in response:
                pass


def _whole(data: bytes, reader: StreamReader, response: Response) -> list[Event]:
    """An answer that is no stream, though one was asked for."""
    data = data.strip(BLANK)
    if is_object(read_json(data)):
        return one_by_one(reader.feed, [data])
    kind = response.header("content-type") or "no content type"
    message = f"the server's answer is no stream and no JSON ({kind})"
    return [UpstreamError(message, code="not_a_stream", type="upstream_error")]


def _last(source: _Source, reader: StreamReader, proof: _Proof, response: Response) -> list[Event]:
    """The last batch: what was held back, and the reason or the error."""
    if source.whole is None:
        events = one_by_one(reader.feed, source.decoder.finish())
    elif source.trouble is None:
        events = _whole(b"".join(source.whole), reader, response)
    else:
        events = []
    if events and type(events[-1]) is UpstreamError:
        return _refused(events, reader)
    rest = [*events, *reader.finish()]
    if rest and type(rest[-1]) is Finish:
        return rest
    proof.feed(rest)
    if proof.holds() and (source.clean or isinstance(source.trouble, IdleTimeout)):
        reason = "the stream had no end, but every call in it is whole"
        told = Note(code="finish-synthesised", path="finish_reason", reason=reason, source="kimi-code#2762")
        return [*rest, Noted(told), Finish("tool_calls")]
    return [*_cut(rest), _broken_off(source.trouble)]


def _refused(events: list[Event], reader: StreamReader) -> list[Event]:
    """The server broke off with an error: behind everything that it had said."""
    *before, error = events
    rest = reader.finish()
    if rest and type(rest[-1]) is Finish:
        assert isinstance(error, UpstreamError)
        reason = "the server had ended its answer when it told of an error"
        note = Note(
            code="error-behind-end", level="warning", path="stream", reason=reason, before=error.message[:500]
        )
        return [*before, *rest[:-1], Noted(note), rest[-1]]
    return [*before, *_cut(rest), error]


def _cut(rest: list[Event]) -> list[Event]:
    """A call of a broken answer is not whole."""
    return [CallEnd(event.index, complete=False) if isinstance(event, CallEnd) else event for event in rest]


def _broken_off(trouble: Trouble | None) -> UpstreamError:
    if trouble is None:
        return UpstreamError(
            "the server ended its answer without a reason, so it may be cut",
            code="stream_cut",
            type="upstream_error",
        )
    code = IDLE if isinstance(trouble, IdleTimeout) else "stream_broken"
    return UpstreamError(f"the answer broke off: {trouble}", code=code, type="upstream_error")
