"""What can go wrong between two sockets, one class each. All name the origin, and never more of the URL.

What is no HTTP is a `RemoteProtocolError`: that is the server's fault, and no network can cause it. A body
that breaks off is a `Truncated`, whoever cut it: a dying server and a dying network look the same from here.
"""

from typing import Literal

from moonwire.core.errors import TransportError

__all__ = [
    "AtOrigin",
    "BodyTooLarge",
    "ClientClosed",
    "ConnectFailed",
    "ConnectStage",
    "ConnectTimeout",
    "Deadline",
    "Disconnected",
    "FirstByteTimeout",
    "IdleTimeout",
    "PoolTimeout",
    "TotalTimeout",
    "Truncated",
    "WriteTimeout",
]

ConnectStage = Literal["dns", "refused", "network", "tls", "proxy"]


class AtOrigin(TransportError):
    """Base of this module. `origin` is scheme, host and port."""

    def __init__(self, message: str, *, origin: str, remedy: str = "") -> None:
        super().__init__(f"{origin}: {message}", remedy=remedy)
        self.origin = origin


class ConnectFailed(AtOrigin):
    """No connection. `stage` is where it ended; for `proxy`, `status` is what the proxy said, if it did."""

    def __init__(
        self, message: str, *, origin: str, stage: ConnectStage, status: int | None = None, remedy: str = ""
    ) -> None:
        super().__init__(message, origin=origin, remedy=remedy)
        self.stage: ConnectStage = stage
        self.status = status


class ClientClosed(AtOrigin):
    """`Client.aclose` was called while this was under way, or before."""

    def __init__(self, *, origin: str) -> None:
        super().__init__("the client was closed", origin=origin)


class BodyTooLarge(AtOrigin):
    """The body is larger than `limit`, which the caller of `Response.read` has set."""

    def __init__(self, *, origin: str, limit: int) -> None:
        super().__init__(f"the body is larger than {limit} bytes", origin=origin)
        self.limit = limit


class Deadline(AtOrigin):
    """Something took longer than `seconds`."""

    status_hint = 504
    text = "not done within"

    def __init__(self, *, origin: str, seconds: float) -> None:
        super().__init__(f"{self.text} {seconds:g} s", origin=origin)
        self.seconds = seconds


class PoolTimeout(Deadline):
    """All connections were in use for that long. Nothing was sent."""

    status_hint = 503
    text = "no connection came free within"


class ConnectTimeout(Deadline):
    """Name lookup, TCP, the proxy and TLS together took that long. Nothing was sent."""

    text = "not connected within"


class WriteTimeout(Deadline):
    """The server took no byte of the request for that long."""

    text = "the request was not taken within"


class FirstByteTimeout(Deadline):
    """The request was written, and the response's headers did not come."""

    text = "no response within"


class IdleTimeout(Deadline):
    """The body stopped, with a reader waiting for it."""

    text = "the response stopped for"


class TotalTimeout(Deadline):
    """The whole exchange took that long."""


class Disconnected(AtOrigin):
    """The connection ended before the response did.

    `before_response`: not one byte of the response had come. `sent`: the request was written out, so the
    server may have acted on it; False if some of it was still here.
    """

    def __init__(
        self, message: str = "", *, origin: str, before_response: bool = False, sent: bool = True
    ) -> None:
        if not message:
            message = f"disconnected {'before' if before_response else 'within'} the response"
        super().__init__(message, origin=origin)
        self.before_response = before_response
        self.sent = sent


class Truncated(Disconnected):
    """The connection ended within the body. `received` counts what came of it, before decoding.

    `expected` is the Content-Length; None for a chunked body, or one that ends with the connection.
    """

    def __init__(self, *, origin: str, received: int, expected: int | None = None, sent: bool = True) -> None:
        of = "" if expected is None else f" of {expected}"
        super().__init__(f"disconnected after {received}{of} bytes of the body", origin=origin, sent=sent)
        self.received = received
        self.expected = expected
