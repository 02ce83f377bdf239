"""An upstream's answer as batches of events: whatever it is, however it ends."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from typing import Any

import msgspec

from moonwire.core.errors import MoonwireError, RemoteProtocolError, TransportError
from moonwire.core.events import CallArguments, CallEnd, CallStart, Event, Finish, Noted, Text, UpstreamError
from moonwire.core.notes import Note
from moonwire.exchange.wires import StreamReader
from moonwire.transport import IdleTimeout, Response
from moonwire.wire.sse import Decoder

__all__ = ["Broken", "batches"]

WHOLE_BYTES = 64 << 20


class Broken(MoonwireError):
    """The answer broke off after it had begun. `cause` is what happened; what arrived was delivered."""

    def __init__(self, message: str, cause: MoonwireError | None = None) -> None:
        super().__init__(message)
        self.cause = cause


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
            if isinstance(event, CallStart):
                self._calls[event.index] = []
                self._spoke = False
            elif isinstance(event, CallArguments):
                self._calls.setdefault(event.index, []).append(event.text)
            elif isinstance(event, Text):
                # Words behind the calls: more may have followed.
                self._spoke = True

    def holds(self) -> bool:
        return bool(self._calls) and not self._spoke and all(map(_is_object, self._calls.values()))


def _is_object(pieces: list[str]) -> bool:
    try:
        return isinstance(json.loads("".join(pieces)), dict)
    except (ValueError, RecursionError):
        return False


async def batches(
    response: Response, reader: StreamReader, *, tail: float, limit: int
) -> AsyncGenerator[list[Event]]:
    """What the answer says, as it comes. It ends with `Finish`, or with `UpstreamError`.

    `tail` is how long the end is waited for once the reason was given; `limit` is the most bytes.
    """
    decoder = Decoder()
    proof = _Proof()
    size = 0
    trouble: TransportError | RemoteProtocolError | None = None
    clean = False
    whole: list[bytes] | None = None
    begun = False
    pieces = response.__aiter__()
    try:
        while not reader.done:
            try:
                if reader.complete:
                    async with asyncio.timeout(tail):
                        piece = await anext(pieces, None)
                else:
                    piece = await anext(pieces, None)
            except TimeoutError:
                # All was said but the end: usage and [DONE] never came (kimi-code#2762).
                break
            except (TransportError, RemoteProtocolError) as error:
                trouble = error
                break
            if piece is None:
                clean = True
                break
            size += len(piece)
            if size > limit:
                trouble = RemoteProtocolError(f"the answer has more than {limit} bytes", path="stream")
                break
            if not begun:
                begun = True
                if piece.lstrip()[:1] in (b"{", b"<", b"["):
                    whole = []
            if whole is not None:
                whole.append(piece)
                continue
            try:
                data = decoder.feed(piece)
            except RemoteProtocolError as error:
                trouble = error
                break
            events = [event for one in data for event in reader.feed(one)]
            if events:
                proof.feed(events)
                yield events
        if reader.done and trouble is None:
            await _drained(response, tail)
    finally:
        await response.aclose()
    if whole is not None:
        events = _whole(b"".join(whole), reader, response)
    else:
        events = [event for one in decoder.finish() for event in reader.feed(one)]
    proof.feed(events)
    for batch in _ending(events, reader, proof, trouble, clean=clean):
        yield batch


async def _drained(response: Response, tail: float) -> None:
    """Reads to the end of the body, so that the connection can be used again."""
    with contextlib.suppress(TimeoutError, TransportError, RemoteProtocolError):
        async with asyncio.timeout(tail):
            async for _ in response:
                pass


def _whole(data: bytes, reader: StreamReader, response: Response) -> list[Event]:
    """An answer that is no stream, though one was asked for."""
    try:
        value: Any = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        kind = response.header("content-type") or "no content type"
        return [
            UpstreamError(f"the server's answer is no stream and no JSON ({kind})", type="upstream_error")
        ]
    return reader.feed(msgspec.json.encode(value))


def _ending(
    events: list[Event],
    reader: StreamReader,
    proof: _Proof,
    trouble: TransportError | RemoteProtocolError | None,
    *,
    clean: bool,
) -> list[list[Event]]:
    """The last batches: what was held back, and the reason or the error."""
    if any(isinstance(event, UpstreamError) for event in events):
        return [events]
    if not reader.complete and proof.holds() and (clean or isinstance(trouble, IdleTimeout)):
        reason = "the stream had no end, but every call in it is whole"
        told = Note(code="finish-synthesised", path="finish_reason", reason=reason, source="kimi-code#2762")
        # The reader closes what is open as whole once it is told that this was all.
        reader.done = True
        events = [*events, Noted(told)]
    rest = reader.finish()
    if any(isinstance(event, Finish) for event in rest):
        return [[*events, *rest]]
    rest = [_cut(event) for event in rest]
    return [[*events, *rest, _broken_off(trouble)]]


def _cut(event: Event) -> Event:
    """A call of a broken answer is not whole."""
    return CallEnd(event.index, complete=False) if isinstance(event, CallEnd) else event


def _broken_off(trouble: TransportError | RemoteProtocolError | None) -> UpstreamError:
    if trouble is None:
        return UpstreamError(
            "the server ended its answer without a reason, so it may be cut",
            code="stream_cut",
            type="upstream_error",
        )
    code = "idle_timeout" if isinstance(trouble, IdleTimeout) else "stream_broken"
    return UpstreamError(f"the answer broke off: {trouble}", code=code, type="upstream_error")
