"""The calls of tools, and what came of them, of every kind that agents run themselves.

| item | value |
|---|---|
| `function_call` | `ToolCall`; `namespace` and name are one name, `namespace__name` |
| `custom_tool_call` | `ToolCall(kind="custom")`, arguments `{"input": …}` |
| `local_shell_call`, `shell_call` | `kind="local_shell"`, `"shell"`; arguments: the action |
| `apply_patch_call` | `kind="apply_patch"`; arguments: the operation |
| `tool_search_call` | `kind="tool_search"`; arguments as they are |
| `…_output` of each | `Message(role="tool")`; its kind is extra, under `type` |
| `tool_search_output` | the same, with the tools that it brings |
"""

from collections.abc import Mapping
from typing import Any, Final, cast

from msgspec import UNSET

from moonwire.core.messages import VERBATIM, Message, ToolCall
from moonwire.wire.responses.content import content_body, decode_output
from moonwire.wire.responses.shapes import KINDS, Json, as_json, faithful, flat_name, fresh, own, unread
from moonwire.wire.responses.tools import decode_tools, short_name

__all__ = [
    "CALLS",
    "FUNCTION_OUTPUT",
    "OUTPUTS",
    "action_of",
    "call_body",
    "custom_input",
    "decode_call",
    "decode_result",
    "output_body",
]

CALLS: Final = {
    "function_call": "function",
    "custom_tool_call": "custom",
    **{f"{kind}_call": kind for kind in KINDS if kind != "custom"},
}
"""Types of items that are calls, and the kind of each."""

_TYPES: Final = {kind: name for name, kind in CALLS.items()}

OUTPUTS: Final = frozenset(
    f"{name}_output" if name != "tool_search_call" else "tool_search_output" for name in CALLS
)
"""Types of items that are what came of a call."""

FUNCTION_OUTPUT: Final = "function_call_output"

_HOLDERS: Final = {
    "custom": "input",
    "local_shell": "action",
    "shell": "action",
    "apply_patch": "operation",
    "tool_search": "arguments",
}
"""Where each kind of call has what a function has in its arguments."""


def decode_call(item: Mapping[str, Any], path: str) -> ToolCall:
    """A call. One without `call_id` is known by its `id`."""
    kind = CALLS[item["type"]]
    holder = _HOLDERS.get(kind, "arguments")
    said, name, identity = item.get(holder), item.get("name"), item.get("call_id")
    if kind == "function":
        arguments = (
            said if isinstance(said, str) else as_json({} if said is None else said, f"{path}.{holder}")
        )
    elif kind == "custom":
        arguments = as_json({"input": said if isinstance(said, str) else ""}, path)
    else:
        inner = cast("Json", said) if isinstance(said, dict) else {}
        action = {key: value for key, value in inner.items() if kind != "local_shell" or key != "type"}
        arguments = as_json(action, f"{path}.{holder}")
    if not isinstance(identity, str):
        identity = item.get("id")
    named = kind in ("function", "custom")
    call = ToolCall(
        id=identity if isinstance(identity, str) else "",
        name=flat_name(item.get("namespace"), name if isinstance(name, str) else "") if named else kind,
        arguments=arguments,
        kind=kind,
        extra=own(item, ("type", "call_id", holder, *(("name",) if named else ())), path),
    )
    return faithful(call, item, call_body(call))


def call_body(call: ToolCall) -> Json:
    """The call as an item of its kind; of none of them, as a function's."""
    if VERBATIM in call.extra:
        return fresh(call.extra[VERBATIM])
    extra = fresh(call.extra)
    if call.kind == "custom":
        body: Json = {
            "name": short_name(extra.get("namespace"), call.name),
            "input": custom_input(call.arguments),
        }
    elif call.kind in KINDS:
        body = {_HOLDERS[call.kind]: action_of(call.kind, call.arguments) or {}}
    else:
        body = {"name": short_name(extra.get("namespace"), call.name), "arguments": call.arguments}
    return {"type": _TYPES.get(call.kind, "function_call"), "call_id": call.id, **body, **extra}


