"""JSON from whoever sends it: read, unless it is nested deeper than anything that was meant."""

from typing import Any, Final

import msgspec

__all__ = ["DEEPEST", "decode"]

DEEPEST: Final = 256
"""Objects and arrays within one another. Whatever walks over a body calls itself for each, and so does what
writes it down again; the stack has room for about a thousand calls."""


def decode(data: bytes) -> Any:
    """The value, or a `msgspec.DecodeError` for whatever is no JSON that can be worked with.

    >>> decode(b'{"a": [1]}')
    {'a': [1]}
    >>> decode(b"[" * 300 + b"]" * 300)
    Traceback (most recent call last):
    ...
    msgspec.DecodeError: JSON is nested too deeply
    """
    try:
        value = msgspec.json.decode(data)
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError(f"JSON is not UTF-8: {error.reason}") from error
    except RecursionError:
        raise msgspec.DecodeError("JSON is nested too deeply") from None
    # Few brackets cannot be deep.
    if data.count(b"{") + data.count(b"[") > DEEPEST and _deeper(value):
        raise msgspec.DecodeError("JSON is nested too deeply")
    return value


def _deeper(value: Any) -> bool:
    """Whether it is deeper than `DEEPEST`, found out level by level."""
    level = [value]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner += one.values()
            elif isinstance(one, list):
                inner += one
        level = inner
        if not level:
            return False
    return any(isinstance(one, dict | list) for one in level)
