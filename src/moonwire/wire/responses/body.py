"""A whole Responses body, to a request and back.

| field | value |
|---|---|
| `input`, `instructions` | `messages`; where each stood is in its `extra` |
| `tools`, `tool_choice`, `parallel_tool_calls` | `tools`, `tool_choice`, `parallel` |
| `reasoning` | `thinking` |
| `text.format` | `response_format`; the rest of `text` (`verbosity`) is extra |
| `max_output_tokens` | `caps` |
| `previous_response_id`, `store`, `metadata`, `prompt_cache_key`, `user`, `stream` | `previous`, `store`, … |
| `temperature`, `top_p`, `top_logprobs` | `sampling` |
| `include`, `truncation`, `max_tool_calls`, `safety_identifier`, `stream_options`, … | extra |
| `background: true`, `conversation`, `prompt` | refused: they need what only OpenAI keeps |

What cannot be said here is in `UNSAID`; of messages `items.py` says more.
An output's limit is written as `max_output_tokens`, whatever it was called. Sampling fields that this
dialect has not are written under the names that other dialects have.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec
from msgspec import UNSET

from moonwire.core.errors import LocalProtocolError
from moonwire.core.intent import SPELLINGS, read_intent
from moonwire.core.memo import Generations
from moonwire.core.messages import Message, Request, Role, Sampling
from moonwire.wire.responses.items import decode_items, items_of
from moonwire.wire.responses.shapes import WHERE, Json, an_object, fresh, refuse_reserved, remembered
from moonwire.wire.responses.tools import (
    choice_body,
    decode_choice,
    decode_format,
    decode_tools,
    format_body,
    tools_body,
)

__all__ = ["UNSAID", "decode", "encode", "markdown_table", "write"]

CAPS: Final = ("max_output_tokens", "max_completion_tokens", "max_tokens")
"""The names of an output's limit. This dialect has the first; a limit under another one is written so."""

_SAMPLING: Final[dict[str, tuple[type, ...]]] = {
    **dict.fromkeys(("temperature", "top_p", "presence_penalty", "frequency_penalty"), (int, float)),
    **dict.fromkeys(("top_k", "n", "seed", "top_logprobs"), (int,)),
    "logprobs": (bool,),
}
_FLAGS: Final = (("parallel_tool_calls", "parallel"), ("stream", "stream"), ("store", "store"))
_TEXTS: Final = (
    ("model", "model"),
    ("prompt_cache_key", "cache_key"),
    ("user", "user"),
    ("previous_response_id", "previous"),
)
_REFUSED: Final = {
    "background": "nothing runs here when nobody waits for it; leave it out",
    "conversation": "send the items, or previous_response_id",
    "prompt": "send the prompt's text as instructions",
}
UNSAID: Final[tuple[tuple[str, str], ...]] = (
    ("two turns of the assistant's in a row", "one turn"),
    ("thoughts behind a text, without a call between them", "two turns"),
    ("null thoughts or calls", "left out"),
    ("a thought's signature, redacted thoughts, the field that they came in", "left out"),
    ("a call's native id, whether it is cut or undeclared", "left out"),
    ("whether a result is an error", "left out: its text says it"),
    ("`partial`; a message's name; that two messages came in one", "left out"),
    ("usage in streams", "left out: it always comes"),
    ("an intent to think in another dialect's fields", "under their names"),
    ("an output cap of another name", "`max_output_tokens`"),
    ("sampling fields that this dialect has not", "under the names that other dialects have"),
)
"""What the vocabulary can say and this dialect cannot, and what it says instead."""


def markdown_table() -> str:
    """`UNSAID` as a page prints it."""
    lines = ["| what this dialect cannot say | what is sent instead |", "|---|---|"]
    return "\n".join([*lines, *[f"| {what} | {instead} |" for what, instead in UNSAID]]) + "\n"


_INSTRUCTIONS: Final = "instructions"
_INPUT: Final = "input"
_KNOWN = Generations[Message](limit=8 * 1024 * 1024)


def decode(body: Mapping[str, Any]) -> Request:
    """The request that a Responses body asks for.

    Raises `LocalProtocolError` with the field's path where the body has no readable shape.

    >>> request = decode({"model": "kimi-k3", "instructions": "Be brief.", "input": "hi"})
    >>> [(message.role, message.content) for message in request.messages]
    [('system', 'Be brief.'), ('user', 'hi')]
    """
    fields = dict(an_object(body, "body", "a request body"))
    _refuse(fields)
    extra: Json = {}
    given: Json = {"messages": (*_instructions(fields, extra), *_input(fields, extra))}
    if "tools" in fields:
        given["tools"] = decode_tools(fields.pop("tools"))
    if "tool_choice" in fields:
        value = fields.pop("tool_choice")
        _keep(
            given, extra, "tool_choice", "tool_choice", None if value is None else decode_choice(value), value
        )
    _text(fields, given, extra)
    given["model"] = ""
    for name, field in _TEXTS:
        if name in fields:
            value = fields.pop(name)
            _keep(given, extra, field, name, value if isinstance(value, str) and value else UNSET, value)
    for name, field in _FLAGS:
        if name in fields:
            value = fields.pop(name)
            _keep(given, extra, field, name, value if isinstance(value, bool | None) else UNSET, value)
    if "metadata" in fields:
        given["metadata"] = fields.pop("metadata")
    spelled = {name: fields.pop(name) for name in SPELLINGS if name in fields}
    if spelled:
        given["thinking"] = read_intent(spelled)
    given["sampling"] = _sampling(fields, extra)
    if CAPS[0] in fields and _is_cap(fields[CAPS[0]]):
        given["caps"] = {CAPS[0]: fields.pop(CAPS[0])}
    refuse_reserved(fields, "")
    given["extra"] = {**fields, **extra}
    return Request(**given)


