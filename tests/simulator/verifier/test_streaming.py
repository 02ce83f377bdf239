"""Every way of streaming that claims the specification, read by the strict reader."""

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.simulator.verifier.client import Client, Reply, serving
from tests.simulator.verifier.reading import READERS, features, frames
from tests.simulator.verifier.streaming import check_refusal, check_stream, text_of

Json = dict[str, Any]

AGENT = "KimiCLI/1.0"
SERVED: dict[str, tuple[str, str, str]] = {
    "k3 on the platform": ("kimi-k3", "platform", "verifier"),
    "k3 there, latest": ("kimi-k3", "platform", "latest"),
    "k2.6 on the platform": ("kimi-k2.6", "platform", "verifier"),
    "k2.6 there, latest": ("kimi-k2.6", "platform", "latest"),
    "k3 on coding": ("k3", "coding", "verifier"),
    "v1": ("moonshot-v1-8k", "platform", "verifier"),
    "v1, latest": ("moonshot-v1-8k", "platform", "latest"),
}
K3 = ["k3 on the platform", "k3 there, latest", "k3 on coding"]
THINKING = [*K3, "k2.6 on the platform", "k2.6 there, latest"]


def tool(name: str, **properties: Json) -> Json:
    schema = {"type": "object", "properties": properties, "required": [*properties]}
    return {"type": "function", "function": {"name": name, "description": name, "parameters": schema}}


TOOLS = [tool("get_weather", city={"type": "string"}), tool("get_time", city={"type": "string"})]
USE = "What's the weather in Beijing? Use the get_weather tool."
BOTH = "What are the weather and the local time in Beijing? Call get_weather and get_time in parallel."
WORDS = "Write two sentences about the sea."
CHINESE = "请用中文写两句关于大海的话, 并加上表情符号😀👨‍👩‍👧。"

