"""A server's stream of Chat Completions: the data of each event to the events of the vocabulary.

Servers disagree about nearly everything here (kimi-api.md I): where usage stands, what the reasoning is
called, how a call's name and index come, and whether there are calls at all or only their markup in the
text. What cannot be read is a note or `Malformed`, never an exception.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

import msgspec
from msgspec import UNSET, Raw, UnsetType

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
    Usage,
)
from moonwire.core.notes import Note
from moonwire.core.schemas.kinds import is_list, is_object

__all__ = ["DONE", "Markup", "Reader", "usage_of"]

DONE: Final = b"[DONE]"


class Markup(Protocol):
    """What reads raw markup out of one channel: `moonwire.core.rawtext.TextParser`."""

    def feed(self, text: str) -> list[Event]:
        """What the next piece says."""
        ...

    def finish(self, reason: str | None = "stop") -> list[Event]:
        """What was still open."""
        ...


# -- what a chunk may hold --------------------------------------------------------------------------
#
# Only the fields that are needed are decoded, which is most of what a chunk costs. A chunk that has one of
# them in another shape is read again, with patience.


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class _Call(msgspec.Struct, gc=False):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct, gc=False):
    content: str | None = None
    reasoning_content: str | UnsetType | None = UNSET
    reasoning: str | UnsetType | None = UNSET
    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct, gc=False):
    index: int = 0
    delta: _Delta | None = None
    finish_reason: str | None = None
    usage: Raw | None = None
    logprobs: Raw | None = None
    stop_reason: Raw | None = None


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] = []
    usage: Raw | None = None
    error: Raw | None = None
    id: str = ""
    model: str = ""
    created: int = 0


_DECODER: Final = msgspec.json.Decoder(_Chunk)
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
}


class _Tool:
    """One call of the server's own, under way."""

    __slots__ = ("arguments", "ended", "id", "name", "number", "pieces")

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        # Its number among all calls of the answer; none before its name is known.
        self.number: int | None = None
        # Arguments that came before the name (kimi-code: buffered, kimi-api.md I4).
        self.pieces: list[str] = []
        self.arguments = False
        self.ended = False


