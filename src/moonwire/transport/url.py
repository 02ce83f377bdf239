"""The URLs that a gateway calls: http or https, a host, maybe a port, a path. All others are refused."""

import ipaddress
import re
from functools import lru_cache

import msgspec

from moonwire.core.errors import LocalProtocolError

__all__ = ["Address", "parse"]

URL = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#.*)?", re.IGNORECASE)
AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]]+)(?::([0-9]{0,5}))?")
HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?")
PORTS = {"http": 80, "https": 443}
# What may not stand in a request line. Beyond ASCII it would be the transport's guess how to encode it.
UNSAFE = re.compile(r"[^\x21-\x7e]")


class Address(msgspec.Struct, frozen=True):
    """Where a request goes, in the spellings that are needed on the way."""

    scheme: str
    host: str
    """As the resolver and TLS take it: ASCII, without brackets."""
    port: int
    authority: str
    """As the Host header has it: with brackets, and with the port unless it is the scheme's own."""
    target: str
    """Path and query. It may hold a key, so no error shows it."""
    origin: str
    """Scheme and authority. Names the pool's queue, and is what errors say."""

    @property
    def secure(self) -> bool:
        """Whether TLS is spoken."""
        return self.scheme == "https"

    def __repr__(self) -> str:
        return f"Address({self.origin})"


def refused(message: str) -> LocalProtocolError:
    """An error that does not quote the URL: it may hold a password or a key."""
    return LocalProtocolError(message, path="url")


@lru_cache(maxsize=256)
def parse(url: str) -> Address:
    """The address, or a `LocalProtocolError` that says what is wrong without quoting the URL.

    >>> parse("https://Example.com:443/v1?x=1#top").origin
    'https://example.com'
    >>> parse("http://[::1]:8000").authority, parse("http://[::1]:8000").target
    ('[::1]:8000', '/')
    """
    match = URL.fullmatch(url)
    if match is None:
        raise refused("the URL must begin with http:// or https://, and have a host")
    scheme, authority, target = match[1].lower(), match[2], match[3]
    if "@" in authority:
        raise refused("credentials do not belong in a URL: send them in a header")
    if UNSAFE.search(target):
        raise refused("white space and characters beyond ASCII must be percent-encoded")
    parts = AUTHORITY.fullmatch(authority)
    if parts is None:
        raise refused("the URL's host or port cannot be read")
    port = int(parts[2]) if parts[2] else PORTS[scheme]
    if not 0 < port < 65536:
        raise refused("the URL's port must be between 1 and 65535")
    host = ascii_host(parts[1])
    shown = f"[{host}]" if ":" in host else host
    if port != PORTS[scheme]:
        shown = f"{shown}:{port}"
    if not target.startswith("/"):
        target = f"/{target}"
    return Address(scheme, host, port, shown, target, f"{scheme}://{shown}")


def ascii_host(host: str) -> str:
    """The host as DNS has it. `encodings.idna` is IDNA 2003, which is what the standard library has."""
    if host.startswith("["):
        try:
            return str(ipaddress.IPv6Address(host[1:-1]))
        except ValueError:
            raise refused("the URL's IPv6 address cannot be read") from None
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            raise refused("the URL's host is not a name that DNS can hold") from None
    host = host.lower()
    if len(host) > 253 or HOST.fullmatch(host) is None:
        raise refused("the URL's host is not a name that DNS can hold")
    return host
