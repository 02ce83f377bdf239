"""Who may come in, and what a body may be."""

import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.gateway.guard import Caller, Client, Denied, Guard, depth_of, host_of, key_of, read_body
from moonwire.gateway.http import Call
from moonwire.memory import Secret, Tenant

SECRET = Secret.random()


def guard(*clients: Client, **more: Any) -> Guard:
    return Guard(clients, tenant=lambda key: Tenant.of_credential(key, SECRET), **more)


def client(name: str, *keys: str) -> Client:
    return Client(name, tuple(hashlib.sha256(key.encode()).digest() for key in keys))


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("127.0.0.1", "127.0.0.1"),
        (" Example.COM:80 ", "example.com"),
        ("[::1]", "::1"),
        ("[::1]:80", "::1"),
        ("fe80::1", "fe80::1"),
        ("", ""),
    ],
)
def test_a_hosts_name_is_read_without_its_port(header: str, host: str) -> None:
    assert host_of(header) == host


@pytest.mark.parametrize("host", ["", "evil", "localhost.evil", "127.0.0.1, evil", "0.0.0.0", "127.0.0.2"])
def test_only_listed_names_are_answered_to(host: str) -> None:
    with pytest.raises(Denied) as caught:
        guard().check_place({"host": host})
    assert (caught.value.status, caught.value.path) == (421, "host")
    guard(hosts=["*"]).check_place({"host": host})


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8370", "http://localhost", "null", ""])
def test_no_page_is_let_in_by_itself(origin: str) -> None:
    with pytest.raises(Denied) as caught:
        guard().check_place({"host": "localhost", "origin": origin})
    assert caught.value.status == 403


def test_a_listed_page_is_let_in_in_any_case() -> None:
    let = guard(origins=["https://Page.example/"])
    let.check_place({"host": "localhost", "origin": "https://page.EXAMPLE", "sec-fetch-site": "cross-site"})
    with pytest.raises(Denied):
        let.check_place({"host": "localhost", "origin": "https://page.example:444"})


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"authorization": "Bearer a"}, "a"),
        ({"authorization": "bearer   a "}, "a"),
        ({"authorization": "Basic a", "x-api-key": "b"}, "b"),
        ({"authorization": "Bearer ", "x-api-key": " b "}, "b"),
        ({}, ""),
    ],
)
def test_a_key_is_found_where_clients_put_it(headers: dict[str, str], key: str) -> None:
    assert key_of(headers) == key


def test_without_clients_everyone_is_a_tenant_of_its_own() -> None:
    one, same, other, none = (
        guard().identify({"x-api-key": key}) for key in ("sk-one", "sk-one", "sk-other", "")
    )
    assert one.tenant == same.tenant != other.tenant
    assert (one.key, none.key) == ("sk-one", None)
    assert none.tenant not in (one.tenant, other.tenant)
    assert "sk-one" not in repr(one) and repr(Caller(tenant=one.tenant, name="a")) == "Caller(a)"


def test_a_client_is_one_tenant_whatever_its_key_and_its_key_goes_no_further() -> None:
    let = guard(client("a", "k1", "k2"), client("b", "k3"))
    first, second, third = (let.identify({"x-api-key": key}) for key in ("k1", "k2", "k3"))
    assert (first.name, first.key) == ("a", None)
    assert first.tenant == second.tenant == Tenant.of_client("a") != third.tenant
    for key in ("k4", "", "k", "\u00e9", "\ud800"):
        with pytest.raises(Denied) as caught:
            let.identify({"x-api-key": key})
        assert (caught.value.status, caught.value.path) == (401, "authorization")
        assert not key or key not in str(caught.value).replace("key", "")


def test_every_key_is_compared_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bool] = []

    def compare(one: Any, other: Any) -> bool:
        compared.append(one == other)
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", compare)
    let = guard(client("a", "k1", "k2"), client("b", "k3"))
    let.identify({"x-api-key": "k1"})
    assert compared == [True, False, False]
    with pytest.raises(Denied):
        let.identify({"x-api-key": "k"})
    assert len(compared) == 6


DEPTHS: dict[str, tuple[bytes, int]] = {
    "flat": (b"[" * 1 + b"]", 1),
    "brackets in texts": (b'["[[[[[[", {"a]]": "\\"[[["}]', 2),
    "up and down": (b"[[],[],[[[]]]]", 4),
    "a text without end": (b'[[["[[[[[[[', 3),
    "a text that ends in a backslash": (b'[["[[[[[[[\\', 2),
}


@pytest.mark.parametrize(("data", "depth"), DEPTHS.values(), ids=DEPTHS)
def test_depth_is_that_of_brackets_outside_of_texts(data: bytes, depth: int) -> None:
    # Padded, since a text of few brackets is not looked at.
    assert depth_of(b"[]" * 50 + data, 20) == depth
    assert depth_of(data, 1000) == 0


def test_depth_takes_time_by_the_byte() -> None:
    hostile = b"[" * 150 + b'"' + b'\\"' * 1_000_000
    begun = time.process_time()
    assert depth_of(hostile, 100) > 100
    assert depth_of(b"[]" * 150 + hostile[150:], 100) == 1
    assert time.process_time() - begun < 2


def call(body: bytes, **more: Any) -> Call:
    return Call(method="POST", path="/", body=body, **more)


def test_a_body_is_an_object() -> None:
    assert read_body(call(b'{"a": [1]}'), limit=9, messages=9) == {"a": [1]}
    nested = b'{"messages":[{"content":"' + b"[" * 500 + b'"}]}'
    assert read_body(call(nested), limit=9, messages=1)["messages"]


@pytest.mark.parametrize(
    ("made", "status"), [(call(b"", trouble="large"), 413), (call(b"", trouble="late"), 408)]
)
def test_a_body_that_was_not_kept_is_refused(made: Call, status: int) -> None:
    with pytest.raises(Denied) as caught:
        read_body(made, limit=9, messages=9)
    assert (caught.value.status, caught.value.path) == (status, "body")
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"\xff", "no JSON"),
        (b"nan", "no JSON"),
        (b"3", "no object"),
        (b"[]", "no object"),
        (b'{"a":' * 201 + b"1" + b"}" * 201, "more than 200 levels"),
        (json.dumps({"messages": [1, 2, 3]}).encode(), "more than 2 messages"),
    ],
)
def test_a_body_that_is_none_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(LocalProtocolError, match=said):
        read_body(call(body), limit=9, messages=2)
