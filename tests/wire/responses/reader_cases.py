"""Streams of Responses, as servers and proxies send them: what arrives, and what the reply to it says."""

import json
from typing import Any, Final, NamedTuple

__all__ = ["CASES", "MARKED", "Case", "dump", "ended"]

Json = dict[str, Any]


class Case(NamedTuple):
    """One stream. Events are JSON values, or bytes as they are."""

    name: str
    events: tuple[Any, ...]
    want: Json
    family: str = ""


def dump(event: Any) -> bytes:
    return event if isinstance(event, bytes) else json.dumps(event).encode()


def event(kind: str, **fields: Any) -> Json:
    return {"type": f"response.{kind}", **fields}


def begun(**fields: Any) -> Json:
    return event("created", response={"id": "r", "model": "m", "created_at": 7, **fields})


def added(index: int, **item: Any) -> Json:
    return event("output_item.added", output_index=index, item=item)


def over(index: int, **item: Any) -> Json:
    return event("output_item.done", output_index=index, item=item)


def text(delta: Any, index: int = 0) -> Json:
    return event("output_text.delta", output_index=index, delta=delta)


def think(delta: str, index: int = 0, part: int = 0) -> Json:
    return event("reasoning_summary_text.delta", output_index=index, summary_index=part, delta=delta)


def arguments(delta: str, index: int = 0) -> Json:
    return event("function_call_arguments.delta", output_index=index, delta=delta)


def ended(status: str = "completed", **fields: Any) -> Json:
    return event(status, response={"id": "r", "status": status, **fields})


def said(*texts: str) -> Json:
    return {"type": "message", "content": [{"type": "output_text", "text": one} for one in texts]}


def thought(*texts: str, **more: Any) -> Json:
    return {"type": "reasoning", "summary": [{"type": "summary_text", "text": one} for one in texts], **more}


