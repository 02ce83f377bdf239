"""The objects of an answer: its items, its usage, and the response around them."""

import json
import re
from typing import Any, Final

import msgspec

from moonwire.core.events import UpstreamError, Usage
from moonwire.core.messages import Request
from moonwire.core.schemas.kinds import is_object
from moonwire.wire.responses.body import encode
from moonwire.wire.responses.calls import action_of, custom_input
from moonwire.wire.responses.functions import Kind, Kinds
from moonwire.wire.responses.shapes import KINDS, WHERE, Json, unread

__all__ = [
    "Echo",
    "ending",
    "error_of",
    "free",
    "item_id",
    "item_of_call",
    "message_item",
    "output_text",
    "quoted",
    "reasoning_item",
    "response_of",
    "sound",
    "usage_object",
    "written",
]

_encode = msgspec.json.Encoder().encode
_SURROGATE: Final = re.compile("[\ud800-\udfff]")

ECHOED: Final[Json] = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "service_tier": "default",
    "store": True,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": None,
    "truncation": "disabled",
    "user": None,
}
"""What a response repeats of its request, and what it says where the request said nothing."""


class Echo(msgspec.Struct, frozen=True):
    """What an answer has to know of its request: what it repeats, and what the caller calls its tools."""

    fields: Json = msgspec.field(default_factory=lambda: ECHOED)
    kinds: Kinds = Kinds()

    @classmethod
    def of(cls, request: Request) -> "Echo":
        """What the answer to this request repeats.

        >>> Echo.of(Request(model="kimi-k3", messages=(), user="me")).fields["user"]
        'me'
        """
        # Of the messages it needs the instructions alone.
        first = tuple(one for one in request.messages[:1] if WHERE in one.extra and one.role == "system")
        body = encode(msgspec.structs.replace(request, messages=first))
        said = {name: body.get(name) for name in ECHOED}
        fields = {name: ECHOED[name] if value is None else value for name, value in said.items()}
        if isinstance(fields["text"], dict) and "format" not in fields["text"]:
            fields["text"] = {**ECHOED["text"], **fields["text"]}
        return cls(fields, Kinds.of(request))


# -- items -------------------------------------------------------------------------------------------

_LETTERS: Final = {
    "message": "msg",
    "reasoning": "rs",
    "function": "fc",
    "custom": "ctc",
    "local_shell": "lsh",
    "shell": "sh",
    "apply_patch": "apc",
    "tool_search": "tsc",
}


def item_id(response: str, kind: str, index: int) -> str:
    """An item's id: of the response's, and its place there.

    >>> item_id("resp_ab", "message", 1)
    'msg_ab01'
    """
    return f"{_LETTERS[kind]}_{response.removeprefix('resp_')}{index:02x}"


def output_text(text: str, logprobs: list[Any]) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": logprobs}


def message_item(id: str, status: str, content: list[Json]) -> Json:
    return {"id": id, "type": "message", "status": status, "role": "assistant", "content": content}


def reasoning_item(id: str, text: str, encrypted: str | None) -> Json:
    """Plaintext is the summary: what clients show, keep, and send back (kimi-api.md N)."""
    summary = [{"type": "summary_text", "text": text}] if text else []
    item: Json = {"id": id, "type": "reasoning", "summary": summary}
    return item if encrypted is None else {**item, "encrypted_content": encrypted}


def item_of_call(id: str, call_id: str, kind: Kind, arguments: str, status: str) -> Json:
    """A call as the kind that the caller offered; as a function's where it does not fit that kind."""
    head: Json = {"id": id, "call_id": call_id}
    around: Json = {} if kind.namespace is None else {"namespace": kind.namespace}
    if kind.kind == "custom":
        said = custom_input(arguments)
        return {
            **head,
            "type": "custom_tool_call",
            "status": status,
            "name": kind.name,
            "input": said,
            **around,
        }
    if kind.kind == "tool_search":
        value = unread(arguments)
        asked: Any = value if is_object(value) else {"query": arguments}
        found: Json = {"type": "tool_search_call", "execution": "client", "arguments": asked}
        return {**head, **found, "status": status}
    action = action_of(kind.kind, arguments) if kind.kind in KINDS else None
    if action is not None:
        holder = "operation" if kind.kind == "apply_patch" else "action"
        return {**head, "type": f"{kind.kind}_call", "status": status, holder: action}
    call = {"type": "function_call", "status": status, "name": kind.name, "arguments": arguments}
    return {**head, **call, **around}


# -- the response ------------------------------------------------------------------------------------

_TAKEN: Final = frozenset(
    {*ECHOED, "id", "object", "created_at", "created", "model", "output", "usage", "choices"}
    | {"status", "error", "incomplete_details"}
)


def free(extra: Json) -> Json:
    """The server's further fields, as far as their names mean nothing else here."""
    return {name: item for name, item in extra.items() if name not in _TAKEN}


def ending(finish: str | None, native: str | None, error: UpstreamError | None) -> Json:
    """Status, and what says why.

    >>> ending("length", None, None)["incomplete_details"]
    {'reason': 'max_output_tokens'}
    """
    found: Json = {"status": "completed", "error": None, "incomplete_details": None}
    if error is not None:
        return {**found, "status": "failed", "error": error_of(error)}
    if finish is None or finish == "error":
        message = native or "the server broke off in the middle of its answer"
        return {**found, "status": "failed", "error": {"code": "server_error", "message": message}}
    if finish in ("length", "content_filter"):
        reason = "max_output_tokens" if finish == "length" else finish
        return {**found, "status": "incomplete", "incomplete_details": {"reason": reason}}
    return found


def error_of(error: UpstreamError) -> Json:
    """An error inside a response: a code that clients act on, and the words."""
    return {"code": error.code or error.type or "server_error", "message": error.message}


def response_of(head: Json, ended: Json, output: list[Any], usage: Usage | None) -> Json:
    """A response without what it repeats of the request."""
    said = None if usage is None else usage_object(usage)
    return {**head, **ended, "output": output, "usage": said}


def usage_object(usage: Usage) -> Json:
    """Usage as this dialect has it, with both details always.

    >>> usage_object(Usage(input=9, output=2, cached=4))["input_tokens_details"]
    {'cached_tokens': 4, 'cache_write_tokens': 0}
    """
    return {
        **usage.extra,
        "input_tokens": usage.input,
        "input_tokens_details": {
            "cached_tokens": usage.cached or 0,
            "cache_write_tokens": usage.cache_written or 0,
        },
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
        "total_tokens": usage.input + usage.output,
    }


# -- bytes -------------------------------------------------------------------------------------------


def quoted(text: str) -> bytes:
    try:
        return _encode(text)
    except UnicodeEncodeError:
        return _encode(_SURROGATE.sub("\ufffd", text))


def written(value: Any) -> bytes:
    try:
        return _encode(value)
    except UnicodeEncodeError:
        # Half a character: no server can have meant it, and no client can read it.
        return _SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False)).encode()


def sound(body: Json) -> Json:
    """The body, such that whoever encodes it can: without half characters."""
    try:
        _encode(body)
    except UnicodeEncodeError:
        return json.loads(written(body))
    return body
