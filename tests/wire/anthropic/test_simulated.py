"""The wire meets a server side of the dialect that was written without it."""

import json
from typing import Any

import pytest

from moonwire.core.catalogue.endpoints import find_endpoint
from moonwire.core.fold import fold
from moonwire.core.messages import Reply, Thought
from moonwire.simulator.brain.turn import Turn
from moonwire.simulator.output.chat import Candidate
from moonwire.simulator.rules import edition
from moonwire.simulator.surfaces.anthropic import Facts, frames, read, whole
from moonwire.wire import chat
from moonwire.wire.anthropic import Reader, abroad, decode, encode
from moonwire.wire.sse import Decoder
from tests.simulator.surfaces.test_parts import TABLE, candidate

Json = dict[str, Any]


def replies(one: Candidate, chunk: int) -> tuple[Reply, Reply]:
    """What a stream says, and what the whole answer does."""
    facts = Facts(id="msg_0", model="kimi-k3", chunk=chunk)
    decoder, streamed, at_once = Decoder(), Reader(), Reader()
    data = [one for frame in frames(facts, one) for one in decoder.feed(frame)]
    events = [event for one in data for event in streamed.feed(one)] + streamed.finish()
    answer = at_once.feed(json.dumps(whole(facts, one)).encode())
    assert streamed.complete and at_once.complete
    return fold(events), fold(answer + at_once.finish())


@pytest.mark.parametrize(("turn", "wanted"), TABLE)
@pytest.mark.parametrize("chunk", [1, 1000])
def test_every_answer_is_read_as_it_was_meant(turn: Turn, wanted: list[tuple[str, str]], chunk: int) -> None:
    streamed, at_once = replies(candidate(turn), chunk)
    for reply in (streamed, at_once):
        assert reply.reasoning == turn.thoughts
        assert reply.text == (turn.text or "")
        assert [call.name for call in reply.calls] == [call.name for call in turn.calls]
        assert reply.usage is not None and (reply.usage.input, reply.usage.cached) == (10, 4)
        assert reply.finish == ("tool_calls" if turn.calls else "stop")
    assert [call.arguments or "{}" for call in streamed.calls] == [
        call.arguments or "{}" for call in turn.calls
    ]
    signatures = [block.signature for block in streamed.blocks if isinstance(block, Thought)]
    assert all(signatures) and len(signatures) == (turn.thoughts is not None)


def test_an_answer_that_was_cut_is_read_as_cut() -> None:
    turn = Turn(thoughts="Hm", text="Hi there, and more of it", calls=())
    streamed, _ = replies(candidate(turn, cap=4), 1)
    assert streamed.finish == "length"


BODY: Json = {
    "model": "kimi-k3",
    "max_tokens": 500,
    "system": "Be kind.",
    "messages": [
        {"role": "user", "content": "Go."},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm", "signature": "s"},
                {"type": "text", "text": "So."},
                {"type": "tool_use", "id": "look_0", "name": "look", "input": {"a": 1}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "look_0", "content": "done"},
                {"type": "text", "text": "Go on."},
            ],
        },
    ],
    "tools": [{"name": "look", "description": "Looks.", "input_schema": {"type": "object"}}],
    "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
    "stop_sequences": ["###"],
    "metadata": {"user_id": "u"},
}


def test_what_is_encoded_is_read_by_a_server_as_the_other_dialect_would_say_it() -> None:
    request = decode(BODY)
    reading = read(encode(request), find_endpoint("platform-anthropic"), edition("latest"), {})
    assert reading.refused is None
    expected = chat.encode(abroad(request))
    found = reading.body
    assert found["tools"] == expected["tools"]
    for name in ("model", "max_tokens", "tool_choice", "parallel_tool_calls", "stop", "prompt_cache_key"):
        assert found[name] == expected[name], name
    assert [_plain(message) for message in found["messages"]] == [
        _plain(message) for message in expected["messages"]
    ]


def _plain(message: Json) -> Json:
    """Content as text, whether it came as text or as parts."""
    content = message.get("content")
    texts = content if isinstance(content, str) else "".join(part["text"] for part in content or ())
    return {**message, "content": texts}
