"""Tools, tool choice and answer form of a Responses body.

| tool | value |
|---|---|
| `function` | `Tool` |
| `custom` | `Tool(kind="custom")`; its `format` is extra |
| `namespace` | one `Tool` for each of its tools, with its `namespace`, named `namespace__name` |
| `local_shell`, `shell`, `apply_patch`, `tool_search` | `Tool` of that kind and name |
| any other: `web_search`, `mcp`, `file_search`, `code_interpreter`, … | `Tool` of that kind and name |

What is offered to a model that has only functions is for `functions.translated` to say.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec
from msgspec import UNSET

from moonwire.core.memo import Generations
from moonwire.core.messages import VERBATIM, ResponseFormat, Tool, ToolChoice
from moonwire.wire.responses.shapes import (
    KINDS,
    Json,
    a_list,
    an_object,
    faithful,
    flat_name,
    fresh,
    own,
    refuse_reserved,
    remembered,
)

__all__ = ["choice_body", "decode_choice", "decode_format", "decode_tools", "format_body", "tools_body"]

AROUND: Final = "\0around"
"""The key in `extra` of a namespace's first tool: the namespace without its tools."""

_NAMED: Final = ("function", "custom")
_OWN: Final = ("type", "name", "description", "parameters", "strict")


# Lists of tools by their JSON: an agent offers the same ones on every turn.
_KNOWN = Generations["tuple[Tool, ...]"](limit=8 * 1024 * 1024)


def decode_tools(value: Any, path: str = "tools") -> tuple[Tool, ...] | None:
    """The tools of a list, those of namespaces among them: the same value each time the same comes."""
    if value is None:
        return None
    return remembered(_KNOWN, a_list(value, path, "tools"), lambda came: _tools(came, path))


def _tools(value: list[Any], path: str) -> tuple[Tool, ...]:
    found: list[Tool] = []
    for index, item in enumerate(value):
        where = f"{path}[{index}]"
        fields = an_object(item, where, "a tool")
        if fields.get("type") == "namespace":
            found += _namespace(fields, where)
        else:
            found.append(_tool(fields, where, None))
    return tuple(found)


def _namespace(fields: Mapping[str, Any], path: str) -> list[Tool]:
    name, inner = fields.get("name"), a_list(fields.get("tools", []), f"{path}.tools", "tools")
    if not isinstance(name, str) or not name or not inner:
        return [Tool(name=name if isinstance(name, str) else "", kind="namespace", extra={VERBATIM: fields})]
    around = own(fields, ("tools",), path)
    tools = [
        _tool(an_object(item, f"{path}.tools[{index}]", "a tool"), f"{path}.tools[{index}]", name)
        for index, item in enumerate(inner)
    ]
    first = msgspec.structs.replace(tools[0], extra={**tools[0].extra, AROUND: around})
    return [first, *tools[1:]]


def _tool(fields: Mapping[str, Any], path: str, namespace: str | None) -> Tool:
    kind = fields.get("type")
    kind = kind if isinstance(kind, str) else "function"
    if kind not in _NAMED:
        extra = own(fields, ("type",), path)
        tool = Tool(name=flat_name(namespace, kind), kind=kind, namespace=namespace, extra=extra)
        return faithful(tool, fields, _tool_body(tool))
    # Agents of another dialect put all but the type into an object of its own.
    inner: Any = fields.get("function")
    holder = cast("Json", inner) if isinstance(inner, dict) else fields
    name, description, strict = holder.get("name"), holder.get("description"), holder.get("strict")
    tool = Tool(
        name=flat_name(namespace, name if isinstance(name, str) else ""),
        description=description if isinstance(description, str) else None,
        parameters=holder.get("parameters", UNSET),
        strict=strict if isinstance(strict, bool) else None,
        kind=kind,
        namespace=namespace,
        extra=own(fields, (*_OWN, "function"), path),
    )
    return faithful(tool, fields, _tool_body(tool))


def tools_body(tools: tuple[Tool, ...]) -> list[Any]:
    """The tools as a body lists them: what was in a namespace is in it again."""
    found: list[Any] = []
    current: tuple[str, list[Any]] | None = None
    for tool in tools:
        if tool.namespace is None:
            current = None
            found.append(_tool_body(tool))
            continue
        if current is None or current[0] != tool.namespace or AROUND in tool.extra:
            around = fresh(tool.extra.get(AROUND, {"type": "namespace", "name": tool.namespace}))
            current = (tool.namespace, [])
            found.append({**around, "tools": current[1]})
        current[1].append(_tool_body(tool))
    return found