CALL: Final[Json] = {"type": "function_call", "call_id": "a", "name": "ls"}
USAGE: Final[Json] = {"input_tokens": 9, "output_tokens": 4, "total_tokens": 13}
DETAILED: Final[Json] = {**USAGE, "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 1}, "output_tokens_details": {"reasoning_tokens": 9}, "x": 1}
K2_CALL: Final = "<|tool_calls_section_begin|><|tool_call_begin|>functions.ls:0<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>"
HI: Final[Json] = {"text": "Hi", "finish": "stop"}
LS: Final[Json] = {"calls": [("a", "ls", "{}")], "finish": "tool_calls"}
CUT: Final[Json] = {"calls": [("a", "ls", '{"a', "cut")]}

CASES = (
    Case("a text", (begun(), added(0, type="message", content=[]), text("H"), text("i"), over(0, **said("Hi")), ended()), HI),
    Case("pieces alone", (text("Hi"), ended()), HI),
    Case("no pieces", (begun(), over(0, **said("H", "i")), ended()), HI),
    Case("nothing but the end", (ended(output=[said("Hi")]),), HI),
    Case("a piece is missing at the end", (text("H"), over(0, **said("Hi")), ended(output=[said("Hi")])), HI),
    Case("the whole differs", (text("Hi"), over(0, **said("Ho")), ended()), HI),
    Case("pieces without an index", ({"type": "response.output_text.delta", "delta": "Hi"}, ended(output=[said("Hi")])), HI),
    Case("a whole answer", ({"object": "response", "id": "r", "status": "completed", "output": [said("Hi")], "usage": USAGE},), {**HI, "usage": (9, 4, None, None, None)}),
    Case("a whole answer that was cut", ({"output": [said("Hi")], "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},), {"text": "Hi", "finish": "length", "native": "max_output_tokens"}),
    Case("a whole answer without status", ({"output": [said("Hi")]},), HI),
    Case("a whole answer that failed", ({"object": "response", "status": "failed", "error": {"code": "server_error", "message": "x"}},), {"error": ("x", "server_error")}),
    Case("a refusal", (event("refusal.delta", output_index=0, delta="No"), ended()), {"text": "No", "finish": "stop"}),
    Case("a refusal, whole", (over(0, type="message", content=[{"type": "refusal", "refusal": "No"}]), ended()), {"text": "No", "finish": "stop"}),
    Case("thoughts", (added(0, type="reasoning"), think("a"), think("b"), over(0, **thought("ab")), text("Hi", 1), ended()), {**HI, "reasoning": "ab"}),
    Case("thoughts in parts", (think("a"), think("b", 0, 1), over(0, **thought("a", "b")), ended()), {"reasoning": "a\n\nb", "finish": "stop"}),
    Case("thoughts, whole", (over(0, **thought("a", "b")), ended()), {"reasoning": "a\n\nb", "finish": "stop"}),
    Case("thoughts as content", (over(0, type="reasoning", content=[{"type": "reasoning_text", "text": "a"}]), ended()), {"reasoning": "a", "finish": "stop"}),
    Case("thoughts twice", (event("reasoning_text.delta", output_index=0, delta="a"), think("A"), ended()), {"reasoning": "a", "finish": "stop"}),
    Case("empty thoughts", (added(0, type="reasoning"), think(""), over(0, **thought()), ended()), {"reasoning": "", "finish": "stop"}),
    Case("sealed thoughts", (think("a"), over(0, **thought("a", id="rs", encrypted_content="e")), ended()), {"reasoning": "a", "sealed": ["e"], "finish": "stop"}),
    Case("a call", (added(0, **CALL), arguments("{"), arguments("}"), arguments(""), over(0, **CALL, arguments="{}"), ended()), LS),
    Case("a call, whole", (over(0, **CALL, arguments="{}", status="completed"), ended()), LS),
    Case("a call that is told late", (arguments("{}"), added(0, **CALL), ended()), LS),
    Case("a call that is told at its end", (arguments("{}"), over(0, **CALL, arguments="{}"), ended()), LS),
    Case("a call without an end", (added(0, **CALL), arguments("{}"), ended()), LS),
    Case("a call that begins twice", (added(0, **CALL), added(0, **CALL), arguments("{}"), ended()), LS),
    Case("a call without a name at first", (added(0, type="function_call"), over(0, **CALL, arguments="{}"), ended()), LS),
    Case("a cut call", (added(0, **CALL), arguments('{"a'), ended("incomplete", incomplete_details={"reason": "max_output_tokens"})), {**CUT, "finish": "length", "native": "max_output_tokens"}),
    Case("a cut call, told so", (added(0, **CALL), over(0, **CALL, arguments='{"a', status="incomplete"), ended("incomplete")), {**CUT, "finish": "length", "native": "incomplete"}),
    Case("a call that is closed in an answer that is cut", (over(0, **CALL, arguments="{}", status="incomplete"), ended("incomplete")), {**LS, "finish": "length", "native": "incomplete"}),
    Case("two calls at once", (added(0, **CALL), added(1, type="function_call", call_id="b", name="n", namespace="m"), arguments("{}", 1), arguments("{}"), ended()), {"calls": [("a", "ls", "{}"), ("b", "m__n", "{}")], "finish": "tool_calls"}),
    Case("a custom call", (added(0, type="custom_tool_call"), over(0, type="custom_tool_call", call_id="a", name="p", input="x"), ended()), {"calls": [("a", "p", '{"input":"x"}')], "finish": "tool_calls"}),
    Case("a server's own item", (over(0, type="web_search_call", id="ws"), text("Hi", 1), ended()), HI),
    Case("a filter", (text("Hi"), ended("incomplete", incomplete_details={"reason": "content_filter"})), {"text": "Hi", "finish": "content_filter"}),
    Case("details that are none", (text("Hi"), ended("incomplete", incomplete_details=1)), {"text": "Hi", "finish": "length", "native": "incomplete"}),
    Case("usage", (text("Hi"), ended(usage=DETAILED)), {**HI, "usage": (9, 4, 3, 1, 4), "usage extra": {"x": 1}}),
    Case("usage that is none", (text("Hi"), ended(usage={"input_tokens": None, "output_tokens": "1"})), HI),
    Case("numbers that are none", (begun(created_at=float("inf"), id=1, model=1), text("Hi"), ended(usage={"input_tokens": 9, "output_tokens": 1.0})), {**HI, "usage": (9, 1, None, None, None)}),
    Case("a failure", (text("Hi"), ended("failed", error={"code": "rate_limit_exceeded", "message": "slow"})), {"text": "Hi", "error": ("slow", "rate_limit_exceeded")}),
    Case("a failure told twice", ({"type": "error", "code": "c", "message": "x"}, ended("failed", error={"message": "y"})), {"error": ("x", "c")}),
    Case("a failure that is none", (ended("failed"),), {"error": ("the server broke off with an error", "")}),
    Case("an error beside the end", (ended(error={"message": "x"}),), {"error": ("x", "")}),
    Case("an error of Chat Completions", ({"error": {"message": "x", "code": 500}},), {"error": ("x", "")}),
    Case("an error without envelope", ({"detail": "x"},), {"error": ("x", "")}),
    Case("an error that is no object", (b'{"type":"error","error":"x"}',), {"error": ("x", "")}),
    Case("the end in another dialect's words", (text("Hi"), ended(), b"[DONE]"), HI),
    Case("no end", (text("Hi"),), {"text": "Hi"}),
    Case("no end but the word", (text("Hi"), b"[DONE]"), {"text": "Hi"}),
    Case("what says nothing", (begun(), begun(), event("content_part.added"), event("rate_limits.updated"), b" ", text("Hi"), ended()), HI),
    Case("fields of other shapes", (begun(), {"type": "response.output_text.delta", "output_index": "0", "delta": 5, "summary_index": None}, text("Hi"), ended()), HI),
    Case("an index of another shape", ({"type": "response.output_text.delta", "output_index": 0.0, "delta": "Hi", "error": None}, {"type": 5, "object": "response", "output": [said("Hi")]}), HI),
    Case("an item of another shape", ({"type": "response.output_item.added", "output_index": None, "item": 5}, {"type": "response.output_item.done", "output_index": "x", "item": [1]}, text("Hi"), event("completed", output_index=None, response=5)), HI),
    Case("half a character", (b'{"type":"response.output_text.delta","output_index":0,"delta":"\\ud83d"}', ended()), {"text": "\ud83d", "finish": "stop"}),
    Case("lines that are no JSON", (b"oops", b"<html>", b"5", b'{"a": 1}', text("Hi"), ended()), {**HI, "notes": ["events-unreadable"]}),
    Case("nested beyond reason", (b'{"a":' + b"[" * 100_000, text("Hi"), ended()), {**HI, "notes": ["events-unreadable"]}),
    Case("arguments of another shape", (over(0, **CALL, arguments={"a": 1}), ended()), {"calls": [("a", "ls", '{"a":1}')], "finish": "tool_calls"}),
    Case("arguments nested beyond reason", (b'{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","name":"ls","call_id":"a","arguments":' + b"[" * 9999 + b"]" * 9999 + b"}}", ended()), {"finish": "stop", "notes": ["events-unreadable"]}),
    Case("fields that begin with NUL", (over(0, **CALL, arguments="{}", **{"\0x": 1}), ended()), LS),
)

MARKED = (
    Case("a call in the text", (text(K2_CALL), ended()), {"calls": [(None, "ls", "{}")], "finish": "tool_calls"}, "k2"),
    Case("a call in the text behind one of the server's", (added(0, **CALL), arguments("{}"), text(K2_CALL, 1), ended()), {"calls": [("a", "ls", "{}"), (None, "ls", "{}")], "finish": "tool_calls"}, "k2"),
    Case("a call in the thoughts", (think(f"a{K2_CALL}"), ended()), {"reasoning": "a", "calls": [(None, "ls", "{}")], "finish": "tool_calls"}, "k2"),
    Case("a call that is cut", (text(K2_CALL[: K2_CALL.index("}")]), ended("incomplete")), {"calls": [(None, "ls", "{", "cut")], "finish": "length", "native": "incomplete"}, "k2"),
    Case("the end of the thoughts in the text", (think("a"), text("b</think>Hi", 1), ended()), {"reasoning": "a", "text": "bHi", "finish": "stop"}, "k2"),
    Case("blanks between", (think("a"), text("\n", 1), text("Hi", 1), ended()), {"reasoning": "a", "text": "\nHi", "finish": "stop"}, "k2"),
    Case("thoughts behind the text", (think("a"), text("Hi", 1), think("b", 2), ended()), {"reasoning": "ab", "text": "Hi", "finish": "stop"}, "k2"),
    Case("a call behind the thoughts", (think("a"), added(1, **CALL), arguments("{}", 1), ended()), {"reasoning": "a", **LS}, "k2"),
)
