"""Two rounds of tools with each model of the real platform, through a gateway: `make live`.

What is asserted is what went over the wire between the gateway and the platform. Without a key, and in any
other run than `make live`, only the simulator is asked, so that this file is known to work.
"""

import os
from collections.abc import Mapping
from typing import Any

import pytest
from openai import OpenAI

from moonwire.core.catalogue.endpoints import find_endpoint
from moonwire.core.catalogue.resolve import resolve
from moonwire.exchange.config import Options
from moonwire.exchange.keys import default_upstream, resolve_key
from moonwire.memory import ProcessMemory
from moonwire.simulator import Server, Settings
from tests.gateway.running import running
from tests.live.recorder import Seen, recording

MODELS = ["kimi-k2.6", "kimi-k2.7-code", "kimi-k3"]
NEXT = {"start": "amber-17", "amber-17": "quartz-42"}
TASK = (
    "Call look_up with the key `start`. It returns another key: call look_up again, with that one. "
    "Then answer with the key that the second call returned, and nothing else. One call at a time."
)
TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "look_up",
            "description": "Returns the key that is stored under a key",
            "parameters": {
                "type": "object",
                "properties": {"key": {"type": "string"}},
                "required": ["key"],
            },
        },
    }
]


def refused(environ: Mapping[str, str]) -> str:
    """Why the platform is not asked."""
    if environ.get("MOONWIRE_LIVE") != "1":
        return "only `make live` asks the platform, for it costs money"
    found = default_upstream(environ)
    if found is None:
        return "neither MOONSHOT_API_KEY nor KIMI_API_KEY is set"
    if find_endpoint(found.endpoint).facts.get("gated"):
        return "the key is one of the coding plan, which refuses clients that it does not know"
    return ""


REFUSED = refused(os.environ)


def worked(client: OpenAI, model: str, stream: bool) -> str:
    """The tool loop of a client that keeps no thoughts."""
    messages: list[Any] = [{"role": "user", "content": TASK}]
    create: Any = client.chat.completions.create
    for _ in range(6):
        asked: Any = {"model": model, "messages": messages, "tools": TOOLS, "stream": stream}
        said = create(**asked)
        message: dict[str, Any] = joined(said) if stream else said.choices[0].message.to_dict()
        calls: list[Any] = message.get("tool_calls") or []
        if not calls:
            return message["content"]
        messages.append({"role": "assistant", "content": message.get("content"), "tool_calls": calls})
        for call in calls:
            given = call["function"]["arguments"]
            result = next((value for key, value in NEXT.items() if f'"{key}"' in given), "no such key")
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})
    return ""


def joined(stream: Any) -> dict[str, Any]:
    """The message of a stream."""
    content, calls = "", dict[int, dict[str, Any]]()
    for chunk in stream:
        for choice in chunk.choices:
            content += choice.delta.content or ""
            for piece in choice.delta.tool_calls or ():
                call = calls.setdefault(piece.index, {"type": "function", "function": {"arguments": ""}})
                if piece.id:
                    call["id"], call["function"]["name"] = piece.id, piece.function.name
                call["function"]["arguments"] += piece.function.arguments or ""
    return {"content": content, "tool_calls": [*calls.values()]}


def check_wire(seen: list[Seen], model: str, endpoint: str) -> None:
    """Nothing was refused; the last request has each turn's own thoughts, and the ids that weights want."""
    assert [one.status for one in seen] == [200] * len(seen), [one.answer[:500] for one in seen]
    messages: list[dict[str, Any]] = seen[-1].request["messages"]
    turns = [message for message in messages if message["role"] == "assistant"]
    assert len(turns) == len(seen) - 1 >= 2
    target = resolve(model, endpoint)
    assert [turn[target.reasoning_field] for turn in turns] == [one.thoughts for one in seen[:-1]]
    assert all(one.thoughts for one in seen[:-1]), "it did not think, so this says nothing"
    ids = [call["id"] for turn in turns for call in turn["tool_calls"]]
    if target.family == "k2":
        assert ids == [f"functions.look_up:{place}" for place in range(len(ids))]
    assert len({*ids}) == len(ids)
    assert [message["tool_call_id"] for message in messages if message["role"] == "tool"] == ids


def check_rounds(base_url: str, model: str, endpoint: str, key: str, *, stream: bool) -> list[Seen]:
    """The task once, and what was seen of it."""
    with (
        recording(base_url) as recorder,
        running(
            recorder.base_url,
            endpoint=endpoint,
            keys=[key],
            memory=ProcessMemory(),
            options=Options(),
            write=600.0,
        ) as gateway,
        OpenAI(base_url=gateway.base_url, api_key="any", max_retries=0) as client,
    ):
        assert NEXT["amber-17"] in worked(client, model, stream)
        check_wire(recorder.seen, model, endpoint)
        return recorder.seen


@pytest.mark.skipif(bool(REFUSED), reason=REFUSED or "it is asked")
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("model", MODELS)
def test_two_rounds_on_the_platform(model: str, stream: bool, capsys: pytest.CaptureFixture[str]) -> None:
    found = default_upstream(os.environ)
    assert found is not None
    key = resolve_key(found.key or "", os.environ).reveal()
    seen = check_rounds(found.base_url, model, found.endpoint, key, stream=stream)
    with capsys.disabled():
        # The shapes that the endpoint itself used, for whoever writes down what is known.
        print(f"\n{model} at {found.endpoint}: ids {[one.native_ids for one in seen]}")


SCRIPT = """
turn
  think First the start.
  call look_up {"key": "start"}
turn
  think And now what came back.
  say One more.
  call look_up {"key": "{{result look_up}}"}
turn
  say {{result look_up}}
"""


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("model", MODELS)
def test_the_same_rounds_in_the_simulator(model: str, stream: bool) -> None:
    with Server(Settings(models=(model,), rules="strictest", script=SCRIPT)) as server:
        seen = check_rounds(server.base_url, model, "platform", "any", stream=stream)
        assert [one.native_ids for one in seen if one.native_ids] != []
        assert server.refused == []


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({}, "make live"),
        ({"MOONSHOT_API_KEY": "sk-1"}, "make live"),
        ({"MOONWIRE_LIVE": "1"}, "MOONSHOT_API_KEY"),
        ({"MOONWIRE_LIVE": "1", "KIMI_API_KEY": "sk-kimi-1"}, "coding plan"),
        ({"MOONWIRE_LIVE": "1", "KIMI_API_KEY": "sk-1"}, ""),
    ],
)
def test_nobody_is_asked_unless_it_is_wanted(environ: dict[str, str], why: str) -> None:
    assert bool(why) == bool(refused(environ))
    assert why in refused(environ)
