"""The parts of a message's content, and the output of a call.

| part | value |
|---|---|
| `input_text`, `output_text`, `text` | `TextPart`; annotations and logprobs are extra |
| `refusal` | `TextPart` |
| `input_image` | `Image`: its `image_url` (a plain address) or `file_id`, `detail` |
| `input_file` | `File`: `file_id`, `file_data`, `file_url`, `filename` |
| anything else | `Other` |
"""

from typing import Any, cast

from msgspec import UNSET

from moonwire.core.messages import VERBATIM, Document, File, Image, Other, Part, TextPart, Video
from moonwire.wire.responses.shapes import Json, as_json, faithful, fresh, own

__all__ = ["content_body", "decode_content", "decode_output", "image_url", "part_body"]

_FILE = {"file_id": "file", "file_data": "data", "file_url": "url", "filename": "name"}
_TEXTS = {"input_text": "text", "output_text": "text", "text": "text", "refusal": "refusal"}


def decode_content(value: Any, path: str, role: str) -> Any:
    """Text, parts or null; `UNSET` for what is none of them."""
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, list):
        return UNSET
    parts = cast("list[Any]", value)
    return tuple(_part(part, f"{path}[{index}]", role) for index, part in enumerate(parts))


def decode_output(value: Any, path: str) -> Any:
    """A call's output of any shape; an object or a number is written as text.

    Codex used to wrap the text of an output in an object, beside `success`.
    """
    if value is None or isinstance(value, str | list):
        return decode_content(value, path, "tool")
    if isinstance(value, dict) and isinstance(inner := cast("Json", value).get("content"), str):
        return inner
    return as_json(value, path)


def content_body(content: Any, role: str) -> Any:
    """Content as an item has it."""
    if isinstance(content, tuple):
        return [part_body(part, role) for part in cast("tuple[Part, ...]", content)]
    return content


def _part(value: Any, path: str, role: str) -> TextPart | Image | Video | File | Other:
    if not isinstance(value, dict):
        return Other(kind="", value=value)
    part = cast("Json", value)
    kind = part.get("type")
    field = _TEXTS.get(kind) if isinstance(kind, str) else None
    if field is not None and isinstance(part.get(field), str):
        text = TextPart(text=part[field], extra=own(part, ("type", field), path))
        return faithful(text, part, part_body(text, role))
    if kind == "input_image" and isinstance(part.get("image_url", part.get("file_id")), str):
        given: Json = {
            field: part[name]
            for name, field in (("image_url", "url"), ("file_id", "file"), ("detail", "detail"))
            if isinstance(part.get(name), str)
        }
        image = Image(bare=True, extra=own(part, ("type", "image_url", "file_id", "detail"), path), **given)
        return faithful(image, part, part_body(image, role))
    if kind == "input_file":
        given = {field: part[name] for name, field in _FILE.items() if isinstance(part.get(name), str)}
        file = File(extra=own(part, ("type", *_FILE), path), **given)
        return faithful(file, part, part_body(file, role))
    return Other(kind=kind if isinstance(kind, str) else "", value=part)


def part_body(part: Part, role: str) -> Any:
    """A part as an item has it; an assistant's text is output, all other text is input."""
    if VERBATIM in part.extra:
        return fresh(part.extra[VERBATIM])
    if isinstance(part, Other):
        return fresh(part.value)
    extra = fresh(part.extra)
    if isinstance(part, TextPart):
        return {"type": "output_text" if role == "assistant" else "input_text", "text": part.text, **extra}
    if isinstance(part, Image):
        named = {"image_url": image_url(part), "file_id": part.file, "detail": part.detail}
        return {"type": "input_image", **_given(named), **extra}
    if isinstance(part, File):
        values = {name: getattr(part, field) for name, field in _FILE.items()}
        return {"type": "input_file", **_given(values), **extra}
    if isinstance(part, Video):
        return {
            "type": "input_video",
            **_given({"video_url": image_url(part), "file_id": part.file}),
            **extra,
        }
    document = cast("Document", part)
    named = {"title": document.title, "context": document.context}
    return {"type": "document", "source": fresh(document.source), **_given(named), **extra}


def image_url(part: Image | Video) -> str | None:
    """The address of a picture or a film; what is given inline is written as one."""
    if part.url is None and part.data is not None:
        return f"data:{part.media_type or 'application/octet-stream'};base64,{part.data}"
    return part.url


def _given(values: Json) -> Json:
    return {name: item for name, item in values.items() if item is not None}
