"""One caller's connection: bytes in, one request after the other to the handler, and a clock.

What is asked before the last answer is written waits its turn, as bytes where it can.
"""

import asyncio
import math
import socket
import struct
import urllib.parse
from collections import deque
from collections.abc import Mapping
from typing import Final, cast

import httptools

from moonwire.gateway.answer import HELD, Answer
from moonwire.gateway.common import Common
from moonwire.gateway.http import Call, Trouble
from moonwire.transport.connection import header_name

__all__ = ["Connection"]

LINGER: Final = 2.0
"""Seconds in which a caller that was refused in the middle of its request may read why: a socket that is
closed with unread bytes is reset, and the answer is lost (RFC 9112, 9.6)."""

PIECES: Final = 1024
"""Of a body that are held apart: one of two bytes takes up forty."""

NAMES: dict[bytes, str] = {}
"""Spellings of headers' names that were met."""


def _refusal(status: str, message: str, param: str) -> bytes:
    body = (
        f'{{"error":{{"message":"{message}","type":"invalid_request_error","param":"{param}","code":null}}}}'
    )
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return f"{head}connection: close\r\n\r\n{body}".encode()


LARGE: Final = _refusal(
    "431 Request Header Fields Too Large",
    "The headers are too large. Send fewer, or raise limits.header_bytes",
    "headers",
)
MALFORMED: Final = _refusal("400 Bad Request", "This is no request in HTTP/1.1", "request")


