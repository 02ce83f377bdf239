"""What codecompanion's Kimi adapter does, as it was proposed (#3087) and as it was merged later, row by row.

Each row asserts what the endpoint received and what the caller got (peers.md 2.5). Where the adapter's habit
would be refused by some model, the row has what moonwire sends in its place, and the note that says so.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from moonwire.client import Completion, Kimi
from moonwire.core.events import CallStart, Reasoning, Text
from moonwire.simulator import Server
from tests.client.asked import WEATHER, asks, codes, sent
from tests.client.stories.codecompanion_cases import MERGED, PICTURE, PROPOSED
from tests.exchange.upstreams import DONE, END, HEAD, USAGE, Say, Scripted, delta
from tests.transport.peers import run, serve


def said(
    server: Server, model: str, messages: Any, setup: dict[str, Any], call: dict[str, Any]
) -> Completion[Any]:
    found: list[Completion[Any]] = []

    async def main() -> None:
        async with asks(server.base_url, model, **setup) as kimi:
            found.append(await kimi.generate(messages, **call))

    run(main)
    return found[0]


ROWS = {
    **{f"proposed: {name}": row for name, row in PROPOSED.items()},
    **{f"merged: {name}": row for name, row in MERGED.items()},
}


@pytest.mark.parametrize(
    ("model", "messages", "setup", "call", "received", "notes", "got"), ROWS.values(), ids=ROWS
)
def test_the_adapters_features(
    model: str,
    messages: Any,
    setup: dict[str, Any],
    call: dict[str, Any],
    received: dict[str, Any],
    notes: list[str],
    got: Callable[[Completion[Any]], bool],
    strict: Server,
) -> None:
    done = said(strict, model, messages, setup, call)
    there = sent(strict)
    assert {name: there.get(name) for name in received} == received
    assert codes(done.notes) == notes and got(done)


def test_the_address_and_the_key() -> None:
    kimi = Kimi("kimi-k2.7-code", environ={"MOONSHOT_API_KEY": "sk-1"})
    assert kimi.base_url == "https://api.moonshot.ai/v1"
    assert Kimi(environ={"MOONSHOT_API_KEY": "sk-1"}, region="cn").base_url == "https://api.moonshot.cn/v1"


@pytest.mark.parametrize("streamed", [False, True])
def test_every_request_is_a_stream_with_usage(streamed: bool, strict: Server) -> None:
    async def main() -> None:
        async with asks(strict.base_url, "kimi-k2.7-code") as kimi:
            asked = kimi.stream("hi").finished() if streamed else kimi.generate("hi")
            done = await asked
            assert done.usage.input > 0 < done.usage.output
        request = strict.exchanges[-1].request
        assert request["stream"] is True and request["stream_options"] == {"include_usage": True}

    run(main)


# the model, its window, whether it sees
MODELS = {
    "kimi-k3": (1_048_576, True),
    "kimi-k2.7-code": (262_144, True),
    "kimi-k2.7-code-highspeed": (262_144, True),
    "kimi-k2.6": (262_144, True),
    "kimi-k2.5": (262_144, True),
    "kimi-k2-thinking": (262_144, False),
}


@pytest.mark.parametrize(("model", "knows"), MODELS.items(), ids=MODELS)
def test_what_is_known_of_its_models(model: str, knows: tuple[int, bool]) -> None:
    target = Kimi(model, "sk-1", environ={}).target
    assert (target.window, bool(target.vision)) == knows


def test_a_model_that_does_not_see_gets_no_picture(strict: Server) -> None:
    """The capability gate: what cannot be seen is said to be missing, and so is the caller."""
    message = {"role": "user", "content": [{"type": "text", "text": "What is it?"}, PICTURE]}
    done = said(strict, "kimi-k2-thinking", [message], {}, {})
    parts = sent(strict)["messages"][0]["content"]
    assert "image_url" not in json.dumps(parts) and "What is it?" in json.dumps(parts)
    assert [code for code in codes(done.notes) if code.startswith("!")]


# -- the three shapes of a reply -----------------------------------------------------------------------

CALL = {
    "id": "get_weather:0",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city":"Rome"}'},
}


def whole(finish: str, **message: Any) -> bytes:
    """An answer that is no stream, whatever was asked for."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
    data = json.dumps({"id": "c", "object": "chat.completion", "choices": [choice], "usage": usage}).encode()
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(data) + data
    )


# what the upstream says, reasoning, text, calls, why it ended
SHAPES: dict[str, tuple[Say, str | None, str, list[str], str]] = {
    "a stream with reasoning deltas": (
        HEAD
        + delta(reasoning_content="The user ")
        + delta(reasoning_content="greets.")
        + delta(content="Hi")
        + delta(content=" there.")
        + delta("stop")
        + USAGE
        + DONE
        + END,
        "The user greets.",
        "Hi there.",
        [],
        "stop",
    ),
    "plain": (whole("stop", content="Hi there."), None, "Hi there.", [], "stop"),
    "plain, with flat reasoning": (
        whole("stop", content="Hi there.", reasoning_content="The user greets."),
        "The user greets.",
        "Hi there.",
        [],
        "stop",
    ),
    "a tool call with flat reasoning": (
        whole("tool_calls", content="", reasoning_content="Rome, then.", tool_calls=[CALL]),
        "Rome, then.",
        "",
        ['get_weather({"city":"Rome"})'],
        "tool_calls",
    ),
    "a streamed tool call behind reasoning": (
        HEAD
        + delta(reasoning_content="Rome, then.")
        + delta(tool_calls=[{"index": 0, **CALL}])
        + delta("tool_calls")
        + USAGE
        + DONE
        + END,
        "Rome, then.",
        "",
        ['get_weather({"city":"Rome"})'],
        "tool_calls",
    ),
}


@pytest.mark.parametrize("streamed", [False, True], ids=["generate", "stream"])
@pytest.mark.parametrize(("say", "reasoning", "text", "calls", "finish"), SHAPES.values(), ids=SHAPES)
def test_the_shapes_of_a_reply(
    say: Say, reasoning: str | None, text: str, calls: list[str], finish: str, streamed: bool
) -> None:
    async def main() -> None:
        scripted = Scripted(say)
        async with serve(scripted.run) as server, asks(server.url, "kimi-k2.7-code") as kimi:
            if streamed:
                stream = kimi.stream("hi", tools=[WEATHER])
                events = [event async for event in stream]
                done = stream.completion
                seen = "".join(one.text for one in events if isinstance(one, Reasoning))
                assert seen == (reasoning or "")
                assert "".join(one.text for one in events if isinstance(one, Text)) == text
                assert len([one for one in events if isinstance(one, CallStart)]) == len(calls)
            else:
                done = await kimi.generate("hi", tools=[WEATHER])
            assert (done.reasoning, done.text, done.finish) == (reasoning, text, finish)
            assert [f"{call.name}({call.arguments})" for call in done.calls] == calls
            # What comes back to the endpoint has the thoughts on it.
            results = [{"role": "tool", "tool_call_id": call.id, "content": "18"} for call in done.calls]
            await kimi.generate(["hi", done.message, *results, "and?"], tools=[WEATHER])
            turn = scripted.bodies[-1]["messages"][1]
            assert turn["reasoning_content"] == (reasoning or " ")
            # `""` beside calls is refused by some (kimi-api.md H2).
            assert ("content" in turn) is bool(text)

    run(main)
