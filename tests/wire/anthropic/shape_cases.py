"""What is refused, what nests without end, and what is sent for what the dialect cannot say."""

from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from moonwire.core.messages import (
    File,
    Image,
    Message,
    ResponseFormat,
    Sampling,
    TextPart,
    Thinking,
    Thought,
    Tool,
    ToolCall,
    ToolChoice,
    Video,
)

__all__ = ["PLACES", "REFUSED", "SAID_OTHERWISE", "with_"]

Json = dict[str, Any]


def with_(**fields: Any) -> Json:
    return {"messages": [], **fields}


def user(*blocks: Any) -> Json:
    return with_(messages=[{"role": "user", "content": list(blocks)}])


def assistant(*blocks: Any) -> Json:
    return with_(messages=[{"role": "assistant", "content": list(blocks)}])


PLACES: list[tuple[str, Callable[[Any], Json]]] = [
    ("an unknown field", lambda value: with_(x=value)),
    ("stop_sequences", lambda value: with_(stop_sequences=value)),
    ("metadata", lambda value: with_(metadata=value)),
    ("thinking", lambda value: with_(thinking={"type": value})),
    ("a choice", lambda value: with_(tool_choice={"type": "tool", "name": value})),
    ("a choice's field", lambda value: with_(tool_choice={"type": "auto", "x": value})),
    ("a form", lambda value: with_(output_config={"format": {"type": "json_schema", "schema": value}})),
    ("edits", lambda value: with_(context_management={"edits": value})),
    ("a message's field", lambda value: with_(messages=[{"role": "user", "content": "a", "x": value}])),
    ("a text's field", lambda value: user({"type": "text", "text": "a", "x": value})),
    ("a source", lambda value: user({"type": "image", "source": {"type": "url", "url": value}})),
    ("a picture's field", lambda value: user({"type": "image", "source": {"type": "url", "url": "u"}, "x": value})),
    ("a document", lambda value: user({"type": "document", "source": value})),
    ("an unknown block", lambda value: user({"type": "x", "x": value})),
    ("a result's field", lambda value: user({"type": "tool_result", "tool_use_id": "1", "x": value})),
    ("an input", lambda value: assistant({"type": "tool_use", "id": "1", "name": "f", "input": {"x": value}})),
    ("a thought's field", lambda value: assistant({"type": "thinking", "thinking": "a", "x": value})),
    ("a schema", lambda value: with_(tools=[{"name": "f", "input_schema": value}])),
    ("a tool's field", lambda value: with_(tools=[{"name": "f", "x": value}])),
]

REFUSED: list[tuple[str, Any, str]] = [
    ("no object", [], "body"),
    ("null", None, "body"),
    ("no messages", {}, "messages"),
    ("null for messages", {"messages": None}, "messages"),
    ("one message for a list", {"messages": {"role": "user"}}, "messages"),
    ("a text for a message", with_(messages=["hi"]), "messages[0]"),
    ("no role", with_(messages=[{"content": "hi"}]), "messages[0].role"),
    ("another role", with_(messages=[{"role": "tool", "content": "hi"}]), "messages[0].role"),
    ("no content at all", with_(messages=[{"role": "user", "content": {}}]), "messages[0].content"),
    ("a text for a block", user("hi"), "messages[0].content[0]"),
    ("a block without a type", user({"text": "hi"}), "messages[0].content[0].type"),
    ("a text block without text", user({"type": "text"}), "messages[0].content[0].text"),
    ("a picture without source", user({"type": "image"}), "messages[0].content[0].source"),
    ("an odd block in a result", user({"type": "text", "text": "a"}, {"type": "tool_result", "content": [1]}), "messages[0].content[1].content[0]"),
    ("an odd block of the assistant's", assistant({"type": "text", "text": "a"}, 1), "messages[0].content[1]"),
    ("a system prompt that is none", with_(system=5), "system"),
    ("an odd block in the system prompt", with_(system=[{"type": "text", "text": 1}]), "system[0].text"),
    ("tools that are no list", with_(tools={}), "tools"),
    ("a tool that is no object", with_(tools=[{"name": "f"}, 1]), "tools[1]"),
    ("a reserved field", with_(**{"\0x": 1}), r"body.'\x00x'"),
    ("a reserved field of a message", with_(messages=[{"role": "user", "\0verbatim": 1}]), r"messages[0].'\x00verbatim'"),
    ("a reserved field of a block", user({"type": "text", "text": "a", "\0x": 1}), r"messages[0].content[0].'\x00x'"),
]


