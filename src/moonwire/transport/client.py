"""The client: finds a connection, sends the request, waits for the response's headers."""

import asyncio
import math
import os
import ssl
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from moonwire.core.errors import LocalProtocolError
from moonwire.transport import tls as tls_module
from moonwire.transport.connection import Connection
from moonwire.transport.dial import Resolve, dial
from moonwire.transport.errors import ClientClosed, ConnectTimeout, PoolTimeout, TotalTimeout
from moonwire.transport.inbox import Inbox
from moonwire.transport.pool import Pool, Queue
from moonwire.transport.proxy import Proxies, Proxy
from moonwire.transport.request import encode
from moonwire.transport.response import Response
from moonwire.transport.settings import Limits, Timeouts
from moonwire.transport.tls import TLS
from moonwire.transport.url import Address, parse

__all__ = ["Client"]

TIMEOUTS = Timeouts()


class Client:
    """HTTP/1.1 with kept connections. One per process and event loop; requests may run at the same time.

    `proxy` is `http://[user:password@]host:port`, for everything. `trust_env` asks HTTPS_PROXY, HTTP_PROXY,
    ALL_PROXY and NO_PROXY instead, once, where `proxy` is not given. `resolve` says which IP addresses a host
    has, in the place of the system: connections go to these and no others, and TLS wants the host's name.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        tls: TLS | None = None,
        proxy: str | None = None,
        trust_env: bool = False,
        resolve: Resolve | None = None,
    ) -> None:
        if resolve is not None and (proxy or trust_env):
            raise LocalProtocolError("a proxy looks names up by itself", path="resolve")
        self._resolve = resolve
        self._limits = limits or Limits()
        self._tls = tls or TLS()
        self._context: ssl.SSLContext | None = None
        self._proxies: Proxies | None = None
        if proxy:
            Proxy.parse(proxy)  # refused here rather than by the first request
            self._proxies = Proxies(http=proxy, https=proxy)
        elif trust_env:
            self._proxies = Proxies.from_env(os.environ)
        self._pool: Pool | None = None
        self._connecting: set[asyncio.Timeout] = set()
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes every connection. What is under way ends with `ClientClosed`."""
        self._closed = True
        for timeout in self._connecting:
            if not timeout.expired():
                timeout.reschedule(0)
        if self._pool is not None:
            await self._pool.aclose()

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        timeouts: Timeouts = TIMEOUTS,
    ) -> Response:
        """Sends a request; returns when the response's headers are in. Cancelling it closes its connection.

        The headers go out as they are given. Host and Content-Length are added, and `Accept-Encoding:
        identity` unless there is one. A request on a kept connection that the server closes before the first
        byte of a response is sent a second time, on a new one: the server had hung up before it came.
        """
        address = parse(url)
        proxy = None if self._proxies is None else self._proxies.select(address)
        fetched = proxy.authorization if proxy is not None and not address.secure else None
        head = encode(method, address, headers, len(body), fetched)
        pool = self._pool
        loop = asyncio.get_running_loop()
        if pool is None or self._closed or pool.loop is not loop:
            pool = self._start(loop, address)
        total_until = loop.time() + timeouts.total
        queue = pool.queue(address.origin)
        connection = pool.take(queue)
        if connection is None:
            connection = await self._find(pool, queue, address, proxy, timeouts, total_until)
        while True:
            inbox = Inbox(loop, address.origin, timeouts, total_until)
            connection.start(inbox, method, head, body)
            try:
                while not inbox.status and inbox.line is not None:
                    await inbox.wait(timeouts.first_byte)
            except asyncio.CancelledError:
                if inbox.stale:
                    pool.free(queue)
                raise
            if inbox.status:
                return Response(inbox, self._limits.inflated_bytes)
            if not inbox.stale:
                raise inbox.error or ClientClosed(origin=address.origin)
            connection = await self._connect(pool, queue, address, proxy, timeouts, total_until)

    def _start(self, loop: asyncio.AbstractEventLoop, address: Address) -> Pool:
        if self._closed:
            raise ClientClosed(origin=address.origin)
        if self._pool is not None:
            raise LocalProtocolError("a client belongs to the event loop of its first request", path="client")
        self._pool = Pool(loop, self._limits)
        return self._pool

    async def _find(
        self,
        pool: Pool,
        queue: Queue,
        address: Address,
        proxy: Proxy | None,
        timeouts: Timeouts,
        total_until: float,
    ) -> Connection:
        if not pool.reserve(queue):
            until = pool.loop.time() + timeouts.pool
            try:
                connection = await pool.wait(queue, min(until, total_until), timeouts.pool)
            except PoolTimeout:
                if total_until > until:
                    raise
                raise TotalTimeout(origin=address.origin, seconds=timeouts.total) from None
            if connection is not None and not connection.closed:
                return connection
            # Either a slot, or a connection that died on its way here and leaves its slot.
        return await self._connect(pool, queue, address, proxy, timeouts, total_until)

    async def _connect(
        self,
        pool: Pool,
        queue: Queue,
        address: Address,
        proxy: Proxy | None,
        timeouts: Timeouts,
        total_until: float,
    ) -> Connection:
        """A new connection on a slot that the caller has, and that is free again if this fails."""
        loop = pool.loop
        connection = Connection(loop, pool, queue, address.origin, self._limits)
        until = loop.time() + timeouts.connect
        done = False
        first = min(until, total_until)
        timeout = asyncio.timeout_at(first if first < math.inf else None)
        self._connecting.add(timeout)
        try:
            if not self._closed:
                context = self._tls_context() if address.secure else None
                async with timeout:
                    await dial(
                        loop, connection, address, context, self._tls.server_name, proxy, self._resolve
                    )
                if not connection.closed:
                    pool.adopt(connection)
            done = not self._closed
        except TimeoutError:
            if not timeout.expired():
                raise
            if not self._closed and total_until <= until:
                raise TotalTimeout(origin=address.origin, seconds=timeouts.total) from None
            if not self._closed:
                raise ConnectTimeout(origin=address.origin, seconds=timeouts.connect) from None
        finally:
            self._connecting.discard(timeout)
            if not done:
                connection.abort()
                pool.free(queue)
        if not done:
            raise ClientClosed(origin=address.origin)
        return connection

    def _tls_context(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = tls_module.context(self._tls)
        return self._context
