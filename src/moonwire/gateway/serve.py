"""The gateway as a process: a socket, one worker or several, and an end in order."""

import asyncio
import contextlib
import gc
import multiprocessing
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import Final, cast

import msgspec

from moonwire.core.catalogue import Target
from moonwire.core.errors import MoonwireError
from moonwire.core.messages import Request
from moonwire.exchange.exchange import Exchange
from moonwire.exchange.host import Host
from moonwire.gateway.app import Bounds, Gateway
from moonwire.gateway.config.loading import Loaded
from moonwire.gateway.config.model import NONE, PROCESS, Config
from moonwire.gateway.config.serving import clients, routing
from moonwire.gateway.crew import Crew
from moonwire.gateway.generate import Timing
from moonwire.gateway.guard import Client, Guard
from moonwire.gateway.http import Call, Out
from moonwire.gateway.images import Images
from moonwire.gateway.logs import Log
from moonwire.gateway.server import BACKLOG, Listening, Server
from moonwire.memory import Memory, NoMemory, ProcessMemory, Secret, SqliteMemory, Tenant, load_secret
from moonwire.memory.seals import Seals
from moonwire.tokenizer.counter import counter

__all__ = ["Worker", "bind", "run"]

_TENANTS: Final = 4096
"""Of how many callers' keys it is kept whose memory they open; each is a keyed hash to find out."""


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

    def __init__(self, loaded: Loaded, environ: Mapping[str, str], crew: Crew | None = None) -> None:
        config = self._config = loaded.config
        self._crew = crew
        self._routing = routing(loaded, environ)
        self._clients: tuple[Client, ...] = clients(loaded, environ)
        self._secret = _secret(config, crew)
        self.gateway: Gateway | None = None
        self._exchange: Exchange | None = None
        self._memory: Memory | None = None
        self._images: Images | None = None

    def server(self, ready: Callable[[], None] = lambda: None) -> Server:
        """What serves it, on whatever socket it is run with."""
        server = self._config.server
        listening = Listening(
            headers=self._config.limits.header_bytes,
            patience=server.write,
            body=self._config.limits.body_bytes,
            deadline=server.write,
            drain=server.drain,
            base=server.base_path,
            cert=server.tls.cert,
            key=server.tls.key,
        )
        return Server(
            self._handle,
            listening,
            admit=self._admits,
            startup=self._start,
            shutdown=self._stop,
            ready=ready,
            ending=self._ending,
        )

    def _ending(self) -> None:
        if self.gateway is not None:
            self.gateway.draining = True

    def _admits(self, headers: Mapping[str, str]) -> bool:
        return self.gateway is not None and self.gateway.admits(headers)

    async def _handle(self, call: Call, out: Out) -> None:
        assert self.gateway is not None
        await self.gateway.handle(call, out)

    async def _start(self) -> None:
        config = self._config
        memory = self._memory = _memory(config, self._secret)
        options = msgspec.structs.replace(config.options, stream_bytes=config.limits.stream_bytes)
        exchange = self._exchange = Exchange(self._routing, memory, options, count=_counters())
        exchange.seals = Seals(self._secret)
        server, limits, logging = config.server, config.limits, config.logging
        terminal = logging.format == "console" or (logging.format == "auto" and sys.stderr.isatty())
        secret = self._secret

        @lru_cache(_TENANTS)
        def tenant(key: str) -> Tenant:
            return Tenant.of_credential(key, secret)

        self._images = Images(limits.images) if limits.images.fetch else None
        self.gateway = Gateway(
            exchange,
            Guard(
                self._clients,
                hosts=(server.host, *server.allowed_hosts),
                origins=server.allowed_origins,
                tenant=tenant,
            ),
            timing=Timing(commit_after=server.commit_after, keep_alive=server.keepalive),
            bounds=Bounds(body=limits.body_bytes, messages=limits.messages, depth=limits.depth),
            log=Log("console" if terminal else "json", logging.level, content=logging.content),
            images=self._images,
            crew=self._crew,
        )
        if self._crew is not None:
            await self._crew.listen(self.gateway.answer)

    async def _stop(self) -> None:
        if self._crew is not None:
            await self._crew.aclose()
        if self._images is not None:
            await self._images.aclose()
        if self._exchange is not None:
            await self._exchange.aclose()
        if self._memory is not None:
            await self._memory.aclose()


