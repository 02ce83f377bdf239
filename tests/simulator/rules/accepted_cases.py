"""Every request that must be answered, near to one that is refused: what a rule that is too hard would break."""

from tests.core.schemas.shape_cases import nested
from tests.simulator.rules.refusals_cases import (
    ALL,
    DESCRIBED,
    NAMED,
    OFF,
    ON,
    ONE,
    PNG,
    STR,
    form,
    json_schema,
    schema,
    system,
    tools,
)
from tests.simulator.rules.requests import (
    ANSWER,
    OTHER_AGENT,
    USER,
    Body,
    Taken,
    call,
    function,
    kimi,
    picture,
    result,
    text,
    turn,
    user,
)

ABSENT = turn(reasoning_content=None)
EMPTY = turn(reasoning_content="")
BLANK = turn(reasoning_content=" ")
PLACEHOLDER = turn(reasoning_content="placeholder")
BEGUN: Body = {"role": "assistant", "content": "It is", "partial": True, "name": "Kimi"}
SEARCH: Body = {"type": "builtin_function", "function": {"name": "$web_search"}}
REF: Body = {"$ref": "#/$defs/D"}
NULL: Body = {"type": "null"}
FILE = "ms://file-0123456789"
DYNAMIC = system(content="", tools=ONE)
RAGGED: Body = {**call("read:0"), "tool_calls": [{"id": "read:0", "type": "function", "function": {"name": "read", "arguments": '{"path": "a'}}], "reasoning_content": "x"}


def assistant(**fields: object) -> Body:
    return {"role": "assistant", **fields}


def three(*order: str) -> list[Body]:
    return [USER, call("read:0", "read:1", "read:2", reasoning_content="x"), *map(result, order)]


def ids(first: str, second: str) -> list[Body]:
    return [*turn(first), *turn(second)]


ACCOUNT = [
    Taken("client-gated", "L", kimi(model="k3"), "coding", headers={"user-agent": "KimiCLI/1.49.0"}),
    Taken("client-gated", "L", kimi(model="k3"), "coding", headers={"user-agent": "claude-cli/2.1.69 (external, cli)"}),
    Taken("client-gated", "L", kimi(model="k3"), "coding", headers={"user-agent": "RooCode/3.47.3"}),
    Taken("client-gated", "L", kimi(model="k3"), "coding", headers={"user-agent": "Kilo-Code/4.0"}),
    Taken("client-gated", "L: the Anthropic path", kimi(model="kimi-for-coding"), "coding-anthropic", headers=OTHER_AGENT),
    Taken("", "L: not in strictest", kimi(model="k3"), "coding", "strictest", headers=OTHER_AGENT),
    Taken("", "L: not in verifier", kimi(model="k3"), "coding", "verifier", headers=OTHER_AGENT),
    Taken("", "L: on the coding endpoint alone", kimi(), headers=OTHER_AGENT),
    Taken("model-missing", "K2", kimi()),
    Taken("model-retired", "1.2", kimi(model="kimi-k2.5"), rules="2026-08"),
    Taken("model-retired", "1.2", kimi(model="kimi-k2-0711-preview"), rules="2026-05"),
    Taken("model-retired", "1.2", kimi(model="moonshot-v1-8k")),
    Taken("", "1.2: not in strictest", kimi(model="kimi-k2.5"), rules="strictest"),
    Taken("", "1.2: gone at Moonshot's own", kimi(model="moonshotai/Kimi-K2.5"), "vllm"),
    Taken("temperature-left-out", "E", kimi(model="kimi-for-coding", temperature=0.6), "coding", "2026-04"),
    Taken("temperature-left-out", "E", kimi(model="kimi-k2.6"), "coding", "2026-04"),
    Taken("", "E: one month alone", kimi(model="kimi-for-coding"), "coding", "2026-03"),
    Taken("", "E: one month alone", kimi(model="kimi-for-coding"), "coding", "2026-05"),
]

