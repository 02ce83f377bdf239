"""What the database sees in place of names, keys and values: keyed hashes and sealed bytes.

For each tenant two keys come out of the server's secret. One hashes names and keys, one seals values with
AES-SIV. That one because it is deterministic and meant to be: equal values seal equally, so a value that
stands under three keys is stored once and a conflict is seen without opening anything; its tag is a keyed
digest of the value; and there is no nonce that two processes could use twice.
"""

import hashlib

from moonwire.core.errors import MoonwireError
from moonwire.memory.secret import Secret
from moonwire.memory.tenant import Tenant

__all__ = ["DIGEST", "Cipher", "Sealer", "Vault", "derived"]

# Bytes of every hash and of AES-SIV's tag.
DIGEST = 16

_KEPT = 1024


class Sealer:
    """One tenant's two keys. Threads may share it."""

    __slots__ = ("_cipher", "_key", "tenant")

    def __init__(self, key: bytes, cipher: "Cipher") -> None:
        self._key = key
        self._cipher = cipher
        self.tenant = self._hash(b"tenant", b"")

    def name(self, conversation: str) -> bytes:
        """What a conversation is called in the database."""
        return self._hash(b"conversation", conversation.encode("utf-8", "surrogatepass"))

    def key(self, key: str) -> bytes:
        """What a key is called there."""
        return self._hash(b"key", key.encode("utf-8", "surrogatepass"))

    def seal(self, value: bytes) -> bytes:
        """The value, sealed; the first `DIGEST` bytes tell it from every other value of the tenant."""
        return self._cipher.seal(value, b"moonwire value")

    def open(self, sealed: bytes) -> bytes | None:
        """The value; None if it was sealed under another key, or is damaged."""
        return self._cipher.open(sealed, b"moonwire value")

    def bond(self, key: bytes, digest: bytes) -> bytes:
        """That this value stands under this key: nobody without the secret can put it under another."""
        return self._hash(b"bond", key + digest)

    def _hash(self, purpose: bytes, data: bytes) -> bytes:
        return hashlib.blake2b(data, digest_size=DIGEST, key=self._key, person=purpose).digest()


class Vault:
    """Derives each tenant's keys from the secret, once for as long as the tenant is about."""

    __slots__ = ("_sealers", "_secret", "mark")

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self._sealers: dict[Tenant, Sealer] = {}
        # Tells the conversations of one secret from those of another; nothing can be opened by it.
        self.mark = self._derived(b"mark", 8)
        # What this build of cryptography cannot do is found now, not in a thread.
        self._sealer(Tenant(b""))

    def of(self, tenant: Tenant) -> Sealer:
        """The tenant's keys."""
        sealer = self._sealers.get(tenant)
        if sealer is None:
            if len(self._sealers) >= _KEPT:
                # Derived anew in microseconds. Two threads at once do no harm: equal keys are equal.
                self._sealers.clear()
            sealer = self._sealers[tenant] = self._sealer(tenant)
        return sealer

    def _sealer(self, tenant: Tenant) -> Sealer:
        cipher = Cipher(self._derived(b"seal\0" + tenant.identity, 64))
        return Sealer(self._derived(b"index\0" + tenant.identity, 32), cipher)

    def _derived(self, purpose: bytes, length: int) -> bytes:
        return derived(self._secret, b"moonwire memory 1", purpose, length)


class Cipher:
    """AES-SIV under one key: deterministic, authenticated, bound to whatever is said beside the value."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        try:
            self._aead = AESSIV(key)
        except UnsupportedAlgorithm as error:
            raise MoonwireError(
                "this build of cryptography has no AES-SIV",
                path="cryptography",
                remedy="install one that is built with OpenSSL 3",
            ) from error

    def seal(self, value: bytes, *bound: bytes) -> bytes:
        """The value, sealed; the tag comes first."""
        return self._aead.encrypt(value, list(bound))

    def open(self, sealed: bytes, *bound: bytes) -> bytes | None:
        """The value; None if it was sealed under another key, bound to something else, or is damaged."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._aead.decrypt(sealed, list(bound))
        except (InvalidTag, ValueError):
            # ValueError: shorter than a tag.
            return None


def derived(secret: Secret, salt: bytes, purpose: bytes, length: int) -> bytes:
    """Bytes for one purpose out of the server's secret."""
    try:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF
    except ImportError as error:
        raise MoonwireError(
            "seals and a memory on disk need cryptography, which is not installed",
            path="cryptography",
            remedy="pip install 'moonwire[gateway]'",
        ) from error
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=purpose).derive(secret.reveal())
