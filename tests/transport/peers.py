"""Scripted servers on loopback, and both event loops to meet them on."""

import asyncio
import gc
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import uvloop

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Peer:
    """One accepted connection, as a script sees it. `number` counts them from 0."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        self.reader, self.writer, self.number = reader, writer, number

    async def request(self) -> tuple[str, bytes]:
        """The next request's head and body; the head is empty if the client is gone."""
        try:
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except (asyncio.IncompleteReadError, ConnectionError):
            return "", b""
        length = next(
            (line[15:] for line in head.split("\r\n") if line.lower().startswith("content-length:")), "0"
        )
        return head, await self.reader.readexactly(int(length))

    def send(self, data: bytes) -> None:
        """Writes, without waiting."""
        self.writer.write(data)

    def reset(self) -> None:
        """Hangs up."""
        self.writer.transport.abort()

    async def gone(self) -> None:
        """Until the client has closed its side."""
        with suppress(ConnectionError):
            while await self.reader.read(65536):
                continue


Script = Callable[[Peer], Awaitable[None]]


class Server:
    """What a test knows of its server."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.accepted = 0
        self.errors: list[BaseException] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])


@asynccontextmanager
async def serve(script: Script, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Server]:
    """Runs the script for each connection. Leaves nothing open, and raises what a script has raised."""
    server = Server("")
    tasks: set[asyncio.Task[None]] = set()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        server.accepted += 1
        try:
            await script(Peer(reader, writer, server.accepted - 1))
        except asyncio.CancelledError:
            writer.transport.abort()
        except (ConnectionError, ssl.SSLError):
            writer.transport.abort()
        except AssertionError as error:
            server.errors.append(error)
        finally:
            writer.close()
            with suppress(ConnectionError, ssl.SSLError, asyncio.CancelledError):
                await writer.wait_closed()
            tasks.discard(task)

    listening = await asyncio.start_server(accepted, "127.0.0.1", 0, ssl=tls, limit=1 << 20)
    scheme = "https" if tls else "http"
    server.url = f"{scheme}://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        for _ in range(10):
            await asyncio.sleep(0)  # whoever knocked last is let in, to be seen out
        listening.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await listening.wait_closed()
    for error in server.errors:
        raise error


def answering(*answers: bytes) -> Script:
    """Each request on each connection gets the next answer, then the last one again."""
    left = list(answers)

    async def script(peer: Peer) -> None:
        while (await peer.request())[0]:
            peer.send(left.pop(0) if len(left) > 1 else left[0])

    return script


def closing(answer: bytes) -> Script:
    """One answer, then the end of the connection."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(answer)

    return script


def run(main: Callable[[], Coroutine[Any, Any, None]], loop: str = "asyncio") -> None:
    """Runs a test, and sees to it that no task is left and no warning is swallowed."""
    complaints: list[dict[str, Any]] = []

    async def watched() -> None:
        running = asyncio.get_running_loop()
        running.set_exception_handler(lambda _, context: complaints.append(context))
        async with asyncio.timeout(20):
            await main()
        for _ in range(10):
            await asyncio.sleep(0)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, left

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(watched())
    gc.collect()
    assert complaints == []
