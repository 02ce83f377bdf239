"""Tools of Anthropic's own are refused, deferred ones come when they are found, and no mark goes abroad."""

import json
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from msgspec import UNSET

from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import Message, Request, Tool
from moonwire.wire import chat
from moonwire.wire.anthropic import abroad, adapted, decode, encode
from tests.wire.anthropic.body_cases import bodies

Json = dict[str, Any]

SEARCH: Json = {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}


def tool(name: str, *, deferred: bool = True) -> Json:
    return {"name": name, "input_schema": {"type": "object"}, **({"defer_loading": True} if deferred else {})}


def request(*content: Any, tools: Any = (), role: str = "user", **fields: Any) -> Request:
    return decode({"messages": [{"role": role, "content": list(content)}], "tools": list(tools), **fields})


def result(*content: Any) -> Json:
    return {"type": "tool_result", "tool_use_id": "1", "content": list(content)}


def reference(name: Any) -> Json:
    return {"type": "tool_reference", "tool_name": name}


def names(request: Request) -> list[str]:
    return [tool.name for tool in request.tools or ()]


# -- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("web_search_20250305", "run by Anthropic's servers"),
        ("web_fetch_20250910", "run by Anthropic's servers"),
        ("code_execution_20250825", "run by Anthropic's servers"),
        ("mcp_toolset", "run by Anthropic's servers"),
        ("bash_20250124", "by heart"),
        ("text_editor_20250728", "by heart"),
        ("computer_20250124", "by heart"),
        ("memory_20250818", "by heart"),
    ],
)
def test_tools_of_anthropics_own_are_refused_in_words_that_say_so(kind: str, words: str) -> None:
    asked = request(tools=[tool("f", deferred=False), {"type": kind, "name": "x"}])
    for look in (adapted, abroad):
        with pytest.raises(LocalProtocolError, match=kind) as caught:
            look(asked)
        assert (caught.value.path, bool(caught.value.remedy)) == ("tools[1]", True)
        assert words in caught.value.message


def test_mcp_servers_are_refused() -> None:
    with pytest.raises(LocalProtocolError) as caught:
        adapted(request(mcp_servers=[{"type": "url", "url": "u", "name": "m"}]))
    assert caught.value.path == "mcp_servers"
    assert adapted(request(mcp_servers=[])).extra == {"mcp_servers": []}


def test_a_builtin_function_is_for_the_target_to_refuse() -> None:
    asked = Request(model="m", messages=(), tools=(Tool(name="$web_search", kind="builtin_function"),))
    assert adapted(asked) is asked
    assert adapted(Request(model="m", messages=())).tools is UNSET


# -- deferred tools ----------------------------------------------------------------------------

ALL = [tool("a"), tool("b", deferred=False), tool("c"), tool("d", deferred=False), tool("e")]


@pytest.mark.parametrize(
    ("why", "content", "offered"),
    [
        ("nothing found", [], "bd"),
        ("one found", [result(reference("c"))], "bdc"),
        ("found in this order", [result(reference("e"), reference("a")), result(reference("e"))], "bdea"),
        ("one that is not there", [result(reference("x"), reference(5), reference("b"))], "bd"),
        (
            "one that was added",
            [{"type": "tool_addition", "tool": {"type": "tool_reference", "name": "c"}}],
            "bdc",
        ),
        (
            "one that was taken away",
            [result(reference("c")), {"type": "tool_removal", "tool": reference("c")}],
            "bd",
        ),
        (
            "one that was never there",
            [{"type": "tool_removal", "tool": 5}, {"type": "tool_removal", "tool": reference("c")}],
            "bd",
        ),
        ("other blocks", [{"type": "text", "text": "c"}, {"type": "x", "x": reference("c")}], "bd"),
    ],
)
def test_a_tool_is_offered_from_when_it_was_found(why: str, content: list[Any], offered: str) -> None:
    asked = request(*content, tools=ALL)
    assert names(adapted(asked)) == list(offered), why
    assert names(abroad(asked)) == list(offered), why


FOUND: list[tuple[list[Any], str]] = [
    ([{"type": "tool_use", "id": "1", "name": "c", "input": {}}], "bdc"),
    (
        [
            {
                "type": "tool_search_tool_result",
                "tool_use_id": "1",
                "content": {
                    "type": "tool_search_tool_search_result",
                    "tool_references": [reference("a"), 5],
                },
            }
        ],
        "bda",
    ),
    ([{"type": "tool_search_tool_result", "content": {"tool_references": 5}}], "bd"),
    ([{"type": "tool_search_tool_result", "content": []}], "bd"),
]


@pytest.mark.parametrize(("content", "offered"), FOUND)
def test_a_tool_is_offered_that_was_called_or_was_found_by_a_server(content: Any, offered: str) -> None:
    assert names(adapted(request(*content, tools=ALL, role="assistant"))) == list(offered)


def test_a_longer_conversation_only_adds_to_the_end_of_the_list() -> None:
    turns = [{"role": "user", "content": [result(reference(name))]} for name in "eca"]
    lists = [names(adapted(decode({"messages": turns[:count], "tools": ALL}))) for count in range(4)]
    for shorter, longer in pairwise(lists):
        assert longer[: len(shorter)] == shorter


