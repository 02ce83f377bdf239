"""A whole Chat Completions body, to a request and back."""

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec
from msgspec import UNSET

from moonwire.core.errors import LocalProtocolError
from moonwire.core.intent import SPELLINGS, read_intent
from moonwire.core.memo import Generations
from moonwire.core.messages import Request, Sampling
from moonwire.wire.chat.messages import decode_messages, encode_message, read_message, written_message
from moonwire.wire.chat.shapes import OVERHEAD, Json, an_object, fresh, refuse_reserved
from moonwire.wire.chat.tools import (
    choice_body,
    decode_choice,
    decode_format,
    decode_tools,
    encode_tool,
    format_body,
)

__all__ = ["decode", "encode", "read", "write"]

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_pieces = msgspec.json.Decoder(list[msgspec.Raw]).decode

# All of a body but its messages, by its JSON: an agent sends the same on every turn.
_KNOWN = Generations[Request](limit=8 * 1024 * 1024)

CAPS = ("max_completion_tokens", "max_tokens", "max_output_tokens")
_SAMPLING: dict[str, tuple[type, ...]] = {
    "temperature": (int, float),
    "top_p": (int, float),
    "top_k": (int,),
    "n": (int,),
    "presence_penalty": (int, float),
    "frequency_penalty": (int, float),
    "seed": (int,),
    "logprobs": (bool,),
    "top_logprobs": (int,),
}
_FLAGS = (("parallel_tool_calls", "parallel"), ("stream", "stream"), ("store", "store"))
_TEXTS = (("prompt_cache_key", "cache_key"), ("user", "user"), ("previous_response_id", "previous"))


def decode(body: Mapping[str, Any]) -> Request:
    """The request that a Chat Completions body asks for.

    Raises `LocalProtocolError` with the field's path where the body has no readable shape.

    >>> request = decode({"model": "kimi-k3", "messages": [{"role": "user", "content": "hi"}]})
    >>> request.messages[0].content
    'hi'
    """
    fields = dict(an_object(body, "body", "a request body"))
    given: dict[str, Any] = {"messages": decode_messages(fields.pop("messages", UNSET))}
    extra: Json = {}
    if "tools" in fields:
        given["tools"] = decode_tools(fields.pop("tools"))
    for name, read in (("tool_choice", decode_choice), ("response_format", decode_format)):
        if name in fields:
            value = fields.pop(name)
            found = None if value is None else read(value)
            _keep(given, extra, name, name, found, value)
    _simple(fields, given, extra)
    _stream_options(fields, given, extra)
    spelled = {name: fields.pop(name) for name in SPELLINGS if name in fields}
    if spelled:
        given["thinking"] = read_intent(spelled)
    given["sampling"] = _sampling(fields, extra)
    given["caps"] = {name: fields.pop(name) for name in CAPS if name in fields and _is_cap(fields[name])}
    given["extra"] = {**fields, **extra}
    refuse_reserved(given["extra"], "")
    return Request(**given)


def read(data: bytes, sound: Callable[[bytes], bool] = lambda piece: True) -> Request | None:
    """What `decode` makes of this JSON, by way of what was read before: a conversation comes again and again.

    `sound` is asked of each piece that is new, a field or a message. None where one is not, or where anything
    else is not as it should be: to say what that is takes a closer look.

    >>> read(b'{"model": "kimi-k3", "messages": [{"role": "user", "content": "hi"}]}').messages[0].content
    'hi'
    >>> read(b"[]") is None
    True
    """
    try:
        fields = _fields(data)
        pieces = _pieces(fields.pop("messages"))
        rest = tuple([(name, bytes(piece)) for name, piece in fields.items()])
        request = _KNOWN.get(rest)
        if request is None:
            if not all([sound(piece) for _, piece in rest]):
                return None
            values = {name: msgspec.json.decode(piece) for name, piece in rest}
            request = decode({**values, "messages": []})
            _KNOWN.put(rest, request, weight=sum([len(piece) for _, piece in rest]) + OVERHEAD)
        messages = tuple([read_message(bytes(piece), sound) for piece in pieces])
    except (KeyError, msgspec.DecodeError, UnicodeDecodeError, RecursionError, LocalProtocolError):
        return None
    return msgspec.structs.replace(request, messages=messages)


