"""Which messages go into one, and which stay apart; that they come back test_body.py tries."""

from typing import Any

import pytest

from moonwire.core.messages import Message, TextPart, Thought, ToolCall, changed
from moonwire.wire.anthropic.messages import decode_messages, decode_system, encode_messages

Json = dict[str, Any]


def tool(identity: str, **fields: Any) -> Message:
    return Message(role="tool", call_id=identity, content="r", **fields)


def result(identity: str) -> Json:
    return {"type": "tool_result", "tool_use_id": identity, "content": "r"}


def user(*blocks: Any) -> Json:
    return {"role": "user", "content": list(blocks)}


SAY: Json = {"type": "text", "text": "a"}


@pytest.mark.parametrize(
    ("why", "messages", "sent"),
    [
        ("results of one turn", [tool("1"), tool("2")], [user(result("1"), result("2"))]),
        (
            "text that belongs to them",
            [tool("1"), Message(role="user", content="a", joined=True)],
            [user(result("1"), SAY)],
        ),
        (
            "parts that belong to them",
            [tool("1"), Message(role="user", content=(TextPart(text="a"),), joined=True)],
            [user(result("1"), SAY)],
        ),
        (
            "text that does not",
            [tool("1"), Message(role="user", content="a")],
            [user(result("1")), {"role": "user", "content": "a"}],
        ),
        (
            "a result behind text",
            [Message(role="user", content="a"), tool("1")],
            [{"role": "user", "content": "a"}, user(result("1"))],
        ),
        (
            "a result that belongs to it",
            [Message(role="user", content="a"), tool("1", joined=True)],
            [user(SAY, result("1"))],
        ),
        ("one that belongs to nothing", [tool("1", joined=True)], [user(result("1"))]),
        (
            "one behind the assistant",
            [Message(role="assistant", content="a"), tool("1", joined=True)],
            [{"role": "assistant", "content": "a"}, user(result("1"))],
        ),
        (
            "a system message between",
            [tool("1"), Message(role="system", content="a"), tool("2")],
            [user(result("1")), {"role": "system", "content": "a"}, user(result("2"))],
        ),
    ],
)
def test_what_goes_into_one_message(why: str, messages: list[Message], sent: list[Json]) -> None:
    assert encode_messages(messages) == ({}, sent), why


def test_results_that_came_apart_stay_apart() -> None:
    came = [user(result("1")), user(result("2"))]
    found = decode_messages(came)
    assert encode_messages(found) == ({}, came)
    assert encode_messages([found[0], changed(found[1], content="s")])[1][1]["content"][0]["content"] == "s"


@pytest.mark.parametrize(
    ("layout", "kinds"),
    [
        ("", ["thinking", "text", "tool_use"]),
        ("ctr", ["tool_use", "text", "thinking"]),
        ("ct", ["thinking", "text", "tool_use"]),
        ("ctrx", ["thinking", "text", "tool_use"]),
    ],
)
def test_the_order_of_a_turn_is_kept_where_it_is_known_of_every_block(layout: str, kinds: list[str]) -> None:
    message = Message(
        role="assistant",
        content="a",
        thoughts=(Thought(text="a"),),
        calls=(ToolCall(id="1", name="f"),),
        layout=layout,
    )
    assert [block["type"] for block in encode_messages([message])[1][0]["content"]] == kinds


def test_a_system_prompt_of_its_own_and_one_among_the_messages() -> None:
    found = [decode_system("s"), *decode_messages([{"role": "system", "content": "a"}])]
    assert encode_messages(found) == ({"system": "s"}, [{"role": "system", "content": "a"}])
    assert encode_messages([decode_system([])]) == ({"system": []}, [])
    assert encode_messages([]) == ({}, [])
