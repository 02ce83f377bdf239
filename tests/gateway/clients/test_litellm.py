"""LiteLLM's SDK: as a client of OpenAI, and as one of Moonshot, which puts a blank for each lost thought."""

import asyncio
import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, cast

import pytest
from openai import OpenAI

from tests.gateway.clients.mangled import MANGLED, dealt, without_thoughts
from tests.gateway.clients.scene import PLACES, TASK, TOOLS, Place, Scene, playing
from tests.manglers.manglings import Mangling

# It asks for its price list on import, and looks for it nowhere else then.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm

# It makes pydantic models of its typed dictionaries, and reads every attribute of a chunk: pydantic minds.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*using the `ReadOnly` qualifier:UserWarning"),
    pytest.mark.filterwarnings("ignore:Accessing the 'model_.*fields' attribute:DeprecationWarning"),
]

library = cast("Any", litellm)  # it is typed in parts only
Message = dict[str, Any]
Ask = Callable[..., Any]


@pytest.fixture(autouse=True)
def loop() -> Iterator[None]:
    """It asks for the thread's event loop, makes one where there is none, and leaves that open."""
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield
    asyncio.set_event_loop(None)
    made.close()


def whole(**asked: Any) -> Any:
    return library.completion(**asked).choices[0].message


def streamed(**asked: Any) -> Any:
    return library.stream_chunk_builder(list(library.completion(**asked, stream=True))).choices[0].message


def work(scene: Scene, ask: Ask, provider: str, mangle: Mangling = without_thoughts) -> str:
    # Its own client would stay open behind the test: it is kept for the next call to the same place.
    with OpenAI(base_url=scene.base_url, api_key="any", max_retries=0) as client:
        messages: list[Message] = [{"role": "user", "content": TASK}]
        while True:
            message = ask(
                model=f"{provider}/{scene.model}", messages=mangle([*messages]), tools=TOOLS, client=client
            )
            if not message.tool_calls:
                return message.content
            messages.append(message.model_dump())
            for call in message.tool_calls:
                result = scene.tools.call(call.function.name, call.function.arguments)
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})


@pytest.mark.parametrize(
    ("provider", "ask"), [("openai", whole), ("openai", streamed), ("moonshot", streamed)]
)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_twenty_rounds(place: Place, provider: str, ask: Ask) -> None:
    with playing(place) as scene:
        scene.check(work(scene, ask, provider))


@pytest.mark.parametrize(("name", "place", "ask"), dealt(("k3", whole), ("k2.6", streamed)))
def test_twenty_rounds_of_a_client_that_mangles_them(name: str, place: str, ask: Ask) -> None:
    def mangle(messages: list[Message]) -> list[Message]:
        return MANGLED[name](without_thoughts(deepcopy(messages)))

    with playing(PLACES[place]) as scene:
        scene.check(work(scene, ask, "openai", mangle))
