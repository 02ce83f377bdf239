"""Items become the messages of a conversation, and the messages the same items."""

from typing import Any

import pytest

from moonwire.core.messages import (
    VERBATIM,
    Document,
    Message,
    Other,
    TextPart,
    Thought,
    ToolCall,
    Video,
    changed,
)
from moonwire.wire.responses.items import decode_items, items_of, thought_body
from tests.wire.responses.item_cases import ITEM_ROWS

UNTOLD: Any = {"partial": True, "name": "x", "joined": True}


def without_verbatim(message: Message, came: list[Any]) -> Message:
    """The message with the items that it came of where the row says that they are kept."""
    if VERBATIM not in message.extra:
        return message
    return changed(message, extra={**message.extra, VERBATIM: came})


@pytest.mark.parametrize(("name", "items", "messages"), ITEM_ROWS, ids=[row[0] for row in ITEM_ROWS])
def test_items_are_messages(name: str, items: list[Any], messages: list[Message]) -> None:
    found = decode_items(items)
    for one, expected in zip(found, messages, strict=True):
        kept = expected.extra.get(VERBATIM) is ...
        assert (VERBATIM in one.extra) is kept, name
        bare = {key: item for key, item in expected.extra.items() if key != VERBATIM}
        assert changed(one, role=one.role) == changed(expected, extra=bare)
    assert items_of(found) == items


@pytest.mark.parametrize(("name", "items", "messages"), ITEM_ROWS, ids=[row[0] for row in ITEM_ROWS])
def test_what_is_healed_is_written_in_its_own_words(
    name: str, items: list[Any], messages: list[Message]
) -> None:
    healed = tuple(changed(message, role=message.role) for message in decode_items(items))
    again = decode_items(items_of(healed))
    plain = tuple(changed(message, role=message.role) for message in again)
    assert [message.content or () for message in plain] == [message.content or () for message in healed], name


SAYABLE = [
    Message(role="user", content="a"),
    Message(
        role="assistant", content="a", thoughts=(Thought(text="b"),), calls=(ToolCall(id="1", name="f"),)
    ),
    Message(role="assistant", calls=(ToolCall(id="1", name="f"),), content=(), layout=""),
    Message(
        role="assistant",
        content=(TextPart(text="a"), TextPart(text="b")),
        calls=(ToolCall(id="1", name="f"),),
        layout="tct",
    ),
    Message(role="assistant", thoughts=(Thought(text=""),)),
]


@pytest.mark.parametrize("message", SAYABLE, ids=range(len(SAYABLE)))
def test_what_can_be_said_comes_back(message: Message) -> None:
    assert decode_items(items_of((message,))) == (message,)


def test_what_cannot_be_said_is_left_out() -> None:
    told = Message(role="assistant", content="a", **UNTOLD)
    assert decode_items(items_of((told,))) == (Message(role="assistant", content="a"),)
    result = Message(role="tool", call_id="1", content="a", is_error=True)
    assert decode_items(items_of((result,))) == (Message(role="tool", call_id="1", content="a"),)
    old = Message(role="function", name="f", content="a")
    assert decode_items(items_of((old,))) == (Message(role="tool", content="a"),)
    twice = Message(role="assistant", content=(TextPart(text="a"),))
    assert len(decode_items(items_of((twice, twice)))) == 1
    assert items_of((Message(role="assistant", content=None, thoughts=None, calls=None),)) == [
        {"type": "message", "role": "assistant", "content": None}
    ]


def test_an_id_names_the_first_text_alone() -> None:
    parts = (TextPart(text="a"), TextPart(text="b"))
    message = Message(
        role="assistant", content=parts, calls=(ToolCall(id="1", name="f"),), layout="tct", id="m"
    )
    assert [item.get("id") for item in items_of((message,))] == ["m", None, None]


def test_a_layout_that_does_not_fit_is_the_usual_one() -> None:
    message = Message(role="assistant", content="a", calls=(ToolCall(id="1", name="f"),), layout="rct")
    assert [item["type"] for item in items_of((message,))] == ["message", "function_call"]


def test_a_thought_of_another_dialect_is_a_summary() -> None:
    thought = Thought(text="hm", signature="s", field="reasoning_content")
    assert thought_body(thought) == {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}


def test_summaries_of_another_shape_are_kept() -> None:
    for summary in (
        None,
        5,
        ["a"],
        [{"type": "x", "text": "a"}],
        [{"type": "summary_text"}],
        [{"text": "a"}],
    ):
        item = {"type": "reasoning", "summary": summary}
        assert items_of(decode_items([item])) == [item]


def test_parts_of_other_dialects_are_written_as_they_are_called_there() -> None:
    parts = (
        Video(url="ms://v"),
        Video(data="AA==", media_type="video/mp4"),
        Document(source={"type": "text"}, title="t"),
        Other(kind="tool_reference", value={"type": "tool_reference"}),
    )
    (item,) = items_of((Message(role="user", content=parts),))
    assert item["content"] == [
        {"type": "input_video", "video_url": "ms://v"},
        {"type": "input_video", "video_url": "data:video/mp4;base64,AA=="},
        {"type": "document", "source": {"type": "text"}, "title": "t"},
        {"type": "tool_reference"},
    ]
    assert items_of((Message(role="user", content=(parts[3],)),))[0]["content"] == [
        {"type": "tool_reference"}
    ]


def test_tools_that_a_message_of_another_dialect_brings_are_an_item() -> None:
    (item,) = items_of((Message(role="system", tools=()),))
    assert item == {"type": "additional_tools", "role": "developer", "tools": []}
