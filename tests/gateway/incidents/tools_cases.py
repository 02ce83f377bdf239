"""Incidents of schemas, of tools' names, and of forced calls."""

from typing import Any

from tests.gateway.incidents.clients import asks
from tests.gateway.incidents.rows import DONE, FREE, TASK, Case, Then
from tests.incidents.bodies import READ, called, offered, result, user
from tests.incidents.rows import ABSENT

__all__ = ["TOOLS"]

PARAMETERS = "tools.0.function.parameters"
STRING, NUMBER = {"type": "string"}, {"type": "number"}
ROOT = {"type": "object", "anyOf": [{"properties": {"id": STRING}, "required": ["id"]}, {"properties": {"name": STRING}, "required": ["name"]}]}
MAGIC = offered("21st_magic_component_builder", message=STRING)
DOTTED = offered("github.issues/list", repo=STRING)
LS = offered("ls", path=STRING)
NAMED = {"type": "function", "function": {"name": "read"}}
CLI = "KimiCLI/1.0"


def object_of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def asking(parameters: Any, *others: dict[str, Any], name: str = "tool", model: str = "kimi-k2.6") -> dict[str, Any]:
    """A request that offers a tool with these parameters."""
    return asks(model, tools=[offered(name, parameters), *others])


def calling(name: str, arguments: str) -> str:
    """One call, and then the end."""
    return f"turn\nthink I call it.\ncall {name} {arguments}\n" + DONE


def gets(name: str, /, **arguments: Any) -> Then:
    """That one call."""
    return Then(text="", calls=((name, arguments),))


SCHEMAS: tuple[Case, ...] = (
    Case(number=64, what="a type beside anyOf", body=asking(object_of(when={"type": "string", "anyOf": [{"format": "date"}, {"enum": ["now"]}]})), script=calling("tool", '{"when": "now"}'), then=gets("tool", when="now"), sent={f"{PARAMETERS}.properties.when.type": ABSENT}, notes=("schema-compiled",), off="schemas", rule="schema"),
    Case(number=64, what="items in a list", body=asking(object_of(pair={"type": "array", "items": [STRING, NUMBER], "minItems": 2, "maxItems": 2})), script=calling("tool", '{"pair": ["a", 1]}'), then=gets("tool", pair=["a", 1]), sent={f"{PARAMETERS}.properties.pair.items": {"anyOf": [STRING, NUMBER]}}, off="schemas", rule="schema"),
    Case(number=65, what="a union at the root, beside a good tool", body=asking(ROOT, READ), script=calling("tool", '{"id": "7"}'), then=gets("tool", id="7"), sent={f"{PARAMETERS}.type": "object", f"{PARAMETERS}.anyOf": ABSENT, "tools.1": READ}, off="schemas", rule="schema"),
    Case(number=65, what="the same with its type moved away", body=asking({"anyOf": ROOT["anyOf"]}, READ), script=calling("tool", '{"name": "x"}'), then=gets("tool", name="x"), sent={f"{PARAMETERS}.type": "object", f"{PARAMETERS}.anyOf": ABSENT}, off="schemas", rule="schema"),
    Case(number=67, what="a name that begins with a digit", body=asks("kimi-k2.6", tools=[MAGIC]), script=calling("m_21st_magic_component_builder", '{"message": "x"}'), then=gets("21st_magic_component_builder", message="x"), notes=("tool-renamed",), off="tools", rule="tool-name"),
    Case(number=67, what="and in the history", body=asks("kimi-k2.6", tools=[MAGIC]), script=calling("m_21st_magic_component_builder", '{"message": "x"}'), rounds=2, sent={"messages.1.tool_calls.0.function.name": "m_21st_magic_component_builder", "tools.0.function.name": "m_21st_magic_component_builder"}),
    Case(number=68, what="a name with dots and slashes", body=asks("kimi-k2.6", tools=[DOTTED]), script=calling("github_issues_list", '{"repo": "x"}'), then=gets("github.issues/list", repo="x"), notes=("tool-renamed",), off="tools", rule="tool-name"),
    Case(number=69, what="a required name without a property", body=asking(object_of(items={"type": "array", "items": {"type": "object", "properties": {"id": STRING}, "required": ["id", "codecType"], "additionalProperties": False}}), name="transcode"), script=calling("transcode", '{"items": [{"id": "1"}]}'), then=gets("transcode", items=[{"id": "1"}]), sent={f"{PARAMETERS}.properties.items.items.required": ["id"]}, off="schemas", rule="schema"),
    Case(number=69, what="among 255 tools of the coding endpoint", at="coding", agent=CLI, body=asks("kimi-for-coding", tools=[*(offered(f"tool_{n}", path=STRING) for n in range(254)), offered("transcode", object_of(items={"type": "array", "items": {"type": "object", "properties": {}, "required": ["codecType"]}}))]), script=calling("transcode", '{"items": [{"codecType": "x"}]}'), then=gets("transcode", items=[{"codecType": "x"}]), off="schemas", rule="schema"),
    Case(number=71, what="true as a schema", body=asking(object_of(outputSchema=True)), script=calling("tool", '{"outputSchema": "x"}'), then=gets("tool", outputSchema="x"), sent={f"{PARAMETERS}.properties.outputSchema": {}}, off="schemas", rule="schema"),
    Case(number=72, what="the coding endpoint is strict", at="coding", agent=CLI, body=asking(object_of(options={"type": "object", "anyOf": [{"properties": {"a": STRING}}, {"properties": {"b": STRING}}]}), model="kimi-for-coding"), script=calling("tool", '{"options": {"a": "1"}}'), then=gets("tool", options={"a": "1"}), sent={f"{PARAMETERS}.properties.options.type": ABSENT}, off="schemas", rule="schema"),
    Case(number=74, what="in the items of an array", body=asking(object_of(filters={"type": "array", "items": {"type": "object", "anyOf": [{"properties": {"field": STRING}}, {"properties": {"not": STRING}}]}})), script=calling("tool", '{"filters": [{"field": "a"}]}'), then=gets("tool", filters=[{"field": "a"}]), sent={f"{PARAMETERS}.properties.filters.items.type": ABSENT}, off="schemas", rule="schema"),
)

