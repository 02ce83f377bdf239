"""Every refusal of the record, word for word: who says it, of what, and under which edition of the rules."""

from typing import Any

from tests.core.schemas.shape_cases import nested
from tests.simulator.rules.requests import (
    ANSWER,
    OTHER_AGENT,
    USER,
    Body,
    Row,
    call,
    function,
    kimi,
    picture,
    result,
    text,
    turn,
    user,
)

NOT_OURS = "openrouter dashscope"
"""There `thinking` is no field that they know."""
ANTHROPIC = "platform-anthropic platform-cn-anthropic coding-anthropic"
OTHER_SURFACES = f"{ANTHROPIC} platform-responses platform-cn-responses coding-responses"

ON: Body = {"type": "enabled"}
OFF: Body = {"type": "disabled"}
ALL: Body = {"type": "enabled", "keep": "all"}
STR: Body = {"type": "string"}
ONE = [function()]
NAMED: Body = {"type": "function", "function": {"name": "read"}}
PNG = "data:image/png;base64,iVBORw0KGgo="
LONG = "token " * 9_000
NEAR = "token " * 5_200

THINKING_CALL = "thinking is enabled but reasoning_content is missing in assistant tool call message at index {}"
KEEPING = "preserved thinking (thinking.keep=all) requires reasoning_content on every assistant message, but assistant message at index {} is missing reasoning_content"
ONLY_1 = "invalid temperature: only 1 is allowed for this model"
ONLY_06 = "invalid temperature: only 0.6 is allowed for this model"
REQUIRED = "tool_choice 'required' is incompatible with thinking enabled"
SPECIFIED = "tool_choice 'specified' is incompatible with thinking enabled"
NAME = "function name is invalid, must start with a letter and can contain letters, numbers, underscores, and dashes"
ORPHAN = "Invalid request: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'"
UNANSWERED = "an assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: "
BLANK = "Invalid request: text content is empty"
GATED = "Kimi For Coding is currently only available for Coding Agents such as Kimi CLI, Claude Code, Roo Code, Kilo Code, etc."
GONE = "Not found the model {model} or Permission denied"
NOT_FOUND = "resource_not_found_error"
OVERLOADED = "The engine is currently overloaded, please try again later"
RESULT_LEFT_OUT: Body = {"role": "tool", "tool_call_id": "read:0"}


def empty(position: int, role: str = "assistant") -> str:
    return f"Invalid request: the message at position {position} with role '{role}' must not be empty"


def tools(*names: str) -> list[Body]:
    return [function(name) for name in names]


def schema(**parameters: Any) -> Body:
    return kimi(tools=[function("read", **parameters)])


def form(value: Any) -> Body:
    return kimi(response_format=value)


def json_schema(**fields: Any) -> Body:
    return form({"type": "json_schema", "json_schema": fields})


def system(**fields: Any) -> Body:
    return {"role": "system", **fields}


def mfjs(path: str, words: str, prefix: str = "tools.function.parameters") -> str:
    return f"Invalid request: {prefix} is not a valid moonshot flavored json schema, details: <At path '{path}': {words}>"


ACCOUNT = [
    Row("client-gated", "L", kimi(model="k3"), GATED, "coding", status=403, type="access_terminated_error", headers=OTHER_AGENT, not_at="coding-anthropic"),
    Row("client-gated", "L", kimi(model="kimi-for-coding"), GATED, "coding", status=403, type="access_terminated_error", headers={}, not_at="coding-anthropic"),
    Row("model-missing", "K2", {"messages": [USER]}, "Invalid request: model is required"),
    Row("model-missing", "K2", {"model": "", "messages": [USER]}, "Invalid request: model is required"),
    Row("model-retired", "1.2, K2", kimi(model="kimi-k2.5"), GONE, status=404, type=NOT_FOUND),
    Row("model-retired", "1.2, K2", kimi(model="kimi-k2-0905-preview"), GONE, rules="2026-06", status=404, type=NOT_FOUND),
    Row("model", "K2", kimi(model="kimi-k9"), GONE, status=404, type=NOT_FOUND),
    Row("temperature-left-out", "E", kimi(model="kimi-for-coding"), ONLY_06, "coding", "2026-04"),
    Row("temperature-left-out", "E", kimi(model="kimi-for-coding", temperature=None), ONLY_06, "coding", "2026-04"),
]

