"""An agent with two tools: a typed function is enough."""

import asyncio

from moonwire import Agent, Kimi


def read_file(path: str) -> str:
    """Reads a file.

    Args:
        path: where it is.
    """
    return f"{path} says: forty-two"


async def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


async def main() -> None:
    async with Kimi("kimi-k3") as kimi:
        agent = Agent(kimi, tools=[read_file, add], system="You are brief.")
        turn = await agent.run("Call read_file with notes.txt.")
        print(turn.text, turn.steps, turn.stopped)


asyncio.run(main())
