"""The messages of a body, one of which may be several of ours, and its system prompt.

A user message holds the results of tools beside what the user says: each result is a message of its own
here, and so is what stands between them; all but the first are `joined`. The last message may be the
beginning of the answer: that is `partial`. A system message may also stand among the others.
"""

import itertools
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

import msgspec
from msgspec import UNSET

from moonwire.core.errors import LocalProtocolError
from moonwire.core.memo import Generations
from moonwire.core.messages import Message, Part, TextPart, Thought, ToolCall
from moonwire.core.schemas.kinds import is_list
from moonwire.wire.anthropic.blocks import (
    call_block,
    content_body,
    decode_block,
    decode_call,
    decode_content,
    decode_part,
    decode_thought,
    numbered,
    part_block,
    thought_blocks,
)
from moonwire.wire.anthropic.shapes import (
    APART,
    AROUND,
    PLACED,
    Json,
    an_object,
    beside,
    plain,
    remembered,
)

__all__ = ["decode_messages", "decode_system", "encode_messages"]

# Messages by their JSON: an agent sends its whole history again with each request.
_KNOWN = Generations["tuple[Message, ...]"](limit=8 * 1024 * 1024)

_CANONICAL: Final = "rtc"


def decode_system(value: Any) -> Message:
    """The system prompt, text or blocks."""
    return Message(role="system", content=decode_content(value, "system"))


def decode_messages(value: Any) -> list[Message]:
    """The messages of a body, each as the same values each time the same content comes."""
    if not is_list(value):
        what = "missing" if value is UNSET else "not a list"
        raise LocalProtocolError(what, path="messages", remedy="give a list of messages")
    found: list[Message] = []
    for one, path in numbered(value, "messages"):
        read = remembered(_KNOWN, one, lambda copy, path=path: _message(copy, path))
        if read[0].role == "system" and all(before.role == "system" for before in found):
            read = (_marked(read[0], PLACED), *read[1:])
        elif read[0].role == "tool" and found and found[-1].role == "tool":
            read = (_marked(read[0], APART), *read[1:])
        found += read
    if found and _begins_an_answer(found[-1]):
        found[-1] = msgspec.structs.replace(found[-1], partial=True)
    return found


def _marked(message: Message, mark: str) -> Message:
    return msgspec.structs.replace(message, extra={**message.extra, mark: True})


def _begins_an_answer(message: Message) -> bool:
    """Whether the server is to go on where this message ends: text of the assistant's, and no call."""
    return message.role == "assistant" and not message.calls and bool(message.content)


def _message(value: Any, path: str) -> tuple[Message, ...]:
    fields = an_object(value, path, "a message")
    role, content = fields.get("role"), fields.get("content", UNSET)
    extra = beside(fields, ("role", "content"))
    where = f"{path}.content"
    if role == "user" and is_list(content):
        return _user(content, extra, where)
    if role == "assistant" and is_list(content):
        return (_assistant(content, extra, where),)
    if role not in ("user", "assistant", "system"):
        remedy = "give user, assistant or system"
        raise LocalProtocolError("a message needs a role", path=f"{path}.role", remedy=remedy)
    said = content if content is UNSET else decode_content(content, where)
    return (Message(role=role, content=said, extra=extra),)


# -- the user's --------------------------------------------------------------------------------


def _user(blocks: list[Any], around: Json, path: str) -> tuple[Message, ...]:
    """Results, and what stands between them."""
    found: list[Message] = []
    read = [(decode_block(value, at), at) for value, at in numbered(blocks, path)]
    for is_result, run in itertools.groupby(read, lambda one: one[0]["type"] == "tool_result"):
        if is_result:
            found += [_result(block, at) for block, at in run]
        else:
            parts = tuple([decode_part(block, at) for block, at in run])
            found.append(Message(role="user", content=parts))
    first, *rest = found or [Message(role="user", content=())]
    if around:
        extra = around if first.role == "user" else {**first.extra, AROUND: around}
        first = msgspec.structs.replace(first, extra=extra)
    return (first, *[msgspec.structs.replace(message, joined=True) for message in rest])


def _result(block: Mapping[str, Any], path: str) -> Message:
    """A result, whose content may be left out, empty, text, blocks, or anything else (kimi-api.md M3)."""
    given: dict[str, Any] = {}
    known = {"type"}
    for name, field, kinds in _RESULT:
        if name in block and isinstance(block[name], kinds):
            known.add(name)
            given[field] = block[name]
    if "content" in known:
        given["content"] = decode_content(given["content"], f"{path}.content")
    return Message(role="tool", extra=beside(block, known), **given)


_RESULT: Final[tuple[tuple[str, str, tuple[type, ...]], ...]] = (
    ("tool_use_id", "call_id", (str,)),
    ("is_error", "is_error", (bool,)),
    ("content", "content", (str, list, type(None))),
)


# -- the assistant's ---------------------------------------------------------------------------