def said(*messages: Message) -> Json:
    return {"messages": messages}


def turn(**fields: Any) -> Json:
    return said(Message(role="assistant", **fields))


def blocks(*found: Any, role: str = "assistant") -> Json:
    return {"messages": [{"role": role, "content": list(found)}]}


def text(words: str) -> Json:
    return {"type": "text", "text": words}


def source(kind: str, **fields: Any) -> Json:
    return {"source": {"type": kind, **fields}}


CALL: Json = {"type": "tool_use", "id": "1", "name": "f", "input": {}}
PNG: Json = {"media_type": "image/png", "data": "AA"}


def result(identity: str, **fields: Any) -> Json:
    return {"type": "tool_result", "tool_use_id": identity, **fields}


# Each row of the table `UNSAID`, some more than once: the fields of a request, and what is sent.
SAID_OTHERWISE: list[tuple[str, Json, Json]] = [
    ("several system messages at the beginning", said(Message(role="system", content="a"), Message(role="system", content=(TextPart(text="b"),))), {"system": [text("a"), text("b")]}),
    ("several system messages at the beginning", said(Message(role="system"), Message(role="system", content="")), {}),
    ("the role `developer`, the role `function`", said(Message(role="developer", content="a")), {"system": "a"}),
    ("the role `developer`, the role `function`", said(Message(role="user", content="a"), Message(role="developer", content="b")), {"messages": [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}]}),
    ("the role `developer`, the role `function`", said(Message(role="function", call_id="1", content=None)), blocks(result("1", content=None), role="user")),
    ("results of one turn in messages of their own", said(Message(role="tool", call_id="1", content="a"), Message(role="tool", call_id="2")), blocks(result("1", content="a"), result("2"), role="user")),
    ("text beside results or calls that is empty", said(Message(role="tool", call_id="1"), Message(role="user", content="", joined=True)), blocks(result("1"), role="user")),
    ("text beside results or calls that is empty", turn(content="", calls=(ToolCall(id="1", name="f"),)), blocks(CALL)),
    ("text beside results or calls that is empty", said(Message(role="user", content="a"), Message(role="tool", call_id="1", joined=True)), blocks(text("a"), result("1"), role="user")),
    ("null or empty thoughts or calls", turn(content="a", thoughts=None, calls=()), {"messages": [{"role": "assistant", "content": "a"}]}),
    ("null or empty thoughts or calls", turn(thoughts=None), {"messages": [{"role": "assistant"}]}),
    ("content that is null beside thoughts or calls", turn(content=None, calls=(ToolCall(id="1", name="f"),)), blocks(CALL)),
    ("a thought that is open and redacted", turn(thoughts=(Thought(text="a", redacted="b", extra={"x": 1}),)), blocks({"type": "thinking", "thinking": "a"}, {"type": "redacted_thinking", "data": "b", "x": 1})),
    ("encrypted thoughts, their summary and id, the field they came in", turn(thoughts=(Thought(text="a", encrypted="b", summary=("c",), id="d", field="reasoning"),)), blocks({"type": "thinking", "thinking": "a"})),
    ("arguments that are no JSON object", turn(calls=(ToolCall(id="1", name="f", arguments="[1"),)), blocks({**CALL, "input": {"raw_arguments": "[1"}})),
    ("arguments that are no JSON object", turn(calls=(ToolCall(id="1", name="f", arguments="[1]"), ToolCall(id="1", name="f", arguments=" "))), blocks({**CALL, "input": {"raw_arguments": "[1]"}}, CALL)),
    ("a call's native id, whether it is cut or undeclared", turn(calls=(ToolCall(id="1", name="f", native="n", complete=False, declared=False),)), blocks(CALL)),
    ("a message's name and id, tools that it brings", said(Message(role="user", content="a", name="n", id="i", tools=(Tool(name="f"),))), {"messages": [{"role": "user", "content": "a"}]}),
    ("`partial` of a message that is not the last", said(Message(role="assistant", content="a", partial=True), Message(role="user", content="b", partial=False)), {"messages": [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}]}),
    ("an address `data:…;base64,`", said(Message(role="user", content=(Image(url="data:image/png;base64,AA"), Video(url="data:,x")))), blocks({"type": "image", **source("base64", **PNG)}, {"type": "video", **source("url", url="data:,x")}, role="user")),
    ("a picture's detail", said(Message(role="user", content=(Image(file="f", detail="low"),))), blocks({"type": "image", **source("file", file_id="f")}, role="user")),
    ("a file part", said(Message(role="user", content=(File(file="f", name="n"), File(data="data:application/pdf;base64,AA"), File(url="u"), File()))), blocks({"type": "document", **source("file", file_id="f"), "title": "n"}, {"type": "document", **source("base64", media_type="application/pdf", data="AA")}, {"type": "document", **source("url", url="u")}, {"type": "document", **source("base64", media_type="application/octet-stream", data="")}, role="user")),
    ("a tool's namespace", {"tools": (Tool(name="f", namespace="n", parameters={}),)}, {"tools": [{"name": "f", "input_schema": {}}]}),
    ("a function without a schema", {"tools": (Tool(name="f"),)}, {"tools": [{"name": "f", "input_schema": {"type": "object"}}]}),
    ("a choice that narrows the tools", {"tool_choice": ToolChoice(mode="required", allowed=("f",))}, {"tool_choice": {"type": "any"}}),
    ("several calls at once forbidden without a choice", {"parallel": False}, {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}),
    ("several calls at once allowed without a choice", {"parallel": True}, {}),
    ("an answer form of any JSON object", {"response_format": ResponseFormat(kind="json_object")}, {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}),
    ("an answer form's name, description and strictness; the form `text`", {"response_format": ResponseFormat(kind="json_schema", schema={}, name="n", strict=True)}, {"output_config": {"format": {"type": "json_schema", "schema": {}}}}),
    ("an answer form's name, description and strictness; the form `text`", {"response_format": ResponseFormat(kind="text")}, {}),
    ("an answer form's name, description and strictness; the form `text`", {"response_format": None}, {}),
    ("an intent to think in another dialect's fields", {"thinking": Thinking(enabled=True, effort="high", spelled={"reasoning_effort": "high"})}, {"thinking": {"type": "enabled"}, "output_config": {"effort": "high"}}),
    ("an intent to think in another dialect's fields", {"thinking": Thinking(enabled=True, budget=9)}, {"thinking": {"type": "enabled", "budget_tokens": 9}}),
    ("an intent to think in another dialect's fields", {"thinking": Thinking(enabled=False, effort="low")}, {"thinking": {"type": "disabled"}}),
    ("an output cap of another name", {"caps": {"max_output_tokens": None, "max_completion_tokens": 5, "x": 6}}, {"max_tokens": 5}),
    ("one stop text", {"sampling": Sampling(stop="a")}, {"stop_sequences": ["a"]}),
    ("`n`, penalties, `seed`, logprobs", {"sampling": Sampling(n=1, seed=2, presence_penalty=0, logprobs=True)}, {}),
    ("usage in streams", {"stream": True, "stream_usage": True}, {"stream": True}),
    ("a user and a cache key", {"user": "u", "cache_key": "k"}, {"metadata": {"user_id": "k"}}),
    ("a user and a cache key", {"user": "u", "metadata": {"a": 1}}, {"metadata": {"a": 1, "user_id": "u"}}),
    ("a user and a cache key", {"user": "u", "metadata": 5}, {"metadata": {"user_id": "u"}}),
    ("`store`, the answer before", {"store": True, "previous": "r", "tools": UNSET}, {}),
]
