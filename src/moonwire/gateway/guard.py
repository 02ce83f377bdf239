"""Who may come in: hosts and origins first, then the client's key, then what the body may be."""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from moonwire.core.errors import LocalProtocolError, MoonwireError
from moonwire.gateway.http import Call
from moonwire.memory import Tenant

__all__ = ["Caller", "Client", "Denied", "Guard", "check_body", "depth_of", "host_of", "key_of", "read_body"]

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Denied(MoonwireError):
    """Not let in. `status` is what the caller is told."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        remedy: str = "",
        path: str = "",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message, path=path, remedy=remedy)
        self.status = status
        self.headers = headers


class Client(msgspec.Struct, frozen=True):
    """A client that the operator named, with the SHA-256 of each of its keys."""

    name: str
    digests: tuple[bytes, ...]


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: whose memory it is, and the key that it brought for an upstream."""

    tenant: Tenant
    name: str = ""
    key: str | None = None

    def __repr__(self) -> str:
        return f"Caller({self.name or 'unnamed'})"


class Guard:
    """Decides about every request before anything of it is read."""

    def __init__(
        self,
        clients: Sequence[Client] = (),
        *,
        hosts: Sequence[str] = (),
        origins: Sequence[str] = (),
        tenant: Callable[[str], Tenant],
    ) -> None:
        self._clients = tuple(clients)
        self._hosts = LOOPBACK | {host.lower() for host in hosts}
        self._any_host = "*" in hosts
        self._origins = frozenset(origin.lower().rstrip("/") for origin in origins)
        self._tenant = tenant

    def check_place(self, headers: Mapping[str, str]) -> None:
        """A page in a browser must not reach a gateway on the same machine, by whatever name."""
        host = host_of(headers.get("host", ""))
        if not self._any_host and host not in self._hosts:
            raise Denied(
                f"this gateway is not called {host or 'that'}",
                status=421,
                path="host",
                remedy="use 127.0.0.1, or list the name under server.allowed_hosts",
            )
        origin = headers.get("origin")
        # An image or a form of a page has no Origin in some browsers, but says where it comes from.
        strange = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        if strange if origin is None else origin.lower().rstrip("/") not in self._origins:
            raise Denied(
                "requests of web pages are not taken",
                status=403,
                path="origin",
                remedy="list the page's origin under server.allowed_origins",
            )

    def identify(self, headers: Mapping[str, str]) -> Caller:
        """The caller, by its key."""
        key = key_of(headers)
        if not self._clients:
            return Caller(tenant=self._tenant(key), key=key or None)
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
        found = ""
        # All of them, always: how long it takes tells nothing of how near a guess was.
        for client in self._clients:
            for known in client.digests:
                if hmac.compare_digest(digest, known):
                    found = client.name
        if not found:
            raise Denied(
                "no client has this key" if key else "no key was given",
                status=401,
                path="authorization",
                remedy="send a client's key as `Authorization: Bearer …`",
            )
        return Caller(tenant=Tenant.of_client(found), name=found)


def key_of(headers: Mapping[str, str]) -> str:
    """The key that a caller brought; empty: none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return headers.get("x-api-key", "").strip()


def host_of(header: str) -> str:
    """The host's name without its port, in lower case.

    >>> host_of("LOCALHOST:8370"), host_of("[::1]:8370"), host_of("::1")
    ('localhost', '::1', '::1')
    """
    text = header.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text if text.count(":") > 1 else text.partition(":")[0]


# -- the body ------------------------------------------------------------------------------------------

_decode: Final = msgspec.json.Decoder().decode


# A string without an end is one up to the end: to look for another start within it would take for ever.
_BRACKETS: Final = re.compile(rb'[\[\]{}]|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)


def depth_of(data: bytes, most: int) -> int:
    """How deep a JSON text is nested; counting ends one beyond `most`, and where it cannot be more it is 0.

    >>> depth_of(b'{"a": [1, "[[["]}', 1), depth_of(b'{"a": [1, "[[["]}', 9)
    (2, 0)
    """
    # Nothing is deeper than it has brackets, and nearly nothing has as many as that.
    if data.count(b"[") + data.count(b"{") <= most:
        return 0
    depth = deepest = 0
    for match in _BRACKETS.finditer(data):
        mark = match[0][:1]
        if mark in b"[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > most:
                break
        elif mark in b"]}":
            depth -= 1
    return deepest


def check_body(call: Call, limit: int) -> None:
    """A body that was not kept is refused."""
    if call.trouble == "large":
        raise Denied(
            f"the body has more than {limit:,} bytes",
            status=413,
            path="body",
            remedy="compact the conversation, or raise limits.body_bytes",
        )
    if call.trouble == "late":
        raise Denied("the body did not come", status=408, path="body", remedy="send it without long pauses")


def read_body(call: Call, *, limit: int, messages: int, depth: int = 200) -> dict[str, Any]:
    """The body as an object, or an error that says what it is instead."""
    check_body(call, limit)
    if depth_of(call.body, depth) > depth:
        raise LocalProtocolError(
            f"nested more than {depth} levels deep",
            path="body",
            remedy="no server of Kimi takes more than a few hundred levels",
        )
    try:
        value = _decode(call.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LocalProtocolError(
            f"the body is no JSON: {error}", path="body", remedy="send a JSON object"
        ) from None
    if not isinstance(value, dict):
        raise LocalProtocolError("the body is no object", path="body", remedy="send a JSON object")
    body: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType] -- keys of JSON are text
    for name in ("messages", "input"):
        given = body.get(name)
        if isinstance(given, list) and len(given) > messages:  # pyright: ignore[reportUnknownArgumentType] -- whatever the list holds, it is counted
            raise LocalProtocolError(
                f"more than {messages:,} messages", path=name, remedy="compact the conversation"
            )
    return body
