"""The messages of a Chat Completions body, with the fields that Kimi's endpoints add.

`reasoning_content` under any of its names, `partial`, `messages[].tools`: kimi-api.md B6, G6, H5.
"""

import json
from collections.abc import Callable
from typing import Any, cast

import msgspec
from msgspec import UNSET, UnsetType

from moonwire.core.errors import LocalProtocolError
from moonwire.core.memo import Generations, kept_on
from moonwire.core.messages import (
    VERBATIM,
    Document,
    File,
    Image,
    Message,
    Other,
    Part,
    TextPart,
    Thought,
    Tool,
    ToolCall,
    Video,
)
from moonwire.wire.chat.shapes import (
    OVERHEAD,
    Json,
    an_object,
    beside,
    faithful,
    fresh,
    refuse_reserved,
    remembered,
    spread,
)
from moonwire.wire.chat.tools import decode_tool, encode_tool

__all__ = [
    "REASONING_FIELDS",
    "decode_message",
    "decode_messages",
    "encode_message",
    "read_message",
    "written_message",
]

REASONING_FIELDS = ("reasoning_content", "reasoning", "reasoning_details")
_DETAIL_TEXT = ("text", "summary")
_SIMPLE = {"tool_call_id": ("call_id", str), "name": ("name", str), "partial": ("partial", bool)}
_FILE = {"file_id": "file", "file_data": "data", "file_url": "url", "filename": "name"}

# Messages by their JSON: a gateway's conversations of the last minutes, some 64 MB at the most with what is
# kept on them. By the JSON that came, and by that of their values, which is the same however it is spelled.
_CAME = Generations[Message](limit=8 * 1024 * 1024)
_KNOWN = Generations[Message](limit=8 * 1024 * 1024)


def decode_messages(value: Any) -> tuple[Message, ...]:
    """The messages of a body, each as the same value each time the same content comes."""
    if value is UNSET:
        raise LocalProtocolError("missing", path="messages", remedy="give a list of messages")
    if not isinstance(value, list):
        raise LocalProtocolError("not a list", path="messages", remedy="give a list of messages")
    return tuple(_known(message, index) for index, message in enumerate(cast("list[Any]", value)))


def _known(value: Any, index: int) -> Message:
    return remembered(_KNOWN, value, lambda one: decode_message(one, f"messages[{index}]"))


def read_message(piece: bytes, sound: Callable[[bytes], bool]) -> Message:
    """The message that this JSON is. What is no message, or not sound, raises and is told elsewhere."""
    message = _CAME.get(piece)
    if message is None:
        if not sound(piece):
            raise LocalProtocolError("not taken", path="message")
        message = _known(msgspec.json.decode(piece), 0)
        _CAME.put(piece, message, weight=len(piece) + OVERHEAD)
    return message


def decode_message(value: Any, path: str = "message") -> Message:
    """One message of a body; `path` is what an error calls it."""
    fields = an_object(value, path, "a message")
    role = fields.get("role")
    if not isinstance(role, str) or not role:
        remedy = "give system, user, assistant or tool"
        raise LocalProtocolError("a message needs a role", path=f"{path}.role", remedy=remedy)
    given: dict[str, Any] = {"role": role}
    extra: Json = {}
    for name, item in fields.items():
        if name == "role":
            continue
        found: Any = UNSET
        field = name
        if name == "content":
            found = _content(item, path)
        elif name == "tool_calls":
            field, found = "calls", _calls(item, path)
        elif name == "reasoning_content" and isinstance(item, str) and item and not item.isspace():
            field, found = "thoughts", (Thought(text=item, field=name),)
        elif name in _SIMPLE:
            field, kind = _SIMPLE[name]
            found = item if isinstance(item, kind) else UNSET
        elif name == "tools":
            found = _dynamic_tools(item)
        if found is UNSET:
            extra[name] = item
        else:
            given[field] = found
    if extra:
        refuse_reserved(extra, path)
        if "thoughts" not in given:
            _thoughts(given, extra)
        given["extra"] = extra
    return Message(**given)


def _content(value: Any, path: str) -> Any:
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, list):
        return UNSET
    parts = cast("list[Any]", value)
    return tuple(_part(part, f"{path}.content[{index}]") for index, part in enumerate(parts))