class Connection(asyncio.Protocol):
    """HTTP/1.1 from one caller."""

    __slots__ = (
        "_answer",
        "_before",
        "_common",
        "_deaf",
        "_expecting",
        "_fault",
        "_gathered",
        "_head",
        "_headers",
        "_held",
        "_judged",
        "_most",
        "_moved",
        "_now",
        "_parser",
        "_parted",
        "_path",
        "_paused",
        "_pieces",
        "_query",
        "_queue",
        "_reading",
        "_size",
        "_timer",
        "_timer_at",
        "_unread",
        "_until",
        "_url",
        "deadline",
        "loop",
        "room",
        "transport",
    )

    def __init__(self, common: Common) -> None:
        self._common = common
        self.loop = common.loop
        self.deadline = common.listening.deadline
        self.room: asyncio.Event | None = None
        self._answer: Answer | None = None
        self._queue: deque[tuple[Call, bool, bool]] = deque()
        """Requests that came in one piece with the one that is being answered."""
        self._held = bytearray()
        """What came after that, unread."""
        self._paused = self._deaf = self._unread = False
        self._fault = b""
        self._now = 0
        """Bytes of what is being read; `_before`: of what was before it, since something was complete."""
        self._moved = self._head = self._parted = self._reading = False
        self._begin_message()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = self._until = math.inf

    def _begin_message(self) -> None:
        self._url = b""
        self._path = self._query = ""
        self._headers: dict[str, str] = {}
        self._pieces: list[bytes] = []
        self._gathered = bytearray()
        self._size = 0
        self._before = 0
        self._most = self._common.listening.body
        self._judged = self._expecting = False

    # -- for the server and the answers ----------------------------------------------------------------

    def date(self) -> str:
        """See `Line`."""
        return self._common.date()

    def over(self, answer: Answer) -> None:
        """See `Line`."""
        if self._answer is not answer:
            return
        self._answer = None
        if self.transport.is_closing():
            # It broke, and says so in the next round.
            return
        if answer.close:
            self._close()
        elif self._queue:
            self._ask(*self._queue.popleft())
        elif self._fault:
            self._refuse()
        elif self._held:
            data, self._held = self._held, bytearray()
            if self._paused:
                self._paused = False
                self.transport.resume_reading()
            self._feed(data)
        elif self._head or self._reading:
            self._wait_on()
        else:
            self._arm(self.loop.time() + self._common.listening.idle)

    def broken(self, answer: Answer, *, reset: bool) -> None:
        """See `Line`."""
        if self._answer is answer:
            self._answer = None
            if reset:
                _linger_not(self.transport)
            self._close()

    def stuck(self, answer: Answer) -> None:
        """See `Line`."""
        # It has to be told of nothing that happens to the connection: it knows.
        self._answer = None
        self.transport.abort()

    def drain(self) -> None:
        """Whatever is under way may end, and nothing comes behind it."""
        if self._answer is not None:
            self._answer.close = True
        elif not self._reading:
            self._close()

    def abort(self) -> None:
        """Ends it now."""
        self.transport.abort()

    # -- asyncio.Protocol ------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A caller."""
        self.transport = cast(asyncio.Transport, transport)
        # TLS has a limit of its own, and a slow caller is to hold no more there.
        self.transport.set_write_buffer_limits(high=HELD)
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        self._common.connections.add(self)
        self._arm(self.loop.time() + self._common.listening.patience)

    def data_received(self, data: bytes) -> None:
        """Everything that comes."""
        if self._deaf:
            self._unread = True
        elif self._answer is None:
            self._feed(data)
        else:
            self._held += data
            # A little is read ahead: so it is seen that the caller leaves.
            if not self._paused and len(self._held) > HELD:
                self._paused = True
                self.transport.pause_reading()

    def eof_received(self) -> None:
        """Whoever says no more is taken for gone; what is written already is still delivered."""
        self._leave()
        self._unread = False
        self._close()

    def pause_writing(self) -> None:
        """The caller does not read as fast as is written."""
        self.room = asyncio.Event()

    def resume_writing(self) -> None:
        """It does again."""
        if self.room is not None:
            self.room.set()
            self.room = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, whoever wanted it."""
        self._common.connections.discard(self)
        self._deaf = True
        self._parser = None  # its callbacks are bound to this object: a cycle
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._queue.clear()
        self._held.clear()
        self._leave()
        self.resume_writing()
        self._common.ended()

    # -- httptools -------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """The first byte."""
        if not self._deaf:
            self._head = True
            self._begin_message()

    def on_url(self, url: bytes) -> None:
        """What is asked, whole or in parts."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Headers, and the trailers, which are not taken: they could pretend to be headers."""
        if self._head:
            key = NAMES.get(name) or header_name(name, NAMES)
            text = value.decode("latin-1").rstrip(" \t")
            headers = self._headers
            headers[key] = f"{headers[key]}, {text}" if key in headers else text

    def on_headers_complete(self) -> None:
        """The head is in."""
        if self._deaf:
            return
        self._head = False
        self._reading = self._moved = True
        headers = self._headers
        most = self._common.listening.headers
        # Most heads come in one piece, whose size is known without counting.
        if (self._parted or self._now > most) and _bytes_of(self._url, headers) > most:
            self._give_up(LARGE)
            return
        if headers.get("transfer-encoding", "chunked").lower() != "chunked":
            # The parser minds only the last of several codings.
            self._give_up(MALFORMED)
            return
        try:
            self._path, self._query = _split(self._url)
        except (httptools.HttpParserInvalidURLError, UnicodeDecodeError):
            self._give_up(MALFORMED)
            return
        if "expect" in headers and self._parser is not None:
            # Who speaks an older version does not mean it (RFC 9110, 10.1.1).
            asked = headers["expect"].lower() == "100-continue"
            self._expecting = asked and self._parser.get_http_version() == "1.1"

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if self._deaf:
            return
        self._moved = True
        self._expecting = False
        self._size += len(body)
        pieces = self._pieces
        if self._size > self._most:
            pieces.clear()
            self._gathered.clear()
            return
        pieces.append(body)
        if len(pieces) > PIECES:
            self._gathered += b"".join(pieces)
            pieces.clear()

    def on_message_complete(self) -> None:
        """A request is whole."""
        parser = self._parser
        if self._deaf or parser is None or ("upgrade" in self._headers and parser.should_upgrade()):
            return
        self._moved = True
        self._asked("large" if self._size > self._most else "")

    # -- reading ---------------------------------------------------------------------------------------

    def _feed(self, data: bytes | bytearray | memoryview) -> None:
        self._now = len(data)
        self._parted = self._head
        self._moved = False
        while self._parser is not None:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = self._downgraded(data, upgrade.args[0])
                continue
            except httptools.HttpParserCallbackError:
                raise  # a bug of ours, which must not look like bad input
            except httptools.HttpParserError:
                self._give_up(MALFORMED)
            break
        if self._answer is None:
            self._settle()

    def _settle(self) -> None:
        """All is read, and nothing could be asked yet."""
        if self._fault:
            self._refuse()
        elif self._head or self._reading:
            self._before = 0 if self._moved else self._before + self._now
            if self._before > self._common.listening.headers:
                # The parser keeps what is not complete, and tells nothing of it.
                self._give_up(LARGE)
                self._refuse()
            else:
                self._wait_on()
        elif self._until == math.inf:
            # Between two requests there were empty lines.
            self._arm(self.loop.time() + self._common.listening.idle)

    def _wait_on(self) -> None:
        """A request has begun, and goes on within some time."""
        common = self._common
        now, listening = self.loop.time(), common.listening
        if self._head:
            # What it goes on with gives it no more time; before it began it had the time of an idle line.
            until = now + listening.patience
            self._arm(min(self._until, until) if self._parted else until)
            return
        if not self._judged:
            self._judged = True
            if not common.admit(self._headers):
                # Of a caller that is not let in nothing is kept.
                self._most = 0
                self._pieces.clear()
                self._gathered.clear()
        if self._expecting:
            self._expecting = False
            if self._most < int(self._headers.get("content-length", 1)):
                # It asked first, so that it need not send what is not taken.
                self._asked("large")
                return
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self._size > 2 * listening.body:
            # Most callers read nothing before all is written; for ever they are not waited for.
            self._asked("large")
        else:
            self._arm(now + listening.deadline)

    def _downgraded(self, data: bytes | bytearray | memoryview, at: int) -> bytes | memoryview:
        """The request without its wish for another protocol, which nobody has to grant (RFC 9110, 7.8).

        The parser would take a body for that protocol. Some callers offer h2c with any first request.
        """
        parser = self._parser
        assert parser is not None
        if parser.get_method() == b"CONNECT":
            self._give_up(MALFORMED)
            return b""
        kept = [f"{name}: {value}\r\n" for name, value in self._headers.items() if name != "upgrade"]
        head = b"%b %b HTTP/%b\r\n%b\r\n" % (
            parser.get_method(),
            self._url,
            parser.get_http_version().encode(),
            "".join(kept).encode("latin-1"),
        )
        self._parser = httptools.HttpRequestParser(self)
        self._parser.feed_data(head)
        return memoryview(data)[at:]

    # -- asking ----------------------------------------------------------------------------------------

    def _asked(self, trouble: Trouble) -> None:
        """A request, now or behind those before it."""
        self._reading = False
        parser = self._parser
        assert parser is not None
        path, base, pieces = self._path, self._common.base, self._pieces
        if self._gathered:
            pieces = [bytes(self._gathered), *pieces]
        raw = path.removeprefix(base)
        call = Call(
            method=parser.get_method().decode(),
            path=urllib.parse.unquote(path).removeprefix(base) if "%" in path else raw,
            raw_path=raw,
            query=self._query,
            headers=self._headers,
            body=b"" if trouble or not pieces else pieces[0] if len(pieces) == 1 else b"".join(pieces),
            trouble=trouble,
        )
        self._pieces, self._gathered = [], bytearray()
        old = parser.get_http_version() != "1.1"
        # What is still on its way of a body would be read as the next request.
        close = bool(trouble) or old or not parser.should_keep_alive()
        if close:
            self._deaf = True
            self._unread = self._unread or bool(trouble)
        if self._answer is None:
            self._ask(call, old, close)
        else:
            self._queue.append((call, old, close))

    def _ask(self, call: Call, old: bool, close: bool) -> None:
        common = self._common
        self._until = math.inf
        answer = self._answer = Answer(
            self, bodiless=call.method == "HEAD", old=old, close=close or common.closing
        )
        common.running.add(answer)
        answer.task = common.loop.create_task(common.run(call, answer))

    def _leave(self) -> None:
        """The caller has left."""
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.left()

    # -- ending ----------------------------------------------------------------------------------------

    def _give_up(self, fault: bytes) -> None:
        """Reads no more; the caller is told why when what it asked before is answered."""
        self._unread = True
        if not self._deaf:
            self._deaf = True
            self._head = self._reading = False
            self._fault = fault

    def _refuse(self) -> None:
        fault, self._fault = self._fault, b""
        self.transport.write(fault)
        self._close()

    def _close(self) -> None:
        """Ends it behind what was written; whoever does not read that is not waited for long."""
        self._deaf = True
        transport = self.transport
        if transport.is_closing():
            return
        seconds = self._common.listening.patience
        if self._unread and transport.can_write_eof() and not self._common.closing:
            self._unread = False
            transport.write_eof()
            if not transport.get_write_buffer_size():
                seconds = LINGER
        else:
            transport.close()
        self._until = math.inf
        self._arm(self.loop.time() + seconds)

    def _arm(self, at: float) -> None:
        """Looks at the deadline at that time. One timer serves all, moved only when one comes nearer."""
        self._until = at
        if at < self._timer_at:
            if self._timer is not None:
                self._timer.cancel()
            self._timer_at = at
            self._timer = self.loop.call_at(at, self._on_timer)

    def _on_timer(self) -> None:
        self._timer, self._timer_at = None, math.inf
        if self.loop.time() < self._until:
            if self._until < math.inf:
                self._arm(self._until)
        elif self._reading and not self._deaf:
            self._asked("late")
        elif self._deaf or self._head or self.transport.get_write_buffer_size():
            # Whoever has not read the last answer by now never will.
            self.transport.abort()
        else:
            self._close()


def _split(url: bytes) -> tuple[str, str]:
    """The path as it was sent, and the query."""
    if url[:1] == b"/" and b"#" not in url:
        path, _, query = url.partition(b"?")
        return path.decode("ascii"), query.decode("latin-1")
    # With a scheme and a host, as to a proxy.
    parsed = httptools.parse_url(url)
    return (parsed.path or b"/").decode("ascii"), (parsed.query or b"").decode("latin-1")


def _bytes_of(url: bytes, headers: Mapping[str, str]) -> int:
    return len(url) + sum(len(name) + len(value) + 4 for name, value in headers.items())


def _linger_not(transport: asyncio.Transport) -> None:
    """The connection will end with a reset."""
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
