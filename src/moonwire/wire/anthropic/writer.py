"""Events to a stream of Messages: blocks one after the other, each begun, told in deltas, and ended.

The dialect's own clients look at the last block where one ends, so that blocks never overlap. Calls that a
server tells at the same time wait for one another: what comes while a call's arguments are not whole is
held until they are.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Final

import msgspec

from moonwire.core.events import (
    CallArguments,
    CallEnd,
    CallStart,
    Event,
    Finish,
    Malformed,
    Noted,
    Reasoning,
    Reclassified,
    Sealed,
    Start,
    Text,
    UpstreamError,
    Usage,
)
from moonwire.wire.anthropic.said import error_object, event, free, quoted, stop_word, usage_object, written

__all__ = ["PING", "Writer"]

PING: Final = event("ping", {})
"""What keeps a stream alive; one stands behind the beginning."""

_DELTA: Final = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":%b'
_START: Final = b'event: content_block_start\ndata: {"type":"content_block_start","index":%d,"content_block":'
_STOP: Final = b'event: content_block_stop\ndata: {"type":"content_block_stop","index":%d}\n\n'
_END: Final = b"}}\n\n"

_is_json = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Writer:
    r"""Takes events as they come, gives the bytes of a stream.

    `usage` is what is known of the input before there is an answer; the end tells all of it. `extra` are
    fields for the last but one event, such as the notes. The dialect has no place for `created`.

    >>> writer = Writer(id="msg_1", model="kimi-k3")
    >>> writer.feed([Start(), Text("Hi")])[0].count(b"event: "), writer.feed([Finish("stop")])
    (4, [])
    >>> writer.finish()[-1].endswith(b'data: {"type":"message_stop"}\n\n')
    True
    """

    def __init__(
        self,
        *,
        id: str,
        model: str,
        created: int = 0,
        usage: Usage | None = None,
        extra: Callable[[], dict[str, Any]] | None = None,
    ) -> None:
        self._id = id
        self._model = model
        self._usage = usage
        self._extra = extra
        self._begun = False
        self._thought = False
        # The block that is open, what begins each of its deltas, and how many blocks there were before.
        self._open: type[Event] | None = None
        self._delta = b""
        self._index = -1
        self._sealed = False
        # The open call, its arguments, and what waits until it is over.
        self._call = -1
        self._pieces: list[str] = []
        self._held: list[Event] = []
        self._told: set[int] = set()
        self._unended: set[int] = set()
        self._counted: Usage | None = None
        self._finish: Finish | None = None
        self._error: UpstreamError | None = None

    def feed(self, events: Iterable[Event]) -> list[bytes]:
        """The bytes of these events, in one piece, or nothing."""
        takers = self._TAKERS
        out = b"".join([takers[type(event)](self, event) for event in events])
        return [out] if out else []

    def finish(self) -> list[bytes]:
        """The end: why, and what it cost; or the error that ended it.

        A stream that just stops has no end: that it was cut is what its reader is to find.
        """
        # What waits for a call that was never whole waits no longer.
        out = self._close()
        while self._held:
            out += self._release() + self._close()
        if self._error is not None:
            return [out + event("error", {"error": error_object(self._error)})]
        end = self._finish
        if end is not None:
            word = stop_word(end.reason, end.stop_sequence, cut=bool(self._unended))
            counted = {"output_tokens": 0} if self._counted is None else usage_object(self._counted)
            fields = {
                **free(end.extra),
                "delta": {"stop_reason": word, "stop_sequence": end.stop_sequence},
                "usage": counted,
            }
            more = {} if self._extra is None else self._extra()
            out = self._ready() + out + event("message_delta", fields | more) + event("message_stop", {})
        return [out] if out else []

    # -- the message -------------------------------------------------------------------------------

    def _start(self, event: Start) -> bytes:
        return b"" if self._begun else self._ready(event.extra)

    def _ready(self, extra: Mapping[str, Any] = {}) -> bytes:
        """The beginning, once: the message with nothing in it yet."""
        if self._begun:
            return b""
        self._begun = True
        message: dict[str, Any] = {
            **free(dict(extra)),
            "id": self._id,
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage_object(self._counted or self._usage),
        }
        return event("message_start", {"message": message}) + PING

    # -- blocks ------------------------------------------------------------------------------------

    def _begin(self, kind: type[Event], block: bytes, delta: bytes) -> bytes:
        out = self._ready() + self._close()
        self._open = kind
        self._index += 1
        self._delta = _DELTA % (self._index, delta)
        return out + _START % self._index + block + b"}\n\n"

    def _close(self) -> bytes:
        if self._open is None:
            return b""
        self._open = None
        self._sealed = False
        return _STOP % self._index

    def _release(self) -> bytes:
        """What waited for the call, in its order; a call that begins in it may let the rest wait again."""
        held, self._held = self._held, []
        return b"".join([self._TAKERS[type(one)](self, one) for one in held])

    def _waits(self, event: Event) -> bool:
        """Whether this has to wait: the open call is not over, as far as can be told."""
        if self._open is not CallStart:
            return False
        if not self._held and self._is_whole():
            return False
        self._held.append(event)
        return True

    def _is_whole(self) -> bool:
        """Whether these arguments are an object to its last brace: then no more can come."""
        try:
            _is_json("".join(self._pieces))
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return False
        return True

    def _text(self, event: Text) -> bytes:
        if self._open is Text:
            return self._deltas(event) if event.text else b""
        if self._waits(event):
            return b""
        if not event.text:
            # There is no empty block, but what comes behind is no longer the block before.
            return self._ready() + self._close()
        begun = self._begin(Text, b'{"type":"text","text":""}', b'{"type":"text_delta","text":')
        return begun + self._deltas(event)

    def _reasoning(self, event: Reasoning) -> bytes:
        if self._open is Reasoning and not self._sealed:
            return self._deltas(event) if event.text else b""
        if (not event.text and self._thought) or self._waits(event):
            return b""
        begun = self._think()
        return begun + self._deltas(event) if event.text else begun

    def _deltas(self, event: Text | Reasoning) -> bytes:
        """A frame for the text, or for each of the pieces that it came in."""
        delta, pieces = self._delta, event.pieces
        if pieces is None:
            return delta + quoted(event.text) + _END
        return delta + b'"' + (b'"' + _END + delta + b'"').join(pieces) + b'"' + _END

    def _think(self) -> bytes:
        self._thought = True
        block = b'{"type":"thinking","thinking":"","signature":""}'
        return self._begin(Reasoning, block, b'{"type":"thinking_delta","thinking":')

    def _seal(self, event: Sealed) -> bytes:
        """A signature ends its block; redacted thoughts are a block of their own."""
        if event.kind == "encrypted" or self._waits(event):
            return b""
        if event.kind == "redacted":
            self._thought = True
            block = b'{"type":"redacted_thinking","data":' + quoted(event.data) + b"}"
            return self._begin(Sealed, block, b"") + self._close()
        begun = b"" if self._open is Reasoning and not self._sealed else self._think()
        self._sealed = True
        delta = _DELTA % (self._index, b'{"type":"signature_delta","signature":')
        return begun + delta + quoted(event.data) + _END

    # -- calls -------------------------------------------------------------------------------------

    def _call_start(self, event: CallStart) -> bytes:
        self._unended.add(event.index)
        if self._waits(event):
            return b""
        block = written({"type": "tool_use", "id": event.id, "name": event.name, "input": {}})
        begun = self._begin(CallStart, block, b'{"type":"input_json_delta","partial_json":')
        self._told.add(event.index)
        self._call = event.index
        self._pieces = []
        return begun

    def _call_arguments(self, event: CallArguments) -> bytes:
        if event.index != self._call or self._open is not CallStart:
            # Of a call that waits; of one that was whole there can be nothing more to say.
            if event.index not in self._told:
                self._held.append(event)
            return b""
        if not event.text:
            return b""
        self._pieces.append(event.text)
        out = self._delta + quoted(event.text) + _END
        if not self._held or "}" not in event.text or not self._is_whole():
            return out
        return out + self._close() + self._release()

    def _call_end(self, event: CallEnd) -> bytes:
        if event.complete:
            self._unended.discard(event.index)
        if event.index in self._told:
            over = event.index == self._call and self._open is CallStart
            return self._close() + self._release() if over else b""
        self._held.append(event)
        return b""

    # -- the rest ----------------------------------------------------------------------------------

    def _take_usage(self, event: Usage) -> bytes:
        self._counted = event
        return b""

    def _take_finish(self, event: Finish) -> bytes:
        self._finish = event
        return b""

    def _take_error(self, event: UpstreamError) -> bytes:
        # The first is the cause; what follows from it says less.
        self._error = self._error or event
        return b""

    def _nothing(self, event: Event) -> bytes:
        """What was meant as structure and could not be read is not shown as text; a note tells of it."""
        return b""

    # Of functions, not of bound methods: an answer that is over is not to wait for the collector.
    _TAKERS: ClassVar[Mapping[type[Event], Callable[[Any, Any], bytes]]] = {
        Start: _start,
        Reasoning: _reasoning,
        Text: _text,
        Sealed: _seal,
        CallStart: _call_start,
        CallArguments: _call_arguments,
        CallEnd: _call_end,
        Reclassified: _nothing,
        Noted: _nothing,
        Malformed: _nothing,
        Usage: _take_usage,
        Finish: _take_finish,
        UpstreamError: _take_error,
    }
