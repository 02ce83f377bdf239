"""The request of one call: defaults, environment, the call's own words, `extra_body`, and hooks, merged.

All of it is merged before the plan and nothing touches what the plan gives out. What is stronger comes
later: the constructor's defaults, the environment, the call; then `extra_body` of both, then hooks.
"""

import copy
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast

import msgspec

from moonwire.client.environment import NO_KEEP, Said
from moonwire.core.errors import LocalProtocolError
from moonwire.core.intent import SPELLINGS, read_intent
from moonwire.core.messages import Message, Reply, Request, TextPart, Thought, Tool, ToolCall
from moonwire.core.settings import Settings
from moonwire.wire import chat

__all__ = ["Body", "Call", "Hook", "Messages", "Thinks", "ToolLike", "merged", "message_of", "messages_of"]

Turn = str | Message | Reply | Mapping[str, Any]
Messages = Turn | Sequence[Turn]
"""A text of the user's, or a conversation: messages as dicts or as `Message`, and replies as they came."""

ToolLike = str | Tool | Mapping[str, Any]
"""A tool as a Chat Completions dict or as `Tool`; a name with `$` is one of the endpoint's own."""

Thinks = bool | str | Mapping[str, Any]
"""On, off, an effort, or Moonshot's own object."""

Body = dict[str, Any]

Hook = Callable[[Body], "Body | Awaitable[Body | None] | None"]
"""Sees the body before the plan does, and may change it or give another one."""

CAPS: Final = ("max_completion_tokens", "max_tokens")
"""The names of the cap; the first is the stronger one (kimi-api.md D1)."""

