"""The gateway as a process: a socket, one worker or several, and an end in order."""

import contextlib
import gc
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, Final, cast

import msgspec
import uvicorn

from moonwire.core.catalogue import Target
from moonwire.core.errors import MoonwireError
from moonwire.core.messages import Request
from moonwire.exchange.exchange import Exchange
from moonwire.exchange.host import Host
from moonwire.gateway.app import Bounds, Gateway
from moonwire.gateway.config.loading import Loaded
from moonwire.gateway.config.model import NONE, PROCESS, Config
from moonwire.gateway.config.serving import clients, routing
from moonwire.gateway.generate import Timing
from moonwire.gateway.guard import Client, Guard
from moonwire.gateway.http import Asgi
from moonwire.gateway.logs import Log
from moonwire.memory import Memory, NoMemory, ProcessMemory, Secret, SqliteMemory, Tenant, load_secret
from moonwire.tokenizer.counter import counter

__all__ = ["Worker", "bind", "run"]

BACKLOG: Final = 2048
KEEP_ALIVE: Final = 75
"""Seconds; longer than clients keep a connection, so that it is they who close it."""


def bind(config: Config) -> socket.socket:
    """The socket to listen on, or an error that says what to do."""
    host, port = config.server.host, config.server.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise MoonwireError(
            f"cannot listen on {host}:{port}: {error.strerror or error}",
            path="server.port",
            remedy="stop what listens there, or choose another --port",
        ) from error
    return listener


class Worker:
    """One process's gateway. What needs an event loop is made when there is one."""

    def __init__(self, loaded: Loaded, environ: Mapping[str, str]) -> None:
        config = self._config = loaded.config
        self._routing = routing(loaded, environ)
        self._clients: tuple[Client, ...] = clients(loaded, environ)
        self._secret = _secret(config)
        self.gateway: Gateway | None = None
        self._exchange: Exchange | None = None
        self._memory: Memory | None = None
        self.app = Asgi(
            self._handle,
            body=config.limits.body_bytes,
            deadline=config.server.write,
            base=config.server.base_path,
            startup=self._start,
            shutdown=self._stop,
        )

    async def _handle(self, call: Any, out: Any) -> None:
        assert self.gateway is not None
        await self.gateway.handle(call, out)

    async def _start(self) -> None:
        config = self._config
        memory = self._memory = _memory(config, self._secret)
        options = msgspec.structs.replace(config.options, stream_bytes=config.limits.stream_bytes)
        exchange = self._exchange = Exchange(self._routing, memory, options, count=_counters())
        server, limits, logging = config.server, config.limits, config.logging
        terminal = logging.format == "console" or (logging.format == "auto" and sys.stderr.isatty())
        secret = self._secret
        self.gateway = Gateway(
            exchange,
            Guard(
                self._clients,
                hosts=(server.host, *server.allowed_hosts),
                origins=server.allowed_origins,
                tenant=lambda key: Tenant.of_credential(key, secret),
            ),
            timing=Timing(commit_after=server.commit_after, keep_alive=server.keepalive),
            bounds=Bounds(body=limits.body_bytes, messages=limits.messages, depth=limits.depth),
            log=Log("console" if terminal else "json", logging.level, content=logging.content),
        )
        # What is there now stays: the collector need not look at it again on each of its rounds.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)

    async def _stop(self) -> None:
        if self._exchange is not None:
            await self._exchange.aclose()
        if self._memory is not None:
            await self._memory.aclose()


def _secret(config: Config) -> Secret:
    """The secret that seals the memory; without a memory on disk one that lives as long as the process."""
    if config.memory.path in (NONE, PROCESS):
        return Secret.random()
    return load_secret(Path(config.memory.secret))


def _memory(config: Config, secret: Secret) -> Memory:
    if config.memory.path == NONE:
        return NoMemory()
    if config.memory.path == PROCESS:
        return ProcessMemory(config.memory.limits())
    return SqliteMemory(Path(config.memory.path), secret, config.memory.limits())


def _counters() -> Callable[[Host, Target], Callable[[Request], int] | None]:
    """Exact counts, for upstreams whose operator named a vocabulary."""
    known: dict[tuple[str, str], Callable[[Request], int]] = {}

    def count(host: Host, target: Target) -> Callable[[Request], int] | None:
        path = host.upstream.tokenizer
        if not path or not target.template:
            return None
        key = (path, target.template)
        if key not in known:
            known[key] = counter(target, path)
        return known[key]

    return count


class _Server(uvicorn.Server):
    """uvicorn, which tells the gateway that it is to end, so that `/readyz` says so at once."""

    def __init__(self, worker: Worker, config: Config) -> None:
        server = config.server
        self._worker = worker
        super().__init__(
            uvicorn.Config(
                cast("Any", worker.app),
                http="httptools",
                ws="none",
                lifespan="on",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=max(1, round(server.drain)),
                ssl_certfile=server.tls.cert or None,
                ssl_keyfile=server.tls.key or None,
            )
        )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal: nothing new is taken, what is under way may end."""
        if self._worker.gateway is not None:
            self._worker.gateway.draining = True
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """As the base does, but a signal that ended the server does not end the process once more."""
        handled = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in handled}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run(
    loaded: Loaded, environ: Mapping[str, str], listener: socket.socket, ready: Callable[[], None]
) -> None:
    """Serves until a signal ends it. `ready` is called once the socket takes callers."""
    count = loaded.config.server.workers
    if count == 1:
        _serve(loaded, environ, listener, ready)
        return
    # The keys are resolved in each worker: a command that asks for a password is asked once a worker.
    context = multiprocessing.get_context("fork")
    listener.listen(BACKLOG)
    workers = [
        context.Process(target=_serve, args=(loaded, environ, listener, _nothing), daemon=False)
        for _ in range(count)
    ]
    for worker in workers:
        worker.start()
    ready()
    _wait(workers)


def _wait(workers: list[Any]) -> None:
    """Passes signals on, and ends when all workers have; one that dies takes the others with it."""

    def pass_on(number: int, frame: FrameType | None) -> None:
        for worker in workers:
            if worker.is_alive():
                os.kill(worker.pid, signal.SIGTERM)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, pass_on)
    failed = False
    for worker in workers:
        worker.join()
        failed = failed or bool(worker.exitcode)
        if worker.exitcode:
            pass_on(signal.SIGTERM, None)
    if failed:
        raise MoonwireError("a worker ended by itself", path="server.workers", remedy="its words are above")


def _nothing() -> None:
    return None


def _serve(
    loaded: Loaded, environ: Mapping[str, str], listener: socket.socket, ready: Callable[[], None]
) -> None:
    worker = Worker(loaded, environ)
    server = _Server(worker, loaded.config)
    startup = server.startup

    async def started(sockets: list[socket.socket] | None = None) -> None:
        await startup(sockets)
        if server.started:
            ready()

    server.startup = started
    server.run(sockets=[listener])
    if not server.started:
        raise MoonwireError("the gateway did not start", path="server", remedy="the reason is above")
