"""Which proxy, if any: the one that was given, or what the environment says, in curl's reading of it."""

import base64
import ipaddress
import re
from collections.abc import Mapping
from typing import Self
from urllib.parse import unquote

import msgspec

from moonwire.core.errors import LocalProtocolError
from moonwire.transport.url import Address, parse

__all__ = ["Proxies", "Proxy"]


class Proxy(msgspec.Struct, frozen=True):
    """An HTTP proxy. Its credentials are in no text that it shows."""

    host: str
    port: int
    authorization: str = ""
    """The value of Proxy-Authorization, or nothing."""

    def __repr__(self) -> str:
        return f"Proxy({self.origin})"

    @property
    def origin(self) -> str:
        """What errors say."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `http://[user:password@]host:port`; without a scheme it is http, as curl has it."""
        scheme, mark, rest = text.strip().partition("://")
        if not mark:
            scheme, rest = "http", scheme
        if scheme.lower() != "http":
            raise LocalProtocolError("only http:// proxies are spoken to", path="proxy")
        user, mark, server = rest.rpartition("@")
        try:
            address = parse(f"http://{server}")
        except LocalProtocolError as error:
            raise LocalProtocolError(error.message.replace("URL", "proxy"), path="proxy") from None
        # curl's port for a proxy that names none.
        port = address.port if re.search(r":\d+/*$", server) else 1080
        authorization = ""
        if mark:
            name, _, password = user.partition(":")
            pair = f"{unquote(name)}:{unquote(password)}".encode()
            authorization = f"Basic {base64.b64encode(pair).decode('ascii')}"
        return cls(address.host, port, authorization)


class Proxies:
    """A proxy for each scheme, and the hosts that are reached without."""

    def __init__(self, *, http: str = "", https: str = "", without: str = "") -> None:
        self._texts = {"http": http, "https": https}
        self._read: dict[str, Proxy] = {}
        self._without = [
            one.lower().removeprefix(".").rstrip(".") for one in re.split(r"[,\s]+", without) if one
        ]

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Small letters come first. In a CGI, HTTP_PROXY is a header of the request it serves (httpoxy)."""

        def look(name: str) -> str:
            return environ.get(name, "") or environ.get(name.upper(), "")

        anything = look("all_proxy")
        http = environ.get("http_proxy", "") if "REQUEST_METHOD" in environ else look("http_proxy")
        return cls(http=http or anything, https=look("https_proxy") or anything, without=look("no_proxy"))

    def select(self, address: Address) -> Proxy | None:
        """The proxy for this address. One that cannot be used is an error only where it is needed."""
        text = self._texts[address.scheme]
        if not text or self._is_direct(address.host):
            return None
        found = self._read.get(address.scheme)
        if found is None:
            found = self._read[address.scheme] = Proxy.parse(text)
        return found

    def _is_direct(self, host: str) -> bool:
        host = host.rstrip(".")
        number = as_ip(host)
        for entry in self._without:
            if entry == "*":
                return True
            if number is None:
                if host == entry or host.endswith(f".{entry}"):
                    return True
            elif in_network(number, entry):
                return True
        return False


def as_ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that this is, if it is one and no name."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def in_network(number: ipaddress.IPv4Address | ipaddress.IPv6Address, entry: str) -> bool:
    """Whether this entry of NO_PROXY, an address or a network, holds the address."""
    try:
        return number in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return False