class Reader:
    """Takes the data of each event, gives what it says.

    `content` and `reasoning` read markup out of the two channels; without them text is text.

    >>> reader = Reader()
    >>> reader.feed(b'{"id": "a", "choices": [{"delta": {"content": "Hi"}, "finish_reason": null}]}')
    [Start(id='a'), Text(text='Hi')]
    >>> reader.feed(b'{"choices": [{"delta": {}, "finish_reason": "stop"}]}'), reader.finish()
    ([], [Finish(reason='stop')])
    """

    def __init__(self, content: Markup | None = None, reasoning: Markup | None = None) -> None:
        self._content = content
        self._reasoning = reasoning
        self._started = False
        self._tools: list[_Tool] = []
        self._by_index: dict[int, _Tool] = {}
        self._calls = 0
        self._whole = 0
        # The numbers of the calls that each markup reader counts by itself.
        self._numbers: dict[tuple[int, int], int] = {}
        self._usage: Usage | None = None
        self._native: str | None = None
        self._stop: str | None = None
        self._thought = False
        self._unread = 0
        self.done = False
        """Whether the server said that this was all."""
        self.reason: FinishReason | None = None
        """The reason that the server gave."""

    @property
    def complete(self) -> bool:
        """Whether the answer is provably whole: the server gave a reason, or said that it was all."""
        return self.reason is not None or self.done

    def feed(self, data: bytes) -> list[Event]:
        """What one event says."""
        try:
            chunk = _DECODER.decode(data)
        except msgspec.DecodeError:
            return self._otherwise(data)
        return self._read(chunk, data)

    def _read(self, chunk: _Chunk, data: bytes) -> list[Event]:
        out: list[Event] = []
        if not self._started:
            self._started = True
            out.append(Start(chunk.id, chunk.model, chunk.created, _extra(data)))
        if chunk.error is not None and bytes(chunk.error) != b"null":
            out.append(_error(bytes(chunk.error)))
            return out
        if chunk.usage is not None:
            self._take_usage(chunk.usage)
        for choice in chunk.choices:
            # One answer is one conversation's next turn; others of the same request are not this one's.
            if choice.index == 0:
                self._choice(choice, out)
        return out

    def _choice(self, choice: _Choice, out: list[Event]) -> None:
        delta = choice.delta
        if delta is not None:
            reasoning = delta.reasoning_content
            if reasoning is UNSET or reasoning is None:
                reasoning = delta.reasoning
            logprobs = None if choice.logprobs is None else _json(choice.logprobs)
            if reasoning is not UNSET and reasoning is not None:
                self._think(reasoning, None if delta.content else logprobs, out)
            if delta.content:
                self._say(delta.content, logprobs, out)
            if delta.tool_calls:
                self._call_deltas(delta.tool_calls, out)
        if choice.usage is not None:
            self._take_usage(choice.usage)
        if choice.finish_reason:
            self._native = choice.finish_reason
            self.reason = _REASONS.get(choice.finish_reason, "unknown")
            stop = None if choice.stop_reason is None else _json(choice.stop_reason)
            self._stop = stop if isinstance(stop, str) else None

    # -- text --------------------------------------------------------------------------------------

    def _think(self, text: str, logprobs: Any, out: list[Event]) -> None:
        if not text:
            # The first empty piece says that there are thoughts; the others say nothing (kimi-code#2506).
            if not self._thought:
                self._thought = True
                out.append(Reasoning(""))
            return
        self._thought = True
        if self._reasoning is None:
            out.append(Reasoning(text, logprobs))
        else:
            self._marked(self._reasoning, self._reasoning.feed(text), logprobs, out)

    def _say(self, text: str, logprobs: Any, out: list[Event]) -> None:
        if self._content is None:
            out.append(Text(text, logprobs))
        else:
            self._marked(self._content, self._content.feed(text), logprobs, out)

    def _marked(self, markup: Markup, events: Iterable[Event], logprobs: Any, out: list[Event]) -> None:
        """What a markup reader says, its calls numbered among all calls."""
        for event in events:
            if isinstance(event, Text | Reasoning):
                # They belong to the chunk, whatever of its text is shown.
                out.append(event if logprobs is None else type(event)(event.text, logprobs))
                logprobs = None
            elif isinstance(event, CallStart | CallArguments | CallEnd):
                out.append(self._numbered(markup, event))
            elif isinstance(event, Reclassified):
                # Thoughts that came in a field of their own stay thoughts.
                if not (markup is self._content and self._thought):
                    out.append(event)
            elif not isinstance(event, Finish):
                out.append(event)

    def _numbered(self, markup: Markup, event: CallStart | CallArguments | CallEnd) -> Event:
        key = (id(markup), event.index)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = self._calls
            self._calls += 1
        if isinstance(event, CallEnd) and event.complete:
            self._whole += 1
        return event if number == event.index else msgspec.structs.replace(event, index=number)

    # -- the server's own calls --------------------------------------------------------------------

    def _call_deltas(self, calls: list[_Call], out: list[Event]) -> None:
        for place, call in enumerate(calls):
            tool = self._which(call, place)
            if call.id and not tool.id:
                tool.id = call.id
            function = call.function
            if function is None:
                continue
            if function.name:
                self._name(tool, function.name)
            if function.arguments:
                tool.pieces.append(function.arguments)
            if tool.number is not None:
                self._pour(tool, out)
            elif tool.name and (function.arguments or (function.arguments == "" and function.name is None)):
                # A name may come in pieces (kimi-code#3220): it is whole when arguments begin.
                self._begin(tool, out)

    def _which(self, call: _Call, place: int) -> _Tool:
        """By index; without one by a new id, by the place in the chunk, or the last one (kimi-api.md I9)."""
        if call.index is not None:
            tool = self._by_index.get(call.index)
            # A server that counts anew gives another id under the same index (vLLM's Rust parser).
            if tool is not None and call.id and tool.id and call.id != tool.id and _names(call):
                tool = None
            if tool is None:
                tool = self._by_index[call.index] = self._new()
            return tool
        if call.id:
            for tool in self._tools:
                if tool.id == call.id:
                    return tool
            return self._new()
        if _names(call) or not self._tools:
            return self._new()
        return self._tools[place] if place and place < len(self._tools) else self._tools[-1]

    def _new(self) -> _Tool:
        tool = _Tool()
        self._tools.append(tool)
        return tool

    @staticmethod
    def _name(tool: _Tool, piece: str) -> None:
        """Some servers split the name over chunks, and some say it whole in every one."""
        if tool.number is None and piece != tool.name:
            tool.name += piece

    def _begin(self, tool: _Tool, out: list[Event]) -> None:
        tool.number = self._calls
        self._calls += 1
        out.append(CallStart(tool.number, tool.id, tool.name))
        self._pour(tool, out)

    def _pour(self, tool: _Tool, out: list[Event]) -> None:
        number = tool.number
        assert number is not None
        for piece in tool.pieces:
            out.append(CallArguments(number, piece))
            tool.arguments = True
        tool.pieces.clear()

    # -- the end -----------------------------------------------------------------------------------

    def finish(self) -> list[Event]:
        """The stream is over: open calls, usage, and the reason that follows from what there is.

        Without a reason of the server's and without `[DONE]` there is no `Finish`: whoever reads decides
        what a broken stream is worth.
        """
        out: list[Event] = []
        for markup in (self._reasoning, self._content):
            if markup is not None:
                self._marked(
                    markup, markup.finish(self._native or ("stop" if self.done else None)), None, out
                )
        whole = self.complete and self.reason not in ("length", "content_filter", "error")
        for tool in self._tools:
            self._end(tool, whole, out)
        if self._unread:
            reason = f"{self._unread} events of the stream could not be read and were left out"
            out.append(Noted(Note(code="events-unreadable", level="warning", path="stream", reason=reason)))
        if self._usage is not None:
            out.append(self._usage)
        if self.complete:
            out.append(self._finished())
        return out

    def _end(self, tool: _Tool, whole: bool, out: list[Event]) -> None:
        if tool.number is None and tool.name:
            self._begin(tool, out)
        if tool.number is None:
            # forgecode#1141: a call without a name; some deltas hold nothing at all.
            raw = "".join(tool.pieces)
            if raw or tool.id:
                out.append(Malformed(raw, "a tool call without a name"))
            return
        if not tool.arguments and whole:
            out.append(CallArguments(tool.number, "{}"))
        if whole:
            self._whole += 1
        out.append(CallEnd(tool.number, complete=whole))

    def _finished(self) -> Finish:
        reason: FinishReason = self.reason or "unknown"
        if self._whole and reason in ("stop", "unknown"):
            # kimi-api.md I3: `stop` beside calls; it is what agents decide by.
            reason = "tool_calls"
        elif not self._calls and reason in ("tool_calls", "unknown"):
            reason = "stop"
        native = self._native if self._native != reason else None
        return Finish(reason, native=native, stop_sequence=self._stop)

    # -- the rest ----------------------------------------------------------------------------------

    def _take_usage(self, raw: Raw) -> None:
        """The last usage that says something counts: it stands in the choice, at the top, or in both."""
        usage = usage_of(_json(raw))
        if usage is not None:
            self._usage = usage

    def _otherwise(self, data: bytes) -> list[Event]:
        """An event that is none of the usual: the end, or fields of other shapes."""
        if data.strip() == DONE:
            self.done = True
            return []
        value = _json(data)
        if not is_object(value):
            self._unread += 1
            return []
        try:
            return self._read(msgspec.convert(_patient(value), _Chunk), data)
        except msgspec.ValidationError:
            self._unread += 1
            return []


