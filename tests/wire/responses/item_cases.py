"""Items and the messages that they are; every row goes there and back."""

from typing import Any

from moonwire.core.messages import VERBATIM, File, Image, Message, Other, TextPart, Thought, Tool, ToolCall

__all__ = ["CALL_ROWS", "ITEM_ROWS", "PART_ROWS", "RESULT_ROWS"]

Json = dict[str, Any]


def parts(*given: Any, role: str = "user", **more: Any) -> Json:
    return {"type": "message", "role": role, "content": list(given), **more}


HM: Json = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]}
SAID: Json = parts({"type": "output_text", "text": "a"}, role="assistant")
CALL: Json = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
THOUGHT = Thought(text="hm", id="rs_1")
TEXT = (TextPart(text="a"),)
CALLED = ToolCall(id="c", name="f", arguments="{}")
SEARCH: Json = {"type": "web_search_call", "id": "ws_1"}
TOOL: Json = {"type": "function", "name": "g"}

# Name, items, messages; a message that is written otherwise has VERBATIM, which the test adds.
ITEM_ROWS: list[tuple[str, list[Json], list[Message]]] = [
    ("a message", [{"type": "message", "role": "user", "content": "a"}], [Message(role="user", content="a")]),
    ("without its type", [{"role": "user", "content": "a"}], [Message(role="user", content="a", extra={VERBATIM: ...})]),
    ("without content", [{"type": "message", "role": "user"}], [Message(role="user")]),
    ("null content", [{"type": "message", "role": "developer", "content": None}], [Message(role="developer", content=None)]),
    ("odd content", [{"type": "message", "role": "user", "content": 5}], [Message(role="user", extra={"content": 5})]),
    ("with id and status", [parts(role="system", id="msg", status="completed")], [Message(role="system", content=(), id="msg", extra={"status": "completed"})]),
    ("a whole turn", [HM, SAID, CALL], [Message(role="assistant", thoughts=(THOUGHT,), content=TEXT, calls=(CALLED,))]),
    ("a turn and its end", [CALL, {"type": "function_call_output", "call_id": "c", "output": "x"}, CALL], [Message(role="assistant", calls=(CALLED,)), Message(role="tool", call_id="c", content="x"), Message(role="assistant", calls=(CALLED,))]),
    ("two texts", [SAID, SAID], [Message(role="assistant", content=TEXT + TEXT, extra={VERBATIM: ...})]),
    ("a text behind a call", [CALL, SAID], [Message(role="assistant", content=TEXT, calls=(CALLED,), layout="ct")]),
    ("thoughts between calls", [HM, CALL, HM, CALL], [Message(role="assistant", thoughts=(THOUGHT, THOUGHT), calls=(CALLED, CALLED), layout="rcrc")]),
    ("thoughts behind a text", [HM, SAID, HM, SAID], [Message(role="assistant", thoughts=(THOUGHT,), content=TEXT), Message(role="assistant", thoughts=(THOUGHT,), content=TEXT)]),
    ("plain text", [{"type": "message", "role": "assistant", "content": "a"}], [Message(role="assistant", content="a")]),
    ("an assistant without content", [{"type": "message", "role": "assistant"}], [Message(role="assistant")]),
    ("an assistant with null", [{"type": "message", "role": "assistant", "content": None}], [Message(role="assistant", content=None)]),
    ("an assistant with no parts", [parts(role="assistant")], [Message(role="assistant", content=())]),
    ("no parts before a call", [parts(role="assistant"), CALL], [Message(role="assistant", content=(), calls=(CALLED,))]),
    ("two plain texts", [{"type": "message", "role": "assistant", "content": "a"}] * 2, [Message(role="assistant", content=TEXT + TEXT, extra={VERBATIM: ...})]),
    ("a server's own", [SEARCH, SAID], [Message(role="assistant", content=(Other(kind="web_search_call", value=SEARCH), *TEXT))]),
    ("alone", [{"type": "item_reference", "id": "x"}], [Message(role="user", content=(Other(kind="item_reference", value={"type": "item_reference", "id": "x"}),))]),
    ("alone, by its id", [{"id": "x"}], [Message(role="user", content=(Other(kind="item_reference", value={"id": "x"}),))]),
    ("a kind of tomorrow", [{"type": "dream", "x": 1}], [Message(role="user", content=(Other(kind="dream", value={"type": "dream", "x": 1}),))]),
    ("tools", [{"type": "additional_tools", "role": "developer", "tools": [TOOL]}], [Message(role="developer", tools=(Tool(name="g"),))]),
    ("tools of nobody", [{"type": "additional_tools", "tools": None}], [Message(role="developer", tools=(), extra={VERBATIM: ...})]),
    ("several summaries", [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}]}], [Message(role="assistant", thoughts=(Thought(text="a\n\nb", summary=("a", "b")),))]),
    ("content beside a summary", [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "a"}], "content": [{"type": "reasoning_text", "text": "b"}]}], [Message(role="assistant", thoughts=(Thought(text="b", summary=("a",)),))]),
    ("sealed", [{"type": "reasoning", "summary": [], "encrypted_content": "e"}], [Message(role="assistant", thoughts=(Thought(encrypted="e"),))]),
    ("null for the seal", [{"type": "reasoning", "summary": [], "encrypted_content": None}], [Message(role="assistant", thoughts=(Thought(extra={"encrypted_content": None}),))]),
]

