"""Incidents of messages with nothing in them, of roles, of fields, and of what stands in tools' results."""

from typing import Any

from tests.gateway.incidents.clients import LOOP, asks, both, drops, with_content
from tests.gateway.incidents.rows import DONE, SAID, TASK, UNTOLD, Case, Then
from tests.incidents.bodies import BLANK, READ, assistant, call, called, offered, result, user
from tests.incidents.rows import ABSENT

__all__ = ["MESSAGES"]

CONTENT = "messages.1.content"
SYSTEM = {"role": "system", "content": "You write code."}
FIX = user(f"{TASK} Fix a.py")
CLI = "KimiCLI/1.0"
WROTE = {"type": "text", "text": f"{TASK} Role: user"}


def without_content(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Turns of calls have no such key."""
    for message in history:
        if "tool_calls" in message:
            message.pop("content", None)
    return history


BLANKS: tuple[Case, ...] = (
    Case(number=81, what="an empty part beside calls", at="coding", agent=CLI, body=asks("kimi-for-coding", called("Shell:0", content=[BLANK]), result("Shell:0"), tools=[READ]), sent={CONTENT: ABSENT}, notes=("text-part-blank",), off="messages", rule="text-empty"),
    Case(number=81, what="in a loop", at="coding", agent=CLI, body=asks("kimi-for-coding", tools=[READ]), script=LOOP, rounds=3, edit=with_content([BLANK]), own=True, off="messages", rule="text-empty"),
    Case(number=82, what="no content where the key is wanted", at="fireworks", body=asks("accounts/fireworks/models/kimi-k2p6", tools=[READ]), script=LOOP, rounds=3, edit=without_content, sent={CONTENT: None}, off="messages", rule="content-missing"),
    Case(number=82, what="no content where nobody minds", body=asks("kimi-k2.6", tools=[READ]), script=LOOP, rounds=3, edit=without_content, sent={CONTENT: ABSENT}),
    Case(number=82, what="on a server that nobody knows", at="groq-unknown", body=asks("moonshotai/kimi-k2-instruct-0905", tools=[READ]), script=LOOP, rounds=3, edit=without_content, then=UNTOLD, streamed=SAID, refused=("content-missing",), notes=()),
    Case(number=83, what="Ark and an empty text", at="ark", body=asks("kimi-k3", tools=[READ]), script=LOOP, rounds=3, edit=with_content(""), sent={CONTENT: None}, off="messages", rule="content-blank-ark"),
    Case(number=85, what="DashScope's K3 in the middle of a conversation", at="dashscope", body=asks("kimi-k3", called("a", content=""), result("a"), called("b", content=""), result("b"), user(), tools=[READ]), sent={CONTENT: ABSENT, "messages.3.content": ABSENT}, notes=("call-content-blank",), off="messages", rule="call-content-empty"),
    Case(number=86, what="thoughts alone are replayed", body=asks("kimi-k3", assistant("", reasoning_content="I count the syllables."), user()), sent={CONTENT: " ", "messages.1.reasoning_content": "I count the syllables."}, notes=("assistant-thoughts-only",), off="messages", rule="assistant-empty"),
    Case(number=86, what="null is replayed", body=asks("kimi-k3", assistant(None, reasoning_content="I count the syllables."), user()), sent={CONTENT: " "}),
    Case(number=86, what="a turn that was cut, and the next one", ways=("stream",), body=asks("kimi-k3", max_completion_tokens=6000), script="turn\nthink I count the syllables and the lines and the rhymes.\nsay Roses.\ncut 5\n" + DONE, rounds=2, own=True, sent={CONTENT: " "}),
    Case(number=86, what="a larger cap where the caller set none", ways=("whole",), body=asks("kimi-k3"), script="turn\nthink I count the syllables and the lines and the rhymes.\nsay Roses.\ncut 5\n", then=Then(status=422, code="thoughts_only"), tries=2),
    Case(number=88, what="the client's own placeholder row", body=asks("kimi-k2.6", SYSTEM, FIX, assistant(""), user()), sent={"messages.2": user(), "messages.3": ABSENT}, notes=("assistant-empty",), off="messages", rule="assistant-empty"),
    Case(number=89, what="an empty block of text", body=asks("kimi-k2-thinking", user([BLANK, {"type": "text", "text": f"{TASK} Hi."}])), sent={"messages.0.content.1": ABSENT}, notes=("text-part-blank",), off="messages", rule="text-empty"),
    Case(number=90, what="blank parts in the prompt of a compaction", at="coding", agent=CLI, body=asks("kimi-for-coding", user([WROTE, {"type": "text", "text": " \n"}, BLANK, {"type": "text", "text": "Summarise."}])), sent={"messages.0.content.1.text": "Summarise.", "messages.0.content.2": ABSENT}, off="messages", rule="text-empty"),
    Case(number=92, what="developer", body=asks("kimi-k2.6", {"role": "developer", "content": "Be brief."}, FIX), sent={"messages.0": {"role": "system", "content": "Be brief."}}, notes=("role-developer",), off="messages", rule="role"),
    Case(number=92, what="developer, on k2.5", at="platform-2026-05", body=asks("kimi-k2.5", {"role": "developer", "content": "Be brief."}, FIX), sent={"messages.0.role": "system"}, off="messages", rule="role"),
    Case(number=93, what="the beginning of an answer on vLLM", at="vllm", body=asks("moonshotai/Kimi-K2.5", user(f"{TASK} As JSON."), assistant('{"a":', partial=True)), script='turn\nturn\nthink So.\nsay 1}\n', then=Then(text="1}"), sent={"continue_final_message": True, "add_generation_prompt": False, "messages.1.partial": ABSENT}, notes=("prefill-respelled",)),
)

FOO = offered("Foo", path={"type": "string"})
REFERENCE = {"type": "tool_reference", "tool_name": "Foo"}
SEARCHED = called(call("toolu_1", "ToolSearch", '{"query": "select:Foo"}'), reasoning_content="I need Foo.")
SEARCH = offered("ToolSearch", query={"type": "string"})
TOLD = {"type": "text", "text": "The tool Foo is available now."}

REFERENCES: tuple[Case, ...] = (
    Case(number=131, what="a reference in a tool's result", body=asks("kimi-k2.6", SEARCHED, result("toolu_1", [REFERENCE]), tools=[SEARCH, {**FOO, "defer_loading": True}]), script='turn\nturn\nthink Now Foo.\ncall Foo {"path": "a"}\n', then=Then(calls=(("Foo", {"path": "a"}),)), sent={"messages.2.content": [TOLD], "tools.1.function": FOO["function"]}, notes=("tool-reference",), off="messages", rule="part"),
    Case(number=132, what="an old one that stays in the history", at="coding", agent=CLI, body=asks("kimi-for-coding", SEARCHED, result("toolu_1", [REFERENCE, {"type": "text", "text": "1 found"}]), assistant("Written.", reasoning_content="So."), user(), tools=[SEARCH, FOO]), sent={"messages.2.content": [TOLD, {"type": "text", "text": "1 found"}]}, notes=("tool-reference",), off="messages", rule="part"),
    Case(number=132, what="an old one, request after request", body=asks("kimi-k2.6", SEARCHED, result("toolu_1", [REFERENCE]), tools=[SEARCH, FOO, READ]), script="turn\n" + LOOP, rounds=3, edit=drops, own=True, sent={"messages.2.content": [TOLD]}),
)

DETAILS = [{"type": "reasoning.text", "text": "Hm."}]

FIELDS: tuple[Case, ...] = (
    Case(number=137, what="Fireworks and three names of one thing", at="fireworks", body=asks("accounts/fireworks/models/kimi-k2p6", assistant("Yes.", reasoning="Hm.", reasoning_details=DETAILS), user()), sent={"messages.1": {"role": "assistant", "content": "Yes.", "reasoning_content": "Hm."}}, off="reasoning"),
    Case(number=137, what="the refusal", at="fireworks-unknown", body=asks("accounts/fireworks/models/kimi-k2p6", assistant("Yes.", reasoning="Hm."), user()), then=UNTOLD, streamed=SAID, sent={"messages.1": assistant("Yes.")}, refused=("message-field",), notes=("refusal-repaired",)),
    Case(number=138, what="Cerebras: under the name that it takes", at="cerebras", body=asks("kimi-k2.6", assistant("Yes.", reasoning_content="Hm."), user()), sent={"messages.1.reasoning": "Hm.", "messages.1.reasoning_content": ABSENT}, notes=("reasoning-renamed",), off="reasoning"),
    Case(number=138, what="Cerebras in a loop", at="cerebras", body=asks("kimi-k2.6", tools=[READ]), script=LOOP, rounds=3, edit=both(drops, with_content("")), own=True),
    Case(number=138, what="Groq: none at all", at="groq", body=asks("moonshotai/kimi-k2-instruct-0905", assistant("Yes.", reasoning_content="Hm."), user()), sent={"messages.1": assistant("Yes.")}, notes=("reasoning-refused",), off="reasoning"),
)

MESSAGES: tuple[Case, ...] = (*BLANKS, *REFERENCES, *FIELDS)
