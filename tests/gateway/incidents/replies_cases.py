"""Incidents of caps, of sampling, of streams, and of calls that a server left where they do not belong."""

from tests.core.rawtext.marks import AB, CB, CE, SB, SE
from tests.core.rawtext.marks import call as written
from tests.gateway.incidents.clients import LOOP, asks
from tests.gateway.incidents.rows import SAID, TASK, UNTOLD, Case, Then
from tests.incidents.bodies import READ, offered, user
from tests.incidents.rows import ABSENT

__all__ = ["REPLIES"]

A, B = '{"path": "a.py"}', '{"path": "b.py"}'
READ_A = ("read", {"path": "a.py"})
READ_B = ("read", {"path": "b.py"})
REPLY = offered("channel_reply", text={"type": "string"})
EDIT = offered("edit", {"type": "object", "properties": {"path": {"type": "string"}, "line": {"type": "integer"}}, "required": ["path", "line"]})
LONG = "I count the syllables and the lines and the rhymes of it. " * 40
CLI = "KimiCLI/1.0"
K26, VLLM = "kimi-k2.6", "moonshotai/Kimi-K2-Thinking"


def turn(*lines: str) -> str:
    return "turn\n" + "\n".join(lines) + "\n"


BUDGETS: tuple[Case, ...] = (
    Case(number=95, what="a cap of 16", ways=("whole",), body=asks(K26, user(f"{TASK} Say ok."), max_completion_tokens=16), script=turn(f"think {LONG}", "say ok"), then=Then(status=422, code="thoughts_only", says="16"), tries=1),
    Case(number=95, what="a cap of 16", ways=("stream",), body=asks(K26, user(f"{TASK} Say ok."), max_completion_tokens=16), script=turn(f"think {LONG}", "say ok"), then=Then(text="", calls=(), finish="length"), notes=("cap-below-floor",)),
    Case(number=95, what="a cap of 16 that may be raised", at="platform-raised", body=asks(K26, user(f"{TASK} Say ok."), max_completion_tokens=16), script=turn(f"think {LONG[:200]}", "say ok"), then=Then(text="ok"), notes=("cap-raised",), off="budget"),
    Case(number=95, what="a cap of 32 that is enough", body=asks(K26, user(f"{TASK} Say ok."), max_completion_tokens=32), script=turn("think So.", "say ok"), then=Then(text="ok", finish="stop")),
    Case(number=96, what="JSON that never came", at="platform-2026-05", body=asks("kimi-k2.5", user(f"{TASK} As JSON."), response_format={"type": "json_object"}, max_tokens=300), script=turn(f"think {LONG}", 'say {"a": 1}'), then=Then(status=422, code="thoughts_only", says="300"), streamed=Then(text="", finish="length"), tries=1),
    Case(number=96, what="JSON once the cap may be raised", at="platform-raised", body=asks("kimi-k2.5", user(f"{TASK} As JSON."), response_format={"type": "json_object"}, max_tokens=300), script=turn(f"think {LONG}", 'say {"a": 1}'), then=Then(text='{"a": 1}', finish="stop"), off="budget"),
    Case(number=97, what="a prompt beyond the window", body=asks(K26, user(f"{TASK} Sum this up. " + "word and more. " * 200_000)), then=Then(status=400, code="context_length_exceeded"), tries=0),
    Case(number=97, what="the server says so", body=asks(K26, user(f"{TASK} Sum this up. " + "word and more. " * 78_000)), then=Then(status=400, code="context_length_exceeded"), refused=("overflow",), tries=1),
)

