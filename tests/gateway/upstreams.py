"""Upstreams that do what a script says, byte by byte, on blocking sockets in threads."""

import contextlib
import queue
import socket
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

__all__ = ["SSE", "Line", "Scripted", "frame", "scripted", "whole"]

WAIT = 20.0
SSE = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


@dataclass
class Line:
    """One connection, as a script sees it."""

    socket: socket.socket
    read: bytes = b""

    def request(self) -> tuple[str, bytes]:
        """The next request's head and body."""
        while b"\r\n\r\n" not in self.read:
            self._more()
        head, _, self.read = self.read.partition(b"\r\n\r\n")
        text = head.decode("latin-1")
        lengths = [line[15:] for line in text.split("\r\n") if line.lower().startswith("content-length:")]
        size = int(lengths[0]) if lengths else 0
        while len(self.read) < size:
            self._more()
        body, self.read = self.read[:size], self.read[size:]
        return text, body

    def send(self, *data: bytes) -> None:
        """Writes."""
        self.socket.sendall(b"".join(data))

    def gone(self) -> bool:
        """Waits until the other side has hung up."""
        with contextlib.suppress(ConnectionError):
            while self.socket.recv(65536):
                continue
        return True

    def _more(self) -> None:
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionResetError("the other side hung up")
        self.read += piece


@dataclass
class Scripted:
    """What a test knows of it. `said` is what scripts want the test to know."""

    port: int
    said: "queue.SimpleQueue[Any]" = field(default_factory=queue.SimpleQueue[Any])
    errors: list[AssertionError] = field(default_factory=list[AssertionError])

    @property
    def base_url(self) -> str:
        """What the gateway is given."""
        return f"http://127.0.0.1:{self.port}/v1"

    def next(self) -> Any:
        """What a script says next."""
        return self.said.get(timeout=WAIT)


Script = Callable[[Line, Scripted], None]


@contextlib.contextmanager
def scripted(script: Script) -> Generator[Scripted]:
    """Runs the script for each connection; what it asserts is raised at the end."""
    listener = socket.create_server(("127.0.0.1", 0))
    upstream = Scripted(listener.getsockname()[1])
    lines: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def handle(line: socket.socket) -> None:
        with contextlib.suppress(OSError), line:
            try:
                script(Line(line), upstream)
            except AssertionError as error:
                upstream.errors.append(error)

    def accept() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            line.settimeout(WAIT)
            lines.append(line)
            threads.append(threading.Thread(target=handle, args=(line,), daemon=True))
            threads[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield upstream
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(WAIT)
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(WAIT)
    for error in upstream.errors:
        raise error


def whole(body: bytes, status: str = "200 OK", *headers: str, kind: str = "application/json") -> bytes:
    """An answer."""
    lines = [f"HTTP/1.1 {status}", f"content-type: {kind}", f"content-length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def frame(delta: str, finish: str = "null") -> bytes:
    """A frame of a stream."""
    choice = f'{{"index":0,"delta":{delta},"finish_reason":{finish}}}'
    return f'data: {{"id":"x","object":"chat.completion.chunk","choices":[{choice}]}}\n\n'.encode()