def _calls(value: Any, path: str) -> tuple[ToolCall, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise LocalProtocolError("not a list", path=f"{path}.tool_calls", remedy="give a list of calls")
    calls = cast("list[Any]", value)
    return tuple(_call(call, f"{path}.tool_calls[{index}]") for index, call in enumerate(calls))


def _thoughts(given: dict[str, Any], extra: Json) -> None:
    """Reasoning under the first of its names that holds any, were it empty; the others stay as they came.

    An agent may fill in an empty text under one name and keep the reasoning under another (kimi-api.md B5,
    B6).
    """
    read = {name: _reasoning(name, extra[name]) for name in REASONING_FIELDS if name in extra}
    named = [name for name, thoughts in read.items() if thoughts]
    if named:
        name = next((name for name in named if read[name][0].text.strip()), named[0])
        given["thoughts"] = read[name]
        del extra[name]
    elif "reasoning_content" in extra and extra["reasoning_content"] is None:
        given["thoughts"] = extra.pop("reasoning_content")


def _reasoning(name: str, value: Any) -> tuple[Thought, ...]:
    """The thoughts of one field; none where it holds nothing that is text."""
    if isinstance(value, str):
        own: Json = {VERBATIM: value} if name == "reasoning_details" else {}
        return (Thought(text=value, field=name, extra=own),)
    if name == "reasoning" and isinstance(value, dict):
        text = cast("Json", value).get("content")
        return (Thought(text=text, field=name, extra={VERBATIM: value}),) if isinstance(text, str) else ()
    if name == "reasoning_details" and isinstance(value, list):
        texts: list[str] = []
        for detail in cast("list[Any]", value):
            fields = cast("Json", detail) if isinstance(detail, dict) else {}
            texts += [fields[key] for key in _DETAIL_TEXT if isinstance(fields.get(key), str)][:1]
        if texts:
            return (Thought(text="".join(texts), field=name, extra={VERBATIM: value}),)
    return ()


def encode_message(message: Message) -> Json:
    """The message as a Chat Completions body holds it. It shares nothing with the message."""
    body: Json = {"role": message.role}
    content = message.content
    if content is not UNSET:
        body["content"] = _content_body(content) if isinstance(content, tuple) else content
    thoughts = message.thoughts
    if thoughts is None:
        body["reasoning_content"] = None
    elif thoughts is not UNSET and thoughts:
        name, value = _reasoning_body(thoughts)
        body[name] = value
    calls = message.calls
    if calls is not UNSET:
        body["tool_calls"] = None if calls is None else [_call_body(call) for call in calls]
    if message.call_id is not None:
        body["tool_call_id"] = message.call_id
    if message.name is not None:
        body["name"] = message.name
    if message.partial is not None:
        body["partial"] = message.partial
    if message.tools is not UNSET:
        body["tools"] = [encode_tool(tool) for tool in message.tools]
    if message.extra:
        for name, value in message.extra.items():
            if name not in body:
                body[name] = fresh(value)
    return body


def written_message(message: Message) -> msgspec.Raw:
    """`encode_message` as JSON, written once for as long as the message lives."""
    return kept_on(message, "written", lambda one: msgspec.Raw(msgspec.json.encode(encode_message(one))))


def _content_body(parts: tuple[Part, ...]) -> list[Any]:
    return [fresh(_part_body(part)) for part in parts]


def _reasoning_body(thoughts: tuple[Thought, ...]) -> tuple[str, Any]:
    """The field that holds reasoning, and what it holds: one text of all blocks, unless as it came."""
    first = thoughts[0]
    name = first.field or "reasoning_content"
    if len(thoughts) == 1 and first.extra and VERBATIM in first.extra:
        return name, fresh(first.extra[VERBATIM])
    text = first.text if len(thoughts) == 1 else "".join(thought.text for thought in thoughts)
    return name, [{"type": "reasoning.text", "text": text}] if name == "reasoning_details" else text


def _part(value: Any, path: str) -> TextPart | Image | Video | File | Other:
    if not isinstance(value, dict):
        return Other(kind="", value=value)
    part = cast("Json", value)
    kind = part.get("type")
    if kind == "text" and isinstance(part.get("text"), str):
        if len(part) == 2:
            return TextPart(text=part["text"])
        extra = {key: item for key, item in part.items() if key not in ("type", "text")}
        refuse_reserved(extra, path)
        return TextPart(text=part["text"], extra=extra)
    if kind in ("image_url", "video_url"):
        read = _medium(part, kind, Image if kind == "image_url" else Video)
        if read is not None:
            return read
    if kind == "file" and isinstance(part.get("file"), dict):
        inner = cast("Json", part["file"])
        given: dict[str, Any] = {
            _FILE[key]: item for key, item in inner.items() if key in _FILE and isinstance(item, str)
        }
        return faithful(File(**given), part, _part_body)
    return Other(kind=kind if isinstance(kind, str) else "", value=part)


def _medium(part: Json, kind: str, build: type[Image] | type[Video]) -> Image | Video | None:
    inner = part.get(kind)
    if isinstance(inner, str):
        return faithful(build(url=inner, bare=True), part, _part_body)
    if isinstance(inner, dict) and isinstance(url := cast("Json", inner).get("url"), str):
        detail = cast("Json", inner).get("detail")
        if build is Image and isinstance(detail, str):
            return faithful(Image(url=url, detail=detail), part, _part_body)
        return faithful(build(url=url), part, _part_body)
    return None


def _part_body(part: Part) -> Any:
    if part.extra and VERBATIM in part.extra:
        return part.extra[VERBATIM]
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text, **part.extra}
    if isinstance(part, Image | Video):
        kind = "image_url" if isinstance(part, Image) else "video_url"
        url = part.url if part.url is not None else _address(part)
        if part.bare:
            return {"type": kind, kind: url, **part.extra}
        inner: Json = {"url": url}
        if isinstance(part, Image) and part.detail is not None:
            inner["detail"] = part.detail
        return {"type": kind, kind: inner, **part.extra}
    if isinstance(part, File):
        values = {key: getattr(part, field) for key, field in _FILE.items()}
        file = {key: item for key, item in values.items() if item is not None}
        return {"type": "file", "file": file, **part.extra}
    if isinstance(part, Other):
        return part.value
    # A document block of another dialect, whose text no Chat Completions server would find elsewhere.
    document = cast("Document", part)
    named = {"title": document.title, "context": document.context}
    known = {key: text for key, text in named.items() if text is not None}
    return {"type": "document", "source": document.source, **known, **part.extra}


