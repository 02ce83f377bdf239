"""HTTP/1.1 to the upstream: a pool of connections, deadlines, backpressure, errors that say what happened."""

from moonwire.transport.client import Client
from moonwire.transport.errors import (
    BodyTooLarge,
    ClientClosed,
    ConnectFailed,
    ConnectTimeout,
    Disconnected,
    FirstByteTimeout,
    IdleTimeout,
    PoolTimeout,
    TotalTimeout,
    Truncated,
    WriteTimeout,
)
from moonwire.transport.response import Response
from moonwire.transport.settings import Limits, Timeouts
from moonwire.transport.tls import TLS

__all__ = [
    "TLS",
    "BodyTooLarge",
    "Client",
    "ClientClosed",
    "ConnectFailed",
    "ConnectTimeout",
    "Disconnected",
    "FirstByteTimeout",
    "IdleTimeout",
    "Limits",
    "PoolTimeout",
    "Response",
    "Timeouts",
    "TotalTimeout",
    "Truncated",
    "WriteTimeout",
]
