"""What goes wrong with the connection and the clock, whatever the answer says."""

from collections.abc import Iterator
from math import isinf

from moonwire.simulator.faults.events import is_stream
from moonwire.simulator.faults.fault import Fault
from moonwire.simulator.faults.steps import (
    Close,
    End,
    Hang,
    Head,
    Planned,
    Refuse,
    Reset,
    Send,
    Step,
    Wait,
)

__all__ = [
    "close",
    "cut",
    "drip",
    "pause",
    "refuse",
    "reset",
    "reset_before",
    "reset_headers",
    "slow_headers",
    "stall",
]


def pause(seconds: float) -> Step:
    """A wait; one that has no end is the last step."""
    return Hang() if isinf(seconds) else Wait(seconds)


def refuse(fault: Fault, planned: Planned) -> Iterator[Step]:
    """Nothing for this one, and for a while nothing for anyone."""
    yield Refuse(fault.values["seconds"])


def reset_before(fault: Fault, planned: Planned) -> Iterator[Step]:
    """Not a byte."""
    yield Reset()


def reset_headers(fault: Fault, planned: Planned) -> Iterator[Step]:
    """The headers, and not a byte of the body."""
    yield Head(planned.status, planned.headers)
    yield Reset()


def slow_headers(fault: Fault, planned: Planned) -> Iterator[Step]:
    """Late, then as it should be."""
    yield pause(fault.values["seconds"])
    yield Head(planned.status, planned.headers)
    for piece in planned.pieces:
        yield Send(piece)
    yield End()


def reset(fault: Fault, planned: Planned) -> Iterator[Step]:
    """Breaks off at the place, or at the end of an answer that is shorter."""
    yield from _until(fault, planned)
    yield Reset()


def close(fault: Fault, planned: Planned) -> Iterator[Step]:
    """The same with a FIN."""
    yield from _until(fault, planned)
    yield Close()


def _until(fault: Fault, planned: Planned) -> Iterator[Step]:
    yield Head(planned.status, planned.headers)
    for data in cut(planned, fault.values["after"], fault.values["events"]):
        if data is None:
            return
        yield Send(data)


def stall(fault: Fault, planned: Planned) -> Iterator[Step]:
    """Silence at the place. Nothing is lost, unless it is for ever."""
    silence = pause(fault.values["seconds"])
    if fault.values["where"] == "headers":
        yield from slow_headers(fault, planned)
        return
    yield Head(planned.status, planned.headers)
    for data in cut(planned, fault.values["after"], fault.values["events"]):
        yield silence if data is None else Send(data)
    yield End()


def drip(fault: Fault, planned: Planned) -> Iterator[Step]:
    """So many bytes at a time, and a pause before each but the first."""
    size: int = fault.values["bytes"]
    yield Head(planned.status, planned.headers)
    begun = False
    for piece in planned.pieces:
        for at in range(0, len(piece), size):
            if begun:
                yield pause(fault.values["seconds"])
            begun = True
            yield Send(piece[at : at + size])
    yield End()


def cut(planned: Planned, after: int | None, events: int) -> Iterator[bytes | None]:
    """The body with one `None` at the place, at the end if it is shorter. Takes no piece before its turn.

    The place of a whole answer without a number of bytes is the middle of its first piece.
    """
    if after is not None:
        return _at_byte(planned, after)
    return _at_event(planned, events) if is_stream(planned) else _at_middle(planned)


def _at_byte(planned: Planned, left: int) -> Iterator[bytes | None]:
    if left == 0:
        yield None
    for piece in planned.pieces:
        if 0 < left <= len(piece):
            yield piece[:left]
            yield None
            if rest := piece[left:]:
                yield rest
            left = 0
        else:
            left = max(0, left - len(piece))
            yield piece
    if left:
        yield None


def _at_event(planned: Planned, left: int) -> Iterator[bytes | None]:
    if left == 0:
        yield None
    for piece in planned.pieces:
        yield piece
        # A comment is no event.
        if left and (piece.startswith(b"data:") or b"\ndata:" in piece):
            left -= 1
            if left == 0:
                yield None
    if left:
        yield None


def _at_middle(planned: Planned) -> Iterator[bytes | None]:
    begun = False
    for piece in planned.pieces:
        if begun or not piece:
            yield piece
            continue
        begun = True
        if first := piece[: len(piece) // 2]:
            yield first
        yield None
        yield piece[len(piece) // 2 :]
    if not begun:
        yield None
