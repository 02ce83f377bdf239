"""From an address to a connection: name lookup, TCP, a proxy's CONNECT, TLS. The deadline is the caller's."""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

from moonwire.transport.connection import Connection
from moonwire.transport.errors import ConnectFailed, ConnectStage
from moonwire.transport.proxy import Proxy
from moonwire.transport.url import Address

__all__ = ["Resolve", "dial"]

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a host and a port to the IP addresses to connect to, in order; what it raises ends the request."""

ANSWER = re.compile(rb"HTTP/1\.[01] (\d{3})(?: [^\r\n]*)?\r\n")
ANSWER_BYTES = 16384


class Tunnel(asyncio.Protocol):
    """Hears a proxy's answer to CONNECT, up to the empty line."""

    def __init__(self, loop: asyncio.AbstractEventLoop, origin: str) -> None:
        self.status: asyncio.Future[int] = loop.create_future()
        self.transport: asyncio.Transport | None = None
        self._origin = origin
        self._text = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected to the proxy."""
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Another piece of the answer. A server behind the tunnel says nothing before TLS has begun."""
        self._text += data
        if self.status.done():
            return
        head, end, rest = self._text.partition(b"\r\n\r\n")
        if not end and len(self._text) <= ANSWER_BYTES:
            return
        match = ANSWER.match(head + b"\r\n")
        if not end or match is None:
            self._fail("the proxy does not answer in HTTP")
        elif (status := int(match[1])) // 100 == 2 and rest:
            self._fail("the proxy sent something before TLS", status)
        else:
            self.status.set_result(status)

    def connection_lost(self, exc: Exception | None) -> None:
        """The proxy hung up; after its answer that is somebody else's matter."""
        self._fail("the proxy closed the connection")

    def _fail(self, text: str, status: int | None = None) -> None:
        if not self.status.done():
            self.status.set_exception(failed(text, self._origin, "proxy", status))


def failed(text: str, origin: str, stage: ConnectStage, status: int | None = None) -> ConnectFailed:
    """The error, with what to do about it where that is known."""
    remedy = "check the proxy's user and password" if status == 407 else ""
    return ConnectFailed(text, origin=origin, stage=stage, status=status, remedy=remedy)


def explained(error: OSError, address: Address, proxy: Proxy | None) -> ConnectFailed:
    """What the operating system or OpenSSL said, in a class of ours. Neither of them knows a secret."""
    text = error.strerror or str(error) or type(error).__name__
    said: str | None = getattr(error, "reason", None)  # OpenSSL's, unless Python made the error
    stage: ConnectStage = "network"
    if isinstance(error, ssl.SSLCertVerificationError):
        stage, text = "tls", f"the certificate is not accepted: {error.verify_message}"
    elif isinstance(error, ssl.SSLError):
        stage, text = "tls", f"no TLS: {said or text}"
    elif proxy is not None:
        stage, text = "proxy", f"the proxy {proxy.origin} is not reached: {text}"
    elif isinstance(error, socket.gaierror):
        stage, text = "dns", f"the host has no address: {text}"
    elif isinstance(error, ConnectionRefusedError):
        stage, text = "refused", "the connection was refused"
    else:
        text = f"no connection: {text}"
    return failed(text, address.origin, stage)


async def dial(
    loop: asyncio.AbstractEventLoop,
    connection: Connection,
    address: Address,
    tls: ssl.SSLContext | None,
    server_name: str | None = None,
    proxy: Proxy | None = None,
    resolve: Resolve | None = None,
) -> None:
    """Connects this connection. Whatever ends it, cancellation too, leaves no socket open."""
    done = False
    name = server_name or address.host.rstrip(".")
    try:
        if proxy is not None and tls is not None:
            await through(loop, connection, address, proxy, tls, name)
        elif proxy is not None:
            await loop.create_connection(lambda: connection, proxy.host, proxy.port)
        elif resolve is not None:
            sock = await reached(loop, await resolve(address.host, address.port), address.port)
            await loop.create_connection(
                lambda: connection, sock=sock, ssl=tls, server_hostname=name if tls else None
            )
        else:
            await loop.create_connection(
                lambda: connection,
                address.host,
                address.port,
                ssl=tls,
                server_hostname=name if tls else None,
            )
        done = True
    except OSError as error:
        raise explained(error, address, proxy) from error
    finally:
        if not done:
            connection.abort()


async def reached(loop: asyncio.AbstractEventLoop, hosts: Sequence[str], port: int) -> socket.socket:
    """TCP to the first of these addresses that takes it. They are addresses already: nothing is looked up."""
    problem: OSError = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    for host in hosts:
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        done = False
        try:
            sock.setblocking(False)
            await loop.sock_connect(sock, (host, port))
            done = True
            return sock
        except OSError as error:
            problem = error
        finally:
            if not done:
                sock.close()
    raise problem


async def through(
    loop: asyncio.AbstractEventLoop,
    connection: Connection,
    address: Address,
    proxy: Proxy,
    tls: ssl.SSLContext,
    name: str,
) -> None:
    """A tunnel, and TLS in it."""
    tunnel = Tunnel(loop, address.origin)
    done = False
    try:
        plain, _ = await loop.create_connection(lambda: tunnel, proxy.host, proxy.port)
        host = f"[{address.host}]" if ":" in address.host else address.host
        lines = [f"CONNECT {host}:{address.port} HTTP/1.1", f"Host: {host}:{address.port}"]
        if proxy.authorization:
            lines.append(f"Proxy-Authorization: {proxy.authorization}")
        plain.write("\r\n".join([*lines, "", ""]).encode("ascii"))
        status = await tunnel.status
        if status // 100 != 2:
            raise failed(f"the proxy refuses with {status}", address.origin, "proxy", status)
        secure = await loop.start_tls(plain, connection, tls, server_hostname=name)
        if secure is None:
            raise failed("the connection ended before TLS", address.origin, "proxy")
        connection.connection_made(secure)
        done = True
    finally:
        if not done:
            tunnel.status.cancel()
            if tunnel.transport is not None:
                tunnel.transport.abort()
