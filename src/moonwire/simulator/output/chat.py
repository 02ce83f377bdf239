"""A generation as Chat Completions: whole, or as frames of a stream (verification.md 3)."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from moonwire.simulator.brain.turn import Call
from moonwire.simulator.output.generation import Generated, Generation
from moonwire.simulator.output.style import Style
from moonwire.simulator.output.usage import Used, usage_object

__all__ = ["DONE", "Candidate", "Facts", "frames", "groups", "usage_of", "whole"]

DONE: Final = b"data: [DONE]\n\n"

Json = dict[str, Any]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What every frame of an answer says of it, and what the caller asked to see."""

    id: str
    model: str
    created: int
    style: Style
    include_usage: bool = False
    internal: bool = False
    """`stream_options.include_internal_content`: token ids with every increment (verification.md P0.5)."""
    top_logprobs: int | None = None
    """How many alternatives beside each token's own logprob; none: no logprobs were asked for."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One of `n` answers: what was generated, the calls in it with their ids, and its numbers."""

    generation: Generation
    calls: tuple[tuple[str, Call], ...]
    used: Used


def usage_of(candidates: Sequence[Candidate]) -> Used:
    """The numbers of all candidates together: one prompt, every completion."""
    first = candidates[0].used
    return Used(
        prompt=first.prompt,
        cached=first.cached,
        completion=sum(one.used.completion for one in candidates),
        reasoning=sum(one.used.reasoning for one in candidates),
    )


# -- whole -----------------------------------------------------------------------------------------


def whole(facts: Facts, candidates: Sequence[Candidate]) -> Json:
    """The answer to a caller that did not ask for a stream."""
    body: Json = {
        "id": facts.id,
        "object": "chat.completion",
        "created": facts.created,
        "model": facts.model,
        "choices": [_choice(index, facts, one) for index, one in enumerate(candidates)],
        "usage": usage_object(usage_of(candidates), both=facts.style.cached_twice),
    }
    if facts.style.fingerprint:
        body["system_fingerprint"] = "fp_simulated"
    return body


def _choice(index: int, facts: Facts, one: Candidate) -> Json:
    steps = one.generation.steps
    choice: Json = {
        "index": index,
        "message": _message(facts.style, one),
        "finish_reason": one.generation.finish,
    }
    if facts.top_logprobs is not None:
        said = [step for step in steps if step.kind == "content"]
        choice["logprobs"] = {"content": [_logprob(step, facts.top_logprobs) for step in said]}
    return choice


def _message(style: Style, one: Candidate) -> Json:
    steps = one.generation.steps
    text = "".join(step.text for step in steps if step.kind == "content")
    begun = [step.call for step in steps if step.kind == "start"]
    message: Json = {"role": "assistant", "content": text}
    thought = [step for step in steps if step.kind in ("reasoning", "close")]
    if thought:
        reasoning = "".join(step.text for step in thought)
        message[style.reasoning] = reasoning
        if style.details:
            message["reasoning_details"] = [{"type": "reasoning.text", "text": reasoning}]
    if begun:
        message["tool_calls"] = [
            {
                "index": place,
                "id": one.calls[place][0],
                "type": "function",
                "function": {
                    "name": one.calls[place][1].name,
                    "arguments": "".join(
                        step.text for step in steps if step.kind == "arguments" and step.call == place
                    ),
                },
            }
            for place in begun
        ]
    return message


# -- streamed --------------------------------------------------------------------------------------


def frames(facts: Facts, candidates: Sequence[Candidate]) -> Iterator[bytes]:
    """The events of a stream, each whole. Several candidates take turns, one in a frame (P0.8, P0.16)."""
    writer = _Frames(facts)
    streams = [writer.candidate(index, one) for index, one in enumerate(candidates)]
    for together in itertools.zip_longest(*streams):
        for frame in together:
            if frame is not None:
                yield frame
    if facts.include_usage and facts.style.usage_in_summary:
        yield writer.summary(usage_of(candidates))
    yield DONE