def _refuse(fields: Json) -> None:
    for name, remedy in _REFUSED.items():
        if fields.get(name) not in (None, False):
            raise LocalProtocolError("not supported", path=name, remedy=remedy)


def _instructions(fields: Json, extra: Json) -> tuple[Message, ...]:
    value = fields.pop(_INSTRUCTIONS, UNSET)
    if value is UNSET:
        return ()
    if not value and not isinstance(value, list | dict):
        # Null, or an empty text, says nothing and stays as it came.
        extra[_INSTRUCTIONS] = value
        return ()
    if not isinstance(value, str):
        raise LocalProtocolError("not text", path=_INSTRUCTIONS, remedy="give a text, and items in input")
    return (_said(value, "system", _INSTRUCTIONS),)


def _said(text: str, role: Role, where: str) -> Message:
    """A text that stands in a field of its own, as a message: the same one each time the same text comes."""
    return remembered(
        _KNOWN, [where, text], lambda came: Message(role=role, content=came[1], extra={WHERE: where})
    )


def _input(fields: Json, extra: Json) -> tuple[Message, ...]:
    value = fields.pop(_INPUT, UNSET)
    if isinstance(value, str):
        return (_said(value, "user", _INPUT),)
    if value is not UNSET and value is not None and not isinstance(value, list):
        raise LocalProtocolError(
            "neither text nor a list", path=_INPUT, remedy="give a text or a list of items"
        )
    if value is None:
        extra[_INPUT] = value
        return ()
    if value is UNSET:
        if not fields.get("previous_response_id"):
            raise LocalProtocolError("missing", path=_INPUT, remedy="give a text or a list of items")
        extra[WHERE] = ""
        return ()
    return decode_items(cast("list[Any]", value))


def _keep(given: Json, extra: Json, field: str, name: str, found: Any, value: Any) -> None:
    """What was found for a field, or where nothing was, the value as it came."""
    if found is UNSET:
        extra[name] = value
    else:
        given[field] = found


def _text(fields: Json, given: Json, extra: Json) -> None:
    if "text" not in fields:
        return
    text = fields.pop("text")
    if isinstance(text, dict) and "format" in text:
        rest = dict(cast("Json", text))
        form = rest.pop("format")
        found = None if form is None else decode_format(form)
        if found is not UNSET:
            given["response_format"] = found
            text = rest
    if text != {} or "response_format" not in given:
        extra["text"] = text


def _sampling(fields: Json, extra: Json) -> Sampling:
    given: Json = {}
    for name, kinds in _SAMPLING.items():
        if name in fields:
            value = fields.pop(name)
            fits = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
            _keep(given, extra, name, name, value if value is None or fits else UNSET, value)
    if "stop" in fields:
        stop = fields.pop("stop")
        texts = isinstance(stop, list) and all(isinstance(item, str) for item in cast("list[Any]", stop))
        found = tuple(cast("list[str]", stop)) if texts else stop if isinstance(stop, str | None) else UNSET
        _keep(given, extra, "stop", "stop", found, stop)
    return Sampling(**given)


def _is_cap(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def encode(request: Request) -> Json:
    """The Responses body that says what the request asks. It shares nothing with the request.

    >>> body = {"model": "kimi-k3", "input": [{"role": "user", "content": "hi"}], "include": []}
    >>> encode(decode(body)) == body
    True
    """
    body: Json = {}
    _put_messages(request, body)
    if request.tools is not UNSET:
        body["tools"] = None if request.tools is None else tools_body(request.tools)
    if request.tool_choice is not UNSET:
        body["tool_choice"] = None if request.tool_choice is None else choice_body(request.tool_choice)
    extra = request.extra
    if request.response_format is not UNSET:
        form = request.response_format
        rest: Any = extra.get("text")
        others = cast("Json", fresh(rest)) if isinstance(rest, dict) else {}
        body["text"] = {**others, "format": None if form is None else format_body(form)}
    for name, field in (*_FLAGS, ("metadata", "metadata")):
        value = getattr(request, field)
        if value is not UNSET:
            body[name] = fresh(value)
    for name, field in _TEXTS:
        value = getattr(request, field)
        if value:
            body[name] = value
    body.update(fresh(request.thinking.spelled))
    for name in (*_SAMPLING, "stop"):
        value = getattr(request.sampling, name)
        if value is not UNSET:
            body[name] = list(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else value
    caps = [request.caps[name] for name in CAPS if name in request.caps]
    if caps:
        body[CAPS[0]] = next((cap for cap in caps if cap is not None), None)
    return {**{name: fresh(value) for name, value in extra.items() if name not in (*body, WHERE)}, **body}


def _put_messages(request: Request, body: Json) -> None:
    messages = request.messages
    if messages and _plain_text(messages[0], _INSTRUCTIONS):
        body["instructions"] = messages[0].content
        messages = messages[1:]
    if len(messages) == 1 and _plain_text(messages[0], _INPUT):
        body["input"] = messages[0].content
    elif messages or (_INPUT not in request.extra and WHERE not in request.extra):
        body["input"] = items_of(messages)


def _plain_text(message: Message, where: str) -> bool:
    return message.extra == {WHERE: where} and isinstance(message.content, str) and not message.calls


def write(request: Request) -> bytes:
    """`encode` as JSON; half a character, which a server may have put into its reasoning, is escaped."""
    body = encode(request)
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        return json.dumps(body, separators=(",", ":")).encode()
