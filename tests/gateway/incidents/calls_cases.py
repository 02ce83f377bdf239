"""Incidents of tool-call ids, and of calls and results that do not stand together."""

import uuid

from moonwire.core.passes.pairing import MISSING_RESULT
from tests.core.rawtext.marks import AB, CB, CE, SB, SE
from tests.gateway.incidents.clients import (
    LOOP,
    alphanumeric,
    asks,
    both,
    drops,
    every_id,
    id_per_turn,
    last_turns,
)
from tests.gateway.incidents.rows import DONE, FREE, TASK, Case, Then
from tests.incidents.bodies import READ, assistant, call, called, offered, result, user
from tests.incidents.rows import ABSENT, Same

__all__ = ["CALLS"]

FIX = user(f"{TASK} Fix a.py")
FIRST, FIRST_RESULT = "messages.1.tool_calls.0.id", "messages.2.tool_call_id"
BASH = offered("Bash", command={"type": "string"})
EXEC = offered("exec", command={"type": "string"})
LS = offered("list_dir", path={"type": "string"})
WEATHER = offered("get_weather", city={"type": "string"})
UPPER = offered("Read", path={"type": "string"})
COUNT = "/v1/tokenizers/estimate-token-count"
SECOND = Then(calls=(("read", {"path": "b.py"}),))


def loop(name: str, *arguments: str) -> str:
    """A loop of one call a turn."""
    return "".join(f"turn\nthink I do the next one.\ncall {name} {one}\n" for one in arguments) + "turn\nthink So.\nsay Done.\n"


def letters(identity: str, name: str, number: int) -> str:
    return f"functions{name}{number}"


def underscored(identity: str, name: str, number: int) -> str:
    return f"functions_{name}_{number}"


def random_uuid(identity: str, name: str, number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, identity))


IDS: tuple[Case, ...] = (
    Case(number=42, what="letters and digits alone", at="vllm", body=asks("moonshotai/Kimi-K2.5", called(call("functionsread0"), reasoning="I read."), result("functionsread0"), user("Call read for b.py."), tools=[READ]), script=FREE, then=Then(finish="tool_calls"), sent={FIRST: "functions.read:0", FIRST_RESULT: "functions.read:0"}, ids="canonical"),
    Case(number=42, what="a sanitiser over a whole loop", at="vllm", body=asks("moonshotai/Kimi-K2.5", tools=[READ]), script=LOOP, rounds=3, edit=every_id(letters), ids="canonical", off="ids"),
    Case(number=42, what="a sanitiser over the ids that moonwire gave", body=asks("kimi-k2.6", tools=[READ]), script=LOOP, rounds=3, edit=both(drops, every_id(alphanumeric)), ids="canonical", own=True),
    Case(number=43, what="functions_Read_0 on K2.7-Code", at="vllm", body=asks("moonshotai/Kimi-K2.7-Code", {"role": "system", "content": "You write code."}, user(f"{TASK} Read a.py"), called(call("functions_Read_0", "Read"), reasoning="I read it."), result("functions_Read_0"), user("Call Read for b.py."), tools=[UPPER], temperature=0), script=FREE, then=Then(finish="tool_calls"), sent={"messages.2.tool_calls.0.id": "functions.Read:0", "temperature": 0}, ids="canonical", off="ids"),
    Case(number=44, what="in: sanitised ids, out: an id that imitates them", at="vllm", body=asks("moonshotai/Kimi-K2.5", called(call("functions_get_weather_0", "get_weather", '{"city": "Oslo"}')), result("functions_get_weather_0"), user("And in Paris?"), tools=[WEATHER]), script=f'turn\nturn\nthink Paris now.\nleak content {SB}{CB}functions_get_weather_1{AB}{{"city": "Paris"}}{CE}{SE}\n', then=Then(text="", calls=(("get_weather", {"city": "Paris"}),)), ids="canonical"),
    Case(number=46, what="a header that lost its marks", at="sglang", body=asks("moonshotai/Kimi-K2.5", called(call("functionsexec4", "exec", "{}")), result("functionsexec4"), user(), tools=[EXEC]), script=f'turn\nturn\nthink I run it.\nleak content I run it.{SB}{CB}functionsexec5{AB}{{"command": "ls"}}{CE}{SE}\n', then=Then(text="I run it.", calls=(("exec", {"command": "ls"}),)), ids="canonical"),
    Case(number=47, what="a number that restarts every turn", at="sglang", body=asks("moonshotai/Kimi-K2-Instruct", tools=[READ]), script=LOOP, rounds=3, edit=id_per_turn("functions.{name}:{place}"), ids="canonical", off="ids"),
    Case(number=48, what="a windowed history of K3", at="sglang-colon", body=asks("moonshotai/Kimi-K3", tools=[BASH]), script=loop("Bash", '{"command": "ls"}', '{"command": "pwd"}'), rounds=4, edit=both(drops, last_turns(1)), then=Then(calls=(("Bash", {"command": "pwd"}),)), ids="unique"),
    Case(number=50, what="one id for three calls", at="fireworks", body=asks("accounts/fireworks/models/kimi-k3", tools=[LS]), script=loop("list_dir", '{"path": "a"}', '{"path": "b"}', '{"path": "c"}'), rounds=4, ids="unique"),
    Case(number=50, what="a client that kept the endpoint's own ids", at="fireworks", body=asks("accounts/fireworks/models/kimi-k3", *(one for path in "abc" for one in (called(call("list_dir:0", "list_dir", f'{{"path": "{path}"}}')), result("list_dir:0", path))), tools=[LS]), sent={FIRST: "list_dir:0", "messages.4.content": "b", "messages.6.content": "c"}, ids="unique", off="ids"),
    Case(number=51, what="Bash:0 and Bash:0", body=asks("kimi-k3", tools=[BASH]), script=loop("Bash", '{"command": "ls"}', '{"command": "pwd"}'), rounds=3, edit=id_per_turn("{name}:{place}"), ids="unique", off="ids", rule="call-id-twice"),
    Case(number=53, what="a server that gives UUIDs", at="vllm-uuid", body=asks("moonshotai/Kimi-K2.5", tools=[READ]), script=LOOP, rounds=3, ids="canonical"),
    Case(number=53, what="a client that makes UUIDs", at="vllm", body=asks("moonshotai/Kimi-K2.5", tools=[READ]), script=LOOP, rounds=3, edit=every_id(random_uuid), ids="canonical", off="ids"),
    Case(number=54, what="two calls in one section, and UUIDs back", at="vllm-content", body=asks("moonshotai/Kimi-K2.5", tools=[READ, WEATHER]), script='turn\nthink Both.\ncall read {"path": "a.py"}\ncall get_weather {"city": "Oslo"}\n' + DONE, rounds=2, edit=every_id(random_uuid), ids="canonical"),
    Case(number=54, what="what the two calls are", at="vllm-content", body=asks("moonshotai/Kimi-K2.5", tools=[READ, WEATHER]), script='turn\nthink Both.\ncall read {"path": "a.py"}\ncall get_weather {"city": "Oslo"}\n', then=Then(text="", calls=(("read", {"path": "a.py"}), ("get_weather", {"city": "Oslo"})))),
    Case(number=55, what="one id twice in one turn", body=asks("kimi-k3", called(call("write:7", "write", '{"to": "a"}'), call("write:7", "write", '{"to": "b"}'), reasoning_content="Both."), result("write:7", "wrote a"), result("write:7", "wrote b"), tools=[offered("write", to={"type": "string"})]), sent={FIRST: "write:7", "messages.2.content": "wrote a", "messages.3.content": "wrote b"}, ids="unique"),
    Case(number=55, what="one id in two turns", body=asks("kimi-k2.6", called("write:7"), result("write:7", "a"), called("write:7"), result("write:7", "b"), tools=[READ]), sent={"messages.4.content": "b"}, ids="canonical", off="ids", rule="call-id-twice"),
    Case(number=57, what="native ids twice", body=asks("kimi-k2.6", called("functions.read:0"), result("functions.read:0", "first"), called("functions.read:0"), result("functions.read:0", "second"), tools=[READ]), sent={FIRST: "functions.read:0", "messages.2.content": "first", "messages.4.content": "second"}, ids="canonical", off="ids", rule="call-id-twice"),
    Case(number=57, what="native ids twice, and again with each request", body=asks("kimi-k3", tools=[READ]), script=LOOP, rounds=3, edit=every_id(lambda identity, name, number: "functions.read:0"), ids="unique", off="ids", rule="call-id-twice"),
)

