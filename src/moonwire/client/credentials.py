"""Whose key goes with a request: a text, a command, or whatever gives tokens out; and a fresh one on 401."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from moonwire.core.errors import LocalProtocolError
from moonwire.exchange.config import Hidden
from moonwire.exchange.keys import resolve_key

__all__ = ["ApiKey", "Credentials", "Refresh"]

Refresh = Callable[[], "str | Awaitable[str]"]
"""Gives a new token, where the old one was refused."""

ApiKey = str | Hidden | Refresh
"""A key, `env:NAME`, `file:PATH`, `cmd:PROGRAM ARGUMENTS`, or what is asked for the token of each request."""

_COMMAND: Final = "cmd:"


class Credentials:
    """The key of each request. A command is run when a key is first needed, and again when it is refused."""

    def __init__(
        self, key: ApiKey | None, environ: Mapping[str, str], refresh: Refresh | None = None
    ) -> None:
        self._environ = environ
        self._refresh = refresh
        self._source = key if callable(key) else None
        self._command: str | None = None
        self._known: Hidden | None = None
        self._lock: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None
        if key is None or callable(key):
            return
        text = key.reveal() if isinstance(key, Hidden) else key
        if text.startswith(_COMMAND):
            self._command = text
        else:
            self._known = resolve_key(text, environ, path="api_key")

    def __repr__(self) -> str:
        return "Credentials(...)"

    async def current(self) -> str | None:
        """The key to send now; `None` where the endpoint is asked without one."""
        if self._source is not None:
            self._known = await _given(self._source)
        elif self._known is None and self._command is not None:
            async with self._alone():
                if self._known is None:
                    self._known = await self._run()
        return None if self._known is None else self._known.reveal()

    async def renewed(self, refused: str | None) -> str | None:
        """Another key than the one that was refused, if there is any. Of many that ask, one renews."""
        async with self._alone():
            if self._known is not None and self._known.reveal() != refused:
                return self._known.reveal()
            if self._refresh is not None:
                self._known = await _given(self._refresh)
            elif self._source is not None:
                self._known = await _given(self._source)
            elif self._command is not None:
                self._known = await self._run()
            fresh = None if self._known is None else self._known.reveal()
            return None if fresh == refused else fresh

    async def _run(self) -> Hidden:
        assert self._command is not None
        return await asyncio.to_thread(resolve_key, self._command, self._environ, path="api_key")

    def _alone(self) -> asyncio.Lock:
        loop = asyncio.get_running_loop()
        if self._lock is None or self._lock[0] is not loop:
            self._lock = (loop, asyncio.Lock())
        return self._lock[1]


async def _given(source: Refresh) -> Hidden:
    given = source()
    token: Any = await given if inspect.isawaitable(given) else given
    if not isinstance(token, str) or not token.strip():
        said = "the function gave no token"
        raise LocalProtocolError(said, path="api_key", remedy="return the token as a text")
    # As it stands: what a server gave out is never a command or the name of a file.
    return resolve_key("env:TOKEN", {"TOKEN": token}, path="api_key")
