"""The items of `input`, gathered to the messages of a conversation, and back.

An assistant's turn is one message: its reasoning, its text and its calls, as many items as they are, up
to what comes of the calls or what the user says. Thoughts behind a text begin a turn of their own.

| item | value |
|---|---|
| `message`, with or without its type | `Message`; an assistant's is part of the turn |
| `reasoning` | `Thought`: text of `content`, else of `summary`; `encrypted_content`, `id` |
| calls and what came of them | `calls.py` |
| `additional_tools` | `Message(role="developer", tools=…)` |
| what a server did (`web_search_call`, `mcp_call`, `computer_call`, `compaction`, …) | `Other` in the turn |
| any other (`item_reference`, `mcp_approval_response`, …) | `Other` in a message of the user's |

What cannot be said here: two turns of an assistant in a row become one, and one with thoughts behind its
text and no call before them becomes two; `partial`, `joined`, `name`,
`is_error`, a thought's `signature`, `redacted` and `field`, a call's `complete`, `declared` and `native`,
null for `thoughts` or `calls`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from msgspec import UNSET

from moonwire.core.errors import LocalProtocolError
from moonwire.core.memo import Generations
from moonwire.core.messages import VERBATIM, Message, Other, Part, TextPart, Thought, ToolCall
from moonwire.wire.responses.calls import CALLS, OUTPUTS, call_body, decode_call, decode_result, output_body
from moonwire.wire.responses.content import content_body, decode_content, part_body
from moonwire.wire.responses.shapes import WHERE, Json, an_object, faithful, fresh, own, remembered
from moonwire.wire.responses.tools import decode_tools, tools_body

__all__ = ["decode_items", "items_of", "thought_body"]

HOSTED: Final = frozenset(
    {
        *("web_search_call", "file_search_call", "computer_call", "code_interpreter_call"),
        *("image_generation_call", "mcp_call", "mcp_list_tools", "mcp_approval_request"),
        *("program", "program_output", "compaction"),
    }
)
"""What a server of OpenAI's does within a turn."""

_ROLES: Final = ("system", "developer", "user", "assistant")


# Messages by the JSON of their items: an agent sends its whole history on every turn.
_KNOWN = Generations[Message](limit=8 * 1024 * 1024)


def decode_items(items: list[Any], path: str = "input") -> tuple[Message, ...]:
    """The messages that the items are, each as the same value each time the same content comes."""
    return tuple(
        remembered(_KNOWN, group, lambda came, first=first: _message(came, path, first))
        for first, group in _groups(items, path)
    )


def _groups(items: list[Any], path: str) -> Iterator[tuple[int, list[Any]]]:
    """The items of each message, and the place of the first of them."""
    turn: list[Any] = []
    said = called = False
    for index, value in enumerate(items):
        where = f"{path}[{index}]"
        item = an_object(value, where, "an item")
        kind = _kind(item, where)
        ours = _is_ours(item, kind)
        if turn and (not ours or (kind == "reasoning" and said and not called)):
            yield index - len(turn), turn
            turn, said, called = [], False, False
        if ours:
            turn.append(item)
            called = called or kind in CALLS
            said = said or kind not in ("reasoning", *CALLS)
        else:
            yield index, [item]
    if turn:
        yield len(items) - len(turn), turn


def _message(items: list[Any], path: str, first: int) -> Message:
    """The message that these items are together."""
    kind = _kind(items[0], path)
    if not _is_ours(items[0], kind):
        return _single(items[0], kind, f"{path}[{first}]")
    turn = _Turn()
    for index, item in enumerate(items):
        turn.add(item, _kind(item, path), f"{path}[{first + index}]")
    return turn.message()


def _kind(item: Mapping[str, Any], path: str) -> str:
    kind = item.get("type")
    if kind is None and "role" in item:
        return "message"
    if kind is None and isinstance(item.get("id"), str):
        return "item_reference"
    if not isinstance(kind, str) or not kind:
        remedy = "give message, function_call, function_call_output or reasoning"
        raise LocalProtocolError("an item needs a type", path=f"{path}.type", remedy=remedy)
    return kind


def _is_ours(item: Mapping[str, Any], kind: str) -> bool:
    """Whether the item is part of an assistant's turn."""
    if kind == "message":
        return item.get("role") == "assistant"
    return kind in CALLS or kind in HOSTED or kind == "reasoning"


