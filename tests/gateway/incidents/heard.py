"""What a client makes of an answer: the events of a stream put together, or the one body."""

import json
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from tests.gateway.running import Answer

__all__ = ["Heard", "hear", "hear_items", "hear_messages"]

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
    back: list[Body] = []
    """What the client keeps of the answer and sends back, where that is not `message`."""

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


# -- the other dialects --------------------------------------------------------------------------------


def _events(answer: "Answer") -> list[Body]:
    lines = answer.body.decode().splitlines()
    return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]


def _call(identity: str, name: str, arguments: str) -> Body:
    return {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}


def _message(thoughts: list[str], texts: list[str], calls: list[Body]) -> Body:
    """A message as Chat Completions has it."""
    message: Body = {"role": "assistant", "content": "".join(texts) if texts else None}
    if thoughts:
        message["reasoning_content"] = "".join(thoughts)
    return {**message, "tool_calls": calls} if calls else message


_STOPS = {"end_turn": "stop", "tool_use": "tool_calls", "max_tokens": "length", "refusal": "content_filter"}


def hear_messages(answer: "Answer") -> Heard:
    """An answer of Messages."""
    if not answer.header("content-type").startswith("text/event-stream"):
        return _of_messages(answer.json())
    body: Body = {"content": []}
    pieces: list[str] = []
    for event in _events(answer):
        match event["type"]:
            case "content_block_start":
                assert event["index"] == len(body["content"])
                body["content"].append(event["content_block"])
                pieces = []
            case "content_block_delta":
                delta = event["delta"]
                name = {"thinking_delta": "thinking", "text_delta": "text", "signature_delta": "signature"}
                if delta["type"] == "input_json_delta":
                    pieces.append(delta["partial_json"])
                else:
                    body["content"][-1][name[delta["type"]]] += delta[name[delta["type"]]]
            case "content_block_stop":
                if pieces:
                    body["content"][-1]["input"] = json.loads("".join(pieces))
            case "message_delta":
                body |= {**event["delta"], "usage": event["usage"], "moonwire": event.get("moonwire", {})}
            case "error":
                return Heard(error=event["error"])
            case kind:
                assert kind in ("message_start", "message_stop", "ping")
    return _of_messages(body)


def _of_messages(body: Body) -> Heard:
    blocks: list[Body] = body["content"]
    thoughts = [block["thinking"] for block in blocks if block["type"] == "thinking"]
    texts = [block["text"] for block in blocks if block["type"] == "text"]
    calls = [
        _call(block["id"], block["name"], json.dumps(block["input"]))
        for block in blocks
        if block["type"] == "tool_use"
    ]
    return Heard(
        message=_message(thoughts, texts, calls),
        finish=_STOPS[body["stop_reason"]],
        usage=body.get("usage"),
        notes=_codes(body),
        back=[{"role": "assistant", "content": blocks}],
    )


def hear_items(answer: "Answer") -> Heard:
    """An answer of Responses."""
    if not answer.header("content-type").startswith("text/event-stream"):
        return _of_items(answer.json())
    last = _events(answer)[-1]
    assert last["type"] in ("response.completed", "response.incomplete", "response.failed")
    return _of_items({"moonwire": last.get("moonwire", {}), **last["response"]})


def _of_items(body: Body) -> Heard:
    if body["error"] is not None:
        return Heard(error=body["error"])
    items: list[Body] = body["output"]
    thoughts = [part["text"] for item in items for part in item.get("summary", ())]
    texts = [part["text"] for item in items for part in item.get("content") or ()]
    calls = [
        _call(item["call_id"], item.get("name") or item["type"], _arguments(item))
        for item in items
        if item["type"].endswith("_call")
    ]
    finish = "tool_calls" if calls else "stop"
    if body["incomplete_details"]:
        reason = body["incomplete_details"]["reason"]
        finish = "length" if reason == "max_output_tokens" else reason
    return Heard(
        message=_message(thoughts, texts, calls),
        finish=finish,
        usage=body["usage"],
        notes=_codes(body),
        back=items,
    )


def _arguments(item: Body) -> str:
    arguments = item["arguments"]
    return arguments if isinstance(arguments, str) else json.dumps(arguments)
