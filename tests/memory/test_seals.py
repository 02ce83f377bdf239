"""Seals: what a caller keeps for us."""

import base64
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.errors import MoonwireError
from moonwire.memory import Secret, Tenant
from moonwire.memory.seals import LARGEST, Seals

ANN, BOB = Tenant.of_client("ann"), Tenant.of_client("bob")
SEALS = Seals(Secret(bytes(32)))
TURN = b"what stood before"


@given(st.text(st.characters(), max_size=200))
def test_what_is_sealed_is_opened_and_the_same_seals_the_same(text: str) -> None:
    sealed = SEALS.seal(ANN, TURN, text)
    assert SEALS.open(ANN, TURN, sealed) == text
    assert Seals(Secret(bytes(32))).seal(ANN, TURN, text) == sealed
    assert text not in sealed or len(text) < 4


def test_nobody_else_and_no_other_turn_opens_it() -> None:
    sealed = SEALS.seal(ANN, TURN, "I think.")
    assert SEALS.open(BOB, TURN, sealed) is None
    assert SEALS.open(ANN, b"another", sealed) is None
    assert Seals(Secret(b"\1" * 32)).open(ANN, TURN, sealed) is None


@pytest.mark.parametrize(
    "sealed", ["", "EqQBCkYIBRgC", "not base64!", "ü", "bXcB", base64.b64encode(b"mw\x01").decode()]
)
def test_what_is_no_seal_of_ours_is_ignored(sealed: str) -> None:
    assert SEALS.open(ANN, TURN, sealed) is None


@given(st.data())
def test_what_was_tampered_with_is_ignored(data: st.DataObject) -> None:
    raw = bytearray(base64.b64decode(SEALS.seal(ANN, TURN, "I think.")))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    assert SEALS.open(ANN, TURN, base64.b64encode(raw).decode()) is None
    cut = data.draw(st.integers(0, len(raw) - 1))
    assert SEALS.open(ANN, TURN, base64.b64encode(raw[:cut]).decode()) is None


def test_half_a_character_is_sealed_as_it_is() -> None:
    assert SEALS.open(ANN, TURN, SEALS.seal(ANN, TURN, "\ud83d")) == "\ud83d"


def test_reasoning_is_packed_and_what_is_too_long_has_no_seal() -> None:
    assert len(SEALS.seal(ANN, TURN, "I think again and again. " * 1000)) < 1000
    assert SEALS.seal(ANN, TURN, "x" * (LARGEST + 1)) == ""


def test_many_tenants_are_no_more_than_are_kept() -> None:
    seals = Seals(Secret(bytes(32)))
    sealed = seals.seal(ANN, TURN, "I think.")
    for number in range(1100):
        seals.seal(Tenant.of_client(str(number)), TURN, "x")
    assert seals.open(ANN, TURN, sealed) == "I think."


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.kdf.hkdf", None)
    with pytest.raises(MoonwireError, match="gateway") as caught:
        Seals(Secret(bytes(32)))
    assert caught.value.path == "cryptography"
