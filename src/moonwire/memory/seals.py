"""Seals: a turn's true reasoning in bytes that a caller keeps for us and can neither read nor change.

Anthropic's clients send a `signature` back with each thinking block, Responses' an `encrypted_content` with
each reasoning item. What stands there is ours: the reasoning itself, under AES-SIV and a key of the tenant's,
bound to what stood before the turn. So a gateway without any memory can put back what a client shortened, and
whatever was tampered with, is another tenant's or another turn's is no seal at all: ignored, never an error.
"""

import base64
import binascii
import zlib
from typing import TYPE_CHECKING, Final

from moonwire.core.errors import MoonwireError
from moonwire.memory.secret import Secret
from moonwire.memory.tenant import Tenant

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

__all__ = ["LARGEST", "Seals"]

_MARK: Final = b"mw\x01"
_ID: Final = 4
_KEPT: Final = 1024

LARGEST: Final = 4 << 20
"""The longest reasoning, in bytes, that is sealed and opened: what is longer is the memory's alone."""


class Seals:
    """Makes and opens seals under one secret. Equal reasoning of one turn seals equally.

    >>> seals = Seals(Secret(bytes(32)))
    >>> ann, bob = Tenant.of_client("ann"), Tenant.of_client("bob")
    >>> sealed = seals.seal(ann, b"turn", "I think.")
    >>> seals.open(ann, b"turn", sealed), seals.open(bob, b"turn", sealed), seals.open(ann, b"other", sealed)
    ('I think.', None, None)
    """

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self._id = self._derived(b"id", _ID)
        self._keys: dict[Tenant, AESSIV] = {}

    def seal(self, tenant: Tenant, turn: bytes, reasoning: str) -> str:
        """The seal; empty where the reasoning is too long for one."""
        data = reasoning.encode("utf-8", "surrogatepass")
        if len(data) > LARGEST:
            return ""
        sealed = self._key(tenant).encrypt(zlib.compress(data), [turn, b"moonwire turn"])
        return base64.b64encode(_MARK + self._id + sealed).decode("ascii")

    def open(self, tenant: Tenant, turn: bytes, sealed: str) -> str | None:
        """The reasoning; None for whatever is not this tenant's seal of this turn."""
        from cryptography.exceptions import InvalidTag

        head = _MARK + self._id
        try:
            data = base64.b64decode(sealed, validate=True)
        except (binascii.Error, ValueError):
            return None
        if not data.startswith(head):
            return None
        try:
            packed = self._key(tenant).decrypt(data[len(head) :], [turn, b"moonwire turn"])
        except (InvalidTag, ValueError):
            # ValueError: shorter than a tag.
            return None
        # It was sealed here, so it is as long as it may be.
        return zlib.decompress(packed).decode("utf-8", "surrogatepass")

    def _key(self, tenant: Tenant) -> "AESSIV":
        key = self._keys.get(tenant)
        if key is None:
            from cryptography.hazmat.primitives.ciphers.aead import AESSIV

            if len(self._keys) >= _KEPT:
                self._keys.clear()
            key = self._keys[tenant] = AESSIV(self._derived(b"turn\0" + tenant.identity, 64))
        return key

    def _derived(self, purpose: bytes, length: int) -> bytes:
        try:
            from cryptography.hazmat.primitives.hashes import SHA256
            from cryptography.hazmat.primitives.kdf.hkdf import HKDF
        except ImportError as error:
            raise MoonwireError(
                "seals need cryptography, which is not installed",
                path="cryptography",
                remedy="pip install 'moonwire[gateway]'",
            ) from error
        kdf = HKDF(algorithm=SHA256(), length=length, salt=b"moonwire seals 1", info=purpose)
        return kdf.derive(self._secret.reveal())
