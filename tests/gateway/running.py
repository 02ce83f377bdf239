"""A gateway on a real socket, in front of a simulated Kimi on another.

    with running(Settings(models=("kimi-k3",))) as gateway:
        client = OpenAI(base_url=gateway.base_url, api_key="any")
        gateway.simulator.exchanges        # what reached the upstream

Instead of settings a URL can be given, of whatever is there. `log` collects the lines of the log.
"""

import contextlib
import http.client
import json
import queue
import socket
import threading
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from moonwire.exchange.config import Hidden, Hop, Mode, Options, Retries, Route, Routing, Upstream
from moonwire.exchange.exchange import Exchange
from moonwire.gateway.app import Bounds, Gateway
from moonwire.gateway.generate import Timing
from moonwire.gateway.guard import Client, Guard
from moonwire.gateway.images import Images
from moonwire.gateway.logs import Log
from moonwire.gateway.server import Listening, Server
from moonwire.memory import Memory, NoMemory, Secret, Tenant
from moonwire.memory.seals import Seals
from moonwire.simulator import Server as Simulator
from moonwire.simulator import Settings
from moonwire.transport import Timeouts

__all__ = ["QUICK", "Answer", "Raw", "Running", "chat", "in_thread", "running", "upstream_of"]

READY = 20.0
KEY = "sk-upstream"
QUICK = Options(retries=Retries(base=0.001, longest=0.002), tail=0.2)
"""Retries without waits that a test would feel."""


@dataclass
class Answer:
    """A response, read whole. `cut`: it broke off."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    cut: bool = False

    def header(self, name: str) -> str:
        """A header by its name in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The error that the body holds."""
        return self.json()["error"]

    @property
    def frames(self) -> list[Any]:
        """The frames of a stream that ended with `[DONE]`; comments are left out."""
        lines = [line[6:] for line in self.body.decode().splitlines() if line.startswith("data: ")]
        assert lines[-1] == "[DONE]", self.body
        return [json.loads(line) for line in lines[:-1]]

    @property
    def text(self) -> str:
        """What the stream or the whole answer says."""
        if self.header("content-type").startswith("text/event-stream"):
            choices = [choice for frame in self.frames for choice in frame.get("choices", ())]
            return "".join(choice["delta"].get("content") or "" for choice in choices)
        return self.json()["choices"][0]["message"]["content"]


class Raw:
    """A connection of bytes, for what no client does."""

    def __init__(self, port: int, *, receive: int = 0) -> None:
        self.socket = socket.socket()
        if receive:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        self.socket.settimeout(READY)
        self.socket.connect(("127.0.0.1", port))

    def __enter__(self) -> "Raw":
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Writes it all."""
        self.socket.sendall(data)

    def post(self, body: bytes, path: str = "/v1/chat/completions", extra: str = "") -> None:
        """A request."""
        head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{extra}content-length: {len(body)}\r\n\r\n"
        self.send(head.encode() + body)

    def until(self, mark: bytes) -> bytes:
        """All that comes up to and with a mark, and whatever came in the same piece."""
        data = bytearray()
        seen = 0
        while data.find(mark, seen) < 0:
            seen = max(0, len(data) - len(mark))
            piece = self.socket.recv(1 << 18)
            assert piece, bytes(data[-1000:])
            data += piece
        return bytes(data)

    def rest(self) -> bytes:
        """All that comes until the other side ends the connection, in order or not."""
        data = b""
        with contextlib.suppress(ConnectionError):
            while piece := self.socket.recv(65536):
                data += piece
        return data