def _assistant(blocks: list[Any], extra: Json, path: str) -> Message:
    thoughts: list[Thought] = []
    parts: list[Any] = []
    calls: list[ToolCall] = []
    letters: list[str] = []
    for value, at in numbered(blocks, path):
        block = decode_block(value, at)
        if block["type"] == "tool_use":
            calls.append(decode_call(block, at))
            letters.append("c")
        elif (thought := decode_thought(block)) is not None:
            thoughts.append(thought)
            letters.append("r")
        else:
            parts.append(decode_part(block, at))
            letters.append("t")
    others = bool(thoughts or calls)
    content: Any = tuple(parts)
    if others and not parts:
        content = UNSET
    elif others and len(parts) == 1 and isinstance(parts[0], TextPart) and not parts[0].extra:
        # Beside thoughts or calls content is a block in any case, so that a plain one can be plain text.
        content = parts[0].text or content
    in_order = letters == sorted(letters, key=_CANONICAL.index)
    return Message(
        role="assistant",
        content=content,
        thoughts=tuple(thoughts) or UNSET,
        calls=tuple(calls) or UNSET,
        layout="" if in_order else "".join(letters),
        extra=extra,
    )


def _assistant_body(message: Message) -> Json:
    body: Json = {"role": "assistant", **plain(message.extra)}
    content, thoughts, calls = message.content, message.thoughts or (), message.calls or ()
    if content is not UNSET and not isinstance(content, tuple) and not thoughts and not calls:
        body["content"] = content
    elif content is not UNSET or thoughts or calls:
        body["content"] = _ordered(message, _blocks(content), thoughts, calls)
    return body


def _ordered(
    message: Message, parts: list[Any], thoughts: Iterable[Thought], calls: Iterable[ToolCall]
) -> list[Any]:
    """The blocks in the order in which they came, if it is known of every one of them."""
    queues = {
        "r": [thought_blocks(thought) for thought in thoughts],
        "t": [[part] for part in parts],
        "c": [[call_block(call)] for call in calls],
    }
    layout = message.layout
    if sorted(layout) != sorted("".join(letter * len(queue) for letter, queue in queues.items())):
        layout = "".join(letter * len(queues[letter]) for letter in _CANONICAL)
    places = {letter: iter(queue) for letter, queue in queues.items()}
    return [block for letter in layout for block in next(places[letter])]


def _blocks(content: Any) -> list[Any]:
    """Content as blocks. Text that is empty is none: the dialect refuses empty blocks."""
    if isinstance(content, tuple):
        return [part_block(part) for part in cast("tuple[Part, ...]", content)]
    return [{"type": "text", "text": content}] if isinstance(content, str) and content else []


# -- all of them -------------------------------------------------------------------------------


def encode_messages(messages: Iterable[Message]) -> tuple[Json, list[Json]]:
    """The field `system`, if there is one, and the messages."""
    system: list[Message] = []
    bodies: list[Json] = []
    before: Message | None = None
    for message in messages:
        role = _ROLES.get(message.role, message.role)
        if role == "system" and not bodies and PLACED not in message.extra:
            system.append(message)
        elif role == "assistant":
            bodies.append(_assistant_body(message))
        elif role == "system":
            bodies.append(_said(message, role))
        elif before is not None and _goes_on(message, before):
            _add(bodies[-1], message)
        else:
            bodies.append(_result_body(message) if role == "tool" else _said(message, role))
        before = message
    return _system_body(system), bodies


# What this dialect has no role for, under the one that is nearest.
_ROLES: Final = {"developer": "system", "function": "tool"}


def _goes_on(message: Message, before: Message) -> bool:
    """Whether a user's message goes on with this one. Results of one turn have to stand in one message."""
    if message.joined:
        return before.role in ("user", "tool", "function")
    results = ("tool", "function")
    return message.role in results and before.role in results and APART not in message.extra


def _system_body(system: list[Message]) -> Json:
    if len(system) == 1 and system[0].content is not UNSET and system[0].content is not None:
        return {"system": content_body(system[0].content)}
    blocks = [block for message in system for block in _blocks(message.content)]
    return {"system": blocks} if blocks else {}


def _said(message: Message, role: str) -> Json:
    body: Json = {"role": role, **plain(message.extra)}
    if message.content is not UNSET:
        body["content"] = None if message.content is None else content_body(message.content)
    return body


def _result_body(message: Message) -> Json:
    return {"role": "user", "content": [_result_block(message)], **plain(message.extra.get(AROUND, {}))}


def _result_block(message: Message) -> Json:
    block: Json = {"type": "tool_result", **plain(message.extra)}
    if message.call_id is not None:
        block["tool_use_id"] = message.call_id
    if message.is_error is not None:
        block["is_error"] = message.is_error
    if message.content is not UNSET:
        block["content"] = None if message.content is None else content_body(message.content)
    return block


def _add(body: Json, message: Message) -> None:
    """What belongs to the message before is said in it."""
    if not is_list(body.get("content")):
        body["content"] = _blocks(body.get("content"))
    if message.role == "user":
        body["content"] += _blocks(message.content)
    else:
        body["content"].append(_result_block(message))
