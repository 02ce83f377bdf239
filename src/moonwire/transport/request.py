"""The head of a request as bytes. What could end a header early is refused before anything is sent."""

import re
from collections.abc import Sequence
from functools import lru_cache

from moonwire.core.errors import LocalProtocolError
from moonwire.transport.url import Address

__all__ = ["encode"]

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
UNSAFE = re.compile(r"[\r\n\0]")
# The framing is the transport's own: two opinions on where a message ends are how requests get smuggled.
OWN = {"host", "content-length", "transfer-encoding"}
WITH_BODY = {"POST", "PUT", "PATCH"}


@lru_cache(maxsize=1024)
def header_name(name: str) -> str:
    """The name in lower case, if it is one that the caller may set."""
    if TOKEN.fullmatch(name) is None:
        raise LocalProtocolError("not a header's name", path="headers")
    lowered = name.lower()
    if lowered in OWN:
        raise LocalProtocolError("this header is the transport's own", path=f"headers.{lowered}")
    return lowered


def encode(
    method: str, address: Address, headers: Sequence[tuple[str, str]], length: int, proxy: str | None = None
) -> bytes:
    """The request line and the headers, as far as the empty line.

    `proxy` is set when a proxy is asked to fetch an http URL: its authorization, or an empty text.
    """
    head = _head(method, address, tuple(headers), proxy)
    if length or method in WITH_BODY:
        return b"%bContent-Length: %d\r\n\r\n" % (head, length)
    return head + b"\r\n"


@lru_cache(maxsize=256)
def _head(method: str, address: Address, headers: tuple[tuple[str, str], ...], proxy: str | None) -> bytes:
    """All but the length: one after the other, requests to one server have the same."""
    if TOKEN.fullmatch(method) is None:
        raise LocalProtocolError("not a method", path="method")
    target = address.target if proxy is None else f"{address.origin}{address.target}"
    lines = [f"{method} {target} HTTP/1.1", f"Host: {address.authority}"]
    plain = True
    for name, value in headers:
        if header_name(name) == "accept-encoding":
            plain = False
        lines.append(f"{name}: {value}")
    if plain:
        # A stream of events is decoded piece by piece: compression would cost more than it saves.
        lines.append("Accept-Encoding: identity")
    if proxy:
        lines.append(f"Proxy-Authorization: {proxy}")
    lines.append("")
    text = "\r\n".join(lines)
    # One count over the whole head instead of a search in every value: both ends of the lines are known.
    breaks = len(lines) - 1
    if text.count("\n") != breaks or text.count("\r") != breaks or "\0" in text or not text.isascii():
        check_values(headers)
        return text.encode("latin-1")
    return text.encode("ascii")


def check_values(headers: Sequence[tuple[str, str]]) -> None:
    """Names the header whose value cannot be sent, never the value: it may be a key."""
    for name, value in headers:
        if UNSAFE.search(value):
            raise LocalProtocolError("a line break or NUL within a header", path=f"headers.{name.lower()}")
        if any(letter > "\xff" for letter in value):
            raise LocalProtocolError("a header beyond Latin-1", path=f"headers.{name.lower()}")
