"""Events to Responses: the events of a stream, or the one answer.

The order is the dialect's own: the response, then item by item what is added, its pieces, and what it came
to, then the response again, whole. Every event has the next number. What clients act on is in
`response.output_item.done` and in the last event; Codex reads little else.

| event | written |
|---|---|
| `Reasoning` | a reasoning item, its text as summary; an empty first piece is an item without summary |
| `Sealed` | `encrypted_content` of the reasoning before it, or of an item of its own |
| `Text` | a message item |
| `CallStart`, `CallArguments`, `CallEnd` | a call of the caller's kind; a cut one is `incomplete` |
| `Reclassified`, `Noted`, `Malformed` | nothing: a stream takes nothing back, and notes are told elsewhere |
| `UpstreamError`, `Finish("error")`, no `Finish` | `error`, then `response.failed` |
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final

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
from moonwire.core.messages import Reply, TextPart, Thought, ToolCall
from moonwire.core.schemas.kinds import is_list, is_object
from moonwire.wire.responses.functions import Kind
from moonwire.wire.responses.render import (
    Echo,
    ending,
    free,
    item_id,
    item_of_call,
    message_item,
    output_text,
    quoted,
    reasoning_item,
    response_of,
    sound,
    written,
)
from moonwire.wire.responses.shapes import Json, fresh

__all__ = ["Writer", "encode_reply"]

_DELTAS: Final = {
    "message": ("response.output_text.delta", ',"content_index":0'),
    "reasoning": ("response.reasoning_summary_text.delta", ',"summary_index":0'),
    "function": ("response.function_call_arguments.delta", ""),
}
_TAIL: Final = b',"sequence_number":%d}\n\n'
_TEXT_TAIL: Final = b',"logprobs":[],"sequence_number":%d}\n\n'


_NUMBERS: Final[list[bytes]] = []
_COUNTED: Final = 1 << 15


def _numbers(first: int, many: int) -> list[bytes]:
    """The numbers from the first on as text: small ones are written once."""
    last = first + many
    if last > _COUNTED:
        return [b"%d" % number for number in range(first, last)]
    if len(_NUMBERS) < last:
        _NUMBERS.extend([b"%d" % number for number in range(len(_NUMBERS), last)])
    return _NUMBERS[first:last]


class _Item:
    """One item under way."""

    __slots__ = ("call", "encrypted", "frame", "head", "id", "index", "kind", "logprobs", "pieces", "what")

    def __init__(self, response: str, index: int, what: Kind, call: str = "") -> None:
        kind = what.kind
        self.kind = kind
        self.what = what
        self.call = call
        self.index = index
        self.id = item_id(response, kind, index)
        self.pieces: list[str] = []
        self.logprobs: list[Any] = []
        self.encrypted: str | None = None
        # The event of a piece, but for the piece and the event's number.
        self.frame = self.head = b""
        if kind in _DELTAS:
            name, inner = _DELTAS[kind]
            place = b'"item_id":%b,"output_index":%d%b' % (written(self.id), index, inner.encode())
            head = name.encode()
            self.head = b'event: %b\ndata: {"type":"%b",%b,"delta":' % (head, head, place)
            self.frame = self.head.replace(b"%", b"%%") + b"%b" + (_TEXT_TAIL if kind == "message" else _TAIL)

    def object(self, status: str) -> Json:
        """The item as it is so far."""
        text = "".join(self.pieces)
        if self.kind == "message":
            return message_item(self.id, status, [output_text(text, self.logprobs)])
        if self.kind == "reasoning":
            return reasoning_item(self.id, text, self.encrypted)
        return item_of_call(self.id, self.call, self.what, text, status)


_MESSAGE: Final = Kind("message")
_REASONING: Final = Kind("reasoning")


class Writer:
    r"""Takes events as they come, gives the bytes of a stream.

    `echo` is what the answer repeats of its request; `extra` are fields for the last event's response, such
    as the notes. Usage always comes, so `usage` says nothing here.

    >>> writer = Writer(id="resp_1", model="kimi-k3", created=0)
    >>> [line.count(b"event: ") for line in writer.feed([Start(), Text("Hi"), Finish("stop")])]
    [5]
    >>> writer.finish()[-1].startswith(b"event: response.output_text.done\n")
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
        echo: Echo | None = None,
    ) -> None:
        self._id = id
        self._head: Json = {"id": id, "object": "response", "created_at": created, "model": model}
        self._more = extra
        self._echo = echo or Echo()
        self._echoed = written(self._echo.fields)[1:]
        self._own: Json = {}
        self._number = 0
        self._begun = False
        self._thought = False
        self._open: _Item | None = None
        self._calls: dict[int, _Item] = {}
        self._done: list[bytes] = []
        self._usage: Usage | None = None
        self._finish: Finish | None = None
        self._error: UpstreamError | None = None

    def feed(self, events: Iterable[Event]) -> list[bytes]:
        """The bytes of these events, in one piece, or nothing."""
        takers = self._TAKERS
        out = b"".join([takers[type(event)](self, event) for event in events])
        return [out] if out else []

    def finish(self) -> list[bytes]:
        """The end: what is still open, and the response as it came to be."""
        finish = self._finish
        ended = ending(finish and finish.reason, finish and finish.native, self._error)
        pieces = [self._ready(), *self._rest(ended["status"])]
        if ended["status"] == "failed":
            said = {**ended["error"], "param": None}
            pieces.append(self._event("error", written(said)[1:-1]))
        own = self._own if finish is None else {**self._own, **free(finish.extra)}
        more = {} if self._more is None else self._more()
        response = response_of({**own, **self._head}, ended, [], self._usage)
        pieces.append(self._response(f"response.{ended['status']}", {**response, **more}))
        return [b"".join(pieces)]

    def fail(self, error: UpstreamError) -> list[bytes]:
        """The end of a stream that cannot go on, for whatever reason."""
        self._error = error
        return self.finish()

    def _rest(self, status: str) -> Iterator[bytes]:
        """What never ended: the text with the answer, a call not at all."""
        for index in list(self._calls):
            yield self._call_done(self._calls.pop(index), "incomplete")
        yield self._close("completed" if status == "completed" else "incomplete")

    # -- frames ------------------------------------------------------------------------------------

    def _event(self, name: str, inner: bytes) -> bytes:
        number = self._number
        self._number = number + 1
        kind = name.encode()
        return b'event: %b\ndata: {"type":"%b",%b,"sequence_number":%d}\n\n' % (kind, kind, inner, number)

    def _response(self, name: str, response: Json) -> bytes:
        output = b",".join([item for item in self._done if item])
        body = written({key: value for key, value in response.items() if key != "output"})[:-1]
        return self._event(name, b'"response":%b,"output":[%b],%b' % (body, output, self._echoed))

    def _item_event(self, name: str, item: _Item, inner: Json) -> bytes:
        place = b'"item_id":%b,"output_index":%d,' % (written(item.id), item.index)
        return self._event(name, place + written(inner)[1:-1])

    def _added(self, item: _Item, written_item: bytes) -> bytes:
        inner = b'"output_index":%d,"item":%b' % (item.index, written_item)
        return self._event("response.output_item.added", inner)

    def _finished(self, item: _Item, status: str) -> bytes:
        body = self._done[item.index] = written(item.object(status))
        inner = b'"output_index":%d,"item":%b' % (item.index, body)
        return self._event("response.output_item.done", inner)

    # -- the response ------------------------------------------------------------------------------

    def _start(self, event: Start) -> bytes:
        if event.extra and not self._begun:
            self._own = free(event.extra)
        elif event.extra:
            self._own = {**self._own, **free(event.extra)}
        return self._ready()

    def _ready(self) -> bytes:
        if self._begun:
            return b""
        self._begun = True
        running = {"status": "in_progress", "error": None, "incomplete_details": None}
        response = response_of({**self._own, **self._head}, running, [], None)
        created = self._response("response.created", response)
        return created + self._response("response.in_progress", response)

    def _item(self, what: Kind, call: str = "") -> _Item:
        item = _Item(self._id, len(self._done), what, call)
        self._done.append(b"")
        return item

    # -- thoughts and text -------------------------------------------------------------------------

    def _begin(self, what: Kind) -> tuple[_Item, bytes]:
        """Opens an item of text, and ends the one before it."""
        before = self._ready() + self._close("completed")
        item = self._open = self._item(what)
        if what is _REASONING:
            return item, before + self._added(item, written(item.object("in_progress")))
        before += self._added(item, written(message_item(item.id, "in_progress", [])))
        return item, before + self._part("response.content_part.added", item, "")

    def _part(self, name: str, item: _Item, text: str) -> bytes:
        if item.kind == "message":
            part = output_text(text, item.logprobs if text else [])
            return self._item_event(name, item, {"content_index": 0, "part": part})
        part = {"type": "summary_text", "text": text}
        return self._item_event(name, item, {"summary_index": 0, "part": part})

    def _reasoning(self, event: Reasoning) -> bytes:
        text, item = event.text, self._open
        if item is None or item.kind != "reasoning":
            if not text and self._thought:
                # The first empty piece says that there are thoughts; the others say nothing.
                return b""
            self._thought = True
            item, before = self._begin(_REASONING)
        else:
            before = b""
        if not text:
            return before
        pieces = item.pieces
        if not pieces:
            before += self._part("response.reasoning_summary_part.added", item, "")
        pieces.append(text)
        return before + self._deltas(item, event)

    def _deltas(self, item: _Item, event: Text | Reasoning) -> bytes:
        """A frame for the text, or for each of the pieces that it came in."""
        number, pieces, frame = self._number, event.pieces, item.frame
        if pieces is None:
            self._number = number + 1
            return frame % (quoted(event.text), number)
        self._number = number + len(pieces)
        middle, end = (_TEXT_TAIL if item.kind == "message" else _TAIL).split(b"%d")
        between = [end + item.head + b'"'] * len(pieces)
        between[-1] = end
        # One list of all that there is to be written: a frame by itself costs four times as much.
        parts = [b'"' + middle] * (4 * len(pieces))
        parts[0::4], parts[2::4], parts[3::4] = pieces, _numbers(number, len(pieces)), between
        return item.head + b'"' + b"".join(parts)

    def _text(self, event: Text) -> bytes:
        text, item = event.text, self._open
        if text and item is not None and item.kind == "message" and event.logprobs is None:
            # Nearly every piece.
            item.pieces.append(text)
            return self._deltas(item, event)
        if not text and event.logprobs is None:
            return self._ready()
        if item is None or item.kind != "message":
            item, before = self._begin(_MESSAGE)
        else:
            before = b""
        item.pieces.append(text)
        found = _logprobs(event.logprobs)
        if not found:
            return before + self._deltas(item, event)
        item.logprobs += found
        logprobs = b'"logprobs":' + written(found).replace(b"%", b"%%")
        frame = item.frame.removesuffix(_TEXT_TAIL) + b"," + logprobs + _TAIL
        number = self._number
        self._number = number + 1
        return before + frame % (quoted(text), number)

    def _sealed(self, event: Sealed) -> bytes:
        if event.kind != "encrypted":
            return b""
        before = b""
        item = self._open
        if item is None or item.kind != "reasoning":
            self._thought = True
            item, before = self._begin(_REASONING)
        item.encrypted = event.data
        return before

    def _close(self, status: str) -> bytes:
        """The end of the item of text that is open, if one is."""
        item, self._open = self._open, None
        if item is None:
            return b""
        text = "".join(item.pieces)
        if item.kind == "message":
            said: Json = {"content_index": 0, "text": text, "logprobs": item.logprobs}
            done = self._item_event("response.output_text.done", item, said)
            done += self._part("response.content_part.done", item, text)
        elif text:
            said = {"summary_index": 0, "text": text}
            done = self._item_event("response.reasoning_summary_text.done", item, said)
            done += self._part("response.reasoning_summary_part.done", item, text)
        else:
            done = b""
        return done + self._finished(item, status)

    # -- calls -------------------------------------------------------------------------------------

    def _call_start(self, event: CallStart) -> bytes:
        before = self._ready() + self._close("completed")
        item = self._item(self._echo.kinds.of_call(event.name), event.id)
        self._calls[event.index] = item
        # A call of another kind is written when it is whole: until then it is not known to be one.
        if item.kind != "function":
            return before
        return before + self._added(item, written(item.object("in_progress")))

    def _call_arguments(self, event: CallArguments) -> bytes:
        item = self._calls[event.index]
        text = event.text
        item.pieces.append(text)
        if item.kind != "function":
            return b""
        number = self._number
        self._number = number + 1
        return item.frame % (quoted(text), number)

    def _call_end(self, event: CallEnd) -> bytes:
        item = self._calls.pop(event.index, None)
        if item is None:
            return b""
        return self._call_done(item, "completed" if event.complete else "incomplete")

    def _call_done(self, item: _Item, status: str) -> bytes:
        found = item.object(status)
        kind = found["type"]
        begun = b""
        if item.kind != "function":
            holder = "input" if kind == "custom_tool_call" else "arguments"
            bare = {**found, "status": "in_progress"}
            bare |= {holder: ""} if isinstance(found.get(holder), str) else {}
            begun = self._added(item, written(bare))
        if kind == "function_call":
            said = found["arguments"]
            if item.kind != "function":
                begun += self._item_event("response.function_call_arguments.delta", item, {"delta": said})
            whole = {"name": found["name"], "arguments": said}
            begun += self._item_event("response.function_call_arguments.done", item, whole)
        elif kind == "custom_tool_call":
            said = found["input"]
            begun += self._item_event("response.custom_tool_call_input.delta", item, {"delta": said})
            begun += self._item_event("response.custom_tool_call_input.done", item, {"input": said})
        return begun + self._finished(item, status)

    # -- the rest ----------------------------------------------------------------------------------

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
        Sealed: _sealed,
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


