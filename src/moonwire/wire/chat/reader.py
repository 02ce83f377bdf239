"""A server's stream of Chat Completions: the data of each event to the events of the vocabulary.

Servers disagree about nearly everything here (kimi-api.md I): where usage stands, what the reasoning is
called, how a call's name and index come, and whether there are calls at all or only their markup in the
text. What cannot be read is a note or `Malformed`, never an exception.
"""

from collections import deque
from collections.abc import Iterable
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
    Reasoning,
    Reclassified,
    Start,
    Text,
    UpstreamError,
)
from moonwire.core.notes import Note
from moonwire.core.refusals.envelope import open_envelope
from moonwire.core.schemas.kinds import is_object
from moonwire.wire.channels import Markup, Numbers, is_about
from moonwire.wire.chat.chunks import (
    NOTHING,
    Call,
    Choice,
    Chunk,
    Delta,
    detailed,
    joined_logprobs,
    patient,
    patient_delta,
    read_chunk,
    read_json,
)
from moonwire.wire.chat.runs import WORTH, Run, Runs
from moonwire.wire.chat.usage import COUNTS, count_of, merged, usage_of
from moonwire.wire.sse import events_in, one_by_one

__all__ = ["CLOSES", "DONE", "Reader"]

DONE: Final = b"[DONE]"

CLOSES: Final = {"k2": "</think>", "k3": "<|close|>think<|sep|>"}
"""What ends the thoughts in each grammar of `TextParser`: the `close` of a `Reader`."""


Pieces = tuple[bytes, ...] | None

_HEAD: Final = frozenset({"id", "model", "created", "object", "choices", "usage", "error"})

_REASONS: Final[dict[str, FinishReason]] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
    # What older servers and other dialects say for the same (kimi-api.md I3).
    "function_call": "tool_calls",
    "end_turn": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    # verification.md P0.15: extended reasons, which clients are to treat as failures (P1.13).
    "unexpected_state": "error",
    "malformed_byte_sequence": "error",
    "engine_overloaded": "error",
    "server_interrupted": "error",
    "repeat": "error",
    # OpenRouter, where its upstream broke off.
    "error": "error",
}


class _Tool:
    """One call of the server's own, under way."""

    __slots__ = ("id", "index", "name", "number", "pieces", "waits")

    def __init__(self, index: int | None) -> None:
        self.index = index
        self.id = ""
        self.name = ""
        # Its number among all calls of the answer; none before its name is known.
        self.number: int | None = None
        # Its arguments; those that came before the name wait here for it (kimi-api.md I4).
        self.pieces: list[str] = []
        self.waits = True


