"""Every dialect of callers before every dialect of upstreams: three rounds, with parallel calls."""

import json
from typing import Any

import pytest

from moonwire.memory import NoMemory, ProcessMemory
from moonwire.simulator import Server, Settings
from tests.gateway.running import Running, running

SCRIPT = """
script
  turn
    think First both files.
    call read {"path": "a"}
    call read {"path": "b"}
  turn
    think Now the sum.
    say I add.
    call add {"a": 1, "b": 2}
  turn
    think That is all.
    say The sum is {{result add}}.
"""
SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
TERMS = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
    "required": ["a", "b"],
}
TOOLS = [("read", SCHEMA), ("add", TERMS)]
THOUGHTS = ["First both files.", "Now the sum."]

Json = dict[str, Any]


def ran(name: str, arguments: Json) -> str:
    return str(arguments["a"] + arguments["b"]) if name == "add" else f"text of {arguments['path']}"


class Chat:
    """A caller of Chat Completions, which drops reasoning."""

    def __init__(self, model: str) -> None:
        tools = [{"type": "function", "function": {"name": n, "parameters": s}} for n, s in TOOLS]
        self.body: Json = {"model": model, "messages": [{"role": "user", "content": "Go."}], "tools": tools}

    def turn(self, gateway: Running) -> str:
        answer = gateway.ask(body=self.body)
        assert answer.status == 200, answer.body
        message = answer.json()["choices"][0]["message"]
        message.pop("reasoning_content", None)
        self.body["messages"].append(message)
        for call in message.get("tool_calls") or ():
            told = ran(call["function"]["name"], json.loads(call["function"]["arguments"]))
            self.body["messages"].append({"role": "tool", "tool_call_id": call["id"], "content": told})
        return "" if message.get("tool_calls") else message["content"]


class Messages:
    """A caller of Anthropic Messages, which sends its thinking back."""

    def __init__(self, model: str) -> None:
        tools = [{"name": n, "input_schema": s} for n, s in TOOLS]
        messages = [{"role": "user", "content": "Go."}]
        self.body: Json = {"model": model, "max_tokens": 8000, "messages": messages, "tools": tools}

    def turn(self, gateway: Running) -> str:
        answer = gateway.ask("/v1/messages", self.body, headers={"anthropic-version": "2023-06-01"})
        assert answer.status == 200, answer.body
        content: list[Json] = answer.json()["content"]
        # As some clients shorten it: what was sealed counts.
        turn = [{**one, "thinking": "…"} if one["type"] == "thinking" else one for one in content]
        self.body["messages"].append({"role": "assistant", "content": turn})
        results = [
            {"type": "tool_result", "tool_use_id": one["id"], "content": ran(one["name"], one["input"])}
            for one in content
            if one["type"] == "tool_use"
        ]
        if results:
            self.body["messages"].append({"role": "user", "content": results})
            return ""
        return "".join(one["text"] for one in content if one["type"] == "text")


class Responses:
    """A caller of Responses that keeps its own state."""

    def __init__(self, model: str) -> None:
        tools = [{"type": "function", "name": n, "parameters": s, "strict": True} for n, s in TOOLS]
        include = ["reasoning.encrypted_content"]
        self.body: Json = {"model": model, "input": [{"role": "user", "content": "Go."}], "tools": tools}
        self.body |= {"store": False, "include": include}

    def turn(self, gateway: Running) -> str:
        answer = gateway.ask("/v1/responses", self.body)
        assert answer.status == 200, answer.body
        output: list[Json] = answer.json()["output"]
        self.body["input"] += [
            {**one, "summary": []} if one["type"] == "reasoning" else one for one in output
        ]
        calls = [one for one in output if one["type"] == "function_call"]
        for call in calls:
            told = ran(call["name"], json.loads(call["arguments"]))
            self.body["input"].append(
                {"type": "function_call_output", "call_id": call["call_id"], "output": told}
            )
        said = [part["text"] for one in output if one["type"] == "message" for part in one["content"]]
        return "" if calls else "".join(said)


CALLERS = {"chat": Chat, "anthropic": Messages, "responses": Responses}
UPSTREAMS = {"chat": "platform", "anthropic": "platform-anthropic", "responses": "platform-responses"}


def thoughts_in(request: Json) -> list[str]:
    """The reasoning of the request's turns, in whatever dialect it is."""
    found: list[str] = []
    for message in request.get("messages", ()):
        if message["role"] != "assistant":
            continue
        if "reasoning_content" in message:
            found.append(message["reasoning_content"])
        content = message.get("content")
        found += [one["thinking"] for one in content or () if isinstance(one, dict) and "thinking" in one]
    for item in request.get("input", ()):
        if item.get("type") == "reasoning":
            found.append("".join(part["text"] for part in item["summary"]))
    return found


# Chat Completions has nothing to seal thoughts in.
KEPT = [
    (caller, remembers) for caller in CALLERS for remembers in (True, False) if remembers or caller != "chat"
]


@pytest.mark.parametrize("upstream", UPSTREAMS)
@pytest.mark.parametrize(("caller", "remembers"), KEPT)
def test_whoever_asks_and_whoever_answers(caller: str, upstream: str, *, remembers: bool) -> None:
    endpoint = UPSTREAMS[upstream]
    settings = Settings(endpoint=endpoint, rules="strictest", script=SCRIPT)
    with Server(settings) as server:
        base = server.url if upstream == "anthropic" else server.base_url
        memory = ProcessMemory() if remembers else NoMemory()
        with running(base, endpoint=endpoint, memory=memory) as gateway:
            client = CALLERS[caller]("kimi-k3")
            said = [client.turn(gateway) for _ in range(3)]
        assert said == ["", "", "The sum is 3."]
        assert [one.rule for one in server.refused] == []
        assert [thoughts_in(one.request) for one in server.exchanges] == [[], THOUGHTS[:1], THOUGHTS]
