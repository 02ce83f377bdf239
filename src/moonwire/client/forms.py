"""Answers in the caller's own type: the schema that is asked for, and the value that comes of the text."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

import msgspec

from moonwire.core.errors import LocalProtocolError

__all__ = ["Form", "form_of"]

_VALUE: Final = "value"
# Some servers enforce nothing, and models like to fence JSON in.
_FENCE: Final = re.compile(r"\s*```[a-zA-Z]*\n(.*?)\n?```\s*", re.DOTALL)
_NAME: Final = re.compile(r"[^A-Za-z0-9_-]")


class Form(msgspec.Struct, frozen=True):
    """What to send as `response_format`, and how to read the answer. `read` raises `ValueError`."""

    sent: dict[str, Any]
    read: Callable[[str], Any]


def form_of(kind: Any) -> Form:
    """The form of a type, or of a `response_format` as it is sent.

    Types: whatever msgspec knows (its structs, dataclasses, TypedDicts, lists, numbers, unions of them), and
    pydantic models. `"json"` asks for any JSON object.

    >>> class City(msgspec.Struct):
    ...     name: str
    >>> form = form_of(City)
    >>> form.sent["json_schema"]["name"], form.read('```json\\n{"name": "Oslo"}\\n```')
    ('City', City(name='Oslo'))
    """
    if isinstance(kind, Mapping):
        sent = dict(cast("Mapping[str, Any]", kind))
        return Form(sent, _plain if sent.get("type") != "text" else _text)
    if kind == "json":
        return Form({"type": "json_object"}, _plain)
    if hasattr(kind, "model_json_schema") and hasattr(kind, "model_validate_json"):
        return _asked(kind, kind.model_json_schema(), lambda text: kind.model_validate_json(_bare(text)))
    try:
        schema = msgspec.json.schema(kind)
        decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(kind)
    except (TypeError, ValueError) as error:
        remedy = "give a type that msgspec or pydantic knows, a response_format, or 'json'"
        said = f"no schema can be made of this type: {error}"
        raise LocalProtocolError(said, path="response_format", remedy=remedy) from error
    if _is_object(schema):
        return _asked(kind, schema, lambda text: decoder.decode(_bare(text)))
    return _asked(kind, _wrapped(schema), lambda text: msgspec.convert(_plain(text)[_VALUE], kind))


def _asked(kind: Any, schema: dict[str, Any], read: Callable[[str], Any]) -> Form:
    name = _NAME.sub("_", getattr(kind, "__name__", "answer"))[:64] or "answer"
    asked = {"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": True}}

    def checked(text: str) -> Any:
        try:
            return read(text)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not an object with {_VALUE!r}: {error}") from error

    return Form(asked, checked)


def _is_object(schema: dict[str, Any]) -> bool:
    """Whether the root says object, directly or by reference: the server takes no other (mfjs.md 1)."""
    if reference := schema.get("$ref"):
        schema = schema.get("$defs", {}).get(str(reference).rpartition("/")[2], {})
    return schema.get("type") == "object"


def _wrapped(schema: dict[str, Any]) -> dict[str, Any]:
    """A value that is no object, inside one."""
    inner = {name: value for name, value in schema.items() if name != "$defs"}
    outer: dict[str, Any] = {"type": "object", "properties": {_VALUE: inner}, "required": [_VALUE]}
    return {**outer, "$defs": schema["$defs"]} if "$defs" in schema else outer


def _bare(text: str) -> str:
    found = _FENCE.fullmatch(text)
    return found[1] if found else text


def _plain(text: str) -> Any:
    return json.loads(_bare(text))


def _text(text: str) -> str:
    return text