class Reader:
    """Takes the data of each event, gives what it says.

    `content` and `reasoning` read markup out of the two channels; without them text is text. `close` is
    what ends the thoughts in the grammar of `reasoning` (`CLOSES`): the server took it out when it made a
    field of them, and without it calls that were only quoted in the thoughts pass for meant. `inside` reads
    text that begins within the thoughts, as long as there is no field of reasoning.

    >>> reader = Reader()
    >>> reader.feed(b'{"id": "a", "choices": [{"delta": {"content": "Hi"}, "finish_reason": null}]}')
    [Start(id='a'), Text(text='Hi')]
    >>> reader.feed(b'{"choices": [{"delta": {}, "finish_reason": "stop"}]}'), reader.finish()
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
        self._content = content
        self._inside = inside
        self._reasoning = reasoning
        self._close = close
        self._started = False
        self._runs = Runs()
        self._tools: list[_Tool] = []
        self._by_index: dict[int, _Tool] = {}
        self._by_id: dict[str, _Tool] = {}
        # Those that have not begun: a name may still go on, until a later call begins.
        self._waiting: deque[_Tool] = deque()
        self._numbers = Numbers()
        # The last usage of a choice's, and the last at the top.
        self._usages: list[Any] = [None, None]
        self._native: str | None = None
        self._stop: str | None = None
        # Whether there was a field of reasoning, and whether its markup reader has begun and not ended.
        self._thought = False
        self._thinking = False
        # Logprobs of text that a markup reader holds back.
        self._late: Any = None
        self._unread = 0
        self._unread_first = b""
        self._broken = False
        self.done = False
        """Whether the server said that this was all."""
        self.reason: FinishReason | None = None
        """The reason that the server gave."""

    @property
    def complete(self) -> bool:
        """Whether the answer is provably whole: the server gave a reason, or said that it was all.

        Behind an error `[DONE]` says only that no more will come.
        """
        return self.reason is not None or (self.done and not self._broken)

    def feed(self, data: bytes) -> list[Event]:
        """What one event says."""
        try:
            chunk = read_chunk(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._otherwise(data)
        return self._read(chunk, data)

    def feed_all(self, whole: bytes) -> list[Event]:
        """What several events say, as far as an error. Those that differ in their text alone are one."""
        runs = self._runs
        if len(whole) < WORTH or runs.hopeless:
            return one_by_one(self.feed, events_in(whole))
        out: list[Event] = []
        at, many = 0, 4
        while at < len(whole):
            run = runs.take(whole, at)
            if run is not None and self._joins(run, out):
                at = run.end
                continue
            end = at
            for _ in range(many):
                place = whole.find(b"\n\n", end)
                if place < 0:
                    # A blank line too many behind the last event.
                    end = len(whole)
                    break
                end = place + 2
            # What cannot be taken together is read in ever larger portions.
            many *= 2
            out += one_by_one(self._feed_first, events_in(whole[at:end]))
            if out and type(out[-1]) is UpstreamError:
                break
            at = end
        return out

    def _feed_first(self, data: bytes) -> list[Event]:
        """What one event says, and what those behind it may have in common with it."""
        try:
            chunk = read_chunk(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._otherwise(data)
        found = self._read(chunk, data)
        self._runs.learn(data, chunk)
        return found

    def _joins(self, run: Run, out: list[Event]) -> bool:
        """Takes the text of several events for that of one; not where each might do something else."""
        if run.channel != "content":
            self._think(run.text, None, out, run.pieces)
        elif self._thinking or self._inside is not None:
            return False
        else:
            self._said(run.text, None, out, run.pieces)
        return True

    def _read(self, chunk: Chunk, data: bytes) -> list[Event]:
        out: list[Event] = []
        choices = chunk.choices
        if not self._started:
            start = _start(data)
            # Azure's first chunk holds only what its filter found; the answer has no name yet.
            if start.id or choices:
                self._started = True
                out.append(start)
        if chunk.usage is not None:
            self._take_usage(1, chunk.usage)
        if chunk.error or (not choices and chunk.usage is None):
            error = _error(read_json(data))
            if error is not None:
                self._broken = True
                out.append(error)
                return out
        for choice in choices or ():
            # One answer is one conversation's next turn; others of the same request are not this one's.
            if not choice.index:
                self._choice(choice, out)
        return out

    def _choice(self, choice: Choice, out: list[Event]) -> None:
        delta = choice.delta
        if delta is None and is_object(choice.message):
            # The whole answer at once, though a stream was asked for.
            delta = patient_delta(choice.message)
        if delta is not None:
            self._delta(delta, choice.logprobs, out)
        if choice.usage is not None:
            self._take_usage(0, choice.usage)
        if choice.finish_reason:
            self._native = choice.finish_reason
            self.reason = _REASONS.get(choice.finish_reason, "unknown")
            stop = choice.stop_reason
            self._stop = stop if isinstance(stop, str) else None

    # -- text --------------------------------------------------------------------------------------

    def _delta(self, delta: Delta, logprobs: Any, out: list[Event]) -> None:
        content = delta.content
        thought = delta.reasoning_content or delta.reasoning
        if not thought and delta.reasoning_details is not NOTHING:
            thought = detailed(delta.reasoning_details)
        if thought:
            self._think(thought, None if content else logprobs, out)
        elif not self._thought and (delta.reasoning_content == "" or delta.reasoning == ""):
            # The first empty piece says that there are thoughts; the others say nothing (kimi-code#2506).
            self._thought = True
            out.append(Reasoning(""))
        if content:
            if self._thinking and not content.isspace():
                self._end_thoughts("stop", out)
            if self._inside is not None:
                self._content, self._inside = self._content if self._thought else self._inside, None
            self._said(content, logprobs, out)
        if delta.tool_calls:
            if self._thinking:
                self._end_thoughts("stop", out)
            self._call_deltas(delta.tool_calls, out)

    def _said(self, text: str, logprobs: Any, out: list[Event], pieces: Pieces = None) -> None:
        markup = self._content
        if markup is None:
            out.append(Text(text, logprobs, pieces))
            return
        events = markup.feed(text)
        if pieces is not None and self._late is None and events == [Text(text)]:
            out.append(Text(text, None, pieces))
        else:
            self._marked(markup, events, logprobs, out)

    def _think(self, text: str, logprobs: Any, out: list[Event], pieces: Pieces = None) -> None:
        self._thought = True
        markup = self._reasoning
        if markup is None:
            out.append(Reasoning(text, logprobs, pieces))
            return
        self._thinking = True
        events = markup.feed(text)
        if pieces is not None and self._late is None and events == [Reasoning(text)]:
            out.append(Reasoning(text, None, pieces))
        else:
            self._marked(markup, events, logprobs, out)

    def _end_thoughts(self, reason: str | None, out: list[Event]) -> None:
        """The field of reasoning is over: what its reader held back comes before what follows.

        Thoughts that come later still (no server of Kimi's is known to send such) are read as they are.
        """
        markup, self._reasoning = self._reasoning, None
        self._thinking = False
        assert markup is not None
        close = self._close
        # The close is ours, so what is said of it is nobody's business.
        events = [event for event in markup.feed(close) if not is_about(event, close)] if close else []
        self._marked(markup, [*events, *markup.finish(reason)], None, out)

    def _marked(self, markup: Markup, events: Iterable[Event], logprobs: Any, out: list[Event]) -> None:
        """What a markup reader says, its calls numbered among all calls."""
        if self._late is not None and logprobs is not None:
            logprobs = joined_logprobs((self._late, logprobs))
        elif self._late is not None:
            logprobs = self._late
        for event in events:
            if type(event) is Text or type(event) is Reasoning:
                # They belong to the chunk, whatever of its text is shown.
                out.append(event if logprobs is None else type(event)(event.text, logprobs))
                logprobs = None
            elif isinstance(event, CallStart | CallArguments | CallEnd | Malformed):
                out.append(self._numbers.numbered(markup, event))
            elif isinstance(event, Noted):
                out.append(self._numbers.pathed(markup, event))
            elif not (
                isinstance(event, Finish)
                # Thoughts that came in a field of their own stay thoughts.
                or (isinstance(event, Reclassified) and markup is self._content and self._thought)
            ):
                out.append(event)
        self._late = logprobs

    # -- the server's own calls --------------------------------------------------------------------

    def _call_deltas(self, calls: list[Call], out: list[Event]) -> None:
        touched: set[_Tool] = set()
        for place, call in enumerate(calls):
            function = call.function
            if function is None and not call.id:
                continue
            tool = self._which(call, place if len(calls) > 1 else None, touched)
            touched.add(tool)
            if call.id and not tool.id:
                tool.id = call.id
                self._by_id[call.id] = tool
            if function is None:
                continue
            name, arguments = function.name, function.arguments
            # Some servers split the name over chunks (kimi-code#3220), and some say it whole in every one.
            if name and tool.number is None and name != tool.name:
                tool.name += name
            if arguments:
                tool.pieces.append(arguments)
            if tool.number is not None:
                if arguments:
                    out.append(CallArguments(tool.number, arguments))
            elif tool.name and (arguments or (arguments == "" and name is None)):
                # The name is whole when arguments begin.
                self._begin(tool, out)

    def _which(self, call: Call, place: int | None, touched: set[_Tool]) -> _Tool:
        """By index; without one by id, by the place in the chunk, or the last one (kimi-api.md I9)."""
        named = _names(call)
        if call.index is not None:
            tool = self._by_index.get(call.index)
            if tool is None and not call.id and not named and self._tools and self._tools[-1].index is None:
                # Its index could not be read before.
                tool = self._by_index[call.index] = self._tools[-1]
            if tool is None or (named and _is_another(tool, call)):
                tool = self._by_index[call.index] = self._new(call.index)
            return tool
        if call.id:
            tool = self._by_id.get(call.id)
            # Two whole calls of one id in one chunk are two calls.
            if tool is None or (named and (tool in touched or _is_another(tool, call))):
                tool = self._new(None)
            return tool
        if named or not self._tools:
            return self._new(None)
        return self._tools[place if place is not None and place < len(self._tools) else -1]

    def _new(self, index: int | None) -> _Tool:
        tool = _Tool(index)
        self._tools.append(tool)
        self._waiting.append(tool)
        return tool

    def _begin(self, tool: _Tool, out: list[Event]) -> None:
        """The call begins, and before it those that came first and have no arguments yet."""
        while tool.waits:
            first = self._waiting.popleft()
            first.waits = False
            if first is not tool and first.name:
                self._number(first, out)
        self._number(tool, out)

    def _number(self, tool: _Tool, out: list[Event]) -> None:
        tool.number = number = self._numbers.next()
        out.append(CallStart(number, tool.id, tool.name))
        out.extend([CallArguments(number, piece) for piece in tool.pieces])

    # -- the end -----------------------------------------------------------------------------------

    def finish(self) -> list[Event]:
        """The stream is over: open calls, usage, and the reason that follows from what there is.

        Without a reason of the server's and without `[DONE]` there is no `Finish`: whoever reads decides
        what a broken stream is worth.
        """
        out: list[Event] = []
        reason = self._native or ("stop" if self.complete else None)
        if self._thinking:
            self._end_thoughts(reason, out)
        if self._content is not None:
            self._marked(self._content, self._content.finish(reason), None, out)
        whole = self.complete and self.reason not in ("length", "content_filter", "error")
        for tool in self._tools:
            self._end(tool, whole, out)
        if self._unread:
            told = f"{self._unread} events of the stream could not be read and were left out"
            first = self._unread_first.decode("utf-8", "replace")
            note = Note(code="events-unreadable", level="warning", path="stream", before=first, reason=told)
            out.append(Noted(note))
        usage = merged(*map(usage_of, self._usages))
        if usage is not None:
            out.append(usage)
        if self.complete:
            out.append(self._finished())
        return out

    def _end(self, tool: _Tool, whole: bool, out: list[Event]) -> None:
        if tool.number is None and tool.name:
            self._begin(tool, out)
        number = tool.number
        if number is None:
            # forgecode#1141: a call without a name; some deltas hold nothing at all.
            raw = "".join(tool.pieces)
            if raw or tool.id:
                out.append(Malformed(raw, "a tool call without a name"))
            return
        if whole and not tool.pieces:
            why = "a call without arguments"
            out.append(Noted(Note(code="arguments-empty", path=f"calls[{number}]", after="{}", reason=why)))
            out.append(CallArguments(number, "{}"))
        # What is closed was not cut, whatever cut the answer (dynamo#8208).
        whole = whole or _is_closed("".join(tool.pieces))
        self._numbers.whole += whole
        out.append(CallEnd(number, complete=whole))

    def _finished(self) -> Finish:
        reason: FinishReason = self.reason or "unknown"
        if self._numbers.whole and reason in ("stop", "unknown"):
            # kimi-api.md I3: `stop` beside calls; it is what agents decide by.
            reason = "tool_calls"
        elif not self._numbers.calls and reason in ("tool_calls", "unknown"):
            reason = "stop"
        native = self._native if self._native != reason else None
        return Finish(reason, native=native, stop_sequence=self._stop)

    # -- the rest ----------------------------------------------------------------------------------

    def _take_usage(self, place: int, usage: Any) -> None:
        """The last usage that says something counts; of many chunks that have it, all but that are left."""
        if is_object(usage) and any(usage.get(name) is not None for name in COUNTS):
            self._usages[place] = usage

    def _otherwise(self, data: bytes) -> list[Event]:
        """An event that is none of the usual: the end, or fields of other shapes."""
        text = data.strip()
        if text == DONE:
            self.done = True
            return []
        value = read_json(data)
        if is_object(value):
            return self._read(patient(value), data)
        if text:
            self._unread += 1
            self._unread_first = self._unread_first or text[:_SHOWN]
        return []


_SHOWN: Final = 200


def _names(call: Call) -> bool:
    return call.function is not None and bool(call.function.name)


def _is_another(tool: _Tool, call: Call) -> bool:
    """Whether the name in this delta is of a call that is not this one.

    vLLM's Rust parser gives all calls one index, and others give no ids besides. Once arguments came a name
    does not go on.
    """
    if call.id and tool.id and call.id != tool.id:
        return True
    return tool.number is not None and call.function is not None and call.function.name != tool.name


def _is_closed(arguments: str) -> bool:
    """Whether these arguments are an object, to its last brace."""
    return is_object(read_json(arguments.encode("utf-8", "replace")))


def _start(data: bytes) -> Start:
    """What the first chunk says at the top."""
    value = read_json(data)
    if not is_object(value):
        return Start()
    id, model = value.get("id"), value.get("model")
    return Start(
        id if isinstance(id, str) else "",
        model if isinstance(model, str) else "",
        count_of(value.get("created")) or 0,
        {name: item for name, item in value.items() if name not in _HEAD},
    )


def _error(value: Any) -> UpstreamError | None:
    """An error inside a stream that began well (kimi-api.md I8): in a field of its own, or flat."""
    if not is_object(value):
        return None
    inner: Any = value.get("error")
    if not inner:
        flat = any(isinstance(value.get(name), str) for name in ("message", "msg", "detail"))
        if not flat and "error" not in (value.get("object"), value.get("type")):
            return None
    said: dict[str, Any] = inner if is_object(inner) else value
    found = open_envelope(value)
    code, kind = said.get("code"), said.get("type")
    return UpstreamError(
        found.message or "the server broke off with an error",
        code=code if isinstance(code, str) else "",
        type=kind if isinstance(kind, str) else "",
        status=found.status,
        raw=said,
    )