def _single(item: Mapping[str, Any], kind: str, path: str) -> Message:
    """A message that is one item."""
    if kind in OUTPUTS:
        return decode_result({**item, "type": kind}, path)
    if kind == "additional_tools":
        tools = decode_tools(item.get("tools", []), f"{path}.tools") or ()
        message = Message(role="developer", tools=tools, extra=own(item, ("type", "tools", "role"), path))
        return faithful(message, [item], items_of((message,)))
    if kind != "message":
        return Message(role="user", content=(Other(kind=kind, value=item),))
    role = item.get("role")
    if role not in _ROLES:
        remedy = "give system, developer, user or assistant"
        raise LocalProtocolError("a message needs a role", path=f"{path}.role", remedy=remedy)
    content = decode_content(item.get("content", UNSET), f"{path}.content", role)
    known = ("type", "role", *(() if content is UNSET else ("content",)), *_identity(item))
    identity = item["id"] if "id" in known else None
    message = Message(role=role, content=content, id=identity, extra=own(item, known, path))
    return faithful(message, [item], items_of((message,)))


def _identity(item: Mapping[str, Any]) -> tuple[str, ...]:
    return ("id",) if isinstance(item.get("id"), str) else ()


class _Turn:
    """An assistant's turn under way."""

    def __init__(self) -> None:
        self._items: list[Any] = []
        self._thoughts: list[Thought] = []
        self._calls: list[ToolCall] = []
        self._parts: list[Any] = []
        self._layout = ""
        self._said: list[tuple[Json, Any, str | None]] = []

    def add(self, item: Mapping[str, Any], kind: str, path: str) -> None:
        """One more item of the turn."""
        self._items.append(item)
        if kind == "reasoning":
            self._thoughts.append(_thought(item, path))
            self._layout += "r"
        elif kind in CALLS:
            self._calls.append(decode_call(item, path))
            self._layout += "c"
        elif kind == "message":
            self._message(item, path)
        else:
            self._parts.append(Other(kind=kind, value=item))
            self._layout += "t"

    def _message(self, item: Mapping[str, Any], path: str) -> None:
        content = decode_content(item.get("content", UNSET), f"{path}.content", "assistant")
        known = ("type", "role", *(() if content is UNSET else ("content",)), *_identity(item))
        self._said.append((own(item, known, path), content, item["id"] if "id" in known else None))
        parts: tuple[Any, ...] = (TextPart(text=content),) if isinstance(content, str) else content or ()
        self._parts += parts
        self._layout += "t" * max(1, len(parts))

    def message(self) -> Message:
        """The turn as a message."""
        given: Json = {}
        if self._thoughts:
            given["thoughts"] = tuple(self._thoughts)
        if self._calls:
            given["calls"] = tuple(self._calls)
        if self._parts:
            given["content"] = tuple(self._parts)
        if len(self._said) == 1:
            extra, content, identity = self._said[0]
            given |= {"extra": extra, "id": identity}
            if not self._parts or isinstance(content, str):
                given["content"] = content
        layout = self._layout
        if "".join(sorted(layout, key="rtc".index)) != layout:
            given["layout"] = layout
        message = Message(role="assistant", **given)
        return faithful(message, self._items, items_of((message,)))


def _thought(item: Mapping[str, Any], path: str) -> Thought:
    summary = _texts(item.get("summary"), "summary_text")
    content = _texts(item.get("content"), "reasoning_text")
    text = "".join(content) if content else "\n\n".join(summary or ())
    encrypted, identity = item.get("encrypted_content"), item.get("id")
    known = ["type", "summary", "content"]
    known += ["encrypted_content"] if isinstance(encrypted, str) else []
    known += ["id"] if isinstance(identity, str) else []
    plain = not content and (not summary or len(summary) == 1)
    thought = Thought(
        text=text,
        summary=None if plain else tuple(summary or ()),
        encrypted=encrypted if isinstance(encrypted, str) else None,
        id=identity if isinstance(identity, str) else None,
        extra=own(item, tuple(known), path),
    )
    return faithful(thought, item, thought_body(thought))


