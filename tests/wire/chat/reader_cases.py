"""Streams of many servers: what arrives, and what the reply to it says (`said` in test_reader.py)."""

import json
from typing import Any, Final, NamedTuple

__all__ = ["CALL", "CASES", "K2_CALL", "K3_CALL", "MARKED", "QUOTED", "TOOLS", "Case", "delta", "dump", "end"]

Json = dict[str, Any]


class Case(NamedTuple):
    """One stream. Chunks are JSON values, or bytes as they are."""

    name: str
    chunks: tuple[Any, ...]
    want: Json
    family: str = ""
    source: str = ""


def delta(what: Any, finish: Any = None, **choice: Any) -> Json:
    """A chunk as most servers write it."""
    return {"id": "r", "choices": [{"index": 0, "delta": what, "finish_reason": finish, **choice}]}


def end(reason: Any = "stop", **choice: Any) -> Json:
    """The last chunk."""
    return delta({}, reason, **choice)


def call(index: Any = None, id: Any = None, name: Any = None, arguments: Any = None) -> Json:
    """A piece of a call, with only what is given."""
    function = {key: item for key, item in (("name", name), ("arguments", arguments)) if item is not None}
    piece = {"index": index, "id": id, "function": function or None}
    return {key: item for key, item in piece.items() if item is not None}


def calls(*pieces: Any) -> Json:
    return delta({"tool_calls": list(pieces)})


TOOLS: Final = [{"type": "function", "function": {"name": name}} for name in ("ls", "cat")]
K2_CALL: Final = "<|tool_calls_section_begin|><|tool_call_begin|>functions.ls:0<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>"
K3_CALL: Final = '<|open|>tools<|sep|><|open|>call tool="ls" index="1"<|sep|><|close|>call<|sep|><|close|>tools<|sep|>'
CALL: Final = calls(call(0, "a", "ls", "{}"))

HI: Final = delta({"content": "Hi"})
COUNTS: Final = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
CACHED: Final = {**COUNTS, "cached_tokens": 3}
DETAILED: Final = {**COUNTS, "prompt_tokens_details": {"cached_tokens": 3}, "completion_tokens_details": {"reasoning_tokens": 2}}
STOP: Final = {"text": "Hi", "finish": "stop"}
LS: Final = {"calls": [("a", "ls", "{}")], "finish": "tool_calls"}

# Usage: (input, output, cached, reasoning).
USAGE: Final = (
    Case("usage in the choice", (HI, end(usage=CACHED)), {**STOP, "usage": (9, 4, 3, None)}, source="pi#2017"),
    Case("usage in a summary", (HI, end(), {"choices": [], "usage": DETAILED}), {**STOP, "usage": (9, 4, 3, 2)}, source="agentscope#2313"),
    Case("usage beside the choices", (HI, {**end(), "usage": DETAILED}), {**STOP, "usage": (9, 4, 3, 2)}),
    Case("usage with choices null", (HI, end(), {"choices": None, "usage": COUNTS}), {**STOP, "usage": (9, 4, None, None)}),
    Case("usage in both", (HI, end(usage=DETAILED), {"choices": [], "usage": DETAILED}), {**STOP, "usage": (9, 4, 3, 2)}, source="kimi-api.md I9"),
    Case("the choice alone has details", (end(usage=DETAILED), {"choices": [], "usage": {**COUNTS, "prompt_tokens": 10}}), {"finish": "stop", "usage": (10, 4, 3, 2)}, source="kimi-api.md I1"),
    Case("further fields of both", (end(usage={**COUNTS, "a": 1, "b": 1}), {"choices": [], "usage": {**COUNTS, "b": 2, "c": None}}), {"finish": "stop", "usage": (9, 4, None, None), "usage extra": {"a": 1, "b": 2}}),
    Case("no usage", (HI, end()), STOP),
    Case("usage null in every chunk", ({**HI, "usage": None}, {**end(usage=None), "usage": None}), STOP),
    Case("usage that grows", ({**HI, "usage": {**COUNTS, "completion_tokens": 1}}, {**end(), "usage": COUNTS}), {**STOP, "usage": (9, 4, None, None)}),
    Case("usage that says nothing behind one that does", (HI, end(usage=CACHED), {"choices": [], "usage": {"x": 1}}, {"choices": [], "usage": {}}), {**STOP, "usage": (9, 4, 3, None)}),
    Case("cached tokens in both places", (end(usage={**CACHED, "prompt_tokens_details": {"cached_tokens": 2}}),), {"finish": "stop", "usage": (9, 4, 2, None)}, source="kimi-api.md I2"),
    Case("all tokens cached", (end(usage={**COUNTS, "cached_tokens": 9}),), {"finish": "stop", "usage": (9, 4, 9, None)}),
    Case("details null", (end(usage={**COUNTS, "prompt_tokens_details": None, "completion_tokens_details": None}),), {"finish": "stop", "usage": (9, 4, None, None)}),
    Case("more reasoning than output", (end("length", usage={"completion_tokens": 6000, "completion_tokens_details": {"reasoning_tokens": 6001}}),), {"finish": "length", "usage": (0, 6000, None, 6000)}, source="vercel/ai#19311"),
    Case("counts that are none", (end(usage={"prompt_tokens": "9", "completion_tokens": True}),), {"finish": "stop"}),
    Case("counts of other kinds", (b'{"choices":[{"finish_reason":"stop","usage":{"prompt_tokens":9.0,"completion_tokens":-1,"cached_tokens":1e999}}]}',), {"finish": "stop", "usage": (9, 0, None, None)}),
    Case("usage is no object", (end(usage=[1]), {"choices": [], "usage": "much"}), {"finish": "stop"}),
)

