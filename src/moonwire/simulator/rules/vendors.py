"""Rules of those who are not Moonshot: what they refuse that Moonshot takes (kimi-api.md P)."""

import json
from typing import Final

from moonwire.simulator.rules.ask import Ask, a_list, an_object
from moonwire.simulator.rules.refused import Refused
from moonwire.simulator.rules.rule import rule

__all__ = ["RULES"]


@rule("message-field", "fireworks", "kimi-api.md B6; llmgateway#3274")
def message_field(ask: Ask) -> str | None:
    """A field of a message that Fireworks does not know."""
    for index, message in enumerate(ask.messages):
        for field in ask.target.refused_message_fields:
            if field in message:
                return f"Extra inputs are not permitted, field: 'messages[{index}].{field}'"
    return None


@rule("message-field-cerebras", "cerebras groq", "kimi-api.md B6; kilocode#10375")
def message_field_cerebras(ask: Ask) -> str | None:
    """A field of a message that is not on the list, on Cerebras and Groq."""
    known = ask.target.message_fields
    for index, message in enumerate(ask.messages):
        unknown = [field for field in message if field not in known]
        if unknown:
            return f"property 'messages.{index}.{message.get('role')}.{unknown[0]}' is unsupported"
    return None


@rule("result-content", "groq cerebras", "kimi-api.md H2; claude-code-router#245")
def result_content(ask: Ask) -> str | None:
    """A tool message without content."""
    for index, message in enumerate(ask.messages):
        if message.get("role") == "tool" and message.get("content") is None:
            return (
                f"'messages.{index}' : for 'role:tool' the following must be satisfied"
                f"[('messages.{index}.content' : property 'content' is missing)]"
            )
    return None


@rule("content-missing", "groq cerebras fireworks", "kimi-api.md H2; kimi-code#3017", recorded=False)
def content_missing(ask: Ask) -> str | None:
    """A message without the key `content`, where null would do."""
    for index, message in enumerate(ask.messages):
        if "content" not in message:
            return f"missing 'content' in messages[{index}]"
    return None


@rule("content-blank-ark", "ark", "kimi-api.md H2; opencodex#795")
def content_blank_ark(ask: Ask) -> Refused | None:
    """Content that is there and empty, on Volcengine Ark."""
    for message in ask.messages:
        if message.get("content") == "":
            field = "input.content.text"
            words = f"MissingParameter: the request failed because it is missing `{field}` parameter"
            return Refused(words, type="BadRequest", code="MissingParameter", path=field)
    return None


@rule("arguments", "self-hosted fireworks together", "kimi-api.md H8; kimi-cli#2165", recorded=False)
def arguments(ask: Ask) -> str | None:
    """Arguments in the history that are no JSON object: one such call ends the conversation."""
    for message in ask.messages:
        for call in map(an_object, a_list(message.get("tool_calls"))):
            text = an_object(call.get("function")).get("arguments", "{}")
            try:
                value: object = json.loads(text) if isinstance(text, str) else text
            except (ValueError, RecursionError) as error:
                return f"invalid tool call arguments: {error}"
            if not isinstance(value, dict):
                return "invalid tool call arguments: must be a JSON object"
    return None


@rule("tool-dots", "dynamo", "raw-text.md 5.1", recorded=False)
def tool_dots(ask: Ask) -> str | None:
    """A tool's name with a dot in it, on Dynamo."""
    for tool in ask.tools:
        name = str(an_object(tool.get("function")).get("name", ""))
        if "." in name:
            return (
                f"Invalid function name '{name}': only letters, numbers, underscores and dashes are allowed"
            )
    return None


RULES: Final = (
    message_field,
    message_field_cerebras,
    result_content,
    content_missing,
    content_blank_ark,
    arguments,
    tool_dots,
)
