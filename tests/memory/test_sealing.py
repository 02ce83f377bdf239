"""Sealing: per tenant, per secret, deterministic, and tied to the key."""

import builtins
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import aead
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.errors import MoonwireError
from moonwire.memory.sealing import DIGEST, Vault
from moonwire.memory.secret import Secret
from moonwire.memory.tenant import Tenant
from tests.memory.samples import ANN, BOB, SECRET

OTHER = Secret(b"t" * 32)


@given(st.binary(min_size=1, max_size=300))
def test_what_is_sealed_opens_for_its_tenant_and_its_secret_alone(value: bytes) -> None:
    sealer = Vault(SECRET).of(ANN)
    sealed = sealer.seal(value)
    assert sealer.open(sealed) == value
    # By another process as well, and to the same bytes.
    assert Vault(SECRET).of(ANN).seal(value) == sealed
    assert len(sealed) == len(value) + DIGEST
    for stranger in (Vault(SECRET).of(BOB), Vault(OTHER).of(ANN)):
        assert stranger.open(sealed) is None
        assert stranger.seal(value) != sealed


@given(st.binary(min_size=1, max_size=100), st.integers(min_value=0))
def test_damage_is_seen(value: bytes, where: int) -> None:
    sealer = Vault(SECRET).of(ANN)
    sealed = bytearray(sealer.seal(value))
    sealed[where % len(sealed)] ^= 1
    assert sealer.open(bytes(sealed)) is None
    assert sealer.open(bytes(sealed[:5])) is None
    assert sealer.open(b"") is None


def test_hashes_differ_by_purpose_text_tenant_and_secret() -> None:
    sealers = [Vault(SECRET).of(ANN), Vault(SECRET).of(BOB), Vault(OTHER).of(ANN)]
    hashes = [made for one in sealers for made in (one.key("a"), one.key("b"), one.name("a"), one.tenant)]
    hashes += [sealers[0].bond(b"a", b"b"), sealers[0].bond(b"a", b"c"), sealers[0].bond(b"c", b"b")]
    assert len(set(hashes)) == len(hashes)
    assert {len(made) for made in hashes} == {DIGEST}
    assert Vault(SECRET).mark != Vault(OTHER).mark


def test_many_tenants_do_not_pile_up() -> None:
    vault = Vault(SECRET)
    first = vault.of(ANN).key("a")
    for number in range(1100):
        vault.of(Tenant.of_client(str(number)))
    assert len(vault._sealers) < 1100
    assert vault.of(ANN).key("a") == first


def test_without_cryptography_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name.startswith("cryptography"):
            raise ImportError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MoonwireError, match=r"moonwire\[gateway\]"):
        Vault(SECRET)


def test_a_build_without_the_cipher_is_found_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(key: bytes) -> None:
        raise UnsupportedAlgorithm(str(len(key)))

    monkeypatch.setattr(aead, "AESSIV", unsupported)
    with pytest.raises(MoonwireError, match="AES-SIV"):
        Vault(SECRET)
