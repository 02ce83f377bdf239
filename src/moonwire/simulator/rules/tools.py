"""Rules of the tools: names, schemas, choice, and the tools that K3 takes in the middle of a conversation."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from moonwire.core.schemas import Complaint, Level, check, refusal_text
from moonwire.core.schemas.limits import property_count, property_depth
from moonwire.core.schemas.walk import subschemas
from moonwire.simulator.rules.ask import Ask, Json, a_list, an_object, is_list, is_object
from moonwire.simulator.rules.rule import invalid, rule

__all__ = ["RULES"]

PARAMETERS: Final = "tools.function.parameters"
FORMAT: Final = "response_format.json_schema"

NAMES: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
"""The refusal's own words, and the document's 64 characters (kimi-api.md G1)."""
NAMES_K3: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,255}")
"""What the public tests of K3 send (mfjs.md 3, verification.md 1.4)."""
BUILTIN: Final = re.compile(r"\$[A-Za-z_]{1,64}")

Place = tuple[str, Json]


def _offered(ask: Ask) -> Iterator[Place]:
    for index, tool in enumerate(ask.tools):
        yield f"tools[{index}]", tool


def _all(ask: Ask) -> Iterator[Place]:
    yield from _offered(ask)
    for index, tool in enumerate(ask.dynamic_tools):
        yield f"messages.tools[{index}]", tool


def _name(tool: Json) -> str:
    return str(an_object(tool.get("function")).get("name") or "")


# -- tools in messages ---------------------------------------------------------------------------


@rule("dynamic-place", "moonshot", "kimi-api.md G6; verification.md 1.4", recorded=False)
def dynamic_place(ask: Ask) -> str | None:
    """Tools in a message that is no system message, or that has content as well."""
    if not ask.target.dynamic_tools:
        return None
    for index, message in enumerate(ask.messages):
        if "tools" not in message:
            continue
        if message.get("role") != "system":
            return invalid(f"messages[{index}].tools is only allowed in system messages")
        if message.get("content") not in (None, "", []):
            return invalid(f"messages[{index}].content must be empty when tools are given")
        if not is_list(message["tools"]):
            return invalid(f"messages[{index}].tools must be an array")
        if not all(is_object(tool) for tool in message["tools"]):
            return invalid(f"messages[{index}].tools must be an array of objects")
    return None


@rule("tools-shape", "moonshot", "kimi-api.md G; verification.md 1.4", recorded=False)
def tools_shape(ask: Ask) -> str | None:
    """Tools that are no list, or one of an unknown type or without a function."""
    value = ask.body.get("tools")
    if value is not None and not is_list(value):
        return invalid("tools must be an array")
    if not all(is_object(tool) for tool in a_list(value)):
        return invalid("tools must be an array of objects")
    for place, tool in _all(ask):
        kind = tool.get("type")
        if kind is None:
            return invalid(f"{place}.type is required")
        if kind not in ("function", "builtin_function"):
            return invalid(f"{place}.type {kind!r} is not supported")
        if not is_object(tool.get("function")):
            return invalid(f"{place}.function is required")
    return None


@rule("tool-name", "moonshot", "kimi-api.md G1; kimi-cli#1773, kimi-cli#2531")
def tool_name(ask: Ask) -> str | None:
    """A tool name that the service does not take; K3's public tests ask for less than its document."""
    lenient = ask.target.family == "k3" and ask.edition.kind != "strictest"
    pattern = NAMES_K3 if lenient else NAMES
    for _, tool in _all(ask):
        legal = BUILTIN if tool.get("type") == "builtin_function" else pattern
        if not legal.fullmatch(_name(tool)):
            return (
                "function name is invalid, must start with a letter and can contain letters, numbers, "
                "underscores, and dashes"
            )
    return None


@rule("tool-twice", "moonshot", "kimi-api.md G2; verification.md 1.4")
def tool_twice(ask: Ask) -> str | None:
    """Two tools of one name, also where a message brings one of them."""
    seen: set[str] = set()
    for _, tool in _all(ask):
        name = _name(tool)
        if name in seen:
            return f"function name {name} is duplicated"
        seen.add(name)
    return None


@rule("tools-many", "platform", "kimi-api.md G2", recorded=False)
def tools_many(ask: Ask) -> str | None:
    """More than 128 tools; the coding endpoint takes more."""
    most = ask.target.tools_max
    if most and len(ask.tools) > most:
        return invalid(f"tools: at most {most} tools are allowed, got {len(ask.tools)}")
    return None


# -- schemas -------------------------------------------------------------------------------------


def _level(ask: Ask) -> Level:
    """Since September 2026 the Chinese platform checks no more than the root (MiqroForge-Desktop#1165)."""
    if (
        ask.place.name.startswith("platform-cn")
        and ask.edition.kind == "month"
        and ask.edition.month >= "2026-09"
    ):
        return "loose"
    return "strict"


@rule("schema", "moonshot", "kimi-api.md G4; mfjs.md 1, 8")
def schema(ask: Ask) -> str | None:
    """Parameters outside Moonshot's schema language, at the level of production."""
    for _, tool in _all(ask):
        function = an_object(tool.get("function"))
        if tool.get("type") == "builtin_function" or "parameters" not in function:
            continue
        found = check(function["parameters"], _level(ask))
        if found:
            return _said(found[0], PARAMETERS)
    return None


def _said(complaint: Complaint, prefix: str) -> str:
    """The server names the list itself where the schema of items is none (vercel/ai#19544)."""
    path, text = complaint.path, complaint.text
    if text == "items must be an object":
        complaint = Complaint("items" if path == "root" else f"{path}.items", text)
    words = refusal_text(complaint, prefix)
    # The API's own check of the root says it without the envelope (MiqroForge-Desktop#1165).
    return words if words.startswith(f"{prefix}.type") else invalid(words)