SAMPLING: tuple[Case, ...] = (
    Case(number=99, what="0.6 to kimi-for-coding", at="coding", agent=CLI, body=asks("kimi-for-coding", temperature=0.6), sent={"temperature": ABSENT}, notes=("sampling-fixed",), off="sampling", rule="sampling"),
    Case(number=99, what="refused though left out, as in April", at="coding-2026-04", agent=CLI, body=asks("kimi-for-coding", temperature=0.6), then=Then(status=400, type="invalid_request_error", says="0.6"), refused=("temperature-left-out", "temperature-left-out"), tries=2),
    Case(number=100, what="0.1 to k3-256k", at="coding", agent=CLI, body=asks("k3-256k", temperature=0.1), sent={"temperature": ABSENT}, notes=("sampling-fixed",), off="sampling", rule="sampling"),
    Case(number=100, what="0.1 to kimi-for-coding", at="coding", agent=CLI, body=asks("kimi-for-coding", temperature=0.1), sent={"temperature": ABSENT}, off="sampling", rule="sampling"),
    Case(number=102, what="top_p on NVIDIA", at="nvidia", body=asks("moonshotai/kimi-k3", top_p=1, temperature=0.2), sent={"top_p": ABSENT, "temperature": 0.2}, notes=("sampling-fixed",), off="sampling", rule="sampling-immutable"),
    Case(number=102, what="top_p where nobody knows the server", at="nvidia-unknown", body=asks("moonshotai/kimi-k3", top_p=1, temperature=0.2), then=UNTOLD, streamed=SAID, sent={"top_p": ABSENT, "temperature": 0.2}, refused=("sampling-immutable",), notes=("refusal-repaired",)),
    Case(number=120, what="store", body=asks(K26, store=False, max_completion_tokens=4096), sent={"store": ABSENT, "max_completion_tokens": 4096}, notes=("field-refused",), off="fields", rule="store"),
    Case(number=120, what="store on the coding endpoint", at="coding", agent=CLI, body=asks("kimi-for-coding", store=False), sent={"store": ABSENT}, off="fields", rule="store"),
)

STREAMS: tuple[Case, ...] = (
    Case(number=103, what="usage in the choice alone", at="usage-choice", body=asks("kimi-k2.5")),
    Case(number=104, what="usage behind the choices alone", at="usage-summary", body=asks(K26)),
    Case(number=106, what="a name in two deltas", at="split-names", body=asks(K26, tools=[offered("browser_open", url={"type": "string"})]), script=turn("think I open it.", 'call browser_open {"url": "a.example"}'), then=Then(text="", calls=(("browser_open", {"url": "a.example"}),))),
    Case(number=106, what="names in two deltas, two calls", at="split-names", body=asks(K26, tools=[READ]), script=turn("think Both.", f"call read {A}", f"call read {B}"), then=Then(text="", calls=(READ_A, READ_B))),
)

SECTION = f"{SB}{written('functions.read:0', A)}{SE}"
MIXED = f'{{"path": "a.py{AB}{{\\"line\\": 3}}"}}'

