"""Every kind of address that is not the public internet's, and its neighbours that are."""

import pytest

from moonwire.gateway.addresses import is_public

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "168.63.129.15",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:4860:4860::8888",
    "2001:200::1",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
    "3ffd::1",
]
INSIDE = {
    "this host": "0.0.0.0",
    "this network": "0.1.2.3",
    "private 10": "10.0.0.1",
    "private 10, last": "10.255.255.255",
    "carrier-grade NAT": "100.64.0.1",
    "carrier-grade NAT, last": "100.127.255.255",
    "a cloud's metadata in it": "100.100.100.200",
    "loopback": "127.0.0.1",
    "loopback, another": "127.255.255.254",
    "Azure's host": "168.63.129.16",
    "link-local": "169.254.0.1",
    "clouds' metadata": "169.254.169.254",
    "a container's metadata": "169.254.170.2",
    "private 172": "172.16.0.1",
    "private 172, last": "172.31.255.255",
    "protocols": "192.0.0.1",
    "a cloud's metadata in them": "192.0.0.192",
    "protocols, global to some": "192.0.0.9",
    "documentation 1": "192.0.2.1",
    "AS112": "192.31.196.1",
    "AMT": "192.52.193.1",
    "6to4's relay": "192.88.99.1",
    "private 192": "192.168.1.1",
    "AS112, delegated": "192.175.48.1",
    "measurements": "198.18.0.1",
    "measurements, last": "198.19.255.255",
    "documentation 2": "198.51.100.7",
    "documentation 3": "203.0.113.7",
    "multicast": "224.0.0.1",
    "multicast, global": "233.252.0.1",
    "multicast, last": "239.255.255.255",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "IPv6 unspecified": "::",
    "IPv6 loopback": "::1",
    "IPv4-compatible": "::127.0.0.1",
    "IPv4-compatible, public": "::8.8.8.8",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped metadata": "::ffff:a9fe:a9fe",
    "mapped, public": "::ffff:8.8.8.8",
    "translated SIIT": "::ffff:0:10.0.0.1",
    "NAT64": "64:ff9b::a00:1",
    "NAT64, public": "64:ff9b::808:808",
    "NAT64, local": "64:ff9b:1::1",
    "discard": "100::1",
    "dummy": "100:0:0:1::1",
    "Teredo": "2001::1",
    "benchmarking": "2001:2::1",
    "ORCHID": "2001:10::1",
    "ORCHIDv2": "2001:20::1",
    "IPv6 documentation": "2001:db8::1",
    "6to4 of loopback": "2002:7f00:1::",
    "6to4 of a private one": "2002:c0a8:101::1",
    "6to4, public": "2002:808:808::1",
    "IPv6 AS112": "2620:4f:8000::1",
    "6bone": "3ffe::1",
    "IPv6 documentation, new": "3fff::1",
    "not given out": "4000::1",
    "segment routing": "5f00::1",
    "unique local": "fc00::1",
    "unique local, a cloud's metadata": "fd00:ec2::254",
    "IPv6 link-local": "fe80::1",
    "IPv6 link-local with its zone": "fe80::1%eth0",
    "site-local": "fec0::1",
    "public with a zone": "2606:4700:4700::1111%1",
    "ISATAP of a private one": "2a00:1450:4001:81b:0:5efe:a00:1",
    "ISATAP, global bit": "2a00:1450:4001:81b:200:5efe:a00:1",
    "IPv6 multicast": "ff02::1",
    "IPv6 multicast, global": "ff0e::1",
}
NO_ADDRESS = [
    "",
    "localhost",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "1.1.1.1/32",
    "[::1]",
    " 1.1.1.1",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_the_internet_is_public(text: str) -> None:
    assert is_public(text)


@pytest.mark.parametrize("text", INSIDE.values(), ids=INSIDE)
def test_what_is_inside_is_not(text: str) -> None:
    assert not is_public(text)


@pytest.mark.parametrize("text", NO_ADDRESS)
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


def test_another_spelling_is_the_same_address() -> None:
    assert is_public("2606:4700:4700:0:0:0:0:1111")
    assert not is_public("0:0:0:0:0:FFFF:7F00:0001")
    assert not is_public("FE80:0::0001")
