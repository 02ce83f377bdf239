"""A server's stream of Responses: the data of each event to the events of the vocabulary.

Pieces are told as they come. What an item turned out to be (`response.output_item.done`, or the last
response) fills in what no piece said, so that a server that leaves out some of its events, or sends the
whole answer at once, is read too. What cannot be read is a note, never an exception.
"""

import json
import math
from contextlib import suppress
from typing import Any, Final

import msgspec
from msgspec import Raw

from moonwire.core.errors import LocalProtocolError
from moonwire.core.events import (
    CallArguments,
    CallEnd,
    CallStart,
    Event,
    Finish,
    FinishReason,
    Noted,
    Sealed,
    Start,
    UpstreamError,
    Usage,
)
from moonwire.core.messages import ToolCall
from moonwire.core.notes import Note
from moonwire.core.refusals.envelope import open_envelope
from moonwire.core.schemas.kinds import is_list, is_number, is_object
from moonwire.wire.channels import Channels, Markup
from moonwire.wire.responses.calls import CALLS, decode_call
from moonwire.wire.responses.shapes import Json
from moonwire.wire.sse import events_in, one_by_one

__all__ = ["Reader", "usage_of"]

DONE: Final = b"[DONE]"
_NOTHING: Final = Raw(b"")


class Piece(msgspec.Struct, gc=False):
    """One event of the stream, with the fields that are needed."""

    type: str = ""
    delta: str = ""
    output_index: int = -1
    summary_index: int = 0
    item: Raw = _NOTHING
    response: Raw = _NOTHING
    error: Any = None
    logprobs: Any = None


_read: Final = msgspec.json.Decoder(Piece).decode


class _Item:
    """One item under way."""

    __slots__ = ("channel", "index", "name", "number", "over", "pieces", "summary")

    def __init__(self, index: int) -> None:
        self.index = index
        self.name = ""
        self.number: int | None = None
        self.pieces: list[str] = []
        # The kind of pieces that its thoughts came in: a server may send both, and they say the same.
        self.channel = ""
        self.summary = 0
        self.over = False


_TEXTS: Final = frozenset({"response.output_text.delta", "response.refusal.delta"})
_THOUGHTS: Final = frozenset({"response.reasoning_summary_text.delta", "response.reasoning_text.delta"})
_ARGUMENTS: Final = "response.function_call_arguments.delta"
_BEGINS: Final = frozenset({"response.created", "response.in_progress", "response.queued"})
_ENDS: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})
_HEAD: Final = (
    "id",
    "model",
    "created_at",
    "object",
    "output",
    "status",
    "usage",
    "error",
    "incomplete_details",
)


