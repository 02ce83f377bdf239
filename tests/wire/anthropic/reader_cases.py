"""Streams of many servers: what arrives, and what the reply to it says (`said` in test_reader.py)."""

import json
from typing import Any, Final, NamedTuple

__all__ = ["CASES", "K2_CALL", "MARKED", "Case", "delta", "dump", "end", "start", "stop"]

Json = dict[str, Any]


class Case(NamedTuple):
    """One stream. Events are JSON values, or bytes as they are."""

    name: str
    events: tuple[Any, ...]
    want: Json
    family: str = ""


def dump(event: Any) -> bytes:
    return event if isinstance(event, bytes) else json.dumps(event).encode()


def begin(**message: Any) -> Json:
    return {"type": "message_start", "message": {"id": "r", "role": "assistant", "model": "m", "content": [], **message}}


def start(index: Any, **block: Any) -> Json:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: Any, **fields: Any) -> Json:
    return {"type": "content_block_delta", "index": index, "delta": fields}


def stop(index: Any) -> Json:
    return {"type": "content_block_stop", "index": index}


def end(reason: Any = "end_turn", usage: Any = None, sequence: Any = None, **fields: Any) -> Json:
    return {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": sequence}, "usage": usage, **fields}


LAST: Final[Json] = {"type": "message_stop"}
PING: Final[Json] = {"type": "ping"}
HI: Final = (start(0, type="text", text=""), delta(0, type="text_delta", text="Hi"), stop(0))
THOUGHT: Final = (start(0, type="thinking", thinking="", signature=""), delta(0, type="thinking_delta", thinking="Hm."))
SIGNED: Final = (*THOUGHT, delta(0, type="signature_delta", signature="s"), stop(0))
TEXT_1: Final = (start(1, type="text", text=""), delta(1, type="text_delta", text="Hi"), stop(1))


def call(index: int, *pieces: str, **fields: Any) -> tuple[Json, ...]:
    begun = start(index, **{"type": "tool_use", "id": "a", "name": "ls", "input": {}, **fields})
    return (begun, *[delta(index, type="input_json_delta", partial_json=piece) for piece in pieces], stop(index))


FULL: Final = {"input_tokens": 5, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 4, "output_tokens": 1}
STOP: Final = {"text": "Hi", "finish": "stop"}
LS: Final = {"calls": [("a", "ls", "{}")], "finish": "tool_calls"}

CASES: Final = (
    Case("as the dialect has it", (begin(usage=FULL), PING, *SIGNED, *TEXT_1, *call(2, '{"x"', ":1}"), end("tool_use", {"output_tokens": 7}), LAST), {"thoughts": [("Hm.", "s", None)], "text": "Hi", "calls": [("a", "ls", '{"x":1}')], "finish": "tool_calls", "usage": (9, 7, 4, None)}),
    # What ends it.
    *(
        Case(f"the reason {word}", (begin(), *HI, end(word), LAST), {"text": "Hi", "finish": reason, **({} if plain else {"native": word})})
        for word, reason, plain in (
            ("end_turn", "stop", True), ("max_tokens", "length", True), ("refusal", "content_filter", True), ("model_context_window_exceeded", "length", False),
            ("pause_turn", "stop", False), ("tool_use", "stop", False), ("stop", "stop", True), ("length", "length", True),
        )
    ),
    Case("a stop text", (begin(), *HI, end("stop_sequence", sequence="###"), LAST), {**STOP, "stop": "###"}),
    Case("the end beside a call", (*call(0, "{}"), end("end_turn"), LAST), {**LS, "native": "end_turn"}),
    Case("no reason", (begin(), *HI, LAST), STOP),
    Case("no reason, and a call", (*call(0, "{}"), LAST), LS),
    Case("the end of another dialect", (begin(), *HI, b"[DONE]"), STOP),
    Case("cut off", (begin(), *HI), {"text": "Hi"}),
    Case("fields beside the end", (begin(service_tier="x", container=None), *HI, end(context_management={"applied_edits": []}), LAST), {**STOP, "extra": {"service_tier": "x", "context_management": {"applied_edits": []}}}),
    # Usage.
    Case("usage at the end", (begin(usage={"input_tokens": 0, "output_tokens": 0}), *HI, end(usage={**FULL, "cache_creation_input_tokens": 2})), {**STOP, "usage": (11, 1, 4, 2)}),
    Case("usage at the beginning", (begin(usage=FULL), *HI, end(usage={"output_tokens": 3, "input_tokens": 0, "cache_read_input_tokens": None})), {**STOP, "usage": (9, 3, 4, None)}),
    Case("thoughts in the usage", (*HI, end(usage={**FULL, "output_tokens_details": {"thinking_tokens": 1}, "cost": 2})), {**STOP, "usage": (9, 1, 4, None), "reasoning tokens": 1, "usage extra": {"cost": 2}}),
    Case("usage that says nothing", (*HI, end(usage={"input_tokens": "9", "output_tokens": True}), {**LAST, "usage": 5}), STOP),
    Case("counts of other kinds", (*HI, b'{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":9.0,"output_tokens":-1,"cache_read_input_tokens":1e999}}'), {**STOP, "usage": (9, 0, None, None)}),
    # Thoughts.
    Case("thoughts without a signature", (*THOUGHT, stop(0), *TEXT_1, end()), {**STOP, "thoughts": [("Hm.", None, None)]}),
    Case("empty thoughts", (THOUGHT[0], stop(0), *TEXT_1, end()), {**STOP, "thoughts": [("", None, None)]}),
    Case("empty thoughts behind others", (*THOUGHT, stop(0), start(1, type="thinking", thinking=""), stop(1), end()), {"finish": "stop", "thoughts": [("Hm.", None, None)]}),
    Case("redacted thoughts", (start(0, type="redacted_thinking", data="r"), stop(0), *TEXT_1, end()), {**STOP, "thoughts": [("", None, "r")]}),
    Case("thoughts at once", (start(0, type="thinking", thinking="Hm.", signature="s"), stop(0), *TEXT_1, end()), {**STOP, "thoughts": [("Hm.", "s", None)]}),
    Case("thoughts behind text", (*HI, start(1, type="thinking"), delta(1, thinking="Hm."), stop(1), end()), {**STOP, "thoughts": [("Hm.", None, None)]}),
    Case("thoughts of no block", (delta(5, thinking="Hm."), end()), {"finish": "stop", "thoughts": [("Hm.", None, None)]}),
    # Calls.
    Case("two calls", (*call(0, "{}"), *call(1, '{"a":', "1}", id="b"), end("tool_use")), {"calls": [("a", "ls", "{}"), ("b", "ls", '{"a":1}')], "finish": "tool_calls"}),
    Case("calls told together", (call(0)[0], call(1, id="b")[0], delta(1, partial_json="{"), delta(0, partial_json="{}"), delta(1, partial_json="}"), stop(0), stop(1), end("tool_use")), {"calls": [("a", "ls", "{}"), ("b", "ls", "{}")], "finish": "tool_calls"}),
    Case("no arguments", (*call(0), end("tool_use")), LS),
    Case("arguments at once", (*call(0, input={"x": "é"}), end("tool_use")), {"calls": [("a", "ls", '{"x": "é"}')], "finish": "tool_calls"}),
    Case("arguments that were cut", (*call(0, '{"x'), end("max_tokens")), {"calls": [("a", "ls", '{"x', "cut")], "finish": "length"}),
    Case("a call that was cut off", call(0, '{"x')[:-1], {"calls": [("a", "ls", '{"x', "cut")]}),
    Case("a call that was not ended", (*call(0, "{}")[:-1], end("tool_use")), LS),
    Case("a block that was not ended", (*call(0, "{}")[:-1], *call(0, "{}", id="b"), end("tool_use")), {"calls": [("a", "ls", "{}"), ("b", "ls", "{}")], "finish": "tool_calls"}),
    Case("a call without id", (*call(0, "{}", id=None), end("tool_use")), {"calls": [("", "ls", "{}")], "finish": "tool_calls"}),
    Case("a call without a name", (*call(0, "{}", name=None), end("tool_use")), {"malformed": ["{}"], "finish": "stop", "native": "tool_use"}),
    Case("arguments of no call", (*HI[:2], delta(0, partial_json="{"), delta(7, partial_json="}"), end()), {**STOP, "malformed": ["{", "}"]}),
    # Other shapes.
    Case("the whole answer at once", ({"type": "message", "id": "r", "content": [{"type": "thinking", "thinking": "Hm.", "signature": "s"}, {"type": "text", "text": "Hi"}, {"type": "tool_use", "id": "a", "name": "ls", "input": {}}, 5], "stop_reason": "tool_use", "usage": FULL},), {**LS, "thoughts": [("Hm.", "s", None)], "text": "Hi", "usage": (9, 1, 4, None)}),
    Case("no beginning", (*HI, end()), STOP),
    Case("two beginnings", (begin(), begin(id="s"), *HI, end()), STOP),
    Case("a beginning that is none", ({"type": "message_start", "message": 5}, *HI, end()), STOP),
    Case("indices that are none", ({**HI[0], "index": "0"}, {**HI[1], "index": None}, {**HI[2], "index": True}, end()), STOP),
    Case("a call without index", ({**call(0)[0], "index": None}, {**delta(0, partial_json="{}"), "index": None}, {"type": "content_block_stop"}, end("tool_use")), LS),
    Case("texts of other kinds", (start(0, type="text", text=5), delta(0, text=5, thinking=[], partial_json="{}"), delta(0, text="Hi"), end()), {**STOP, "malformed": ["{}"]}),
    Case("a delta that is none", ({**HI[1], "delta": "Hi"}, {**HI[1], "delta": None}, *HI, end()), STOP),
    Case("an empty delta", (*HI, delta(0), delta(0, text="", citation={}), end()), STOP),
    Case("a block of no kind", (start(0, type=5), stop(0), *TEXT_1, end()), STOP),
    Case("an unknown block", (start(0, type="server_tool_use", id="1", name="web_search", input={}), delta(0, partial_json="{}"), stop(0), *TEXT_1, end()), {**STOP, "malformed": ["{}"]}),
    Case("a block that never began", (stop(4), *HI, end()), STOP),
    Case("an unknown event", ({"type": "model_news", "x": 1}, *HI, end()), STOP),
    Case("half a character", (*HI[:1], b'{"type":"content_block_delta","index":0,"delta":{"text":"\\ud83d"}}', end()), {"text": "\ud83d", "finish": "stop"}),
    Case("NaN beside the end", (*HI, b'{"type":"message_delta","delta":{"stop_reason":"end_turn"},"x":NaN}'), {**STOP, "extra": {"x": None}}),
    Case("an ending that is odd", (*HI, b'{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":5}}'), STOP),
    # What cannot be read.
    Case("no JSON", (*HI, b"oops", b"", b"<html>", end()), {**STOP, "notes": ["events-unreadable"]}),
    Case("no event", (*HI, b"[]", b"5", {"x": 1}, end()), {**STOP, "notes": ["events-unreadable"]}),
    Case("nested beyond reason", (*HI, b'{"a":' + b"[" * 100_000, end()), {**STOP, "notes": ["events-unreadable"]}),
    Case("an input nested beyond reason", (b'{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","name":"ls","input":{"x":' + b"[" * 900 + b"]" * 900 + b"}}}", end("tool_use")), {"calls": [("", "ls", '{"x": ' + "[" * 900 + "]" * 900 + "}")], "finish": "tool_calls"}),
    # Errors.
    Case("an error", (begin(), *HI, {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}), {"text": "Hi", "error": ("busy", "", "overloaded_error", None)}),
    Case("an error, and the end", (begin(), {"type": "error", "error": {"message": "busy", "code": "c"}}, LAST), {"error": ("busy", "c", "", None)}),
    Case("an error of another dialect", ({"error": {"message": "busy", "type": "x"}},), {"error": ("busy", "", "x", None)}),
    Case("an error without words", ({"type": "error"},), {"error": ("the server broke off with an error", "", "error", None)}),
)

K2_CALL: Final = "<|tool_calls_section_begin|><|tool_call_begin|>functions.ls:0<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>"
QUOTED: Final = "I write <|tool_calls_section_begin|> as an example."
MARKED: Final = (
    Case("a call in the text", (*HI[:2], delta(0, text=K2_CALL), end()), {"text": "Hi", "calls": [(None, "ls", "{}")], "finish": "tool_calls", "native": "end_turn"}, "k2"),
    Case("a call in the text, and one beside it", (*call(0, "{}"), start(1, type="text"), delta(1, text=K2_CALL), stop(1), end()), {"calls": [("a", "ls", "{}"), (None, "ls", "{}")], "finish": "tool_calls", "native": "end_turn"}, "k2"),
    Case("a call in the thoughts", (*THOUGHT, delta(0, thinking=K2_CALL), stop(0), *TEXT_1, end()), {"thoughts": [("Hm.", None, None)], "text": "Hi", "calls": [(None, "ls", "{}")], "finish": "tool_calls", "native": "end_turn"}, "k2"),
    Case("a marker in the thoughts", (start(0, type="thinking"), delta(0, thinking=QUOTED), delta(0, signature="s"), stop(0), *TEXT_1, end()), {"text": "Hi", "finish": "stop", "thoughts": [(QUOTED, "s", None)], "notes": None}, "k2"),
    Case("text that closes thoughts", (start(0, type="text"), delta(0, text="So</think>Hi"), stop(0), end()), {"text": "Hi", "finish": "stop", "thoughts": [("So", None, None)], "notes": None}, "k2"),
    Case("thoughts have their block", (*SIGNED, start(1, type="text"), delta(1, text="So</think>Hi"), stop(1), end()), {"text": "SoHi", "finish": "stop", "thoughts": [("Hm.", "s", None)], "notes": None}, "k2"),
    Case("a section that is not closed", (start(0, type="text"), delta(0, text=K2_CALL[:-26]), end()), {"calls": [(None, "ls", "{}")], "finish": "tool_calls", "native": "end_turn", "notes": None}, "k2"),
)