FIELDS = [
    Taken("thinking-shape", "A1", kimi(thinking=ON)),
    Taken("thinking-shape", "A1", kimi(thinking=OFF)),
    Taken("thinking-shape", "A1", kimi(thinking=None)),
    Taken("thinking-shape", "A2", kimi(model="k3", thinking={"effort": "low"}), "coding"),
    Taken("thinking-shape", "A2", kimi(model="k3", thinking={**ON, "effort": "max", "keep": "all"}), "coding"),
    Taken("thinking-shape", "A7", kimi(model="accounts/fireworks/models/kimi-k3", thinking=OFF), "fireworks"),
    Taken("thinking-fields", "A1", kimi(thinking=ALL), rules="strictest"),
    Taken("thinking-fields", "A2", kimi(model="kimi-k3", thinking={**ON, "effort": "high"}), rules="strictest"),
    Taken("thinking-always", "A3", kimi(model="kimi-k3", thinking=OFF)),
    Taken("thinking-always", "A3", kimi(model="k3", thinking=OFF), "coding"),
    Taken("thinking-always", "A3", kimi(model="kimi-k3", thinking=OFF), rules="strictest"),
    Taken("thinking-always", "A4", kimi(model="kimi-k2.7-code", thinking=ON)),
    Taken("thinking-always", "A1", kimi(thinking=OFF)),
    Taken("keep", "A5", kimi(thinking=ALL)),
    Taken("keep", "A5", kimi(thinking={**ON, "keep": None})),
    Taken("keep", "A5", kimi(model="kimi-k2.7-code", thinking=ALL)),
    Taken("keep", "A5", kimi(model="kimi-k3", thinking=ALL)),
    Taken("keep", "A5", kimi(model="kimi-for-coding", thinking=ALL), "coding"),
    Taken("keep", "A5", kimi(model="kimi-k2.5", thinking=ON), rules="2026-08"),
    Taken("keep-value", "A5", kimi(thinking=ALL)),
    Taken("effort-launch", "A2", kimi(model="kimi-k3", reasoning_effort="max"), rules="2026-07"),
    Taken("effort-launch", "A2", kimi(model="kimi-k3"), rules="2026-07"),
    Taken("effort-launch", "A1", kimi(reasoning_effort="high"), rules="2026-07"),
    Taken("", "A2: low and high came later", kimi(model="kimi-k3", reasoning_effort="low"), rules="2026-08"),
    Taken("", "A2: not in strictest", kimi(model="kimi-k3", reasoning_effort="high"), rules="strictest"),
    *(Taken("effort", "A2", kimi(model="kimi-k3", reasoning_effort=effort)) for effort in ("low", "high", "max")),
    *(Taken("effort", "A2", kimi(model="k3", thinking={**ON, "effort": effort}), "coding") for effort in ("low", "high", "max")),
    Taken("effort", "A1: unknown values are passed over", kimi(model="kimi-k3", reasoning_effort="turbo")),
    Taken("effort", "A1: K2.x knows no effort", kimi(reasoning_effort="medium")),
    Taken("", "verification 1.4: thinking.effort beats the other", kimi(model="kimi-k3", thinking={**ON, "effort": "low"}, reasoning_effort="medium"), rules="verifier"),
    Taken("effort-while-off", "A1", kimi(reasoning_effort="high")),
    Taken("effort-while-off", "F", kimi(thinking=OFF)),
    Taken("effort-while-off", "A3", kimi(model="kimi-k3", thinking=OFF, reasoning_effort="low")),
    Taken("reasoning-off", "A3", kimi(model="moonshotai/kimi-k3", reasoning={"effort": "low"}), "openrouter"),
    Taken("reasoning-off", "A3", kimi(model="moonshotai/kimi-k2.6", reasoning={"enabled": False}), "openrouter"),
    Taken("", "A1: unknown top-level fields are passed over", kimi(enable_thinking=False, top_k=3, seed=1, whatever={"a": 1})),
    # -- sampling
    Taken("sampling", "E: left out", kimi()),
    Taken("sampling", "E: left out", kimi(), rules="strictest"),
    Taken("sampling", "E: left out", kimi(model="kimi-for-coding"), "coding", "strictest"),
    *(Taken("sampling", "E", kimi(model=model, temperature=1, top_p=0.95, n=1, presence_penalty=0, frequency_penalty=0)) for model in ("kimi-k2.6", "kimi-k2.7-code", "kimi-k3")),
    Taken("sampling", "E", kimi(temperature=1.0, thinking=ON)),
    Taken("sampling", "E", kimi(temperature=0.6, thinking=OFF)),
    Taken("sampling", "E", kimi(model="kimi-k3", temperature=1, thinking=OFF)),
    Taken("sampling", "E", kimi(temperature=None, top_p=None)),
    Taken("sampling", "E", kimi(temperature=1.0), rules="strictest"),
    Taken("sampling", "E", kimi(model="kimi-for-coding", temperature=1), "coding", "2026-08"),
    *(Taken("sampling", "verification 1.1", kimi(model="kimi-k3", temperature=value), rules="verifier") for value in (0.0, 0.6, 1.0)),
    *(Taken("sampling", "verification 1.1", kimi(temperature=value, thinking=OFF), rules="verifier") for value in (0.0, 0.6, 1.0)),
    Taken("sampling", "verification 1.1", kimi(model="kimi-k3", temperature=0.6, thinking=OFF, top_p=0.95, n=1, presence_penalty=0, frequency_penalty=0), rules="verifier"),
    Taken("sampling-flapping", "E", kimi(model="kimi-for-coding"), "coding", "strictest"),
    Taken("sampling-range", "E", kimi(model="moonshot-v1-8k", temperature=0, top_p=0, n=1, presence_penalty=-2, frequency_penalty=2)),
    Taken("sampling-range", "E", kimi(model="moonshot-v1-8k", temperature=1, n=5)),
    Taken("sampling-range", "E", kimi(model="moonshotai/kimi-k3", temperature=0, n=2), "nvidia"),
    Taken("sampling-immutable", "E", kimi(model="moonshotai/kimi-k3", top_p=0.95, temperature=0.3), "nvidia"),
    Taken("sampling-immutable", "E", kimi(model="moonshotai/kimi-k2.6", top_p=0.5), "nvidia"),
    # -- the rest
    Taken("stop", "E", kimi(stop=list("abcde"))),
    Taken("stop", "E", kimi(stop="x" * 32)),
    Taken("cap", "D1: max_tokens still counts", kimi(max_tokens=16)),
    Taken("cap", "D4: a huge cap on short input", kimi(max_completion_tokens=1_000_000)),
    Taken("cap", "D1: both", kimi(max_completion_tokens=64, max_tokens=16)),
    Taken("cap", "D1", kimi(max_tokens=None)),
    Taken("store", "D1", kimi(), rules="strictest"),
    Taken("", "D1: suspected by one report", kimi(store=False)),
    Taken("refused-field", "P", kimi(model="moonshotai/kimi-k2-instruct", logprobs=None), "groq"),
    *(Taken("response-format", "G7", form({"type": kind})) for kind in ("text", "json_object")),
    Taken("response-format", "G7", json_schema(name="x", schema={"type": "object", "properties": {"city": STR}})),
    Taken("response-format", "G7", json_schema(name="x", schema={"type": "object"}, strict=False, description="What it is.")),
    Taken("response-format", "G7", form(None)),
    Taken("partial-with-format", "H5", kimi(USER, BEGUN), rules="strictest"),
    Taken("partial-with-format", "H5", form({"type": "json_object"}), rules="strictest"),
    Taken("", "H5: strictest alone", kimi(USER, BEGUN, response_format={"type": "json_object"})),
    Taken("stream-options", "I1", kimi(stream=True, stream_options={"include_usage": True})),
    Taken("stream-options", "I1", kimi(stream=False, stream_options=None)),
    Taken("previous-response", "N", kimi(previous_response_id=None), "platform-responses"),
]