CALL_ROWS: list[tuple[str, Json, ToolCall]] = [
    ("a function's", {**CALL, "id": "fc", "status": "completed"}, ToolCall(id="c", name="f", arguments="{}", extra={"id": "fc", "status": "completed"})),
    ("of a namespace", {**CALL, "namespace": "n"}, ToolCall(id="c", name="n__f", arguments="{}", extra={"namespace": "n"})),
    ("arguments as a value", {**CALL, "arguments": {"a": "é"}}, ToolCall(id="c", name="f", arguments='{"a":"é"}', extra={VERBATIM: ...})),
    ("nothing", {"type": "function_call"}, ToolCall(id="", name="", arguments="{}", extra={VERBATIM: ...})),
    ("known by its id", {"type": "function_call", "id": "fc", "name": "f", "arguments": ""}, ToolCall(id="fc", name="f", arguments="", extra={"id": "fc", VERBATIM: ...})),
    ("custom", {"type": "custom_tool_call", "call_id": "c", "name": "p", "input": "x"}, ToolCall(id="c", name="p", arguments='{"input":"x"}', kind="custom")),
    ("custom of a namespace", {"type": "custom_tool_call", "call_id": "c", "name": "p", "input": "x", "namespace": "n"}, ToolCall(id="c", name="n__p", arguments='{"input":"x"}', kind="custom", extra={"namespace": "n"})),
    ("custom, odd", {"type": "custom_tool_call", "call_id": "c", "name": "p", "input": 1}, ToolCall(id="c", name="p", arguments='{"input":""}', kind="custom", extra={VERBATIM: ...})),
    ("local shell", {"type": "local_shell_call", "call_id": "c", "action": {"type": "exec", "command": ["ls"], "env": {}}}, ToolCall(id="c", name="local_shell", arguments='{"command":["ls"],"env":{}}', kind="local_shell")),
    ("local shell, odd", {"type": "local_shell_call", "call_id": "c", "action": 1}, ToolCall(id="c", name="local_shell", kind="local_shell", extra={VERBATIM: ...})),
    ("shell", {"type": "shell_call", "call_id": "c", "action": {"commands": ["ls"]}}, ToolCall(id="c", name="shell", arguments='{"commands":["ls"]}', kind="shell")),
    ("a patch", {"type": "apply_patch_call", "call_id": "c", "operation": {"type": "update_file", "path": "a", "diff": "d"}}, ToolCall(id="c", name="apply_patch", arguments='{"type":"update_file","path":"a","diff":"d"}', kind="apply_patch")),
    ("a deletion", {"type": "apply_patch_call", "call_id": "c", "operation": {"type": "delete_file", "path": "a"}}, ToolCall(id="c", name="apply_patch", arguments='{"type":"delete_file","path":"a"}', kind="apply_patch")),
    ("a search", {"type": "tool_search_call", "call_id": "c", "arguments": {"query": "x"}, "execution": "client"}, ToolCall(id="c", name="tool_search", arguments='{"query":"x"}', kind="tool_search", extra={"execution": "client"})),
]

SHELL: list[Json] = [
    {"stdout": "a", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}},
    {"stdout": "", "stderr": "b", "outcome": {"type": "timeout"}},
    {"stdout": "c"},
]

