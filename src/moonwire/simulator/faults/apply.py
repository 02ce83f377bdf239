"""A fault and the answer that was meant make what the server does, step by step."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from moonwire.simulator.faults import bodies, breaks, streams
from moonwire.simulator.faults.fault import Fault
from moonwire.simulator.faults.steps import TERMINAL, End, Head, Planned, Send, Step

__all__ = ["steps"]

_HOW: Final[Mapping[str, Callable[[Fault, Planned], Iterator[Step]]]] = {
    "refuse": breaks.refuse,
    "reset-before": breaks.reset_before,
    "reset-headers": breaks.reset_headers,
    "reset": breaks.reset,
    "close": breaks.close,
    "stall": breaks.stall,
    "slow-headers": breaks.slow_headers,
    "drip": breaks.drip,
    "empty": bodies.empty,
    "not-json": bodies.not_json,
    "content-type": bodies.content_type,
    "gzip": bodies.gzip,
    "half-character": bodies.half_character,
    "garbage": bodies.garbage,
    "huge": bodies.huge,
    "cut-json": streams.cut_json,
    "no-finish": streams.no_finish,
    "no-done": streams.no_done,
    "no-finish-hang": streams.no_finish_hang,
    "duplicate": streams.duplicate,
    "error-event": streams.error_event,
    "filter": streams.content_filter,
}


def steps(fault: Fault | None, planned: Planned, *, now: float) -> Iterator[Step]:
    r"""What the server does, in order; the last step is one of `TERMINAL`, and nothing follows it.

    Pieces are taken one by one and not before their turn; what a fault leaves out at the end is not
    taken at all. `now`, in seconds since 1970, is what a date in `Retry-After` counts from.

    >>> planned = Planned(200, [("content-type", "text/event-stream")], [b"data: [DONE]\n\n"])
    >>> list(steps(None, planned, now=0.0))[1:]
    [Send(data=b'data: [DONE]\n\n'), End()]
    """
    for step in _planned(fault, planned, now):
        if isinstance(step, Send) and not step.data:
            continue
        yield step
        if isinstance(step, TERMINAL):
            return


def _planned(fault: Fault | None, planned: Planned, now: float) -> Iterator[Step]:
    if fault is None:
        return _unharmed(planned)
    # The one kind that has to know what time it is.
    if fault.kind == "status":
        return bodies.status(fault, planned, now)
    return _HOW[fault.kind](fault, planned)


def _unharmed(planned: Planned) -> Iterator[Step]:
    yield Head(planned.status, planned.headers)
    for piece in planned.pieces:
        yield Send(piece)
    yield End()
