"""The request of a call: what each layer says, which one is stronger, hooks, tools and messages."""

import asyncio
from typing import Any

import msgspec
import pytest

from moonwire.client.body import Call, Defaults, merged, message_of, messages_of
from moonwire.client.environment import read_environment
from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import Message, Reply, Request, TextPart, Thought, Tool, ToolCall
from moonwire.core.settings import Settings
from moonwire.wire import chat
from tests.client.asked import WEATHER, WEATHER_TOOL
from tests.client.body_cases import ENV_WARM, MERGED, SETTINGS


def asked(call: Call, defaults: Defaults) -> tuple[Request, Settings]:
    return asyncio.run(merged(call, defaults))


def fields_of(request: Request) -> dict[str, Any]:
    body = chat.encode(request)
    return {name: value for name, value in body.items() if name not in ("model", "messages")}


@pytest.mark.parametrize(("first", "environ", "call", "planned"), MERGED.values(), ids=MERGED)
def test_what_is_stronger(
    first: dict[str, Any], environ: dict[str, str], call: dict[str, Any], planned: dict[str, Any]
) -> None:
    defaults = Defaults(model="kimi-k2.6", said=read_environment(environ), **first)
    request, _ = asked(Call(messages="hi", **call), defaults)
    assert fields_of(request) == planned


@pytest.mark.parametrize(("environ", "call", "differs"), SETTINGS.values(), ids=SETTINGS)
def test_what_is_planned_under(
    environ: dict[str, str], call: dict[str, Any], differs: dict[str, Any]
) -> None:
    defaults = Defaults(model="m", said=read_environment(environ), settings=Settings(ids="native"))
    _, settings = asked(Call(messages="hi", **call), defaults)
    assert settings == msgspec.structs.replace(Settings(ids="native"), **differs)


def test_a_model_of_one_call() -> None:
    request, _ = asked(Call(messages="hi", fields={"model": "other"}), Defaults(model="m"))
    assert request.model == "other"


def test_extra_body_is_an_object() -> None:
    with pytest.raises(LocalProtocolError, match=r"^extra_body: not an object \(give a dict\)"):
        asked(Call(messages="hi", fields={"extra_body": "x"}), Defaults(model="m"))


# -- hooks -------------------------------------------------------------------------------------------


def changes(body: dict[str, Any]) -> None:
    body["seed"] = 1


def replaces(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "seed": body.get("seed", 0) + 10}


async def waits(body: dict[str, Any]) -> dict[str, Any]:
    await asyncio.sleep(0)
    return {**body, "seed": body.get("seed", 0) + 100}


async def waits_and_changes(body: dict[str, Any]) -> None:
    await asyncio.sleep(0)
    body["seed"] = 1000


HOOKS: dict[str, tuple[tuple[Any, ...], int]] = {
    "one that changes": ((changes,), 1),
    "one that replaces": ((replaces,), 10),
    "one that waits": ((waits,), 100),
    "one that waits and changes": ((waits_and_changes,), 1000),
    "in their order": ((changes, replaces, waits), 111),
    "the last one is the strongest": ((waits, changes), 1),
}


@pytest.mark.parametrize(("hooks", "seed"), HOOKS.values(), ids=HOOKS)
def test_hooks(hooks: tuple[Any, ...], seed: int) -> None:
    request, _ = asked(Call(messages="hi"), Defaults(model="m", hooks=hooks))
    assert request.sampling.seed == seed


def test_a_hook_sees_all_that_was_merged() -> None:
    seen: list[dict[str, Any]] = []
    defaults = Defaults(model="m", hooks=(seen.append,), said=read_environment({ENV_WARM: "0.2"}))
    call = Call(messages="hi", tools=[WEATHER], fields={"extra_body": {"more": 1}}, thinking="low")
    asked(call, defaults)
    assert seen == [
        {
            "model": "m",
            "messages": [{"role": "user", "content": "hi"}],
            "tools": [WEATHER],
            "temperature": 0.2,
            "thinking": {"type": "enabled", "effort": "low"},
            "more": 1,
        }
    ]


def test_a_hook_may_take_the_cap_away() -> None:
    def uncapped(body: dict[str, Any]) -> None:
        body["max_tokens"] = None

    request, settings = asked(Call(messages="hi"), Defaults(model="m", hooks=(uncapped,)))
    assert (request.caps, settings.budget) == ({}, "off")


def test_a_hook_changes_nothing_of_the_callers() -> None:
    def scribbles(body: dict[str, Any]) -> None:
        body["messages"][0]["content"] = "scribbled"
        body["tools"][0]["function"]["name"] = "scribbled"
        body["stop"].append("scribbled")
        body["more"]["deep"].append("scribbled")

    message, tool = {"role": "user", "content": "hi"}, {"type": "function", "function": {"name": "f"}}
    stop, deep = ["a"], ["b"]
    defaults = Defaults(model="m", hooks=(scribbles,), fields={"stop": stop})
    asked(Call(messages=[message], tools=[tool], fields={"extra_body": {"more": {"deep": deep}}}), defaults)
    assert (message["content"], tool["function"], stop, deep) == ("hi", {"name": "f"}, ["a"], ["b"])


@pytest.mark.parametrize("given", ["a text", [], 1])
def test_what_a_hook_may_not_return(given: Any) -> None:
    def wrong(body: dict[str, Any]) -> Any:
        return given

    with pytest.raises(LocalProtocolError, match=r"^hooks: wrong returned no body \(return the body, or"):
        asked(Call(messages="hi"), Defaults(model="m", hooks=(wrong,)))