@dataclass
class Running:
    """A gateway that runs. `simulator` is what is behind it, if that was made for it."""

    port: int
    gateway: Gateway
    exchange: Exchange
    server: Server
    _simulator: Simulator | None
    log: list[str] = field(default_factory=list[str])
    reported: "queue.SimpleQueue[str]" = field(default_factory=queue.SimpleQueue[str])
    """The lines of the log once more, to be waited for."""

    @property
    def simulator(self) -> Simulator:
        """The simulated Kimi."""
        assert self._simulator is not None
        return self._simulator

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """What a client is given."""
        return f"{self.url}/v1"

    def ask(
        self,
        path: str = "/v1/chat/completions",
        body: Any = None,
        *,
        method: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request and its answer. A body that is not bytes is sent as JSON."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        return ask(self.port, path, data, method=method, headers=headers)

    def chat(self, text: Any = "Say 'OK'.", *, to: Mapping[str, str] | None = None, **fields: Any) -> Answer:
        """A request for an answer; `to` are its headers."""
        return self.ask(body=chat(text, **fields), headers=to)

    def raw(self, *, receive: int = 0) -> Raw:
        """A connection of bytes."""
        return Raw(self.port, receive=receive)

    def notes(self, answer: Answer, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """What the gateway says of a request afterwards."""
        return self.ask(f"/moonwire/notes/{answer.header('moonwire-request-id')}", headers=headers).json()

    def over(self) -> dict[str, Any]:
        """The next request that is over, as the log has it."""
        return json.loads(self.reported.get(timeout=READY))


def ask(
    port: int,
    path: str,
    data: bytes | None = None,
    *,
    method: str = "",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request and its answer, from whatever listens there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=READY)
    try:
        kind = {} if data is None else {"content-type": "application/json"}
        said = {"authorization": "Bearer any", **kind, **(headers or {})}
        connection.request(method or ("GET" if data is None else "POST"), path, data, said)
        response = connection.getresponse()
        cut = False
        try:
            read = response.read()
        except http.client.IncompleteRead as error:
            read, cut = error.partial, True
        return Answer(response.status, response.getheaders(), read, cut)
    finally:
        connection.close()


def chat(text: Any = "Say 'OK'.", *, model: str = "kimi-k3", **fields: Any) -> dict[str, Any]:
    """A request of one message, or of these."""
    messages = [{"role": "user", "content": text}] if isinstance(text, str) else text
    return {"model": model, "messages": messages, **fields}


def upstream_of(base_url: str, name: str = "upstream", **more: Any) -> Upstream:
    """An upstream at an address, with a key; the proxies of the machine are not asked."""
    said: dict[str, Any] = {"keys": (Hidden(KEY),), "trust_env": False, "timeouts": Timeouts(), **more}
    return Upstream(name=name, base_url=base_url, **said)


@contextlib.contextmanager
def running(
    upstream: Settings | str | None = None,
    *,
    upstreams: Sequence[Upstream] = (),
    routes: Sequence[Route] = (),
    mode: Mode = "heal",
    endpoint: str = "",
    keys: Sequence[str] = (KEY,),
    timeouts: Timeouts | None = None,
    clients: Sequence[Client] = (),
    hosts: Sequence[str] = (),
    origins: Sequence[str] = (),
    memory: Memory | None = None,
    options: Options = QUICK,
    timing: Timing | None = None,
    bounds: Bounds | None = None,
    listening: Listening | None = None,
    write: float = 20.0,
    base: str = "",
    log: Log | None = None,
    images: Images | None = None,
) -> Generator[Running]:
    """A gateway, for as long as the block runs. Without an upstream it is a plain platform endpoint."""
    with contextlib.ExitStack() as stack:
        simulator = None
        if not isinstance(upstream, str) and not upstreams:
            settings = upstream or Settings()
            simulator = stack.enter_context(Simulator(settings))
            upstream, endpoint = simulator.base_url, endpoint or settings.endpoint
        if isinstance(upstream, str):
            hidden = tuple(Hidden(key) for key in keys)
            more: dict[str, Any] = {"timeouts": timeouts} if timeouts else {}
            first = upstream_of(upstream, endpoint=endpoint, keys=hidden, **more)
            upstreams = (first, *upstreams)
        plain = Route(hops=(Hop(upstreams[0].name),), mode=mode)
        routing = Routing(upstreams=tuple(upstreams), routes=tuple(routes) or (plain,))
        lines: list[str] = []
        reported: queue.SimpleQueue[str] = queue.SimpleQueue()

        def write_line(line: str) -> None:
            lines.append(line)
            reported.put(line)

        async def over() -> None:
            await exchange.aclose()
            if images is not None:
                await images.aclose()

        exchange = Exchange(routing, memory or NoMemory(), options)
        secret = Secret.random()
        exchange.seals = Seals(secret)
        gateway = Gateway(
            exchange,
            Guard(
                clients, hosts=hosts, origins=origins, tenant=lambda key: Tenant.of_credential(key, secret)
            ),
            timing=timing,
            bounds=bounds,
            log=log or Log("json", write=write_line),
            images=images,
        )
        bound = bounds or Bounds()
        how = msgspec.structs.replace(
            listening or Listening(drain=0.2), body=bound.body, deadline=write, base=base
        )
        port, server = stack.enter_context(_served(gateway, how, over))
        yield Running(port, gateway, exchange, server, simulator, lines, reported)


@contextlib.contextmanager
def _served(
    gateway: Gateway, listening: Listening, over: Callable[[], Awaitable[None]]
) -> Generator[tuple[int, Server]]:
    ready = threading.Event()

    def end() -> None:
        gateway.draining = True

    server = Server(
        gateway.handle, listening, admit=gateway.admits, shutdown=over, ready=ready.set, ending=end
    )
    with in_thread(server, ready) as port:
        yield port, server


@contextlib.contextmanager
def in_thread(server: Server, ready: threading.Event) -> Generator[int]:
    """A server in a thread, for as long as the block runs; its port. It sets `ready` when it listens."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    thread = threading.Thread(target=server.run, args=(listener,), daemon=True)
    thread.start()
    try:
        assert ready.wait(READY)
        yield port
    finally:
        server.end()
        thread.join(READY)
        listener.close()
    assert not thread.is_alive()
