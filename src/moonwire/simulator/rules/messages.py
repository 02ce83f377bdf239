"""Rules of the messages: roles, emptiness, calls and their results, media."""

import re
from collections.abc import Iterator
from typing import Any, Final

from moonwire.simulator.rules.ask import Ask, Json, a_list, an_object, is_list, is_object, texts_of
from moonwire.simulator.rules.rule import invalid, rule

__all__ = ["RULES"]

ANTHROPIC: Final = "platform-anthropic platform-cn-anthropic coding-anthropic"
ROLES: Final = ("system", "user", "assistant", "tool")


@rule("messages", "any", "kimi-api.md H", recorded=False)
def messages(ask: Ask) -> str | None:
    """Messages that are no list of objects, or an empty one."""
    value = ask.body.get("messages")
    if not is_list(value) or not value:
        return invalid("messages must not be empty")
    if not all(is_object(message) for message in value):
        return invalid("each message must be an object")
    return None


@rule("role", "moonshot", "kimi-api.md H3; openclaw#22194, openclaw#21911")
def role(ask: Ask) -> str | None:
    """A role that the service does not know, such as `developer` or `function`."""
    if all(message.get("role") in ROLES for message in ask.messages):
        return None
    return "unsupported role ROLE_UNSPECIFIED"


# -- emptiness -----------------------------------------------------------------------------------


def _is_blank(content: Any) -> bool:
    """Nothing at all: no content, an empty text, no parts."""
    return content is None or content == "" or content == []


def _empty(position: int, who: str) -> str:
    return invalid(f"the message at position {position} with role '{who}' must not be empty")


@rule("assistant-empty", "moonshot", "kimi-api.md H1; AstrBot#7200, obsidian-yolo#208, tolokaforge#1288")
def assistant_empty(ask: Ask) -> str | None:
    """An assistant message with neither content nor calls."""
    for position, message in enumerate(ask.messages):
        if message.get("role") != "assistant" or message.get("tool_calls") or message.get("partial"):
            continue
        if _is_blank(message.get("content")):
            return _empty(position, "assistant")
    return None


@rule("call-content-empty", "moonshot", "opencode#39451, tolokaforge#1288", only_strictest=True)
def call_content_empty(ask: Ask) -> str | None:
    """An assistant message with calls whose content is there and empty."""
    for position, message in enumerate(ask.messages):
        if (
            message.get("role") == "assistant"
            and message.get("tool_calls")
            and message.get("content") in ("", [])
        ):
            return _empty(position, "assistant")
    return None


@rule("result-missing", ANTHROPIC, "kimi-api.md M1, M3; kwwk#142")
def result_missing(ask: Ask) -> str | None:
    """A tool result whose content is left out, on the Anthropic surfaces; a blank one is taken."""
    left_out = any(
        message.get("role") == "tool" and message.get("content") is None for message in ask.messages
    )
    return "Invalid request Error" if left_out else None


@rule("text-empty", "moonshot", "kimi-api.md H2; kimi-cli#2035, kimi-cli#2396")
def text_empty(ask: Ask) -> str | None:
    """A text part with nothing in it; `strictest`: or with nothing but blanks."""
    for message in ask.messages:
        content = message.get("content")
        if not is_list(content):
            continue
        for text in texts_of(content):
            if not text or (ask.edition.kind == "strictest" and not text.strip()):
                return invalid("text content is empty")
    return None


# -- calls and results ---------------------------------------------------------------------------


def _calls(message: Json) -> list[Json]:
    return [an_object(call) for call in a_list(message.get("tool_calls"))]


def _turns(ask: Ask) -> Iterator[tuple[list[str], list[tuple[int, str]]]]:
    """The ids that each turn with calls asks for, and the results that stand right behind it.

    Results that stand behind no calls come with no ids. Every unbroken run of results is one.
    """
    wanted: list[str] = []
    given: list[tuple[int, str]] = []
    for position, message in enumerate(ask.messages):
        if message.get("role") == "tool":
            given.append((position, str(message.get("tool_call_id") or "")))
            continue
        if wanted or given:
            yield wanted, given
        wanted, given = [], []
        if message.get("role") == "assistant":
            wanted = [str(call.get("id") or "") for call in _calls(message)]
    if wanted or given:
        yield wanted, given


@rule("result-orphan", "moonshot", "kimi-api.md C5; hermes-agent#24328")
def result_orphan(ask: Ask) -> str | None:
    """A tool result that stands behind no message with calls."""
    if any(given and not wanted for wanted, given in _turns(ask)):
        return invalid(
            "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'"
        )
    return None


@rule("result-unknown", "moonshot", "kimi-api.md C5; kimi-code#1053, verification.md 1.4")
def result_unknown(ask: Ask) -> str | None:
    """A tool result whose id none of the calls before it has, or that has none."""
    for wanted, given in _turns(ask):
        for _, identity in given:
            if identity not in wanted or not identity:
                return f"tool_call_id {identity} is not found"
    return None