FIELDS = [
    Row("thinking-shape", "A1", kimi(thinking=True), "invalid thinking: must be an object"),
    Row("thinking-shape", "A1", kimi(thinking="enabled"), "invalid thinking: must be an object"),
    Row("thinking-shape", "A1", kimi(thinking={"keep": "all"}), "invalid thinking: type must be one of enabled, disabled"),
    Row("thinking-shape", "A7", kimi(model="kimi-k3", thinking={"type": "adaptive"}), "invalid thinking: type must be one of enabled, disabled"),
    Row("thinking-shape", "A7", kimi(model="accounts/fireworks/models/kimi-k3", thinking=True), "invalid thinking: must be an object", "fireworks"),
    Row("thinking-fields", "A1", kimi(thinking={**ON, "budget": 3}), "invalid thinking: unknown field budget", rules="strictest"),
    Row("thinking-always", "A4", kimi(model="kimi-k2.7-code", thinking=OFF), "invalid thinking: only type=enabled is allowed for this model"),
    Row("thinking-always", "A4", kimi(model="kimi-for-coding", thinking=OFF), "invalid thinking: only type=enabled is allowed for this model", "coding"),
    Row("keep", "A5", kimi(model="kimi-k2.5", thinking=ALL), "thinking.keep is not supported by model {model}", rules="2026-08", not_at=OTHER_SURFACES),
    Row("keep", "A5", kimi(model="kimi-k2.5", thinking=ALL), "thinking.keep is not supported by model {model}", rules="strictest", not_at=OTHER_SURFACES),
    Row("keep-value", "verification 1.4", kimi(thinking={**ON, "keep": "some"}), "invalid thinking.keep: only all is allowed"),
    Row("effort-launch", "A2", kimi(model="kimi-k3", reasoning_effort="low"), "invalid reasoning_effort: only max is allowed for this model", rules="2026-07"),
    Row("effort-launch", "A2", kimi(model="kimi-k3", thinking={**ON, "effort": "high"}), "invalid reasoning_effort: only max is allowed for this model", rules="2026-07"),
    Row("effort", "raw-text 2.2", kimi(model="kimi-k3", reasoning_effort="medium"), "invalid reasoning_effort: must be one of low, high, max, got medium"),
    Row("effort", "A2", kimi(model="kimi-k3", reasoning_effort="none"), "invalid reasoning_effort: must be one of low, high, max, got none", rules="strictest"),
    Row("effort", "A2", kimi(model="kimi-k3", thinking={**ON, "effort": "xhigh"}), "invalid reasoning_effort: must be one of low, high, max, got xhigh", rules="strictest"),
    Row("effort-while-off", "F", kimi(thinking=OFF, reasoning_effort="high"), "invalid reasoning_effort: thinking is disabled", not_at="platform-responses platform-cn-responses coding-responses"),
    Row("reasoning-off", "A3", kimi(model="moonshotai/kimi-k3", reasoning={"enabled": False}), "Invalid request: reasoning is mandatory for this model and cannot be disabled", "openrouter"),
    # -- sampling
    Row("sampling", "E", kimi(model="kimi-k3", temperature=0.6), ONLY_1),
    Row("sampling", "E", kimi(model="kimi-k3", temperature=0), ONLY_1),
    Row("sampling", "E", kimi(model="kimi-k3", temperature=0.6, thinking=OFF), ONLY_1),
    Row("sampling", "E", kimi(model="kimi-k2.7-code", temperature=0.7), ONLY_1),
    Row("sampling", "E", kimi(temperature=0.6), ONLY_1),
    Row("sampling", "E", kimi(temperature=2.0), ONLY_1),
    Row("sampling", "E", kimi(temperature="1"), ONLY_1),
    Row("sampling", "E", kimi(temperature=True), ONLY_1),
    Row("sampling", "E", kimi(temperature=1, thinking=OFF), ONLY_06, not_at=f"{NOT_OURS} platform-responses platform-cn-responses coding-responses"),
    Row("sampling", "E", kimi(temperature=1, reasoning={"enabled": False}, model="moonshotai/kimi-k2.6"), ONLY_06, "openrouter", not_at="platform platform-cn coding dashscope " + OTHER_SURFACES),
    Row("sampling", "E", kimi(temperature=1, enable_thinking=False), ONLY_06, "dashscope", not_at="platform platform-cn coding openrouter " + OTHER_SURFACES),
    Row("sampling", "E", kimi(top_p=1), "invalid top_p: only 0.95 is allowed for this model"),
    Row("sampling", "E", kimi(n=2), "invalid n: only 1 is allowed for this model"),
    Row("sampling", "E", kimi(presence_penalty=0.5), "invalid presence_penalty: only 0 is allowed for this model"),
    Row("sampling", "E", kimi(frequency_penalty=-1), "invalid frequency_penalty: only 0 is allowed for this model"),
    Row("sampling", "E", kimi(model="kimi-for-coding", temperature=1), ONLY_06, "coding", "2026-04"),
    Row("sampling", "verification 1.1", kimi(model="kimi-k3", temperature=1.1), ONLY_1, rules="verifier"),
    Row("sampling", "verification 1.1", kimi(model="kimi-k3", temperature=2.0), ONLY_1, rules="verifier"),
    Row("sampling", "verification 1.1", kimi(model="kimi-k3", temperature=-0.1), ONLY_1, rules="verifier"),
    Row("sampling", "verification 1.1", kimi(model="kimi-k3", top_p=0.8), "invalid top_p: only 0.95 is allowed for this model", rules="verifier"),
    Row("sampling", "verification 1.1", kimi(model="kimi-k3", presence_penalty=0.5), "invalid presence_penalty: only 0 is allowed for this model", rules="verifier"),
    Row("sampling", "verification 1.1", kimi(model="kimi-k3", frequency_penalty=0.5), "invalid frequency_penalty: only 0 is allowed for this model", rules="verifier"),
    Row("sampling", "verification 1.1", kimi(model="kimi-k3", n=2), "invalid n: only 1 is allowed for this model", rules="verifier"),
    Row("sampling-flapping", "E", kimi(model="kimi-for-coding", temperature=1), ONLY_06, "coding", "strictest"),
    Row("sampling", "E", kimi(model="kimi-for-coding", temperature=0.6), ONLY_1, "coding", "strictest"),
    Row("sampling-range", "E", kimi(model="moonshot-v1-8k", temperature=2.0), "invalid temperature: must be between 0 and 1", not_at="nvidia"),
    Row("sampling-range", "E", kimi(model="moonshot-v1-8k", n=6), "invalid n: must be between 1 and 5", not_at="nvidia"),
    Row("sampling-range", "E", kimi(model="moonshot-v1-8k", presence_penalty=2.5), "invalid presence_penalty: must be between -2 and 2", not_at="nvidia"),
    Row("sampling-range", "E", kimi(model="moonshot-v1-8k", temperature=0, n=2), "invalid n: only 1 is allowed when temperature is close to 0", not_at="nvidia"),
    Row("sampling-range", "E", kimi(model="moonshotai/kimi-k3", temperature=1.1), "invalid temperature: must be between 0 and 1", "nvidia", not_at="platform platform-cn coding openrouter dashscope " + OTHER_SURFACES),
    Row("sampling-immutable", "E, P", kimi(model="moonshotai/kimi-k3", top_p=1), "top_p is immutable for this model and must be 0.95, got 1", "nvidia"),
    Row("sampling-immutable", "E, P", kimi(model="moonshotai/kimi-k3", top_p=0.5), "top_p is immutable for this model and must be 0.95, got 0.5", "nvidia"),
    Row("sampling-immutable", "E, P", kimi(model="moonshotai/kimi-k3", top_p="1"), "top_p is immutable for this model and must be 0.95, got 1", "nvidia"),
    # -- the rest
    Row("stop", "E", kimi(stop=list("abcdef")), "invalid stop: at most 5 strings are allowed", not_at=OTHER_SURFACES),
    Row("stop", "E", kimi(stop="字" * 11), "invalid stop: each string may have at most 32 bytes", not_at=OTHER_SURFACES),
    Row("cap", "D1", kimi(max_tokens=0), "invalid max_tokens: must be a positive integer"),
    Row("cap", "D1", kimi(max_completion_tokens="16"), "invalid max_completion_tokens: must be a positive integer"),
    Row("store", "D1, E", kimi(store=False), "Extra inputs are not permitted, field: 'store'", rules="strictest"),
    Row("refused-field", "P", kimi(model="moonshotai/kimi-k2-instruct", logprobs=True), "property 'logprobs' is unsupported", "groq"),
    Row("response-format", "G7", form({"type": "bogus"}), "Invalid request: response_format.type 'bogus' is not supported"),
    Row("response-format", "G7", form("json_object"), "Invalid request: response_format.type None is not supported"),
    Row("response-format", "G7", form({"type": "json_schema"}), "Invalid request: response_format.json_schema is required"),
    Row("response-format", "G7", json_schema(schema={"type": "object"}), "Invalid request: response_format.json_schema.name is required"),
    Row("response-format", "G7", json_schema(name="x"), "Invalid request: response_format.json_schema.schema must be an object"),
    Row("response-format", "G7", json_schema(name="x", schema=[]), "Invalid request: response_format.json_schema.schema must be an object"),
    Row("response-format", "G7", json_schema(name="x", schema={"type": "object"}, strict="yes"), "Invalid request: response_format.json_schema.strict must be a boolean"),
    Row("partial-with-format", "H5", kimi(USER, {"role": "assistant", "content": "{", "partial": True}, response_format={"type": "json_object"}), "Invalid request: partial mode is not supported with response_format", rules="strictest"),
    Row("stream-options", "I1", kimi(stream="yes"), "Invalid request: stream and stream_options.include_usage must be booleans"),
    Row("stream-options", "I1", kimi(stream=True, stream_options={"include_usage": 1}), "Invalid request: stream and stream_options.include_usage must be booleans"),
    Row("previous-response", "N", kimi(previous_response_id="resp_1"), "Invalid request: previous_response_id is not supported", "platform-responses", not_at="platform platform-cn coding " + ANTHROPIC),
]

