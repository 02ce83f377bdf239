"""The first answer. The key is MOONSHOT_API_KEY's or KIMI_API_KEY's."""

import asyncio

from moonwire import Kimi


async def main() -> None:
    async with Kimi("kimi-k3") as kimi:
        answer = await kimi.generate("Say 'hello'.")
        print(answer.text)
        print(answer.usage, answer.cost)
        for note in answer.notes:
            print(note.code, note.reason, sep=": ")


asyncio.run(main())
