"""How long and how much: what a caller may set, with defaults for upstreams that think for minutes."""

import msgspec

__all__ = ["Limits", "Timeouts"]


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """The deadlines of one request, in seconds; `math.inf` switches one off.

    - `pool`: waiting for a free connection.
    - `connect`: name lookup, TCP, the proxy's CONNECT and TLS together.
    - `write`: how long the server may take no byte of a request that is still being written.
    - `first_byte`: from the request's last byte to the end of the response's headers. 1xx do not count.
    - `idle`: how long a reader waits for the next piece. It runs only while somebody waits.
    - `total`: all of it, from `send` to the last byte of the body.
    """

    connect: float = 10.0
    write: float = 60.0
    first_byte: float = 600.0
    idle: float = 300.0
    total: float = 3600.0
    pool: float = 30.0


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a client may hold, and what a server may make it hold.

    - `per_origin`, `total`: connections, in use or idle.
    - `max_idle`, `keep_alive`: idle connections, and the seconds for which one is kept.
    - `header_bytes`: one response's headers; also its trailers, and what stands between two chunks.
    - `buffered_bytes`: undelivered body after which the socket is not read. One read may go beyond it.
    - `inflated_bytes`: what a compressed body may come to.
    """

    per_origin: int = 512
    total: int = 1024
    max_idle: int = 128
    keep_alive: float = 30.0
    header_bytes: int = 65536
    buffered_bytes: int = 262144
    inflated_bytes: int = 268435456
