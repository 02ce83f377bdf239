"""The three readers of the public verifiers, which disagree about the name of a call.

The feature suite takes the first name that is not empty, the schema suite joins all of them, and the
older verifier takes the last (verification.md 1.3, 1.4 and 2). They disagree about usage too.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.simulator.verifier.client import Reply

Json = dict[str, Any]

__all__ = ["READERS", "Call", "Folded", "features", "frames", "older", "schemas", "usage_anywhere"]


@dataclass
class Call:
    """A call as it was put together."""

    id: str = ""
    type: str = ""
    name: str = ""
    arguments: str = ""


@dataclass
class Folded:
    """An answer, whether it came whole or in pieces."""

    content: str = ""
    reasoning: str = ""
    calls: list[Call] = field(default_factory=list[Call])
    finish: str | None = None
    usage: Json | None = None
    reasoning_chunks: int = 0
    content_chunks: int = 0

    @property
    def names(self) -> list[str]:
        return [call.name for call in self.calls]


def frames(raw: bytes) -> list[Json]:
    """The JSON of every `data:` line up to `[DONE]`; any other line is passed over."""
    found: list[Json] = []
    for line in raw.decode().splitlines():
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            break
        found.append(json.loads(data))
    return found


Naming = Callable[[str, str], str]


def first_wins(before: str, name: str) -> str:
    return before or name


def joined(before: str, name: str) -> str:
    return before + name


def last_wins(before: str, name: str) -> str:
    return name or before


def features(reply: Reply) -> Folded:
    """As the feature suite reads: only usage at the top level counts, and the last finish reason."""
    if not reply.streamed:
        return whole(reply.json())
    folded = _fold(reply.raw, first_wins)
    for frame in frames(reply.raw):
        folded.usage = frame.get("usage") or folded.usage
    return folded


def schemas(reply: Reply) -> Folded:
    """As the schema suite reads: names are concatenated."""
    if not reply.streamed:
        return whole(reply.json())
    folded = _fold(reply.raw, joined)
    folded.usage = usage_anywhere(reply.raw)
    return folded


def older(reply: Reply) -> Folded:
    """As K2-Vendor-Verifier reads: usage stands in the choice, and an answer without a reason stopped."""
    if not reply.streamed:
        return whole(reply.json())
    folded = _fold(reply.raw, last_wins)
    for frame in frames(reply.raw):
        if choices := frame.get("choices"):
            folded.usage = choices[0].get("usage") or folded.usage
    folded.finish = folded.finish or "stop"
    return folded


READERS: dict[str, Callable[[Reply], Folded]] = {"first": features, "joined": schemas, "last": older}


def usage_anywhere(raw: bytes) -> Json | None:
    """As the token suite reads: the first usage found, in a choice or at the top level."""
    for frame in frames(raw):
        choices: list[Json] = frame.get("choices") or []
        for choice in choices:
            if choice.get("usage"):
                return choice["usage"]
        if frame.get("usage"):
            return frame["usage"]
    return None


def whole(answer: Json) -> Folded:
    """An answer that came in one piece."""
    choice: Json = answer["choices"][0]
    message: Json = choice["message"]
    given: list[Json] = message.get("tool_calls") or []
    calls = [
        Call(
            call.get("id") or "",
            call.get("type") or "",
            call["function"].get("name") or "",
            call["function"].get("arguments") or "",
        )
        for call in given
    ]
    return Folded(
        content=message.get("content") or "",
        reasoning=message.get("reasoning_content") or "",
        calls=calls,
        finish=choice.get("finish_reason"),
        usage=answer.get("usage"),
    )


def _fold(raw: bytes, naming: Naming) -> Folded:
    folded = Folded()
    calls: dict[int, Call] = {}
    for frame in frames(raw):
        choices: list[Json] = frame.get("choices") or []
        if not choices:
            continue
        choice = choices[0]
        delta: Json = choice.get("delta") or {}
        content: str = delta.get("content") or ""
        reasoning: str = delta.get("reasoning_content") or ""
        pieces: list[Json] = delta.get("tool_calls") or []
        folded.content += content
        folded.reasoning += reasoning
        folded.content_chunks += bool(content)
        folded.reasoning_chunks += bool(reasoning)
        for piece in pieces:
            _add(calls.setdefault(piece.get("index") or 0, Call()), piece, naming)
        folded.finish = choice.get("finish_reason") or folded.finish
    folded.calls = [calls[index] for index in sorted(calls)]
    return folded


def _add(call: Call, piece: Json, naming: Naming) -> None:
    function: Json = piece.get("function") or {}
    call.id = call.id or piece.get("id") or ""
    call.type = call.type or piece.get("type") or ""
    call.name = naming(call.name, function.get("name") or "")
    call.arguments += function.get("arguments") or ""
