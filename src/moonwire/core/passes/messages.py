"""Pass 1: the messages: roles, names, turns with nothing in them, order, and a begun answer.

Sources: kimi-api.md H1 to H6, H10; peers.md 2.2. Moonshot takes neighbours of one role and an
assistant's turn at the start, so those are touched only where a target's row says `alternating`.
"""

from typing import Any, get_args

import msgspec

from moonwire.core.catalogue.target import Target
from moonwire.core.draft import Draft, as_json, members, note
from moonwire.core.errors import LocalProtocolError
from moonwire.core.memo import LeftAlone
from moonwire.core.messages import Message, Role, TextPart, ToolCall, changed
from moonwire.core.notes import Note
from moonwire.core.passes import content
from moonwire.core.settings import Settings

__all__ = ["alternate", "heal"]

_ROLES = frozenset(get_args(Role))
_OPENING = "(The conversation begins with the assistant.)"


def heal(draft: Draft, target: Target, settings: Settings) -> Draft:
    """Everything about messages that needs no look at calls and their results."""
    draft = _unseen(draft, target, settings)
    if target.alternating:
        draft = alternate(draft)
    # A beginning that the target cannot be given may be a turn with nothing in it.
    healed = _prefill(draft, target, settings)
    return draft if healed is draft else _nothing_said(healed, target)


def _each(draft: Draft, target: Target, settings: Settings) -> Draft:
    """What is true of a message wherever it stands, but for the mark of a begun answer."""
    draft = content.heal(_roles(draft, target), target, settings)
    return _nothing_said(_marked_last(draft, target), target)


def _unseen(draft: Draft, target: Target, settings: Settings) -> Draft:
    """The same, without another look at those that were left alone before: most of a history."""
    messages, origins = draft.request.messages, draft.origins
    if settings.drop_media or len(set(origins)) != len(origins):
        return _each(draft, target, settings)
    mark, end = LeftAlone("messages", target, settings), len(messages) - 1
    new = [place for place, one in enumerate(messages) if place == end or not mark.is_on(one)]
    unseen = draft.with_messages([messages[place] for place in new], [origins[place] for place in new])
    asked = _each(unseen, target, settings)
    if asked is unseen:
        for place in new:
            if place != end and not _is_begun(messages[place]):
                mark.put_on(messages[place])
        return draft
    healed = dict(zip(asked.origins, asked.request.messages, strict=True))
    after: dict[int, Message | None] = {place: healed.get(origins[place]) for place in new}
    for place, message in after.items():
        if message is messages[place] and place != end and not _is_begun(messages[place]):
            mark.put_on(messages[place])
    kept = [
        (message, origin)
        for place, (one, origin) in enumerate(zip(messages, origins, strict=True))
        if (message := after.get(place, one)) is not None
    ]
    draft = draft.with_messages([message for message, _ in kept], [origin for _, origin in kept])
    return msgspec.structs.replace(draft, notes=asked.notes)


def _is_begun(message: Message) -> bool:
    return message.partial is not None or "prefix" in message.extra


def _roles(draft: Draft, target: Target) -> Draft:
    """Roles and names that the target knows, and calls in today's form."""
    messages, notes = list(draft.request.messages), list[Note]()
    for position, message in enumerate(messages):
        where = draft.where(position)
        # Only of some servers is it known that they refuse roles; other templates may have their own.
        if target.developer and message.role not in _ROLES:
            raise LocalProtocolError(
                f"no such role: {message.role}",
                path=f"{where}.role",
                remedy="give system, user, assistant or tool",
            )
        message = _role(message, target, where, notes)
        if target.function and message.role == "assistant":
            message = _called(message, where, notes)
        # Partial mode has a use for it: the one who goes on speaking (kimi-api.md H5).
        begun = position == len(messages) - 1 and message.partial is True and _begins(message)
        wanted = message.role == "tool" or (begun and _way(draft, target) == "partial")
        if target.names == "strip" and message.name is not None and not wanted:
            reason = "the prompt template would put it in the role's place, which changes the persona"
            change = (message.name, None)
            # Of several users, the name is all that tells one from the other.
            level = "warning" if message.role == "user" else "info"
            notes.append(
                note(
                    "name-stripped",
                    f"{where}.name",
                    reason,
                    level=level,
                    change=change,
                    source="kimi-api.md H6",
                )
            )
            message = changed(message, name=None)
        messages[position] = message
    return draft.with_messages(messages, draft.origins, notes)


