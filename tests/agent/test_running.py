"""Running the calls of one step."""

import asyncio
import contextlib
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from moonwire.agent import Limits, Result, offered
from moonwire.agent.running import EMPTY, interrupted, run_calls
from moonwire.core.messages import Image, TextPart, ToolCall
from tests.agent.model import go


def call(name: str, arguments: str = "{}", number: int = 0) -> ToolCall:
    return ToolCall(id=f"{name}:{number}", name=name, arguments=arguments)


def give(what: str) -> Any:
    """Gives something."""
    return GIVEN[what]


GIVEN: dict[str, Any] = {
    "text": "text",
    "nothing": None,
    "blank": "  ",
    "number": 3,
    "list": [1, "a"],
    "texts": ["a", "b"],
    "object": {"a": {"b": 1}},
    "odd": {"when": object},
    "picture": Image(url="ms://1"),
    "mixed": ["see", Image(url="ms://1")],
    "long": "a" * 30 + "b" * 30,
}
SHOWN: dict[str, Any] = {
    "text": "text",
    "nothing": EMPTY,
    "blank": EMPTY,
    "number": "3",
    "list": '[1,"a"]',
    "texts": '["a","b"]',
    "object": '{"a":{"b":1}}',
    "odd": '{"when":"<class \'object\'>"}',
    "picture": (Image(url="ms://1"),),
    "mixed": (TextPart(text="see"), Image(url="ms://1")),
    "long": f"{'a' * 20}\n<system>20 characters left out</system>\n{'b' * 20}",
}


async def results(calls: Sequence[ToolCall], *tools: Any, limits: Limits | None = None) -> list[Result]:
    known = {tool.name: tool for tool in map(offered, tools)}
    return [result async for result in run_calls(calls, known, limits or Limits(characters=40))]


@pytest.mark.parametrize("what", GIVEN)
def test_whatever_a_tool_gives_becomes_content(what: str) -> None:
    (result,) = go(results([call("give", f'{{"what": "{what}"}}')], give))
    assert (result.content, result.ok) == (SHOWN[what], True)
    assert result.message.call_id == "give:0"
    assert isinstance(result.text, str)


def test_a_function_that_blocks_blocks_nobody_else() -> None:
    gate = threading.Event()

    def wait() -> str:
        """Waits in its thread."""
        return "went on" if gate.wait(20) else "gave up"

    async def free() -> str:
        """Lets it go."""
        gate.set()
        return "freed"

    found = go(results([call("wait"), call("free")], wait, free))
    assert {result.content for result in found} == {"went on", "freed"}


def test_no_more_run_at_once_than_may() -> None:
    now = most = 0

    async def work(number: int) -> None:
        """Works."""
        nonlocal now, most
        now += 1
        most = max(most, now)
        for _ in range(5):
            await asyncio.sleep(0)
        now -= 1

    calls = [call("work", f'{{"number": {number}}}', number) for number in range(10)]
    assert len(go(results(calls, work, limits=Limits(parallel=3)))) == 10
    assert most == 3


def test_leaving_early_stops_what_still_runs() -> None:
    stopped: list[str] = []

    async def hang() -> None:
        """Hangs."""
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append("hang")

    async def leave() -> None:
        known = {tool.name: tool for tool in map(offered, (give, hang))}
        running = run_calls([call("hang"), call("give", '{"what": "text"}')], known, Limits())
        async with contextlib.aclosing(running):
            async for result in running:
                assert result.content == "text"
                break

    go(leave())
    assert stopped == ["hang"]


def test_a_tools_own_timeout_is_an_error_like_any_other() -> None:
    async def late() -> None:
        """Is late."""
        raise TimeoutError("the printer is silent")

    (result,) = go(results([call("late")], late))
    assert "TimeoutError: the printer is silent" in result.text
    assert not result.ok


def test_what_nobody_waited_for_says_so() -> None:
    result = interrupted(call("give"))
    assert not result.ok
    assert "interrupted" in str(result.message.content)
