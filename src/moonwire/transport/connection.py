"""One connection: bytes in, one response at a time out, a clock, and the rules for when it may be used again.

Nothing here awaits. Whatever happens ends in the inbox of the request that is under way, or, between two
requests, with the connection's death.
"""

import asyncio
import math
import socket
from collections.abc import Callable
from typing import Any, Protocol, cast

import httptools

from moonwire.core.errors import MoonwireError, RemoteProtocolError
from moonwire.transport.errors import (
    Deadline,
    Disconnected,
    FirstByteTimeout,
    IdleTimeout,
    TotalTimeout,
    Truncated,
    WriteTimeout,
)
from moonwire.transport.inbox import Inbox
from moonwire.transport.settings import Limits

__all__ = ["Connection", "Owner"]

# Up to this size a copy is cheaper than a second system call.
ONE_WRITE = 65536
# Models think for minutes without a byte, and middleboxes forget a silent connection in five.
PROBE_AFTER, PROBE_EVERY = 60, 15

# Spellings of headers' names that were met. Servers have few of them, but could make up many.
NAMES: dict[bytes, str] = {}
NAMES_KEPT, NAME_BYTES = 512, 64


def header_name(name: bytes, known: dict[bytes, str] = NAMES) -> str:
    """In lower case, and kept for the next time."""
    lowered = name.decode("latin-1").lower()
    if len(known) < NAMES_KEPT and len(name) <= NAME_BYTES:
        known[name] = lowered
    return lowered


class Owner(Protocol):
    """What the connection needs of its pool."""

    def release(self, connection: "Connection", *, reusable: bool) -> None:
        """The request is over: take the connection back, or only its place."""
        ...

    def lost(self, connection: "Connection") -> None:
        """The socket is closed; it may have been idle."""
        ...