def _logprobs(value: Any) -> list[Any]:
    """The logprobs of a piece: a server of Chat Completions has them in an object."""
    content: Any = value.get("content") if is_object(value) else value
    return content if is_list(content) else []


# -- the one answer ----------------------------------------------------------------------------------


def encode_reply(reply: Reply, *, id: str, model: str, created: int, echo: Echo | None = None) -> Json:
    """The answer to a caller that did not ask for a stream: what a stream's last event holds.

    >>> reply = Reply(blocks=(TextPart(text="Hi"),), finish="stop")
    >>> encode_reply(reply, id="resp_1", model="kimi-k3", created=0)["output"][0]["content"][0]["text"]
    'Hi'
    """
    echo = echo or Echo()
    ended = ending(reply.finish, reply.native_finish, reply.error)
    blocks = list(_blocks(reply))
    output: list[Any] = []
    for index, block in enumerate(blocks):
        last = index == len(blocks) - 1
        cut = last and ended["status"] != "completed"
        output.append(_item_of(block, _Place(id, index, echo), "incomplete" if cut else "completed"))
    texts = [item for item in output if item["type"] == "message"]
    if reply.logprobs and texts:
        # Which piece each belongs to is not known any more.
        texts[0]["content"][0]["logprobs"] = [one for part in reply.logprobs for one in _logprobs(part)]
    head = {"id": id, "object": "response", "created_at": created, "model": model}
    body = response_of({**free(reply.extra), **head}, ended, output, reply.usage)
    return sound({**body, **fresh(echo.fields)})


