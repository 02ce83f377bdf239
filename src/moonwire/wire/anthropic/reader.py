"""A server's stream of Messages: the data of each event to the events of the vocabulary.

What cannot be read is a note or `Malformed`, never an exception. Events, blocks and deltas of kinds that are
not known here say nothing: the dialect asks its readers to pass them over.
"""

import json
from contextlib import suppress
from typing import Any, Final

import msgspec

from moonwire.core.events import (
    CallArguments,
    CallEnd,
    CallStart,
    Event,
    Finish,
    FinishReason,
    Malformed,
    Noted,
    Sealed,
)
from moonwire.core.notes import Note
from moonwire.core.schemas.kinds import is_list, is_object
from moonwire.wire.anthropic.frames import (
    REASONS,
    WORDS,
    Delta,
    Frame,
    error_of,
    patient,
    read_frame,
    read_json,
    start_of,
    usage_of,
)
from moonwire.wire.channels import Channels, Markup
from moonwire.wire.sse import events_in, one_by_one

__all__ = ["Reader"]

_DONE: Final = b"[DONE]"
_SHOWN: Final = 200
_ENDING: Final = frozenset({"type", "delta", "usage"})


class _Block:
    """A block under way; a call has a number, once its name is known."""

    __slots__ = ("kind", "number", "pieces", "said")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.number: int | None = None
        self.pieces: list[str] = []
        self.said = False


