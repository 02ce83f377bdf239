"""Incidents that were reported of Messages and of Responses, in their own words."""

from typing import Any

from tests.gateway.dialects.manglings import MESSAGES as MANGLED
from tests.gateway.incidents.clients import LOOP
from tests.gateway.incidents.rows import DONE, ITEMS, MESSAGES, TASK, Case, Then
from tests.incidents.bodies import user
from tests.incidents.rows import ABSENT

__all__ = ["SURFACES"]

Body = dict[str, Any]

CLI = "KimiCLI/1.0"
CLAUDE = "claude-cli/2.1.211 (external, cli)"
ANTHROPIC = "Anthropic/Python 0.39.0"
OVERLOADED = "turn\nrefuse overloaded\n"
PATH: Body = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
QUERY: Body = {"type": "object", "properties": {"query": {"type": "string"}}}
FIX = user(f"{TASK} Fix a.py")
READ: Body = {"name": "read", "description": "read", "input_schema": PATH}
FOO: Body = {"name": "Foo", "description": "Foo", "input_schema": PATH}
SEARCH: Body = {"name": "ToolSearch", "description": "ToolSearch", "input_schema": QUERY}
SENT = "messages.1.reasoning_content"

lost = MANGLED["thoughts lost"].edit
renumbered = MANGLED["ids renumbered and results apart"].edit


def asks(model: str, *messages: Body, **more: Any) -> Body:
    """A body of Messages that begins with the user."""
    return {"model": model, "max_tokens": 32_000, "messages": [FIX, *messages], **more}


def used(identity: str, name: str = "read", *, thoughts: str | None = None, **arguments: Any) -> Body:
    """An assistant's turn of one call, with or without its thoughts; nobody signed them."""
    thinking = [] if thoughts is None else [{"type": "thinking", "thinking": thoughts, "signature": ""}]
    call = {"type": "tool_use", "id": identity, "name": name, "input": arguments or {"path": "a.py"}}
    return {"role": "assistant", "content": [*thinking, call]}


def result(identity: str, content: Any = "1 line") -> Body:
    """The message of the user's that holds a call's result."""
    return user([{"type": "tool_result", "tool_use_id": identity, "content": content}])


SEARCHED = used("toolu_1", "ToolSearch", thoughts="I need Foo.", query="select:Foo")
FOUND = result("toolu_1", [{"type": "tool_reference", "tool_name": "Foo"}])

ON_MESSAGES: tuple[Case, ...] = (
    Case(
        number=22,
        what="a tool_use without its thinking, known",
        path=MESSAGES,
        body=asks("kimi-k2.6", tools=[READ]),
        script=LOOP,
        rounds=3,
        edit=lost,
        own=True,
        ids="canonical",
    ),
    Case(
        number=22,
        what="a tool_use without its thinking, unknown",
        path=MESSAGES,
        body=asks("kimi-k2.6", used("toolu_01"), result("toolu_01"), tools=[READ]),
        sent={SENT: " "},
    ),
    Case(
        number=23,
        what="Messages to the coding endpoint",
        at="coding",
        agent=CLAUDE,
        path=MESSAGES,
        body=asks("kimi-for-coding", tools=[READ]),
        script=LOOP,
        rounds=3,
        edit=lost,
        own=True,
    ),
    Case(
        number=26,
        what="a session of Messages that says nothing of thinking",
        at="coding",
        agent=CLI,
        path=MESSAGES,
        body=asks("kimi-for-coding", used("toolu_01"), result("toolu_01"), tools=[READ]),
        sent={SENT: " "},
    ),
    Case(
        number=29,
        what="Claude Code through new-api",
        at="new-api",
        path=MESSAGES,
        body=asks("kimi-k2.6", used("toolu_01"), result("toolu_01"), tools=[READ]),
        refused=("reasoning-calls",),
        notes=("refusal-repaired",),
    ),
    Case(
        number=33,
        what="a sub-agent of Messages that switches thinking off",
        path=MESSAGES,
        body=asks("kimi-k2.7-code", thinking={"type": "disabled"}),
        sent={"thinking": {"type": "enabled"}},
        notes=("thinking-stays-on",),
        off="thinking",
        rule="thinking-always",
    ),
    Case(
        number=47,
        what="ids of Claude Code's own",
        at="sglang",
        path=MESSAGES,
        body=asks("moonshotai/Kimi-K2-Instruct", tools=[READ]),
        script=LOOP,
        rounds=3,
        edit=renumbered,
        ids="canonical",
        off="ids",
    ),
    Case(
        number=123,
        what="Anthropic's SDK, filtered as an overload",
        at="coding",
        agent=ANTHROPIC,
        path=MESSAGES,
        body=asks("kimi-for-coding"),
        script=OVERLOADED * 2,
        then=Then(status=529, type="overloaded_error", says="a client that it does not know"),
        refused=("script",) * 4,
        tries=4,
        headers={"user-agent": ANTHROPIC},
    ),
    Case(
        number=131,
        what="a reference in a tool_result",
        path=MESSAGES,
        body=asks("kimi-k2.6", SEARCHED, FOUND, tools=[SEARCH, {**FOO, "defer_loading": True}]),
        script='turn\nturn\nthink Now Foo.\ncall Foo {"path": "a"}\n',
        then=Then(calls=(("Foo", {"path": "a"}),)),
        sent={"tools.1.function.name": "Foo", "tools.1.function.parameters": PATH},
    ),
    Case(
        number=132,
        what="a reference that stays in a history of Messages",
        at="coding",
        agent=CLI,
        path=MESSAGES,
        body=asks(
            "kimi-for-coding",
            SEARCHED,
            FOUND,
            {"role": "assistant", "content": "Written."},
            user(),
            tools=[SEARCH, FOO],
        ),
        sent={"messages.4": user()},
    ),
    Case(
        number=132,
        what="the same, request after request",
        path=MESSAGES,
        body=asks("kimi-k2.6", SEARCHED, FOUND, tools=[SEARCH, FOO, READ]),
        script="turn\n" + LOOP,
        rounds=3,
        edit=list,
        ids="canonical",
    ),
    Case(
        number=134,
        what="an opaque refusal of Messages, once",
        at="opaque-once",
        agent=CLAUDE,
        path=MESSAGES,
        body=asks("kimi-k3"),
        tries=2,
    ),
    Case(
        number=134,
        what="an opaque refusal of Messages, for good",
        at="opaque",
        agent=CLAUDE,
        path=MESSAGES,
        body=asks("kimi-k3"),
        then=Then(status=400, type="invalid_request_error", says="newest messages"),
        tries=2,
    ),
)