@rule(
    "schema-limits",
    "moonshot",
    "kimi-api.md G4a, section 4; walle 47cb452",
    until="2026-06",
    strictest="documented limits, of which no refusal is on record",
)
def schema_limits(ask: Ask) -> str | None:
    """Parameters beyond the limits that the schema language had until June 2026."""
    for _, tool in _all(ask):
        parameters = an_object(tool.get("function")).get("parameters")
        found = _beyond(parameters) if is_object(parameters) else ""
        if found:
            return _said(Complaint("root", found), PARAMETERS)
    return None


def _beyond(schema: Json) -> str:
    if property_depth(schema) > OLD_DEPTH:
        return f"schema depth exceeds maximum limit of {OLD_DEPTH}"
    if (count := property_count(schema)) > OLD_PROPERTIES:
        return (
            f"total number of properties keys({count}) across all objects exceeds maximum limit of "
            f"{OLD_PROPERTIES}"
        )
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if len(a_list(node.get("anyOf"))) > OLD_BRANCHES:
            return f"anyOf must have 1-{OLD_BRANCHES} items"
        if len(a_list(node.get("enum"))) > OLD_VALUES:
            return f"enum array cannot have more than {OLD_VALUES} items"
        waiting += [inner for _, inner in subschemas(node) if is_object(inner)]
    return ""


OLD_DEPTH, OLD_PROPERTIES, OLD_BRANCHES, OLD_VALUES = 5, 100, 10, 500


@rule("schema-total", "moonshot", "kimi-api.md G2; kimi-cli#2475")
def schema_total(ask: Ask) -> str | None:
    """All tools together beyond what the service takes; 212 tools of an MCP server were."""
    size = len(msgspec.json.encode([tool for _, tool in _all(ask)]))
    if size <= MOST_BYTES:
        return None
    return _said(Complaint("root", "schema exceeds maximum allowed size"), PARAMETERS)


MOST_BYTES: Final = 1_000_000
"""Nobody has published the number; this is above the 432,310 bytes of 325 MCP tools that count as sound
(tokens.md 3), so that the rule refuses what is far out and nothing else."""


@rule("schema-described", "moonshot", "kimi-api.md G4; kimi-cli#2061, kimi-cli#1903", until="2026-06")
def schema_described(ask: Ask) -> str | None:
    """A description beside a `$ref` whose target has one too: refused until walle of June 2026."""
    for _, tool in _all(ask):
        parameters = an_object(tool.get("function")).get("parameters")
        found = check(parameters, "ultra") if is_object(parameters) else ()
        for complaint in found:
            if complaint.text.startswith("conflicting keywords found after $ref expansion"):
                return _said(complaint, PARAMETERS)
    return None


@rule("schema-format", "moonshot", "kimi-api.md G4, G7")
def schema_format(ask: Ask) -> str | None:
    """An answer form outside the schema language."""
    said = an_object(an_object(ask.body.get("response_format")).get("json_schema"))
    if not is_object(said.get("schema")):
        return None
    found = check(said["schema"], _level(ask), root=False)
    return _said(found[0], FORMAT) if found else None


# -- choice --------------------------------------------------------------------------------------

CHOICES: Final = ("auto", "none", "required", "named")


@rule("choice-unknown", "moonshot", "kimi-api.md F; verification.md 1.4", recorded=False)
def choice_unknown(ask: Ask) -> str | None:
    """A tool choice of an unknown word or shape."""
    return None if ask.choice in CHOICES else invalid(f"tool_choice {ask.choice!r} is not supported")


@rule("choice-empty", "moonshot", "kimi-api.md F; verification.md 1.4", recorded=False)
def choice_empty(ask: Ask) -> str | None:
    """A call that must come where no tool is offered."""
    if ask.choice != "required" or ask.tools or ask.dynamic_tools:
        return None
    return invalid("tool_choice 'required' needs at least one tool")


@rule("choice-thinking", "moonshot", "kimi-api.md F; oh-my-pi#1077, AstrBot#7805")
def choice_thinking(ask: Ask) -> str | None:
    """A forced call while the model thinks, on models before K3."""
    if (
        ask.choice not in ("required", "named")
        or not ask.thinking
        or "required" in ask.target.choices_thinking
    ):
        return None
    word = "required" if ask.choice == "required" else "specified"
    return f"tool_choice '{word}' is incompatible with thinking enabled"


@rule(
    "choice-named", "moonshot", "kimi-api.md F; big-AGI#1161, oh-my-pi#5994", until="2026-08", verifier=False
)
def choice_named(ask: Ask) -> str | None:
    """A named tool, on K3 at its launch; later it is passed over without a word."""
    if ask.target.family != "k3" or ask.choice != "named" or not ask.thinking:
        return None
    return "tool_choice 'specified' is incompatible with thinking enabled"


@rule("choice-legacy", "moonshot", "kimi-api.md 1.2, F", recorded=False)
def choice_legacy(ask: Ask) -> str | None:
    """A tool choice that the documents of moonshot-v1 and K2 do not have."""
    legal = ask.target.choices
    if (
        ask.thinking
        or not legal
        or ask.choice in legal
        or ask.choice not in CHOICES
        or ask.target.family == "k3"
    ):
        return None
    return invalid(f"tool_choice {ask.choice!r} is not supported by model {ask.target.model}")


RULES: Final = (
    dynamic_place,
    tools_shape,
    tool_name,
    tool_twice,
    tools_many,
    schema,
    schema_limits,
    schema_total,
    schema_described,
    schema_format,
    choice_unknown,
    choice_thinking,
    choice_named,
    choice_empty,
    choice_legacy,
)