class Connection(asyncio.Protocol):
    """An HTTP/1.1 connection to one origin, for one request after the other."""

    __slots__ = (
        "_bodiless",
        "_done",
        "_end",
        "_extra",
        "_fault",
        "_inbox",
        "_interim",
        "_keep",
        "_limits",
        "_loop",
        "_method",
        "_owner",
        "_parser",
        "_parts",
        "_paused",
        "_raw",
        "_received",
        "_silent",
        "_timer",
        "_timer_at",
        "_to_eof",
        "_transport",
        "_unwritten",
        "_writing",
        "expires",
        "on_body",
        "origin",
        "queue",
        "used",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, owner: Owner, queue: Any, origin: str, limits: Limits
    ) -> None:
        self._loop = loop
        self._owner = owner
        self._limits = limits
        self.queue = queue
        """The place in the pool that it came from; only the pool looks at it."""
        self.origin = origin
        self.used = False
        self.expires = math.inf
        self._transport: asyncio.Transport | None = None
        self._inbox: Inbox | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = math.inf
        self._paused = self._writing = False
        self._unwritten = 0
        self._parts: list[bytes] = []
        # Pieces of the body are the most frequent event. The parser calls the list itself: no frame of ours.
        self.on_body: Callable[[bytes], None] = self._parts.append
        self._reset("")
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)

    def _reset(self, method: str) -> None:
        self._method = method
        self._done = self._extra = self._interim = self._bodiless = self._to_eof = self._keep = False
        self._end = self._silent = self._received = 0
        self._fault = ""
        self._raw: list[tuple[bytes, bytes]] = []

    def __repr__(self) -> str:
        return f"Connection({self.origin}, {'closed' if self.closed else 'busy' if self._inbox else 'idle'})"

    # -- for the pool and the client ---------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """Whether it is of no more use: closed, or about to be."""
        return self._transport is None or self._transport.is_closing()

    def park(self, until: float) -> None:
        """Idle from now on; closes itself at that time."""
        self.expires = until
        self._arm(until)

    def start(self, inbox: Inbox, method: str, head: bytes, body: bytes) -> None:
        """Writes a request, whose response goes to this inbox."""
        transport = self._transport
        self._inbox = inbox
        inbox.line = self
        if transport is None:
            self._over(Disconnected(origin=self.origin, before_response=True, sent=False), reusable=False)
            return
        self._reset(method)
        if len(body) <= ONE_WRITE:
            transport.write(head + body if body else head)
        else:
            transport.writelines((head, body))
        self._arm(inbox.total_until)

    def abort(self) -> None:
        """Closes at once, without TLS's farewell: a dead peer would let one wait for it."""
        if self._transport is not None:
            self._transport.abort()

    def fail(self, error: MoonwireError) -> None:
        """Ends the request under way, if there is one, and closes."""
        if self._inbox is not None:
            self._over(error, reusable=False)
        self.abort()

    # -- for the inbox -----------------------------------------------------------------------------

    def awaited(self) -> None:
        """See `Line`."""
        inbox = self._inbox
        if inbox is not None:
            if inbox.status == 0 and self._writing:
                self._watch_writing(inbox)
            if inbox.wait_until < self._timer_at:
                self._arm(inbox.wait_until)

    def resume(self) -> None:
        """See `Line`."""
        if self._paused:
            self._paused = False
            if (transport := self._transport) is not None and not transport.is_closing():
                transport.resume_reading()

    def abandon(self) -> None:
        """See `Line`."""
        if self._inbox is not None:
            self._over(None, reusable=False)

    # -- asyncio.Protocol --------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected, and after a proxy's CONNECT once more with TLS."""
        self._transport = cast(asyncio.Transport, transport)
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            # The loops set it too; a client that may not wait 40 ms for an ACK does not rely on that.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if hasattr(socket, "TCP_KEEPIDLE"):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, PROBE_AFTER)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_EVERY)

    def pause_writing(self) -> None:
        """The socket takes no more for now: the clock for writing runs."""
        self._writing = True

    def resume_writing(self) -> None:
        """Written, but for what the kernel is sure to take: the wait for the first byte begins."""
        self._writing = False
        inbox = self._inbox
        if inbox is not None and inbox.status == 0:
            inbox.wait_until = self._loop.time() + inbox.timeouts.first_byte
            self._arm(inbox.wait_until)

    def data_received(self, data: bytes) -> None:
        """Everything that comes. Between two requests nothing may."""
        inbox, parser = self._inbox, self._parser
        if inbox is None or parser is None:
            self.abort()
            return
        inbox.touched = True
        self._silent += len(data)
        try:
            parser.feed_data(data)
        except httptools.HttpParserCallbackError:
            raise  # a bug of ours, which must not look like bad input
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if self._done:
                self._extra = True
            elif not self._fault:
                self._fault = f"this is no HTTP: {error}"
        parts = self._parts
        if parts:
            self._deliver(inbox, parts)
        if self._fault:
            self._over(RemoteProtocolError(f"{self.origin}: {self._fault}"), reusable=False)
        elif self._done:
            self._finish(inbox)
        elif self._silent > self._limits.header_bytes:
            text = f"more than {self._limits.header_bytes} bytes of headers or framing"
            self._over(RemoteProtocolError(f"{self.origin}: {text}"), reusable=False)
        elif (waiter := inbox.waiter) is not None and not waiter.done():
            if inbox.status:
                waiter.set_result(None)
        elif inbox.size > self._limits.buffered_bytes and not self._paused:
            self._pause()

    def eof_received(self) -> None:
        """No more can come, so what is still being written is in vain: a plain close would wait for it."""
        self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Closed by either side."""
        self._transport = None
        inbox = self._inbox
        if inbox is not None:
            if exc is None and self._to_eof:
                self._over(None, reusable=False)
            else:
                self._over(self._cut(inbox), reusable=False)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._parser = None  # its callbacks are bound to this object: a cycle
        self._owner.lost(self)

    # -- httptools ---------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Also for the first byte after the end of the message."""
        if self._done:
            self._extra = True

    def on_status(self, status: bytes) -> None:
        """The reason, whole or in pieces; not called if there is none."""
        if self._inbox is not None and not self._done:
            self._inbox.reason += status

    def on_header(self, name: bytes, value: bytes) -> None:
        """Headers, and the trailers, which nobody is interested in."""
        self._raw.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is in, of the response or of a 1xx before it."""
        inbox, parser = self._inbox, self._parser
        if self._done or inbox is None or parser is None:
            return
        status = parser.get_status_code()
        raw, self._raw = self._raw, []
        # What was read may go into the body already: only then it pays to count.
        most = self._limits.header_bytes
        if self._silent > most and sum(len(name) + len(value) + 4 for name, value in raw) > most:
            self._fault = f"more than {most} bytes of headers"
            return
        if status < 200:
            inbox.reason = b""
            self._interim = True
            if status == 101:
                self._fault = "it switches to a protocol that was not asked for"
            return
        self._silent = 0
        self._head(inbox, status, raw, parser.get_http_version())

    def on_message_complete(self) -> None:
        """The end of the body, as the message itself tells it."""
        if self._interim:
            self._interim = False
            if self._parts:
                self._fault = "an informational response with a body"
        elif self._bodiless:
            self._bodiless = False  # the parser knows that too, and is at the start of the next message
            self._keep = self._parser is not None and self._parser.should_keep_alive()
        elif not self._done:
            self._done = True
            self._end = len(self._parts)
            self._keep = self._parser is not None and self._parser.should_keep_alive()

    # -- the rest ----------------------------------------------------------------------------------

    def _head(self, inbox: Inbox, status: int, raw: list[tuple[bytes, bytes]], version: str) -> None:
        known = NAMES
        headers = [
            (known.get(name) or header_name(name), value.decode("latin-1").rstrip(" \t"))
            for name, value in raw
        ]
        fields = dict(headers)
        framed = "content-length" in fields
        if "transfer-encoding" in fields:
            framed = True
            if any(name == "transfer-encoding" and value.lower() != "chunked" for name, value in headers):
                self._fault = "a transfer coding that was not asked for"
                return
        inbox.fields = fields
        inbox.headers = headers
        inbox.version = version
        inbox.status = status
        if status in (204, 304) or self._method == "HEAD":
            # The parser does not know the method, and would wait for the body that is only described.
            self._bodiless = self._done = True
        else:
            self._to_eof = not framed

    def _deliver(self, inbox: Inbox, parts: list[bytes]) -> None:
        if self._done and len(parts) > self._end:
            self._extra = True
            del parts[self._end :]
        if parts and inbox.status:
            piece = parts[0] if len(parts) == 1 else b"".join(parts)
            inbox.pieces.append(piece)
            inbox.size += len(piece)
            self._received += len(piece)
            self._silent = 0
        parts.clear()

    def _finish(self, inbox: Inbox) -> None:
        if self._bodiless:
            # The parser waits for a body: its opinion is on that, and the next message needs a new one.
            self._parser = httptools.HttpResponseParser(self)
            self._keep = not any(
                name == "connection" and "close" in value.lower() for name, value in inbox.headers
            )
        reusable = self._keep and not self._extra and not self._writing and inbox.version == "1.1"
        self._over(None, reusable=reusable)

    def _pause(self) -> None:
        if (transport := self._transport) is not None and not transport.is_closing():
            self._paused = True
            transport.pause_reading()

    def _over(self, error: MoonwireError | None, *, reusable: bool) -> None:
        """Takes leave of the request, in any way."""
        inbox = self._inbox
        if inbox is None:
            return
        self._inbox = None
        self.resume()
        if isinstance(error, Disconnected) and error.before_response and self.used:
            inbox.stale = True
        else:
            self.used = True
            self._owner.release(self, reusable=reusable)
        if not reusable:
            self.abort()
        inbox.close(error)

    def _cut(self, inbox: Inbox) -> Disconnected:
        sent = not self._writing
        if not inbox.status:
            return Disconnected(origin=self.origin, before_response=not inbox.touched, sent=sent)
        length = inbox.fields.get("content-length")
        expected = int(length) if length else None
        return Truncated(origin=self.origin, received=self._received, expected=expected, sent=sent)

    # -- the clock ---------------------------------------------------------------------------------

    def _arm(self, at: float) -> None:
        """Looks at the deadlines at that time at the latest.

        One timer serves all deadlines. It is not moved when they move on, only when one comes nearer: a
        deadline that is renewed a thousand times a second costs a comparison each time.
        """
        if at < self._timer_at:
            if self._timer is not None:
                self._timer.cancel()
            self._timer_at = at
            self._timer = self._loop.call_at(at, self._on_timer)

    def _on_timer(self) -> None:
        self._timer, self._timer_at = None, math.inf
        now = self._loop.time()
        inbox = self._inbox
        if inbox is None:
            if now >= self.expires:
                self.abort()
            else:
                self._arm(self.expires)
            return
        if now >= inbox.total_until:
            self.fail(TotalTimeout(origin=self.origin, seconds=inbox.timeouts.total))
            return
        until = inbox.total_until
        if inbox.waiter is not None and not inbox.waiter.done():
            if now >= inbox.wait_until and (late := self._late(inbox)) is not None:
                self.fail(late)
                return
            until = min(until, inbox.wait_until)
        self._arm(until)

    def _late(self, inbox: Inbox) -> Deadline | None:
        timeouts = inbox.timeouts
        if inbox.status:
            return IdleTimeout(origin=self.origin, seconds=timeouts.idle)
        if not self._writing:
            return FirstByteTimeout(origin=self.origin, seconds=timeouts.first_byte)
        before = self._unwritten
        self._watch_writing(inbox)
        # A large body on a slow line is no failure as long as it shrinks.
        return None if self._unwritten < before else WriteTimeout(origin=self.origin, seconds=timeouts.write)

    def _watch_writing(self, inbox: Inbox) -> None:
        if self._transport is not None:
            self._unwritten = self._transport.get_write_buffer_size()
            inbox.wait_until = self._loop.time() + inbox.timeouts.write
