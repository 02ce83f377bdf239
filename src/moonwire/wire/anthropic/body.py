"""A whole Messages body, to a request and back."""

import json
from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec
from msgspec import UNSET

from moonwire.core.intent import read_intent
from moonwire.core.messages import Request, Sampling, Thinking
from moonwire.core.schemas.kinds import is_list, is_number, is_object
from moonwire.wire.anthropic.messages import decode_messages, decode_system, encode_messages
from moonwire.wire.anthropic.shapes import FIELD, Json, an_object, fresh, plain
from moonwire.wire.anthropic.tools import (
    choice_body,
    decode_choice,
    decode_format,
    decode_tools,
    encode_tool,
    format_body,
)

__all__ = ["UNSAID", "decode", "encode", "markdown_table", "write"]

CAP: Final = "max_tokens"
_NUMBERS: Final = ("temperature", "top_p", "top_k")
_CLEAR_THINKING: Final = "clear_thinking_20251015"

UNSAID: Final[tuple[tuple[str, str], ...]] = (
    ("several system messages at the beginning", "one `system` of all their blocks"),
    ("the role `developer`, the role `function`", "`system`, the result of a tool"),
    ("results of one turn in messages of their own", "one message of the user's"),
    ("text beside results or calls that is empty", "left out: empty blocks are refused"),
    ("null or empty thoughts or calls", "left out"),
    ("content that is null beside thoughts or calls", "left out"),
    ("a thought that is open and redacted", "two blocks"),
    ("encrypted thoughts, their summary and id, the field they came in", "left out"),
    ("arguments that are no JSON object", "an object whose one member `raw_arguments` is their text"),
    ("a call's native id, whether it is cut or undeclared", "left out"),
    ("a message's name and id, tools that it brings", "left out"),
    ("`partial` of a message that is not the last", "left out"),
    ("an address `data:…;base64,`", "the data itself"),
    ("a picture's detail", "left out"),
    ("a file part", "a document"),
    ("a tool's namespace", "left out"),
    ("a function without a schema", "a schema of any object"),
    ("a choice that narrows the tools", "the same choice among all of them"),
    ("several calls at once forbidden without a choice", "the choice `auto` that forbids it"),
    ("several calls at once allowed without a choice", "left out: it is the default"),
    ("an answer form of any JSON object", "a schema of any object"),
    ("an answer form's name, description and strictness; the form `text`", "left out"),
    ("an intent to think in another dialect's fields", "as `thinking` and `output_config`"),
    ("an output cap of another name", "`max_tokens`, the first that is given"),
    ("one stop text", "a list of one"),
    ("`n`, penalties, `seed`, logprobs", "left out"),
    ("usage in streams", "left out: it always comes"),
    ("a user and a cache key", "`metadata.user_id`: the cache key, else the user"),
    ("`store`, the answer before", "left out"),
)
"""What the vocabulary can say and this dialect cannot, and what it says instead."""


def markdown_table() -> str:
    """`UNSAID` as a page prints it."""
    lines = ["| what this dialect cannot say | what is sent instead |", "|---|---|"]
    return "\n".join([*lines, *[f"| {what} | {instead} |" for what, instead in UNSAID]]) + "\n"


def decode(body: Mapping[str, Any]) -> Request:
    """The request that a Messages body asks for.

    Raises `LocalProtocolError` with the field's path where the body has no readable shape.

    >>> said = [{"role": "user", "content": "hi"}]
    >>> request = decode({"model": "kimi-k3", "max_tokens": 9, "messages": said})
    >>> request.messages[0].content, request.caps
    ('hi', {'max_tokens': 9})
    """
    fields = dict(an_object(body, "body", "a request body"))
    messages = decode_messages(fields.pop("messages", UNSET))
    if fields.get("system") is not None:
        messages.insert(0, decode_system(fields.pop("system")))
    given: dict[str, Any] = {"messages": tuple(messages), "model": ""}
    if "tools" in fields:
        given["tools"] = decode_tools(fields.pop("tools"))
    if isinstance(fields.get("model"), str) and fields["model"]:
        given["model"] = fields.pop("model")
    if isinstance(fields.get("stream", 0), bool | None):
        given["stream"] = fields.pop("stream")
    if is_cap(fields.get(CAP, 0.5)):
        given["caps"] = {CAP: fields.pop(CAP)}
    _choice(fields, given)
    _form(fields, given)
    given["thinking"] = _thinking(fields)
    given["sampling"] = _sampling(fields)
    if "metadata" in fields:
        given["metadata"] = fields.pop("metadata")
        user = given["metadata"].get("user_id") if is_object(given["metadata"]) else None
        # What a conversation is found by in the server's cache (kimi-api.md J).
        given["cache_key"] = user if isinstance(user, str) and user else None
    return Request(**given, extra=fields)


def is_cap(value: Any) -> bool:
    """Whether this is a cap, or says that there is none."""
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def _choice(fields: Json, given: Json) -> None:
    if "tool_choice" not in fields:
        return
    value = fields["tool_choice"]
    found = decode_choice(value)
    if found is not None:
        given["tool_choice"], given["parallel"] = found
    if found is not None or value is None:
        given.setdefault("tool_choice", None)
        del fields["tool_choice"]


