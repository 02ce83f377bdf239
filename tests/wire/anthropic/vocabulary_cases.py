"""Which field of the vocabulary each known field of a body is read into, with the source that knows the field."""

from typing import Any, NamedTuple

from msgspec import UNSET

from moonwire.core.messages import Other, ResponseFormat, TextPart, Thought, ToolChoice

__all__ = ["BODIES", "Row"]

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
CACHE = {"cache_control": {"type": "ephemeral"}}


class Row(NamedTuple):
    """A fragment, and by paths what it is read into."""

    source: str
    what: str
    given: dict[str, Any]
    found: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.source} {self.what}"


def said(*messages: Any) -> dict[str, Any]:
    return {"messages": list(messages)}


def user(*blocks: Any, **fields: Any) -> dict[str, Any]:
    return said({"role": "user", "content": list(blocks), **fields})


def turn(*blocks: Any) -> dict[str, Any]:
    return said({"role": "user", "content": "hi"}, {"role": "assistant", "content": list(blocks)})


def text(words: str, **fields: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **fields}


def result(identity: str, **fields: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": identity, **fields}


CALL = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}}
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "s"}
REFERENCE = {"type": "tool_reference", "tool_name": "f"}
KEEP = {"edits": [{"type": "clear_tool_uses_20250919"}, {"type": "clear_thinking_20251015", "keep": "all"}]}
KEEP_TWO = {"edits": [{"type": "clear_thinking_20251015", "keep": {"type": "thinking_turns", "value": 2}}]}

TOP = [
    Row("API", "a model and a cap", {"model": "kimi-k3", "max_tokens": 9}, {"model": "kimi-k3", "caps": {"max_tokens": 9}, "extra": {}}),
    Row("API", "odd ones", {"model": 5, "max_tokens": "9", "stream": 1}, {"model": "", "caps": {}, "stream": UNSET, "extra": {"model": 5, "max_tokens": "9", "stream": 1}}),
    Row("API", "a null cap", {"max_tokens": None}, {"caps": {"max_tokens": None}}),
    Row("API", "a system prompt", {"system": "be kind"}, {"messages.0.role": "system", "messages.0.content": "be kind"}),
    Row("API", "a system prompt of blocks", {"system": [text("a", **CACHE)]}, {"messages.0.content": (TextPart(text="a", extra=CACHE),)}),
    Row("API", "a null system prompt", {"system": None}, {"messages": (), "extra": {"system": None}}),
    Row("API", "an empty one", {"system": ""}, {"messages.0.content": ""}),
    Row("API", "sampling", {"temperature": 1, "top_p": 0.9, "top_k": 5, "stop_sequences": ["x"]}, {"sampling.temperature": 1, "sampling.top_p": 0.9, "sampling.top_k": 5, "sampling.stop": ("x",)}),
    Row("API", "odd sampling", {"temperature": True, "top_k": 1.5, "stop_sequences": "x"}, {"sampling.temperature": UNSET, "sampling.top_k": UNSET, "sampling.stop": UNSET}),
    Row("API", "null and no stops", {"stop_sequences": None, "temperature": None}, {"sampling.stop": None, "sampling.temperature": None}),
    Row("J", "a user", {"metadata": {"user_id": "u", "x": 1}}, {"cache_key": "u", "metadata": {"user_id": "u", "x": 1}, "user": None}),
    Row("J", "an empty user", {"metadata": {"user_id": ""}}, {"cache_key": None}),
    Row("J", "null metadata", {"metadata": None}, {"metadata": None, "cache_key": None}),
    Row("M4", "thinking within a budget", {"thinking": {"type": "enabled", "budget_tokens": 2048}}, {"thinking.enabled": True, "thinking.budget": 2048, "thinking.spelled": {"thinking": {"type": "enabled", "budget_tokens": 2048}}}),
    Row("M4", "no thinking", {"thinking": {"type": "disabled"}}, {"thinking.enabled": False}),
    Row("M4", "adaptive, with an effort", {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}, {"thinking.enabled": True, "thinking.effort": "high"}),
    Row("M4", "between tools", {"thinking": {"type": "between_tools"}}, {"thinking.enabled": True, "thinking.effort": None}),
    Row("M4", "thoughts are kept", {"context_management": KEEP}, {"thinking.keep": "all", "extra": {"context_management": KEEP}}),
    Row("M4", "some thoughts are kept", {"context_management": KEEP_TWO}, {"thinking.keep": None}),
    Row("M4", "kept as the thinking says", {"thinking": {"type": "enabled", "keep": "none"}, "context_management": KEEP}, {"thinking.keep": "none"}),
    Row("API", "a form", {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA, "x": 1}}}, {"response_format": ResponseFormat(kind="json_schema", schema=SCHEMA, extra={"x": 1}), "thinking.spelled": {}}),
    Row("API", "a form and an effort", {"output_config": {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}}}, {"response_format.schema": SCHEMA, "thinking.effort": "low", "thinking.spelled": {"output_config": {"effort": "low"}}}),
    Row("API", "an older form", {"output_format": {"type": "json_schema", "schema": SCHEMA}}, {"response_format.schema": SCHEMA, "extra": {}}),
    Row("API", "an unknown form", {"output_format": {"type": "x"}, "output_config": {"format": None}}, {"response_format": UNSET, "extra": {"output_format": {"type": "x"}}}),
    Row("API", "a form without schema", {"output_format": {"type": "json_schema"}}, {"response_format.schema": UNSET}),
    Row("F", "auto", {"tool_choice": {"type": "auto"}}, {"tool_choice": ToolChoice(mode="auto"), "parallel": UNSET}),
    Row("F", "any, one at a time", {"tool_choice": {"type": "any", "disable_parallel_tool_use": True}}, {"tool_choice": ToolChoice(mode="required"), "parallel": False}),
    Row("F", "none", {"tool_choice": {"type": "none"}}, {"tool_choice": ToolChoice(mode="none")}),
    Row("F", "one tool", {"tool_choice": {"type": "tool", "name": "f", "disable_parallel_tool_use": False}}, {"tool_choice": ToolChoice(mode="named", name="f"), "parallel": True}),
    Row("F", "one without a name", {"tool_choice": {"type": "tool"}}, {"tool_choice": UNSET, "extra": {"tool_choice": {"type": "tool"}}}),
    Row("F", "null", {"tool_choice": None}, {"tool_choice": None}),
    Row("F", "no choice", {"tool_choice": "auto"}, {"tool_choice": UNSET}),
    Row("G3", "null and no tools", {"tools": None}, {"tools": None}),
    Row("G3", "empty tools", {"tools": []}, {"tools": ()}),
    Row("API", "betas and the like", {"betas": ["x"], "service_tier": "auto", "cache_control": {}}, {"extra": {"betas": ["x"], "service_tier": "auto", "cache_control": {}}}),
]

