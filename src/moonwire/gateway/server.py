"""A socket, the connections of its callers, and an end in order."""

import asyncio
import contextlib
import signal
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Generator, Mapping
from types import FrameType
from typing import Final

from moonwire.core.errors import LocalProtocolError, MoonwireError
from moonwire.gateway.common import Common, Listening
from moonwire.gateway.connection import Connection
from moonwire.gateway.http import Handler
from moonwire.transport.tls import no_password

__all__ = ["BACKLOG", "Listening", "Server"]

BACKLOG: Final = 2048

LAST_WORDS: Final = 5.0
"""Seconds in which handlers that were ended may say so, and callers may read it."""


async def _nothing() -> None: ...


class Server:
    """Runs a handler until it is told to end. `ready` and `ending` are called when that happens."""

    def __init__(
        self,
        handler: Handler,
        listening: Listening,
        *,
        admit: Callable[[Mapping[str, str]], bool] = lambda headers: True,
        startup: Callable[[], Awaitable[None]] = _nothing,
        shutdown: Callable[[], Awaitable[None]] = _nothing,
        ready: Callable[[], None] = lambda: None,
        ending: Callable[[], None] = lambda: None,
    ) -> None:
        self._handler = handler
        self._listening = listening
        self._admit = admit
        self._startup = startup
        self._shutdown = shutdown
        self._ready = ready
        self._ending = ending
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = False
        self._hurried = False
        self._end = asyncio.Event()
        self._common: Common | None = None

    def run(self, listener: socket.socket) -> None:
        """Serves on this socket, on the fastest event loop that there is."""
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(self.serve(listener))

    async def serve(self, listener: socket.socket) -> None:
        """Serves on this socket, in this event loop."""
        tls = _context(self._listening.cert, self._listening.key)
        self._loop = asyncio.get_running_loop()
        if self._told:
            self._end.set()
        with self._signals():
            await self._startup()
            common = self._common = Common(self._handler, self._listening, self._admit)
            try:
                await self._listen(listener, common, tls)
            finally:
                self._loop = None
                if not self._hurried:
                    await self._shutdown()

    def end(self) -> None:
        """Nothing new is taken, what is under way may end. From any thread."""
        self._ending()
        self._told = True
        self._wake(self._end.set)

    def hurry(self) -> None:
        """What is under way may not end either."""
        self._hurried = True
        self._wake(self._over)

    def _over(self) -> None:
        if self._common is not None:
            self._common.over.set()

    def _wake(self, what: Callable[[], None]) -> None:
        if (loop := self._loop) is not None:
            # It may have ended meanwhile.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(what)

    async def _listen(self, listener: socket.socket, common: Common, tls: ssl.SSLContext | None) -> None:
        try:
            # Connections inherit it on Linux; the loops set it too, and a server does not rely on that.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server = await common.loop.create_server(
                lambda: Connection(common), sock=listener, ssl=tls, backlog=BACKLOG
            )
        except OSError as error:
            text = f"cannot listen: {error.strerror or error}"
            raise MoonwireError(text, path="server.port", remedy="choose another --port") from error
        try:
            if not self._told:
                self._ready()
                await self._end.wait()
        finally:
            server.close()
            listener.close()
            await self._drained(common)

    async def _drained(self, common: Common) -> None:
        """Waits for what is under way, and ends it when its time is over."""
        common.close()
        await self._within(self._listening.drain, common)
        if common.running and not self._hurried:
            for answer in list(common.running):
                answer.cancel()
            await self._within(LAST_WORDS, common)
        for connection in list(common.connections):
            connection.abort()

    async def _within(self, seconds: float, common: Common) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await common.over.wait()

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        """A signal; the second ^C waits for nothing."""
        if self._told and number == signal.SIGINT:
            self.hurry()
        else:
            self.end()

    @contextlib.contextmanager
    def _signals(self) -> Generator[None]:
        """Signals end the server and not the process, where it has the thread that hears them."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {
            number: signal.signal(number, self._signalled) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _context(cert: str, key: str) -> ssl.SSLContext | None:
    """TLS for callers, and nothing older than 1.2."""
    if not cert:
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # A password would be asked for on the terminal of a server.
        made.load_cert_chain(cert, key or None, password=no_password)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise LocalProtocolError(f"the TLS files cannot be used: {text}", path="server.tls") from error
    made.set_alpn_protocols(["http/1.1"])
    return made
