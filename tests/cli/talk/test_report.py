"""A turn as data."""

import json

from moonwire.agent import AgentEvent, Result, StepStarted, ToolDone, ToolStarted, Turn, TurnDone, Warned
from moonwire.cli.jsontext import dumps
from moonwire.cli.talk.report import Report, line
from moonwire.client import BrokenOff, Tokens, WrongForm
from moonwire.core.errors import Auth
from moonwire.core.events import Finish, Start, Text
from moonwire.core.messages import Image, ToolCall
from tests.cli.talk.samples import completion

CALL = ToolCall(id="f_0", name="f", arguments='{"a": 1}')
BROKEN = ToolCall(id="f_1", name="f", arguments="{nope")
TURN = Turn(
    completion=completion(value=[1]), steps=2, stopped="done", usage=Tokens(input=10, output=5), cost=0.5
)

LINES: list[tuple[AgentEvent, dict[str, object] | None]] = [
    (StepStarted(1), {"event": "StepStarted", "number": 1}),
    (Text("hi"), {"event": "Text", "text": "hi"}),
    (Start(id="x"), {"event": "Start", "id": "x", "model": "", "created": 0}),
    (Finish("stop"), {"event": "Finish", "reason": "stop"}),
    (ToolStarted(CALL), {"event": "ToolStarted", "id": "f_0", "name": "f", "arguments": {"a": 1}}),
    (ToolStarted(BROKEN), {"event": "ToolStarted", "id": "f_1", "name": "f", "arguments": "{nope"}),
    (Warned("x"), {"event": "Warned", "reason": "x"}),
    (TurnDone(TURN), None),
]


def test_every_event_is_a_line() -> None:
    assert [line(event) for event, _ in LINES] == [said for _, said in LINES]
    pictured = line(ToolDone(Result(call=CALL, content=(Image(url="data:,"),))))
    assert pictured is not None and json.loads(dumps(pictured))["result"] == ""


def report() -> Report:
    found = Report("kimi-k3", simulated=True)
    for event in (
        StepStarted(1),
        Text("a"),
        ToolDone(Result(call=CALL, content="3")),
        StepStarted(2),
        Text("b"),
    ):
        found.feed(event)
    return found


def test_a_turn_that_is_done() -> None:
    found = report()
    found.feed(TurnDone(TURN))
    assert found.turn is TURN
    said = json.loads(dumps(found.done(TURN)))
    assert (said["text"], said["reasoning"], said["value"], said["stopped"]) == ("hello", "hm", [1], "done")
    assert (said["finish"], said["steps"], said["cost"], said["simulated"]) == ("stop", 2, 0.5, True)
    assert said["usage"] == {"input": 10, "cached": 0, "output": 5, "reasoning": 0}
    assert said["calls"] == [{"id": "f_0", "name": "f", "arguments": {"a": 1}, "ok": True, "result": "3"}]
    assert said["notes"] == [{"code": "made-up", "reason": "for a test"}]
    assert "error" not in said
    wrong = found.done(TURN, "not so")
    assert (wrong["stopped"], wrong["error"]["message"]) == ("wrong-form", "not so")


def test_a_turn_that_failed() -> None:
    said = report().failed(Auth("no", remedy="log in"), Tokens(input=1), None)
    assert (said["text"], said["finish"], said["stopped"], said["cost"]) == ("b", None, "error", None)
    assert said["error"] == {"kind": "Auth", "message": "no", "path": "", "remedy": "log in"}
    broken = report().failed(BrokenOff("cut", completion("half")), Tokens(), 0.0)
    assert (broken["text"], broken["stopped"]) == ("half", "error")
    assert report().failed(WrongForm("no", completion("half")), Tokens(), 0.0)["stopped"] == "wrong-form"
