"""What goes wrong within a stream, event by event; and its like in a whole answer."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from moonwire.simulator.faults.bodies import unmeasured
from moonwire.simulator.faults.breaks import cut
from moonwire.simulator.faults.events import Event, Object, decode, dialect, is_stream, obj, read, role, write
from moonwire.simulator.faults.fault import Fault
from moonwire.simulator.faults.refusals import REFUSALS
from moonwire.simulator.faults.shapes import endless, filtered
from moonwire.simulator.faults.steps import Close, End, Hang, Head, Planned, Send, Step

__all__ = ["content_filter", "cut_json", "duplicate", "error_event", "no_done", "no_finish", "no_finish_hang"]

_ENDING: Final = {"finish", "usage", "done"}


def cut_json(fault: Fault, planned: Planned) -> Iterator[Step]:
    """The next event up to its middle. One that is no JSON is cut too: the stream ends there anyway."""
    yield Head(planned.status, unmeasured(planned))
    left: int = fault.values["events"] if is_stream(planned) else 0
    for piece in planned.pieces:
        counts = not is_stream(planned) or read(piece).data is not None
        if counts and left == 0:
            yield Send(_half(piece))
            break
        left -= counts
        yield Send(piece)
    yield End()


def _half(piece: bytes) -> bytes:
    """Up to the middle of the data, and beyond its beginning."""
    begins = piece.find(b"data:") + 1
    start = begins + 6 if begins else 1
    return piece[: max(start, (start + len(piece)) // 2)].rstrip(b"\r\n")


def no_finish(fault: Fault, planned: Planned) -> Iterator[Step]:
    """Ends in order, but the answer does not say that it ended."""
    yield from _without_end(planned)
    yield End()


def no_finish_hang(fault: Fault, planned: Planned) -> Iterator[Step]:
    """All that matters came; the end never does."""
    if is_stream(planned):
        yield from _without_end(planned)
    else:
        yield Head(planned.status, planned.headers)
        for data in cut(planned, None, 0):
            if data is None:
                break
            yield Send(data)
    yield Hang()


def _without_end(planned: Planned) -> Iterator[Step]:
    stream = is_stream(planned)
    yield Head(planned.status, unmeasured(planned))
    for piece in planned.pieces:
        if not stream:
            yield Send(_rewritten(piece))
        elif role(read(piece)) not in _ENDING:
            yield Send(piece)


def _rewritten(piece: bytes) -> bytes:
    value = decode(piece)
    return piece if value is None else msgspec.json.encode(endless(value))


def no_done(fault: Fault, planned: Planned) -> Iterator[Step]:
    """All but the mark that nothing follows."""
    stream = is_stream(planned)
    yield Head(planned.status, planned.headers)
    for piece in planned.pieces:
        if not stream or role(read(piece)) != "done":
            yield Send(piece)
    yield End() if stream else Close()


def duplicate(fault: Fault, planned: Planned) -> Iterator[Step]:
    """One event twice, where it stands. A stream that has none such goes as it was meant."""
    which, left = fault.values["which"], fault.values["nth"]
    wanted = {"content", "reasoning", "call"} if which == "any" else {which}
    stream = is_stream(planned)
    yield Head(planned.status, unmeasured(planned))
    body: list[bytes] = []
    for piece in planned.pieces:
        yield Send(piece)
        if not stream:
            body.append(piece)
        elif role(read(piece)) in wanted:
            left -= 1
            if left == 0:
                yield Send(piece)
    for piece in body:
        yield Send(piece)
    yield End()


# -- an error in the place of the rest ----------------------------------------------------------------

_ERRORS: Final = {
    "overloaded": REFUSALS["overloaded"],
    "rate-limit": REFUSALS["rate-limit"],
    "server-error": REFUSALS["server-error"],
}


def error_event(fault: Fault, planned: Planned) -> Iterator[Step]:
    """The first events, then an error as kimi-api.md I8 has it; the status is 200 all the same."""
    row = _ERRORS[fault.values["error"]]
    error: Object = {"message": row.message, "type": row.type, "code": None}
    spoken = dialect(fault.path)
    yield Head(planned.status, unmeasured(planned))
    if not is_stream(planned):
        wrapped = {"type": "error", "error": error} if spoken == "messages" else {"error": error}
        yield Send(msgspec.json.encode(wrapped))
        yield End()
        return
    left: int = fault.values["events"]
    for piece in planned.pieces if left else ():
        yield Send(piece)
        left -= read(piece).data is not None
        if left == 0:
            break
    if spoken == "chat":
        yield Send(write({"error": error}))
    elif spoken == "messages":
        yield Send(write({"type": "error", "error": error}, "error"))
    else:
        yield Send(write({"type": "error", "code": row.type, "message": row.message, "param": None}, "error"))
    if fault.values["done"]:
        yield Send(b"data: [DONE]\n\n")
    yield End()


# -- the filter ---------------------------------------------------------------------------------------


def content_filter(fault: Fault, planned: Planned) -> Iterator[Step]:
    """Lets thoughts pass, and of the content what may; the end says why there is no more."""
    left: int = fault.values["events"] if fault.values["where"] == "content" else 0
    yield Head(planned.status, unmeasured(planned))
    if not is_stream(planned):
        for piece in planned.pieces:
            value = decode(piece)
            whole = fault.values["where"] == "content"
            kept = None if value is None else filtered(value, _first_half if whole else _nothing)
            yield Send(piece if kept is None else msgspec.json.encode(kept))
        yield End()
        return
    cutting = _Cutting(left)
    for piece in planned.pieces:
        event = read(piece)
        if role(event) == "finish":
            yield Send(_ended(event, cutting))
        elif cutting.passes(event):
            yield Send(piece)
    yield End()


def _first_half(text: str) -> str:
    return text[: len(text) // 2]


def _nothing(text: str) -> str:
    return ""


def _ended(event: Event, cutting: "_Cutting") -> bytes:
    value = filtered(event.value or {}, lambda text: text[: cutting.length])
    return write(value, str(value["type"]) if event.name else "")


class _Cutting:
    """What of a stream still passes. After the cut nothing does but the ends of what is open."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.length = 0
        """How many characters of content passed: Responses repeats them at the end."""
        self.cut = False
        self.open: Any = None
        """The index of the content block that is open (Messages)."""

    def passes(self, event: Event) -> bool:
        part, value = role(event), event.value or {}
        kind = str(value.get("type", ""))
        if part == "call" or (part == "content" and self.left == 0):
            self.cut = True
            return False
        if self.cut:
            return self._behind(part, kind, value)
        if part == "content":
            self.left -= 1
            self.length += len(value["delta"]) if isinstance(value.get("delta"), str) else 0
        if kind == "content_block_start":
            if obj(value.get("content_block")).get("type") == "tool_use":
                self.cut = True
                return False
            self.open = value.get("index")
        elif kind == "content_block_stop":
            self.open = None
        return True

    def _behind(self, part: str, kind: str, value: Object) -> bool:
        if kind == "content_block_stop" and value.get("index") == self.open is not None:
            self.open = None
            return True
        if kind.startswith(("content_block_", "response.")):
            return False
        return part in {"usage", "done", "other", "none"}