def _names(call: _Call) -> bool:
    return call.function is not None and bool(call.function.name)


def _json(raw: Any) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _extra(data: bytes) -> dict[str, Any]:
    """What the first chunk says at the top beside what has a place of its own."""
    value = _json(data)
    return {name: item for name, item in value.items() if name not in _HEAD} if is_object(value) else {}


def _error(raw: bytes) -> UpstreamError:
    """An error object inside a stream that began well (kimi-api.md I8)."""
    value = _json(raw)
    if isinstance(value, str):
        return UpstreamError(value, raw=value)
    said: dict[str, Any] = value if is_object(value) else {}
    code, status = said.get("code"), said.get("status")
    number = code if isinstance(code, int) else status if isinstance(status, int) else None
    return UpstreamError(
        str(said.get("message") or "the server broke off with an error"),
        code=code if isinstance(code, str) else "",
        type=said["type"] if isinstance(said.get("type"), str) else "",
        status=number if number is not None and 400 <= number < 600 else None,
        raw=value,
    )


_COUNTS: Final = ("prompt_tokens", "completion_tokens")


def usage_of(value: Any) -> Usage | None:
    """Usage in any server's words; none where it says nothing.

    Cached tokens stand at the top, in the details, or in both (kimi-api.md I2).

    >>> usage_of({"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11, "cached_tokens": 4})
    Usage(input=9, output=2, cached=4)
    """
    if not is_object(value) or not any(_number(value.get(name)) is not None for name in _COUNTS):
        return None
    said: dict[str, Any] = value
    prompt, completion = _details(said, "prompt_tokens_details"), _details(said, "completion_tokens_details")
    cached = _number(prompt.get("cached_tokens"))
    known = {*_COUNTS, "total_tokens", "cached_tokens", "prompt_tokens_details", "completion_tokens_details"}
    return Usage(
        input=_number(said.get("prompt_tokens")) or 0,
        output=_number(said.get("completion_tokens")) or 0,
        cached=cached if cached is not None else _number(said.get("cached_tokens")),
        reasoning=_number(completion.get("reasoning_tokens")),
        extra={name: item for name, item in said.items() if name not in known and item is not None},
    )