class _Place:
    """Where an item stands."""

    __slots__ = ("echo", "index", "response")

    def __init__(self, response: str, index: int, echo: Echo) -> None:
        self.response = response
        self.index = index
        self.echo = echo


def _item_of(block: Thought | TextPart | ToolCall, place: _Place, status: str) -> Json:
    if isinstance(block, ToolCall):
        what = place.echo.kinds.of_call(block.name)
        item = _Item(place.response, place.index, what, block.id)
        item.pieces.append(block.arguments)
        return item.object("completed" if block.complete else "incomplete")
    item = _Item(place.response, place.index, _MESSAGE if isinstance(block, TextPart) else _REASONING)
    item.pieces.append(block.text)
    item.encrypted = block.encrypted if isinstance(block, Thought) else None
    return item.object(status)


def _blocks(reply: Reply) -> Iterator[Thought | TextPart | ToolCall]:
    """The blocks that become items, as in a stream: none of nothing, no two texts in a row."""
    found: list[Thought | TextPart | ToolCall] = []
    for block in reply.blocks:
        if isinstance(block, TextPart) and not block.text:
            continue
        if isinstance(block, Thought) and not block.text and (block.signature or block.redacted):
            continue
        before = found[-1] if found else None
        if isinstance(block, TextPart) and isinstance(before, TextPart):
            found[-1] = TextPart(text=before.text + block.text)
        elif isinstance(block, Thought) and isinstance(before, Thought):
            encrypted = block.encrypted or before.encrypted
            found[-1] = Thought(text=before.text + block.text, encrypted=encrypted)
        else:
            found.append(block)
    yield from found