MARKUP: tuple[Case, ...] = (
    Case(number=107, what="a section inside the thoughts", at="vllm", body=asks(VLLM, tools=[READ]), script=turn("think I read it.", f"leak reasoning {SECTION}"), then=Then(text="", reasoning="I read it.", calls=(READ_A,))),
    Case(number=107, what="thoughts that were never closed", at="vllm-reasoning", body=asks(VLLM, tools=[READ]), script=LOOP, rounds=2, then=Then(calls=(READ_B,))),
    Case(number=109, what="four calls inside the thoughts", at="openrouter", body=asks("moonshotai/kimi-k2-thinking", tools=[READ]), script=turn("think I read all four.", f"leak reasoning {SB}{''.join(written(f'functions.read:{n}', A) for n in range(4))}{SE}"), then=Then(text="", calls=(READ_A,) * 4, finish="tool_calls")),
    Case(number=110, what="no end of the section at the cap", at="dynamo", body=asks(VLLM, tools=[READ]), script=turn("think Both.", f"leak content {SB}{written('functions.read:0', A)}{written('functions.read:1', B)}", "finish length"), then=Then(text="", calls=(READ_A, READ_B), finish="length")),
    Case(number=110, what="the last call is cut", at="dynamo", body=asks(VLLM, tools=[READ]), script=turn("think Both.", f'leak content {SB}{written("functions.read:0", A)}{CB}functions.read:1{AB}{{"pa', "finish length"), then=Then(text="", finish="length", cut=True)),
    Case(number=111, what="the beginning is lost", at="fireworks", body=asks("accounts/fireworks/models/kimi-k2p6-turbo", tools=[REPLY]), script=turn("think I answer.", f'leak content channel_reply:0{AB}{{"text": "Hi."}}{CE}{SE}'), then=Then(text="", calls=(("channel_reply", {"text": "Hi."}),))),
    Case(number=111, what="neither begins or ends", at="fireworks", body=asks("accounts/fireworks/models/kimi-k2p6-turbo", tools=[REPLY]), script=turn("think I answer.", f'leak content channel_reply:0 {AB} {{"text": "Hi."}} {SE}'), then=Then(text="", calls=(("channel_reply", {"text": "Hi."}),))),
    Case(number=111, what="a parser that loses parts", at="fireworks-broken", body=asks("accounts/fireworks/models/kimi-k2p6-turbo", tools=[READ]), script=LOOP, then=Then(calls=(READ_A,))),
    Case(number=113, what="arguments in a string, and no call", at="sglang", body=asks("moonshotai/Kimi-K2-Instruct", tools=[READ]), script=turn(f'leak content {SB}{CB}functions.read:0{AB}"{{\\"path\\": \\"a.py\\"}}"{CE}{SE}', "finish tool_calls"), then=Then(text="", calls=(READ_A,))),
    Case(number=114, what="markup in an argument", at="vllm", body=asks("moonshotai/Kimi-K2.5", tools=[EDIT]), script=turn("think I edit it.", f"call edit {MIXED}"), then=Then(calls=(("edit", {"path": f'a.py{AB}{{"line": 3}}'}),)), notes=("arguments-violate-schema",)),
    Case(number=116, what="a string that never ends", body=asks(K26, tools=[READ]), script=turn("think I read it.", 'call read {"path": "a.p'), then=Then(cut=True, finish="length"), notes=("finish-half-call",)),
    Case(number=116, what="a string that the cap cut", at="vllm-content", body=asks("moonshotai/Kimi-K2.5", tools=[READ]), script=turn("think I read it.", f'call read {{"path": "{"a/" * 40}b.py"}}', "cut 30"), then=Then(cut=True, finish="length")),
)

BROKEN = Then(code="idle_timeout", says="broke off", usage=False)

ENDINGS: tuple[Case, ...] = (
    Case(number=117, what="silence in the middle, once", at="stall-once", body=asks(K26), ways=("whole",), tries=2),
    Case(number=117, what="silence in the middle, always", at="stall", body=asks(K26), script=turn(f"think {LONG}", "say Done."), then=Then(status=502, says="broke off"), tries=3, ways=("whole",)),
    Case(number=117, what="silence in the middle, always", ways=("stream",), at="stall", body=asks(K26), script=turn(f"think {LONG}", "say Done."), then=BROKEN),
    Case(number=118, what="everything but the end, with a call", at="no-end", body=asks(K26, tools=[READ]), script=turn("think I read it.", f"call read {A}"), then=Then(calls=(READ_A,), usage=False), notes=("finish-synthesised",)),
    Case(number=118, what="everything but the end, of a text", ways=("whole",), at="no-end", body=asks(K26), then=Then(status=502, says="broke off"), tries=3),
    Case(number=118, what="everything but the end, of a text", ways=("stream",), at="no-end", body=asks(K26), then=Then(text="Done.", code="idle_timeout", says="broke off", usage=False)),
)

REPLIES: tuple[Case, ...] = (*BUDGETS, *SAMPLING, *STREAMS, *MARKUP, *ENDINGS)
