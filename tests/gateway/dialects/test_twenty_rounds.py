"""Twenty rounds of tools by the official SDKs of Messages and Responses, with a memory and without one."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from anthropic import Anthropic
from anthropic.types import Message
from openai import OpenAI

from moonwire.memory import NoMemory, ProcessMemory
from tests.gateway.clients.scene import PLACES, TASK, TOOLS, Scene, playing
from tests.gateway.dialects.manglings import ITEMS, MESSAGES, Mangling, http

Json = dict[str, Any]
Work = Callable[..., str]


def _messages_tool(tool: Json) -> Json:
    function = tool["function"]
    return {
        "name": function["name"],
        "description": function["description"],
        "input_schema": function["parameters"],
        "strict": True,
    }


MESSAGES_TOOLS = [_messages_tool(tool) for tool in TOOLS]
ITEM_TOOLS = [{"type": "function", **tool["function"]} for tool in TOOLS]


def _message(client: Anthropic, asked: Any, *, stream: bool) -> Message:
    messages: Any = client.messages
    if not stream:
        return messages.create(**asked, timeout=60)
    with messages.stream(**asked) as events:
        return events.get_final_message()


def through_messages(scene: Scene, edit: Any, *, stream: bool) -> str:
    """The loop of the SDK's documentation: the answer's own blocks go back."""
    with (
        http("messages", edit) as sent,
        Anthropic(
            base_url=scene.base_url.removesuffix("/v1"), api_key="any", max_retries=0, http_client=sent
        ) as client,
    ):
        messages: list[Any] = [{"role": "user", "content": TASK}]
        while True:
            asked: Any = {"model": scene.model, "max_tokens": 32_000, "tools": MESSAGES_TOOLS}
            message = _message(client, {**asked, "messages": messages}, stream=stream)
            blocks = cast("list[Any]", message.content)
            if message.stop_reason != "tool_use":
                return "".join(block.text for block in blocks if block.type == "text")
            messages.append({"role": "assistant", "content": blocks})
            results: list[Any] = [
                {
                    "type": "tool_result",
                    "tool_use_id": block.id,
                    "content": scene.tools.call(block.name, block.input),
                }
                for block in blocks
                if block.type == "tool_use"
            ]
            messages.append({"role": "user", "content": results})


def _answered(client: OpenAI, asked: Json, *, stream: bool) -> Any:
    # The SDK takes half a second to compare a history with its types, and none for a body of others.
    if not stream:
        return client.responses.create(extra_body=asked)
    open_stream: Any = client.responses.stream
    with open_stream(model=asked["model"], input="", extra_body=asked) as events:
        return events.get_final_response()


def _outputs(scene: Scene, response: Any) -> list[Json]:
    return [
        {
            "type": "function_call_output",
            "call_id": item.call_id,
            "output": scene.tools.call(item.name, item.arguments),
        }
        for item in response.output
        if item.type == "function_call"
    ]


def through_items(scene: Scene, edit: Any, *, stream: bool) -> str:
    """As Codex does it: nothing is kept elsewhere, the items of each answer go back."""
    with (
        http("input", edit) as sent,
        OpenAI(base_url=scene.base_url, api_key="any", max_retries=0, http_client=sent) as client,
    ):
        items: list[Any] = [{"role": "user", "content": TASK}]
        while True:
            asked: Json = {"model": scene.model, "tools": ITEM_TOOLS, "store": False}
            asked |= {"include": ["reasoning.encrypted_content"], "input": items}
            response = _answered(client, asked, stream=stream)
            outputs = _outputs(scene, response)
            if not outputs:
                return response.output_text
            items += [item.to_dict() for item in response.output]
            items += outputs


def through_ids(scene: Scene, edit: Any, *, stream: bool) -> str:
    """As the SDK's documentation has it: each request goes on from the answer before."""
    with OpenAI(base_url=scene.base_url, api_key="any", max_retries=0) as client:
        asked: Json = {"model": scene.model, "tools": ITEM_TOOLS, "input": TASK}
        while True:
            response = _answered(client, asked, stream=stream)
            outputs = edit(_outputs(scene, response))
            if not outputs:
                return response.output_text
            asked |= {"previous_response_id": response.id, "input": outputs}


WAYS: dict[str, tuple[Work, dict[str, Mangling]]] = {
    "messages": (through_messages, MESSAGES),
    "responses": (through_items, ITEMS),
}
ASKED = [("k2.6", False), ("k2.7-code", True), ("k3", True), ("raw text", True)]


@pytest.mark.parametrize(("place", "stream"), ASKED)
@pytest.mark.parametrize("work", [through_messages, through_items])
def test_twenty_rounds_without_a_memory(work: Work, place: str, stream: bool) -> None:
    with playing(PLACES[place], NoMemory()) as scene:
        scene.check(work(scene, list, stream=stream))


@pytest.mark.parametrize(("place", "stream"), [("k2.6", False), ("k3", True)])
def test_twenty_rounds_by_the_id_of_the_answer_before(place: str, stream: bool) -> None:
    with playing(PLACES[place]) as scene:
        scene.check(through_ids(scene, list, stream=stream))


def mangled() -> Iterator[Any]:
    """Each mangling without a memory, if that can be; places and ways take turns."""
    turns = itertools.cycle([("k3", False), *ASKED, ("broken raw text", True)])
    for way, (work, table) in WAYS.items():
        for name, mangling in table.items():
            place, stream = next(turns)
            yield pytest.param(work, mangling, place, stream, id=f"{way}-{name}-{place}")


@pytest.mark.parametrize(("work", "mangling", "place", "stream"), [*mangled()])
def test_twenty_rounds_of_a_client_that_mangles_them(
    work: Work, mangling: Mangling, place: str, stream: bool
) -> None:
    with playing(PLACES[place], NoMemory() if mangling.own else ProcessMemory()) as scene:
        scene.check(work(scene, mangling.edit, stream=stream))
