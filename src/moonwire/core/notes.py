"""What moonwire changed, and why: one frozen value for each repair."""

from typing import Any, Literal

import msgspec

__all__ = ["Level", "Note"]

Level = Literal["info", "warning"]


class Note(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, repr_omit_defaults=True):
    """One repair: what was found, what stands there now, and the trouble that this avoids.

    `level` is `"warning"` where something the caller or the model said was weakened or lost its
    place, `"info"` where the meaning is unchanged.

    >>> Note(code="call-unclosed", path="calls[0]", reason="the end marker never came").code
    'call-unclosed'
    """

    code: str
    reason: str
    level: Level = "info"
    path: str = ""
    before: Any = None
    after: Any = None
    avoids: str = ""
    source: str = ""
