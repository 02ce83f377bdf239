"""What a handler sees of HTTP: one request, and a way to answer it.

Whoever makes a `Call` and an `Out` can run the gateway; `connection.py` and `answer.py` do.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, Protocol

import msgspec

from moonwire.core.errors import MoonwireError

__all__ = ["Call", "Handler", "Out", "StuckCaller", "Trouble"]

Trouble = Literal["", "large", "late"]


class StuckCaller(MoonwireError):
    """The caller has not read for longer than the write deadline."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request, whole."""

    method: str
    path: str
    """Without percent signs: what paths are compared with."""
    raw_path: str = ""
    """As it was sent: what is passed on."""
    query: str = ""
    headers: Mapping[str, str] = {}
    """By name in lower case; several of one name are joined."""
    body: bytes = b""
    trouble: Trouble = ""
    """Whether the body was more than is taken, or did not come; it was then not kept."""

    def __repr__(self) -> str:
        # Headers hold keys.
        return f"Call({self.method} {self.path}, {len(self.body)} bytes)"


class Out(Protocol):
    """How an answer is given. What is written within one round of the event loop leaves together."""

    started: bool
    ended: bool
    gone: bool
    """Whether the caller left before the end."""
    also: list[tuple[str, str]]
    """Headers that whatever is answered has."""

    async def start(self, status: int, headers: list[tuple[str, str]]) -> None:
        """The status line and headers, whose names are in lower case."""
        ...

    async def send(self, data: bytes) -> None:
        """A piece of the body; waits while the caller does not read."""
        ...

    async def end(self, data: bytes = b"") -> None:
        """The answer is over, with this piece."""
        ...

    async def whole(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """A whole answer."""
        ...

    def cut(self) -> None:
        """The answer breaks off here, and the caller is to see that it does."""
        ...


Handler = Callable[[Call, Out], Awaitable[None]]
