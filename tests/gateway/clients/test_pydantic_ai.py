"""pydantic-ai: an agent whose calls of one turn run beside one another."""

import asyncio
from collections.abc import AsyncIterable
from typing import Any

import pytest
from openai import AsyncOpenAI
from pydantic_ai import Agent, RunContext
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from tests.gateway.clients.mangled import MANGLED, async_http, dealt
from tests.gateway.clients.scene import PLACES, TASK, Place, Scene, playing


async def taken(context: RunContext[object], events: AsyncIterable[Any]) -> None:
    """What makes the agent ask for a stream: somebody who reads its events."""
    async for _ in events:
        pass


async def work(scene: Scene, *, stream: bool, http_client: Any = None) -> str:
    async with AsyncOpenAI(
        base_url=scene.base_url, api_key="any", max_retries=0, http_client=http_client
    ) as client:
        model = OpenAIChatModel(scene.model, provider=OpenAIProvider(openai_client=client))
        agent = Agent(model, tools=[scene.tools.read_file, scene.tools.add])
        result = await agent.run(TASK, event_stream_handler=taken if stream else None)
        return result.output


async def work_mangling(scene: Scene, name: str, *, stream: bool) -> str:
    async with async_http(MANGLED[name]) as http_client:
        return await work(scene, stream=stream, http_client=http_client)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_twenty_rounds(place: Place, stream: bool) -> None:
    with playing(place) as scene:
        scene.check(asyncio.run(work(scene, stream=stream)))


@pytest.mark.parametrize(("name", "place", "stream"), dealt(("k2.6", True), ("k3", False)))
def test_twenty_rounds_of_a_client_that_mangles_them(name: str, place: str, stream: bool) -> None:
    with playing(PLACES[place]) as scene:
        scene.check(asyncio.run(work_mangling(scene, name, stream=stream)))