def _form(fields: Json, given: Json) -> None:
    """`output_config.format`, or as older clients have it, `output_format`."""
    value = fields.get("output_config")
    config: Json = value if is_object(value) else {}
    form = decode_format(config.get("format"))
    if form is not None:
        rest = {name: item for name, item in config.items() if name != "format"}
        fields["output_config"] = rest
        if not rest:
            del fields["output_config"]
    elif "output_format" in fields:
        form = decode_format(fields["output_format"])
        if form is not None:
            del fields["output_format"]
            form = msgspec.structs.replace(form, extra={**form.extra, FIELD: "output_format"})
    if form is not None:
        given["response_format"] = form


def _thinking(fields: Json) -> Thinking:
    """What `thinking` and `output_config` ask for; an edit of the context may say what is kept of it."""
    spelled = {name: fields.pop(name) for name in ("thinking", "output_config") if name in fields}
    thinking = read_intent(spelled)
    keep = _kept(fields.get("context_management"))
    if keep is None or thinking.keep is not None:
        return thinking
    return msgspec.structs.replace(thinking, keep=keep)


def _kept(management: Any) -> str | None:
    """`all` where the thoughts of all turns are to stay (kimi-api.md A5, M4)."""
    edits = management.get("edits") if is_object(management) else None
    for edit in edits if is_list(edits) else ():
        if is_object(edit) and edit.get("type") == _CLEAR_THINKING:
            keep = edit.get("keep")
            return "all" if keep == "all" or (is_object(keep) and keep.get("type") == "all") else None
    return None


def _sampling(fields: Json) -> Sampling:
    given: dict[str, Any] = {}
    for name in _NUMBERS:
        value = fields.get(name, "")
        if value is None or (is_number(value) and (name != "top_k" or isinstance(value, int))):
            given[name] = fields.pop(name)
    stop = fields.get("stop_sequences", UNSET)
    if stop is None:
        given["stop"] = fields.pop("stop_sequences")
    elif is_list(stop) and all(isinstance(one, str) for one in stop):
        given["stop"] = tuple(fields.pop("stop_sequences"))
    return Sampling(**given)


# -- back --------------------------------------------------------------------------------------


def encode(request: Request) -> Json:
    """The Messages body that says what the request asks, as far as `UNSAID` does not say otherwise.

    >>> body = {"model": "kimi-k3", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    >>> encode(decode(body)) == body
    True
    """
    system, messages = encode_messages(request.messages)
    body: Json = {"model": request.model} if request.model else {}
    caps = [(name, cap) for name, cap in request.caps.items() if cap is not None]
    if caps or request.caps:
        body[CAP] = dict(caps).get(CAP, caps[0][1] if caps else None)
    body |= system
    body["messages"] = messages
    if request.tools is not UNSET:
        body["tools"] = None if request.tools is None else [encode_tool(tool) for tool in request.tools]
    _put_choice(body, request)
    _put_thinking(body, request)
    _put_sampling(body, request.sampling)
    if request.stream is not UNSET:
        body["stream"] = request.stream
    _put_metadata(body, request)
    for name, value in plain(request.extra).items():
        body.setdefault(name, value)
    return body


def write(request: Request) -> bytes:
    """`encode` as JSON; half a character, which a server may have put into its thoughts, is escaped."""
    body = encode(request)
    try:
        return msgspec.json.encode(body)
    except (UnicodeEncodeError, OverflowError):
        return json.dumps(body, separators=(",", ":")).encode()


def _put_choice(body: Json, request: Request) -> None:
    choice = request.tool_choice
    said = choice_body(None if choice is UNSET else choice, request.parallel)
    if choice is not UNSET or said is not None:
        body["tool_choice"] = said


def _put_thinking(body: Json, request: Request) -> None:
    """The fields that came; what another dialect spelled is said in this one's."""
    thinking = request.thinking
    foreign = [name for name in thinking.spelled if name not in ("thinking", "output_config")]
    if foreign or not thinking.spelled:
        body.update(_respelled(thinking))
    else:
        body.update(fresh(thinking.spelled))
    form = request.response_format
    if form is UNSET or form is None:
        return
    said = format_body(form)
    if said is None:
        return
    if FIELD in form.extra:
        body[form.extra[FIELD]] = said
    else:
        config = body.get("output_config")
        body["output_config"] = {**(config if is_object(config) else {}), "format": said}


def _respelled(thinking: Thinking) -> Json:
    """kimi-api.md M4: `enabled` and an effort beside it, or `disabled`."""
    said: Json = {}
    if thinking.enabled is not None:
        budget = {} if thinking.budget is None else {"budget_tokens": thinking.budget}
        said["thinking"] = {"type": "enabled", **budget} if thinking.enabled else {"type": "disabled"}
    if thinking.effort is not None and thinking.enabled is not False:
        said["output_config"] = {"effort": thinking.effort}
    return said


def _put_sampling(body: Json, sampling: Sampling) -> None:
    for name in _NUMBERS:
        value = getattr(sampling, name)
        if value is not UNSET:
            body[name] = value
    stop = sampling.stop
    if stop is not UNSET:
        body["stop_sequences"] = [stop] if isinstance(stop, str) else None if stop is None else list(stop)


def _put_metadata(body: Json, request: Request) -> None:
    metadata: Any = request.metadata
    if metadata is not UNSET:
        body["metadata"] = fresh(metadata)
    fields = cast("Json", body.get("metadata")) if is_object(body.get("metadata")) else {}
    user = request.cache_key if request.cache_key is not None else request.user
    if user is not None and fields.get("user_id") != user:
        body["metadata"] = {**fields, "user_id": user}
