"""What a server does with one answer, as values: whoever owns the socket performs them in order."""

from collections.abc import Iterable
from typing import Final

import msgspec

__all__ = [
    "TERMINAL",
    "Close",
    "End",
    "Hang",
    "Head",
    "Planned",
    "Refuse",
    "Reset",
    "Send",
    "Step",
    "Wait",
]


class Planned(msgspec.Struct, frozen=True):
    """The answer as it was meant. Of a stream each piece is one whole event; else there is one piece."""

    status: int
    headers: list[tuple[str, str]]
    pieces: Iterable[bytes]


class Head(msgspec.Struct, frozen=True):
    """Send the status and the headers. Where they give no length, the body is chunked."""

    status: int
    headers: list[tuple[str, str]]


class Send(msgspec.Struct, frozen=True):
    """Send these bytes of the body now, by themselves; there is always at least one."""

    data: bytes


class Wait(msgspec.Struct, frozen=True):
    """Do nothing for so long; always a finite time."""

    seconds: float


class Reset(msgspec.Struct, frozen=True):
    """Break the connection with an RST, after what was sent has left."""


class Close(msgspec.Struct, frozen=True):
    """End the connection with a FIN, and without what ends a chunked body."""


class Refuse(msgspec.Struct, frozen=True):
    """Break the connection with an RST, and refuse every new one for so long (`inf`: for ever)."""

    seconds: float


class Hang(msgspec.Struct, frozen=True):
    """Say no more and keep the connection open until the client leaves."""


class End(msgspec.Struct, frozen=True):
    """End the answer in order; the connection may be used again."""


Step = Head | Send | Wait | Reset | Close | Refuse | Hang | End

TERMINAL: Final = (Reset, Close, Refuse, Hang, End)
"""An answer's last step is one of these, and no other of its steps is."""
