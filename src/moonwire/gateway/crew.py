"""What the workers of one gateway ask each other, so that it does not matter which of them a caller meets.

Each listens on a socket in a folder that only this user can enter. A question is a line, its answer all that
comes back; a worker that does not answer in time is left out.
"""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from moonwire.memory import Secret

__all__ = ["Crew"]

PATIENCE: Final = 1.0
"""Seconds that the others have to answer."""
QUESTION: Final = 4096
ANSWER: Final = 64 << 20
"""The most bytes of a question and of an answer."""


class Crew:
    """This worker's line to the others."""

    def __init__(self, folder: Path, number: int, count: int, secret: Secret) -> None:
        self.secret = secret
        """What they all know, where there is none on disk: by it callers are told apart, and seals opened."""
        self._own = folder / str(number)
        self._others = [folder / str(other) for other in range(count) if other != number]
        self._server: asyncio.Server | None = None

    async def listen(self, answer: Callable[[str], bytes]) -> None:
        """From now on what the others ask is answered by this; nothing where it knows nothing."""

        async def asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError, ValueError, TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    question = await reader.readline()
                    writer.write(answer(question.decode().rstrip("\n")))
                    await writer.drain()
            writer.close()

        self._server = await asyncio.start_unix_server(asked, self._own, limit=QUESTION)

    async def ask(self, question: str) -> list[bytes]:
        """What the others say who say something."""
        answers = await asyncio.gather(*(_asked(place, question) for place in self._others))
        return [answer for answer in answers if answer]

    async def aclose(self) -> None:
        """Answers no more."""
        if self._server is not None:
            self._server.close()


async def _asked(place: Path, question: str) -> bytes:
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_unix_connection(place)
            writer.write(f"{question}\n".encode())
            found = bytearray()
            while piece := await reader.read(1 << 16):
                found += piece
                if len(found) > ANSWER:
                    return b""
            return bytes(found)
    except (OSError, TimeoutError):
        return b""
    finally:
        if writer is not None:
            writer.close()