MESSAGES = [
    Taken("messages", "H", kimi()),
    Taken("messages", "H4: neighbours of one role", kimi(USER, USER)),
    Taken("role", "H4: system in the middle", kimi(USER, ANSWER, system(content="Be brief."), USER)),
    Taken("role", "H4: system last", kimi(USER, system(content="Be brief."))),
    Taken("role", "H4: system last", kimi(USER, system(content="Be brief."), model="kimi-k3"), rules="verifier"),
    Taken("role", "H6: names", kimi({**USER, "name": "Ada"}, {**ANSWER, "name": "Kimi"}, USER)),
    Taken("tool-reference", "M2", kimi(*turn()[:2], result("read:0", [text("x")])), "platform-anthropic"),
    Taken("part", "H7", kimi(user(text("What is it?"), picture({"url": PNG, "detail": "low"})))),
    Taken("part", "H7", kimi(*turn()[:2], result("read:0", [text("A picture:"), picture({"url": PNG})]))),
    Taken("text-empty", "H2", kimi(user(text(" ")))),
    Taken("text-empty", "H2", kimi({"role": "user", "content": ""})),
    Taken("assistant-empty", "H1", kimi(USER, assistant(content=" ", reasoning_content="Hm."), USER, model="kimi-k3")),
    Taken("assistant-empty", "H1", kimi(USER, assistant(content=" ", reasoning_content="Hm."), USER, model="kimi-k3"), rules="strictest"),
    Taken("assistant-empty", "H2: the key left out", kimi(*turn()), rules="strictest"),
    Taken("assistant-empty", "H2: null", kimi(*turn(content=None)), rules="strictest"),
    Taken("assistant-empty", "H5: nothing begun", kimi(USER, assistant(content="", partial=True))),
    Taken("assistant-empty", "verification 1.2: thoughts begun", kimi(USER, assistant(content="", reasoning_content="Hm", partial=True), model="kimi-k3"), rules="verifier"),
    Taken("", "H5", kimi(USER, BEGUN)),
    Taken("", "H5", kimi(USER, BEGUN, model="kimi-k2.7-code"), rules="2026-08"),
    Taken("", "I9: K3 answers so", kimi(*turn(content="", identity="read_0"), model="kimi-k3")),
    Taken("call-content-empty", "H2", kimi(*turn(content="Let me see.")), rules="strictest"),
    Taken("", "M3, kwwk#142", kimi(*turn()[:2], result("read:0", ""))),
    Taken("", "M3, kwwk#142", kimi(*turn()[:2], result("read:0", []))),
    Taken("", "M3, kwwk#142: no refusal is on record", kimi(*turn()[:2], result("read:0", "")), rules="strictest"),
    Taken("result-missing", "M3, kwwk#142", kimi(*turn()[:2], result("read:0", "")), "platform-anthropic"),
    Taken("result-missing", "M3, kwwk#142", kimi(*turn()[:2], result("read:0", [])), "coding-anthropic"),
    Taken("result-orphan", "C5", kimi(*turn(), ANSWER, USER)),
    Taken("result-unknown", "C5", kimi(*turn("Shell:58"))),
    Taken("result-unknown", "verification 1.2: out of order", kimi(*three("read:2", "read:0", "read:1"))),
    Taken("result-unknown", "verification 1.2: out of order", kimi(*three("read:2", "read:0", "read:1"), model="kimi-k3"), rules="strictest"),
    Taken("call-unanswered", "C5", kimi(*three("read:0", "read:1", "read:2"), USER)),
    Taken("call-unanswered", "C5: the same result twice", kimi(*three("read:0", "read:0", "read:1", "read:2"))),
    *(Taken("call-id-twice", "C1", kimi(*ids(first, second))) for first, second in (("functions.read:0", "functions.read:1"), ("read:0", "read:1"), ("read_0", "read_1"), ("call_abc123def456", "call_fedcba"), ("toolu_01", "toolu_02"), ("functionsread0", "functionsread1"), ("0193f2a0-0000-7000-8000-000000000001", "0193f2a0-0000-7000-8000-000000000002"), ("publications-get_publication:62", "read:63"))),
    Taken("call-id-twice", "C1: K3 counts each turn from 0", kimi(*turn("read_0"), *turn("read_0"), model="kimi-k3")),
    Taken("call-id-twice", "C1: K3 counts each turn from 0", kimi(*turn("read_0"), *turn("read_0"), model="kimi-k3"), rules="verifier"),
    Taken("call-id-twice", "C1", kimi(*ids("read_0", "read_1"), model="kimi-k3"), rules="strictest"),
    Taken("image-url", "H7", kimi(user(picture({"url": FILE})))),
    Taken("image-url", "H7: a plain string", kimi(user(picture(PNG)))),
    Taken("image-url", "H7: a plain string", kimi(user({"type": "video_url", "video_url": FILE}))),
    Taken("image-url", "H7", kimi(user(picture({"url": PNG}))), rules="strictest"),
    Taken("", "P: OpenRouter fetches", kimi(user(picture({"url": "https://example.com/a.png"})), model="moonshotai/kimi-k2.6"), "openrouter"),
    *(Taken("image-format", "H7", kimi(user(picture({"url": f"data:{kind};base64,aGk="})))) for kind in ("image/png", "image/jpeg", "image/webp", "image/gif", "IMAGE/PNG")),
    Taken("image-format", "H7", kimi(user({"type": "video_url", "video_url": {"url": "data:video/mp4;base64,aGk="}}))),
    Taken("image-blind", "O", kimi(user(picture(PNG)), model="moonshot-v1-32k-vision-preview")),
    Taken("", "verification 1.2: unparsable arguments", kimi(USER, RAGGED, result("read:0"), model="kimi-k3"), rules="verifier"),
    Taken("", "verification 1.2: unparsable arguments", kimi(USER, RAGGED, result("read:0"))),
]