ASKED: dict[str, Json] = {
    "words": {"messages": WORDS},
    "Chinese": {"messages": CHINESE},
    "letters of many scripts": {"messages": "Repeat after me: Zürich, Ελλάδα, Москва, 北京, 🏳️‍🌈, नमस्ते"},
    "conversation": {
        "messages": [
            {"role": "system", "content": "You are terse."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": "How are you?"},
        ]
    },
    "tools, unused": {"messages": "Answer directly without using any tool: what is 1+1?", "tools": TOOLS},
    "tools, used": {"messages": USE, "tools": TOOLS},
    "tools, both": {"messages": BOTH, "tools": TOOLS},
    "tools, parallel allowed": {"messages": BOTH, "tools": TOOLS, "parallel_tool_calls": True},
    "tools, forbidden": {"messages": USE, "tools": TOOLS, "tool_choice": "none"},
    "after a result": {
        "messages": [
            {"role": "user", "content": USE},
            {
                "role": "assistant",
                "content": "",
                "reasoning_content": "I look.",
                "tool_calls": [
                    {
                        "id": "get_weather_0",
                        "type": "function",
                        "function": {"name": "get_weather", "arguments": '{"city":"Beijing"}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "get_weather_0", "content": "sunny, 26 degrees"},
        ],
        "tools": TOOLS,
    },
    "object": {
        "messages": "Return a JSON object with key `city`.",
        "response_format": {"type": "json_object"},
    },
    "schema": {
        "messages": "Tell me the weather in Beijing as JSON.",
        "response_format": {
            "type": "json_schema",
            "json_schema": {
                "name": "weather",
                "strict": True,
                "schema": TOOLS[0]["function"]["parameters"],
            },
        },
    },
    "logprobs": {"messages": WORDS, "logprobs": True, "top_logprobs": 3},
    "logprobs alone": {"messages": CHINESE, "logprobs": True},
    "internal": {"messages": WORDS, "internal": True},
    "internal, Chinese": {"messages": CHINESE, "internal": True},
    "internal, tools": {"messages": BOTH, "tools": TOOLS, "internal": True},
    "internal, no summary": {"messages": WORDS, "internal": True, "summary": None},
    "no summary": {"messages": WORDS, "summary": None},
    "no summary, said": {"messages": WORDS, "summary": False},
    "no summary, tools": {"messages": USE, "tools": TOOLS, "summary": None},
    "stop": {"messages": "Count from 1 to 20, separated by commas.", "stop": [","]},
    "stop, text": {"messages": WORDS, "stop": " the"},
    "stop, tools": {"messages": USE, "tools": TOOLS, "stop": ["Beijing"]},
    **{f"cap {cap}": {"messages": WORDS, "max_tokens": cap} for cap in (1, 2, 3, 8, 16, 32, 64, 100, 128)},
    **{
        f"cap {cap}, tools": {"messages": BOTH, "tools": TOOLS, "max_tokens": cap}
        for cap in range(60, 140, 8)
    },
    "cap, Chinese": {"messages": CHINESE, "max_completion_tokens": 90},
    "one": {"messages": WORDS, "n": 1},
}
NEVER_THINKING = {name: body for name, body in ASKED.items() if "schema" not in name}
OFF: Json = {"thinking": {"type": "disabled"}}
FORCED: dict[str, Json] = {
    "required": {"messages": USE, "tools": TOOLS, "tool_choice": "required"},
    "required, one": {"messages": "hello", "tools": TOOLS[:1], "tool_choice": "required"},
    "required, with a cap": {"messages": USE, "tools": TOOLS, "tool_choice": "required", "max_tokens": 95},
    "required, internal": {"messages": USE, "tools": TOOLS, "tool_choice": "required", "internal": True},
}


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, Client]]:
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(serving(model, endpoint=endpoint, rules=rules, agent=AGENT))
            for name, (model, endpoint, rules) in SERVED.items()
        }


def body_of(client: Client, asked: Json) -> Json:
    """`summary` and `internal` are short for the stream's options."""
    body = {key: value for key, value in asked.items() if key not in {"summary", "internal"}}
    if isinstance(body["messages"], str):
        body["messages"] = [{"role": "user", "content": body["messages"]}]
    options: Json = {}
    summary: bool | None = asked.get("summary", True)
    if summary is not None:
        options["include_usage"] = summary
    if "internal" in asked:
        options["include_internal_content"] = True
    if options:
        body["stream_options"] = options
    return {"model": client.model, "stream": True, **body}


def checked(client: Client, asked: Json) -> Reply:
    """P2.2 is a convention that the live service keeps for K3 alone: elsewhere ids are `name:0`."""
    body = body_of(client, asked)
    reply = client.post(body)
    found = check_stream(reply.raw, reply.headers, body, reply.status)
    kept = [one for one in found if client.model in {"kimi-k3", "k3"} or not one.startswith("P2.2 ")]
    assert kept == [], f"{body}\n{reply}"
    return reply


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("name", THINKING)
def test_a_model_that_thinks_keeps_every_rule(served: dict[str, Client], name: str, asked: Json) -> None:
    reply = checked(served[name], asked)
    assert len({str(reader(reply).calls) for reader in READERS.values()}) == 1


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("name", ["k3 on the platform", "k2.6 on the platform"])
def test_so_it_does_with_thinking_off(served: dict[str, Client], name: str, asked: Json) -> None:
    assert features(checked(served[name], asked | OFF)).reasoning == ""


@pytest.mark.parametrize("asked", NEVER_THINKING.values(), ids=NEVER_THINKING)
@pytest.mark.parametrize("name", ["v1", "v1, latest"])
def test_so_does_a_model_that_never_thinks(served: dict[str, Client], name: str, asked: Json) -> None:
    assert features(checked(served[name], asked)).reasoning == ""


@pytest.mark.parametrize("asked", FORCED.values(), ids=FORCED)
@pytest.mark.parametrize("name", K3)
def test_so_do_forced_calls(served: dict[str, Client], name: str, asked: Json) -> None:
    assert features(checked(served[name], asked)).finish in {"tool_calls", "length"}


@pytest.mark.parametrize("name", THINKING)
def test_calls_beside_one_another_come_one_after_the_other(served: dict[str, Client], name: str) -> None:
    folded = features(checked(served[name], ASKED["tools, both"]))
    assert folded.names == ["get_weather", "get_time"]
    assert folded.finish == "tool_calls"


@pytest.mark.parametrize("n", [2, 3, 5])
@pytest.mark.parametrize("name", ["v1", "v1, latest"])
def test_every_candidate_is_a_sequence_of_its_own(served: dict[str, Client], name: str, n: int) -> None:
    asked = {"messages": WORDS, "n": n, "temperature": 0.7}
    reply = checked(served[name], asked)
    choices: list[Json] = [frame["choices"][0] for frame in frames(reply.raw) if frame["choices"]]
    assert {choice["index"] for choice in choices} == set(range(n))
    ends = [number for number, choice in enumerate(choices) if choice["finish_reason"]]
    starts = [number for number, choice in enumerate(choices) if "role" in choice["delta"]]
    assert max(starts) < min(ends)


@pytest.mark.parametrize("asked", [{"n": 2}, {"n": 3, "temperature": 1}])
@pytest.mark.parametrize("name", THINKING)
def test_where_one_candidate_is_all_there_is_more_are_refused(
    served: dict[str, Client], name: str, asked: Json
) -> None:
    reply = served[name].post(body_of(served[name], {"messages": WORDS, **asked}))
    assert 400 <= reply.status < 500
    assert check_refusal(reply.status, reply.headers, reply.raw) == []


WRONG: dict[str, Json] = {
    "no messages": {"messages": []},
    "no such role": {"messages": [{"role": "nobody", "content": "hi"}]},
    "temperature": {"messages": "hi", "temperature": 3},
    "top_p": {"messages": "hi", "top_p": 7},
    "tool_choice": {"messages": "hi", "tools": TOOLS, "tool_choice": "bogus"},
    "format": {"messages": "hi", "response_format": {"type": "bogus"}},
    "model": {"messages": "hi", "model": "no-such-model"},
    "tool": {"messages": "hi", "tools": [tool("1bad")]},
    "result": {"messages": [{"role": "user", "content": "hi"}, {"role": "tool", "content": "x"}]},
    "many stops": {"messages": "hi", "stop": ["a", "b", "c", "d", "e", "f"]},
}


@pytest.mark.parametrize("asked", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("name", SERVED)
def test_an_error_before_the_stream_is_no_stream(served: dict[str, Client], name: str, asked: Json) -> None:
    reply = served[name].post(body_of(served[name], asked))
    assert check_refusal(reply.status, reply.headers, reply.raw) == [], f"{asked}\n{reply}"


@pytest.mark.parametrize("name", SERVED)
def test_the_text_ends_before_the_stop_sequence(served: dict[str, Client], name: str) -> None:
    """With the same seed and words the answers differ by turn, so a stop is drawn from many asked."""
    seen: set[str | None] = set()
    for stop in (" ", "e", "the", "1", ",", "."):
        folded = features(checked(served[name], {"messages": WORDS, "stop": [stop]}))
        assert stop not in folded.content
        seen.add(folded.finish)
    assert seen == {"stop"}


@pytest.mark.parametrize("cap", [0, 1, 2, 5, 20])
@pytest.mark.parametrize("name", THINKING)
def test_a_text_is_whole_in_every_frame_whatever_the_cap(
    served: dict[str, Client], name: str, cap: int
) -> None:
    asked: Json = {"messages": CHINESE, "internal": True} | ({"max_tokens": cap} if cap else {})
    reply = checked(served[name], asked)
    folded = features(reply)
    assert text_of(reply.raw) == folded.content
    assert folded.usage is not None
    assert folded.usage["completion_tokens"] <= (cap or 1 << 20)
    assert folded.finish == ("length" if cap else "stop")


def test_a_picture_in_the_question(served: dict[str, Client]) -> None:
    pixel = base64.b64encode(
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x38\x00\x00\x00\x38\x08\x02\x00\x00\x00"
    ).decode()
    parts = [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{pixel}"}},
        {"type": "text", "text": "What is this?"},
    ]
    reply = checked(served["k3 on the platform"], {"messages": [{"role": "user", "content": parts}]})
    assert features(reply).content