@rule("call-unanswered", "moonshot", "kimi-api.md C5; kimi-cli#1977, kimi-code#705")
def call_unanswered(ask: Ask) -> str | None:
    """A call without a result right behind it."""
    for wanted, given in _turns(ask):
        answered = {identity for _, identity in given}
        missing = [identity for identity in wanted if identity not in answered]
        if missing:
            return (
                "an assistant message with 'tool_calls' must be followed by tool messages responding to each "
                "'tool_call_id'. The following tool_call_ids did not have response messages: "
                + ", ".join(missing)
            )
    return None


@rule("call-id-twice", "moonshot", "kimi-api.md C4; openclaw#51155, openclaw#87596")
def call_id_twice(ask: Ask) -> str | None:
    """An id that two calls have: in one turn, and on K2 and in `strictest` in the whole conversation."""
    # K3's own ids begin anew in each turn, so its history has repeats that it must take (kimi-api.md C1).
    per_turn = ask.target.family == "k3" and ask.edition.kind != "strictest"
    seen: set[str] = set()
    for message in ask.messages:
        if per_turn:
            seen = set()
        for call in _calls(message):
            identity = str(call.get("id") or "")
            if identity in seen:
                return invalid(f"tool call id {identity} is duplicated")
            seen.add(identity)
    return None


# -- media ---------------------------------------------------------------------------------------

DATA_URL: Final = re.compile(r"data:([^,;]{0,100}(?:;[^,;]{0,100}){0,3}?);base64,", re.IGNORECASE)


def _address(part: Json, field: str) -> str:
    value = part.get(field)
    return str(an_object(value).get("url", "")) if is_object(value) else str(value or "")


def _media(ask: Ask) -> Iterator[tuple[str, str]]:
    for message in ask.messages:
        for part in map(an_object, a_list(message.get("content"))):
            for field in ("image_url", "video_url"):
                if part.get("type") == field:
                    yield field, _address(part, field)


MOST_SHOWN: Final = 200
"""How much of a foreign address is said back."""


@rule("image-url", "own", "kimi-api.md H7")
def image_url(ask: Ask) -> str | None:
    """An image or a film that is neither inlined nor uploaded."""
    for _, url in _media(ask):
        if not url.startswith(("data:", "ms://")):
            return f"unsupported image url: {url[:MOST_SHOWN]}"
    return None


@rule("image-format", "own", "kimi-api.md H7; kimi-code#1626")
def image_format(ask: Ask) -> str | None:
    """An inlined medium of a type that the service does not read."""
    target = ask.target
    for field, url in _media(ask):
        if not url.startswith("data:"):
            continue
        match = DATA_URL.match(url)
        said = match[1] if match else "text/plain; charset=utf-8"
        known = target.image_types if field == "image_url" else target.video_types
        if known and said.split(";")[0].strip().lower() not in known:
            return f"unsupported image format: {said}"
    return None


@rule("image-blind", "own", "kimi-api.md O supports_image_in", recorded=False)
def image_blind(ask: Ask) -> str | None:
    """A medium to a model that takes none."""
    for field, _ in _media(ask):
        takes = ask.target.vision if field == "image_url" else ask.target.video
        if takes is False:
            return invalid(f"{ask.target.model} is not a multimodal model")
    return None


@rule("tool-reference", ANTHROPIC, "kimi-api.md M2; Kimi-K2#118, cc-switch#2941")
def tool_reference(ask: Ask) -> str | None:
    """A `tool_reference` block in a tool result, on the Anthropic surfaces."""
    for message in ask.messages:
        kinds = [an_object(part).get("type") for part in a_list(message.get("content"))]
        if message.get("role") == "tool" and "tool_reference" in kinds:
            # Only the platform says what it is; the coding endpoint says nothing (kimi-api.md M1).
            return (
                "Invalid request Error"
                if ask.target.gated
                else "failed to convert tool result content: unsupported content type in "
                "ContentBlockParamUnion: tool_reference"
            )
    return None


KINDS: Final = ("text", "image_url", "video_url")


@rule("part", "own", "kimi-api.md H7", recorded=False)
def part_kind(ask: Ask) -> str | None:
    """A part of a kind that the service does not know: files, audio, documents."""
    for message in ask.messages:
        for part in map(an_object, a_list(message.get("content"))):
            if part.get("type") not in KINDS:
                return invalid(f"unsupported content type: {part.get('type')}")
    return None


RULES: Final = (
    messages,
    role,
    tool_reference,
    part_kind,
    text_empty,
    assistant_empty,
    call_content_empty,
    result_missing,
    result_orphan,
    result_unknown,
    call_unanswered,
    call_id_twice,
    image_url,
    image_format,
    image_blind,
)