RESULT_ROWS: list[tuple[str, Json, Message]] = [
    ("text", {"type": "function_call_output", "call_id": "c", "output": "x"}, Message(role="tool", call_id="c", content="x")),
    ("parts", {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "x"}]}, Message(role="tool", call_id="c", content=(TextPart(text="x"),))),
    ("no parts", {"type": "function_call_output", "call_id": "c", "output": []}, Message(role="tool", call_id="c", content=())),
    ("null", {"type": "function_call_output", "call_id": "c", "output": None}, Message(role="tool", call_id="c", content=None)),
    ("nothing", {"type": "function_call_output", "call_id": None}, Message(role="tool", extra={VERBATIM: ...})),
    ("a number", {"type": "function_call_output", "call_id": "c", "output": 5}, Message(role="tool", call_id="c", content="5", extra={VERBATIM: ...})),
    ("an object", {"type": "function_call_output", "call_id": "c", "output": {"a": 1}}, Message(role="tool", call_id="c", content='{"a":1}', extra={VERBATIM: ...})),
    ("Codex' object", {"type": "function_call_output", "call_id": "c", "output": {"content": "x", "success": False}}, Message(role="tool", call_id="c", content="x", is_error=True, extra={VERBATIM: ...})),
    ("custom", {"type": "custom_tool_call_output", "call_id": "c", "output": "x"}, Message(role="tool", call_id="c", content="x", extra={"type": "custom_tool_call_output"})),
    ("local shell", {"type": "local_shell_call_output", "id": "c", "output": "x"}, Message(role="tool", content="x", extra={"type": "local_shell_call_output", "id": "c"})),
    ("shell", {"type": "shell_call_output", "call_id": "c", "output": SHELL}, Message(role="tool", call_id="c", content="a\n[exit code 0]\nb\n[timed out]\nc", extra={"type": "shell_call_output", VERBATIM: ...})),
    ("a patch", {"type": "apply_patch_call_output", "call_id": "c", "status": "completed"}, Message(role="tool", call_id="c", content="completed", extra={"type": "apply_patch_call_output", "status": "completed", VERBATIM: ...})),
    ("a patch that failed", {"type": "apply_patch_call_output", "call_id": "c", "status": "failed", "output": "no"}, Message(role="tool", call_id="c", content="no", is_error=True, extra={"type": "apply_patch_call_output", "status": "failed"})),
    ("tools", {"type": "tool_search_output", "call_id": "c", "tools": [TOOL]}, Message(role="tool", call_id="c", content="Found, and offered from now on: g", tools=(Tool(name="g"),), extra={"type": "tool_search_output", "tools": [TOOL], VERBATIM: ...})),
    ("no tools", {"type": "tool_search_output", "call_id": "c"}, Message(role="tool", call_id="c", content="No tool was found.", tools=(), extra={"type": "tool_search_output", VERBATIM: ...})),
]

PART_ROWS: list[tuple[str, str, Any, Any]] = [
    ("text", "user", {"type": "input_text", "text": "a"}, TextPart(text="a")),
    ("with more", "assistant", {"type": "output_text", "text": "a", "annotations": []}, TextPart(text="a", extra={"annotations": []})),
    ("of another role", "user", {"type": "output_text", "text": "a"}, TextPart(text="a", extra={VERBATIM: ...})),
    ("a refusal", "assistant", {"type": "refusal", "refusal": "no"}, TextPart(text="no", extra={VERBATIM: ...})),
    ("odd text", "user", {"type": "input_text", "text": 1}, Other(kind="input_text", value={"type": "input_text", "text": 1})),
    ("a picture", "user", {"type": "input_image", "image_url": "data:,", "detail": "low"}, Image(url="data:,", detail="low", bare=True)),
    ("a stored picture", "user", {"type": "input_image", "file_id": "f"}, Image(file="f", bare=True)),
    ("a picture with null", "user", {"type": "input_image", "image_url": "u", "file_id": None}, Image(url="u", bare=True, extra={VERBATIM: ...})),
    ("a picture without address", "user", {"type": "input_image"}, Other(kind="input_image", value={"type": "input_image"})),
    ("a file", "user", {"type": "input_file", "file_id": "f", "file_data": "d", "file_url": "u", "filename": "n"}, File(file="f", data="d", url="u", name="n")),
    ("audio", "user", {"type": "input_audio", "x": 1}, Other(kind="input_audio", value={"type": "input_audio", "x": 1})),
    ("bare text", "user", "a", Other(kind="", value="a")),
    ("no kind", "user", {"type": 1}, Other(kind="", value={"type": 1})),
]
