"""Requests of Messages and Responses through a gateway whose upstream fails in every way there is.

`tests/gateway/test_chaos.py` asks thousands in Chat Completions; here it is about how each dialect ends. Each
request has a mark of its own, and the simulator tells what each try met.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, cast

import msgspec
import pytest

from moonwire.core.messages import Request
from moonwire.exchange.config import Options, Retries
from moonwire.simulator import Settings
from moonwire.transport import Timeouts
from moonwire.wire import anthropic, chat, responses
from tests.gateway.dialects.speaking import SPOKEN, Spoken, events_of
from tests.gateway.load.asking import MARK, Question, question
from tests.gateway.load.schedule import Row, row_of, toml
from tests.gateway.running import Answer, running

Json = dict[str, Any]

REQUESTS: Final = 75
AT_ONCE: Final = 8
PLACES: Final = {
    "platform": Settings(endpoint="platform", seed=1),
    "raw text": Settings(endpoint="vllm", raw="content", seed=2),
}
ENCODE: Final[dict[str, Callable[[Request], Json]]] = {
    "anthropic": anthropic.encode,
    "responses": responses.encode,
}
ENDS: Final = {"message_stop", "error", "response.completed", "response.incomplete", "response.failed"}


@dataclass
class Reading:
    """An answer as its caller reads it."""

    text: str = ""
    calls: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])
    error: Json | None = None
    ends: int = 0
    reason: str = ""


def read(spoken: Spoken, answer: Answer) -> Reading:
    found = Reading()
    if answer.status != 200:
        found.error = spoken.error_of(answer)
        return found
    events: list[Json] = []
    if answer.header("content-type").startswith("text/event-stream"):
        events = events_of(answer)
        found.text = spoken.text(answer)
        found.ends = sum(event["type"] in ENDS for event in events) - any(
            event["type"] == "response.failed" for event in events
        )
        last = events[-1]
        assert last["type"] in ENDS
        found.error = last.get("error") or last.get("response", {}).get("error")
        body = last.get("response") or _gathered(events)
    else:
        body = answer.json()
        found.text, found.ends = spoken.text(answer), 1
    if spoken.name == "anthropic":
        found.reason = body["stop_reason"] or ""
        found.calls = [(one["name"], one["input"]) for one in body["content"] if one["type"] == "tool_use"]
    else:
        details = body["incomplete_details"]
        found.reason = details["reason"] if details else body["status"]
        found.calls = [
            (one["name"], one["arguments"]) for one in body["output"] if one["type"] == "function_call"
        ]
    return found


def _gathered(events: list[Json]) -> Json:
    """The calls and the reason of a stream of Messages."""
    body: Json = {"content": [], "stop_reason": None}
    for event in events:
        if event["type"] == "content_block_start":
            body["content"].append({**event["content_block"], "input": ""})
        elif event["type"] == "content_block_delta" and "partial_json" in event["delta"]:
            body["content"][event["index"]]["input"] += event["delta"]["partial_json"]
        elif event["type"] == "message_delta":
            body |= event["delta"]
    return body


def _city(given: Any) -> Any:
    value: Any = given
    if isinstance(given, str):
        try:
            value = json.loads(given)
        except ValueError:
            return None
    return cast("Json", value).get("city") if isinstance(value, dict) else None


def judged(asked: Question, answer: Answer, spoken: Spoken, faults: list[Row | None]) -> tuple[str, str]:
    """What came of it in a word, and what is wrong with it, if anything is."""
    if answer.cut:
        return "lost", "the answer has no end"
    if set(MARK.findall(answer.body.decode())) - {asked.mark}:
        return "foreign", "it has the words of another answer"
    found = read(spoken, answer)
    want = faults[-1].want if faults[-1] else "right"
    if answer.status != 200:
        assert found.error is not None
        if answer.status == 422:
            return "thoughts only", "" if asked.kind == "short" or want == "filtered" else "the cap was large"
        good = want in ("again", "final", "broken") and found.error["message"]
        return f"error {answer.status}", "" if good else f"a refusal without a reason: {found.error}"
    if found.ends != 1:
        return "wrong", f"{found.ends} ends"
    if found.error is not None:
        begun = asked.text.startswith(found.text) or found.text.startswith("<|")
        # Codex goes by the code of a failed response, and by no status.
        codes = ("context_length_exceeded", "insufficient_quota")
        told = want == "final" and found.error.get("code") in codes
        good = begun and (want == "broken" or told)
        return "broke off", "" if good else f"broke off: {found.error}"
    if want in ("filtered", "doubled") or asked.kind == "short":
        return want if want != "right" else "short", ""
    calls = [(name, _city(given)) for name, given in found.calls]
    if (found.text, calls) != (asked.text, asked.calls):
        return "wrong", f"not the answer: {found}"
    return "right", "" if want == "right" or asked.calls else f"right in spite of {faults[-1]}"


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("spoken", SPOKEN.values(), ids=SPOKEN)
def test_nothing_is_lost_doubled_or_hanging(spoken: Spoken, place: Settings) -> None:
    # With 150 requests of each dialect faults are to come more often than with thousands.
    faults = re.sub(r"(?<=chance = )[\d.]+", lambda rate: f"{3 * float(rate[0]):.4f}", toml(11))
    settings = msgspec.structs.replace(place, faults=faults)
    patient = Options(retries=Retries(base=0.001, longest=0.002, share=1.0, breaker=0), tail=0.2)
    with running(settings, options=patient, timeouts=Timeouts(idle=1.0)) as gateway:

        def ask(number: int) -> tuple[Question, Answer]:
            one = question(number)
            one = Question(one.number, one.kind, one.model.removeprefix("raw-"), one.stream)
            body = ENCODE[spoken.name](chat.decode(json.loads(one.body())))
            return one, gateway.ask(spoken.path, body)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(ask, range(REQUESTS)))
        met: dict[str, list[Row | None]] = {}
        for exchange in gateway.simulator.exchanges:
            mark = MARK.search(str(exchange.request))
            assert mark is not None
            met.setdefault(mark[0], []).append(row_of(exchange.fault) if exchange.fault else None)
        outcomes: Counter[str] = Counter()
        wrong: list[str] = []
        for one, answer in answers:
            outcome, complaint = judged(one, answer, spoken, met[one.mark])
            outcomes[outcome] += 1
            if complaint:
                wrong.append(f"{one}\n  {complaint}\n  {met[one.mark]}\n  {answer.body[-600:].decode()}")
        print(outcomes)
        assert not wrong, "\n".join(wrong)
        assert outcomes["right"] > REQUESTS / 2
        assert b"moonwire_requests_running 0.0" in gateway.ask("/metrics").body
