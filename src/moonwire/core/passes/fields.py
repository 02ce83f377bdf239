"""Pass 10: the cache key, and fields that a target refuses.

Sources: kimi-api.md J (the key names the conversation to the prefix cache), D1 (`store`), B6 and P
(vendors that refuse message fields they do not know: kilocode#10375, llmgateway#3274).
"""

import hashlib
from typing import Any

import msgspec
from msgspec import UNSET

from moonwire.core.catalogue.target import Target
from moonwire.core.draft import Draft, note
from moonwire.core.intent import read_intent
from moonwire.core.memo import again
from moonwire.core.messages import Message, Request, Sampling, TextPart, changed
from moonwire.core.notes import Note
from moonwire.core.settings import Settings

__all__ = ["heal", "heal_messages", "heal_request"]

# What a message is made of under every policy; `message_fields` narrows what may stand beside it.
_FIELDS = {"thoughts": "reasoning_content", "name": "name", "partial": "partial", "tools": "tools"}
# The request's fields under their names on the wire, and what stands there where they are absent.
_TOP: dict[str, tuple[str, Any]] = {
    "store": ("store", UNSET),
    "metadata": ("metadata", UNSET),
    "parallel": ("parallel_tool_calls", UNSET),
    "stream_usage": ("stream_options", UNSET),
    "user": ("user", None),
    "previous": ("previous_response_id", None),
    "cache_key": ("prompt_cache_key", None),
}


def heal(draft: Draft, target: Target, settings: Settings) -> Draft:
    """Cache key set where it helps, refused fields taken out, usage asked for in every stream."""
    return heal_messages(heal_request(draft, target, settings), target, settings)


def heal_messages(draft: Draft, target: Target, settings: Settings) -> Draft:
    """What follows from the messages: the cache key, and their own fields."""
    if settings.fields != "off":
        draft = _in_messages(draft, target)
    wanted = target.cache_key and target.cache_key not in target.refused_fields
    if settings.cache != "off" and wanted and draft.request.cache_key is None:
        key = _fingerprint(draft.request)
        reason = "the cache finds the conversation by this key"
        cached = note("cache-key", target.cache_key, reason, change=(None, key), source="kimi-api.md J")
        draft = draft.with_request((cached,), cache_key=key)
    return draft


def heal_request(draft: Draft, target: Target, settings: Settings) -> Draft:
    """What holds whatever the messages are: refused fields of the request, usage in every stream."""
    return draft if settings.fields == "off" else _top_level(draft, target)


def _top_level(draft: Draft, target: Target) -> Draft:
    request, notes = draft.request, list[Note]()
    fields: dict[str, Any] = {}
    refused = set(target.refused_fields)
    asks = target.stream_usage and request.stream is True and "stream_options" not in refused
    if asks and request.stream_usage is not True:
        reason = "a stream says what it used only when asked"
        notes.append(note("usage-asked", "stream_options.include_usage", reason, source="kimi-api.md I1"))
        fields["stream_usage"] = True
    for field, (name, absent) in _TOP.items():
        if name in refused and getattr(request, field) is not absent:
            fields[field] = absent
            notes.append(_refused(name, name, getattr(request, field)))
    sampling = {name: UNSET for name in _given(request.sampling, refused)}
    notes += [_refused(name, name, getattr(request.sampling, name)) for name in sampling]
    if sampling:
        fields["sampling"] = msgspec.structs.replace(request.sampling, **sampling)
    for field, values in (("extra", request.extra), ("caps", request.caps)):
        if refused & values.keys():
            fields[field] = {name: value for name, value in values.items() if name not in refused}
            notes += [_refused(name, name, value) for name, value in values.items() if name in refused]
    spelled = request.thinking.spelled
    if refused & spelled.keys():
        fields["thinking"] = read_intent({name: spelled[name] for name in spelled if name not in refused})
        notes += [_refused(name, name, value) for name, value in spelled.items() if name in refused]
    return draft.with_request(notes, **fields) if fields else draft


def _given(sampling: Sampling, refused: set[str]) -> list[str]:
    names = [name for name in Sampling.__struct_fields__ if name in refused]
    return [name for name in names if getattr(sampling, name) is not UNSET]


def _in_messages(draft: Draft, target: Target) -> Draft:
    only, refused = set(target.message_fields), set(target.refused_message_fields)
    if not only and not refused:
        return draft
    messages, notes = list(draft.request.messages), list[Note]()
    for position, message in enumerate(messages):
        names = [name for name in message.extra if _goes(name, only, refused)]
        fields = {
            field: _FIELDS[field]
            for field in _FIELDS
            if _present(message, field) and _goes(_spelled(message, field), only, refused)
        }
        if not names and not fields:
            continue
        where = draft.where(position)
        notes += [_refused(name, f"{where}.{name}", message.extra[name]) for name in names]
        for field in fields:
            name, before = _spelled(message, field), getattr(message, field)
            before = message.reasoning if field == "thoughts" else name if field == "tools" else before
            notes.append(_refused(name, f"{where}.{name}", before))
        gone: dict[str, Any] = {field: UNSET if field in ("thoughts", "tools") else None for field in fields}
        extra = {name: value for name, value in message.extra.items() if name not in names}
        messages[position] = changed(message, extra=extra, **gone)
    return draft.with_messages(messages, draft.origins, notes)


def _goes(name: str, only: set[str], refused: set[str]) -> bool:
    return name in refused or (bool(only) and name not in only)


def _present(message: Message, field: str) -> bool:
    value = getattr(message, field)
    return value is not UNSET and (value is not None or field == "thoughts")


def _spelled(message: Message, field: str) -> str:
    """The field's name on the wire: reasoning goes by several."""
    if field == "thoughts" and message.thoughts:
        return message.thoughts[0].field or _FIELDS[field]
    return _FIELDS[field]


def _refused(name: str, path: str, before: Any) -> Note:
    """Said of what goes: null and the emptiest values ask for nothing, so nothing is lost with them."""
    asked = before not in (None, "", 0) and before != [] and before != {}
    return note(
        "field-refused",
        path,
        "the target refuses this field",
        level="warning" if asked else "info",
        change=(before, None),
        avoids=f"Extra inputs are not permitted, field: {name}",
        source="kimi-api.md B6, D1",
    )


def _fingerprint(request: Request) -> str:
    """The same for every turn of a conversation: what stands up to the user's first words."""
    messages = request.messages
    for place, message in enumerate(messages):
        if message.role == "user":
            return again(message, "fingerprint", messages[:place], _begun_with, messages[: place + 1])
    return _begun_with(messages)


def _begun_with(messages: tuple[Message, ...]) -> str:
    before, last = messages[:-1], messages[-1:]
    # Conversations share what stands before the user's first words.
    known = again(before[-1], "named before", before[:-1], _said_in, before) if before else _said_in(())
    digest = known.copy()
    for message in last:
        digest.update(_named(message))
    return f"mw-{digest.hexdigest()[:32]}"


def _said_in(messages: tuple[Message, ...]) -> Any:
    """A hash that nobody goes on with but by a copy."""
    digest = hashlib.sha256()
    for message in messages:
        digest.update(_named(message))
    return digest


def _named(message: Message) -> bytes:
    return f"{message.role}\0{_text(message)}\0".encode("utf-8", "surrogatepass")


def _text(message: Message) -> str:
    content = message.content
    if isinstance(content, tuple):
        return "\0".join(part.text for part in content if isinstance(part, TextPart))
    return content if isinstance(content, str) else ""
