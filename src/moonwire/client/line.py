"""The exchange behind a client: made when it is first used, one for each event loop."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from moonwire.client.credentials import Credentials
from moonwire.core.errors import Auth
from moonwire.exchange.asked import Asked, Commit
from moonwire.exchange.exchange import Exchange

__all__ = ["Line"]

R = TypeVar("R")


class Line:
    """Gives every call the same exchange, so that connections, limits and what was learned are shared.

    A call that fails leaves it as it is: broken connections are the pool's business. A client that was
    closed, or that is used in a second event loop, gets a new one.
    """

    def __init__(self, make: Callable[[], Exchange], credentials: Credentials) -> None:
        self._make = make
        self._credentials = credentials
        self._held: tuple[asyncio.AbstractEventLoop, Exchange] | None = None

    @property
    def exchange(self) -> Exchange:
        """The exchange of the running loop."""
        loop = asyncio.get_running_loop()
        if self._held is None or self._held[0] is not loop:
            # What was open in another loop went with it.
            self._held = (loop, self._make())
        return self._held[1]

    @property
    def held(self) -> Exchange | None:
        """The exchange that is there, if there is one."""
        return None if self._held is None else self._held[1]

    async def with_key(self, asked: Asked, run: Callable[[Exchange, Asked], Awaitable[R]]) -> R:
        """Runs it with the key of now; once more where that is refused and there is another."""
        key = await self._credentials.current()
        exchange = self.exchange
        try:
            return await run(exchange, msgspec.structs.replace(asked, key=key))
        except Auth:
            fresh = await self._credentials.renewed(key)
            if fresh is None:
                raise
        return await run(exchange, msgspec.structs.replace(asked, key=fresh, commit=Commit()))

    async def aclose(self) -> None:
        """Ends every connection. A later call begins anew."""
        held, self._held = self._held, None
        if held is not None and held[0] is asyncio.get_running_loop():
            await held[1].aclose()
