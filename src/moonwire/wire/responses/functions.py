"""What only this dialect has, for a model that has functions and text, and the way back.

| tool | offered to the model |
|---|---|
| `function`, also in a namespace | as it is, named `namespace__name` |
| `custom` | a function with one text, `input`; a grammar is told in the description |
| `local_shell`, `shell`, `apply_patch` | a function of that name, whose arguments are the item's action |
| `tool_search` | a function of that name, with its own `parameters` or a `query` |
| tools that a `tool_search_output` or `additional_tools` brings | as the others, from then on |
| hosted: `web_search`, `file_search`, `code_interpreter`, `computer`, `mcp`, … | left out |

| item | told to the model |
|---|---|
| calls and outputs of those kinds | calls and outputs of functions |
| reasoning with text | reasoning, without what is encrypted |
| reasoning that is only encrypted, and was not opened | left out |
| `item_reference` | refused: only the store that has the item can resolve it |
| `compaction` | refused: only its own server can read it |
| `compaction_trigger` | refused: the model cannot do that |
| what a server did, and any other item | text: its kind and its JSON |

Calls come back as the kind of the tool that was offered: `Kinds`. CLIProxyAPI#5647 (incidents.md 135) is
what happens where nothing of this is done.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

import msgspec
from msgspec import UNSET

from moonwire.core.errors import LocalProtocolError
from moonwire.core.memo import kept_for, kept_on
from moonwire.core.messages import Image, Message, Other, Request, TextPart, Thought, Tool, ToolCall, changed
from moonwire.core.notes import Note
from moonwire.wire.responses.items import items_of
from moonwire.wire.responses.shapes import KINDS, Json, as_json
from moonwire.wire.responses.tools import short_name

__all__ = ["Kind", "Kinds", "as_functions", "bare"]


class Kind(msgspec.Struct, frozen=True):
    """What the caller calls a tool of the model's."""

    kind: str = "function"
    name: str = ""
    namespace: str | None = None


class Kinds(msgspec.Struct, frozen=True):
    """The tools of a request by the name that the model has for them, where the caller's is another."""

    tools: Mapping[str, Kind] = {}

    @classmethod
    def of(cls, request: Request) -> "Kinds":
        """What the request says of its tools, those in its messages among them.

        >>> tool = Tool(name="n__f", namespace="n")
        >>> Kinds.of(Request(model="", messages=(), tools=(tool,))).of_call("n__f")
        Kind(kind='function', name='f', namespace='n')
        """
        found: dict[str, Kind] = {}
        for tool in _offered(request):
            if tool.kind in KINDS or tool.namespace:
                short = short_name(tool.namespace, tool.name)
                found[tool.name] = Kind(tool.kind, short, tool.namespace)
        return cls(found)

    def of_call(self, name: str) -> Kind:
        """What a call of this name is to the caller."""
        return self.tools.get(name) or Kind(name=name)


def _offered(request: Request) -> Iterable[Tool]:
    yield from request.tools or ()
    for message in request.messages:
        if message.tools is not UNSET:
            yield from message.tools


# -- to functions ------------------------------------------------------------------------------------

_TEXT: Final[Json] = {"type": "string"}
_TEXTS: Final[Json] = {"type": "array", "items": _TEXT}
_NUMBER: Final[Json] = {"type": "integer"}


def _schema(required: tuple[str, ...], **properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(required)}


SCHEMAS: Final[dict[str, tuple[str, Json]]] = {
    "custom": (
        "",
        _schema(("input",), input={**_TEXT, "description": "The whole input of the tool, as text."}),
    ),
    "local_shell": (
        "Runs a command on the user's machine and gives back its output.",
        _schema(
            ("command",),
            command={**_TEXTS, "description": "The program and its arguments."},
            working_directory=_TEXT,
            timeout_ms=_NUMBER,
        ),
    ),
    "shell": (
        "Runs shell commands and gives back what each wrote.",
        _schema(("commands",), commands=_TEXTS, timeout_ms=_NUMBER, max_output_length=_NUMBER),
    ),
    "apply_patch": (
        "Creates, changes or deletes one file.",
        _schema(
            ("type", "path"),
            type={**_TEXT, "enum": ["create_file", "update_file", "delete_file"]},
            path=_TEXT,
            diff={**_TEXT, "description": "The change as a V4A diff; not needed to delete a file."},
        ),
    ),
    "tool_search": (
        "Finds further tools, which are offered from then on.",
        _schema(("query",), query={**_TEXT, "description": "What the tool should do."}, limit=_NUMBER),
    ),
}
"""Description and parameters of each kind of tool, offered as a function."""


