"""One picture from a URL that a stranger wrote, without going where the stranger could not go himself.

A name is looked up once for each connection, every address that it has must be public, and the connection
goes to one of these very addresses: whatever the name says a moment later. Redirects are new URLs. Nothing of
the caller goes along, no cookie, no key, no header, and no proxy of the environment is asked.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from urllib.parse import urljoin

import msgspec

from moonwire._version import __version__
from moonwire.core.errors import LocalProtocolError, MoonwireError
from moonwire.gateway.addresses import is_public
from moonwire.gateway.signatures import HEAD, Kind, agreed
from moonwire.transport import TLS, Client, ConnectFailed, Limits, Response
from moonwire.transport.errors import Deadline
from moonwire.transport.url import parse

__all__ = ["Downloads", "Lookup", "NotLoaded", "Picture"]

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]

PORTS: Final = frozenset({80, 443})
REDIRECTS: Final = 3
URL_LENGTH: Final = 8192
AT_ONCE: Final = 8
"""Downloads of one process at the same time."""
LOOKUPS: Final = 4
"""Threads that look names up: slow ones hold up other pictures, and nothing else of the process."""
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_LIMITS: Final = Limits(
    per_origin=AT_ONCE, total=2 * AT_ONCE, max_idle=AT_ONCE, keep_alive=5, header_bytes=16384
)
_HEADERS: Final = {
    kind: (("user-agent", f"moonwire/{__version__}"), ("accept", accept))
    for kind, accept in (("image", "image/png, image/jpeg, image/gif, image/webp"), ("video", "video/*"))
}

# One answer for all that is not out there: which names and addresses the inside has is nobody's business.
_NOWHERE: Final = "no public address has that name"
_UNREACHED: Final = "its server is not reached"
_UNTRUSTED: Final = "its server's certificate is not accepted"
_BROKEN: Final = "its server's answer broke off or cannot be read"


class NotLoaded(MoonwireError):
    """No picture. The message is for the caller: it tells no address, and nothing of the inside."""


class Picture(msgspec.Struct, frozen=True):
    """What was loaded, and what it is."""

    media_type: str
    data: bytes


class Downloads:
    """Loads pictures, one process's. `size` is the largest in bytes.

    What is public is no setting of the operator's: `lookup`, `allowed` and `ports` are for tests, which have
    no internet to meet, and `tls` is too.
    """

    def __init__(
        self,
        *,
        size: int,
        lookup: Lookup | None = None,
        allowed: Callable[[str], bool] = is_public,
        ports: Collection[int] = PORTS,
        tls: TLS | None = None,
    ) -> None:
        self._size = size
        self._lookup = lookup or self._asked
        self._allowed = allowed
        self._ports = ports
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._threads = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="moonwire-lookup")
        limits = msgspec.structs.replace(_LIMITS, inflated_bytes=size)
        self._client = Client(limits=limits, tls=tls, resolve=self._checked)

    async def aclose(self) -> None:
        """Ends every connection; a name that is being looked up is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        await self._client.aclose()

    async def load(self, url: str, kind: Kind, until: float) -> Picture:
        """The picture or film, or a `NotLoaded` that says why not. `until` is a time of the loop's clock."""
        try:
            async with asyncio.timeout_at(until), self._slots:
                return await self._followed(url, kind)
        except NotLoaded:
            raise
        except (TimeoutError, Deadline):
            raise NotLoaded("it did not come in time") from None
        except LocalProtocolError as error:
            # The URL's own mistakes; what says so does not quote it.
            raise NotLoaded(error.message) from None
        except ConnectFailed as error:
            said = {"dns": _NOWHERE, "tls": _UNTRUSTED}.get(error.stage, _UNREACHED)
            raise NotLoaded(said) from None
        except MoonwireError:
            raise NotLoaded(_BROKEN) from None

    async def _followed(self, url: str, kind: Kind) -> Picture:
        for _ in range(REDIRECTS + 1):
            if len(url) > URL_LENGTH:
                raise NotLoaded(f"its URL is longer than {URL_LENGTH} characters")
            if parse(url).port not in self._ports:
                raise NotLoaded("only the ports 80 and 443 are called")
            response = await self._client.send("GET", url, headers=_HEADERS[kind])
            async with response:
                if response.status not in _MOVED:
                    return await self._read(response, kind)
                url = _next(url, response.header("location"))
        raise NotLoaded(f"it is redirected more than {REDIRECTS} times")

    async def _read(self, response: Response, kind: Kind) -> Picture:
        if response.status != 200:
            raise NotLoaded(f"its server answers with {response.status}")
        said = response.header("content-type") or ""
        data = bytearray()
        found = ""
        async for piece in response:
            data += piece
            if len(data) > self._size:
                raise NotLoaded(f"it has more than {self._size:,} bytes")
            if not found and len(data) >= HEAD:
                # What is something else is not read to its end.
                found = _typed(said, data, kind)
        return Picture(found or _typed(said, data, kind), bytes(data))

    # -- where connections go ----------------------------------------------------------------------

    async def _checked(self, host: str, port: int) -> Sequence[str]:
        """The addresses of the host, if all of them are public. The transport connects to these."""
        addresses = await self._lookup(host, port)
        if not addresses or not all(self._allowed(address) for address in addresses):
            raise NotLoaded(_NOWHERE)
        return addresses

    async def _asked(self, host: str, port: int) -> Sequence[str]:
        """The system's answer, in its order. Odd spellings of an address come out as that address."""

        def found() -> list[str]:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
            return list(dict.fromkeys(str(place[0]) for *_, place in answers))

        return await asyncio.get_running_loop().run_in_executor(self._threads, found)


def _typed(said: str, data: bytearray, kind: Kind) -> str:
    found = agreed(said, bytes(data[:HEAD]), kind)
    if not found:
        wanted = "a PNG, JPEG, GIF or WebP picture" if kind == "image" else "a film of a kind that is known"
        raise NotLoaded(f"it is not {wanted}, or is not called one by its server")
    return found


def _next(url: str, location: str | None) -> str:
    if not location:
        raise NotLoaded("it is redirected to nowhere")
    try:
        return urljoin(url, location)
    except ValueError:
        raise NotLoaded("it is redirected to what is no URL") from None