def _keep(given: Json, extra: Json, field: str, name: str, found: Any, value: Any) -> None:
    """What was found for a field, or where nothing was, the value as it came."""
    if found is UNSET:
        extra[name] = value
    else:
        given[field] = found


def _simple(fields: Json, given: Json, extra: Json) -> None:
    """Fields that hold one text or one flag. An empty text says nothing, and stays as it came."""
    given["model"] = ""
    for name, field in (("model", "model"), *_TEXTS):
        if name in fields:
            value = fields.pop(name)
            _keep(given, extra, field, name, value if isinstance(value, str) and value else UNSET, value)
    for name, field in _FLAGS:
        if name in fields:
            value = fields.pop(name)
            _keep(given, extra, field, name, value if isinstance(value, bool | None) else UNSET, value)
    if "metadata" in fields:
        given["metadata"] = fields.pop("metadata")


def encode(request: Request) -> Json:
    """The Chat Completions body that says what the request asks. It shares nothing with the request.

    >>> body = {"model": "kimi-k3", "messages": [{"role": "user", "content": "hi"}], "logit_bias": {}}
    >>> encode(decode(body)) == body
    True
    """
    return _body(request, [encode_message(message) for message in request.messages])


def write(request: Request) -> bytes:
    """`encode` as JSON; half a character, which a server may have put into its reasoning, is escaped."""
    try:
        return msgspec.json.encode(_body(request, [written_message(message) for message in request.messages]))
    except UnicodeEncodeError:
        return json.dumps(encode(request), separators=(",", ":")).encode()


def _body(request: Request, messages: list[Any]) -> Json:
    body: Json = {"model": request.model} if request.model else {}
    body["messages"] = messages
    if request.tools is not UNSET:
        body["tools"] = None if request.tools is None else [encode_tool(tool) for tool in request.tools]
    if request.tool_choice is not UNSET:
        body["tool_choice"] = None if request.tool_choice is None else fresh(choice_body(request.tool_choice))
    if request.response_format is not UNSET:
        form = request.response_format
        body["response_format"] = None if form is None else fresh(format_body(form))
    for name, field in (*_FLAGS, ("metadata", "metadata")):
        value = getattr(request, field)
        if value is not UNSET:
            body[name] = fresh(value)
    for name, field in _TEXTS:
        value = getattr(request, field)
        if value is not None:
            body[name] = value
    if request.stream_usage is not UNSET:
        rest: Any = request.extra.get("stream_options")
        others = cast("Json", fresh(rest)) if isinstance(rest, dict) else {}
        body["stream_options"] = {**others, "include_usage": request.stream_usage}
    body.update(fresh(request.thinking.spelled))
    for name in (*_SAMPLING, "stop"):
        value = getattr(request.sampling, name)
        if value is not UNSET:
            body[name] = list(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else value
    body.update(request.caps)
    for name, value in request.extra.items():
        if name not in body:
            body[name] = fresh(value)
    return body


def _stream_options(fields: Json, given: dict[str, Any], extra: Json) -> None:
    if "stream_options" not in fields:
        return
    options = fields.pop("stream_options")
    if isinstance(options, dict) and isinstance(cast("Json", options).get("include_usage"), bool):
        rest = dict(cast("Json", options))
        given["stream_usage"] = rest.pop("include_usage")
        if rest:
            extra["stream_options"] = rest
    else:
        extra["stream_options"] = options


def _sampling(fields: Json, extra: Json) -> Sampling:
    given: dict[str, Any] = {}
    for name, kinds in _SAMPLING.items():
        if name not in fields:
            continue
        value = fields.pop(name)
        if value is None or (isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))):
            given[name] = value
        else:
            extra[name] = value
    if "stop" in fields:
        stop = fields.pop("stop")
        if stop is None or isinstance(stop, str):
            given["stop"] = stop
        elif isinstance(stop, list) and all(isinstance(item, str) for item in cast("list[Any]", stop)):
            given["stop"] = tuple(cast("list[str]", stop))
        else:
            extra["stop"] = stop
    return Sampling(**given)


def _is_cap(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool))
