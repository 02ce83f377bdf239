"""What the workers of one gateway ask each other, so that it does not matter which of them a caller meets.

Each listens on a socket in a folder that only this user can enter. A question is a line, its answer a length
and so many bytes; a worker that does not answer in time is left out. Where there can be no sockets each knows
what it did itself.
"""

import asyncio
import contextlib
import logging
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

_LENGTH: Final = 8
_LOG: Final = logging.getLogger("moonwire.gateway")


class Crew:
    """This worker's line to the others."""

    def __init__(self, folder: Path | None, number: int, count: int, secret: Secret) -> None:
        self.secret = secret
        """What they all know, where there is none on disk: by it callers are told apart, and seals opened."""
        self._own = None if folder is None else folder / str(number)
        self._others = [folder / str(other) for other in range(count) if other != number] if folder else []
        self._server: asyncio.Server | None = None

    async def listen(self, answer: Callable[[str], bytes]) -> None:
        """From now on what the others ask is answered by this; nothing where it knows nothing."""

        async def asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError, ValueError, TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    question = await reader.readline()
                    said = answer(question.decode().rstrip("\n"))
                    writer.write(len(said).to_bytes(_LENGTH, "big") + said)
                    await writer.drain()
            writer.close()

        try:
            if self._own is not None:
                self._server = await asyncio.start_unix_server(asked, self._own, limit=QUESTION)
        except OSError as error:
            # A path that is too long, as where TMPDIR is.
            self._others = []
            _LOG.warning("workers cannot ask each other for notes and metrics: %s", error)

    async def ask(self, question: str) -> list[bytes]:
        """What each of the others says, always in the same order; nothing where it does not answer."""
        return list(await asyncio.gather(*(_asked(place, question) for place in self._others)))

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
            length = int.from_bytes(await reader.readexactly(_LENGTH), "big")
            return await reader.readexactly(length) if length <= ANSWER else b""
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return b""
    finally:
        if writer is not None:
            writer.close()
