"""A reply as one JSON object: what `--json` prints, and what `--jsonl` writes into a record."""

from collections.abc import Iterable
from typing import Any

import msgspec

from moonwire import Malformed, Note, Reply, ToolCall

__all__ = ["call_object", "flawed", "malformed_objects", "note_objects", "reply_object"]


def reply_object(reply: Reply) -> dict[str, Any]:
    """The reply, whole, under the names that people see."""
    return {
        "reasoning": reply.reasoning,
        "text": reply.text,
        "calls": [
            {**call_object(call), "complete": call.complete, "declared": call.declared}
            for call in reply.calls
        ],
        "malformed": malformed_objects(reply.malformed),
        "finish": reply.finish,
        "notes": note_objects(reply.notes),
    }


def call_object(call: ToolCall) -> dict[str, Any]:
    """A call by itself. The arguments are text, exactly as the model wrote them."""
    return {"id": call.id, "name": call.name, "arguments": call.arguments}


def malformed_objects(parts: Iterable[Malformed]) -> list[dict[str, Any]]:
    """Parts that could not be read; `index` names the call that a part belongs to, where there is one."""
    return [
        {"raw": part.raw, "reason": part.reason, **({} if part.index is None else {"index": part.index})}
        for part in parts
    ]


def note_objects(notes: Iterable[Note]) -> list[dict[str, Any]]:
    """Repairs, without the fields that say nothing."""
    return [msgspec.to_builtins(note) for note in notes]


def flawed(reply: Reply) -> bool:
    """Whether part of the reply is lost to its reader: a call that was cut, or markup that is none."""
    return bool(reply.malformed) or any(not call.complete for call in reply.calls)
