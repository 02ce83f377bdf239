"""Events to Chat Completions: the chunks of a stream, or the one answer (verification.md 3 and 4).

The stream follows Moonshot's specification: role first, a call's name once and whole, later chunks with
index and arguments only, an empty piece of reasoning where the thoughts end, usage in the last frame's
choice and, if the caller asked, in a frame of its own, `[DONE]` always.
"""

import json
import re
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
from moonwire.core.messages import Reply
from moonwire.wire.chat.chunks import joined_logprobs

__all__ = ["DONE", "Writer", "encode_reply", "error_object", "usage_object"]

DONE: Final = b"data: [DONE]\n\n"

_encode = msgspec.json.Encoder().encode
_SURROGATE: Final = re.compile("[\ud800-\udfff]")

FINISHES: Final = {"error": "stop", "unknown": "stop"}
"""What this dialect has no word for. The server's own stands beside it, in `native_finish_reason`."""


class Writer:
    r"""Takes events as they come, gives the bytes of a stream.

    `usage` says that the caller asked for usage in a frame of its own; `extra` are fields for the last
    frame, such as the notes.

    >>> writer = Writer(id="chatcmpl-1", model="kimi-k3", created=0)
    >>> writer.feed([Start(), Text("Hi")])[0].count(b"data: "), writer.feed([Finish("stop")])
    (2, [])
    >>> writer.finish()[-1].endswith(b"data: [DONE]\n\n")
    True
    """

    def __init__(
        self,
        *,
        id: str,
        model: str,
        created: int,
        usage: bool = False,
        extra: Callable[[], dict[str, Any]] | None = None,
    ) -> None:
        self._head: dict[str, Any] = {
            "id": id,
            "object": "chat.completion.chunk",
            "created": created,
            "model": model,
        }
        self._asked_usage = usage
        self._extra = extra
        self._begun = False
        self._thinking = False
        self._thought = False
        self._usage: Usage | None = None
        self._finish: Finish | None = None
        self._error: UpstreamError | None = None
        self._prefixes()

    def _prefixes(self) -> None:
        head = b"data: " + _written(self._head)[:-1]
        self._before = head + b',"choices":[{"index":0,"delta":'
        self._before_text = self._before + b'{"content":'
        self._before_thought = self._before + b'{"reasoning_content":'
        self._before_call = self._before + b'{"tool_calls":[{"index":'

    def feed(self, events: Iterable[Event]) -> list[bytes]:
        """The frames of these events, in one piece, or nothing."""
        takers = self._TAKERS
        out = b"".join([takers[type(event)](self, event) for event in events])
        return [out] if out else []

    def finish(self) -> list[bytes]:
        """The end: the last frame, usage if it was asked for, and `[DONE]`; or the error that ended it."""
        if self._error is not None:
            return [_frame({"error": error_object(self._error)}) + DONE]
        if self._finish is None:
            return [DONE]
        pieces = [self._ready(), self._ended()]
        choice = self._choice_of(self._finish)
        if self._usage is not None:
            choice["usage"] = usage_object(self._usage)
        last = {**_free(self._finish.extra), **self._head, "choices": [choice]}
        if self._extra is not None:
            last |= self._extra()
        pieces.append(_frame(last))
        if self._asked_usage and self._usage is not None:
            pieces.append(_frame({**self._head, "choices": [], "usage": usage_object(self._usage)}))
        pieces.append(DONE)
        return [b"".join(pieces)]

    def _choice_of(self, finish: Finish) -> dict[str, Any]:
        choice: dict[str, Any] = {
            "index": 0,
            "delta": {},
            "finish_reason": FINISHES.get(finish.reason, finish.reason),
        }
        if finish.stop_sequence is not None:
            choice["stop_reason"] = finish.stop_sequence
        if finish.native is not None:
            choice["native_finish_reason"] = finish.native
        return choice

    # -- frames ------------------------------------------------------------------------------------

    def _start(self, event: Start) -> bytes:
        if event.extra and not self._begun:
            self._head = {**self._head, **_free(event.extra)}
            self._prefixes()
        return self._ready()

    def _ready(self) -> bytes:
        """The first frame: the role, and nothing yet."""
        if self._begun:
            return b""
        self._begun = True
        return self._before + b'{"role":"assistant","content":""},"finish_reason":null}]}\n\n'

    def _ended(self) -> bytes:
        """An empty piece of reasoning says that the thoughts are over (P1.7)."""
        if not self._thinking:
            return b""
        self._thinking = False
        return self._before_thought + b'""},"finish_reason":null}]}\n\n'

    def _reasoning(self, event: Reasoning) -> bytes:
        if not event.text and self._thought:
            # Behind other thoughts it would say that they are over, and they may not be.
            return b""
        begun = self._ready()
        self._thought = True
        self._thinking = self._thinking or bool(event.text)
        if event.pieces is not None:
            return begun + _framed(self._before_thought, event.pieces)
        return begun + self._before_thought + _quoted(event.text) + b"}" + _tail(event.logprobs)

    def _text(self, event: Text) -> bytes:
        begun = b"" if self._begun and not self._thinking else self._ready() + self._ended()
        if not event.text and event.logprobs is None:
            return begun
        if event.pieces is not None:
            return begun + _framed(self._before_text, event.pieces)
        return begun + self._before_text + _quoted(event.text) + b"}" + _tail(event.logprobs)

    def _call_start(self, event: CallStart) -> bytes:
        call = {
            "index": event.index,
            "id": event.id,
            "type": "function",
            "function": {"name": event.name, "arguments": ""},
        }
        return self._ready() + self._ended() + self._before + _written({"tool_calls": [call]}) + _tail(None)

    def _call_arguments(self, event: CallArguments) -> bytes:
        quoted = _quoted(event.text)
        return self._before_call + b'%d,"function":{"arguments":%b}}]}' % (event.index, quoted) + _TAIL

    def _malformed(self, event: Malformed) -> bytes:
        """What was meant as structure and could not be read is not shown as text; a note tells of it."""
        return b""

    def _take_usage(self, event: Usage) -> bytes:
        self._usage = event
        return b""

    def _take_finish(self, event: Finish) -> bytes:
        self._finish = event
        return b""

    def _take_error(self, event: UpstreamError) -> bytes:
        # The first is the cause; what follows from it says less.
        self._error = self._error or event
        return b""

    def _nothing(self, event: Event) -> bytes:
        return b""

    # Of functions, not of bound methods: an answer that is over is not to wait for the collector.
    _TAKERS: ClassVar[Mapping[type[Event], Callable[[Any, Any], bytes]]] = {
        Start: _start,
        Reasoning: _reasoning,
        Text: _text,
        CallStart: _call_start,
        CallArguments: _call_arguments,
        CallEnd: _nothing,
        Reclassified: _nothing,
        Sealed: _nothing,
        Noted: _nothing,
        Malformed: _malformed,
        Usage: _take_usage,
        Finish: _take_finish,
        UpstreamError: _take_error,
    }


