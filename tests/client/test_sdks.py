"""Twenty rounds of real SDKs with tools, healed in their own process: no gateway stands before the endpoint.

The SDK's messages go back as it declares them, so that every thought is lost on the way.
"""

import asyncio
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI, BadRequestError
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from moonwire.httpx import AsyncTransport, Transport
from tests.client.clients import HERE, KINDS, Kind, Sdk, sdk
from tests.gateway.clients import test_langchain as langchain
from tests.gateway.clients.mangled import without_thoughts
from tests.gateway.clients.scene import PLACES, TASK, TOOLS, Scene, playing_alone

ROUNDS: dict[str, tuple[str, Kind, bool]] = {
    "k2.6, blocking, whole": ("k2.6", KINDS["httpx2"], False),
    "k2.6, waiting, streamed": ("k2.6", KINDS["httpx2-async"], True),
    "k3, blocking, streamed": ("k3", KINDS["httpx2"], True),
    "k3, waiting, whole": ("k3", KINDS["httpx2-async"], False),
    "k3, waiting, streamed, httpx": ("k3", KINDS["httpx-async"], True),
    "k2.6, blocking, streamed, httpx": ("k2.6", KINDS["httpx"], True),
}


def said(one: Sdk, asked: dict[str, Any], *, stream: bool) -> Any:
    """The next message of the assistant."""
    if not stream:
        return one.create(**asked).choices[0].message
    with one.within(one.client.chat.completions.stream(**asked)) as going:
        for _ in one.items(going):
            pass
        return one.done(going.get_final_completion()).choices[0].message


def work(one: Sdk, scene: Scene, *, stream: bool) -> str:
    messages: list[Any] = [{"role": "user", "content": TASK}]
    while True:
        message = said(one, {"model": scene.model, "messages": messages, "tools": TOOLS}, stream=stream)
        if not message.tool_calls:
            return message.content
        messages += without_thoughts([message.model_dump(exclude_none=True)])
        for call in message.tool_calls:
            result = scene.tools.call(call.function.name, call.function.arguments)
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})


@pytest.mark.parametrize(("place", "kind", "stream"), ROUNDS.values(), ids=ROUNDS)
def test_the_openai_sdk(place: str, kind: Kind, stream: bool) -> None:
    with playing_alone(PLACES[place]) as scene, sdk(kind, scene.base_url, max_retries=0) as one:
        scene.check(work(one, scene, stream=stream))


def test_langchain() -> None:
    with (
        playing_alone(PLACES["k3"]) as scene,
        httpx2.Client(transport=Transport(**HERE)) as client,
    ):
        scene.check(langchain.work(scene, langchain.streamed, client))


def test_pydantic_ai() -> None:
    async def task(scene: Scene) -> str:
        http = httpx2.AsyncClient(transport=AsyncTransport(**HERE))
        async with AsyncOpenAI(base_url=scene.base_url, api_key="any", http_client=http) as client:
            model = OpenAIChatModel(scene.model, provider=OpenAIProvider(openai_client=client))
            agent = Agent(model, tools=[scene.tools.read_file, scene.tools.add])
            return (await agent.run(TASK)).output

    with playing_alone(PLACES["k2.6"]) as scene:
        scene.check(asyncio.run(task(scene)))


def test_one_that_nobody_healed_is_refused() -> None:
    """The scene would show it: the same messages are refused where nobody knows the endpoint."""
    with (
        playing_alone(PLACES["k3"]) as scene,
        sdk(KINDS["httpx2"], scene.base_url, endpoint="") as one,
        pytest.raises(BadRequestError),
    ):
        work(one, scene, stream=False)
