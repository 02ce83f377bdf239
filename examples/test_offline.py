"""Tests of an agent without a key, a network or luck: run with `pytest examples/test_offline.py`."""

import asyncio

from moonwire import Agent, Kimi
from moonwire.simulator import Server

pytest_plugins = ["moonwire.simulator.pytest_plugin"]


def test_my_agent_reads_the_file_that_it_is_asked_to_read(kimi: Server) -> None:
    seen: list[str] = []

    def read_file(path: str) -> str:
        """Reads a file."""
        seen.append(path)
        return "forty-two"

    async def work() -> str:
        async with Kimi("kimi-k3", "any", kimi.base_url, endpoint="platform") as client:
            return (await Agent(client, [read_file]).run("Call read_file with notes.txt.")).text

    assert "forty-two" in asyncio.run(work())
    assert seen == ["notes.txt"]
    assert not kimi.refused  # under the strictest rules that any endpoint ever had
