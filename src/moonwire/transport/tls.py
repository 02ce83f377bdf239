"""TLS towards the upstream: the system's trust unless told otherwise, and nothing older than 1.2."""

import ssl

import msgspec

from moonwire.core.errors import LocalProtocolError

__all__ = ["TLS", "context"]


class TLS(msgspec.Struct, frozen=True, kw_only=True):
    """How to know the server, and how to be known by it.

    `ca_file` replaces the system's authorities. `cert_file` and `key_file` are this client's own.
    `server_name` is what the certificate must name, and SNI, where it is not the URL's host.
    """

    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    verify: bool = True
    server_name: str | None = None


def context(tls: TLS) -> ssl.SSLContext:
    """A context for all connections of one client. Reading the authorities takes milliseconds: do it once."""
    try:
        made = ssl.create_default_context(cafile=tls.ca_file)
        if tls.cert_file:
            # A password would be asked for on the terminal of a server.
            made.load_cert_chain(tls.cert_file, tls.key_file, password=no_password)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        text = getattr(error, "strerror", None) or str(error)
        raise LocalProtocolError(f"the TLS files cannot be used: {text}", path="tls") from error
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_alpn_protocols(["http/1.1"])
    if not tls.verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


def no_password() -> str:
    """Called by `ssl` for an encrypted key."""
    raise ValueError("the key is encrypted")
