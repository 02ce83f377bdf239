"""What a case of an incident is, how the broken client of it behaves, and what has to come of it."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal

import msgspec

from moonwire.simulator import Exchange
from tests.gateway.incidents.heard import Heard, hear, hear_items, hear_messages
from tests.gateway.incidents.serving import Served
from tests.incidents.bodies import result, user
from tests.incidents.rows import differences

__all__ = [
    "CHAT",
    "DONE",
    "FREE",
    "ITEMS",
    "MESSAGES",
    "SAID",
    "TASK",
    "UNTOLD",
    "Case",
    "Then",
    "Way",
    "check",
    "scripted",
]

Body = dict[str, Any]
Way = Literal["stream", "whole"]
Edit = Callable[[list[Body]], list[Body]]

TASK: Final = "TASK"
"""Stands in bodies for a text that no other case has: conversations do not meet, and scripts know theirs."""
FREE: Final = ""
DONE: Final = "turn\nthink So it is.\nsay Done.\n" * 16
CHAT: Final = "/v1/chat/completions"
MESSAGES: Final = "/v1/messages"
ITEMS: Final = "/v1/responses"
MARKUP: Final = re.compile(r"<\|[a-z_]+\|>|</?think>")
CANONICAL: Final = re.compile(r"functions\.(.+):(\d+)")
REASONS: Final = frozenset({"stop", "length", "tool_calls", "content_filter"})


class Then(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller has to get. What is not set is not looked at."""

    text: str | re.Pattern[str] | None = None
    calls: tuple[tuple[str, Body], ...] | None = None
    """Names and arguments, in order."""
    reasoning: str | None = None
    finish: str = ""
    status: int = 200
    code: str = ""
    type: str = ""
    says: str = ""
    """Words of the error, whatever their case."""
    wait: str = ""
    """The header `retry-after`."""
    cut: bool = False
    """Whether a call may be cut: then its arguments are no JSON, and the reason is not `tool_calls`."""
    usage: bool | None = True
    """Whether it has to be there; none: a whole answer of a server that nobody knows may be without."""


SAID: Final = Then(text="Done.", calls=())
UNTOLD: Final = Then(text="Done.", calls=(), usage=None)
"""The same of a server that nobody knows: it is not asked for usage."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One client of one incident. With the script `FREE` the simulated model answers by itself."""

    number: int
    what: str
    at: str = "platform"
    body: Body
    path: str = CHAT
    script: str = DONE
    rounds: int = 1
    """How many requests the client makes; it runs the calls, and goes on where there are none."""
    edit: Edit = list
    """What the client makes of its history before each further request."""
    agent: str = ""
    ways: tuple[Way, ...] = ("stream", "whole")
    then: Then = SAID
    streamed: Then | None = None
    """The same for a stream, where it is not the same."""
    sent: Mapping[str, Any] = {}
    """Fields of the last body that the endpoint got, by path."""
    headers: Mapping[str, str] = {}
    """Headers of the last request that the endpoint got."""
    own: bool = False
    """Whether the endpoint has to see each turn's own reasoning again."""
    ids: Literal["", "canonical", "unique"] = ""
    """What the calls' ids are like in the last body."""
    notes: tuple[str, ...] = ()
    """Codes in the header of the last answer."""
    refused: tuple[str, ...] = ()
    """The rules that refused on the way, each once."""
    tries: int | None = None
    """How many requests the endpoint got; without, one for each round and each of `refused`."""
    off: str = ""
    """The pass without which the case goes wrong."""
    rule: str = ""
    """The rule that refuses then; empty: another thing goes wrong."""

    @property
    def name(self) -> str:
        """The case in a test's name."""
        return f"{self.number} {self.what}"

    def wanted(self, way: Way) -> Then:
        """What the last answer has to be."""
        return self.streamed if way == "stream" and self.streamed is not None else self.then


def scripted(cases: Iterable[Case]) -> str:
    """The script of the place where these cases are."""
    known = {_key(case): case.script for case in cases if case.script != FREE}
    return "\n".join(f'script when "{key}"\n{script}' for key, script in known.items())


def _key(case: Case) -> str:
    return f"[{case.number} {case.what.replace(chr(34), chr(39))}]"


def check(case: Case, served: Served, way: Way) -> None:
    """The client's requests one after the other; raises where something is not as it has to be."""
    simulator = served.simulator
    before = len(simulator.exchanges)
    key = f"{case.name} {way} {case.off}".encode("ascii", "replace").decode()
    field = "input" if case.path == ITEMS else "messages"
    history: list[Body] = json.loads(json.dumps(case.body[field]).replace(TASK, _key(case)))
    heard: list[Heard] = []
    for number in range(case.rounds):
        messages = list(history) if not number else case.edit(json.loads(json.dumps(history)))
        body = {**case.body, field: messages}
        if way == "stream":
            body |= {"stream": True}
            if case.path == CHAT:
                body |= {"stream_options": {"include_usage": True}}
        answer = served.ask(case.path, body, key=key, agent=case.agent)
        last = number == case.rounds - 1
        wanted = case.wanted(way) if last else Then(usage=case.then.usage)
        if case.path not in HEARD or answer.status != 200:
            _is_plain(answer.status, answer.json(), answer.header("retry-after"), wanted)
            _was_told(case, answer.header("moonwire-notes"))
            continue
        one = HEARD[case.path](answer)
        _is_right(one, wanted)
        heard.append(one)
        if last:
            _was_told(case, one.notes)
        history += [*(one.back or [one.message]), *RESULTS[case.path](one)]
    got = simulator.exchanges[before:]
    refused = [exchange.rule for exchange in got if exchange.rule]
    assert refused == list(case.refused)
    wanted_tries = case.rounds + len(case.refused) if case.tries is None else case.tries
    assert len(got) == wanted_tries, [exchange.fault or exchange.rule for exchange in got]
    if got:
        _was_sent(case, got[-1], heard)


