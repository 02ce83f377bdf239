"""The blocks of content: text, pictures, documents, thoughts and calls.

Kinds that are not modelled (`tool_reference`, `search_result`, what Anthropic's servers run) are `Other`,
whole.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import (
    VERBATIM,
    Content,
    Document,
    File,
    Image,
    Other,
    Part,
    TextPart,
    Thought,
    ToolCall,
    Video,
)
from moonwire.core.schemas.kinds import is_list, is_object
from moonwire.wire.anthropic.shapes import (
    Json,
    an_object,
    arguments_text,
    beside,
    fresh,
    input_of,
    plain,
    verbatim,
)

__all__ = [
    "call_block",
    "content_body",
    "decode_block",
    "decode_call",
    "decode_content",
    "decode_part",
    "decode_thought",
    "part_block",
    "thought_blocks",
]

_MEDIA: Final[dict[str, type[Image] | type[Video]]] = {"image": Image, "video": Video}


def decode_block(value: Any, path: str) -> Mapping[str, Any]:
    """Any block: an object that says its type."""
    fields = an_object(value, path, "a block")
    if not isinstance(fields.get("type"), str):
        remedy = 'give {"type": "text", "text": …} or a block of another type'
        raise LocalProtocolError("a block needs a type", path=f"{path}.type", remedy=remedy)
    return fields


def decode_content(value: Any, path: str) -> Content | None:
    """Content that is text or blocks; null stays null."""
    if value is None or isinstance(value, str):
        return value
    if not is_list(value):
        raise LocalProtocolError("neither text nor blocks", path=path, remedy="give a text or a list")
    return tuple([decode_part(decode_block(one, at), at) for one, at in numbered(value, path)])


def numbered(values: list[Any], path: str) -> list[tuple[Any, str]]:
    """Each value with the path to it."""
    return [(value, f"{path}[{index}]") for index, value in enumerate(values)]


def decode_part(block: Mapping[str, Any], path: str) -> Any:
    """A block of what is shown to the model or to the reader."""
    kind: str = block["type"]
    if kind == "text":
        text = block.get("text")
        if not isinstance(text, str):
            raise LocalProtocolError("a text block needs text", path=f"{path}.text", remedy="give a string")
        return TextPart(text=text, extra=beside(block, ("type", "text")) if len(block) > 2 else {})
    if kind in _MEDIA:
        source = an_object(block.get("source"), f"{path}.source", "a source")
        extra = beside(block, ("type", "source"))
        given = {field: source.get(name) for name, field in _ADDRESS.items()}
        part = _MEDIA[kind](**_texts(given), extra=extra)
        return part if _source(part) == source else verbatim(part, block)
    if kind == "document" and "source" in block:
        known = _texts({name: block.get(name) for name in ("title", "context")})
        extra = beside(block, ("type", "source", *known))
        return Document(source=block["source"], extra=extra, **known)
    return Other(kind=kind, value=block)


_ADDRESS: Final = {"url": "url", "media_type": "media_type", "data": "data", "file_id": "file"}


def _texts(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if isinstance(value, str)}


def part_block(part: Part) -> Any:
    """The block that says this part."""
    if VERBATIM in part.extra:
        return fresh(part.extra[VERBATIM])
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text, **plain(part.extra)}
    if isinstance(part, Image | Video):
        kind = "image" if isinstance(part, Image) else "video"
        return {"type": kind, "source": _source(part), **plain(part.extra)}
    if isinstance(part, Other):
        return fresh(part.value)
    if isinstance(part, File):
        named: Json = {} if part.name is None else {"title": part.name}
        return {"type": "document", "source": _source(part), **named, **plain(part.extra)}
    document = cast("Document", part)
    texts = {"title": document.title, "context": document.context}
    known = {name: text for name, text in texts.items() if text is not None}
    return {"type": "document", "source": fresh(document.source), **known, **plain(part.extra)}


def _source(part: Image | Video | File) -> Json:
    """Where the data is: uploaded, elsewhere, or here. A `data:` address is data that is here."""
    if part.file is not None:
        return {"type": "file", "file_id": part.file}
    address = part.url if part.url is not None else part.data if isinstance(part, File) else None
    if address is not None:
        head, comma, data = address.partition(",")
        if comma and head.startswith("data:") and head.endswith(";base64"):
            kind = head.removeprefix("data:").removesuffix(";base64")
            return {"type": "base64", "media_type": kind, "data": data}
        return {"type": "url", "url": address}
    kind = "application/octet-stream" if isinstance(part, File) else part.media_type
    return {"type": "base64", "media_type": kind or "application/octet-stream", "data": part.data or ""}


def content_body(content: Content) -> Any:
    """Text as text, parts as blocks."""
    return content if isinstance(content, str) else [part_block(part) for part in content]


# -- an assistant's own -------------------------------------------------------------------------


def decode_thought(block: Mapping[str, Any]) -> Thought | None:
    """A block of thoughts, open or redacted; none where it is neither."""
    kind = block["type"]
    if kind == "thinking" and isinstance(text := block.get("thinking"), str):
        known = _texts({"signature": block.get("signature")})
        return Thought(text=text, extra=beside(block, ("type", "thinking", *known)), **known)
    if kind == "redacted_thinking" and isinstance(data := block.get("data"), str):
        return Thought(redacted=data, extra=beside(block, ("type", "data")))
    return None


def thought_blocks(thought: Thought) -> list[Json]:
    """The blocks that say this thought; a redacted one that also has text needs two."""
    blocks: list[Json] = []
    redacted = thought.redacted
    if redacted is None or thought.text or thought.signature is not None:
        signed = {} if thought.signature is None else {"signature": thought.signature}
        blocks.append({"type": "thinking", "thinking": thought.text, **signed})
    if redacted is not None:
        blocks.append({"type": "redacted_thinking", "data": redacted})
    blocks[-1] |= plain(thought.extra)
    return blocks


def decode_call(block: Mapping[str, Any], path: str) -> ToolCall:
    """A `tool_use` block. Its input may have come as another value, or not at all."""
    identity, name, given = block.get("id"), block.get("name"), block.get("input")
    call = ToolCall(
        id=identity if isinstance(identity, str) else "",
        name=name if isinstance(name, str) else "",
        arguments="{}" if given is None else arguments_text(given, f"{path}.input"),
        extra=beside(block, ("type", "id", "name", "input")) if len(block) > 4 else {},
    )
    whole = is_object(given) and isinstance(identity, str) and isinstance(name, str)
    return call if whole else verbatim(call, block)


def call_block(call: ToolCall) -> Json:
    """The `tool_use` block of a call."""
    if VERBATIM in call.extra:
        return fresh(call.extra[VERBATIM])
    said = {"type": "tool_use", "id": call.id, "name": call.name, "input": input_of(call.arguments)}
    return {**said, **plain(call.extra)}