def _role(message: Message, target: Target, where: str, notes: list[Note]) -> Message:
    if message.role == "developer" and target.developer:
        notes.append(
            note(
                "role-developer",
                f"{where}.role",
                "the target knows no role `developer`",
                change=("developer", target.developer),
                avoids="unsupported role ROLE_UNSPECIFIED",
                source="kimi-api.md H3, openclaw#22194",
            )
        )
        return changed(message, role=target.developer)
    if message.role == "function" and target.function:
        notes.append(
            note(
                "role-function",
                f"{where}.role",
                "the role of results from before `tool_calls`",
                change=("function", target.function),
                source="kimi-api.md H3",
            )
        )
        return changed(message, role=target.function)
    return message


def _called(message: Message, where: str, notes: list[Note]) -> Message:
    """The turn with its `function_call` as an ordinary call; the id is given by a later pass.

    Clients write `function_call: null` on every turn, and some repeat there what `tool_calls` says.
    """
    fields = members(message.extra.get("function_call"))
    name, arguments = fields.get("name"), fields.get("arguments")
    if not isinstance(name, str) or not name:
        return message
    path = f"{where}.function_call"
    if not isinstance(arguments, str):
        arguments = "{}" if arguments is None else as_json(arguments, f"{path}.arguments")
    reason = "the form of calls from before `tool_calls`"
    change = ("function_call", "tool_calls")
    notes.append(note("function-call", path, reason, change=change, source="kimi-api.md H3"))
    extra = {key: value for key, value in message.extra.items() if key != "function_call"}
    calls = message.calls or ()
    if any(call.name == name and call.arguments == arguments for call in calls):
        return changed(message, extra=extra)
    call = ToolCall(id="", name=name, arguments=arguments)
    layout = f"{message.layout}c" if message.layout else ""
    return changed(message, calls=(*calls, call), extra=extra, layout=layout)


def _nothing_said(draft: Draft, target: Target) -> Draft:
    """Assistant turns that hold nothing are left out; one that only thought keeps its thoughts."""
    if not target.blank_assistant:
        return draft
    kept: list[Message] = []
    origins: list[int] = []
    notes: list[Note] = []
    for position, message in enumerate(draft.request.messages):
        if message.role == "assistant" and _is_empty(message):
            said = _said(message, target, draft.where(position), notes)
            if said is None:
                continue
            message = said
        kept.append(message)
        origins.append(draft.origins[position])
    return draft.with_messages(kept, origins, notes)


def _is_empty(message: Message) -> bool:
    return not message.calls and not message.partial and content.is_blank(message)


def _said(message: Message, target: Target, where: str, notes: list[Note]) -> Message | None:
    """What an empty turn becomes; nothing where it is left out."""
    reason = "the target refuses an assistant's turn with nothing in it"
    refusal = message.extra.get("refusal")
    if isinstance(refusal, str) and refusal.strip():
        notes.append(
            note(
                "refusal-as-text",
                f"{where}.refusal",
                reason,
                change=(None, refusal),
                avoids="must not be empty",
                source="kimi-api.md H1",
            )
        )
        extra = {name: value for name, value in message.extra.items() if name != "refusal"}
        return changed(message, content=refusal, extra=extra)
    thought = bool((message.reasoning or "").strip())
    if not thought or target.blank_assistant != "space":
        notes.append(
            note(
                "assistant-empty",
                where,
                reason,
                level="warning" if thought else "info",
                avoids="must not be empty",
                source="kimi-api.md H1, AstrBot#7200",
            )
        )
        return None
    if message.content == " ":
        return message
    before = None if message.content is msgspec.UNSET else message.content
    notes.append(
        note(
            "assistant-thoughts-only",
            f"{where}.content",
            reason,
            change=(before, " "),
            avoids="must not be empty",
            source="kimi-api.md H1, tolokaforge#1288",
        )
    )
    return changed(message, content=" ", layout="")


def alternate(draft: Draft) -> Draft:
    """Roles in turn: neighbours of one role become one message, and the user speaks first.

    Also for the pass after this one: what it takes out can leave such neighbours behind.
    """
    groups: list[list[Message]] = []
    origins: list[int] = []
    notes: list[Note] = []
    spoken = False
    for position, message in enumerate(draft.request.messages):
        if message.role == "assistant" and not spoken:
            reason = "the target wants the user to speak first"
            notes.append(note("user-first", draft.where(position), reason, source="kimi-api.md H10"))
            groups.append([Message(role="user", content=_OPENING)])
            origins.append(draft.origins[position])
        elif groups and _belongs(message, groups[-1][-1]):
            reason = "the target refuses neighbours of one role"
            level = "info" if message.name in (None, groups[-1][0].name) else "warning"
            path = draft.where(position)
            notes.append(note("neighbours-merged", path, reason, level=level, source="kimi-api.md H4, H10"))
            groups[-1].append(message)
            continue
        spoken = spoken or message.role != "system"
        groups.append([message])
        origins.append(draft.origins[position])
    return draft.with_messages([_joined(group) for group in groups], origins, notes)