def as_functions(request: Request) -> tuple[Request, tuple[Note, ...]]:
    """The request with functions, text and thoughts alone in it, and what that changed.

    Raises `LocalProtocolError` where an item cannot be told to any model.
    """
    notes: list[Note] = []
    messages = _messages(request.messages, notes)
    fields: Json = {"messages": messages}
    tools = _tools(request, notes)
    if tools or isinstance(request.tools, tuple):
        fields["tools"] = tools
    if request.tool_choice:
        fields["tool_choice"] = _bare(request.tool_choice)
    if isinstance(request.extra.get("tool_choice"), dict):
        why = "a tool that is not offered cannot be forced"
        notes.append(Note(code="tool-choice-hosted", level="warning", path="tool_choice", reason=why))
        fields["extra"] = {name: item for name, item in request.extra.items() if name != "tool_choice"}
    return msgspec.structs.replace(request, **fields), tuple(notes)


def _tools(request: Request, notes: list[Note]) -> tuple[Tool, ...]:
    offered = tuple(_offered(request))
    if request.tools and len(offered) == len(request.tools):
        # Nothing was brought: these are the same on every turn.
        offered = request.tools
    found, told = kept_for(offered, "as functions", lambda: _functions(offered))
    notes += told
    return found


def _functions(offered: tuple[Tool, ...]) -> tuple[tuple[Tool, ...], list[Note]]:
    found: dict[str, Tool] = {}
    notes: list[Note] = []
    for index, tool in enumerate(offered):
        path = f"tools[{index}]"
        if tool.kind == "function":
            # Tools of one name cannot be told apart; what of them stands first is there from the start.
            found.setdefault(tool.name, _without_namespace(tool))
        elif tool.kind in KINDS:
            found.setdefault(tool.name, _as_function(tool))
            why = f"the model has functions, and calls of this one come back as {tool.kind} calls"
            notes.append(
                Note(code="tool-as-function", path=path, before=tool.kind, after=tool.name, reason=why)
            )
        else:
            why = f"{tool.kind} runs on OpenAI's servers alone"
            notes.append(Note(code="tool-hosted", level="warning", path=path, before=tool.name, reason=why))
    return tuple(found.values()), notes


def _without_namespace(tool: Tool) -> Tool:
    return tool if tool.namespace is None else changed(tool, namespace=None, extra=_open(tool.extra))


def _as_function(tool: Tool) -> Tool:
    description, parameters = SCHEMAS[tool.kind]
    said: Any = tool.description if tool.description is not None else tool.extra.get("description")
    own: Any = tool.extra.get("parameters") if tool.kind == "tool_search" else None
    form: Any = tool.extra.get("format")
    grammar: Any = cast("Json", form).get("definition") if isinstance(form, dict) else None
    text = said if isinstance(said, str) and said else description
    if isinstance(grammar, str):
        syntax = cast("Json", form).get("syntax", "")
        text = f"{text}\n\nThe input follows this {syntax} grammar:\n{grammar}".strip()
    return Tool(
        name=tool.name,
        description=text or None,
        parameters=own if isinstance(own, dict) else parameters,
    )


def _open(extra: Json) -> Json:
    return {name: item for name, item in extra.items() if not name.startswith("\0")}


def _messages(messages: tuple[Message, ...], notes: list[Note]) -> tuple[Message, ...]:
    found: list[Message] = []
    waiting: list[str] = []
    items = 0
    for index, message in enumerate(messages):
        path, place = f"messages[{index}]", f"input[{items}]"
        items += kept_on(message, "items", lambda one: len(items_of((one,))))
        if message.calls:
            waiting = [call.id for call in message.calls]
        elif message.role == "tool" and message.call_id is None and waiting:
            # Searches that a server ran have no id.
            message = changed(message, call_id=waiting.pop(0), extra={})
        elif message.call_id in waiting:
            waiting.remove(message.call_id)
        healed, told = kept_on(message, "as functions", lambda one, place=place: _told(one, place))
        notes += [msgspec.structs.replace(note, path=path) for note in told]
        if healed is not None:
            found.append(healed)
    return tuple(found)


def _told(message: Message, place: str) -> tuple[Message | None, list[Note]]:
    """The message as any model can read it; none where it only brings tools."""
    notes: list[Note] = []
    return _message(message, place, notes), notes


