"""The application on a real loopback socket, with a server that can break connections on purpose."""

import asyncio
import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Any, Final, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from moonwire.core.errors import MoonwireError
from moonwire.simulator.app import CONNECTION, App
from moonwire.simulator.recording import Exchange
from moonwire.simulator.settings import Settings

__all__ = ["Server", "listen"]

TRIES: Final = 200
LONGEST: Final = 3600.0
"""Seconds in one wait: for ever is many of them."""

READY: Final = 20.0
"""Seconds within which a server must have begun to listen."""


class _Connection:
    """What the application may do to the connection that its request came in on."""

    def __init__(self, transport: asyncio.Transport, server: "_Uvicorn") -> None:
        self._transport = transport
        self._server = server

    def reset(self) -> None:
        """An RST: the socket is closed while it lingers for no time at all."""
        # What was written before has to leave first, or the RST overtakes it.
        sock = self._transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def close(self) -> None:
        """A FIN, behind what was written."""
        self._transport.close()

    def refuse(self, seconds: float) -> None:
        """This connection breaks, and for so long nobody listens."""
        self.reset()
        self._server.refuse(seconds)


class _Protocol(HttpToolsProtocol):
    """uvicorn's own protocol; its scope names the connection."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        server = cast("_Uvicorn", cast("Any", self.config).moonwire_server)
        cast("Any", self.scope)["extensions"] = {CONNECTION: _Connection(self.transport, server)}


class _Uvicorn(uvicorn.Server):
    """uvicorn on a socket of ours, which it can let go for a while."""

    def __init__(self, app: App, listener: socket.socket) -> None:
        config = uvicorn.Config(
            cast("Any", app),
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
            backlog=2048,
            server_header=False,
        )
        super().__init__(config)
        cast("Any", config).moonwire_server = self
        self.listener = listener
        self.ready = threading.Event()
        self._until = 0.0
        self._refusing: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to listen, and says so to who waits."""
        await super().startup(sockets)
        self.ready.set()

    def refuse(self, seconds: float) -> None:
        """Nobody listens for so long; connections that are open stay open. The longest of several counts."""
        loop = asyncio.get_running_loop()
        self._until = max(self._until, loop.time() + seconds)
        if self._refusing is None or self._refusing.done():
            self._refusing = loop.create_task(self._refuse())

    async def _refuse(self) -> None:
        address = self.listener.getsockname()
        for server in self.servers:
            server.close()
        self.servers.clear()
        self.listener.close()
        # Bound, and not listening: connections are refused, and nobody else gets the port meanwhile.
        self.listener = await _bound_again(address)
        loop = asyncio.get_running_loop()
        while (left := self._until - loop.time()) > 0:  # noqa: ASYNC110 -- it is the time that is waited for
            await asyncio.sleep(min(left, LONGEST))
        # As uvicorn's own startup makes them.
        server = await loop.create_server(
            lambda: _Protocol(config=self.config, server_state=self.server_state, app_state={}),
            sock=self.listener,
            backlog=2048,
        )
        self.servers.append(server)


async def _bound_again(address: tuple[str, int]) -> socket.socket:
    """The loop closes the old socket in its own time; until then nobody can have the port."""
    for _ in range(TRIES):
        with contextlib.suppress(MoonwireError):
            return listen(address[0], address[1])
        await asyncio.sleep(0.01)
    return listen(address[0], address[1])


def listen(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """A socket that is bound, to any free port for 0, or an error that says what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise MoonwireError(
            f"cannot listen on {host}:{port}: {error.strerror or error}",
            path="port",
            remedy="stop what listens there, or choose another --port",
        ) from error
    return listener


class Server:
    """A simulated endpoint on loopback, for as long as the block runs.

    >>> with Server(Settings(endpoint="platform", seed=1)) as server:
    ...     server.base_url.startswith("http://127.0.0.1:"), server.exchanges
    (True, [])
    """

    def __init__(self, settings: Settings | None = None, *, port: int = 0, app: App | None = None) -> None:
        self.app = app or App(settings)
        self._port = port
        self._server: _Uvicorn | None = None
        self._thread: threading.Thread | None = None
        self._address = ("", 0)

    def __enter__(self) -> "Server":
        listener = listen(port=self._port)
        self._address = listener.getsockname()[:2]
        server = self._server = _Uvicorn(self.app, listener)
        # The process's own signals are for who runs it.
        self._thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()
        if not server.ready.wait(READY):
            raise MoonwireError("the simulator did not begin to listen", path="port", remedy="try again")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        assert self._thread is not None
        self._server.should_exit = True
        self._thread.join(READY)
        self._server.listener.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._address
        return f"http://{host}:{port}"

    @property
    def base_url(self) -> str:
        """What a client is given as its base URL."""
        return f"{self.url}/v1"

    @property
    def exchanges(self) -> list[Exchange]:
        """What was asked and answered so far."""
        return list(self.app.exchanges)

    @property
    def refused(self) -> list[Exchange]:
        """The exchanges that a rule refused."""
        return self.app.refused