CHOICES: tuple[Case, ...] = (
    Case(number=75, what="a named tool on k2.6", body=asks("kimi-k2.6", user(f"{TASK} Call ls for a.py."), tools=[READ, LS], tool_choice=NAMED, thinking={"type": "enabled"}), script=calling("read", '{"path": "a.py"}'), then=gets("read", path="a.py"), sent={"thinking": {"type": "disabled"}, "tool_choice": NAMED}, notes=("thinking-off-for-choice",), off="thinking", rule="choice-thinking"),
    Case(number=75, what="and it is called", body=asks("kimi-k2.6", user(f"{TASK} Call read for a.py."), tools=[READ, LS], tool_choice=NAMED), script=FREE, then=Then(finish="tool_calls"), notes=("thinking-off-for-choice",)),
    Case(number=76, what="required in the middle of a loop", body=asks("kimi-k2.6", user(f"{TASK} Call read for a.py."), called("a", reasoning_content="I read."), result("a"), tools=[READ], tool_choice="required"), script=FREE, then=Then(finish="tool_calls"), sent={"thinking": {"type": "disabled"}, "tool_choice": "required"}, off="thinking", rule="choice-thinking"),
    Case(number=76, what="where thinking stays on", body=asks("kimi-k2.7-code", tools=[READ], tool_choice="required"), sent={"tool_choice": "auto"}, notes=("choice-weakened", "tool-choice-missed"), off="thinking", rule="choice-thinking"),
    Case(number=78, what="a named tool on K3", at="coding", agent=CLI, body=asks("k3", user(f"{TASK} Call ls for a.py."), tools=[READ, LS], tool_choice=NAMED), script=FREE, then=Then(finish="tool_calls"), sent={"tools": [READ], "tool_choice": "required"}, notes=("choice-single-tool",), off="thinking", rule="choice-named"),
    Case(number=79, what="an effort beside thinking switched off", body=asks("kimi-k2.6", thinking={"type": "disabled"}, reasoning_effort="low"), sent={"thinking": {"type": "disabled"}, "reasoning_effort": ABSENT}, off="thinking", rule="effort-while-off"),
    Case(number=79, what="an effort beside a named tool", body=asks("kimi-k2.6", tools=[READ], tool_choice=NAMED, reasoning_effort="low"), script=calling("read", '{"path": "a.py"}'), then=gets("read", path="a.py"), sent={"thinking": {"type": "disabled"}, "reasoning_effort": ABSENT}),
)

TOOLS: tuple[Case, ...] = (*SCHEMAS, *CHOICES)