def _message(message: Message, place: str, notes: list[Note]) -> Message | None:
    fields: Json = {}
    if message.tools is not UNSET:
        if message.content is UNSET:
            return None
        fields["tools"] = UNSET
    if message.calls and any(
        call.kind != "function" or call.extra.get("namespace") for call in message.calls
    ):
        fields["calls"] = tuple(_call(call) for call in message.calls)
    if message.thoughts and any(thought.encrypted is not None for thought in message.thoughts):
        kept = [thought for thought in message.thoughts if not _is_shut(thought)]
        fields["thoughts"] = tuple(map(_without_seal, kept)) or UNSET
        if len(kept) < len(message.thoughts):
            fields["layout"] = ""
            why = "reasoning that somebody else encrypted cannot be read"
            notes.append(Note(code="reasoning-sealed", level="warning", reason=why))
    if isinstance(message.content, tuple) and any(isinstance(part, Other) for part in message.content):
        parts = [_part(part, place, notes) if isinstance(part, Other) else part for part in message.content]
        fields["content"] = tuple(parts)
    if message.role == "tool" and "type" in message.extra:
        fields["extra"] = {}
    return changed(message, **fields) if fields else message


def _is_shut(thought: Thought) -> bool:
    return not thought.text and thought.encrypted is not None


def _without_seal(thought: Thought) -> Thought:
    """What is encrypted says nothing to a server that did not encrypt it (kimi-api.md N)."""
    return thought if thought.encrypted is None else changed(thought, encrypted=None)


def _call(call: ToolCall) -> ToolCall:
    if call.kind == "function" and "namespace" not in call.extra:
        return call
    return ToolCall(id=call.id, name=call.name, arguments=call.arguments, complete=call.complete)


_UNTOLD: Final = {
    "item_reference": "send the item itself, or previous_response_id",
    "compaction": "send what was compacted, as a message",
    "compaction_trigger": "ask for a summary in a message",
}


def _part(part: Other, place: str, notes: list[Note]) -> Other | TextPart:
    """An item as text; a part of a message is somebody else's to judge."""
    if not isinstance(part.value, Mapping) or part.kind == "" or part.kind.startswith("input_"):
        return part
    if part.kind in _UNTOLD:
        what = f"{part.kind} can only be read by the server that made it"
        raise LocalProtocolError(what, path=place, remedy=_UNTOLD[part.kind])
    text = f"[{part.kind}] {as_json(dict(cast('Json', part.value)), place)}"
    why = f"no model of Kimi's knows {part.kind}; it is told what stands in it"
    notes.append(Note(code="item-as-text", level="warning", before=part.kind, reason=why))
    return TextPart(text=text)


# -- for other dialects ------------------------------------------------------------------------------

OURS: Final = frozenset(
    {
        *("include", "truncation", "max_tool_calls", "safety_identifier", "service_tier", "stream_options"),
        *("text", "background", "background_options", "conversation", "prompt", "prompt_cache_retention"),
        *("prompt_cache_options", "context_management", "moderation", "access_programs", "client_metadata"),
        *("image", "input", "instructions", "tool_choice"),
    }
)
"""Fields of this dialect that mean something else in another one, or nothing."""


def bare(request: Request) -> Request:
    """The request without what is spelled in this dialect's way: as a server of another one is to get it.

    >>> from moonwire.wire.responses.body import decode
    >>> bare(decode({"input": "hi", "include": [], "x": 1})).extra
    {'x': 1}
    """
    fields: Json = {
        "messages": tuple(kept_on(message, "bare", _bare_message) for message in request.messages),
        "extra": {name: item for name, item in _open(request.extra).items() if name not in OURS},
        "previous": None,
        "store": UNSET,
    }
    if request.tools:
        tools = request.tools
        fields["tools"] = kept_for(tools, "bare", lambda: tuple(_bare(tool) for tool in tools))
    for name in ("tool_choice", "response_format"):
        value = getattr(request, name)
        if value:
            fields[name] = _bare(value)
    if "max_output_tokens" in request.caps:
        caps = {name: cap for name, cap in request.caps.items() if name != "max_output_tokens"}
        fields["caps"] = {"max_completion_tokens": request.caps["max_output_tokens"], **caps}
    return msgspec.structs.replace(request, **fields)


def _bare_message(message: Message) -> Message:
    fields: Json = {"extra": {}, "id": None, "layout": message.layout}
    content = message.content
    if isinstance(content, tuple):
        fields["content"] = tuple(_bare(part) for part in content)
        if message.role == "assistant" and len(content) == 1 and isinstance(content[0], TextPart):
            # An answer's text is a part here in any case; elsewhere it is plain, and some take nothing else.
            fields["content"] = content[0].text
    if message.thoughts:
        fields["thoughts"] = tuple(_bare(thought) for thought in message.thoughts)
    if message.calls:
        fields["calls"] = tuple(_bare(call) for call in message.calls)
    return msgspec.structs.replace(message, **fields)


def _bare(value: Any) -> Any:
    if isinstance(value, Image):
        return msgspec.structs.replace(value, bare=False, extra={})
    return msgspec.structs.replace(value, extra={}) if value.extra else value
