"""Tenants: whom nobody can claim to be."""

from hypothesis import given
from hypothesis import strategies as st

from moonwire.memory.secret import Secret
from moonwire.memory.tenant import Tenant
from tests.memory.samples import SECRET

TEXT = st.text(st.characters(), max_size=40)


@given(TEXT, TEXT)
def test_equal_claims_are_one_tenant_and_others_are_not(one: str, other: str) -> None:
    assert (Tenant.of_client(one) == Tenant.of_client(other)) == (one == other)
    same = Tenant.of_credential(one, SECRET) == Tenant.of_credential(other, SECRET)
    assert same == (one == other)


@given(TEXT)
def test_no_client_name_is_a_credentials_tenant(name: str) -> None:
    tenant = Tenant.of_credential(name, SECRET)
    assert tenant != Tenant.of_client(name)
    assert tenant != Tenant.of_client(tenant.identity.decode("latin-1"))
    assert Tenant.of_client(name).identity.startswith(b"client\0")


def test_a_credential_is_not_in_its_tenant_and_needs_the_secret() -> None:
    tenant = Tenant.of_credential("sk-very-secret", SECRET)
    assert "very" not in repr(tenant)
    assert tenant != Tenant.of_credential("sk-very-secret", Secret(b"t" * 32))
