"""The load of `bench/gateway.py`: each request is a new turn of one of 64 conversations that grow."""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import uvloop
from _gateways import KEY, MODEL

__all__ = ["SPOKEN", "Load", "Taken", "run"]

CONVERSATIONS: Final = 64
LONGEST: Final = 120.0


@dataclass(frozen=True)
class Spoken:
    """A dialect: its path, the names of two fields, and what stands at the very end of a stream."""

    path: str
    messages: str
    cap: str
    end: bytes


SPOKEN: Final = {
    "chat": Spoken("/v1/chat/completions", "messages", "max_completion_tokens", b"[DONE]"),
    "anthropic": Spoken("/v1/messages", "messages", "max_tokens", b"message_stop"),
    "responses": Spoken("/v1/responses", "input", "max_output_tokens", b'"sequence_number"'),
}


@dataclass(frozen=True)
class Load:
    """What is asked: bodies of about this size, answers of so many chunks, on so many connections."""

    size: int
    chunks: int
    connections: int
    dialect: str = "chat"

    def bodies(self) -> Iterator[bytes]:
        """For ever. A conversation begins with half the size and starts again when it has passed it."""
        begun = {"role": "system", "content": "You are a helpful assistant. " * (self.size // 58)}
        answer = {"role": "assistant", "content": " word" * self.chunks}
        told = "Please tell me more about it. " * max(1, self.size // 240)
        spoken = SPOKEN[self.dialect]
        talks: list[list[dict[str, str]]] = [[] for _ in range(CONVERSATIONS)]
        number = 0
        while True:
            number += 1
            talk = talks[number % CONVERSATIONS]
            if not talk or sum(len(message["content"]) for message in talk) > self.size:
                talk[:] = [begun, {"role": "user", "content": f"Conversation {number}. {told}"}]
            value = {"model": MODEL, "stream": True, spoken.cap: self.chunks, spoken.messages: talk}
            yield json.dumps(value).encode()
            talk += [answer, {"role": "user", "content": f"And then, {len(talk)}? {told}"}]


@dataclass
class Taken:
    """What it took."""

    requests: int = 0
    events: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    waits: list[float] = field(default_factory=list[float])

    def add(self, other: "Taken") -> None:
        """Another round of the same."""
        self.requests += other.requests
        self.events += other.events
        self.seconds += other.seconds
        self.cpu += other.cpu
        self.waits += other.waits

    def wait(self, share: float) -> float:
        """The time of an answer that so many were not slower than, in milliseconds."""
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e3


class _Asking(asyncio.Protocol):
    """One connection: the next request as soon as the answer is whole."""

    def __init__(
        self, bodies: Iterator[bytes], spoken: Spoken, taken: Taken, until: float, most: int
    ) -> None:
        self.spoken = spoken
        self.bodies, self.taken, self.until, self.most = bodies, taken, until, most
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.tail = self.before = b""
        self.began = 0.0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._ask()

    def _ask(self) -> None:
        body = next(self.bodies)
        head = (
            f"POST {self.spoken.path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {KEY}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self.began = time.perf_counter()
        self.transport.write(head.encode() + body)

    def data_received(self, data: bytes) -> None:
        taken = self.taken
        if not self.tail and not data.startswith(b"HTTP/1.1 200"):
            self.over.set_exception(ConnectionError(data[:400].decode("latin-1")))
            return
        # A piece never ends within `data: `, or one event in very many is not counted.
        taken.events += data.count(b"data: ")
        self.before, self.tail = self.tail, (self.tail + data)[-32:]
        if not self.tail.endswith(b"0\r\n\r\n"):
            return
        if self.spoken.end not in data and self.spoken.end not in self.before:
            self.over.set_exception(ConnectionError(f"no whole answer: {data[-400:].decode('latin-1')}"))
            return
        now = time.perf_counter()
        taken.waits.append(now - self.began)
        taken.requests += 1
        self.tail = b""
        if now < self.until and taken.requests < self.most:
            self._ask()
        elif not self.over.done():
            self.over.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_exception(ConnectionError("the connection was closed"))


async def _run(port: int, load: Load, seconds: float, most: int) -> Taken:
    loop = asyncio.get_running_loop()
    taken = Taken()
    began = time.perf_counter()
    bodies, spoken = load.bodies(), SPOKEN[load.dialect]
    found = [
        await loop.create_connection(
            lambda: _Asking(bodies, spoken, taken, began + seconds, most), "127.0.0.1", port
        )
        for _ in range(load.connections)
    ]
    async with asyncio.timeout(seconds + LONGEST):
        for _, asking in found:
            await asking.over
    taken.seconds = time.perf_counter() - began
    for transport, _ in found:
        transport.close()
    return taken


def run(port: int, load: Load, seconds: float, most: int = 1_000_000) -> Taken:
    """Asks for so long, or so often."""
    return uvloop.run(_run(port, load, seconds, most))