def _details(said: dict[str, Any], name: str) -> dict[str, Any]:
    value = said.get(name)
    return value if is_object(value) else {}


def _number(value: Any) -> int | None:
    return max(0, int(value)) if isinstance(value, int | float) and not isinstance(value, bool) else None


# -- chunks of other shapes ---------------------------------------------------------------------------


def _patient(value: dict[str, Any]) -> dict[str, Any]:
    """The chunk with what has no readable shape left out (kimi-api.md I9: a malformed index, a null list)."""
    kept: dict[str, Any] = {}
    for name, fits in _TOP.items():
        if name in value and fits(value[name]):
            kept[name] = value[name]
    for name in ("usage", "error"):
        if value.get(name) is not None:
            kept[name] = Raw(msgspec.json.encode(value[name]))
    choices = value.get("choices")
    kept["choices"] = (
        [_patient_choice(choice) for choice in choices if is_object(choice)] if is_list(choices) else []
    )
    return kept


_TOP: Final[dict[str, Callable[[Any], bool]]] = {
    "id": lambda item: isinstance(item, str),
    "model": lambda item: isinstance(item, str),
    "created": lambda item: isinstance(item, int) and not isinstance(item, bool),
}


def _patient_choice(choice: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    if isinstance(choice.get("index"), int):
        kept["index"] = choice["index"]
    if isinstance(choice.get("finish_reason"), str):
        kept["finish_reason"] = choice["finish_reason"]
    for name in ("usage", "logprobs", "stop_reason"):
        if choice.get(name) is not None:
            kept[name] = Raw(msgspec.json.encode(choice[name]))
    delta = choice.get("delta", choice.get("message"))
    if is_object(delta):
        kept["delta"] = _patient_delta(delta)
    return kept


def _patient_delta(delta: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name in ("content", "reasoning_content", "reasoning"):
        value = delta.get(name)
        if isinstance(value, str):
            kept[name] = value
        elif is_list(value):
            # Content in parts, as some gateways give it.
            texts = [part.get("text") for part in value if is_object(part)]
            kept[name] = "".join(text for text in texts if isinstance(text, str))
    calls = delta.get("tool_calls")
    if is_list(calls):
        kept["tool_calls"] = [_patient_call(call) for call in calls if is_object(call)]
    return kept


def _patient_call(call: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    if isinstance(call.get("index"), int) and not isinstance(call["index"], bool):
        kept["index"] = call["index"]
    if isinstance(call.get("id"), str):
        kept["id"] = call["id"]
    function = call.get("function")
    if is_object(function):
        said: dict[str, Any] = {}
        if isinstance(function.get("name"), str):
            said["name"] = function["name"]
        arguments = function.get("arguments")
        if isinstance(arguments, str):
            said["arguments"] = arguments
        elif arguments is not None:
            # An object where text should be.
            said["arguments"] = msgspec.json.encode(arguments).decode()
        kept["function"] = said
    return kept