THOUGHT: Final = {"reasoning": "Hm.", "text": "Hi", "finish": "stop"}
TEXT: Final = (
    Case("reasoning_content", (delta({"reasoning_content": "Hm."}), HI, end()), THOUGHT),
    Case("reasoning", (delta({"reasoning": "Hm."}), HI, end()), THOUGHT, source="vllm#50166"),
    Case("reasoning_content null", (delta({"reasoning_content": None, "reasoning": "Hm."}), HI, end()), THOUGHT),
    Case("reasoning_content empty", (delta({"reasoning_content": "", "reasoning": "Hm."}), HI, end()), THOUGHT),
    Case("both the same", (delta({"reasoning_content": "Hm.", "reasoning": "Hm."}), HI, end()), THOUGHT),
    Case("reasoning and its details", (delta({"reasoning": "Hm.", "reasoning_details": [{"type": "reasoning.text", "text": "Hm."}]}), HI, end()), THOUGHT, source="OpenRouter"),
    Case("details alone", (delta({"content": "", "reasoning_details": [{"type": "reasoning.text", "text": "H"}, {"type": "reasoning.encrypted", "data": "x"}, {"text": "m."}, 1]}), HI, end()), THOUGHT, source="opencode#29690"),
    Case("details alone, reasoning null", (delta({"reasoning": None, "reasoning_details": [{"text": "Hm."}]}), delta({"content": "Hi", "reasoning_details": []}), end()), THOUGHT),
    Case("details that are no list", (delta({"content": "Hi", "reasoning_details": {"text": "x"}}), end()), STOP),
    Case("details in an odd delta", (delta({"reasoning_details": [{"text": "Hm."}], "content": ["x", {"text": "Hi"}]}), end()), THOUGHT),
    Case("thoughts and answer in one delta", (delta({"reasoning_content": "Hm.", "content": "Hi"}, "stop"),), THOUGHT),
    Case("empty reasoning in every chunk", (delta({"reasoning_content": "", "content": "H"}), delta({"reasoning_content": "", "content": "i"}), end()), {"reasoning": "", **STOP}, source="kimi-code#2506"),
    Case("empty reasoning behind thoughts", (delta({"reasoning": "Hm."}), delta({"reasoning": "", "content": "Hi"}), end()), THOUGHT),
    Case("empty reasoning in parts", (delta({"reasoning": []}), delta({"reasoning": "", "content": ["x"]}), HI, end()), {"reasoning": "", **STOP}),
    Case("null everywhere", (delta({"role": None, "content": None, "reasoning_content": None, "reasoning": None, "tool_calls": None}), HI, end()), STOP),
    Case("delta null", (delta(None), HI, delta(None, "stop")), STOP),
    Case("no delta", ({"choices": [{"index": 0}]}, HI, {"choices": [{"index": 0, "finish_reason": "stop"}]}), STOP),
    Case("content and end in one chunk", (delta({"content": "Hi"}, "stop"),), STOP),
    Case("content in parts", (delta({"content": [{"type": "text", "text": "H"}, "x", {"type": "image"}, {"text": 1}, {"text": "i"}]}), end()), STOP),
    Case("content of another type", (delta({"content": 5}), delta({"content": {"text": "x"}}), HI, end()), STOP),
    Case("text around thoughts of another type", (delta({"content": "H", "reasoning": 5}), delta({"content": "i", "reasoning_content": {}}), end()), STOP),
    Case("a message instead of a delta", ({"id": "r", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi", "reasoning_content": "Hm."}, "finish_reason": "stop"}], "usage": CACHED},), {**THOUGHT, "usage": (9, 4, 3, None)}),
    Case("a message with calls", ({"choices": [{"message": {"content": None, "tool_calls": [{"id": "a", "type": "function", "function": {"name": "ls", "arguments": {}}}, call(1, "b", "cat", "{}")]}, "finish_reason": "tool_calls"}]},), {**LS, "calls": [("a", "ls", "{}"), ("b", "cat", "{}")]}),
    Case("a message in an odd choice", ({"choices": [{"index": "0", "delta": None, "message": {"content": "Hi"}, "finish_reason": "stop"}]},), STOP),
    Case("a message that is none", ({"choices": [{"message": "Hi"}, {"message": "Hi", "index": False}]}, HI, end()), STOP),
    Case("other choices", ({"choices": [{"index": 1, "delta": {"content": "No"}, "finish_reason": "length", "usage": COUNTS}, {"index": 0, "delta": {"content": "Hi"}}]}, end()), STOP),
    Case("choice index null or none", (delta({"content": "H"}, index=None), delta({"content": "i"}, index="zero"), end()), STOP),
    Case("half a character", (b'{"choices":[{"delta":{"content":"Hi\\ud83d"}}]}', end()), {"text": "Hi\ud83d", "finish": "stop"}),
    Case("bytes that are no UTF-8", (b'{"choices":[{"delta":{"content":"Hi\xff"}}]}', end()), {"text": "Hi\ufffd", "finish": "stop"}),
    Case("bytes that are no UTF-8 elsewhere", (b'{"x":"\xff","choices":[{"delta":{"content":"Hi"}}]}', end()), {**STOP, "extra": {"x": "\ufffd"}}),
    Case("not a number", (b'{"choices":[{"delta":{"content":"Hi"},"x":NaN,"logprobs":-Infinity}]}', end()), STOP),
    Case("logprobs", (delta({"content": "H"}, logprobs={"content": [1]}), delta({"content": "i"}, logprobs={"content": [2]}), end(logprobs=None)), {**STOP, "logprobs": [{"content": [1]}, {"content": [2]}]}),
    Case("logprobs of thoughts", (delta({"reasoning": "Hm."}, logprobs={"content": [1]}), delta({"reasoning": " ", "content": "Hi"}, logprobs={"content": [2]}), end()), {**THOUGHT, "reasoning": "Hm. ", "logprobs": [{"content": [1]}, {"content": [2]}]}),
    Case("the head in other types", ({"id": None, "model": 5, "created": 1.5, "choices": [{"delta": {"content": "Hi"}}]}, end()), {**STOP, "created": 1}),
    Case("what the first chunk says besides", ({**HI, "model": "m", "created": 7, "object": "x", "system_fingerprint": "fp", "usage": None, "error": None}, {**end(), "service_tier": "late"}), {**STOP, "extra": {"system_fingerprint": "fp"}, "created": 7}),
    Case("a first chunk without a name", ({"id": "", "model": "", "choices": [], "prompt_filter_results": []}, {**HI, "created": 7}, end()), {**STOP, "created": 7}, source="Azure"),
)

TWO: Final = {"calls": [("a", "ls", '{"x":1}'), ("b", "cat", '{"y":2}')], "finish": "tool_calls"}
CALLS: Final = (
    Case("a call in one chunk", (CALL, end("tool_calls")), LS),
    Case("a call in pieces", (calls(call(0, "a", "ls", "")), calls(call(0, arguments='{"x"')), calls(call(0, arguments=":1}")), end("tool_calls")), {**LS, "calls": [("a", "ls", '{"x":1}')]}),
    Case("the name split", (calls(call(0, "a", "l", "")), calls(call(0, name="s", arguments="")), calls(call(0, arguments="{}")), end("tool_calls")), LS, source="kimi-code#3220"),
    Case("the name split, no arguments until later", (calls(call(0, "a", "l")), calls(call(0, name="s")), calls(call(0, arguments="{}")), end("tool_calls")), LS),
    Case("the name whole in every chunk", (calls(call(0, "a", "ls", "{")), calls(call(0, "a", "ls", "}")), end("tool_calls")), LS),
    Case("the name twice before the arguments", (calls(call(0, "a", "ls", "")), calls(call(0, "a", "ls", "")), calls(call(0, arguments="{}")), end("tool_calls")), LS),
    Case("the name null later", (calls(call(0, "a", "ls", "")), calls({"index": 0, "id": None, "function": {"name": None, "arguments": ""}}), calls(call(0, name="", arguments="{}")), end("tool_calls")), LS),
    Case("arguments before the name", (calls(call(0, "a", arguments="{")), calls(call(0, arguments="}")), calls(call(0, name="ls")), end("tool_calls")), LS, source="kimi-api.md I4"),
    Case("arguments around the name", (calls(call(0, "a", arguments="{")), calls(call(0, name="ls", arguments="}")), end("tool_calls")), LS),
    Case("the id late", (calls(call(0, name="ls", arguments="")), calls(call(0, id="a", arguments="{}")), end("tool_calls")), LS),
    Case("the id empty, then there", (calls(call(0, "", "ls", "")), calls(call(0, "a", arguments="{}")), end("tool_calls")), LS, source="vercel/ai e6087c9"),
    Case("the id alone first", (calls(call(0, "a")), calls(call(0, name="ls", arguments="{}")), end("tool_calls")), LS),
    Case("no id at all", (calls(call(0, None, "ls", "{}")), end("tool_calls")), {**LS, "calls": [("", "ls", "{}")]}),
    Case("the id too late", (calls(call(0, None, "ls", "{")), calls(call(0, "a", None, "}")), end("tool_calls")), {**LS, "calls": [("", "ls", "{}")]}),
    Case("a new id in every chunk", (calls(call(0, "a", "ls", "")), calls(call(0, "b", None, "{}")), end("tool_calls")), LS),
    Case("no arguments", (calls(call(0, "a", "ls", "")), end("tool_calls")), {**LS, "notes": ["arguments-empty"]}),
    Case("no arguments, and the next", (calls(call(0, "a", "ls")), calls(call(1, "b", "cat", "{}")), end("tool_calls")), {**LS, "calls": [("a", "ls", "{}"), ("b", "cat", "{}")], "notes": ["arguments-empty"]}),
    Case("the name last, behind another call", (calls(call(0, "a", arguments="{}")), calls(call(1, "b", "cat", "{}")), calls(call(0, name="ls", arguments=" ")), end("tool_calls")), {**LS, "calls": [("b", "cat", "{}"), ("a", "ls", "{} ")]}),
    Case("empty deltas", (calls(), calls({}), CALL, calls({"index": 0}), calls({"index": 3}), calls({"function": {}}), calls({"index": 0, "function": {"arguments": ""}}), end("tool_calls")), LS, source="kimi-api.md I4"),
    Case("a call without a name", (calls(call(0, "a", "", '{"x":1}')), end("tool_calls")), {"malformed": ['{"x":1}'], "finish": "stop", "native": "tool_calls"}, source="forgecode#1141"),
    Case("an id and nothing else", (calls(call(0, "a")), end("tool_calls")), {"malformed": [""], "finish": "stop", "native": "tool_calls"}),
    Case("two calls", (calls(call(0, "a", "ls", '{"x":1}')), calls(call(1, "b", "cat", "")), calls(call(1, arguments='{"y":2}')), end("tool_calls")), TWO),
    Case("two calls in one chunk", (calls(call(0, "a", "ls", '{"x":1}'), call(1, "b", "cat", '{"y":2}')), end("tool_calls")), TWO),
    Case("two calls, their pieces mixed", (calls(call(0, "a", "ls", '{"x"'), call(1, "b", "cat", '{"y"')), calls(call(1, arguments=":2}")), calls(call(0, arguments=":1}")), end("tool_calls")), TWO),
    Case("indices that begin at one", (calls(call(1, "a", "ls", '{"x":1}')), calls(call(2, "b", "cat", '{"y":2}')), end("tool_calls")), TWO),
    Case("one index for all", (calls(call(0, "a", "ls", '{"x":1}')), calls(call(0, "b", "cat", "")), calls(call(0, arguments='{"y":2}')), end("tool_calls")), TWO, source="vLLM's Rust parser"),
    Case("one index for all, one tool", (calls(call(0, "a", "ls", "{}")), calls(call(0, "b", "ls", "{}")), end("tool_calls")), {**LS, "calls": [("a", "ls", "{}"), ("b", "ls", "{}")]}),
    Case("one index for all, and no ids", (calls(call(0, None, "ls", "{}")), calls(call(0, None, "cat", "{}")), end("tool_calls")), {**LS, "calls": [("", "ls", "{}"), ("", "cat", "{}")]}),
    Case("one id for two indices", (calls(call(0, "a", "ls", "{}")), calls(call(1, "a", "ls", "{}")), end("tool_calls")), {**LS, "calls": [("a", "ls", "{}"), ("a", "ls", "{}")]}),
    Case("no index", (calls(call(None, "a", "ls", "")), calls(call(arguments="{")), calls(call(arguments="}")), end("tool_calls")), LS),
    Case("no index, the id again", (calls(call(None, "a", "ls", "{")), calls(call(None, "b", "cat", "{}")), calls(call(None, "a", arguments="}")), end("tool_calls")), {**LS, "calls": [("a", "ls", "{}"), ("b", "cat", "{}")]}),
    Case("no index, the name again", (calls(call(None, "a", "ls", "{")), calls(call(None, "a", "ls", "}")), end("tool_calls")), LS),
    Case("no index, one id for two", (calls(call(None, "a", "ls", "{}"), call(None, "a", "ls", "{}")), end("tool_calls")), {**LS, "calls": [("a", "ls", "{}"), ("a", "ls", "{}")]}),
    Case("no index, one id for two tools", (calls(call(None, "a", "ls", "{}")), calls(call(None, "a", "cat", "{}")), end("tool_calls")), {**LS, "calls": [("a", "ls", "{}"), ("a", "cat", "{}")]}),
    Case("no index, two pieces of one call in a chunk", (calls(call(None, "a", "ls", ""), call(None, "a", None, "{}")), end("tool_calls")), LS),
    Case("no index, pieces by their place", (calls(call(None, "a", "ls", ""), call(None, "b", "cat", "")), calls(call(arguments='{"x"'), call(arguments='{"y"')), calls(call(arguments=":1}"), call(arguments=":2}")), end("tool_calls")), TWO, source="kimi-api.md I9"),
    Case("no index, a piece for the second alone", (calls(call(None, "a", "ls", '{"x":1}'), call(None, "b", "cat", "")), calls({}, call(arguments='{"y"')), calls(call(arguments=":2}")), end("tool_calls")), TWO),
    Case("no index, more places than calls", (calls(call(None, "a", "ls", "")), calls(call(arguments="{"), call(arguments="}")), end("tool_calls")), LS),
    Case("no index, no id, arguments first", (calls(call(arguments="{}")), end("tool_calls")), {"malformed": ["{}"], "finish": "stop", "native": "tool_calls"}),
    Case("a malformed index", (calls(call("zero", "a", "ls", "")), calls(call("zero", arguments="{}")), end("tool_calls")), LS, source="kimi-api.md I9"),
    Case("a malformed index, then a good one", (calls(call("zero", "a", "ls", "")), calls(call(0, arguments="{}")), end("tool_calls")), LS),
    Case("a malformed index, then a good one of another", (calls(call("zero", "a", "ls", "{}")), calls(call(0, "b", "cat", "{}")), end("tool_calls")), {**LS, "calls": [("a", "ls", "{}"), ("b", "cat", "{}")]}),
    Case("an index as text", (calls(call("0", "a", "ls", '{"x":1}'), call("1", "b", "cat", "")), calls(call("1", arguments='{"y":2}')), end("tool_calls")), TWO),
    Case("index true", (calls(call(True, "a", "ls", "{}")), end("tool_calls")), LS),
    Case("arguments as an object", (calls(call(0, "a", "ls", {"x": "ü"})), end("tool_calls")), {**LS, "calls": [("a", "ls", '{"x": "ü"}')]}),
    Case("arguments nested beyond reason", (calls(call(0, "a", "ls", "{}")), b'{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":' + b"[" * 9999 + b"]" * 9999 + b"}}]}}]}", end("tool_calls")), {**LS, "notes": ["events-unreadable"]}),
    Case("calls of other shapes", (delta({"tool_calls": {"0": 1}}), calls(None, 1, {"function": 1}, {"id": 5, "index": 0, "function": {"name": 7}}), CALL, end("tool_calls")), LS),
    Case("a call behind text", (delta({"content": "I look."}), CALL, end("tool_calls")), {**LS, "text": "I look."}),
    Case("an empty thought right before a call", (delta({"reasoning_content": ""}), CALL, end("tool_calls")), {**LS, "reasoning": ""}, source="K3"),
    Case("content empty with calls", (delta({"content": "", "tool_calls": [call(0, "a", "ls", "{}")]}, "tool_calls"),), LS),
    Case("cut by the cap", (calls(call(0, "a", "ls", '{"x"')), end("length")), {"calls": [("a", "ls", '{"x"', "cut")], "finish": "length"}),
    Case("cut by the cap behind a whole call", (CALL, calls(call(1, "b", "cat", "[1")), end("length")), {"calls": [("a", "ls", "{}"), ("b", "cat", "[1", "cut")], "finish": "length"}, source="dynamo#8208"),
    Case("cut by the cap before the arguments", (calls(call(0, "a", "ls", "")), end("length")), {"calls": [("a", "ls", "", "cut")], "finish": "length"}),
    Case("cut by the filter", (calls(call(0, "a", "ls", '"')), end("content_filter")), {"calls": [("a", "ls", '"', "cut")], "finish": "content_filter"}),
    Case("broken off", (CALL, calls(call(1, "b", "cat", "{")),), {"calls": [("a", "ls", "{}"), ("b", "cat", "{", "cut")]}),
)

ENDS: Final = (
    *(Case(f"the reason {native}", (HI, end(native)), {"text": "Hi", "finish": finish, "native": native}) for native, finish in {
        "end_turn": "stop", "max_tokens": "length", "unexpected_state": "error", "malformed_byte_sequence": "error",
        "engine_overloaded": "error", "server_interrupted": "error", "repeat": "error", "eos": "stop", "unknown": "stop",
        "function_call": "stop", "tool_use": "stop", "tool_calls": "stop"}.items()),
    *(Case(f"calls and the reason {native}", (CALL, end(native)), {**LS, "native": native}) for native in ("stop", "function_call", "end_turn", "eos")),
    Case("the reason error", (HI, end("error")), {"text": "Hi", "finish": "error"}),
    Case("filtered behind thoughts alone", (delta({"reasoning_content": "Hm."}), end("content_filter")), {"reasoning": "Hm.", "finish": "content_filter"}, source="kimi-code#1952"),
    Case("thoughts alone, at the cap", (delta({"reasoning_content": "Hm."}), end("length")), {"reasoning": "Hm.", "finish": "length"}, source="kimi-cli#2332"),
    Case("no reason, no end", (HI,), {"text": "Hi"}),
    Case("no reason, but the end", (HI, b"[DONE]"), STOP),
    Case("no reason, calls, and the end", (CALL, b" [DONE] \r"), LS),
    Case("the end alone", (b"[DONE]",), {"finish": "stop"}),
    Case("an empty reason", (HI, end(""), b"\t[DONE]\n"), STOP),
    Case("a reason of another type", (HI, end(5), end(["stop"]), end({}), b"[DONE]"), STOP),
    Case("the end is not [done]", (HI, b"[done]"), {"text": "Hi", "notes": ["events-unreadable"]}),
    Case("a stop string", (HI, end(stop_reason="###")), {**STOP, "stop": "###"}, source="vLLM"),
    Case("a stop token", (HI, end(stop_reason=163586)), STOP),
    Case("a reason, then usage with another", (HI, end("length"), {**end(None), "usage": COUNTS}), {"text": "Hi", "finish": "length", "usage": (9, 4, None, None)}),
)

BROKE: Final = "the server broke off with an error"
# Errors: (message, code, type, status).
ERRORS: Final = (
    Case("an error object", (HI, {"error": {"message": "busy", "type": "overloaded_error", "code": "engine_overloaded"}}), {"text": "Hi", "error": ("busy", "engine_overloaded", "overloaded_error", None)}, source="kimi-api.md I8"),
    Case("an error, then the end", (HI, {"error": {"message": "busy"}}, b"[DONE]"), {"text": "Hi", "error": ("busy", "", "", None)}),
    Case("an error behind the reason", (HI, end(), {"error": {"message": "busy"}}), {**STOP, "error": ("busy", "", "", None)}),
    Case("an error at once", ({"error": {"message": "no", "code": None}},), {"error": ("no", "", "", None)}),
    Case("an error with a name", ({"id": "r", "error": {"message": "no", "code": 429}},), {"error": ("no", "", "", 429)}),
    Case("an error as text", ({"error": "no"},), {"error": ("no", "", "", None)}),
    Case("an error as text, with a code", ({"error": "no", "code": 503, "type": "busy"},), {"error": ("no", "", "busy", 503)}),
    Case("an error of numbers", ({"error": {"code": "500", "type": 7}},), {"error": (BROKE, "500", "", 500)}),
    Case("an error that says nothing", ({"error": [1]},), {"error": (BROKE, "", "", None)}),
    Case("an error beside a choice", ({**end("error"), "error": {"code": 502, "message": "Provider returned error", "metadata": {"raw": '{"error":{"message":"busy"}}'}}},), {"error": ("busy", "", "", 502)}, source="OpenRouter"),
    Case("a flat error", (HI, {"object": "error", "message": "no", "type": "BadRequestError", "code": 400}), {"text": "Hi", "error": ("no", "", "BadRequestError", 400)}, source="vLLM"),
    Case("a flat error without a mark", (HI, {"code": 20015, "message": "no", "data": None}), {"text": "Hi", "error": ("no", "", "", None)}, source="SiliconFlow"),
    Case("a flat error of few words", (HI, {"type": "error"}), {"text": "Hi", "error": (BROKE, "", "error", None)}),
    Case("FastAPI's detail", ({"detail": "no"},), {"error": ("no", "", "", None)}),
    Case("Anthropic's shape", ({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}},), {"error": ("busy", "", "overloaded_error", None)}),
    *(Case(f"no error: {nothing}", ({**HI, "error": json.loads(nothing)}, end()), STOP) for nothing in ("null", "{}", '""', "false", "[]", "0")),
    Case("an object that says nothing", ({}, {"type": "ping"}, HI, end()), STOP),
    Case("an odd chunk with an error", ({"choices": "none", "error": {"message": "no"}},), {"error": ("no", "", "", None)}),
)

GARBAGE: Final = (
    Case("lines that are no JSON", (HI, b"oops", b"<html>", end()), {**STOP, "notes": ["events-unreadable"], "before": "oops"}),
    *(Case(f"JSON that is no object: {raw!r}", (HI, raw, end()), {**STOP, "notes": ["events-unreadable"], "before": raw.decode()}) for raw in (b"[]", b'"text"', b"5", b"null", b'[{"choices": []}]')),
    Case("empty data", (HI, b"", b"  ", end()), STOP),
    Case("half an event", (HI, b'{"choices":[{"del'), {"text": "Hi", "notes": ["events-unreadable"], "before": '{"choices":[{"del'}),
    Case("a long line", (b"x" * 999,), {"notes": ["events-unreadable"], "before": "x" * 200}),
    Case("choices of other shapes", ({"choices": 5}, {"choices": {"0": {}}}, {"choices": [None, 1, []]}, HI, end()), STOP),
    Case("nested beyond reason", (b'{"a":' + b"[" * 100_000, HI, end()), {**STOP, "notes": ["events-unreadable"], "before": '{"a":' + "[" * 195}),
    Case("a number out of range", (b'{"choices":[{"index":0,"delta":{"content":"Hi"},"x":1e9999}]}', end()), STOP),
    Case("a number that nobody reads", (b'{"x":' + b"9" * 5000 + b"}", b'{"choices":[{"delta":{"content":"Hi"}}],"x":' + b"9" * 5000 + b"}", end()), STOP),
    Case("a number that nobody can read", (b'{"choices":[{"index":' + b"9" * 5000 + b',"delta":{"content":"no"}}]}', HI, end()), {**STOP, "notes": ["events-unreadable"]}),
)

CASES: Final = (*USAGE, *TEXT, *CALLS, *ENDS, *ERRORS, *GARBAGE)

# -- markup in the text -----------------------------------------------------------------------------

LEAKED: Final = {"calls": [("functions.ls:0", "ls", "{}")], "finish": "tool_calls", "native": "stop"}
QUOTED: Final = f"As in {K2_CALL} I do not"
MARKED: Final = (
    Case("a call in the content", (delta({"content": "I look."}), delta({"content": K2_CALL}), end()), {**LEAKED, "text": "I look."}, "k2", "Kimi-K2#89"),
    Case("the end says calls, and they are text", (delta({"content": K2_CALL}), end("tool_calls")), {**LEAKED, "native": None}, "k2", "Kimi-K2#26"),
    Case("a call in the reasoning", (delta({"reasoning_content": "Hm."}), delta({"reasoning_content": K2_CALL}), end()), {**LEAKED, "reasoning": "Hm."}, "k2", "opencode#8851"),
    Case("a call in both", (delta({"reasoning": "Hm." + K2_CALL}), delta({"content": "I look." + K2_CALL}), end()), {**LEAKED, "reasoning": "Hm.", "text": "I look.", "calls": [("functions.ls:0", "ls", "{}")] * 2}, "k2"),
    Case("a call beside a native one", (delta({"content": K2_CALL}), calls(call(0, "a", "cat", "{}")), end("tool_calls")), {**LEAKED, "calls": [("functions.ls:0", "ls", "{}"), ("a", "cat", "{}")], "native": None}, "k2"),
    Case("a call behind a native one", (CALL, delta({"content": K2_CALL}), end("tool_calls")), {**LEAKED, "calls": [("a", "ls", "{}"), ("functions.ls:0", "ls", "{}")], "native": None}, "k2"),
    Case("the last call cut", (delta({"content": K2_CALL[:-26]}), end("length")), {**LEAKED, "finish": "length", "native": None, "notes": ["section-unclosed"]}, "k2", "dynamo#8208"),
    Case("a cut call behind a native one", (CALL, delta({"content": K2_CALL[:-45] + '{"'}), end("length")), {"calls": [("a", "ls", "{}"), ("functions.ls:0", "ls", '{"', "cut")], "malformed": ['functions.ls:0<|tool_call_argument_begin|>{"'], "finish": "length", "notes": ["call-cut", "section-unclosed"], "paths": ["calls[1]", ""], "malformed at": [1]}, "k2"),
    Case("a header alone", (CALL, delta({"content": K2_CALL.replace("<|tool_call_argument_begin|>{}", "")}), end("tool_calls")), {**LS, "malformed": ["functions.ls:0"]}, "k2"),
    Case("a header without its marker", (delta({"content": "functions.ls:0<|tool_call_argument_begin|>{}"}), end()), {**LEAKED, "notes": ["begin-missing", "call-unclosed"]}, "k2", "typeclaw#344"),
    Case("a mangled header", (delta({"content": K2_CALL.replace("functions.ls:0", "functionsls0")}), end()), {**LEAKED, "notes": ["id-minted", "name-resolved"]}, "k2", "sglang#21377"),
    Case("the end of thoughts in the content", (delta({"content": "Hm."}), delta({"content": "</think>Hi"}), end()), {**THOUGHT, "notes": ["text-reclassified"]}, "k2", "vllm#36207"),
    Case("the end of thoughts in the content, beside a field", (delta({"reasoning": "Hm."}), delta({"content": "So"}), delta({"content": "</think>Hi"}), end()), {**THOUGHT, "text": "SoHi", "notes": ["text-reclassified"]}, "k2"),
    Case("the end of thoughts in the reasoning", (delta({"reasoning": "Hm.</think>Hi"}), end()), THOUGHT, "k2"),
    Case("the end of thoughts in the reasoning, and content", (delta({"reasoning": "Hm.</think>H"}), delta({"content": "i"}), end()), THOUGHT, "k2"),
    Case("a word held back at the end of the thoughts", (delta({"reasoning": "I use ls"}), HI, end()), {**THOUGHT, "reasoning": "I use ls", "blocks": ["Thought", "TextPart"]}, "k2"),
    Case("a word held back before a call", (delta({"reasoning": "I use ls"}), CALL, end("tool_calls")), {**LS, "reasoning": "I use ls", "blocks": ["Thought", "ToolCall"]}, "k2"),
    Case("half a marker at the end of the thoughts", (delta({"reasoning": "1 <"}), delta({"content": " "}), HI, end()), {**THOUGHT, "reasoning": "1 <", "text": " Hi"}, "k2"),
    Case("thoughts behind the answer", (delta({"reasoning": "Hm"}), HI, delta({"reasoning": "."}), end()), THOUGHT, "k2"),
    Case("a call quoted in the thoughts", (delta({"reasoning": QUOTED}), HI, end()), {**THOUGHT, "reasoning": QUOTED, "notes": ["calls-quoted"]}, "k2"),
    Case("a call quoted in thoughts that were cut", (delta({"reasoning": QUOTED}), end("length")), {"reasoning": QUOTED, "finish": "length", "notes": ["calls-quoted"]}, "k2"),
    Case("a call of K3", (delta({"content": "I look."}), delta({"content": K3_CALL}), end()), {**LEAKED, "text": "I look.", "calls": [(None, "ls", "{}")], "notes": ["arguments-empty"]}, "k3", "oh-my-pi#8495"),
    Case("a call of K3 in the reasoning", (delta({"reasoning_content": "Hm." + K3_CALL}), end()), {**LEAKED, "reasoning": "Hm.", "calls": [(None, "ls", "{}")], "notes": ["arguments-empty"]}, "k3"),
    Case("a call of K3 in both", (delta({"reasoning_content": "Hm." + K3_CALL}), delta({"content": "I look." + K3_CALL}), end()), {**LEAKED, "reasoning": "Hm.", "text": "I look.", "calls": [(None, "ls", "{}")] * 2, "notes": ["arguments-empty"] * 2, "paths": ["calls[0]", "calls[1]"]}, "k3"),
    Case("a call of K3 quoted in the thoughts", (delta({"reasoning": f"As {K3_CALL} no"}), HI, end()), {**THOUGHT, "reasoning": f"As {K3_CALL} no", "notes": ["calls-quoted"]}, "k3"),
    Case("logprobs of text that is held back", (delta({"content": "I use ls"}, logprobs={"content": [1]}), delta({"content": "l"}, logprobs={"content": [2]}), delta({"content": " ls"}, logprobs={"content": [3]}), delta({"content": "<"}, logprobs={"content": [4]}), delta({"content": "|"}), end()), {"text": "I use lsl ls<|", "finish": "stop", "logprobs": [{"content": [1]}, {"content": [2]}, {"content": [3]}, {"content": [4]}]}, "k2"),
    Case("logprobs of a word that is held back", (delta({"content": "ls"}, logprobs={"content": [1]}), delta({"content": "l"}, logprobs={"content": [2]}), end()), {"text": "lsl", "finish": "stop", "logprobs": [{"content": [1, 2]}]}, "k2"),
    Case("no markup", (delta({"reasoning": "Hm."}), HI, end("eos")), {**THOUGHT, "native": "eos"}, "k2"),
    Case("broken off", (delta({"reasoning": "I use ls"}),), {"reasoning": "I use ls"}, "k2"),
)


def dump(chunk: Any) -> bytes:
    """The data of the event."""
    return chunk if isinstance(chunk, bytes) else json.dumps(chunk, ensure_ascii=False).encode()