def custom_input(arguments: str) -> str:
    """The text that a custom tool gets of a call as a function: of its one argument, or all there is.

    >>> custom_input('{"input": "ls"}'), custom_input('{"patch": "x"}'), custom_input('{"input": "l')
    ('ls', 'x', '{"input": "l')
    """
    value = unread(arguments)
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        fields = cast("Json", value)
        texts = [fields["input"]] if "input" in fields else list(fields.values())
        if len(texts) == 1 and isinstance(texts[0], str):
            return texts[0]
    return arguments


def action_of(kind: str, arguments: str) -> Json | None:
    """What an item of this kind has of a call as a function; None where its clients could not read it."""
    value = unread(arguments)
    if not isinstance(value, dict):
        return None
    fields = cast("Json", value)
    if kind == "local_shell":
        if not _texts(fields.get("command")):
            return None
        environment = fields.get("env")
        return {"type": "exec", **fields, "env": environment if isinstance(environment, dict) else {}}
    if kind == "shell":
        return fields if _texts(fields.get("commands")) else None
    if kind == "apply_patch":
        needed = ("path",) if fields.get("type") == "delete_file" else ("path", "diff")
        known = fields.get("type") in ("create_file", "update_file", "delete_file")
        return fields if known and all(isinstance(fields.get(name), str) for name in needed) else None
    return fields


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in cast("list[Any]", value))


# -- what came of them -------------------------------------------------------------------------------


def decode_result(item: Mapping[str, Any], path: str) -> Message:
    """What came of a call."""
    kind = item["type"]
    given: Json = {}
    if isinstance(item.get("call_id"), str):
        given["call_id"] = item["call_id"]
    extra = own(item, ("call_id", "output"), path)
    if kind == FUNCTION_OUTPUT:
        del extra["type"]
    content: Any = UNSET
    if kind == "tool_search_output":
        given["tools"] = decode_tools(item.get("tools", []), f"{path}.tools") or ()
        content = _brought(given["tools"])
    elif "output" in item:
        content = _said(item["output"], path)
    elif kind == "apply_patch_call_output":
        content = str(item.get("status") or "")
    if item.get("status") == "failed" or _unsuccessful(item.get("output")):
        given["is_error"] = True
    message = Message(role="tool", content=content, extra=extra, **given)
    return faithful(message, [item], [output_body(message)])


def _brought(tools: Any) -> str:
    names = ", ".join(tool.name for tool in tools)
    return f"Found, and offered from now on: {names}" if names else "No tool was found."


def _unsuccessful(output: Any) -> bool:
    return isinstance(output, dict) and cast("Json", output).get("success") is False


def _said(output: Any, path: str) -> Any:
    """The output as content. A shell's is a list of what each command wrote and how it ended."""
    if isinstance(output, list) and output and all(map(_is_shell, cast("list[Any]", output))):
        return "\n".join(_shell(cast("Json", one)) for one in cast("list[Any]", output))
    return decode_output(output, f"{path}.output")


def _is_shell(value: Any) -> bool:
    return isinstance(value, dict) and ("stdout" in value or "stderr" in value)


def _shell(one: Json) -> str:
    outcome: Any = one.get("outcome")
    ended = cast("Json", outcome) if isinstance(outcome, dict) else {}
    code = ended.get("exit_code")
    how = (
        [f"[exit code {code}]"]
        if code is not None
        else ["[timed out]"]
        if ended.get("type") == "timeout"
        else []
    )
    texts = [text for name in ("stdout", "stderr") if isinstance(text := one.get(name), str) and text]
    return "\n".join([*texts, *how])


def output_body(message: Message) -> Json:
    """What came of a call, as an item; a message of another dialect is what came of a function."""
    extra = {name: fresh(item) for name, item in message.extra.items() if name != VERBATIM}
    body: Json = {"type": extra.pop("type", FUNCTION_OUTPUT)}
    if message.call_id is not None:
        body["call_id"] = message.call_id
    if message.content is not UNSET:
        body["output"] = content_body(message.content, "tool")
    return {**body, **extra}
