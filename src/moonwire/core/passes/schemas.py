"""Pass 6: tool and answer schemas in the language that the server enforces.

The compiler is `core/schemas`; this pass applies it to a request, says what of a schema binds the
model no more, and keeps what the way back needs. Sources: mfjs.md; kimi-api.md G3, G4, G7.
"""

import json
import re
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import UNSET

from moonwire.core.catalogue.target import Target
from moonwire.core.draft import Draft, note
from moonwire.core.errors import LocalProtocolError
from moonwire.core.memo import kept_for
from moonwire.core.messages import Message, ResponseFormat, Tool, ToolCall, changed
from moonwire.core.notes import Note
from moonwire.core.settings import Settings

if TYPE_CHECKING:
    from moonwire.core.schemas import Compiled

__all__ = ["heal"]

# Half of a surrogate pair: text that holds one cannot be sent as UTF-8.
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_OPEN: dict[str, Any] = {"type": "object", "properties": {}}


def heal(draft: Draft, target: Target, settings: Settings) -> Draft:
    """Every schema compiled, those of tools that messages bring too."""
    keeper = _Keeper(draft, target, settings)
    fields: dict[str, Any] = {}
    tools = draft.request.tools
    if tools:
        new = keeper.offered(tools)
        if new is not tools:
            fields["tools"] = new
    form = draft.request.response_format
    if target.schemas and isinstance(form, ResponseFormat) and isinstance(form.schema, dict):
        fields |= keeper.form(form)
    messages = list(draft.request.messages)
    for position, message in enumerate(messages):
        if message.tools is not UNSET:
            where = f"{draft.where(position)}.tools"
            new = keeper.tools(message.tools, where)
            if new is not message.tools:
                messages[position] = changed(message, tools=new)
    if any(item.renamed for item in keeper.compiled.values()):
        messages = [keeper.spoken(message, draft.where(index)) for index, message in enumerate(messages)]
    draft = draft.with_messages(messages, draft.origins).with_request(keeper.notes, **fields)
    return msgspec.structs.replace(draft, schemas=keeper.schemas, compiled=keeper.compiled)