REASONING = [
    # B3, first row, 2026-04-26: missing and "" are refused, " " and any word are taken.
    *(Taken("reasoning-calls", "B3, llmgateway#2093", kimi(*history, model=model), rules=month) for history in (BLANK, PLACEHOLDER) for model in ("kimi-k2.5", "kimi-k2.6") for month in ("2026-04", "2026-05")),
    Taken("reasoning-empty", "B3, pi#4179", kimi(*BLANK), rules="2026-05"),
    # B3, third row: K2 thinking takes "".
    Taken("reasoning-empty", "B3, llmgateway#2093", kimi(*EMPTY, model="kimi-k2-thinking"), rules="2026-04"),
    # B3, fourth and fifth row, June to July 2026: "" is taken where the reasoning of all turns is kept.
    *(Taken("reasoning-all", "B3, kimi-cli#2498", kimi(*history, model=model, thinking=ALL), rules="2026-07") for history in (EMPTY, BLANK) for model in ("kimi-k2.6", "kimi-k2.7-code", "kimi-k3")),
    Taken("reasoning-all", "B3, kimi-code#1684", kimi(USER, assistant(content="OK.", reasoning_content=""), USER, thinking=ALL), rules="2026-06"),
    Taken("reasoning-all", "B3, kimi-code#1773", kimi(*EMPTY, model="kimi-for-coding"), "coding", "2026-07"),
    # B3, last row, 2026-09-04: on the platform nothing is asked for.
    *(Taken("", "B3, Datus-agent#1400", kimi(*history, model=model)) for history in (ABSENT, EMPTY) for model in ("kimi-k2.6", "kimi-k3")),
    Taken("", "B3, Datus-agent#1400", kimi(USER, ANSWER, USER, model="kimi-k3")),
    # B1: plain turns never needed it where it is not kept.
    Taken("reasoning-calls", "B1, langchain#36457", kimi(USER, ANSWER, USER, model="kimi-k2.5"), rules="2026-04"),
    Taken("reasoning-calls", "B1: thinking is off", kimi(*ABSENT, thinking=OFF), rules="2026-05"),
    Taken("reasoning-calls", "B1: thinking is off", kimi(*ABSENT, thinking=OFF), rules="strictest"),
    Taken("reasoning-calls", "A3: thinking is off", kimi(*ABSENT, thinking=OFF, model="kimi-k3"), rules="2026-08"),
    Taken("reasoning-calls", "B1: it does not think", kimi(*ABSENT, model="moonshot-v1-8k"), rules="2026-05"),
    Taken("reasoning-calls", "B6", kimi(*turn(reasoning_content=None, reasoning="x"), model="moonshotai/kimi-k2.6"), "openrouter", "2026-08"),
    Taken("reasoning-calls", "B6", kimi(*turn(reasoning_content=None, reasoning_details=[{"type": "reasoning.text", "text": "x"}]), model="moonshotai/kimi-k2.6"), "openrouter", "2026-08"),
    Taken("reasoning-all", "A5: not kept", kimi(USER, ANSWER, USER), rules="2026-08"),
    Taken("reasoning-all", "H5: what is begun has no thoughts yet", kimi(USER, BEGUN, thinking=ALL), rules="2026-08"),
    *(Taken("reasoning-all", "B3: taken in every probe", kimi(*BLANK, assistant(content="OK.", reasoning_content=" "), USER, model=model), rules="strictest") for model in ("kimi-k2.5", "kimi-k2.6", "kimi-k2.7-code", "kimi-k3")),
    Taken("reasoning-calls-coding", "B3, kimi-code#1773", kimi(*EMPTY, model="kimi-for-coding"), "coding"),
    Taken("reasoning-calls-coding", "B3", kimi(*BLANK, model="moonshotai/Kimi-K2.6"), "siliconflow"),
    Taken("reasoning-all-coding", "B3, kimi-code#1773", kimi(*EMPTY, assistant(content="OK.", reasoning_content=""), USER, model="k3"), "coding"),
    Taken("", "B1: before K2 thinking", kimi(*ABSENT, model="kimi-k2-0905-preview"), rules="2025-10"),
]