# `chat_template_kwargs` speak of more than thinking.
_THINKS: Final = tuple(name for name in SPELLINGS if name != "chat_template_kwargs")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call as the caller made it. `fields` are those of a Chat Completions body."""

    messages: Messages
    tools: Sequence[ToolLike] | None = None
    form: Mapping[str, Any] | None = None
    thinking: Thinks | None = None
    prefix: str = ""
    fields: Mapping[str, Any] = {}


class Defaults(msgspec.Struct, frozen=True, kw_only=True):
    """What every call begins with."""

    model: str
    thinking: Thinks | None = None
    fields: Mapping[str, Any] = {}
    settings: Settings = Settings()
    said: Said = Said()
    hooks: tuple[Hook, ...] = ()


async def merged(call: Call, defaults: Defaults) -> tuple[Request, Settings]:
    """The request to plan, and the settings to plan it under."""
    messages = messages_of(call.messages)
    if call.prefix:
        messages = (*messages, Message(role="assistant", content=call.prefix, partial=True))
    body: Body = {"model": defaults.model, "messages": [chat.encode_message(one) for one in messages]}
    if call.tools is not None:
        body["tools"] = _tools(call.tools)
    if call.form is not None:
        body["response_format"] = dict(call.form)
    fields, settings = _fields(call, defaults)
    body.update(fields)
    if defaults.hooks:
        # What a hook does to it is done to nothing of the caller's.
        body = copy.deepcopy(body)
    for hook in defaults.hooks:
        body = await _hooked(hook, body)
    settings = defaults.said.cap.applied(settings)
    if next((body[name] for name in CAPS if name in body), 0) is None:
        # kimi-cli's explicit null: this call is neither capped nor clamped (kimi-api.md D7).
        settings = msgspec.structs.replace(settings, budget="off")
        body = _without(body, CAPS)
    return chat.decode(body), settings


def _fields(call: Call, defaults: Defaults) -> tuple[Body, Settings]:
    """The fields of all layers. What one says of the cap or of thinking replaces all that stood before."""
    said, settings = defaults.said, defaults.settings
    first, own = _layer(defaults.fields, defaults.thinking), _layer(call.fields, call.thinking)
    if said.cap.disabled or said.cap.cap is not None:
        # The environment overrules what the program was built with, not what a call says (D10).
        first = _without(first, CAPS)
    extra = _joined(_extra(first), _extra(own))
    fields: Body = {}
    for layer in (first, said.sampling, own):
        for names in (CAPS, _THINKS):
            if any(name in layer for name in names):
                fields = _without(fields, names)
        fields.update(layer)
    fields.pop("extra_body", None)
    if said.keep == NO_KEEP and not _keeps(own):
        # Or the plan would ask for it.
        settings = msgspec.structs.replace(settings, keep="off")
    return _joined(_wished(fields, own, said), extra), settings


def _layer(fields: Mapping[str, Any], thinking: Thinks | None) -> Body:
    return dict(fields) if thinking is None else {**fields, "thinking": _thinking(thinking)}


def _extra(layer: Body) -> Body:
    more: Any = layer.get("extra_body")
    if more is None:
        return {}
    if not isinstance(more, Mapping):
        raise LocalProtocolError("not an object", path="extra_body", remedy="give a dict")
    return dict(cast("Mapping[str, Any]", more))


def _joined(body: Mapping[str, Any], more: Mapping[str, Any]) -> Body:
    """The second's fields over the first's; `thinking` field by field, as kosong does (peers.md 2.1)."""
    old, new = body.get("thinking"), more.get("thinking")
    if any(name in more for name in CAPS):
        body = _without(body, CAPS)
    joined = {**body, **more}
    if isinstance(old, Mapping) and read_intent(_without(more, ("thinking",))).effort is not None:
        # The first's would be the stronger one.
        joined["thinking"] = old = _without(cast("Body", old), ("effort",))
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        joined["thinking"] = {**cast("Body", old), **cast("Body", new)}
    return joined


def _wished(fields: Body, own: Body, said: Said) -> Body:
    """With the effort and `keep` that the environment wishes for, where a call thinks and names none."""
    effort = "" if read_intent(own).effort else said.effort
    keep = "" if _keeps(own) else said.keep
    if not (effort or keep) or read_intent(fields).enabled is False:
        return fields
    given: Any = fields.get("thinking")
    if given is None and not effort and keep == NO_KEEP:
        return fields
    thinking = {"type": "enabled"} if given is None else _thinking(given)
    if effort:
        thinking["effort"] = effort
        fields = _without(fields, ("reasoning_effort",))
    if keep == NO_KEEP:
        thinking.pop("keep", None)
    elif keep:
        thinking["keep"] = keep
    return {**fields, "thinking": thinking}


def _keeps(fields: Body) -> bool:
    """Whether `keep` is spoken of."""
    thinking: Any = fields.get("thinking")
    return isinstance(thinking, Mapping) and "keep" in thinking


def _without(fields: Mapping[str, Any], names: Sequence[str]) -> Body:
    return {name: value for name, value in fields.items() if name not in names}


def _thinking(asked: Thinks) -> Body:
    """Moonshot's own object for it (kimi-api.md A1, A2).

    >>> _thinking(True), _thinking("off"), _thinking("low")
    ({'type': 'enabled'}, {'type': 'disabled'}, {'type': 'enabled', 'effort': 'low'})
    """
    if isinstance(asked, Mapping):
        return dict(asked)
    meant = read_intent({"thinking": asked})
    if meant.enabled is None:
        remedy = "True, False, an effort such as low, or an object with a type"
        raise LocalProtocolError("neither on nor off nor an effort", path="thinking", remedy=remedy)
    if not meant.enabled:
        return {"type": "disabled"}
    return {"type": "enabled"} if meant.effort is None else {"type": "enabled", "effort": meant.effort}


async def _hooked(hook: Hook, body: Body) -> Body:
    given = hook(body)
    changed = await given if inspect.isawaitable(given) else given
    if changed is None:
        return body
    if not isinstance(cast("Any", changed), dict):
        name = getattr(hook, "__name__", "the hook")
        remedy = "return the body, or change it and return nothing"
        raise LocalProtocolError(f"{name} returned no body", path="hooks", remedy=remedy)
    return changed


def _tools(tools: Any) -> list[Body]:
    if isinstance(tools, str | Mapping | Tool) or not isinstance(tools, Iterable):
        raise LocalProtocolError("not a list", path="tools", remedy="give a list of tools")
    return [_tool(tool, index) for index, tool in enumerate(cast("Iterable[Any]", tools))]


def _tool(tool: Any, index: int) -> Body:
    if isinstance(tool, Tool):
        return cast("Body", chat.encode_tool(tool))
    if isinstance(tool, Mapping):
        return dict(cast("Mapping[str, Any]", tool))
    if not isinstance(tool, str):
        remedy = "give a dict or a Tool; an Agent takes functions, and calls them"
        said = f"a {type(tool).__name__} is no tool"
        raise LocalProtocolError(said, path=f"tools[{index}]", remedy=remedy)
    if not tool.startswith("$"):
        remedy = "give its schema; only the endpoint's own tools, such as $web_search, have none"
        raise LocalProtocolError(f"{tool!r} is no builtin tool", path=f"tools[{index}]", remedy=remedy)
    # kimi-api.md G5: no description and no parameters.
    return {"type": "builtin_function", "function": {"name": tool}}


# -- messages ------------------------------------------------------------------------------------------


def messages_of(given: Messages) -> tuple[Message, ...]:
    """The conversation as values.

    >>> [message.role for message in messages_of(["hi", Reply(blocks=(TextPart(text="Hello."),)), "so?"])]
    ['user', 'assistant', 'user']
    """
    if isinstance(given, str | Message | Reply | Mapping):
        given = (given,)
    if not isinstance(cast("Any", given), Iterable):
        remedy = "give a text, or a list of texts, messages and replies"
        raise LocalProtocolError("neither a text nor a list", path="messages", remedy=remedy)
    return tuple(_message(one, index) for index, one in enumerate(given))


def _message(one: Any, index: int) -> Message:
    if isinstance(one, Message):
        return one
    if isinstance(one, str):
        return Message(role="user", content=one)
    if isinstance(one, Reply):
        return message_of(one)
    return chat.decode_message(one, f"messages[{index}]")


def message_of(reply: Reply) -> Message:
    """The turn that a reply is in the history: thoughts, text and calls as they came, native ids and all.

    >>> message_of(Reply(blocks=(TextPart(text="Hi."),))).content
    'Hi.'
    """
    thoughts = tuple(block for block in reply.blocks if isinstance(block, Thought))
    calls = tuple(block for block in reply.blocks if isinstance(block, ToolCall))
    text = "".join(block.text for block in reply.blocks if isinstance(block, TextPart))
    given: dict[str, Any] = {}
    if thoughts:
        given["thoughts"] = thoughts
    if calls:
        given["calls"] = calls
    if text or not calls:
        given["content"] = text
    return Message(role="assistant", **given)