# -- Responses -----------------------------------------------------------------------------------------

CODEX = "codex_cli_rs/0.120.0"
LS: Body = {"type": "function", "name": "ls", "description": "ls", "parameters": PATH}
BROUGHT: Body = {
    "type": "function",
    "name": "sky_look",
    "description": "sky",
    "parameters": PATH,
    "defer_loading": True,
}
SEARCHES: Body = {
    "type": "tool_search",
    "execution": "client",
    "description": "Finds tools.",
    "parameters": QUERY,
}
ITEM: Body = {
    "type": "tool_search_call",
    "call_id": "ts1",
    "execution": "client",
    "arguments": {"query": "sky"},
    "status": "completed",
}
OUTPUT: Body = {
    "type": "tool_search_output",
    "call_id": "ts1",
    "execution": "client",
    "status": "completed",
    "tools": [BROUGHT],
}


def codex(model: str, *items: Body, **more: Any) -> Body:
    """A body as Codex sends it."""
    asked = {"include": ["reasoning.encrypted_content"], "store": False, "parallel_tool_calls": False}
    return {"model": model, "instructions": "You are Codex.", "input": [FIX, *items], **asked, **more}


ON_ITEMS: tuple[Case, ...] = (
    Case(
        number=34,
        what="an effort of Codex's",
        path=ITEMS,
        body=codex("kimi-k2.7-code", reasoning={"effort": "high", "summary": "auto"}),
        sent={"thinking": {"type": "enabled"}, "reasoning": ABSENT, "reasoning_effort": ABSENT},
    ),
    Case(
        number=135,
        what="a search for tools, and what it brought",
        at="coding",
        agent=CODEX,
        path=ITEMS,
        body=codex("kimi-for-coding", ITEM, OUTPUT, tools=[LS, SEARCHES]),
        script='turn\nturn\nthink Now the sky.\ncall sky_look {"path": "a"}\n',
        then=Then(text="", calls=(("sky_look", {"path": "a"}),)),
        sent={
            "tools.1.function.name": "tool_search",
            "tools.2.function.name": "sky_look",
            "messages.2.tool_calls.0.function.name": "tool_search",
        },
        notes=("tool-as-function",),
    ),
    Case(
        number=135,
        what="a search that the model makes",
        path=ITEMS,
        agent=CODEX,
        body=codex("kimi-k3", tools=[LS, SEARCHES]),
        script='turn\nthink I look for it.\ncall tool_search {"query": "sky"}\n',
        then=Then(text="", calls=(("tool_search_call", {"query": "sky"}),)),
    ),
    Case(
        number=135,
        what="items of searches, request after request",
        path=ITEMS,
        agent=CODEX,
        body=codex("kimi-k2.6", ITEM, OUTPUT, tools=[LS, SEARCHES]),
        script='turn\nturn\nthink The sky.\ncall sky_look {"path": "a"}\n' + DONE,
        rounds=2,
        ids="canonical",
    ),
)

SURFACES: tuple[Case, ...] = (*ON_MESSAGES, *ON_ITEMS)
