"""The OpenAI Python SDK, in the tool loop of its documentation."""

from collections.abc import Callable
from typing import Any

import pytest
from openai import OpenAI

from tests.gateway.clients.mangled import MANGLED, dealt, http
from tests.gateway.clients.scene import PLACES, TASK, TOOLS, Place, Scene, playing

Asked = dict[str, Any]
Ask = Callable[[OpenAI, Asked], Any]


def whole(client: OpenAI, asked: Asked) -> Any:
    create: Any = client.chat.completions.create
    return create(**asked).choices[0].message


def streamed(client: OpenAI, asked: Asked) -> Any:
    with client.chat.completions.stream(**asked) as stream:
        return stream.get_final_completion().choices[0].message


def work(client: OpenAI, scene: Scene, ask: Ask) -> str:
    messages: list[Any] = [{"role": "user", "content": TASK}]
    while True:
        message = ask(client, {"model": scene.model, "messages": messages, "tools": TOOLS})
        if not message.tool_calls:
            return message.content
        messages.append(message)
        for call in message.tool_calls:
            result = scene.tools.call(call.function.name, call.function.arguments)
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})


@pytest.mark.parametrize("ask", [whole, streamed])
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_twenty_rounds(place: Place, ask: Ask) -> None:
    """The SDK's own messages go back, and with them every field that they came with."""
    with playing(place) as scene, OpenAI(base_url=scene.base_url, api_key="any", max_retries=0) as client:
        scene.check(work(client, scene, ask))


@pytest.mark.parametrize(("name", "place", "ask"), dealt(("k2.6", whole), ("k3", streamed)))
def test_twenty_rounds_of_a_client_that_mangles_them(name: str, place: str, ask: Ask) -> None:
    with (
        playing(PLACES[place]) as scene,
        http(MANGLED[name]) as mangling,
        OpenAI(base_url=scene.base_url, api_key="any", max_retries=0, http_client=mangling) as client,
    ):
        scene.check(work(client, scene, ask))