MESSAGES = [
    Row("M3", "a result without content", user(result("1")), {"messages.0.role": "tool", "messages.0.call_id": "1", "messages.0.content": UNSET, "messages.0.is_error": None, "messages.0.joined": False}),
    Row("M3", "a result of null", user(result("1", content=None)), {"messages.0.content": None}),
    Row("M3", "an empty result", user(result("1", content="")), {"messages.0.content": ""}),
    Row("M3", "a result of no blocks", user(result("1", content=[])), {"messages.0.content": ()}),
    Row("M3", "a result of blocks", user(result("1", content=[text("a"), {"type": "image", "source": {"type": "url", "url": "u"}}], is_error=True, **CACHE)), {"messages.0.content.0.text": "a", "messages.0.content.1.url": "u", "messages.0.is_error": True, "messages.0.extra": CACHE}),
    Row("M3", "a result of another shape", user(result("1", content={"a": 1})), {"messages.0.content": UNSET, "messages.0.extra": {"content": {"a": 1}}}),
    Row("M2", "a reference to a tool", user(result("1", content=[REFERENCE])), {"messages.0.content": (Other(kind="tool_reference", value=REFERENCE),)}),
    Row("C5", "a result without id", user({"type": "tool_result", "is_error": None}), {"messages.0.call_id": None, "messages.0.is_error": None, "messages.0.extra": {"is_error": None}}),
    Row("API", "results and text", user(result("1"), result("2"), text("go on"), x=1), {"messages.0.call_id": "1", "messages.1.call_id": "2", "messages.1.joined": True, "messages.2.role": "user", "messages.2.content": (TextPart(text="go on"),), "messages.2.joined": True}),
    Row("API", "text before a result", user(text("so"), result("1"), x=1), {"messages.0.content.0.text": "so", "messages.0.extra": {"x": 1}, "messages.1.call_id": "1", "messages.1.joined": True}),
    Row("API", "results in two messages", said(*user(result("1"))["messages"], *user(result("2"))["messages"]), {"messages.0.call_id": "1", "messages.1.joined": False}),
    Row("API", "text, no text, no content", said({"role": "user", "content": "a"}, {"role": "user", "content": []}, {"role": "user"}, {"role": "user", "content": None}), {"messages.0.content": "a", "messages.1.content": (), "messages.2.content": UNSET, "messages.3.content": None}),
    Row("API", "a system message among the others", said({"role": "system", "content": "a", "clear_at": "never"}, {"role": "user", "content": "b"}, {"role": "system", "content": "c"}), {"messages.0.role": "system", "messages.2.role": "system", "messages.2.content": "c"}),
    Row("API", "one behind the system prompt", {"system": "s", **said({"role": "system", "content": "a"})}, {"messages.0.content": "s", "messages.1.content": "a"}),
    Row("H7", "a picture in the body", user({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA"}, **CACHE}), {"messages.0.content.0.data": "AA", "messages.0.content.0.media_type": "image/png", "messages.0.content.0.extra": CACHE}),
    Row("H7", "a picture that was uploaded", user({"type": "image", "source": {"type": "file", "file_id": "f"}}), {"messages.0.content.0.file": "f", "messages.0.content.0.extra": {}}),
    Row("H7", "a film", user({"type": "video", "source": {"type": "url", "url": "u"}}), {"messages.0.content.0.url": "u"}),
    Row("H7", "a document", user({"type": "document", "source": {"type": "text", "data": "a"}, "title": "t", "context": None, "citations": {}}), {"messages.0.content.0.title": "t", "messages.0.content.0.context": None, "messages.0.content.0.source": {"type": "text", "data": "a"}, "messages.0.content.0.extra": {"context": None, "citations": {}}}),
    Row("H7", "a document without source", user({"type": "document"}), {"messages.0.content.0.kind": "document"}),
    Row("B1", "a whole turn", turn(THOUGHT, text("so"), CALL), {"messages.1.thoughts": (Thought(text="hm", signature="s"),), "messages.1.content": "so", "messages.1.calls.0.arguments": '{"a":1}', "messages.1.calls.0.extra": {}, "messages.1.layout": "", "messages.1.partial": None}),
    Row("B1", "a turn without text", turn(THOUGHT, CALL), {"messages.1.content": UNSET}),
    Row("B1", "a mark on the text", turn(text("so", **CACHE), CALL), {"messages.1.content": (TextPart(text="so", extra=CACHE),), "messages.1.thoughts": UNSET}),
    Row("B1", "empty text beside a call", turn(text(""), CALL), {"messages.1.content": (TextPart(text=""),)}),
    Row("B1", "in another order", turn(CALL, text("so"), THOUGHT, text("then")), {"messages.1.layout": "ctrt", "messages.1.content": (TextPart(text="so"), TextPart(text="then"))}),
    Row("B1", "redacted thoughts", turn({"type": "redacted_thinking", "data": "x", "y": 1}, text("a")), {"messages.1.thoughts": (Thought(redacted="x", extra={"y": 1}),)}),
    Row("B1", "thoughts without signature", turn({"type": "thinking", "thinking": "", "signature": None}), {"messages.1.thoughts": (Thought(text="", extra={"signature": None}),)}),
    Row("B1", "thoughts that are none", turn({"type": "thinking", "thinking": None}, {"type": "redacted_thinking"}), {"messages.1.thoughts": UNSET, "messages.1.content.0.kind": "thinking", "messages.1.content.1.kind": "redacted_thinking"}),
    Row("H8", "a call of nothing", turn({"type": "tool_use", "id": 1, "name": None}), {"messages.1.calls.0.id": "", "messages.1.calls.0.name": "", "messages.1.calls.0.arguments": "{}"}),
    Row("H8", "an input that is text", turn({**CALL, "input": "x", "caller": {}}), {"messages.1.calls.0.arguments": '"x"'}),
    Row("H5", "the beginning of the answer", said({"role": "assistant", "content": "The"}), {"messages.0.partial": True}),
    Row("H5", "an empty beginning", said({"role": "assistant", "content": ""}), {"messages.0.partial": None}),
    Row("H5", "a turn of calls is no beginning", turn(text("so"), CALL), {"messages.1.partial": None}),
    Row("API", "no blocks at all", turn(), {"messages.1.content": (), "messages.1.thoughts": UNSET, "messages.1.calls": UNSET}),
    Row("API", "what a server's tool did", turn({"type": "server_tool_use", "id": "1", "name": "web_search", "input": {}}), {"messages.1.content.0.kind": "server_tool_use"}),
]

TOOLS = [
    Row("API", "a function", {"tools": [{"name": "f", "description": "d", "input_schema": SCHEMA, "strict": True, "defer_loading": True}]}, {"tools.0.name": "f", "tools.0.description": "d", "tools.0.parameters": SCHEMA, "tools.0.strict": True, "tools.0.kind": "function", "tools.0.extra": {"defer_loading": True}}),
    Row("API", "one that says so", {"tools": [{"type": "custom", "name": "f", "input_schema": {}}]}, {"tools.0.kind": "function", "tools.0.parameters": {}}),
    Row("API", "one of Anthropic's", {"tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 5}]}, {"tools.0.kind": "web_search_20250305", "tools.0.extra": {"max_uses": 5}, "tools.0.parameters": UNSET}),
    Row("API", "a toolset", {"tools": [{"type": "mcp_toolset", "mcp_server_name": "m"}]}, {"tools.0.kind": "mcp_toolset", "tools.0.name": ""}),
    Row("API", "one without a schema", {"tools": [{"name": "f", "description": None}]}, {"tools.0.parameters": UNSET, "tools.0.kind": "function"}),
    Row("G3", "one of another dialect", {"tools": [{"type": "function", "function": {"name": "f"}}]}, {"tools.0.kind": "function", "tools.0.name": ""}),
]

BODIES = [*TOP, *MESSAGES, *TOOLS]