def _belongs(message: Message, before: Message) -> bool:
    """Whether a message can be one with its neighbour. Calls end a turn: their results stand behind them."""
    alike = message.role == before.role and message.role in ("user", "assistant")
    return alike and not before.calls and "content" not in {*message.extra, *before.extra}


def _joined(group: list[Message]) -> Message:
    """Neighbours of one role as one message."""
    first, last = group[0], group[-1]
    if len(group) == 1:
        return first
    thoughts = [thought for message in group for thought in message.thoughts or ()]
    extra: dict[str, Any] = {}
    for message in reversed(group):
        extra.update(message.extra)
    return changed(
        first,
        content=_together([message for message in group if not content.is_blank(message)] or [last]),
        thoughts=tuple(changed(thought) for thought in thoughts) if thoughts else first.thoughts,
        calls=last.calls,
        partial=last.partial,
        extra=extra,
        layout="",
    )


def _together(messages: list[Message]) -> Any:
    """What several messages say, as one message's content."""
    if len(messages) == 1:
        return messages[0].content
    texts = [message.content for message in messages if isinstance(message.content, str)]
    if len(texts) == len(messages):
        return "\n\n".join(texts)
    return tuple(part for message in messages for part in _parts(message.content))


def _parts(content: Any) -> tuple[Any, ...]:
    return (TextPart(text=content),) if isinstance(content, str) else content


def _marked_last(draft: Draft, target: Target) -> Draft:
    """The mark of a begun answer means nothing anywhere but at the end."""
    if not target.partial:
        return draft
    messages, notes = list(draft.request.messages), list[Note]()
    for position, message in enumerate(messages):
        if position == len(messages) - 1 and _begins(message):
            break
        # `false` says what is so, and stays.
        if message.partial is True or message.extra.get("prefix") is True:
            reason = "only the last message can be the beginning of the answer, and only in words"
            path = f"{draft.where(position)}.partial"
            notes.append(note("partial-misplaced", path, reason, source="kimi-api.md H5"))
            messages[position] = _unmarked(message)
    return draft.with_messages(messages, draft.origins, notes)


def _prefill(draft: Draft, target: Target, settings: Settings) -> Draft:
    """A begun answer, said in the target's way."""
    if not target.partial or not draft.request.messages:
        return draft
    messages, notes = list(draft.request.messages), list[Note]()
    last, extra = messages[-1], dict(draft.request.extra)
    wanted = _wants_prefill(last, extra, settings)
    if not wanted:
        return draft
    way = _way(draft, target)
    before = (last.partial, "prefix" in last.extra, dict(extra))
    messages[-1] = msgspec.structs.replace(_unmarked(last), partial=True if way == "partial" else None)
    for name in ("continue_final_message", "add_generation_prompt"):
        extra.pop(name, None)
    if way == "continue":
        extra.update(continue_final_message=True, add_generation_prompt=False)
    where = f"{draft.where(len(messages) - 1)}.partial"
    if way == "none":
        reason = "the target cannot be given the beginning of an answer here: it will write a turn of its own"
        notes.append(note("prefill-lost", where, reason, level="warning", source="kimi-api.md H5"))
    elif before != (messages[-1].partial, False, extra):
        reason = "the beginning of the answer, said in the target's way"
        notes.append(note("prefill-respelled", where, reason, change=(None, way), source="kimi-api.md H5"))
    return draft.with_messages(messages, draft.origins, notes).with_request(extra=extra)


def _begins(message: Message) -> bool:
    """Whether a last message can be the beginning of an answer at all."""
    return message.role == "assistant" and not message.calls


def _way(draft: Draft, target: Target) -> str:
    """How the target is given the beginning of an answer to this request."""
    form = draft.request.response_format
    return target.partial if target.partial_with_format or not form or form.kind == "text" else "none"


def _wants_prefill(last: Message, extra: dict[str, Any], settings: Settings) -> bool:
    """Whether the last message is meant as the beginning of the answer.

    A last assistant's turn without a word about it is an ordinary turn to Moonshot, and its token
    count is public (verification.md 1.2), so it is taken for a beginning only where that is set.
    """
    if not _begins(last):
        return False
    if last.partial is not None:
        return last.partial
    marked = last.extra.get("prefix") is True or extra.get("continue_final_message") is True
    return marked or settings.prefill == "trailing"


def _unmarked(message: Message) -> Message:
    extra = {name: value for name, value in message.extra.items() if name != "prefix"}
    return changed(message, partial=None, extra=extra)