_TAIL: Final = b',"finish_reason":null}]}\n\n'


def _framed(before: bytes, pieces: tuple[bytes, ...]) -> bytes:
    """A frame for each of the pieces, which are JSON already."""
    between = b'"}' + _TAIL + before + b'"'
    return before + b'"' + between.join(pieces) + b'"}' + _TAIL


def _tail(logprobs: Any) -> bytes:
    if logprobs is None:
        return _TAIL
    return b',"finish_reason":null,"logprobs":' + _written(logprobs) + b"}]}\n\n"


def _quoted(text: str) -> bytes:
    try:
        return _encode(text)
    except UnicodeEncodeError:
        return _encode(_SURROGATE.sub("\ufffd", text))


def _written(value: Any) -> bytes:
    try:
        return _encode(value)
    except UnicodeEncodeError:
        # Half a character in a name: no server can have meant it, and no client can read it.
        return _SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False)).encode()


def _frame(value: dict[str, Any]) -> bytes:
    return b"data: " + _written(value) + b"\n\n"


_TAKEN: Final = frozenset({"id", "object", "created", "model", "choices", "usage", "error"})


def _free(extra: dict[str, Any]) -> dict[str, Any]:
    """The server's further fields, as far as their names mean nothing else here."""
    return {name: item for name, item in extra.items() if name not in _TAKEN}


def usage_object(usage: Usage) -> dict[str, Any]:
    """Usage as this dialect has it, with both details always (P0.2).

    >>> usage_object(Usage(input=9, output=2, cached=4))["prompt_tokens_details"]
    {'cached_tokens': 4}
    """
    return {
        **usage.extra,
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "cached_tokens": usage.cached or 0,
        "prompt_tokens_details": {"cached_tokens": usage.cached or 0},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
    }


def error_object(error: UpstreamError) -> dict[str, Any]:
    """An error inside a stream, as the dialect's clients read it (kimi-api.md I8)."""
    return {
        "message": error.message,
        "type": error.type or "upstream_error",
        "param": None,
        "code": error.code or None,
    }


def encode_reply(reply: Reply, *, id: str, model: str, created: int) -> dict[str, Any]:
    """The answer to a caller that did not ask for a stream.

    >>> from moonwire.core.messages import TextPart
    >>> reply = Reply(blocks=(TextPart(text="Hi"),), finish="stop")
    >>> encode_reply(reply, id="chatcmpl-1", model="kimi-k3", created=0)["choices"][0]["message"]
    {'role': 'assistant', 'content': 'Hi'}
    """
    calls = reply.calls
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or (None if calls else "")}
    if reply.reasoning is not None:
        message["reasoning_content"] = reply.reasoning
    if calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in calls
        ]
    finish = reply.finish or "unknown"
    choice: dict[str, Any] = {
        "index": 0,
        "message": message,
        "finish_reason": FINISHES.get(finish, finish),
    }
    if reply.logprobs:
        choice["logprobs"] = joined_logprobs(reply.logprobs)
    if reply.stop_sequence is not None:
        choice["stop_reason"] = reply.stop_sequence
    if reply.native_finish is not None:
        choice["native_finish_reason"] = reply.native_finish
    body: dict[str, Any] = {
        "id": id,
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [choice],
    }
    if reply.usage is not None:
        body["usage"] = usage_object(reply.usage)
    return _sound({**_free(reply.extra), **body})


def _sound(body: dict[str, Any]) -> dict[str, Any]:
    """The body, such that whoever encodes it can: without half characters."""
    try:
        _encode(body)
    except UnicodeEncodeError:
        return json.loads(_written(body))
    return body