MESSAGES = [
    Row("messages", "H", {"model": "kimi-k2.6"}, "Invalid request: messages must not be empty"),
    Row("messages", "H", {"model": "kimi-k2.6", "messages": []}, "Invalid request: messages must not be empty"),
    Row("messages", "H", kimi("hello"), "Invalid request: each message must be an object"),
    Row("role", "H3", kimi({"role": "developer", "content": "Be brief."}, USER), "unsupported role ROLE_UNSPECIFIED"),
    Row("role", "H3", kimi(USER, {"role": "function", "name": "read", "content": "x"}), "unsupported role ROLE_UNSPECIFIED"),
    Row("role", "H3", kimi({"content": "x"}), "unsupported role ROLE_UNSPECIFIED"),
    Row("tool-reference", "M2", kimi(*turn()[:2], result("read:0", [{"type": "tool_reference", "tool_name": "x"}])), "failed to convert tool result content: unsupported content type in ContentBlockParamUnion: tool_reference", "platform-anthropic", not_at="coding-anthropic"),
    Row("tool-reference", "M1, M2", kimi(*turn()[:2], result("read:0", [{"type": "tool_reference", "tool_name": "x"}])), "Invalid request Error", "coding-anthropic", not_at="platform-anthropic platform-cn-anthropic"),
    Row("part", "H7", kimi(user({"type": "input_audio", "input_audio": {}})), "Invalid request: unsupported content type: input_audio"),
    Row("part", "H7", kimi(user({"type": "file", "file": {}})), "Invalid request: unsupported content type: file"),
    Row("text-empty", "H2", kimi(USER, {**call("read:0", content=[text("")]), "reasoning_content": "x"}, result("read:0")), BLANK),
    Row("text-empty", "H2", kimi(*turn()[:2], result("read:0", [text("")])), BLANK),
    Row("text-empty", "H2", kimi(user(text("Hello"), text(""))), BLANK),
    Row("text-empty", "H2", kimi(user(text(" \n"))), BLANK, rules="strictest"),
    Row("assistant-empty", "H1", kimi(USER, {"role": "assistant", "content": None}, USER), empty(1)),
    Row("assistant-empty", "H1", kimi(USER, {"role": "assistant", "content": ""}, USER), empty(1)),
    Row("assistant-empty", "H1", kimi(USER, ANSWER, USER, {"role": "assistant", "content": []}, USER), empty(3)),
    Row("assistant-empty", "H1", kimi(USER, {"role": "assistant", "reasoning_content": "Hm."}, USER), empty(1)),
    Row("assistant-empty", "H1", kimi(USER, {"role": "assistant", "content": "", "tool_calls": []}, USER), empty(1)),
    Row("call-content-empty", "H1", kimi(*turn(content="")), empty(1), rules="strictest"),
    Row("call-content-empty", "H1", kimi(*turn(content=[])), empty(1), rules="strictest"),
    Row("result-missing", "M3", kimi(*turn()[:2], RESULT_LEFT_OUT), "Invalid request Error", "platform-anthropic"),
    Row("result-orphan", "C5", kimi(USER, result("read:0")), ORPHAN),
    Row("result-orphan", "C5", kimi(*turn(), USER, result("read:0")), ORPHAN),
    Row("result-orphan", "C5", kimi(USER, ANSWER, result("read:0"), USER), ORPHAN),
    Row("result-unknown", "C5", kimi(USER, turn()[1], result("")), "tool_call_id  is not found"),
    Row("result-unknown", "C5", kimi(USER, turn()[1], {"role": "tool", "content": "done"}), "tool_call_id  is not found"),
    Row("result-unknown", "C5", kimi(*turn(), result("Shell:58")), "tool_call_id Shell:58 is not found"),
    Row("call-unanswered", "C5", kimi(*turn("Shell:58")[:2]), UNANSWERED + "Shell:58"),
    Row("call-unanswered", "C5", kimi(*turn("Shell:58")[:2], USER, ANSWER), UNANSWERED + "Shell:58"),
    Row("call-unanswered", "C5", kimi(USER, call("a", "b", "c", reasoning_content="x"), result("b")), UNANSWERED + "a, c"),
    Row("call-id-twice", "C4", kimi(USER, call("write:0", "write:0", reasoning_content="x"), result("write:0")), "Invalid request: tool call id write:0 is duplicated"),
    Row("call-id-twice", "C4", kimi(*turn("write:0"), *turn("write:0")), "Invalid request: tool call id write:0 is duplicated"),
    Row("call-id-twice", "C4", kimi(USER, call("write_0", "write_0", reasoning_content="x"), result("write_0"), model="kimi-k3"), "Invalid request: tool call id write_0 is duplicated"),
    Row("call-id-twice", "C1, C4", kimi(*turn("write_0"), *turn("write_0"), model="kimi-k3"), "Invalid request: tool call id write_0 is duplicated", rules="strictest"),
    Row("image-url", "H7", kimi(user(picture({"url": "https://example.com/a.png"}))), "unsupported image url: https://example.com/a.png"),
    Row("image-url", "H7", kimi(user(picture("http://example.com/a.png"))), "unsupported image url: http://example.com/a.png"),
    Row("image-url", "H7", kimi(user({"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}})), "unsupported image url: https://example.com/a.mp4"),
    Row("image-format", "H7", kimi(user(picture("data:text/plain; charset=utf-8;base64,aGk="))), "unsupported image format: text/plain; charset=utf-8"),
    Row("image-format", "H7", kimi(user(picture({"url": "data:image/heic;base64,aGk="}))), "unsupported image format: image/heic"),
    Row("image-format", "H7", kimi(user(picture("data:,hello"))), "unsupported image format: text/plain; charset=utf-8"),
    Row("image-format", "H7", kimi(user({"type": "video_url", "video_url": "data:image/png;base64,aGk="})), "unsupported image format: image/png"),
    Row("image-blind", "O", kimi(user(picture(PNG)), model="moonshot-v1-8k"), "Invalid request: {model} is not a multimodal model"),
]

REASONING = [
    Row("reasoning-calls", "B1", kimi(*turn(reasoning_content=None)), THINKING_CALL.format(1), rules="2026-08"),
    Row("reasoning-calls", "B1", kimi(*turn(), *turn("read:1", reasoning_content=None)), THINKING_CALL.format(4), rules="2026-08"),
    Row("reasoning-calls", "B1", kimi(*turn(reasoning_content=None), model="kimi-k2.5"), THINKING_CALL.format(1), rules="2026-04"),
    Row("reasoning-calls", "B1", kimi(*turn(reasoning_content=None), model="kimi-k2.7-code"), THINKING_CALL.format(1), rules="strictest"),
    Row("reasoning-calls", "B1", kimi(*turn(reasoning_content=None), model="kimi-k2-thinking"), THINKING_CALL.format(1), rules="2025-11"),
    Row("reasoning-calls", "B1, B6", kimi(*turn(reasoning_content=None, reasoning="Under another name.")), THINKING_CALL.format(1), rules="2026-08", not_at="openrouter"),
    Row("reasoning-calls-coding", "B1, B3", kimi(*turn(reasoning_content=None), model="kimi-for-coding"), THINKING_CALL.format(1), "coding"),
    Row("reasoning-calls-coding", "B1, P", kimi(*turn(reasoning_content=None), model="moonshotai/Kimi-K2.6"), THINKING_CALL.format(1), "siliconflow"),
    Row("reasoning-empty", "B3", kimi(*turn(reasoning_content="")), THINKING_CALL.format(1), rules="2026-05"),
    Row("reasoning-empty", "B3", kimi(*turn(reasoning_content=""), model="kimi-k2.5"), THINKING_CALL.format(1), rules="2026-04"),
    Row("reasoning-empty", "B3", kimi(*turn(reasoning_content="")), THINKING_CALL.format(1), rules="strictest"),
    Row("reasoning-all", "B2", kimi(USER, ANSWER, USER, ANSWER, USER, ANSWER, USER, thinking=ALL), KEEPING.format(1), rules="2026-06", not_at=OTHER_SURFACES),
    Row("reasoning-all", "B2", kimi(*turn(), {**ANSWER, "reasoning_content": ""}, USER, ANSWER, model="kimi-k2.7-code"), KEEPING.format(5), rules="2026-08"),
    Row("reasoning-all", "B2", kimi(USER, ANSWER, USER, model="kimi-k3"), KEEPING.format(1), rules="strictest"),
    Row("reasoning-all-coding", "B2, B3", kimi(USER, ANSWER, USER, model="k3"), KEEPING.format(1), "coding"),
]

SIZE = [
    Row("body-bytes", "D5", kimi(model="kimi-for-coding"), "total message size 10176584 exceeds limit 2097152", "coding", size=10_176_584),
    Row("body-bytes", "D5", kimi(model="k3"), "total message size 2097153 exceeds limit 2097152", "coding", size=2_097_153),
    Row("body-large", "D5, K2", kimi(), "Request exceeds the maximum size", status=413, size=100_000_001, not_at="coding coding-anthropic coding-responses"),
    Row("overflow", "D4", kimi({"role": "user", "content": LONG}, model="moonshot-v1-8k"), "Invalid request: Your request exceeded model token limit: 8192 (requested: {prompt})"),
    Row("overflow-documented", "D4", kimi({"role": "user", "content": LONG}, model="moonshot-v1-8k"), "Your request exceeded model token limit : 8192", rules="2025-12"),
    Row("overflow-documented", "D4", kimi({"role": "user", "content": "token " * 140_000}, model="kimi-k2-0711-preview"), "Input token length too long", rules="2025-12", not_at="platform-cn platform-anthropic platform-cn-anthropic platform-responses platform-cn-responses coding coding-anthropic coding-responses"),
    Row("overflow-overload", "D4, K2", kimi({"role": "user", "content": NEAR}, model="moonshot-v1-8k", max_tokens=100_000), OVERLOADED, status=429, type="engine_overloaded_error"),
    Row("overflow-openrouter", "D4", kimi({"role": "user", "content": NEAR}, model="moonshot-v1-8k", max_tokens=100_000), "This endpoint's maximum context length is 8192 tokens. However, you requested about {total} tokens ({prompt} of text input, 100000 in the output).", "openrouter"),
    Row("overflow-self-hosted", "K4", kimi(model="moonshot-v1-8k", max_tokens=8_192), "This model's maximum context length is 8192 tokens. However, you requested {total} tokens ({prompt} in the messages, 8192 in the completion). Please reduce the length of the messages or completion.", "vllm"),
]

TOOLS = [
    # -- tools in messages
    Row("dynamic-place", "G6", kimi({**USER, "tools": ONE}, model="kimi-k3"), "Invalid request: messages[0].tools is only allowed in system messages"),
    Row("dynamic-place", "G6", kimi(USER, {**ANSWER, "reasoning_content": "x", "tools": ONE}, USER, model="kimi-k3"), "Invalid request: messages[1].tools is only allowed in system messages"),
    Row("dynamic-place", "G6", kimi(system(content="Be brief.", tools=ONE), USER, model="kimi-k3"), "Invalid request: messages[0].content must be empty when tools are given"),
    Row("dynamic-place", "G6", kimi(system(content="", tools={}), USER, model="kimi-k3"), "Invalid request: messages[0].tools must be an array"),
    Row("dynamic-place", "G6", kimi(system(content="", tools=["read"]), USER, model="kimi-k3"), "Invalid request: messages[0].tools must be an array of objects"),
    Row("tools-shape", "G6", kimi(system(content="", tools=[{"function": {"name": "read"}}]), USER, model="kimi-k3"), "Invalid request: messages.tools[0].type is required"),
    Row("tools-shape", "G6", kimi(system(content="", tools=[function(), {"type": "function"}]), USER, model="kimi-k3"), "Invalid request: messages.tools[1].function is required"),
    Row("tools-shape", "verification 1.4", kimi(system(content="", tools=[function(), {**function("b"), "type": "bogus"}]), USER, model="kimi-k3"), "Invalid request: messages.tools[1].type 'bogus' is not supported"),
    Row("tools-shape", "G", kimi(tools={}), "Invalid request: tools must be an array"),
    Row("tools-shape", "G", kimi(tools=["read"]), "Invalid request: tools must be an array of objects"),
    Row("tools-shape", "G", kimi(tools=[{"type": "function", "name": "read"}]), "Invalid request: tools[0].function is required"),
    # -- names
    Row("tool-name", "G1", kimi(tools=tools("21st_magic_logo")), NAME),
    Row("tool-name", "G1", kimi(tools=tools("read.file")), NAME),
    Row("tool-name", "G1", kimi(tools=tools("_read")), NAME),
    Row("tool-name", "G1", kimi(tools=tools("a" * 65)), NAME),
    Row("tool-name", "G1", kimi(tools=tools("$web_search")), NAME),
    Row("tool-name", "G1", kimi(tools=[{"type": "function", "function": {}}]), NAME),
    Row("tool-name", "G1", kimi(tools=tools("_read"), model="kimi-k3"), NAME, rules="strictest"),
    Row("tool-name", "G1", kimi(tools=tools("a" * 65), model="kimi-k3"), NAME, rules="strictest"),
    Row("tool-name", "verification 1.4", kimi(system(content="", tools=tools("1bad_name")), USER, model="kimi-k3"), NAME, rules="verifier"),
    Row("tool-name", "verification 1.4", kimi(system(content="", tools=tools("bad@name")), USER, model="kimi-k3"), NAME, rules="verifier"),
    Row("tool-name", "verification 1.4", kimi(system(content="", tools=tools("")), USER, model="kimi-k3"), NAME, rules="verifier"),
    Row("tool-name", "verification 1.4", kimi(system(content="", tools=tools("a" * 257)), USER, model="kimi-k3"), NAME, rules="verifier"),
    Row("tool-name", "G6", kimi(system(content="", tools=[{"type": "function", "function": {"description": "x"}}]), USER, model="kimi-k3"), NAME),
    Row("tool-twice", "G2", kimi(tools=tools("read", "write", "read")), "function name read is duplicated"),
    Row("tool-twice", "G2, G6", kimi(system(content="", tools=ONE), USER, tools=ONE, model="kimi-k3"), "function name read is duplicated"),
    Row("tool-twice", "G6", kimi(system(content="", tools=ONE), USER, system(content="", tools=ONE), model="kimi-k3"), "function name read is duplicated"),
    Row("tools-many", "G2", kimi(tools=tools(*(f"tool_{n}" for n in range(129)))), "Invalid request: tools: at most 128 tools are allowed, got 129"),
    # -- choice
    Row("choice-unknown", "F", kimi(tool_choice="any", tools=ONE), "Invalid request: tool_choice 'any' is not supported"),
    Row("choice-unknown", "F", kimi(tool_choice="bogus", tools=ONE, model="kimi-k3"), "Invalid request: tool_choice 'bogus' is not supported", rules="verifier"),
    Row("choice-unknown", "F", kimi(tool_choice={"type": "tool"}, tools=ONE), "Invalid request: tool_choice 'unknown' is not supported"),
    Row("choice-empty", "F", kimi(tool_choice="required", model="kimi-k3"), "Invalid request: tool_choice 'required' needs at least one tool"),
    Row("choice-empty", "F", kimi(tool_choice="required", tools=[], model="kimi-k3"), "Invalid request: tool_choice 'required' needs at least one tool", rules="verifier"),
    Row("choice-thinking", "F", kimi(tool_choice="required", tools=ONE), REQUIRED),
    Row("choice-thinking", "F", kimi(tool_choice="required"), REQUIRED),
    Row("choice-thinking", "F", kimi(tool_choice=NAMED, tools=ONE), SPECIFIED),
    Row("choice-thinking", "F", kimi(tool_choice="required", tools=ONE, model="kimi-k2.7-code"), REQUIRED),
    Row("choice-thinking", "F", kimi(tool_choice=NAMED, tools=ONE, model="kimi-k2.7-code"), SPECIFIED),
    Row("choice-thinking", "1.2", kimi(tool_choice="required", tools=ONE, model="kimi-k2-thinking"), REQUIRED, rules="2026-05"),
    Row("choice-named", "F", kimi(tool_choice=NAMED, tools=ONE, model="kimi-k3"), SPECIFIED, rules="2026-07"),
    Row("choice-named", "F", kimi(tool_choice=NAMED, tools=ONE, model="kimi-k3"), SPECIFIED, rules="strictest"),
    Row("choice-legacy", "F", kimi(tool_choice="required", tools=ONE, model="moonshot-v1-8k"), "Invalid request: tool_choice 'required' is not supported by model {model}"),
]

ROOT_TYPE = 'tools.function.parameters.type is required and must be "object"'
ANY_OF = "when using anyOf, type should be defined in anyOf items instead of the parent schema"
LOOSE = "platform-cn platform-cn-anthropic platform-cn-responses"
"""Since September 2026 the Chinese platform checks the root alone."""
DESCRIBED: Body = {"type": "object", "properties": {"a": {"$ref": "#/$defs/D", "description": "x"}}, "$defs": {"D": {"type": "string", "description": "d"}}}

SCHEMAS = [
    Row("schema", "G4", schema(type="object", properties={"source": {"enum": ["a"]}}), mfjs("properties.source", "type is not defined"), not_at=LOOSE),
    Row("schema", "G4", schema(type="object", anyOf=[{"type": "object", "properties": {}}]), mfjs("root", ANY_OF), not_at=LOOSE),
    Row("schema", "G4", schema(type="object", properties={"a": {**STR, "anyOf": [STR]}}), mfjs("properties.a", ANY_OF), not_at=LOOSE),
    Row("schema", "G4", schema(anyOf=[{"type": "object"}]), ROOT_TYPE),
    Row("schema", "G4", schema(properties={}), ROOT_TYPE),
    Row("schema", "G4", schema(type=["object", "null"], properties={}), ROOT_TYPE),
    Row("schema", "G4", schema(type="object", properties={"a": {"$ref": "#/definitions/D"}}, definitions={"D": STR}), mfjs("properties.a", "references must start with #/$defs/"), not_at=LOOSE),
    Row("schema", "G4", schema(type="object", properties={"pair": {"type": "array", "items": [STR, STR]}}), mfjs("properties.pair.items", "items must be an object"), not_at=LOOSE),
    Row("schema", "G4", schema(type="object", properties={"pair": {"type": "array", "items": False}}), mfjs("properties.pair.items", "items must be an object"), not_at=LOOSE),
    Row("schema", "G4", schema(type="object", properties={"outputSchema": True}), mfjs("root", "property schema for 'outputSchema' must be an object"), not_at=LOOSE),
    Row("schema", "G4", schema(type="object", properties={}, required=["codecType"]), mfjs("required", "required property 'codecType' is not defined in properties"), not_at=LOOSE),
    Row("schema", "G4", schema(type="object", properties={}, required=None), mfjs("root", "required must be an array"), not_at=LOOSE),
    Row("schema", "G4", schema(type="object", properties={"a": {**STR, "description": "x" * 120_000}}), mfjs("root", "schema exceeds maximum allowed size"), not_at=LOOSE),
    Row("schema", "G4", kimi(system(content="", tools=[function("read", type="object", properties={"a": {"enum": ["x"]}})]), USER, model="kimi-k3"), mfjs("properties.a", "type is not defined"), not_at=LOOSE),
    Row("schema", "G4", schema(type="object", properties={"a": {**STR, "anyOf": [STR]}}), mfjs("properties.a", ANY_OF), "platform-cn", "2026-08"),
    Row("schema", "G4", schema(type="object", properties={"a": {**STR, "anyOf": [STR]}}), mfjs("properties.a", ANY_OF), "platform-cn", "strictest"),
    Row("schema-limits", "G4a", schema(**nested(6, {})), mfjs("root", "schema depth exceeds maximum limit of 5"), rules="2026-05"),
    Row("schema-limits", "G4a", schema(type="object", properties={f"p{n}": STR for n in range(101)}), mfjs("root", "total number of properties keys(101) across all objects exceeds maximum limit of 100"), rules="2026-05"),
    Row("schema-limits", "G4a", schema(type="object", properties={"a": {"anyOf": [STR] * 11}}), mfjs("root", "anyOf must have 1-10 items"), rules="2026-05"),
    Row("schema-limits", "G4a", schema(type="object", properties={"a": {"type": "integer", "enum": list(range(501))}}), mfjs("root", "enum array cannot have more than 500 items"), rules="2026-05"),
    Row("schema-total", "G2", kimi(tools=[function(f"tool_{n}", type="object", description="x" * 110_000) for n in range(10)]), mfjs("root", "schema exceeds maximum allowed size")),
    Row("schema-described", "G4", schema(**DESCRIBED), mfjs("properties.a", "conflicting keywords found after $ref expansion: description"), rules="2026-05"),
    Row("schema-described", "G4", schema(**DESCRIBED), mfjs("properties.a", "conflicting keywords found after $ref expansion: description"), rules="strictest"),
    Row("schema-format", "G4, G7", json_schema(name="x", schema={"type": "object", "properties": {"pair": {"type": "array", "items": [STR]}}}), mfjs("properties.pair.items", "items must be an object", "response_format.json_schema"), not_at=LOOSE),
    Row("schema-format", "G4, G7", json_schema(name="x", schema={"type": "object", "properties": {"a": {"enum": ["x"]}}}), mfjs("properties.a", "type is not defined", "response_format.json_schema"), "platform-cn", "2026-08"),
]

VENDORS = [
    Row("message-field", "B6", kimi(*turn(reasoning="x", content=None), model="accounts/fireworks/models/kimi-k3"), "Extra inputs are not permitted, field: 'messages[1].reasoning'", "fireworks"),
    Row("message-field-cerebras", "B6", kimi(*turn(content=None), model="kimi-k2.6"), "property 'messages.1.assistant.reasoning_content' is unsupported", "cerebras"),
    Row("message-field-cerebras", "B6, P", kimi({**USER, "name": "Ada"}, model="moonshotai/kimi-k2-instruct"), "property 'messages.0.user.name' is unsupported", "groq", not_at="cerebras"),
    Row("result-content", "H2", kimi(USER, call("a", content=None), {"role": "tool", "tool_call_id": "a"}, model="moonshotai/kimi-k2-instruct"), "'messages.2' : for 'role:tool' the following must be satisfied[('messages.2.content' : property 'content' is missing)]", "groq"),
    Row("content-missing", "H2", kimi(USER, call("a"), result("a"), model="moonshotai/kimi-k2-instruct"), "missing 'content' in messages[1]", "groq"),
    Row("content-blank-ark", "H2", kimi(*turn(content="")), "MissingParameter: the request failed because it is missing `input.content.text` parameter", "ark", type="BadRequest"),
    Row("arguments", "H8", kimi(USER, {**call("a"), "tool_calls": [{"id": "a", "type": "function", "function": {"name": "read", "arguments": "[]"}}], "content": None}, result("a")), "invalid tool call arguments: must be a JSON object", "vllm"),
    Row("arguments", "H8", kimi(USER, {**call("a"), "tool_calls": [{"id": "a", "type": "function", "function": {"name": "read", "arguments": "{"}}], "content": None}, result("a")), "invalid tool call arguments: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)", "vllm"),
    Row("tool-dots", "raw-text 5.1", kimi(tools=tools("fs.read")), "Invalid function name 'fs.read': only letters, numbers, underscores and dashes are allowed", "dynamo"),
]

ROWS = [*ACCOUNT, *FIELDS, *MESSAGES, *REASONING, *SIZE, *TOOLS, *SCHEMAS, *VENDORS]
