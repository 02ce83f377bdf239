"""Whose memory it is. Tenants never meet: every key and every value is under a key of the tenant's own."""

import hmac

import msgspec

from moonwire.memory.secret import Secret

__all__ = ["Tenant"]


class Tenant(msgspec.Struct, frozen=True):
    """One party, by an identity that nobody can claim.

    A client that the operator configured, else what a credential hashes to under the server's secret. Never
    a claim in a token that nobody verified: whoever writes it there would read another's reasoning.

    >>> Tenant.of_client("a") == Tenant.of_client("a"), Tenant.of_client("a") == Tenant.of_client("b")
    (True, False)
    """

    identity: bytes

    @classmethod
    def of_client(cls, name: str) -> "Tenant":
        """A client that the configuration names."""
        return cls(b"client\0" + name.encode("utf-8", "surrogatepass"))

    @classmethod
    def of_credential(cls, credential: str, secret: Secret) -> "Tenant":
        """Whoever holds this credential; those without any are one tenant."""
        shown = b"moonwire tenant\0" + credential.encode("utf-8", "surrogatepass")
        return cls(b"credential\0" + hmac.digest(secret.reveal(), shown, "sha256"))
