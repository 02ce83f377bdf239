"""The suite of K3's features: every behaviour in many wordings, whole and streamed (verification.md 1.4)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.recorded import DATA, missing
from tests.simulator.verifier import prompts_cases as say
from tests.simulator.verifier.client import Client, Reply, serving
from tests.simulator.verifier.reading import READERS, Folded, features
from tests.simulator.verifier.streaming import check_refusal, check_stream

Json = dict[str, Any]

MODES: dict[str, Json] = {
    "": {},
    "on": {"thinking": {"type": "enabled"}},
    "off": {"thinking": {"type": "disabled"}},
}
WHOLE_AND_STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
IN_EVERY_MODE = pytest.mark.parametrize("mode", MODES.values(), ids=[f"thinking {name}" for name in MODES])
VOCABULARY = DATA / "tiktoken.model"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """With the vocabulary where there is one, as the constants of the suite are exact."""
    with serving(tokenizer="" if missing(VOCABULARY.name) else str(VOCABULARY)) as client:
        yield client


def user(text: str) -> Json:
    return {"role": "user", "content": text}


def system(text: str) -> Json:
    return {"role": "system", "content": text}


def loading(*tools: Any) -> Json:
    return {"role": "system", "content": "", "tools": [*tools]}


def asked(client: Client, messages: str | list[Any], stream: bool, **fields: Any) -> Folded:
    """What comes back, after all that is asked of every answer."""
    reply = client.ask(messages, stream=stream, **fields)
    assert reply.status == 200, f"{messages} {fields}\n{reply}"
    assert reply.streamed is stream
    if stream:
        body: Json = {
            "model": client.model,
            **fields,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        assert check_stream(reply.raw, reply.headers, body) == []
    folded = features(reply)
    for reader in READERS.values():
        assert reader(reply).names == folded.names
    assert folded.usage is not None
    return folded


def assert_called(folded: Folded, *names: str) -> None:
    assert folded.finish == "tool_calls", folded
    assert folded.calls
    for call in folded.calls:
        assert call.name in names
        assert isinstance(json.loads(call.arguments), dict)
        assert call.id
        assert call.type == "function"


def assert_plain(folded: Folded) -> None:
    assert folded.calls == []
    assert folded.finish == "stop", folded
    assert folded.content.strip()


def assert_refused(reply: Reply) -> None:
    assert reply.status == 400, reply
    assert check_refusal(reply.status, reply.headers, reply.raw) == []


# -- dynamic tools ------------------------------------------------------------------------------


@IN_EVERY_MODE
@WHOLE_AND_STREAMED
@pytest.mark.parametrize("text", say.CALL_WEATHER)
def test_tools_of_the_first_message(client: Client, text: str, stream: bool, mode: Json) -> None:
    folded = asked(client, [loading(say.WEATHER), user(text)], stream, **mode)
    assert_called(folded, "get_weather")


@WHOLE_AND_STREAMED
@pytest.mark.parametrize("text", say.CALL_WEATHER)
@pytest.mark.parametrize(
    "before",
    [
        [system("You are a helpful assistant.")],
        [user("Hi"), {"role": "assistant", "content": "Hello! How can I help you?"}],
        [system("You are a helpful assistant."), user("hello"), {"role": "assistant", "content": "hi"}],
    ],
    ids=len,
)
def test_tools_of_a_later_message(client: Client, before: list[Json], text: str, stream: bool) -> None:
    assert_called(asked(client, [*before, loading(say.WEATHER), user(text)], stream), "get_weather")


@WHOLE_AND_STREAMED
@pytest.mark.parametrize("text", say.CALL_WEATHER)
@pytest.mark.parametrize("content", ["", None])
def test_tools_of_the_last_message(client: Client, text: str, stream: bool, content: str | None) -> None:
    last = {"role": "system", "tools": [say.WEATHER]} | ({} if content is None else {"content": content})
    assert_called(asked(client, [user(text), last], stream), "get_weather")
    before = [system("You are a helpful assistant."), user(text), last]
    assert_called(asked(client, before, stream), "get_weather")


THREE = [say.WEATHER, say.TIME, say.CALCULATOR]


@WHOLE_AND_STREAMED
@pytest.mark.parametrize(
    ("text", "name"),
    [(text, "get_weather") for text in say.CALL_WEATHER]
    + [(text, "get_time") for text in say.CALL_TIME]
    + [(text, "calculator") for text in say.CALL_CALCULATOR],
)
def test_three_tools(client: Client, text: str, name: str, stream: bool) -> None:
    folded = asked(client, [loading(*THREE), user(text)], stream)
    assert_called(folded, "get_weather", "get_time", "calculator")
    assert folded.names == [name]


@WHOLE_AND_STREAMED
@pytest.mark.parametrize("text", [*say.CALL_WEATHER, *say.CALL_TIME])
def test_two_messages_with_different_tools(client: Client, text: str, stream: bool) -> None:
    messages = [loading(say.WEATHER), user("hi"), {"role": "assistant", "content": "Hello."}]
    both = ("get_weather", "get_time")
    assert_called(asked(client, [*messages, loading(say.TIME), user(text)], stream), *both)
    assert_called(asked(client, [loading(say.WEATHER), loading(say.TIME), user(text)], stream), *both)


@WHOLE_AND_STREAMED
@pytest.mark.parametrize("text", say.CALL_ORDER)
def test_a_nested_schema(client: Client, text: str, stream: bool) -> None:
    folded = asked(client, [loading(say.NESTED), user(text)], stream)
    assert_called(folded, "create_order")
    given = json.loads(folded.calls[0].arguments)
    assert isinstance(given["customer"]["name"], str)
    assert given["items"]


@WHOLE_AND_STREAMED
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("text", say.CALL_WEATHER)
def test_a_tool_that_is_strict_or_not(client: Client, text: str, strict: bool, stream: bool) -> None:
    lax = {"type": "function", "function": {**say.WEATHER["function"], "strict": strict}}
    assert_called(asked(client, [loading(lax), user(text)], stream), "get_weather")


@WHOLE_AND_STREAMED
@pytest.mark.parametrize(
    ("text", "name"),
    [(text, "get_weather") for text in say.CALL_WEATHER]
    + [(text, "get_time") for text in say.CALL_TIME]
    + [(text, "add") for text in say.CALL_ADD],
)
def test_beside_tools_of_the_request(client: Client, text: str, name: str, stream: bool) -> None:
    messages = [loading(say.WEATHER, say.ADD), user(text)]
    folded = asked(client, messages, stream, tools=[say.TIME])
    assert_called(folded, "get_weather", "get_time", "add")
    assert folded.names == [name]


@IN_EVERY_MODE
@WHOLE_AND_STREAMED
@pytest.mark.parametrize("text", say.REQUIRED)
def test_dynamic_tools_alone_satisfy_required(client: Client, text: str, stream: bool, mode: Json) -> None:
    for messages in ([loading(say.WEATHER), user(text)], [user(text), loading(say.WEATHER)]):
        folded = asked(client, messages, stream, tool_choice="required", **mode)
        assert_called(folded, "get_weather")


@WHOLE_AND_STREAMED
@pytest.mark.parametrize("text", say.NO_CALL)
def test_dynamic_tools_are_left_alone_on_request(client: Client, text: str, stream: bool) -> None:
    assert_plain(asked(client, [loading(say.WEATHER), user(text)], stream))
    assert_plain(asked(client, [loading(say.WEATHER), user(text)], stream, tool_choice="none"))


def named(name: Any) -> Json:
    return {"type": "function", "function": {**say.WEATHER["function"], "name": name}}


def without(*path: str) -> Json:
    tool = json.loads(json.dumps(say.WEATHER))
    inner = tool
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return tool


ASK = user("What's the weather in Beijing?")
BOGUS = {**say.WEATHER, "type": "bogus"}
OTHER_WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Another one",
        "parameters": {"type": "object", "properties": {"location": {"type": "string"}}},
    },
}
REFUSED: dict[str, Json] = {
    "in a user message": {"messages": [{**ASK, "tools": [say.WEATHER]}]},
    "in an empty user message": {"messages": [ASK, {"role": "user", "content": "", "tools": [say.WEATHER]}]},
    "in an assistant message": {
        "messages": [ASK, {"role": "assistant", "content": "", "tools": [say.WEATHER]}, ASK]
    },
    "in an assistant message that speaks": {
        "messages": [ASK, {"role": "assistant", "content": "hi", "tools": [say.WEATHER]}, ASK]
    },
    "beside content": {"messages": [{**loading(say.WEATHER), "content": "You are helpful."}, ASK]},
    "beside parts": {
        "messages": [{**loading(say.WEATHER), "content": [{"type": "text", "text": "You are helpful."}]}, ASK]
    },
    "no type": {"messages": [loading(without("type")), ASK]},
    "no function": {"messages": [loading(without("function")), ASK]},
    "no name": {"messages": [loading(without("function", "name")), ASK]},
    "digit first": {"messages": [loading(named("1bad_name")), ASK]},
    "at sign": {"messages": [loading(named("bad@name")), ASK]},
    "empty name": {"messages": [loading(named("")), ASK]},
    "257 letters": {"messages": [loading(named("a" * 257)), ASK]},
    "bogus type": {"messages": [loading(BOGUS), ASK]},
    "bogus type last": {"messages": [ASK, loading(BOGUS)]},
    "bogus type next to a valid tool": {"messages": [loading(say.TIME, BOGUS), ASK]},
    "a valid tool next to a bogus type": {"messages": [loading(BOGUS, say.TIME), ASK]},
    "an object for the list": {"messages": [{"role": "system", "content": "", "tools": say.WEATHER}, ASK]},
    "a text for the list": {"messages": [{"role": "system", "content": "", "tools": "get_weather"}, ASK]},
    "a number for the list": {"messages": [{"role": "system", "content": "", "tools": 1}, ASK]},
    "a text for a tool": {"messages": [loading("get_weather"), ASK]},
    "null for a tool": {"messages": [loading(None), ASK]},
    "a number for a tool": {"messages": [loading(1), ASK]},
    "a list for a tool": {"messages": [loading([say.WEATHER]), ASK]},
    "a text next to a tool": {"messages": [loading(say.WEATHER, "get_time"), ASK]},
    "a name twice in one message": {"messages": [loading(say.WEATHER, say.WEATHER), ASK]},
    "a name twice, another schema": {"messages": [loading(say.WEATHER, OTHER_WEATHER), ASK]},
    "a name twice across messages": {"messages": [loading(say.WEATHER), loading(say.WEATHER), ASK]},
    "a name twice across turns": {
        "messages": [
            loading(say.WEATHER),
            user("hi"),
            {"role": "assistant", "content": "hello"},
            loading(OTHER_WEATHER),
            ASK,
        ]
    },
    "a name twice, once at the top": {"messages": [loading(say.WEATHER), ASK], "tools": [say.WEATHER]},
    "a name twice, at the top and last": {"messages": [ASK, loading(OTHER_WEATHER)], "tools": [say.WEATHER]},
    "a result without an id": {"messages": [ASK, {"role": "tool", "content": "sunny"}]},
    "a result without an id behind a call": {
        "messages": [
            ASK,
            {
                "role": "assistant",
                "content": "",
                "reasoning_content": "I look.",
                "tool_calls": [
                    {
                        "id": "get_weather_0",
                        "type": "function",
                        "function": {"name": "get_weather", "arguments": '{"city":"Beijing"}'},
                    }
                ],
            },
            {"role": "tool", "content": "sunny"},
        ]
    },
    "a result without an id behind loaded tools": {
        "messages": [loading(say.WEATHER), ASK, {"role": "tool", "content": "sunny"}]
    },
}


@IN_EVERY_MODE
@WHOLE_AND_STREAMED
@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_what_dynamic_tools_must_not_be(client: Client, body: Json, stream: bool, mode: Json) -> None:
    assert_refused(client.ask(**body, stream=stream, **mode))
    assert_refused(client.ask(**body, stream=stream, max_tokens=64, **mode))


@WHOLE_AND_STREAMED
@pytest.mark.parametrize("name", ["a" * 256, "get_weather_2", "_private", "get-weather", "Get1", "abc"])
def test_names_that_are_fine(client: Client, name: str, stream: bool) -> None:
    messages = [loading(named(name)), user("What's the weather in Beijing? Use the tool.")]
    assert asked(client, messages, stream, tool_choice="required").names == [name]


# -- tool_choice --------------------------------------------------------------------------------


@IN_EVERY_MODE
@WHOLE_AND_STREAMED
@pytest.mark.parametrize("choice", [{}, {"tool_choice": "auto"}], ids=["unsaid", "auto"])
@pytest.mark.parametrize("text", say.CALL_WEATHER)
def test_auto_calls_when_told_to(client: Client, text: str, choice: Json, stream: bool, mode: Json) -> None:
    folded = asked(client, text, stream, tools=[say.WEATHER], **choice, **mode)
    assert_called(folded, "get_weather")


@IN_EVERY_MODE
@WHOLE_AND_STREAMED
@pytest.mark.parametrize("choice", [{}, {"tool_choice": "auto"}], ids=["unsaid", "auto"])
@pytest.mark.parametrize("text", say.NO_CALL)
def test_auto_does_not_when_told_not_to(
    client: Client, text: str, choice: Json, stream: bool, mode: Json
) -> None:
    assert_plain(asked(client, text, stream, tools=[say.WEATHER], **choice, **mode))
    assert_plain(asked(client, text, stream, tools=[say.WEATHER, say.CALCULATOR], **choice, **mode))
    told = [system("You are a helpful assistant."), user(text)]
    assert_plain(asked(client, told, stream, tools=[say.WEATHER], **choice, **mode))


@WHOLE_AND_STREAMED
@pytest.mark.parametrize(
    ("order", "text"),
    [
        ("You must use tools to answer every question.", "What's the weather in Beijing?"),
        ("Always call the get_weather tool.", "Beijing"),
        ("Use the tools whenever possible.", "How is the weather in Shanghai?"),
        ("请务必调用工具回答。", "北京天气怎么样?"),
    ],
)
def test_the_order_may_be_the_system_message(client: Client, order: str, text: str, stream: bool) -> None:
    messages = [system(order), user(text)]
    assert_called(asked(client, messages, stream, tools=[say.WEATHER], tool_choice="auto"), "get_weather")


@WHOLE_AND_STREAMED
@pytest.mark.parametrize(
    ("order", "text"),
    [
        ("Never call tools.", "Hello"),
        ("Do not use any tools. Answer directly.", "What is 1+1?"),
        ("不要使用任何工具。", "你好"),
    ],
)
def test_so_may_the_order_not_to(client: Client, order: str, text: str, stream: bool) -> None:
    messages = [system(order), user(text)]
    assert_plain(asked(client, messages, stream, tools=[say.WEATHER], tool_choice="auto"))


@IN_EVERY_MODE
@WHOLE_AND_STREAMED
@pytest.mark.parametrize("text", say.REQUIRED)
def test_required_calls_whatever_is_said(client: Client, text: str, stream: bool, mode: Json) -> None:
    folded = asked(client, text, stream, tools=[say.WEATHER], tool_choice="required", **mode)
    assert_called(folded, "get_weather")
    folded = asked(client, text, stream, tools=THREE, tool_choice="required", **mode)
    assert_called(folded, "get_weather", "get_time", "calculator")


@IN_EVERY_MODE
@WHOLE_AND_STREAMED
@pytest.mark.parametrize("tools", [{}, {"tools": []}], ids=["no tools", "empty"])
@pytest.mark.parametrize("text", ["hello", *say.CALL_WEATHER[:3], *say.CALL_WEATHER[-2:]])
def test_required_needs_tools(client: Client, text: str, tools: Json, stream: bool, mode: Json) -> None:
    assert_refused(client.ask(text, stream=stream, tool_choice="required", **tools, **mode))


@IN_EVERY_MODE
@WHOLE_AND_STREAMED
@pytest.mark.parametrize("text", say.NONE)
def test_none_never_calls(client: Client, text: str, stream: bool, mode: Json) -> None:
    assert_plain(asked(client, text, stream, tools=[say.WEATHER], tool_choice="none", **mode))


@WHOLE_AND_STREAMED
@pytest.mark.parametrize("tools", [{}, {"tools": []}], ids=["no tools", "empty"])
@pytest.mark.parametrize("choice", ["none", "auto"])
@pytest.mark.parametrize("text", say.PLAIN)
def test_none_and_auto_need_no_tools(
    client: Client, text: str, choice: str, tools: Json, stream: bool
) -> None:
    assert_plain(asked(client, text, stream, tool_choice=choice, **tools))


@WHOLE_AND_STREAMED
@pytest.mark.parametrize("choice", ["bogus", "any", "", "REQUIRED", "always", "invalid_choice"])
def test_an_unknown_choice_is_refused(client: Client, choice: str, stream: bool) -> None:
    assert_refused(client.ask("hello", stream=stream, tools=[say.WEATHER], tool_choice=choice))
    if choice:
        assert_refused(client.ask("hello", stream=stream, tool_choice=choice))


# -- after a call -------------------------------------------------------------------------------


@WHOLE_AND_STREAMED
@pytest.mark.parametrize("text", say.CALL_WEATHER)
def test_a_result_is_answered(client: Client, text: str, stream: bool) -> None:
    first = asked(client, text, stream, tools=[say.WEATHER])
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in first.calls
    ]
    said: Json = {"role": "assistant", "content": first.content, "reasoning_content": first.reasoning}
    messages = [
        user(text),
        said | {"tool_calls": calls},
        {"role": "tool", "tool_call_id": first.calls[0].id, "content": "Beijing: sunny, 26 degrees"},
    ]
    assert_plain(asked(client, messages, stream, tools=[say.WEATHER]))
