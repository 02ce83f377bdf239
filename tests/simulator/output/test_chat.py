"""One generation whole and as frames: the same answer."""

import json
from typing import Any

import pytest

from moonwire.simulator.brain.turn import Call, Turn
from moonwire.simulator.output.chat import DONE, Candidate, Facts, frames, usage_of, whole
from moonwire.simulator.output.generation import generate
from moonwire.simulator.output.pieces import Pieces
from moonwire.simulator.output.style import Style
from moonwire.simulator.output.usage import Used

CALLS = (Call("get_weather", '{"city":"Zürich","days":3}'), Call("ls", "{}"))
TURNS = [
    Turn(thoughts="Let me look at it first.", text="The answer is 42, 東京.", calls=CALLS),
    Turn(thoughts="Let me look.", text="The answer."),
    Turn(text="A whole sentence of an answer."),
    Turn(calls=CALLS),
    Turn(thoughts="Only thoughts."),
    Turn(thoughts=""),
    Turn(),
]
PLAIN = Style(ids="call")
STYLES = [
    PLAIN,
    Style(ids="call", chunk=1),
    Style(ids="call", chunk=1000, split_names=True),
    Style(ids="call", empty_deltas=True, usage_in_choice=False),
    Style(
        ids="call", reasoning="reasoning", details=True, boundary=False, fingerprint=True, cached_twice=False
    ),
]


def candidate(turn: Turn, cap: int | None = None) -> Candidate:
    made = generate(turn, Pieces(None), "k3", cap)
    calls = tuple((f"call_{place}", call) for place, call in enumerate(turn.calls))
    used = Used(prompt=9, cached=2, completion=made.tokens, reasoning=made.reasoning)
    return Candidate(generation=made, calls=calls, used=used)


def facts(style: Style, **more: Any) -> Facts:
    return Facts(id="chatcmpl-1", model="kimi-k3", created=7, style=style, **more)


def read(pieces: list[bytes]) -> list[dict[str, Any]]:
    assert pieces[-1] == DONE
    assert all(piece.startswith(b"data: ") and piece.endswith(b"\n\n") for piece in pieces)
    return [json.loads(piece[6:]) for piece in pieces[:-1]]


def folded(found: list[dict[str, Any]], reasoning: str) -> list[dict[str, Any]]:
    """The candidates of a stream, put together as a plain client does."""
    choices: dict[int, dict[str, Any]] = {}
    for frame in found:
        for choice in frame["choices"]:
            one = choices.setdefault(choice["index"], {"content": "", "calls": {}, "finish": None})
            delta = choice["delta"]
            one["content"] += delta.get("content", "")
            if delta.get(reasoning) is not None:
                one["reasoning"] = one.get("reasoning", "") + delta[reasoning]
            for part in delta.get("tool_calls", []):
                call = one["calls"].setdefault(
                    part["index"], {"id": part.get("id"), "name": "", "arguments": ""}
                )
                call["name"] += part["function"].get("name", "")
                call["arguments"] += part["function"]["arguments"]
            one["finish"] = choice["finish_reason"] or one["finish"]
    return [choices[index] for index in sorted(choices)]


def flat(body: dict[str, Any], reasoning: str) -> list[dict[str, Any]]:
    """The same of a whole answer."""
    found: list[dict[str, Any]] = []
    for choice in body["choices"]:
        message = choice["message"]
        calls = {
            call["index"]: {"id": call["id"], **call["function"]} for call in message.get("tool_calls", [])
        }
        one: dict[str, Any] = {
            "content": message["content"],
            "calls": calls,
            "finish": choice["finish_reason"],
        }
        if message.get(reasoning):
            one["reasoning"] = message[reasoning]
        found.append(one)
    return found


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("turn", TURNS)
def test_the_whole_answer_is_the_fold_of_the_frames(turn: Turn, style: Style) -> None:
    full = candidate(turn).generation.tokens
    for cap in [None, *range(1, full + 1)]:
        one = candidate(turn, cap)
        got = folded(read(list(frames(facts(style), [one]))), style.reasoning)
        for choice in got:
            if not choice.get("reasoning"):
                choice.pop("reasoning", None)
        assert got == flat(whole(facts(style), [one]), style.reasoning)