class Reader:
    """Takes the data of each event, gives what it says.

    `content` and `reasoning` read markup out of the two channels; without them text is text. `close` is
    what ends the thoughts in the grammar of `reasoning`.

    >>> reader = Reader()
    >>> reader.feed(b'{"type": "response.created", "response": {"id": "resp_1"}}')
    [Start(id='resp_1')]
    >>> reader.feed(b'{"type": "response.output_text.delta", "output_index": 0, "delta": "Hi"}')
    [Text(text='Hi')]
    >>> reader.feed(b'{"type": "response.completed", "response": {"status": "completed"}}'), reader.finish()
    ([], [Finish(reason='stop')])
    """

    def __init__(
        self,
        content: Markup | None = None,
        reasoning: Markup | None = None,
        *,
        close: str = "",
        inside: Markup | None = None,
    ) -> None:
        self._channels = Channels(content, reasoning, close, inside)
        self._started = False
        self._items: dict[int, _Item] = {}
        # The item that pieces without an index belong to.
        self._last = 0
        self._usage: Usage | None = None
        self._native: str | None = None
        self._broken = False
        self._unread = 0
        self._unread_first = b""
        self.done = False
        """Whether the server said that this was all."""
        self.reason: FinishReason | None = None
        """The reason that the server gave."""

    @property
    def complete(self) -> bool:
        """Whether the answer is provably whole."""
        return self.reason is not None and not self._broken

    def feed_all(self, whole: bytes) -> list[Event]:
        """What several events say, as far as an error."""
        return one_by_one(self.feed, events_in(whole))

    def feed(self, data: bytes) -> list[Event]:
        """What one event says."""
        out: list[Event] = []
        try:
            piece = _read(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self._otherwise(data, out)
            return out
        self._piece(piece, data, out)
        return out

    def _piece(self, piece: Piece, data: bytes, out: list[Event]) -> None:
        kind = piece.type
        if kind in _TEXTS:
            if piece.delta:
                self._item(piece.output_index).pieces.append(piece.delta)
                self._channels.text(piece.delta, out, _logprobs(piece.logprobs))
        elif kind in _THOUGHTS:
            self._thought(kind, piece, out)
        elif kind == _ARGUMENTS:
            self._arguments(self._item(piece.output_index), piece.delta, out)
        elif kind == "response.output_item.added":
            self._added(piece.output_index, _json(piece.item), out)
        elif kind == "response.output_item.done":
            self._over(piece.output_index, _json(piece.item), out)
        elif kind in _BEGINS:
            self._start(_json(piece.response), out)
        elif kind in _ENDS:
            self._end(kind.removeprefix("response."), _json(piece.response), out)
        elif kind == "error" or piece.error:
            self._fail(_json(data), out)
        elif not kind:
            self._untyped(_json(data), data, out)

    # -- the response ------------------------------------------------------------------------------

    def _start(self, response: Any, out: list[Event]) -> None:
        if self._started or not is_object(response):
            return
        self._started = True
        identity, model = response.get("id"), response.get("model")
        out.append(
            Start(
                identity if isinstance(identity, str) else "",
                model if isinstance(model, str) else "",
                _number(response.get("created_at")) or 0,
            )
        )

    def _end(self, status: str, response: Any, out: list[Event]) -> None:
        self.done = True
        fields: Json = response if is_object(response) else {}
        self._start(fields, out)
        output = fields.get("output")
        for index, item in enumerate(output if is_list(output) else ()):
            self._over(index, item, out)
        self._usage = usage_of(fields.get("usage")) or self._usage
        if status in ("failed", "cancelled") or is_object(fields.get("error")):
            self._fail(fields, out)
        elif status == "incomplete":
            details = fields.get("incomplete_details")
            reason = details.get("reason") if is_object(details) else None
            self._native = reason if isinstance(reason, str) else status
            self.reason = "content_filter" if reason == "content_filter" else "length"
        else:
            self.reason = "stop"

    def _fail(self, value: Any, out: list[Event]) -> None:
        """What the server says of its failure; it may say it twice."""
        self.done = True
        if not self._broken:
            self._broken = True
            out.append(_error(value))

    def _untyped(self, value: Any, data: bytes, out: list[Event]) -> None:
        """The whole answer at once, though a stream was asked for; or what is no event."""
        if is_object(value) and (value.get("object") == "response" or is_list(value.get("output"))):
            status = value.get("status")
            self._end(status if isinstance(status, str) else "completed", value, out)
        elif is_object(value) and any(isinstance(value.get(name), str) for name in ("message", "detail")):
            self._fail(value, out)
        else:
            self._cannot_read(data)

    # -- items -------------------------------------------------------------------------------------

    def _item(self, index: int) -> _Item:
        self._last = index = index if index >= 0 else self._last
        item = self._items.get(index)
        if item is None:
            item = self._items[index] = _Item(index)
        return item

    def _thought(self, kind: str, piece: Piece, out: list[Event]) -> None:
        item = self._item(piece.output_index)
        item.channel = item.channel or kind
        if not piece.delta or item.channel != kind:
            return
        if piece.summary_index > item.summary:
            item.summary = piece.summary_index
            self._channels.think("\n\n", out)
        item.pieces.append(piece.delta)
        self._channels.think(piece.delta, out)

    def _added(self, index: int, value: Any, out: list[Event]) -> None:
        """An item begins. A function's call is told at once; of another kind, when it is whole."""
        if not is_object(value):
            return
        item = self._item(index)
        if value.get("type") == "function_call":
            self._call_begins(item, value, out)
        elif value.get("type") == "reasoning":
            self._channels.think("", out)

    def _call_begins(self, item: _Item, value: Json, out: list[Event]) -> None:
        if item.number is not None or not isinstance(value.get("name"), str):
            return
        call = _call(value)
        item.number = self._channels.numbers.next()
        self._channels.end_thoughts("stop", out)
        out.append(CallStart(item.number, call.id, call.name))
        out.extend([CallArguments(item.number, piece) for piece in item.pieces])

    def _arguments(self, item: _Item, delta: str, out: list[Event]) -> None:
        if delta:
            item.pieces.append(delta)
            if item.number is not None:
                out.append(CallArguments(item.number, delta))

    def _over(self, index: int, value: Any, out: list[Event]) -> None:
        """An item is whole: what of it no piece said is said now."""
        item = self._item(index)
        if item.over or not is_object(value):
            return
        item.over = True
        kind = value.get("type")
        said = "".join(item.pieces)
        if kind == "message":
            rest = _rest(said, _texts(value.get("content"), ""))
            if rest:
                self._channels.text(rest, out)
        elif kind == "reasoning":
            self._thoughts_over(value, said, out)
        elif isinstance(kind, str) and kind in CALLS:
            self._call_over(item, value, said, out)

    def _thoughts_over(self, value: Json, said: str, out: list[Event]) -> None:
        whole = _texts(value.get("content"), "") or _texts(value.get("summary"), "\n\n")
        self._channels.think("", out)
        rest = _rest(said, whole)
        if rest:
            self._channels.think(rest, out)
        encrypted, identity = value.get("encrypted_content"), value.get("id")
        if isinstance(encrypted, str) and encrypted:
            self._channels.end_thoughts("stop", out)
            out.append(Sealed("encrypted", encrypted, identity if isinstance(identity, str) else ""))

    def _call_over(self, item: _Item, value: Json, said: str, out: list[Event]) -> None:
        call = _call(value)
        began = item.number is not None
        if not began:
            item.number = self._channels.numbers.next()
            self._channels.end_thoughts("stop", out)
            out.append(CallStart(item.number, call.id, call.name))
        # Pieces that came before the name are in the whole.
        rest = _rest(said if began else "", call.arguments)
        if rest:
            out.append(CallArguments(item.number or 0, rest))
        whole = value.get("status") != "incomplete" or _is_closed(call.arguments)
        self._channels.numbers.whole += whole
        out.append(CallEnd(item.number or 0, complete=whole))

    # -- the end -----------------------------------------------------------------------------------

    def finish(self) -> list[Event]:
        """The stream is over: open calls, usage, and the reason that follows from what there is.

        Without a last event of the server's there is no `Finish`: whoever reads decides what a broken
        stream is worth.
        """
        out: list[Event] = []
        self._channels.finish(self._native or ("stop" if self.complete else None), out)
        for item in self._items.values():
            if item.number is not None and not item.over:
                # What is closed was not cut, whatever cut the answer.
                whole = _is_closed("".join(item.pieces))
                self._channels.numbers.whole += whole
                out.append(CallEnd(item.number, complete=whole))
        if self._unread:
            told = f"{self._unread} events of the stream could not be read and were left out"
            first = self._unread_first.decode("utf-8", "replace")
            note = Note(code="events-unreadable", level="warning", path="stream", before=first, reason=told)
            out.append(Noted(note))
        if self._usage is not None:
            out.append(self._usage)
        if self.complete:
            reason = self.reason or "unknown"
            if reason == "stop" and self._channels.numbers.whole:
                reason = "tool_calls"
            out.append(Finish(reason, native=self._native if self._native != reason else None))
        return out

    def _otherwise(self, data: bytes, out: list[Event]) -> None:
        """An event that is none of the usual: the end, or fields of other shapes."""
        if data.strip() == DONE:
            self.done = True
            return
        value = _json(data)
        if is_object(value):
            self._piece(_patient(value), data, out)
        else:
            self._cannot_read(data)

    def _cannot_read(self, data: bytes) -> None:
        text = data.strip()
        if text:
            self._unread += 1
            self._unread_first = self._unread_first or text[:_SHOWN]


_SHOWN: Final = 200


def _patient(value: Json) -> Piece:
    """An event with all in it that can be read."""
    kind, delta = value.get("type"), value.get("delta")
    place, summary = _number(value.get("output_index")), _number(value.get("summary_index"))
    nested = {name: Raw(json.dumps(value[name]).encode()) for name in ("item", "response") if name in value}
    return Piece(
        type=kind if isinstance(kind, str) else "",
        delta=delta if isinstance(delta, str) else "",
        output_index=-1 if place is None else place,
        summary_index=summary or 0,
        error=value.get("error"),
        logprobs=value.get("logprobs"),
        **nested,
    )


def _json(data: Raw | bytes) -> Any:
    """JSON, also as Python's own reader has it; None where it is none."""
    raw = bytes(data)
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.json.decode(raw)
    with suppress(ValueError, RecursionError):
        return json.loads(raw.decode("utf-8", "replace"))
    return None


def _logprobs(value: Any) -> Any:
    """Logprobs as the vocabulary has them; most events have an empty list."""
    return {"content": value} if is_list(value) and value else None


def _call(value: Json) -> ToolCall:
    """The call that the item is, of whatever shape it is."""
    fields = {name: item for name, item in value.items() if not name.startswith("\0")}
    try:
        return decode_call(fields, "item")
    except LocalProtocolError:
        # Arguments that nest beyond reason.
        return decode_call({name: item for name, item in fields.items() if isinstance(item, str)}, "item")


def _texts(parts: Any, between: str) -> str:
    texts: list[str] = []
    for part in parts if is_list(parts) else ():
        text = part.get("text", part.get("refusal")) if is_object(part) else None
        texts += [text] if isinstance(text, str) else []
    return between.join(texts)


def _rest(said: str, whole: str) -> str:
    """What of the whole was not said yet; nothing where it is another text."""
    return whole[len(said) :] if whole.startswith(said) else ""


def _is_closed(arguments: str) -> bool:
    """Whether these arguments are an object, to its last brace."""
    return is_object(_json(arguments.encode("utf-8", "replace")))


def _error(value: Any) -> UpstreamError:
    """A failure: the response's error, an `error` event's flat fields, or an object of Chat Completions."""
    fields: Json = value if is_object(value) else {}
    inner: Any = fields.get("error")
    said: Json = inner if is_object(inner) else fields
    found = open_envelope({"error": said})
    code, kind = said.get("code"), said.get("type")
    return UpstreamError(
        found.message or "the server broke off with an error",
        code=code if isinstance(code, str) else "",
        type=kind if isinstance(kind, str) and kind != "error" else "",
        status=found.status,
        raw=said,
    )


def usage_of(value: Any) -> Usage | None:
    """Usage in this dialect's words; none where it says nothing.

    >>> usage_of({"input_tokens": 9, "output_tokens": 2, "input_tokens_details": {"cached_tokens": 4}})
    Usage(input=9, output=2, cached=4)
    """
    counts = ("input_tokens", "output_tokens")
    if not is_object(value) or not any(_number(value.get(name)) is not None for name in counts):
        return None
    ins, outs = value.get("input_tokens_details"), value.get("output_tokens_details")
    input_details: Json = ins if is_object(ins) else {}
    output_details: Json = outs if is_object(outs) else {}
    known = {*counts, "total_tokens", "input_tokens_details", "output_tokens_details"}
    output, reasoning = (
        _number(value.get("output_tokens")) or 0,
        _number(output_details.get("reasoning_tokens")),
    )
    return Usage(
        input=_number(value.get("input_tokens")) or 0,
        output=output,
        cached=_number(input_details.get("cached_tokens")),
        cache_written=_number(input_details.get("cache_write_tokens")),
        reasoning=None if reasoning is None else min(reasoning, output),
        extra={name: item for name, item in value.items() if name not in known and item is not None},
    )


def _number(value: Any) -> int | None:
    if not is_number(value) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return max(0, int(value))
