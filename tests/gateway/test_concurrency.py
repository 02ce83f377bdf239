"""A thousand open streams on one worker, a hundred of them unread: all get everything, and none waits."""

import asyncio
import contextlib
import http.client
import json
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httptools
import pytest

from tests.gateway.load.paced import CHUNKS, LARGE, LARGE_BYTES, PACE, STREAMS, large, steady
from tests.gateway.load.process import Serving, quiet, serving, until
from tests.house.tree import ROOT

SLOW: Final = 100
FILES: Final = 4_096
"""Open files: two a stream in the gateway, one here, one in the upstream."""

TOGETHER: Final = 10
"""So many of the slow ones are read at a time, once the others are over."""

UNREAD_MB: Final = 400
"""What the gateway may grow by while nobody reads a hundred answers of 4 MB. Measured: 53 for a thousand
streams that are read, and 2.5 for each that is not, whatever its size."""

GREW_MB: Final = 700
"""And by the end, when all were passed on: an answer's text is kept until it is over. Measured: 330."""

GAP: Final = 6 * PACE
"""The longest wait of a steady reader for its next chunk, on a machine that does other things too."""


class Stream(asyncio.Protocol):
    """One caller. A slow one does not read before it is let."""

    def __init__(self, slow: bool) -> None:
        self.slow = slow
        loop = asyncio.get_running_loop()
        self.over: asyncio.Future[None] = loop.create_future()
        self.begun: asyncio.Future[None] = loop.create_future()
        self.pieces: list[bytes] = []
        self.gap = 0.0
        self.last = 0.0
        self.parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        said = {"role": "user", "content": "slow" if self.slow else "steady"}
        body = json.dumps({"model": "kimi-k3", "stream": True, "messages": [said]}).encode()
        head = "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer any\r\n"
        transport.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)

    def data_received(self, data: bytes) -> None:
        now = asyncio.get_running_loop().time()
        if self.last and not self.slow:
            self.gap = max(self.gap, now - self.last)
        self.last = now
        if not self.begun.done():
            self.begun.set_result(None)
            if self.slow:
                self.transport.pause_reading()
        self.parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        for waiting in (self.begun, self.over):
            if not waiting.done():
                waiting.set_exception(ConnectionError("the gateway hung up"))
                # Who does not wait for it any more need not hear of it.
                waiting.exception()

    def on_body(self, body: bytes) -> None:
        self.pieces.append(body)

    def on_message_complete(self) -> None:
        self.over.set_result(None)

    def text(self) -> str:
        """The answer's text, if it had an end."""
        lines = [line[6:] for line in b"".join(self.pieces).decode().split("\n") if line.startswith("data: ")]
        assert lines[-1] == "[DONE]"
        choices = [json.loads(line)["choices"][0] for line in lines[:-1]]
        assert choices[-1]["finish_reason"] == "stop"
        return "".join(choice["delta"].get("content") or "" for choice in choices)


@dataclass
class Seen:
    """What was measured while all streams were open."""

    idle: float
    unread: float
    most: float
    waiting: int
    together: float
    streams: list[Stream]


@pytest.fixture
def upstream() -> Iterator[int]:
    """The port of the paced upstream, which is a process of its own."""
    command = [sys.executable, "-m", "tests.gateway.load.paced"]
    process = subprocess.Popen(command, cwd=ROOT, env=quiet(), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline().split()[-1])
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


@pytest.fixture
def enough_files() -> Iterator[None]:
    """As many open files as it takes, for this process and those that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES:
        pytest.skip(f"a process may have {hard} open files here, and {FILES} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FILES), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def waiting_in(port: int) -> int:
    """How many slow answers the upstream could not finish yet."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", "/state")
        return json.loads(connection.getresponse().read())["slow"]


async def opened(port: int, streams: list[Stream], slow: bool) -> None:
    """One stream more that has begun."""
    sock = socket.socket()
    if slow:
        # As far away as it would be in life: on loopback the kernel takes megabytes in its stead.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    sock.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(sock, ("127.0.0.1", port))
    _, stream = await loop.create_connection(lambda: Stream(slow), sock=sock)
    streams.append(stream)
    await stream.begun


async def measured(gateway: Serving, upstream: int) -> Seen:
    """All streams at once. The slow ones are read when the others are over."""
    idle = most = gateway.resident()
    streams: list[Stream] = []
    try:
        async with asyncio.timeout(45):
            async with asyncio.TaskGroup() as group:
                for place in range(STREAMS):
                    group.create_task(opened(gateway.port, streams, place % 10 == 0))
            assert all(stream.parser.get_status_code() == 200 for stream in streams)
            together = gateway.total("moonwire_requests_running")
            for stream in streams:
                stream.last = 0.0
            for stream in streams:
                if not stream.slow:
                    await stream.over
                    most = max(most, gateway.resident())
            waiting, unread = waiting_in(upstream), gateway.resident()
            slow = [stream for stream in streams if stream.slow]
            for begin in range(0, SLOW, TOGETHER):
                for stream in slow[begin : begin + TOGETHER]:
                    stream.transport.resume_reading()
                for stream in slow[begin : begin + TOGETHER]:
                    await stream.over
                most = max(most, gateway.resident())
    finally:
        for stream in streams:
            stream.transport.close()
    return Seen(idle, unread, most, waiting, together, streams)


def test_a_thousand_streams_with_slow_readers(tmp_path: Path, upstream: int, enough_files: None) -> None:
    places = {"platform": (f"http://127.0.0.1:{upstream}/v1", "platform")}
    with serving(tmp_path, places, memory=str(tmp_path / "memory.db")) as gateway:
        seen = asyncio.run(measured(gateway, upstream))
        assert until(lambda: gateway.total("moonwire_requests_running") == 0)
    gaps = sorted(stream.gap for stream in seen.streams if not stream.slow)
    print(f"idle {seen.idle:.0f} MB, unread {seen.unread:.0f} MB, at most {seen.most:.0f} MB")
    print(f"{seen.together:.0f} streams at once; {seen.waiting} of {SLOW} slow answers held back")
    print(f"gaps: median {gaps[len(gaps) // 2]:.3f} s, longest {gaps[-1]:.3f} s, at a pace of {PACE} s")
    wanted = {
        False: "".join(map(steady, range(CHUNKS))),
        True: "".join(map(large, range(LARGE))),
    }
    assert seen.together == STREAMS
    assert len(wanted[True]) >= LARGE * LARGE_BYTES
    assert [stream.text() == wanted[stream.slow] for stream in seen.streams] == [True] * STREAMS
    # Nobody reads for them: what they do not take stays in the upstream.
    assert seen.waiting > SLOW * 0.9
    assert gaps[-1] < GAP
    assert seen.unread - seen.idle < UNREAD_MB
    assert seen.most - seen.idle < GREW_MB
