"""Chance without a generator: each draw is a hash of what it is for, so no draw moves another."""

from hashlib import blake2b

__all__ = ["noise", "number", "share"]


def noise(size: int, *label: int | str) -> bytes:
    """So many bytes (64 at most) that depend on the label alone.

    >>> noise(4, 7, "x") == noise(4, 7, "x") != noise(4, 8, "x")
    True
    """
    return blake2b("\0".join(map(str, label)).encode(), digest_size=size).digest()


def share(*label: int | str) -> float:
    """A number from 0 up to, but without, 1."""
    # 53 bits are what a float holds exactly.
    return (int.from_bytes(noise(8, *label)) >> 11) / 2**53


def number(below: int, *label: int | str) -> int:
    """A whole number from 0 up to, but without, `below`."""
    return int.from_bytes(noise(8, *label)) % below