def _secret(config: Config, crew: Crew | None) -> Secret:
    """The secret that seals the memory; without a memory on disk one that lives as long as the gateway."""
    if config.memory.path in (NONE, PROCESS):
        return Secret.random() if crew is None else crew.secret
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


def run(
    loaded: Loaded, environ: Mapping[str, str], listener: socket.socket, ready: Callable[[], None]
) -> None:
    """Serves until a signal ends it. `ready` is called once the socket takes callers."""
    count = loaded.config.server.workers
    if count == 1:
        _serve(loaded, environ, listener, lambda server: ready())
        return
    # The keys are resolved in each worker: a command that asks for a password is asked once a worker.
    context = multiprocessing.get_context("fork")
    listener.listen(BACKLOG)
    workers: dict[int, BaseProcess] = {}
    begun: list[Connection] = []
    secret = Secret.random()
    with contextlib.ExitStack() as stack:
        folder: Path | None = None
        with contextlib.suppress(OSError):
            # Where nothing can be written they do without.
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="moonwire-")))
        for number in range(count):
            ours, theirs = cast("tuple[Connection, Connection]", context.Pipe())
            begun.append(ours)
            crew = Crew(folder, number, count, secret)
            worker = context.Process(target=_work, args=(loaded, environ, listener, theirs, begun, crew))
            worker.start()
            theirs.close()
            workers[worker.sentinel] = worker
        # Once no worker has it, nobody listens.
        listener.close()
        _lead(workers, begun, ready)


def _lead(crew: dict[int, BaseProcess], begun: list[Connection], ready: Callable[[], None]) -> None:
    """Passes signals on, and ends when all workers have; one that ends by itself takes the others with it."""
    told = False

    def pass_on(number: int = 0, frame: FrameType | None = None) -> None:
        nonlocal told
        told = True
        for worker in crew.values():
            worker.terminate()

    heard = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        # The terminal is gone; what nohup started is not to hear of it.
        heard.append(signal.SIGHUP)
    before = {number: signal.signal(number, pass_on) for number in heard}
    waiting: list[Connection] = list(begun)
    failed = False
    try:
        while crew:
            for one in wait([*crew, *waiting]):
                if isinstance(one, int):
                    worker = crew.pop(one)
                    worker.join()
                    if not told:
                        failed = True
                        pass_on()
                else:
                    waiting.remove(cast("Connection", one))
                    if not waiting and not told:
                        ready()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for pipe in begun:
            pipe.close()
    if failed:
        raise MoonwireError("a worker ended by itself", path="server.workers", remedy="its words are above")


def _work(
    loaded: Loaded,
    environ: Mapping[str, str],
    listener: socket.socket,
    line: Connection,
    others: list[Connection],
    crew: Crew,
) -> None:
    """One of several workers. `line` leads to who leads them, and breaks when that is gone."""
    for other in others:
        other.close()

    def ready(server: Server) -> None:
        loop = asyncio.get_running_loop()

        def alone() -> None:
            loop.remove_reader(line.fileno())
            server.end()

        loop.add_reader(line.fileno(), alone)
        with contextlib.suppress(OSError):
            line.send_bytes(b"ready")

    try:
        _serve(loaded, environ, listener, ready, crew)
    except MoonwireError as error:
        sys.stderr.write(f"moonwire: {error}\n")
        sys.exit(2)


def _serve(
    loaded: Loaded,
    environ: Mapping[str, str],
    listener: socket.socket,
    ready: Callable[[Server], None],
    crew: Crew | None = None,
) -> None:
    worker = Worker(loaded, environ, crew)

    def begun() -> None:
        # What is there now stays: the collector need not look at it again on each of its rounds.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
        ready(server)

    server = worker.server(begun)
    server.run(listener)