SIZE = [
    Taken("body-bytes", "D5", kimi({"role": "user", "content": "x" * 2_000_000}, model="k3"), "coding"),
    Taken("", "D5: on the coding endpoint alone", kimi({"role": "user", "content": "x" * 2_100_000}, model="kimi-k3")),
    Taken("body-large", "D5", kimi()),
    Taken("overflow", "D4", kimi({"role": "user", "content": "token " * 4_000}, model="moonshot-v1-8k")),
    Taken("overflow", "D4: a huge cap on short input", kimi(max_tokens=1_000_000)),
    Taken("overflow", "D4: a huge cap on short input", kimi(max_tokens=1_000_000), rules="strictest"),
    Taken("overflow-documented", "D4", kimi(model="moonshot-v1-8k"), rules="2025-12"),
    Taken("overflow-overload", "D4", kimi({"role": "user", "content": "token " * 5_200}, model="moonshot-v1-8k", max_tokens=64)),
    Taken("overflow-overload", "D4", kimi({"role": "user", "content": "token " * 4_000}, model="moonshot-v1-8k", max_tokens=100_000)),
    Taken("overflow-openrouter", "D4", kimi(model="moonshotai/kimi-k2.6", max_tokens=200_000), "openrouter"),
    Taken("overflow-self-hosted", "K4", kimi(model="moonshot-v1-8k", max_tokens=8_000), "vllm"),
]