SHELL = offered("Shell", command={"type": "string"})

PAIRS: tuple[Case, ...] = (
    Case(number=58, what="a result without an id behind a summary", body=asks("kimi-k2.6", FIX, user("[Summary] b.py was written."), result(""), user(), tools=[READ]), sent={"messages.2": user()}, notes=("result-orphan",), off="pairing", rule="result-orphan"),
    Case(number=58, what="half a batch behind a summary", at="coding", agent="KimiCLI/1.0", body=asks("kimi-for-coding", FIX, result(""), result("Shell:4"), called(call("Shell:5", "Shell")), result("Shell:5"), tools=[SHELL]), sent={"messages.1.role": "assistant", "messages.2.role": "tool", "messages.3": ABSENT}, notes=("result-orphan",), off="pairing", rule="result-orphan"),
    Case(number=60, what="an interrupted call", body=asks("kimi-k2.6", called(call("Shell:58", "Shell")), user("Stop that."), tools=[SHELL]), sent={FIRST_RESULT: Same(FIRST), "messages.2.content": MISSING_RESULT, "messages.3": user("Stop that.")}, notes=("result-missing",), off="pairing", rule="call-unanswered"),
    Case(number=60, what="one of two calls has no result", body=asks("kimi-k2.6", called("a", "b"), result("a"), tools=[READ]), sent={"messages.3.content": MISSING_RESULT}, ids="canonical", off="pairing", rule="call-unanswered"),
    Case(number=61, what="a call, the user, the result", body=asks("kimi-k2.6", called("read:0"), user("Wait."), result("read:0"), user(), tools=[READ]), sent={"messages.2.content": "1 line", "messages.3": user("Wait.")}, ids="canonical", notes=("result-moved",), off="pairing", rule="result-orphan"),
    Case(number=62, what="counting a broken history", path=COUNT, ways=("whole",), body=asks("kimi-k2.6", assistant("I look."), called("read:0", "read:1"), result("read:0")), sent={"messages.4.content": MISSING_RESULT}, off="pairing", rule="call-unanswered"),
)

CALLS: tuple[Case, ...] = (*IDS, *PAIRS)