class _Frames:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._style = facts.style
        head = {
            "id": facts.id,
            "object": "chat.completion.chunk",
            "created": facts.created,
            "model": facts.model,
        }
        if facts.style.fingerprint:
            head["system_fingerprint"] = "fp_simulated"
        self._head = b"data: " + msgspec.json.encode(head)[:-1] + b',"choices":['

    def _frame(self, choice: bytes, tail: bytes = b"]}\n\n") -> bytes:
        return self._head + choice + tail

    def _increment(
        self, index: int, delta: Json, steps: Sequence[Generated], *, counted: bool = True
    ) -> bytes:
        if self._facts.internal:
            ids = [identity for step in steps for identity in step.ids] or [_BEGIN]
            delta["internal_content"] = {"token_ids": ids}
        choice: Json = {"index": index, "delta": delta, "finish_reason": None}
        if counted and self._facts.top_logprobs is not None and "content" in delta:
            said = [step for step in steps if step.kind == "content"]
            choice["logprobs"] = {"content": [_logprob(step, self._facts.top_logprobs) for step in said]}
        return self._frame(msgspec.json.encode(choice))

    def candidate(self, index: int, one: Candidate) -> Iterator[bytes]:
        """One candidate's frames, from its role to its finish reason."""
        yield self._increment(index, {"role": "assistant", "content": ""}, (), counted=False)
        for group in groups(one.generation.steps, self._style.chunk):
            for delta in self._deltas(group, one):
                if self._style.empty_deltas and self._style.reasoning not in delta:
                    delta[self._style.reasoning] = ""
                yield self._increment(index, delta, group)
        choice: Json = {"index": index, "delta": {}, "finish_reason": one.generation.finish}
        if self._style.usage_in_choice:
            choice["usage"] = usage_object(one.used, both=self._style.cached_twice)
        yield self._frame(msgspec.json.encode(choice))

    def summary(self, used: Used) -> bytes:
        """The frame without choices that carries the usage (P0.1)."""
        usage = msgspec.json.encode(usage_object(used, both=self._style.cached_twice))
        return self._frame(b"", b'],"usage":' + usage + b"}\n\n")

    def _deltas(self, group: Sequence[Generated], one: Candidate) -> Iterator[Json]:
        kind, text = group[0].kind, "".join(step.text for step in group)
        if kind == "content":
            yield {"content": text}
        elif kind == "reasoning" or (kind == "close" and self._style.boundary):
            yield self._reasoning(text)
        elif kind == "arguments":
            yield {"tool_calls": [{"index": group[0].call, "function": {"arguments": text}}]}
        elif kind == "start":
            identity, call = one.calls[group[0].call]
            yield from self._starts(group[0].call, identity, call.name)

    def _reasoning(self, text: str) -> Json:
        delta: Json = {self._style.reasoning: text}
        if self._style.details:
            delta["reasoning_details"] = [{"type": "reasoning.text", "text": text}]
        return delta

    def _starts(self, place: int, identity: str, name: str) -> Iterator[Json]:
        half = len(name) * 9 // 10 if self._style.split_names else len(name)
        function = {"name": name[:half] or name, "arguments": ""}
        yield {"tool_calls": [{"index": place, "id": identity, "type": "function", "function": function}]}
        if half < len(name) and half:
            yield {"tool_calls": [{"index": place, "function": {"name": name[half:], "arguments": ""}}]}


_BEGIN: Final = 163_588
"""The token that stands before an answer's first one: nothing was generated with the first frame."""


def groups(steps: Iterable[Generated], most: int) -> Iterator[list[Generated]]:
    """Steps of one channel together, a few tokens at a time; structure goes with what comes before it."""
    group: list[Generated] = []
    size = 0
    for step in steps:
        if step.kind == "control":
            if group:
                group.append(step)
            continue
        same = bool(group) and (group[0].kind, group[0].call) == (step.kind, step.call)
        if group and (not same or size + step.cost > most):
            yield group
            group, size = [], 0
        group.append(step)
        size += step.cost
    if group:
        yield group


def _logprob(step: Generated, top: int) -> Json:
    """A number that the token alone decides: nothing was drawn, so nothing is known of other tokens."""
    data = list(step.text.encode())
    value = -((step.ids[0] if step.ids else 0) % 97) / 100
    one = {"token": step.text, "logprob": value, "bytes": data}
    others = [{**one, "logprob": value - rank} for rank in range(top)]
    return {**one, "top_logprobs": others}