def test_what_a_hook_raises_is_raised() -> None:
    def broken(body: dict[str, Any]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asked(Call(messages="hi"), Defaults(model="m", hooks=(broken,)))


# -- tools -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tool", [WEATHER, WEATHER_TOOL], ids=["a dict", "a value"])
def test_a_tool_either_way(tool: Any) -> None:
    request, _ = asked(Call(messages="hi", tools=[tool]), Defaults(model="m"))
    assert fields_of(request)["tools"] == [WEATHER]


def test_a_tool_of_the_endpoint_by_its_name() -> None:
    request, _ = asked(Call(messages="hi", tools=["$web_search"]), Defaults(model="m"))
    assert request.tools == (Tool(name="$web_search", kind="builtin_function"),)


def a_function() -> None: ...


# the tools, the error
NO_TOOLS: dict[str, tuple[Any, str]] = {
    "another name": ([WEATHER, "web_search"], r"^tools\[1\]: 'web_search' is no builtin tool \(give its"),
    "a function": (
        [a_function],
        r"^tools\[0\]: a function is no tool \(give a dict or a Tool; an Agent",
    ),
    "a name alone": ("$web_search", r"^tools: not a list \(give a list of tools\)"),
    "one alone": (WEATHER, r"^tools: not a list"),
    "one alone, as a value": (WEATHER_TOOL, r"^tools: not a list"),
    "a number": (7, r"^tools: not a list"),
}


@pytest.mark.parametrize(("tools", "said"), NO_TOOLS.values(), ids=NO_TOOLS)
def test_what_is_no_tool(tools: Any, said: str) -> None:
    with pytest.raises(LocalProtocolError, match=said):
        asked(Call(messages="hi", tools=tools), Defaults(model="m"))


@pytest.mark.parametrize("thinking", [7, "", (), 1.5], ids=repr)
def test_what_says_nothing_of_thinking(thinking: Any) -> None:
    with pytest.raises(LocalProtocolError, match=r"^thinking: neither on nor off nor an effort \(True"):
        asked(Call(messages="hi", thinking=thinking), Defaults(model="m"))


def test_no_tools_is_not_an_empty_list() -> None:
    nothing, empty = (asked(Call(messages="hi", tools=tools), Defaults(model="m"))[0] for tools in (None, ()))
    assert "tools" not in fields_of(nothing) and empty.tools == ()


def test_the_form_and_the_beginning_of_an_answer() -> None:
    call = Call(messages="hi", form={"type": "json_object"}, prefix="{")
    request, _ = asked(call, Defaults(model="m"))
    assert fields_of(request) == {"response_format": {"type": "json_object"}}
    assert request.messages[-1] == Message(role="assistant", content="{", partial=True)


# -- messages ----------------------------------------------------------------------------------------

USER = Message(role="user", content="hi")
CALL = ToolCall(id="functions.f:0", name="f", arguments="{}")

MESSAGES: dict[str, tuple[Any, tuple[Message, ...]]] = {
    "a text": ("hi", (USER,)),
    "a message": (USER, (USER,)),
    "texts": (["hi", "hi"], (USER, USER)),
    "a dict": ([{"role": "user", "content": "hi"}], (USER,)),
    "a dict alone": ({"role": "user", "content": "hi"}, (USER,)),
    "a reply": (Reply(blocks=(TextPart(text="Hi."),)), (Message(role="assistant", content="Hi."),)),
    "mixed": (
        ["hi", USER, {"role": "system", "content": "s"}],
        (USER, USER, Message(role="system", content="s")),
    ),
    "nothing": ([], ()),
}


@pytest.mark.parametrize(("given", "messages"), MESSAGES.values(), ids=MESSAGES)
def test_messages_however_they_are_given(given: Any, messages: tuple[Message, ...]) -> None:
    assert messages_of(given) == messages


NO_MESSAGES: dict[str, tuple[Any, str]] = {
    "a number": (7, r"^messages: neither a text nor a list \(give a text, or a list"),
    "nothing": (None, r"^messages: neither a text nor a list"),
    "a number among them": (["hi", 7], r"^messages\[1\]"),
    "no role": ([{"content": "hi"}], r"^messages\[0\]\.role: a message needs a role \(give"),
}


@pytest.mark.parametrize(("given", "said"), NO_MESSAGES.values(), ids=NO_MESSAGES)
def test_what_is_no_message(given: Any, said: str) -> None:
    with pytest.raises(LocalProtocolError, match=said):
        messages_of(given)


REPLIES: dict[str, tuple[Reply, Message]] = {
    "text": (Reply(blocks=(TextPart(text="a"), TextPart(text="b"))), Message(role="assistant", content="ab")),
    "thoughts alone": (
        Reply(blocks=(Thought(text="hm"),)),
        Message(role="assistant", content="", thoughts=(Thought(text="hm"),)),
    ),
    "empty thoughts are thoughts": (
        Reply(blocks=(Thought(text=""), TextPart(text="a"))),
        Message(role="assistant", content="a", thoughts=(Thought(text=""),)),
    ),
    "a call": (Reply(blocks=(CALL,)), Message(role="assistant", calls=(CALL,))),
    "a call and text": (
        Reply(blocks=(TextPart(text="a"), CALL)),
        Message(role="assistant", content="a", calls=(CALL,)),
    ),
    "nothing": (Reply(), Message(role="assistant", content="")),
}


@pytest.mark.parametrize(("reply", "message"), REPLIES.values(), ids=REPLIES)
def test_a_reply_as_a_turn(reply: Reply, message: Message) -> None:
    assert message_of(reply) == message