def test_what_is_offered_is_deferred_no_longer_and_the_same_list_each_time() -> None:
    asked = request(
        result(reference("c")), tools=[tool("a", deferred=False), {**tool("c"), "x": 1, "type": "custom"}]
    )
    for look in (adapted, abroad):
        assert look(asked).tools is look(asked).tools
    sent = encode(adapted(asked))["tools"]
    assert sent[1] == {"name": "c", "x": 1, "type": "custom", "input_schema": {"type": "object"}}
    odd = request(tools=[SEARCH, {"name": "c", "defer_loading": True}])
    assert encode(adapted(odd))["tools"] == [{"name": "c", "input_schema": {"type": "object"}}]


def test_without_anthropics_search_nothing_could_be_found_so_all_are_offered() -> None:
    assert names(adapted(request(tools=[SEARCH, *ALL]))) == list("abcde")
    assert names(adapted(request(tools=[SEARCH]))) == []


# -- abroad ------------------------------------------------------------------------------------


@given(bodies())
def test_no_mark_goes_abroad(body: Json) -> None:
    try:
        gone = abroad(decode(body))
    except LocalProtocolError as error:
        assert error.path.startswith(("tools", "mcp_servers"))
        return
    sent = chat.encode(gone)
    marks = [
        name
        for one in (sent, *sent["messages"], *(sent.get("tools") or ()))
        for name in one
        if name[:1] == "\0"
    ]
    assert marks == []
    assert repr(abroad(decode(body))) == repr(gone)
    assert repr(abroad(gone).messages) == repr(gone.messages)


def test_what_only_this_dialect_says_stays_behind() -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    body: Json = {
        "model": "m",
        "max_tokens": 9,
        "system": [{"type": "text", "text": "s", **mark}],
        "messages": [
            {
                "role": "system",
                "content": [{"type": "tool_addition", "tool": {"name": "f"}}],
                "clear_at": "never",
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "a", "signature": "s", **mark},
                    {"type": "server_tool_use", "id": "1", "name": "tool_search_tool_regex", "input": {}},
                    {"type": "tool_search_tool_result", "tool_use_id": "1", "content": {}},
                    {"type": "tool_use", "id": "1", "name": "f", "input": {}, "caller": {}, **mark},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "1", "content": "r", **mark},
                    {
                        "type": "search_result",
                        "title": "t",
                        "source": "u",
                        "content": [{"type": "text", "text": "x"}],
                    },
                    {"type": "image", "source": {"type": "url", "url": "u", "x": 1}, **mark},
                ],
                "x": 1,
            },
        ],
        "tools": [{"type": "custom", "name": "f", "input_schema": {}, "x": 1, **mark}],
        "tool_choice": {"type": "auto", "x": 1},
        "output_format": {"type": "json_schema", "schema": {}},
        "metadata": {"user_id": "u"},
        "betas": ["x"],
        "context_management": {},
        "y": 1,
    }
    assert chat.encode(abroad(decode(body))) == {
        "model": "m",
        "max_tokens": 9,
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "s"}]},
            {"role": "system", "content": [{"type": "text", "text": "The tool f is available now."}]},
            {
                "role": "assistant",
                "content": "",
                "reasoning_content": "a",
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "1", "content": "r"},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "t\n\nu\n\nx"},
                    {"type": "image_url", "image_url": {"url": "u"}},
                ],
            },
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}, "x": 1}],
        "tool_choice": "auto",
        "response_format": {"type": "json_schema", "json_schema": {"schema": {}}},
        "prompt_cache_key": "u",
        "y": 1,
    }
    assert encode(decode(body)) == body


@pytest.mark.parametrize(
    "block",
    [
        {"type": "search_result", "content": 5},
        {"type": "search_result", "content": [5, {"type": "x"}]},
        {"type": "tool_addition", "tool": 5},
        {"type": "tool_removal", "tool": {"name": 5}},
        {"type": "server_tool_use", "name": 5},
        {"type": "tool_reference", "tool_name": "f"},
    ],
)
def test_what_cannot_be_told_is_left_to_those_who_say_that_it_is_missing(block: Json) -> None:
    (message,) = abroad(request(block)).messages
    assert isinstance(message.content, tuple) and getattr(message.content[0], "value", None) == block


def test_the_same_message_is_worked_out_once() -> None:
    body: Json = {
        "messages": [{"role": "user", "content": [{"type": "text", "text": "a", "cache_control": {}}]}]
    }
    one, two = abroad(decode(body)), abroad(decode(json.loads(json.dumps(body))))
    assert one.messages[0] is two.messages[0]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"is_error": True}, "[the tool failed without a word]"),
        ({"is_error": True, "content": ""}, "[the tool failed without a word]"),
        ({"is_error": True, "content": "no"}, "no"),
        ({"content": None}, None),
    ],
)
def test_a_failure_without_a_word_is_told(fields: Json, told: str | None) -> None:
    asked = request({"type": "tool_result", "tool_use_id": "1", **fields})
    assert abroad(asked).messages[0].content == told


def test_metadata_beside_the_user_is_kept() -> None:
    assert abroad(request(metadata={"user_id": "u", "a": 1})).metadata == {"a": 1}
    assert abroad(request(metadata=5)).metadata == 5
    kept = msgspec.structs.replace(request(), messages=(Message(role="user", content=()),), tool_choice=None)
    assert abroad(kept).messages[0].content == ()
