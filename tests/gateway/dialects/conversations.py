"""One table of conversations, as values that every dialect can say."""

import base64
from typing import Any

import msgspec

from moonwire.core.messages import (
    Image,
    Message,
    Request,
    ResponseFormat,
    TextPart,
    Thought,
    Tool,
    ToolCall,
    ToolChoice,
)
from tests.gateway.pictures import PNG

__all__ = ["CONVERSATIONS"]

Json = dict[str, Any]

PICTURE = "data:image/png;base64," + base64.b64encode(PNG).decode()
PARAMETERS: Json = {
    "type": "object",
    "properties": {"path": {"type": "string"}},
    "required": ["path"],
    "additionalProperties": False,
}
READ = Tool(name="read", description="Read a file", parameters=PARAMETERS)
LIST = Tool(name="list", description="List a folder", parameters=PARAMETERS)
SYSTEM = Message(role="system", content="You write code.\nBe brief.")
FORM = ResponseFormat(
    kind="json_schema",
    # Messages has no names of forms: this is what it is called then. Nor can it say that one is strict.
    name="answer",
    schema={
        "type": "object",
        "properties": {"sum": {"type": "integer"}},
        "required": ["sum"],
        "additionalProperties": False,
    },
)


def user(*content: Any) -> Message:
    return Message(role="user", content=content[0] if isinstance(content[0], str) else content)


def call(number: int, name: str, path: str) -> ToolCall:
    # The ids that a caller has of the gateway, so that no dialect has to change them.
    return ToolCall(id=f"call{number:024x}", name=name, arguments=f'{{"path":"{path}"}}')


def turn(thoughts: str, text: str | None, *calls: ToolCall) -> Message:
    fields: Json = {"thoughts": (Thought(text=thoughts),)}
    if text is not None:
        fields["content"] = text
    if calls:
        fields["calls"] = calls
    return Message(role="assistant", **fields)


def result(number: int, content: Any, **fields: Any) -> Message:
    return Message(role="tool", call_id=f"call{number:024x}", content=content, **fields)


ASKED = (SYSTEM, user("Fix a.py and b.py."))
READ_BOTH = turn("Both first.\n", None, call(1, "read", "a.py"), call(2, "read", "b é.py"))


def said(*messages: Message, **fields: Any) -> Request:
    return Request(model="kimi-k3", messages=messages, **fields)


def offered(*messages: Message, **fields: Any) -> Request:
    return said(*messages, tools=(READ, LIST), **fields)


_BY_K3: dict[str, Request] = {
    "one word": said(user("Say 'OK'.")),
    "system words": said(SYSTEM, user("Say 'OK'.")),
    "text in parts": said(user(TextPart(text="Say"), TextPart(text="'OK'."))),
    "characters of several bytes": said(user("Say '月の光 🌙 – ça va'. \u2028")),
    "a picture that is here": said(user(TextPart(text="What is it?"), Image(url=PICTURE))),
    "a picture before the words": said(user(Image(url=PICTURE), TextPart(text="What is it?"))),
    "an answer, and on": said(SYSTEM, user("Hi."), turn("A greeting. ", "Hello!"), user("Say 'OK'.")),
    "tools": offered(*ASKED),
    "parallel calls and their results": offered(*ASKED, READ_BOTH, result(1, "1 line"), result(2, "2 lines")),
    "a result that is an error": offered(
        *ASKED, READ_BOTH, result(1, "1 line"), result(2, "no such file", is_error=True)
    ),
    "a result in parts": offered(
        *ASKED, READ_BOTH, result(1, "1 line"), result(2, (TextPart(text="a"), TextPart(text="b")))
    ),
    "text beside a call": offered(
        *ASKED, turn("First a.\n", "I look.\n", call(1, "read", "a.py")), result(1, "1 line"), user("And?")
    ),
    "two rounds": offered(
        *ASKED,
        READ_BOTH,
        result(1, "1 line"),
        result(2, "2 lines"),
        turn(" Then the folder. ", None, call(3, "list", ".")),
        result(3, "a.py\nb é.py"),
    ),
    "a choice of no tool": offered(*ASKED, tool_choice=ToolChoice(mode="none")),
    "a free choice": offered(*ASKED, tool_choice=ToolChoice(mode="auto")),
    "a call that has to be": offered(*ASKED, tool_choice=ToolChoice(mode="required")),
    "a named tool": offered(*ASKED, tool_choice=ToolChoice(mode="named", name="read")),
    "a form of the answer": said(user("What is 1 + 1?"), response_format=FORM),
}
CONVERSATIONS = _BY_K3 | {
    f"{name}, by k2.6": msgspec.structs.replace(request, model="kimi-k2.6")
    for name, request in _BY_K3.items()
    if "picture" not in name and name not in ("a named tool", "a call that has to be")
}
