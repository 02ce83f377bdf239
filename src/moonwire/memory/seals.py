"""Seals: a turn's true reasoning in bytes that a caller keeps for us and can neither read nor change.

Anthropic's clients send a `signature` back with each thinking block, Responses' an `encrypted_content` with
each reasoning item. What stands there is ours: the reasoning itself, under AES-SIV and a key of the tenant's,
bound to what stood before the turn. So a gateway without any memory can put back what a client shortened, and
whatever was tampered with, is another tenant's or another turn's is no seal at all: ignored, never an error.
"""

import base64
import binascii
import zlib
from typing import Final

from moonwire.memory.sealing import Cipher, derived
from moonwire.memory.secret import Secret
from moonwire.memory.tenant import Tenant

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
        self._ciphers: dict[Tenant, Cipher] = {}

    def seal(self, tenant: Tenant, turn: bytes, reasoning: str) -> str:
        """The seal; empty where the reasoning is too long for one."""
        data = reasoning.encode("utf-8", "surrogatepass")
        if len(data) > LARGEST:
            return ""
        sealed = self._cipher(tenant).seal(zlib.compress(data), turn, b"moonwire turn")
        return base64.b64encode(_MARK + self._id + sealed).decode("ascii")

    def open(self, tenant: Tenant, turn: bytes, sealed: str) -> str | None:
        """The reasoning; None for whatever is not this tenant's seal of this turn."""
        head = _MARK + self._id
        try:
            data = base64.b64decode(sealed, validate=True)
        except (binascii.Error, ValueError):
            return None
        if not data.startswith(head):
            return None
        packed = self._cipher(tenant).open(data[len(head) :], turn, b"moonwire turn")
        if packed is None:
            return None
        # It was sealed here, so it is as long as it may be.
        return zlib.decompress(packed).decode("utf-8", "surrogatepass")

    def _cipher(self, tenant: Tenant) -> Cipher:
        cipher = self._ciphers.get(tenant)
        if cipher is None:
            if len(self._ciphers) >= _KEPT:
                self._ciphers.clear()
            cipher = self._ciphers[tenant] = Cipher(self._derived(b"turn\0" + tenant.identity, 64))
        return cipher

    def _derived(self, purpose: bytes, length: int) -> bytes:
        return derived(self._secret, b"moonwire seals 1", purpose, length)