TOOLS = [
    *(Taken("dynamic-place", "G6", kimi(*messages, model="kimi-k3"), rules=rules) for rules in ("latest", "verifier", "strictest") for messages in ((DYNAMIC, USER), (USER, system(content="", tools=ONE)), (system(content="Be brief."), USER, DYNAMIC, USER), (system(tools=ONE), USER), (system(content="", tools=tools("a")), USER, system(content="", tools=tools("b", "c"))))),
    Taken("dynamic-place", "G6: with others", kimi(DYNAMIC, USER, model="kimi-k3", tools=[function("write")])),
    Taken("dynamic-place", "G6: required", kimi(DYNAMIC, USER, model="kimi-k3", tool_choice="required"), rules="verifier"),
    Taken("dynamic-place", "G6: K3 alone knows them", kimi({**USER, "tools": ONE})),
    Taken("tools-shape", "verification 1.4: strict", kimi(system(content="", tools=[{"type": "function", "function": {"name": "read", "strict": False, "parameters": {"type": "object", "properties": {}}}}]), USER, model="kimi-k3"), rules="verifier"),
    Taken("tools-shape", "G5", kimi(tools=[SEARCH], thinking=OFF)),
    Taken("tools-shape", "G", kimi(tools=[])),
    Taken("tools-shape", "G", kimi(tools=None)),
    Taken("tool-name", "G1", kimi(tools=tools("a", "Read-2_x", "mcp__server__tool", "a" * 64))),
    Taken("tool-name", "G1", kimi(tools=tools("a", "Read-2_x", "mcp__server__tool", "a" * 64)), rules="strictest"),
    Taken("tool-name", "mfjs 3: K3's public tests", kimi(tools=tools("_read", "a" * 256), model="kimi-k3")),
    Taken("tool-name", "G5", kimi(tools=[SEARCH, function()], thinking=OFF)),
    Taken("tool-name", "G5", kimi(tools=[SEARCH], thinking=OFF), rules="strictest"),
    Taken("tool-twice", "G2", kimi(tools=tools("read", "Read"))),
    Taken("tools-many", "G2", kimi(tools=tools(*(f"tool_{n}" for n in range(128))))),
    Taken("", "G2: the coding endpoint took 255", kimi(model="kimi-for-coding", tools=tools(*(f"tool_{n}" for n in range(255)))), "coding"),
    # -- choice
    *(Taken("choice-unknown", "F", kimi(tool_choice=choice, tools=ONE, model=model)) for choice in ("auto", "none", None) for model in ("kimi-k2.6", "kimi-k2.7-code", "kimi-k3", "moonshot-v1-8k")),
    *(Taken("choice-unknown", "F: without tools", kimi(tool_choice=choice, model=model)) for choice in ("auto", "none") for model in ("kimi-k2.6", "kimi-k3")),
    Taken("choice-unknown", "verification 1.2", kimi(tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [NAMED]}}, tools=ONE, model="kimi-k3"), rules="verifier"),
    *(Taken("choice-empty", "F", kimi(tool_choice="required", tools=ONE, model="kimi-k3"), rules=rules) for rules in ("latest", "2026-07", "verifier", "strictest")),
    *(Taken("choice-thinking", "F: thinking is off", kimi(tool_choice=choice, tools=ONE, thinking=OFF), rules=rules) for choice in ("required", NAMED) for rules in ("latest", "2026-05", "strictest")),
    Taken("choice-thinking", "F", kimi(tool_choice="required", tools=ONE, model="k3"), "coding"),
    Taken("choice-named", "F", kimi(tool_choice="required", tools=ONE, model="kimi-k3"), rules="2026-07"),
    Taken("", "F: passed over since", kimi(tool_choice=NAMED, tools=ONE, model="kimi-k3")),
    Taken("", "F: passed over since", kimi(tool_choice=NAMED, tools=ONE, model="kimi-k3"), rules="2026-08"),
    Taken("", "F: passed over since", kimi(tool_choice=NAMED, tools=ONE, model="kimi-k3"), rules="verifier"),
    Taken("choice-legacy", "F", kimi(tool_choice=NAMED, tools=ONE, model="moonshot-v1-8k")),
    # -- schemas
    Taken("schema", "mfjs 1: no parameters", kimi(tools=[{"type": "function", "function": {"name": "read"}}], model="kimi-k3")),
    Taken("schema", "mfjs 3: 30 deep", schema(**nested(30, {}))),
    Taken("schema", "G5: builtins have none", kimi(tools=[SEARCH], thinking=OFF), rules="strictest"),
    Taken("schema", "G4b: since 2026-06", schema(**DESCRIBED), rules="2026-06"),
    Taken("schema", "MiqroForge-Desktop#1165", schema(type="object", properties={"a": {**STR, "anyOf": [STR]}}), "platform-cn"),
    Taken("schema-limits", "G4a", schema(**nested(5, {})), rules="2026-05"),
    Taken("schema-limits", "G4a", schema(type="object", properties={f"p{n}": STR for n in range(100)}), rules="2026-05"),
    Taken("schema-limits", "G4a", schema(type="object", properties={"a": {"anyOf": [STR] * 10}, "b": {"type": "integer", "enum": list(range(500))}}), rules="2026-05"),
    Taken("", "G4a: since 2026-06", schema(type="object", properties={f"p{n}": STR for n in range(3_000)}), rules="2026-06"),
    Taken("", "G4a: not in strictest", schema(**nested(6, {})), rules="strictest"),
    Taken("schema-total", "G2", kimi(tools=[function(f"tool_{n}", type="object", description="x" * 10_000) for n in range(43)])),
    Taken("schema-described", "G4", schema(type="object", properties={"a": REF}, **{"$defs": {"D": {"type": "string", "description": "d"}}}), rules="2026-05"),
    Taken("schema-described", "G4b: what only level ultra minds", schema(type="object", properties={"a": {"const": 1}}), rules="2026-05"),
    Taken("schema-format", "G7: any root", json_schema(name="x", schema={"anyOf": [STR, NULL]})),
]