def _texts(value: Any, kind: str) -> list[str] | None:
    if not isinstance(value, list):
        return None
    parts = [cast("Json", part) for part in cast("list[Any]", value) if isinstance(part, dict)]
    right = [part for part in parts if part.get("type", kind) == kind]
    return [part["text"] for part in right if isinstance(part.get("text"), str)]


def thought_body(thought: Thought) -> Json:
    """The thought as a reasoning item: plaintext as its summary, which clients keep (kimi-api.md N)."""
    if VERBATIM in thought.extra:
        return fresh(thought.extra[VERBATIM])
    summary = thought.summary
    if summary is None:
        summary = (thought.text,) if thought.text else ()
    body: Json = {"type": "reasoning"}
    if thought.id is not None:
        body["id"] = thought.id
    body["summary"] = [{"type": "summary_text", "text": text} for text in summary]
    if thought.summary is not None and thought.text != "\n\n".join(summary):
        body["content"] = [{"type": "reasoning_text", "text": thought.text}]
    if thought.encrypted is not None:
        body["encrypted_content"] = thought.encrypted
    return {**body, **fresh(thought.extra)}


# -- and back ----------------------------------------------------------------------------------------


def items_of(messages: tuple[Message, ...]) -> list[Any]:
    """The items that say the messages; they share nothing with them."""
    found: list[Any] = []
    for message in messages:
        if VERBATIM in message.extra:
            found += fresh(message.extra[VERBATIM])
        elif message.role == "assistant":
            found += _turn_items(message)
        elif message.role in ("tool", "function"):
            found.append(output_body(message))
        elif message.tools is not UNSET and message.content is UNSET:
            tools = tools_body(message.tools)
            found.append({"type": "additional_tools", "role": "developer", "tools": tools, **_extra(message)})
        elif (item := _standing_alone(message)) is not None:
            found.append(item)
        else:
            found.append(_message_item(message, message.content))
    return found


def _standing_alone(message: Message) -> Any:
    """The item that no message is made of."""
    parts = message.content
    if isinstance(parts, tuple) and len(parts) == 1 and isinstance(parts[0], Other):
        value: Any = parts[0].value
        if isinstance(value, dict) and "role" not in value and not _is_part(parts[0].kind):
            return fresh(value)
    return None


def _is_part(kind: str) -> bool:
    """Whether something of this kind is a part of a message, and not an item."""
    return kind == "" or kind.startswith("input_") or kind in ("text", "image_url", "file", "tool_reference")


def _turn_items(message: Message) -> list[Any]:
    content = message.content
    blocks: dict[str, list[Any]] = {
        "r": [thought_body(thought) for thought in message.thoughts or ()],
        "t": list(content) if isinstance(content, tuple) else [] if content is UNSET else [content],
        "c": [call_body(call) for call in message.calls or ()],
    }
    counts = {letter: len(block) for letter, block in blocks.items()}
    layout = message.layout
    if {letter: layout.count(letter) for letter in counts} != counts:
        layout = "".join(letter * count for letter, count in counts.items())
    if content == ():
        layout, blocks["t"] = layout.replace("c", "tc", 1) if "c" in layout else layout + "t", [()]
    found: list[Any] = []
    said: list[Any] | None = None
    for letter in layout:
        block = blocks[letter].pop(0)
        if letter != "t":
            found.append(block)
            said = None
        elif isinstance(block, Other) and block.kind in HOSTED:
            found.append(fresh(block.value))
            said = None
        elif not isinstance(content, tuple) or block == ():
            found.append(_message_item(message, content))
        elif said is None:
            said = [part_body(block, "assistant")]
            found.append({**_message_item(message, UNSET), "content": said})
        else:
            said.append(part_body(block, "assistant"))
    if not found:
        return [_message_item(message, content)]
    if message.id is not None:
        # It names the first text alone.
        for item in [item for item in found if item.get("type") == "message"][1:]:
            del item["id"]
    return found


def _message_item(message: Message, content: Any) -> Json:
    body: Json = {"type": "message", "role": message.role}
    if message.id is not None:
        body["id"] = message.id
    if content is not UNSET:
        body["content"] = content_body(cast("str | tuple[Part, ...] | None", content), message.role)
    return {**body, **_extra(message)}


def _extra(message: Message) -> Json:
    return {name: fresh(item) for name, item in message.extra.items() if name != WHERE}
