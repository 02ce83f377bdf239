"""A long conversation: it is kept in a file, compacted when its time has come, and asked things aside."""

import asyncio
import sys

from moonwire import Agent, Kimi
from moonwire.agent import Compacted, Compaction, TurnDone


async def main(session: str) -> None:
    async with Kimi("kimi-k3") as kimi:
        agent = Agent(kimi, session=session, compaction=Compaction(ratio=0.7, keep=2))
        for prompt in ("Say 'one'.", "Say 'two'.", "Say 'three'."):
            async for event in agent.stream(prompt):
                if isinstance(event, Compacted):
                    print("compacted by itself:", event.before, event.after)
                elif isinstance(event, TurnDone):
                    print(event.turn.text)
        aside = await agent.side_question("Say 'aside'.")
        compacted = await agent.compact("the numbers")
        print(aside.text[:5], compacted is not None, len(agent.history))


asyncio.run(main(sys.argv[1]))
