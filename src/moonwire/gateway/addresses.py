"""Which IP addresses are the public internet's. Everything else is somebody's inside, and maybe ours.

The table does not lean on `ipaddress.is_global` alone: what that knows differs between releases of Python, it
says nothing of addresses that carry another one inside them, and it takes a cloud's inner host for public.
"""

import ipaddress
from typing import Final

__all__ = ["is_public"]

# The IANA registries of special addresses (RFC 6890 and its updates), with what they do not list.
_NO_V4: Final = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # between a carrier and its customers; a cloud has its metadata there too
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's host, seen from its machines: public by its number alone
        "169.254.0.0/16",  # link-local, with the metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocols; a cloud has its metadata there
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT relays
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # measurements
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
# All that is given out to the internet. Loopback, mapped and translated IPv4 (::/8, 64:ff9b::/96), unique
# local, link-local and multicast addresses are beyond it.
_V6: Final = ipaddress.IPv6Network("2000::/3")
_NO_V6: Final = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocols, Teredo's tunnels and measurements among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address, of any kind, is inside
        "2620:4f:8000::/48",  # AS112
        "3ffe::/16",  # the 6bone, given back
        "3fff::/20",  # documentation
    )
)
_ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})
"""The third quarter of an address that carries an IPv4 address in its fourth (RFC 5214, 6.1)."""


def is_public(text: str) -> bool:
    """Whether this is an address of the public internet. What is no address is not.

    >>> is_public("1.1.1.1"), is_public("2606:4700:4700::1111")
    (True, True)
    >>> [is_public(text) for text in ("127.0.0.1", "::ffff:1.1.1.1", "fe80::1%eth0", "example.org")]
    [False, False, False, False]
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _NO_V4)
    if address.scope_id is not None or address not in _V6:
        return False
    embeds = int(address) >> 32 & 0xFFFF_FFFF in _ISATAP
    return not embeds and not any(address in network for network in _NO_V6)
