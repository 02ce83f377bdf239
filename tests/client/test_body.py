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

CAP, OLD_CAP = "max_completion_tokens", "max_tokens"
ENV_CAP, ENV_EFFORT, ENV_KEEP, ENV_WARM = (
    f"KIMI_MODEL_{name}"
    for name in ("MAX_COMPLETION_TOKENS", "THINKING_EFFORT", "THINKING_KEEP", "TEMPERATURE")
)
ON, OFF = {"type": "enabled"}, {"type": "disabled"}


def asked(call: Call, defaults: Defaults) -> tuple[Request, Settings]:
    return asyncio.run(merged(call, defaults))


def fields_of(request: Request) -> dict[str, Any]:
    body = chat.encode(request)
    return {name: value for name, value in body.items() if name not in ("model", "messages")}


def own(**fields: Any) -> dict[str, Any]:
    """Fields of one layer; `thinking` is the argument of that name."""
    given = {"thinking": fields.pop("thinking")} if "thinking" in fields else {}
    return {**given, "fields": fields}


# the constructor's fields, the environment, the call's fields, what is to be planned
MERGED: dict[str, tuple[dict[str, Any], dict[str, str], dict[str, Any], dict[str, Any]]] = {
    "nothing": ({}, {}, {}, {}),
    "the constructor's": (own(temperature=0.1), {}, {}, {"temperature": 0.1}),
    "the environment's": ({}, {ENV_WARM: "0.2"}, {}, {"temperature": 0.2}),
    "the call's": ({}, {}, own(temperature=0.3), {"temperature": 0.3}),
    "the environment is stronger than the constructor": (
        own(temperature=0.1, top_p=0.5), {ENV_WARM: "0.2"}, {}, {"temperature": 0.2, "top_p": 0.5},
    ),
    "the call is stronger than both": (
        own(temperature=0.1), {ENV_WARM: "0.2"}, own(temperature=0.3), {"temperature": 0.3},
    ),
    "extra_body is stronger than the call": (
        {}, {}, own(temperature=0.3, extra_body={"temperature": 0.4, "more": 1}), {"temperature": 0.4, "more": 1},
    ),
    "the call's extra_body is stronger than the constructor's": (
        own(extra_body={"a": 1, "b": 1}), {}, own(extra_body={"b": 2}), {"a": 1, "b": 2},
    ),
    "the constructor's extra_body is stronger than the call": (
        own(extra_body={"temperature": 0.4}), {}, own(temperature=0.3), {"temperature": 0.4},
    ),
    "no extra_body": (own(extra_body=None), {}, own(extra_body=None), {}),
    # the cap
    "a call's cap beats the environment's": ({}, {ENV_CAP: "9"}, own(max_tokens=7), {OLD_CAP: 7}),
    "a call's cap under another name": (own(max_tokens=5), {}, own(max_completion_tokens=7), {CAP: 7}),
    "the old name beats an earlier new one": (own(max_completion_tokens=5), {}, own(max_tokens=7), {OLD_CAP: 7}),
    "the environment's cap beats the constructor's": (own(max_tokens=5), {ENV_CAP: "9"}, {}, {}),
    "the environment's none beats the constructor's": (own(max_tokens=5), {ENV_CAP: "0"}, {}, {}),
    "what is no number beats nothing": (own(max_tokens=5), {ENV_CAP: "lots"}, {}, {OLD_CAP: 5}),
    "a cap in extra_body beats the call's": (
        {}, {}, own(max_completion_tokens=7, extra_body={OLD_CAP: 8}), {OLD_CAP: 8},
    ),
    "null is no cap": ({}, {}, own(max_completion_tokens=None), {}),
    "null under the old name": ({}, {}, own(max_tokens=None), {}),
    "null in extra_body": (own(max_tokens=5), {}, own(extra_body={CAP: None}), {}),
    "null beside a number under the new name": (
        {}, {}, own(max_completion_tokens=7, max_tokens=None), {CAP: 7, OLD_CAP: None},
    ),
    "null under the new name beside a number": ({}, {}, own(max_completion_tokens=None, max_tokens=7), {}),
    # thinking
    "on": ({}, {}, own(thinking=True), {"thinking": ON}),
    "off": ({}, {}, own(thinking=False), {"thinking": OFF}),
    "a word for off": ({}, {}, own(thinking="none"), {"thinking": OFF}),
    "an effort": ({}, {}, own(thinking="low"), {"thinking": {**ON, "effort": "low"}}),
    "an object": ({}, {}, own(thinking={**ON, "keep": "all"}), {"thinking": {**ON, "keep": "all"}}),
    "the constructor's thinking": (own(thinking="low"), {}, {}, {"thinking": {**ON, "effort": "low"}}),
    "the call's thinking": (own(thinking="low"), {}, own(thinking=False), {"thinking": OFF}),
    "the call's effort field": (own(thinking="low"), {}, own(reasoning_effort="high"), {"reasoning_effort": "high"}),
    "an effort field, then an object": (own(reasoning_effort="high"), {}, own(thinking="low"), {"thinking": {**ON, "effort": "low"}}),
    "the argument beats the field": (
        {"thinking": "low", "fields": {"thinking": OFF}}, {}, {}, {"thinking": {**ON, "effort": "low"}},
    ),
    "a constructor's field gives way": ({"fields": {"thinking": OFF}}, {}, own(thinking=True), {"thinking": ON}),
    "the template's words stay": (
        own(chat_template_kwargs={"a": 1}), {}, own(thinking=True), {"chat_template_kwargs": {"a": 1}, "thinking": ON},
    ),
    "the environment's effort": ({}, {ENV_EFFORT: "low"}, {}, {"thinking": {**ON, "effort": "low"}}),
    "the environment's effort beats the constructor's": (
        own(thinking="high"), {ENV_EFFORT: "low"}, {}, {"thinking": {**ON, "effort": "low"}},
    ),
    "and under its other name": (
        own(reasoning_effort="high"), {ENV_EFFORT: "low"}, {}, {"thinking": {**ON, "effort": "low"}},
    ),
    "a call's effort beats the environment's": (
        {}, {ENV_EFFORT: "low"}, own(thinking="high"), {"thinking": {**ON, "effort": "high"}},
    ),
    "under its other name": ({}, {ENV_EFFORT: "low"}, own(reasoning_effort="high"), {"reasoning_effort": "high"}),
    "a call that only turns it on": ({}, {ENV_EFFORT: "low"}, own(thinking=True), {"thinking": {**ON, "effort": "low"}}),
    "no effort turns thinking on": ({}, {ENV_EFFORT: "low"}, own(thinking=False), {"thinking": OFF}),
    "nor does keep": (own(thinking=False), {ENV_KEEP: "all"}, {}, {"thinking": OFF}),
    "the environment's keep": (own(thinking="low"), {ENV_KEEP: "all"}, {}, {"thinking": {**ON, "effort": "low", "keep": "all"}}),
    "beats the constructor's": (own(thinking={**ON, "keep": "all"}), {ENV_KEEP: "off"}, {}, {"thinking": ON}),
    "no keep says nothing of thinking": ({}, {ENV_KEEP: "off"}, {}, {}),
    "a call's keep beats it": ({}, {ENV_KEEP: "off"}, own(thinking={**ON, "keep": "all"}), {"thinking": {**ON, "keep": "all"}}),
    "thinking in extra_body is joined": (
        own(thinking="low"), {}, own(extra_body={"thinking": {"keep": "all"}}), {"thinking": {**ON, "effort": "low", "keep": "all"}},
    ),
    "and beats the environment": (
        {}, {ENV_EFFORT: "low"}, own(extra_body={"thinking": {"effort": "max"}}), {"thinking": {**ON, "effort": "max"}},
    ),
    "also under its other name": (
        own(thinking="low"), {}, own(extra_body={"reasoning_effort": "max"}), {"thinking": ON, "reasoning_effort": "max"},
    ),
    "the constructor's extra_body has the keep": (
        own(extra_body={"thinking": {"keep": "all"}}), {}, own(extra_body={"thinking": ON}), {"thinking": {**ON, "keep": "all"}},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("first", "environ", "call", "planned"), MERGED.values(), ids=MERGED)
def test_what_is_stronger(
    first: dict[str, Any], environ: dict[str, str], call: dict[str, Any], planned: dict[str, Any]
) -> None:
    defaults = Defaults(model="kimi-k2.6", said=read_environment(environ), **first)
    request, _ = asked(Call(messages="hi", **call), defaults)
    assert fields_of(request) == planned


# the environment, the call's fields, what differs in the settings of the plan
SETTINGS: dict[str, tuple[dict[str, str], dict[str, Any], dict[str, Any]]] = {
    "nothing": ({}, {}, {}),
    "a cap": ({ENV_CAP: "9"}, {}, {"cap": 9}),
    "no cap": ({ENV_CAP: "0"}, {}, {"budget": "off"}),
    "null": ({}, own(max_completion_tokens=None), {"budget": "off"}),
    "no keep": ({ENV_KEEP: "off"}, {}, {"keep": "off"}),
    "no keep, and a call that has one": (
        {ENV_KEEP: "off"},
        own(thinking={"type": "enabled", "keep": "all"}),
        {},
    ),
}


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


def test_another_name_is_no_tool() -> None:
    with pytest.raises(LocalProtocolError, match=r"^tools\[1\]: 'web_search' is no builtin tool \(give its"):
        asked(Call(messages="hi", tools=[WEATHER, "web_search"]), Defaults(model="m"))


def test_no_tools_is_not_an_empty_list() -> None:
    nothing, empty = (asked(Call(messages="hi", tools=tools), Defaults(model="m"))[0] for tools in (None, []))
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


def test_what_is_no_message() -> None:
    with pytest.raises(LocalProtocolError, match=r"^messages\[1\]"):
        messages_of(["hi", 7])  # pyright: ignore[reportArgumentType] -- that is the mistake


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