def _results(one: Heard) -> list[Body]:
    calls = one.message.get("tool_calls", ())
    return [result(call["id"], f"{call['function']['name']} ok") for call in calls] or [user()]


def _in_one_message(one: Heard) -> list[Body]:
    blocks = [
        {"type": "tool_result", "tool_use_id": call["id"], "content": f"{call['function']['name']} ok"}
        for call in one.message.get("tool_calls", ())
    ]
    return [user(blocks or "Go on.")]


def _as_items(one: Heard) -> list[Body]:
    items = [
        {"type": "function_call_output", "call_id": call["id"], "output": f"{call['function']['name']} ok"}
        for call in one.message.get("tool_calls", ())
    ]
    return items or [user()]


HEARD: Final = {CHAT: hear, MESSAGES: hear_messages, ITEMS: hear_items}
RESULTS: Final = {CHAT: _results, MESSAGES: _in_one_message, ITEMS: _as_items}


def _was_told(case: Case, notes: str) -> None:
    missing = [code for code in case.notes if code not in notes]
    assert not missing, f"{missing} are not among {notes}"


# -- what the caller gets ------------------------------------------------------------------------------


def _is_plain(status: int, body: Any, wait: str, wanted: Then) -> None:
    assert status == wanted.status, body
    if status == 200:
        return
    error = body["error"]
    if wanted.code:
        assert error.get("code") == wanted.code, error
    if wanted.type:
        assert error.get("type") == wanted.type, error
    assert wanted.says.lower() in error["message"].lower(), error
    if wanted.wait:
        assert wait == wanted.wait


def _is_right(one: Heard, wanted: Then) -> None:
    if one.error is not None:
        assert wanted.code or wanted.type or wanted.says, one.error
        _is_plain(wanted.status, {"error": one.error}, "", wanted)
        if wanted.status == 200:
            assert not wanted.code or one.error.get("code") == wanted.code, one.error
            assert wanted.says.lower() in one.error["message"].lower(), one.error
    else:
        assert wanted.status == 200, f"{wanted.status} was to come, and {one.message} came"
        assert not wanted.code, one.message
        assert one.finish in REASONS
        assert wanted.usage is None or (one.usage is not None) is wanted.usage, "usage is wrong"
    assert not MARKUP.search(one.text + one.reasoning), one.message
    if isinstance(wanted.text, re.Pattern):
        assert wanted.text.fullmatch(one.text), one.text
    elif wanted.text is not None:
        assert one.text == wanted.text
    assert wanted.reasoning is None or one.reasoning == wanted.reasoning
    assert not wanted.finish or one.finish == wanted.finish, one.message
    _has_calls(one, wanted)


def _has_calls(one: Heard, wanted: Then) -> None:
    calls = one.message.get("tool_calls", [])
    ids = [call["id"] for call in calls]
    assert len(set(ids)) == len(ids)
    assert all(ids)
    if wanted.cut:
        assert one.finish != "tool_calls"
        return
    found = [(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in calls]
    assert all(isinstance(arguments, dict) for _, arguments in found)
    assert wanted.calls is None or found == list(wanted.calls), found
    if calls and one.error is None:
        assert one.finish == (wanted.finish or "tool_calls")


# -- what the endpoint got -----------------------------------------------------------------------------


def _was_sent(case: Case, exchange: Exchange, heard: list[Heard]) -> None:
    body = exchange.request
    assert differences(body, case.sent) == {}
    for name, value in case.headers.items():
        assert exchange.request_headers.get(name) == value
    if case.own:
        turns = [message for message in body["messages"] if message["role"] == "assistant"]
        said = [one.reasoning for one in heard[:-1]][-len(turns) :]
        assert said
        assert all(said), "the model was to think"
        fields = ("reasoning_content", "reasoning")
        turns = turns[-len(said) :]
        seen = [next((turn[field] for field in fields if field in turn), None) for turn in turns]
        assert seen == said
    if case.ids:
        _has_ids(case.ids, body["messages"])


def _has_ids(kind: str, messages: list[Body]) -> None:
    calls = [call for message in messages for call in message.get("tool_calls") or ()]
    ids = [call["id"] for call in calls]
    assert calls
    assert len(set(ids)) == len(ids)
    assert [message["tool_call_id"] for message in messages if message["role"] == "tool"] == ids
    if kind == "canonical":
        assert ids == [f"functions.{call['function']['name']}:{n}" for n, call in enumerate(calls)]
