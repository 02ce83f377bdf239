"""What a client makes of an answer: the events of a stream put together, or the one body."""

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from tests.gateway.running import Answer

__all__ = ["Heard", "hear"]

Body = dict[str, Any]


class Heard(msgspec.Struct, kw_only=True):
    """The assistant's message, the reason, and the rest."""

    message: Body = {}
    finish: str = ""
    usage: Any = None
    error: Any = None
    deltas: list[Body] = []
    notes: str = ""
    """The codes of what was done, as the end of the answer tells them."""

    @property
    def text(self) -> str:
        """The visible answer."""
        return self.message.get("content") or ""

    @property
    def reasoning(self) -> str:
        """The thoughts."""
        return self.message.get("reasoning_content") or ""


def hear(answer: "Answer") -> Heard:
    """The answer as a careful client reads it; raises where a stream is not as it has to be."""
    is_stream = answer.header("content-type").startswith("text/event-stream")
    return _streamed(answer) if is_stream else _whole(answer.json())


def _whole(body: Body) -> Heard:
    (choice,) = body["choices"]
    message = {key: value for key, value in choice["message"].items() if key != "refusal"}
    return Heard(message=message, finish=choice["finish_reason"], usage=body.get("usage"), notes=_codes(body))


def _streamed(answer: "Answer") -> Heard:
    events = answer.frames
    heard = Heard(message={"role": "assistant", "content": None}, deltas=[])
    reasons: list[str] = []
    usages: list[Any] = []
    for event in events:
        if "error" in event:
            assert event is events[-1], "an error is the last word"
            heard.error = event["error"]
            continue
        heard.notes += _codes(event)
        if not event["choices"]:
            usages.append(event["usage"])
        for choice in event["choices"]:
            heard.deltas.append(choice["delta"])
            _add(heard.message, choice["delta"])
            if choice.get("finish_reason"):
                reasons.append(choice["finish_reason"])
    assert len(reasons) == (0 if heard.error else 1), "one reason, or an error"
    assert len(usages) <= 1
    heard.finish = reasons[0] if reasons else ""
    heard.usage = usages[0] if usages else None
    return heard


def _add(message: Body, delta: Body) -> None:
    for field in ("content", "reasoning_content"):
        if delta.get(field) is not None:
            message[field] = (message.get(field) or "") + delta[field]
    for piece in delta.get("tool_calls") or ():
        calls = message.setdefault("tool_calls", [])
        if piece["index"] == len(calls):
            function = {"name": piece["function"]["name"], "arguments": ""}
            calls.append({"id": piece["id"], "type": "function", "function": function})
        calls[piece["index"]]["function"]["arguments"] += piece["function"].get("arguments") or ""


def _codes(body: Body) -> str:
    return " ".join(note["code"] for note in body.get("moonwire", {}).get("notes", ()))