def test_several_candidates_take_turns() -> None:
    several = [candidate(turn) for turn in TURNS[:3]]
    found = read(list(frames(facts(PLAIN, include_usage=True), several)))
    assert all(len(frame["choices"]) == 1 for frame in found[:-1])
    assert [frame["choices"][0]["index"] for frame in found[:6]] == [0, 1, 2, 0, 1, 2]
    got, wanted = folded(found, "reasoning_content"), flat(whole(facts(PLAIN), several), "reasoning_content")
    assert got == wanted
    assert found[-1]["choices"] == []
    assert found[-1]["usage"]["completion_tokens"] == sum(one.used.completion for one in several)
    assert usage_of(several).prompt == 9


def test_the_parts_of_a_stream_stand_where_they_should() -> None:
    found = read(list(frames(facts(PLAIN, include_usage=True), [candidate(TURNS[0])])))
    assert found[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    deltas = [frame["choices"][0]["delta"] for frame in found[1:-2]]
    kinds = [next(iter(delta)) for delta in deltas]
    assert kinds == sorted(kinds, key=["reasoning_content", "content", "tool_calls"].index)
    marks = [delta for delta in deltas if delta.get("reasoning_content") == ""]
    assert len(marks) == 1
    last = found[-2]["choices"][0]
    assert (last["delta"], last["finish_reason"]) == ({}, "tool_calls")
    assert last["usage"] == found[-1]["usage"]
    assert len({(frame["id"], frame["created"], frame["model"], frame["object"]) for frame in found}) == 1


def test_a_name_may_come_in_two_deltas() -> None:
    found = read(list(frames(facts(Style(ids="call", split_names=True)), [candidate(TURNS[3])])))
    parts = [part for frame in found for part in frame["choices"][0]["delta"].get("tool_calls", [])]
    names = [part["function"]["name"] for part in parts if part["function"].get("name")]
    assert names == ["get_weath", "er", "l", "s"]


@pytest.mark.parametrize("turn", TURNS)
def test_internal_content_has_every_token(turn: Turn) -> None:
    one = candidate(turn)
    found = read(list(frames(facts(PLAIN, internal=True), [one])))
    ids = [frame["choices"][0]["delta"]["internal_content"]["token_ids"] for frame in found[:-1]]
    assert all(ids)
    assert sum(map(len, ids[1:])) <= one.generation.tokens
    assert "internal_content" not in found[-1]["choices"][0]["delta"]


@pytest.mark.parametrize("top", [0, 2])
def test_logprobs_are_those_of_the_content(top: int) -> None:
    said = facts(PLAIN, top_logprobs=top)
    one = candidate(TURNS[1])
    choices = [frame["choices"][0] for frame in read(list(frames(said, [one])))]
    streamed = [
        entry for choice in choices if "logprobs" in choice for entry in choice["logprobs"]["content"]
    ]
    assert "".join(entry["token"] for entry in streamed) == "The answer."
    assert bytes(byte for entry in streamed for byte in entry["bytes"]) == b"The answer."
    assert {len(entry["top_logprobs"]) for entry in streamed} == {top}
    assert whole(said, [one])["choices"][0]["logprobs"]["content"] == streamed
    assert "logprobs" not in whole(facts(PLAIN), [one])["choices"][0]


def test_a_style_decides_about_the_rest() -> None:
    other = STYLES[4]
    body = whole(facts(other), [candidate(TURNS[1])])
    assert body["choices"][0]["message"]["reasoning_details"] == [
        {"type": "reasoning.text", "text": "Let me look."}
    ]
    assert body["system_fingerprint"]
    assert "cached_tokens" not in body["usage"]
    found = read(list(frames(facts(other), [candidate(TURNS[1])])))
    assert not [frame for frame in found if frame["choices"][0]["delta"].get("reasoning") == ""]
    empty = read(list(frames(facts(STYLES[3], include_usage=True), [candidate(TURNS[1])])))
    assert [
        frame
        for frame in empty
        if frame["choices"]
        and frame["choices"][0]["delta"].get("content")
        and frame["choices"][0]["delta"]["reasoning_content"] == ""
    ]
    assert not [frame for frame in empty if frame["choices"] and "usage" in frame["choices"][0]]
