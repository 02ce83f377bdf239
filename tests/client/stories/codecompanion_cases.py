"""Rows of codecompanion's Kimi adapter: what it is given, what the endpoint receives, what comes of it."""

from collections.abc import Callable
from typing import Any

from moonwire.client import Completion
from tests.client.asked import WEATHER

__all__ = ["MERGED", "PICTURE", "PROPOSED"]

Body = dict[str, Any]
Row = tuple[str, Any, Body, Body, Body, list[str], Callable[[Completion[Any]], bool]]

K3, CODE, K26, K25 = "kimi-k3", "kimi-k2.7-code", "kimi-k2.6", "kimi-k2.5"
ON, KEPT, OFF = {"type": "enabled"}, {"type": "enabled", "keep": "all"}, {"type": "disabled"}

PICTURE: Body = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgoA"}}
CALL: Body = {"id": "x", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Rome"}'}}
CALLED: Body = {"role": "assistant", "tool_calls": [CALL]}
RESULT: Body = {"role": "tool", "tool_call_id": "x", "content": "18 degrees"}


def system(text: str) -> Body:
    return {"role": "system", "content": text}


def user(text: Any) -> Body:
    return {"role": "user", "content": text}


def assistant(text: Any, **more: Any) -> Body:
    return {"role": "assistant", "content": text, **more}


def side_by_side(body: Body) -> None:
    """The adapter's merging, as a hook: what one role says in a row becomes one message."""
    merged: list[Body] = []
    for message in body["messages"]:
        last = merged[-1] if merged else {}
        texts = isinstance(last.get("content"), str) and isinstance(message.get("content"), str)
        if texts and last["role"] == message["role"] in ("system", "user", "assistant"):
            merged[-1] = {**last, "content": f"{last['content']}\n\n{message['content']}"}
        else:
            merged.append(message)
    body["messages"] = merged


def ok(done: Completion[Any]) -> bool:
    return done.text == "OK" and done.finish == "stop"


def thought(done: Completion[Any]) -> bool:
    return ok(done) and bool(done.reasoning)


def silent(done: Completion[Any]) -> bool:
    return ok(done) and done.reasoning is None


def spoke(done: Completion[Any]) -> bool:
    return bool(done.text) and done.finish == "stop"


def called(done: Completion[Any]) -> bool:
    return [call.name for call in done.calls] == ["get_weather"] and done.finish == "tool_calls"


SAY = 'Say "OK".'
TALK = [system("a"), system("b"), user("c"), user(SAY)]

# the model, the messages, what the client is told, what the call says, what the endpoint received, the notes, what came
PROPOSED: dict[str, Row] = {
    "K2.5 thinks by itself": (K25, SAY, {}, {}, {"thinking": None}, [], thought),
    "think": (K25, SAY, {"thinking": True}, {}, {"thinking": ON}, [], thought),
    "do not think": (K25, SAY, {"thinking": False}, {}, {"thinking": OFF}, [], silent),
    "do not think, this once": (K25, SAY, {"thinking": True}, {"thinking": False}, {"thinking": OFF}, [], silent),
    "K2 thinking thinks": ("kimi-k2-thinking", SAY, {}, {}, {"thinking": None}, [], thought),
    "temperature 1 and top_p .95 are what it is held at": (K25, SAY, {"defaults": {"temperature": 1, "top_p": 0.95}}, {}, {"temperature": None, "top_p": None}, ["sampling-fixed", "sampling-fixed"], ok),
    "empty reasoning beside calls": (K25, [user("Weather?"), {**CALLED, "reasoning_content": ""}, RESULT], {}, {"tools": [WEATHER]}, {}, ["reasoning-filler", "id-canonical"], spoke),
    "messages side by side are taken": (K25, TALK, {}, {}, {"messages": TALK}, [], ok),
    "messages side by side, merged by a hook": (K25, TALK, {"hooks": [side_by_side]}, {}, {"messages": [system("a\n\nb"), user(f"c\n\n{SAY}")]}, [], ok),
    "tools": (K25, "How is the weather in Rome?", {}, {"tools": [WEATHER]}, {"tools": [WEATHER]}, [], called),
    "vision": (K25, [user([PICTURE, {"type": "text", "text": SAY}])], {}, {}, {"messages": [user([PICTURE, {"type": "text", "text": SAY}])]}, [], ok),
}

MERGED: dict[str, Row] = {
    "K2.7 thinks by itself": (CODE, SAY, {}, {}, {"thinking": None}, [], thought),
    "thinking is on": (CODE, SAY, {"thinking": True}, {}, {"thinking": ON}, [], thought),
    "K2.7 is never off": (CODE, SAY, {"thinking": False}, {}, {"thinking": ON}, ["!thinking-stays-on", "thinking-respelled"], thought),
    "the fast one too": ("kimi-k2.7-code-highspeed", SAY, {}, {}, {"thinking": None}, [], thought),
    "K3's effort is max": (K3, SAY, {}, {"reasoning_effort": "max"}, {"reasoning_effort": "max", "thinking": None}, [], thought),
    "K3 without an effort": (K3, SAY, {}, {}, {"reasoning_effort": None, "thinking": None}, [], thought),
    "an effort is for K3 alone": (CODE, SAY, {}, {"reasoning_effort": "max"}, {"reasoning_effort": None}, ["!effort-ignored", "thinking-respelled"], thought),
    "no sampling and no cap": (CODE, SAY, {}, {}, {"temperature": None, "top_p": None, "max_completion_tokens": 32_768}, [], ok),
    "messages side by side are taken": (CODE, TALK, {}, {}, {"messages": TALK}, [], ok),
    "messages side by side, merged by a hook": (K3, TALK, {"hooks": [side_by_side]}, {}, {"messages": [system("a\n\nb"), user(f"c\n\n{SAY}")]}, [], ok),
    "content that is missing": (CODE, [user("c"), {"role": "assistant"}, user(SAY)], {}, {}, {"messages": [user("c"), user(SAY)]}, ["assistant-empty"], ok),
    "content that is empty": (CODE, [user("c"), assistant(""), user(SAY)], {}, {}, {"messages": [user("c"), user(SAY)]}, ["assistant-empty"], ok),
    "reasoning that was captured": (K26, [user("c"), assistant("d", reasoning_content="hm"), user(SAY)], {}, {}, {"messages": [user("c"), assistant("d", reasoning_content="hm"), user(SAY)], "thinking": KEPT}, [], ok),
    "reasoning that was not": (CODE, [user("Weather?"), CALLED, RESULT], {}, {"tools": [WEATHER]}, {}, ["reasoning-filler", "id-canonical"], spoke),
    "tools": (CODE, "How is the weather in Rome?", {}, {"tools": [WEATHER]}, {"tools": [WEATHER]}, [], called),
    "a tool's result": (K3, [user("Weather?"), {**CALLED, "reasoning_content": "hm"}, RESULT], {}, {"tools": [WEATHER]}, {}, [], spoke),
    "inline: nothing but the answer": (CODE, [system("Answer with code alone."), user(SAY)], {}, {}, {"messages": [system("Answer with code alone."), user(SAY)]}, [], ok),
    "inline: an answer in JSON": (CODE, SAY, {}, {"response_format": "json"}, {"response_format": {"type": "json_object"}}, [], lambda done: isinstance(done.value, dict)),
    "vision": (K3, [user([PICTURE, {"type": "text", "text": SAY}])], {}, {}, {"messages": [user([PICTURE, {"type": "text", "text": SAY}])]}, [], ok),
}
