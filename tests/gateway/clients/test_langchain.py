"""LangChain's ChatOpenAI, which drops the reasoning both ways (deer-flow#3043)."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from tests.gateway.clients.mangled import MANGLED, dealt, http
from tests.gateway.clients.scene import PLACES, TASK, TOOLS, Place, Scene, playing

Messages = list[Any]
Ask = Callable[[Any, Messages], Any]


def whole(model: Any, messages: Messages) -> Any:
    return model.invoke(messages)


def streamed(model: Any, messages: Messages) -> Any:
    first, *others = model.stream(messages)
    return sum(others, first)


def work(scene: Scene, ask: Ask, http_client: httpx2.Client) -> str:
    model: Any = ChatOpenAI(
        model=scene.model,
        base_url=scene.base_url,
        api_key=SecretStr("any"),
        max_retries=0,
        http_client=http_client,
    )
    calling = model.bind_tools(TOOLS)
    messages: Messages = [HumanMessage(TASK)]
    while True:
        message: AIMessage = ask(calling, messages)
        assert not message.invalid_tool_calls
        if not message.tool_calls:
            return message.text
        messages.append(message)
        for call in message.tool_calls:
            result = scene.tools.call(call["name"], call["args"])
            messages.append(ToolMessage(result, tool_call_id=call["id"]))


@pytest.mark.parametrize("ask", [whole, streamed])
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_twenty_rounds(place: Place, ask: Ask) -> None:
    # Its own client would stay open behind the test: it is kept for the next model at the same place.
    with playing(place) as scene, httpx2.Client() as client:
        scene.check(work(scene, ask, client))


@pytest.mark.parametrize(("name", "place", "ask"), dealt(("k3", streamed), ("k2.6", whole)))
def test_twenty_rounds_of_a_client_that_mangles_them(name: str, place: str, ask: Ask) -> None:
    with playing(PLACES[place]) as scene, http(MANGLED[name]) as mangling:
        scene.check(work(scene, ask, mangling))
