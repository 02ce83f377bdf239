"""What the commands do and say, on a simulated endpoint and without a terminal."""

import asyncio
import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from moonwire.cli.screen import Piece
from moonwire.cli.talk.commands import COMMANDS, Order
from moonwire.cli.talk.conversation import Conversation
from moonwire.cli.talk.opening import Opened, begin, opened
from moonwire.cli.talk.options import Talk
from moonwire.cli.talk.permission import Permission
from moonwire.core.errors import LocalProtocolError
from moonwire.simulator import Server, Settings

# What the chat itself does with these is seen in test_chatting.
ELSEWHERE = {"btw", "compact", "retry", "quit"}


@pytest.fixture(scope="module")
def place() -> Generator[Opened]:
    with Server(Settings(models=("kimi-k3", "kimi-k2.6"))) as server:
        environ = {"MOONSHOT_API_KEY": "sk-1", "KIMI_BASE_URL": server.base_url}
        with opened(Talk(endpoint="platform"), environ) as place:
            yield place


class Told:
    """A conversation, and what it says."""

    def __init__(self, place: Opened, **flags: Any) -> None:
        self.talk = Talk(**flags)
        permission = Permission()
        self.conversation = Conversation(begin(self.talk, place, permission), place, permission, None)

    async def turn(self, prompt: str) -> str:
        async with contextlib.aclosing(self.conversation.stream(prompt)) as events:
            async for _ in events:
                pass
        assert self.conversation.turn is not None
        return self.conversation.turn.text

    async def do(self, line: str) -> str:
        name, _, rest = line.partition(" ")
        return text(await self.conversation.do(Order(name, rest)))


def text(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def test_every_command_is_known(place: Opened) -> None:
    async def run() -> None:
        told = Told(place)
        for command in COMMANDS:
            if command.name not in {*ELSEWHERE, "save"}:
                assert (await told.do(command.name)).endswith("\n")
        await told.conversation.agent.kimi.aclose()

    asyncio.run(run())


def test_before_anything_was_said_nothing_is_claimed(place: Opened) -> None:
    async def run() -> None:
        told = Told(place)
        assert await told.do("explain") == "nothing was asked yet\n"
        assert await told.do("thoughts") == "there were no thoughts\n"
        assert await told.do("tools") == "there are no tools; --tools names some\n"
        assert (await told.do("tokens")).startswith("the next request has 0 tokens of 1,048,576 (0.0 %)\n")
        assert "nothing to compact" in text(await told.conversation.compact(""))
        assert told.conversation.state == "kimi-k3 · 0 % of 1M · $0"

    asyncio.run(run())


def test_after_a_turn_there_is_something_to_say(place: Opened, tmp_path: Path) -> None:
    async def run() -> None:
        told = Told(place)
        assert await told.turn("Say 'one'.") == "one"
        assert (await told.do("explain")).partition(":")[0] == "info     cap-default"
        assert "asked   kimi-k3 at platform, trace " in await told.do("explain")
        assert len(await told.do("thoughts")) > 20
        assert "so far " in await told.do("tokens") and told.conversation.used > 0
        assert "saved " in await told.do(f"save {tmp_path / 'a.md'}")
        with pytest.raises(LocalProtocolError):
            await told.do(f"save {tmp_path / 'a.doc'}")
        before = told.conversation.agent.history
        assert await told.conversation.aside("Say 'aside'.") == "aside"
        assert told.conversation.agent.history == before
        await told.turn("Say 'two'.")
        assert text(await told.conversation.compact("numbers")).startswith("compacted: ")
        assert await told.do("new") == "a new conversation\n"
        assert told.conversation.agent.history == () and await told.do("explain") == "nothing was asked yet\n"
        await told.conversation.agent.kimi.aclose()

    asyncio.run(run())


def test_another_model_goes_on_with_the_history(place: Opened) -> None:
    async def run() -> None:
        told = Told(place)
        await told.turn("Say 'one'.")
        assert await told.do("model") == "kimi-k3 at platform, window 1,048,576\n"
        assert await told.do("model kimi-k2.6") == "kimi-k2.6 from now on, with all that was said\n"
        assert await told.do("think off") == "thinking off from now on\n"
        assert await told.do("think more") == "more is none of on, off, low, high, max\n"
        assert await told.do("think") == "thinking is off; on, off, low, high, max\n"
        assert await told.turn("Say 'two'.") == "two"
        assert told.conversation.thoughts() == ""
        assert "kimi-k2.6 at platform" in await told.do("explain")
        assert len(told.conversation.agent.history) == 4
        assert told.conversation.state.startswith("kimi-k2.6 · thinking off · 0 % of 256k · ")
        assert "did you mean kimi-k3?" in await told.do("model kimi-k33")
        await told.conversation.agent.kimi.aclose()

    asyncio.run(run())


def test_tools_say_whether_they_ask(place: Opened, tmp_path: Path) -> None:
    (tmp_path / "talk_two.py").write_text(
        "def f() -> int:\n    '''One.'''\n    return 1\ndef g() -> int:\n    return 2\n"
    )

    async def run() -> None:
        told = Told(place, tools=(f"{tmp_path / 'talk_two.py'}:",))
        told.conversation.permission.always.add("g")
        assert await told.do("tools") == "f  asks  One.\ng  runs  \n"

    asyncio.run(run())


def test_a_simulated_kimi_costs_nothing() -> None:
    async def run(place: Opened) -> None:
        told = Told(place)
        await told.turn("Say 'one'.")
        assert told.conversation.simulated and told.conversation.state.endswith(" · simulated")
        assert "paid: simulated, so nothing" in await told.do("tokens")
        await told.conversation.agent.kimi.aclose()

    with opened(Talk(), {}) as place:
        asyncio.run(run(place))
