"""Tools, tool choice and answer form of a body.

A tool without a `type`, or of the type `custom`, is a function of the caller's. Any other type is one of
Anthropic's own: `Tool.kind` holds it, and `abroad` says what becomes of it.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

from msgspec import UNSET, UnsetType

from moonwire.core.errors import LocalProtocolError
from moonwire.core.memo import Generations
from moonwire.core.messages import VERBATIM, ResponseFormat, Tool, ToolChoice
from moonwire.core.schemas.kinds import is_list, is_object
from moonwire.wire.anthropic.blocks import numbered
from moonwire.wire.anthropic.shapes import (
    SPELLED,
    Json,
    an_object,
    beside,
    fresh,
    plain,
    remembered,
    verbatim,
)

__all__ = [
    "choice_body",
    "decode_choice",
    "decode_format",
    "decode_tool",
    "decode_tools",
    "encode_tool",
    "format_body",
]

# Lists of tools by their JSON: an agent offers the same ones on every turn.
_KNOWN = Generations["tuple[Tool, ...]"](limit=8 * 1024 * 1024)


def decode_tools(value: Any) -> tuple[Tool, ...] | None:
    """The tools of a body, as the same value each time the same content comes."""
    if value is None:
        return None
    if not is_list(value):
        raise LocalProtocolError("not a list", path="tools", remedy="give a list of tools")
    return remembered(_KNOWN, value, _tools)


def _tools(values: list[Any]) -> tuple[Tool, ...]:
    return tuple([decode_tool(value, path) for value, path in numbered(values, "tools")])


def decode_tool(value: Any, path: str = "tool") -> Tool:
    """One tool of a body; `path` is what an error calls it."""
    fields = an_object(value, path, "a tool")
    kind, name = fields.get("type", UNSET), fields.get("name")
    given: dict[str, Any] = {}
    known = {"name", "type"}
    for field, right in (("description", str), ("strict", bool)):
        if isinstance(fields.get(field), right):
            known.add(field)
            given[field] = fields[field]
    if "input_schema" in fields:
        known.add("input_schema")
        given["parameters"] = fields["input_schema"]
    own = isinstance(kind, str) and kind not in ("custom", "function")
    extra = beside(fields, known)
    if kind == "custom":
        extra[SPELLED] = kind
    tool = Tool(
        name=name if isinstance(name, str) else "",
        kind=cast("str", kind) if own else "function",
        extra=extra,
        **given,
    )
    # A toolset of a server has no name; a type that is no text is left to whoever reads it.
    function = "parameters" in given and (kind is UNSET or kind == "custom")
    right = isinstance(name, str) and (own or function)
    return tool if right else verbatim(tool, fields)


def encode_tool(tool: Tool) -> Any:
    """The tool as this dialect has it."""
    if VERBATIM in tool.extra:
        return fresh(tool.extra[VERBATIM])
    body: Json = {"name": tool.name, **plain(tool.extra)}
    if tool.kind != "function":
        body["type"] = tool.kind
    elif SPELLED in tool.extra:
        body["type"] = tool.extra[SPELLED]
    if tool.description is not None:
        body["description"] = tool.description
    if tool.strict is not None:
        body["strict"] = tool.strict
    if tool.parameters is not UNSET:
        body["input_schema"] = fresh(tool.parameters)
    elif tool.kind == "function":
        body["input_schema"] = {"type": "object"}
    return body


_MODES: Final[dict[str, Any]] = {"auto": "auto", "any": "required", "none": "none", "tool": "named"}
_WORDS: Final = {mode: word for word, mode in _MODES.items()}


def decode_choice(value: Any) -> tuple[ToolChoice, bool | UnsetType] | None:
    """The choice, and whether several calls may come at once; none where it is no known one."""
    fields: Mapping[str, Any] = value if is_object(value) else {}
    kind, name = fields.get("type"), fields.get("name")
    mode = _MODES.get(kind) if isinstance(kind, str) else None
    if mode is None or (mode == "named" and not isinstance(name, str)):
        return None
    alone = fields.get("disable_parallel_tool_use")
    known = {"type"}
    if mode == "named":
        known.add("name")
    if isinstance(alone, bool):
        known.add("disable_parallel_tool_use")
    choice = ToolChoice(mode=mode, name=name if mode == "named" else None, extra=beside(fields, known))
    return choice, not alone if isinstance(alone, bool) else UNSET


def choice_body(choice: ToolChoice | None, parallel: bool | UnsetType | None) -> Json | None:
    """The choice as this dialect has it. Without one, that calls come one at a time is said by `auto`."""
    if choice is None:
        return None if parallel is not False else {"type": "auto", "disable_parallel_tool_use": True}
    body: Json = {"type": _WORDS[choice.mode], **plain(choice.extra)}
    if choice.mode == "named":
        body["name"] = choice.name
    if isinstance(parallel, bool):
        body["disable_parallel_tool_use"] = not parallel
    return body


def decode_format(value: Any) -> ResponseFormat | None:
    """The form of the answer; none where it is no known one."""
    fields: Mapping[str, Any] = value if is_object(value) else {}
    if fields.get("type") != "json_schema":
        return None
    known = ("type", "schema")
    return ResponseFormat(kind="json_schema", schema=fields.get("schema", UNSET), extra=beside(fields, known))


def format_body(form: ResponseFormat) -> Json | None:
    """The form as this dialect has it: a schema, or none at all."""
    if form.kind == "text":
        return None
    schema = {"type": "object"} if form.kind == "json_object" else form.schema
    said: Json = {} if schema is UNSET else {"schema": fresh(schema)}
    return {"type": "json_schema", **said, **plain(form.extra)}
