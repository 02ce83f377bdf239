"""A request of this dialect for a server that has no services of Anthropic's, or another dialect.

Some tools are Anthropic's own. Those that its servers run (web search and fetch, code execution, MCP) no
Kimi endpoint has, and Kimi's `$web_search` is none of them: its answers go through the caller, who was
promised that they would not. Those that the caller runs (bash, text editor, computer, memory) come without a
schema, which only Anthropic's models know by heart. Both are refused in words that say so.

Tools may be deferred (`defer_loading`): they are offered when they were found, and not before. A tool is
found where a result or a system message refers to it (kimi-api.md M2), or where it was called before. What
was found stands behind what was always there, in the order in which it was found, so that a list only grows
at its end and the server's cache keeps what stands before. Where the search itself is Anthropic's
(`tool_search_tool_…`) nobody could find anything, so all tools are offered and the search is left out.

For another dialect, besides: what only this one has a word for goes, such as `cache_control`,
`context_management` and `betas`, and what is found by a search or told of a tool becomes text.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar

import msgspec
from msgspec import UNSET

from moonwire.core.errors import LocalProtocolError
from moonwire.core.memo import kept_for, kept_on
from moonwire.core.messages import Message, Other, Part, Request, TextPart, Thought, Tool, ToolCall, changed
from moonwire.core.schemas.kinds import is_list, is_object

__all__ = ["abroad", "adapted"]

Json = dict[str, Any]
V = TypeVar("V", Message, Part, Thought, Tool, ToolCall)

_SEARCH: Final = "tool_search_tool_"
_OF_THE_CALLER: Final = ("bash_", "text_editor_", "computer_", "memory_", "browser_")
_KEPT_KINDS: Final = frozenset({"function", "builtin_function"})
_DEFERRED: Final = "defer_loading"

_REQUEST: Final = frozenset(
    {
        "anthropic_beta",
        "anthropic_version",
        "betas",
        "cache_control",
        "compaction",
        "container",
        "context_management",
        "diagnostics",
        "fallbacks",
        "inference_geo",
        "mcp_servers",
        "service_tier",
        "speed",
        "system",
        "thread",
    }
)
_TOOL: Final = frozenset(
    {"allowed_callers", "cache_control", _DEFERRED, "eager_input_streaming", "input_examples"}
)
_ELSEWHERE: Final = frozenset({"cache_control", "caller", "citations", "clear_at", "toolset_name"})
_CHANGED: Final = {"tool_addition": "available now", "tool_removal": "no longer available"}
_FAILED: Final = "[the tool failed without a word]"
# What the search of Anthropic's did is of no use to a model that cannot search.
_SEARCHED: Final = ("tool_search_tool_result",)


def adapted(request: Request) -> Request:
    """The request for a server that speaks this dialect and has no services of Anthropic's.

    Raises `LocalProtocolError` where a tool is one of those.
    """
    if request.extra.get("mcp_servers"):
        remedy = "connect to the servers yourself, and offer their tools with an input_schema"
        raise LocalProtocolError("no MCP servers are called here", path="mcp_servers", remedy=remedy)
    tools = request.tools or ()
    for index, tool in enumerate(tools):
        _refuse(tool, f"tools[{index}]")
    searching = any(tool.kind.startswith(_SEARCH) for tool in tools)
    if not searching and not any(tool.extra.get(_DEFERRED) is True for tool in tools):
        return request
    found = None if searching else _found(request.messages)
    # The same list each time the same tools are found: what is worked out of it is kept by its identity.
    name = "anthropic.offered" if found is None else "\0".join(["anthropic.found", *found])
    return msgspec.structs.replace(request, tools=kept_for(tools, name, lambda: _offered(tools, found)))


def _refuse(tool: Tool, path: str) -> None:
    kind = tool.kind
    if kind in _KEPT_KINDS or kind.startswith(_SEARCH):
        return
    remedy = "offer a tool of your own in its place, with an input_schema"
    if kind.startswith(_OF_THE_CALLER):
        raise LocalProtocolError(f"the model does not know `{kind}` by heart", path=path, remedy=remedy)
    raise LocalProtocolError(f"`{kind}` is run by Anthropic's servers alone", path=path, remedy=remedy)


def _offered(tools: tuple[Tool, ...], found: tuple[str, ...] | None) -> tuple[Tool, ...]:
    """The tools that were always there, and behind them those that were found; or all, in their order."""
    kept = [tool for tool in tools if not tool.kind.startswith(_SEARCH)]
    if found is None:
        return tuple(map(_shown, kept))
    deferred = {tool.name: tool for tool in kept if tool.extra.get(_DEFERRED) is True}
    always = [tool for tool in kept if tool.extra.get(_DEFERRED) is not True]
    return (*always, *[_shown(deferred[name]) for name in found if name in deferred])


def _shown(tool: Tool) -> Tool:
    """The tool, no longer deferred, and otherwise spelled as it was."""
    extra = {name: item for name, item in tool.extra.items() if name != _DEFERRED}
    return changed(tool, extra=extra)


def _found(messages: tuple[Message, ...]) -> tuple[str, ...]:
    """The names of the tools that were found, in the order in which they were."""
    names: dict[str, None] = {}
    for message in messages:
        for name, there in kept_on(message, "anthropic.found", lambda one: tuple(_mentions(one))):
            if there:
                names[name] = None
            else:
                names.pop(name, None)
    return tuple(names)


def _mentions(message: Message) -> Iterator[tuple[str, bool]]:
    """The tools that a message brings, or takes away."""
    for call in message.calls or ():
        yield call.name, True
    content = message.content
    for part in content if isinstance(content, tuple) else ():
        value = part.value if isinstance(part, Other) else None
        fields: Mapping[str, Any] = value if is_object(value) else {}
        kind = fields.get("type")
        inner = fields.get("content")
        referred: Any = ()
        if kind == "tool_reference":
            referred = (fields,)
        elif kind in _CHANGED:
            referred = (fields.get("tool"),)
        elif kind in _SEARCHED and is_object(inner):
            listed = inner.get("tool_references")
            referred = listed if is_list(listed) else ()
        for one in referred:
            name = one.get("tool_name", one.get("name")) if is_object(one) else None
            if isinstance(name, str):
                yield name, kind != "tool_removal"


def abroad(request: Request) -> Request:
    """The request for a server that speaks another dialect: `adapted`, and in no words of this one.

    Raises what `adapted` raises.
    """
    request = adapted(request)
    tools, choice, form = request.tools, request.tool_choice, request.response_format
    fields: Json = {
        "messages": tuple([kept_on(message, "anthropic.abroad", _message) for message in request.messages]),
        "extra": _known(request.extra, _REQUEST),
    }
    if tools:
        bare = kept_for(tools, "anthropic.abroad", lambda: tuple([_bare(tool, _TOOL) for tool in tools]))
        fields["tools"] = bare
    if choice is not UNSET and choice is not None:
        fields["tool_choice"] = msgspec.structs.replace(choice, extra={})
    if form is not UNSET and form is not None:
        fields["response_format"] = msgspec.structs.replace(form, extra={})
    if is_object(request.metadata):
        # The user is the cache's key there.
        rest = {name: item for name, item in request.metadata.items() if name != "user_id"}
        fields["metadata"] = rest or UNSET
    return msgspec.structs.replace(request, **fields)


def _known(extra: Json, gone: frozenset[str]) -> Json:
    return {name: item for name, item in extra.items() if name not in gone and not name.startswith("\0")}


def _bare(value: V, gone: frozenset[str] = _ELSEWHERE) -> V:
    """The value without marks, and without what only this dialect says."""
    if not value.extra:
        return value
    return msgspec.structs.replace(value, extra=_known(value.extra, gone))


def _message(message: Message) -> Message:
    fields: Json = {}
    if isinstance(message.content, tuple):
        parts = [_part(part) for part in message.content if _says_something(part)]
        fields["content"] = tuple(parts) if parts or not message.content else ""
        if len(parts) != len(message.content):
            fields["layout"] = ""
    elif message.is_error and not message.content:
        # Elsewhere nothing but its words tells a failure.
        fields["content"] = _FAILED
    if message.calls:
        fields["calls"] = tuple([_bare(call) for call in message.calls])
    if message.thoughts:
        fields["thoughts"] = tuple([_bare(thought) for thought in message.thoughts])
    return msgspec.structs.replace(_bare(message), **fields)


def _says_something(part: Part) -> bool:
    if not isinstance(part, Other):
        return True
    name = part.value.get("name") if is_object(part.value) else None
    searches = part.kind == "server_tool_use" and isinstance(name, str) and name.startswith(_SEARCH)
    return part.kind not in _SEARCHED and not searches


def _part(part: Part) -> Part:
    if not isinstance(part, Other):
        return _bare(part)
    fields: Mapping[str, Any] = part.value if is_object(part.value) else {}
    content, tool = fields.get("content"), fields.get("tool")
    texts: list[Any] = []
    if part.kind == "search_result" and is_list(content):
        texts = [fields.get("title"), fields.get("source")]
        texts += [block.get("text") for block in content if is_object(block)]
    elif part.kind in _CHANGED and is_object(tool):
        name = tool.get("tool_name", tool.get("name"))
        texts = [f"The tool {name} is {_CHANGED[part.kind]}." if isinstance(name, str) else None]
    found = [text for text in texts if isinstance(text, str) and text]
    return TextPart(text="\n\n".join(found)) if found else part
