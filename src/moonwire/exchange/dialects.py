"""Every dialect that a caller may speak, and which one is spoken where."""

from typing import Final

from moonwire.exchange.dialect import CHAT, Dialect

__all__ = ["DIALECTS", "spoken_at"]

DIALECTS: Final[tuple[Dialect, ...]] = (CHAT,)


def spoken_at(path: str) -> Dialect:
    """The dialect of a path; of what is no dialect's own, Chat Completions.

    >>> spoken_at("/v1/models").name
    'chat'
    """
    return next((one for one in DIALECTS if path.startswith(one.paths)), CHAT)