def _tool_body(tool: Tool) -> Any:
    if VERBATIM in tool.extra:
        return fresh(tool.extra[VERBATIM])
    extra = {name: fresh(item) for name, item in tool.extra.items() if name != AROUND}
    if tool.kind not in _NAMED:
        return {"type": tool.kind, **extra}
    body: Json = {"type": tool.kind, "name": short_name(tool.namespace, tool.name)}
    if tool.description is not None:
        body["description"] = tool.description
    if tool.parameters is not UNSET:
        body["parameters"] = fresh(tool.parameters)
    if tool.strict is not None:
        body["strict"] = tool.strict
    return {**body, **extra}


def short_name(namespace: Any, name: str) -> str:
    """The name within the namespace, of a name that the model has.

    >>> short_name("browser", "browser__open"), short_name(None, "look")
    ('open', 'look')
    """
    return name.removeprefix(flat_name(namespace, "")) if isinstance(namespace, str) else name


# -- what must be called -----------------------------------------------------------------------------


def decode_choice(value: Any) -> Any:
    """What must be called; `UNSET` where it is nothing that a model with functions alone can be told."""
    if isinstance(value, str):
        return ToolChoice(mode=value) if value in ("auto", "none", "required") else UNSET
    if not isinstance(value, dict):
        return UNSET
    fields = cast("Json", value)
    kind = fields.get("type")
    found: ToolChoice | None = None
    if kind == "allowed_tools" and isinstance(fields.get("tools"), list):
        names = [_chosen(tool) for tool in cast("list[Any]", fields["tools"])]
        if all(name is not None for name in names):
            mode = "required" if fields.get("mode") == "required" else "auto"
            found = ToolChoice(mode=mode, allowed=tuple(cast("list[str]", names)))
    elif (name := _chosen(fields)) is not None:
        found = ToolChoice(mode="named", name=name)
    if found is None:
        return UNSET
    refuse_reserved(fields, "tool_choice")
    return faithful(found, fields, choice_body(found))


def _chosen(value: Any) -> str | None:
    """The name that the model has for the tool that is meant."""
    fields = cast("Json", value) if isinstance(value, dict) else {}
    kind, name = fields.get("type"), fields.get("name")
    if kind in _NAMED:
        inner: Any = fields.get("function")
        name = cast("Json", inner).get("name") if isinstance(inner, dict) else name
        return flat_name(fields.get("namespace"), name) if isinstance(name, str) else None
    return kind if isinstance(kind, str) and kind in KINDS else None


def choice_body(choice: ToolChoice) -> Any:
    if VERBATIM in choice.extra:
        return fresh(choice.extra[VERBATIM])
    if choice.mode == "named":
        return {"type": "function", "name": choice.name}
    if choice.allowed is not None:
        tools = [{"type": "function", "name": name} for name in choice.allowed]
        return {"type": "allowed_tools", "mode": choice.mode, "tools": tools}
    return choice.mode


# -- the form of the answer --------------------------------------------------------------------------


def decode_format(value: Any) -> Any:
    """The form of the answer; `UNSET` where it is no form that is known."""
    fields = cast("Json", value) if isinstance(value, dict) else {}
    kind = fields.get("type")
    if kind not in ("text", "json_object", "json_schema"):
        return UNSET
    texts = [name for name in ("name", "description") if isinstance(fields.get(name), str)]
    given: Json = {name: fields[name] for name in texts}
    if isinstance(fields.get("strict"), bool):
        given["strict"] = fields["strict"]
    extra = own(fields, ("type", "name", "description", "strict", "schema"), "text.format")
    form = ResponseFormat(kind=kind, schema=fields.get("schema", UNSET), extra=extra, **given)
    return faithful(form, fields, format_body(form))


def format_body(form: ResponseFormat) -> Json:
    if VERBATIM in form.extra:
        return fresh(form.extra[VERBATIM])
    body: Json = {"type": form.kind}
    for name, value in (("name", form.name), ("description", form.description), ("strict", form.strict)):
        if value is not None:
            body[name] = value
    if form.schema is not UNSET:
        body["schema"] = fresh(form.schema)
    return {**body, **fresh(form.extra)}