class _Keeper:
    """Compiles one schema after the other, and keeps notes, originals and results."""

    def __init__(self, draft: Draft, target: Target, settings: Settings) -> None:
        self.draft = draft
        self.target = target
        self.settings = settings
        self.schemas: dict[str, Any] = {}
        self.compiled: dict[str, Compiled] = {}
        self.notes: list[Note] = []

    def offered(self, tools: tuple[Tool, ...]) -> tuple[Tool, ...]:
        """The tools of the request, worked out once: an agent offers the same ones on every turn."""
        if self.draft.names or self.settings.degrade:
            return self.tools(tools, "tools")

        def work() -> tuple[tuple[Tool, ...], _Keeper]:
            keeper = _Keeper(self.draft, self.target, self.settings)
            return keeper.tools(tools, "tools"), keeper

        new, kept = kept_for(tools, f"in {self.target.schemas or 'no'} language", work)
        self.schemas |= kept.schemas
        self.compiled |= kept.compiled
        self.notes += kept.notes
        return new

    def tools(self, tools: tuple[Tool, ...], where: str) -> tuple[Tool, ...]:
        """The same tools, if none had to be changed."""
        new = tuple(self.tool(tool, f"{where}[{index}]") for index, tool in enumerate(tools))
        return tools if all(one is other for one, other in zip(new, tools, strict=True)) else new

    def tool(self, tool: Tool, path: str) -> Tool:
        """The tool with a schema that is accepted and, wherever meaning allows, enforced."""
        if tool.kind != "function" or not tool.name or tool.parameters is UNSET:
            return tool
        name = self.draft.names.get(tool.name, tool.name)
        self.schemas[name] = tool.parameters
        if not self.target.schemas:
            return tool
        path = f"{path}.function.parameters"
        if tool.name in self.settings.degrade or name in self.settings.degrade:
            return self._opened(tool, path, f"the server refused the schema of {tool.name}")
        try:
            compiled = _compiled(tool.parameters, "tool")
        except LocalProtocolError as error:
            # One tool that cannot be said must not cost the caller the whole turn (GitNexus#2703).
            return self._opened(
                tool, path, f"the schema of {tool.name} is none that can be met: {error.message}"
            )
        self.compiled[name] = compiled
        if compiled.untouched and tool.parameters not in (None, True, {}):
            return tool
        self._say(compiled, path, tool.name)
        if compiled.untouched:
            # Whether `{}` passes nobody has tried (mfjs.md 1).
            reason = f"{tool.name} takes any arguments, said as the server knows it"
            change = (tool.parameters, compiled.schema)
            self.notes.append(note("schema-compiled", path, reason, change=change, source="mfjs.md 1"))
        return changed(tool, parameters=compiled.schema)

    def form(self, form: ResponseFormat) -> dict[str, Any]:
        """The answer's form with a compiled schema."""
        path = "response_format.json_schema.schema"
        try:
            compiled = _compiled(form.schema, "response")
        except LocalProtocolError as error:
            raise LocalProtocolError(
                error.message, path=f"{path}.{error.path}", remedy=error.remedy
            ) from None
        if compiled.untouched:
            return {}
        self._say(compiled, path, "the answer")
        return {"response_format": changed(form, schema=compiled.schema)}

    def spoken(self, message: Message, where: str) -> Message:
        """Calls of the history under the property names that the server now knows."""
        calls = message.calls
        if not calls:
            return message
        names = self.draft.names
        new = tuple(_call(call, self.compiled.get(names.get(call.name, call.name))) for call in calls)
        for index, (call, old) in enumerate(zip(new, calls, strict=True)):
            if call is not old:
                path = f"{where}.tool_calls[{index}].function.arguments"
                reason = f"the server knows properties of {call.name} by other names"
                self.notes.append(
                    note(
                        "arguments-renamed",
                        path,
                        reason,
                        change=(old.arguments, call.arguments),
                        avoids="property name is reserved for JSON Schema keywords",
                        source="mfjs.md 10",
                    )
                )
        return (
            message
            if all(call is old for call, old in zip(new, calls, strict=True))
            else changed(message, calls=new)
        )

    def _opened(self, tool: Tool, path: str, why: str) -> Tool:
        if tool.strict is False and tool.parameters == _OPEN:
            return tool
        reason = f"{why}; any arguments pass, and are checked on return"
        self.notes.append(
            note(
                "schema-degraded",
                path,
                reason,
                level="warning",
                change=(tool.parameters, _OPEN),
                avoids="not a valid moonshot flavored json schema",
                source="mfjs.md 10.9",
            )
        )
        return changed(tool, parameters=_OPEN, strict=False)

    def _say(self, compiled: "Compiled", path: str, name: str) -> None:
        source = "mfjs.md 6, kimi-api.md G4"
        avoids = "not a valid moonshot flavored json schema"
        exact = [f"{change.path}: {change.what}" for change in (*compiled.exact, *compiled.repaired)]
        if exact:
            reason = f"the schema of {name}, said in the server's language"
            self.notes.append(
                note("schema-compiled", path, reason, change=(None, exact), avoids=avoids, source=source)
            )
        if compiled.loosened:
            lost = [f"{change.path}: {change.what}" for change in compiled.loosened]
            reason = f"what the server cannot enforce for {name} is told to the model and checked on return"
            self.notes.append(
                note(
                    "schema-loosened",
                    path,
                    reason,
                    level="warning",
                    change=(None, lost),
                    avoids=avoids,
                    source=source,
                )
            )


def _compiled(schema: Any, purpose: Literal["tool", "response"]) -> "Compiled":
    # Imported where there is a schema: the compiler is the largest part of the core.
    from moonwire.core.schemas import compile_schema

    return compile_schema(schema, purpose=purpose)


def _call(call: ToolCall, compiled: "Compiled | None") -> ToolCall:
    if compiled is None or not compiled.renamed:
        return call
    try:
        arguments: Any = json.loads(call.arguments)
        from moonwire.core.schemas import rename_arguments

        renamed: Any = rename_arguments(arguments, compiled)
        if renamed == arguments:
            return call
        text = json.dumps(renamed, ensure_ascii=False, separators=(",", ":"))
        if _HALF_CHARACTER.search(text):
            text = json.dumps(renamed, separators=(",", ":"))
    except (ValueError, RecursionError):
        return call
    return changed(call, arguments=text)
