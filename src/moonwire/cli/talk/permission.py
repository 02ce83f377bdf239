"""Whether a tool may run: asked once for each call, or never again for this tool."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from moonwire.cli.talk.words import named, one_line

__all__ = ["Answer", "Permission"]

Answer = Literal["yes", "no", "always"]


class Permission:
    """The gate before the tools. `ask` puts a question to the user; without one nothing may run."""

    def __init__(self, *, everything: bool = False) -> None:
        self.everything = everything
        self.always: set[str] = set()
        self.ask: Callable[[str], Awaitable[Answer]] | None = None
        self._one = asyncio.Lock()

    async def __call__(self, name: str, arguments: dict[str, Any]) -> bool:
        """Whether this call may run. One question at a time."""
        if self._allowed(name):
            return True
        async with self._one:
            # The question before may have been answered with always.
            if self._allowed(name):
                return True
            if self.ask is None:
                return False
            call = one_line(f"{name}({named(arguments)})", 300)
            answer = await self.ask(f"run {call}?")
        if answer == "always":
            self.always.add(name)
        return answer != "no"

    def _allowed(self, name: str) -> bool:
        return self.everything or name in self.always