def _address(part: Image | Video) -> str:
    """What another dialect gave as inline data or as an uploaded file, as an address."""
    if part.file is not None:
        return f"ms://{part.file}"
    return f"data:{part.media_type or 'application/octet-stream'};base64,{part.data or ''}"


def _call(value: Any, path: str) -> ToolCall:
    fields = an_object(value, path, "a tool call")
    inner: Any = fields.get("function")
    function = cast("Json", inner) if isinstance(inner, dict) else fields
    name, identity = function.get("name"), fields.get("id")
    # Anthropic's `tool_use` among the calls holds its arguments in `input`.
    arguments = function.get("arguments", function.get("input"))
    kind = "function" if fields.get("type") == "tool_use" else fields.get("type")
    whole = function is inner and len(fields) == 3 and len(function) == 2 and isinstance(kind, str)
    if whole and isinstance(name, str) and isinstance(arguments, str) and isinstance(identity, str):
        return ToolCall(id=identity, name=name, arguments=arguments, kind=cast("str", kind))
    call = ToolCall(
        id=identity if isinstance(identity, str) else "",
        name=name if isinstance(name, str) else "",
        arguments=arguments if isinstance(arguments, str) else _arguments_text(arguments, path),
        kind=kind if isinstance(kind, str) else "function",
        extra=beside(fields, function, _CALL_OWN),
    )
    return faithful(call, fields, _call_body)


_CALL_OWN = frozenset({"id", "type", "name", "arguments", "input"})


def _arguments_text(value: Any, path: str) -> str:
    """Arguments that came as a value instead of as text."""
    if value is None:
        return "{}"
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        where = f"{path}.function.arguments"
        remedy = "give the arguments as JSON text"
        raise LocalProtocolError("no JSON, or nested too deeply", path=where, remedy=remedy) from error


def _call_body(call: ToolCall) -> Any:
    if call.extra and VERBATIM in call.extra:
        return fresh(call.extra[VERBATIM])
    function = {"name": call.name, "arguments": call.arguments}
    if not call.extra:
        return {"id": call.id, "type": call.kind, "function": function}
    outside, within = spread(call.extra)
    return {"id": call.id, "type": call.kind, "function": function | within, **outside}


def _dynamic_tools(value: Any) -> tuple[Tool, ...] | UnsetType:
    """Tools that a message brings (kimi-api.md G6); a shape that the server would refuse stays as it is."""
    if not isinstance(value, list):
        return UNSET
    try:
        return tuple(decode_tool(item) for item in cast("list[Any]", value))
    except LocalProtocolError:
        return UNSET