class Reader:
    """Takes the data of each event, gives what it says.

    `content` and `reasoning` read markup out of the two channels, `close` and `inside` are as `Channels`
    has them.

    >>> reader = Reader()
    >>> reader.feed(b'{"type": "message_start", "message": {"id": "a"}}')
    [Start(id='a')]
    >>> reader.feed(b'{"type": "content_block_delta", "index": 0, "delta": {"text": "Hi"}}')
    [Text(text='Hi')]
    >>> reader.feed(b'{"type": "message_delta", "delta": {"stop_reason": "end_turn"}}'), reader.finish()
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
        self._blocks: dict[int, _Block] = {}
        # The block that began last: it is meant where an index cannot be read.
        self._last: _Block | None = None
        self._usage: dict[str, Any] = {}
        self._native: str | None = None
        self._stop: str | None = None
        self._extra: dict[str, Any] = {}
        self._unread = 0
        self._unread_first = b""
        self._broken = False
        self.done = False
        """Whether the server said that this was all."""
        self.reason: FinishReason | None = None
        """The reason that the server gave."""

    @property
    def complete(self) -> bool:
        """Whether the answer is provably whole: the server gave a reason, or said that it was all."""
        return self.reason is not None or (self.done and not self._broken)

    def feed_all(self, whole: bytes) -> list[Event]:
        """What several events say, as far as an error."""
        return one_by_one(self.feed, events_in(whole))

    def feed(self, data: bytes) -> list[Event]:
        """What one event says."""
        try:
            frame = read_frame(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            value = read_json(data)
            if not is_object(value):
                return self._otherwise(data)
            frame = patient(value)
        out: list[Event] = []
        match frame.type:
            case "content_block_delta":
                self._delta(frame, out)
            case "content_block_start":
                self._begin(frame.index, frame.content_block, out)
            case "content_block_stop":
                self._stopped(frame.index, out)
            case "message_start":
                self._message(frame.message, out)
            case "message_delta":
                self._ending(frame, data)
            case "message_stop":
                self.done = True
            case "message":
                # The whole answer at once, though a stream was asked for.
                self._message(read_json(data), out)
                self.done = True
            case _:
                self._other(frame, data, out)
        return out

    # -- the message -------------------------------------------------------------------------------

    def _message(self, message: Any, out: list[Event]) -> None:
        """The beginning, which may already hold something."""
        if not is_object(message):
            return
        if not self._started:
            self._started = True
            out.append(start_of(message))
        self._count(message.get("usage"))
        content = message.get("content")
        for index, block in enumerate(content) if is_list(content) else ():
            self._begin(index, block, out)
            self._stopped(index, out)
        self._because(patient({"delta": message}).delta)

    def _ending(self, frame: Frame, data: bytes) -> None:
        self._count(frame.usage)
        self._because(frame.delta)
        value = read_json(data)
        fields: dict[str, Any] = value if is_object(value) else {}
        self._extra |= {name: item for name, item in fields.items() if name not in _ENDING}

    def _because(self, delta: Delta | None) -> None:
        if delta is not None and delta.stop_reason:
            self._native = delta.stop_reason
            self._stop = delta.stop_sequence
            self.reason = REASONS.get(delta.stop_reason, "unknown")

    def _count(self, usage: Any) -> None:
        """Counts grow: nought behind a number says nothing, and neither does null."""
        if is_object(usage):
            self._usage |= {name: item for name, item in usage.items() if item or name not in self._usage}

    # -- blocks ------------------------------------------------------------------------------------

    def _begin(self, index: int | None, value: Any, out: list[Event]) -> None:
        """A block begins; one that is there at once may hold all of it."""
        fields: dict[str, Any] = value if is_object(value) else {}
        kind = fields.get("type")
        # A server may forget to end the one before.
        self._stopped(index, out)
        block = self._last = _Block(kind if isinstance(kind, str) else "")
        self._blocks[-1 if index is None else index] = block
        if kind == "text":
            self._say(fields.get("text"), out)
        elif kind == "thinking":
            self._think(block, fields.get("thinking"), out)
            self._seal("signature", fields.get("signature"), out)
        elif kind == "redacted_thinking":
            self._seal("redacted", fields.get("data"), out)
        elif kind == "tool_use":
            self._call(block, fields, out)

    def _call(self, block: _Block, fields: dict[str, Any], out: list[Event]) -> None:
        self._channels.end_thoughts("stop", out)
        id, name, given = fields.get("id"), fields.get("name"), fields.get("input")
        if isinstance(name, str) and name:
            block.number = self._channels.numbers.next()
            out.append(CallStart(block.number, id if isinstance(id, str) else "", name))
        if given:
            # Usually empty here, and told in deltas.
            with suppress(RecursionError):
                self._arguments(block, json.dumps(given, ensure_ascii=False), out)

    def _delta(self, frame: Frame, out: list[Event]) -> None:
        delta = frame.delta
        if delta is None:
            return
        if delta.text:
            self._say(delta.text, out)
        elif delta.partial_json:
            block = self._which(frame.index)
            if block is None or block.kind != "tool_use":
                out.append(Malformed(delta.partial_json, "arguments of no call"))
            else:
                self._arguments(block, delta.partial_json, out)
        elif delta.thinking:
            self._think(self._which(frame.index), delta.thinking, out)
        elif delta.signature:
            self._seal("signature", delta.signature, out)

    def _which(self, index: int | None) -> _Block | None:
        return self._last if index is None else self._blocks.get(index)

    def _say(self, text: Any, out: list[Event]) -> None:
        if isinstance(text, str) and text:
            self._channels.text(text, out)

    def _think(self, block: _Block | None, text: Any, out: list[Event]) -> None:
        if isinstance(text, str) and text:
            self._channels.think(text, out)
            if block is not None:
                block.said = True

    def _seal(self, kind: Any, data: Any, out: list[Event]) -> None:
        if isinstance(data, str) and data:
            self._channels.end_thoughts("stop", out)
            self._channels.thought = True
            out.append(Sealed(kind, data))

    def _arguments(self, block: _Block, text: str, out: list[Event]) -> None:
        block.pieces.append(text)
        if block.number is not None:
            out.append(CallArguments(block.number, text))

    def _stopped(self, index: int | None, out: list[Event]) -> None:
        block = self._blocks.pop(-1 if index is None else index, None)
        if block is None:
            return
        if block.kind == "thinking":
            self._channels.end_thoughts("stop", out)
            if not block.said:
                self._channels.think("", out)
        elif block.kind == "tool_use":
            if not block.pieces:
                # How the dialect says that there are none.
                self._arguments(block, "{}", out)
            self._end(block, out)

    def _end(self, block: _Block, out: list[Event]) -> None:
        arguments = "".join(block.pieces)
        if block.number is None:
            out.append(Malformed(arguments, "a tool call without a name"))
            return
        # What is closed was not cut, whatever cut the answer.
        whole = is_object(read_json(arguments.encode("utf-8", "replace")))
        self._channels.numbers.whole += whole
        out.append(CallEnd(block.number, complete=whole))

    # -- the end -----------------------------------------------------------------------------------

    def finish(self) -> list[Event]:
        """The stream is over: open calls, usage, and the reason that follows from what there is.

        Without a reason of the server's and without `message_stop` there is no `Finish`: whoever reads
        decides what a broken stream is worth.
        """
        out: list[Event] = []
        self._channels.finish(self.reason or ("stop" if self.complete else None), out)
        for block in self._blocks.values():
            if block.kind == "tool_use":
                self._end(block, out)
        if self._unread:
            told = f"{self._unread} events of the stream could not be read and were left out"
            first = self._unread_first.decode("utf-8", "replace")
            note = Note(code="events-unreadable", level="warning", path="stream", before=first, reason=told)
            out.append(Noted(note))
        usage = usage_of(self._usage)
        if usage is not None:
            out.append(usage)
        if self.complete:
            out.append(self._finished())
        return out

    def _finished(self) -> Finish:
        said: FinishReason = self.reason or "unknown"
        reason = said
        if self._channels.numbers.whole and said in ("stop", "unknown"):
            # kimi-api.md I3: the reason is what agents decide by.
            reason = "tool_calls"
        elif not self._channels.numbers.calls and said in ("tool_calls", "unknown"):
            reason = "stop"
        native = None if self._native in WORDS and reason == said else self._native
        if native == reason:
            native = None
        return Finish(reason, native=native, stop_sequence=self._stop, extra=self._extra)

    # -- the rest ----------------------------------------------------------------------------------

    def _other(self, frame: Frame, data: bytes, out: list[Event]) -> None:
        """An error, in the dialect's shape or in another's; or an event that need not be known."""
        value = read_json(data)
        fields: dict[str, Any] = value if is_object(value) else {}
        if frame.type == "error" or fields.get("error"):
            self._broken = True
            out.append(error_of(fields))
        elif not frame.type:
            self._left_out(data.strip())

    def _otherwise(self, data: bytes) -> list[Event]:
        """What is no event at all. Some servers end as Chat Completions does."""
        text = data.strip()
        if text == _DONE:
            self.done = True
        elif text:
            self._left_out(text)
        return []

    def _left_out(self, text: bytes) -> None:
        self._unread += 1
        self._unread_first = self._unread_first or text[:_SHOWN]