VENDORS = [
    Taken("message-field", "B6", kimi(*turn(content=None), model="accounts/fireworks/models/kimi-k3"), "fireworks"),
    Taken("message-field-cerebras", "B6", kimi(USER, call("a", content=None, reasoning="x"), result("a")), "cerebras"),
    Taken("message-field-cerebras", "P", kimi(USER, call("a", content=None), result("a"), model="moonshotai/kimi-k2-instruct"), "groq"),
    Taken("result-content", "H2", kimi(USER, call("a", content=None), result("a", ""), model="moonshotai/kimi-k2-instruct"), "groq"),
    Taken("content-missing", "H2", kimi(USER, call("a", content=None), result("a"), model="moonshotai/kimi-k2-instruct"), "groq"),
    Taken("content-blank-ark", "H2", kimi(*turn()), "ark"),
    Taken("content-blank-ark", "H2", kimi(*turn(content=None)), "ark"),
    Taken("arguments", "H8", kimi(*turn()), "vllm"),
    Taken("tool-dots", "raw-text 5.1", kimi(tools=tools("fs-read")), "dynamo"),
    Taken("", "raw-text 5.1: others take it", kimi(tools=tools("fs.read")), "vllm"),
    Taken("", "A7: dropped without a word", kimi(thinking=OFF), "vllm"),
    Taken("", "H5: a self-hosted server passes it over", kimi(USER, BEGUN), "sglang"),
]

ACCEPTED = [*ACCOUNT, *FIELDS, *MESSAGES, *REASONING, *SIZE, *TOOLS, *VENDORS]
