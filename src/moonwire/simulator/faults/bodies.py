"""What takes the answer's place, and what only dresses it otherwise."""

import re
import zlib
from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import Final

import msgspec

from moonwire.simulator.faults.breaks import pause
from moonwire.simulator.faults.draws import noise
from moonwire.simulator.faults.events import Object, decode, dialect, is_stream, read, role, write
from moonwire.simulator.faults.fault import Fault
from moonwire.simulator.faults.refusals import REFUSALS, said
from moonwire.simulator.faults.shapes import with_content
from moonwire.simulator.faults.steps import End, Head, Planned, Send, Step

__all__ = [
    "content_type",
    "empty",
    "garbage",
    "gzip",
    "half_character",
    "huge",
    "not_json",
    "status",
    "unmeasured",
]

Headers = list[tuple[str, str]]

_PAGE: Final = (
    b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>\n"
)
_FILL: Final = 2**16


def unmeasured(planned: Planned) -> Headers:
    """The headers without the length, for a body that becomes another."""
    return [(name, value) for name, value in planned.headers if name.lower() != "content-length"]


def _carried(planned: Planned) -> Headers:
    """The headers that say nothing of the body, such as the trace ids (kimi-api.md K1)."""
    about = ("content-", "transfer-encoding", "x-msh-usage-")
    return [(name, value) for name, value in planned.headers if not name.lower().startswith(about)]


def _instead(code: int, headers: Headers, body: bytes) -> Iterator[Step]:
    yield Head(code, [*headers, ("content-length", str(len(body)))])
    yield Send(body)
    yield End()


def status(fault: Fault, planned: Planned, now: float) -> Iterator[Step]:
    """A refusal; no piece of the answer is taken."""
    row = REFUSALS[fault.values["error"]]
    headers, body = said(
        row, dialect(fault.path), wait=fault.values["wait"], seconds=fault.values["seconds"], now=now
    )
    return _instead(row.status, [*headers, *_carried(planned)], body)


def empty(fault: Fault, planned: Planned) -> Iterator[Step]:
    """The headers of an answer, and none."""
    kinds = [(name, value) for name, value in planned.headers if name.lower() == "content-type"]
    return _instead(200, [*kinds, *_carried(planned)], b"")


def not_json(fault: Fault, planned: Planned) -> Iterator[Step]:
    """A page for a person."""
    return _instead(200, [("content-type", "text/html"), *_carried(planned)], _PAGE)


def content_type(fault: Fault, planned: Planned) -> Iterator[Step]:
    """The body as it is under a wrong name."""
    wrong = fault.values["type"] or ("application/json" if is_stream(planned) else "text/html")
    rest = [(name, value) for name, value in planned.headers if name.lower() != "content-type"]
    yield Head(planned.status, [("content-type", wrong), *rest])
    for piece in planned.pieces:
        yield Send(piece)
    yield End()


def gzip(fault: Fault, planned: Planned) -> Iterator[Step]:
    """Packs each piece to where it can be unpacked, so that a stream stays one."""
    yield Head(planned.status, [*unmeasured(planned), ("content-encoding", "gzip")])
    # 16 more than the window's size asks for gzip's frame, whose time is 0.
    packer = zlib.compressobj(wbits=31)
    for piece in planned.pieces:
        yield Send(packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH))
    yield Send(packer.flush())
    yield End()


# -- half a character ---------------------------------------------------------------------------------

_WIDE: Final = re.compile(rb"[\xc2-\xf4][\x80-\xbf]{1,3}")
_ESCAPES: Final = re.compile(
    rb"\\(?:u([Dd][89ABab][0-9A-Fa-f]{2})\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|.)", re.DOTALL
)
_COMMENT: Final = ": caf\N{LATIN SMALL LETTER E WITH ACUTE}\n\n".encode()


def half_character(fault: Fault, planned: Planned) -> Iterator[Step]:
    """Cuts within characters. A stream that has none gets one where it means nothing, before its end."""
    yield Head(planned.status, unmeasured(planned))
    stream = is_stream(planned)
    owing = stream
    for number, piece in enumerate(planned.pieces):
        # An escape means the same as its character, and cannot be cut.
        wide = piece if _WIDE.search(piece) else _ESCAPES.sub(_unescaped, piece)
        if _WIDE.search(wide):
            owing = False
        elif owing and role(read(piece)) in {"finish", "done"}:
            owing = False
            yield from _halves(_COMMENT, fault, number)
        yield from _halves(wide, fault, number)
    if owing:
        yield from _halves(_COMMENT, fault, 0)
    yield End()


def _halves(piece: bytes, fault: Fault, number: int) -> Iterator[Step]:
    match = _WIDE.search(piece)
    if match is None:
        yield Send(piece)
        return
    at = match.start() + 1 + fault.draw(len(match[0]) - 1, "half", number)
    yield Send(piece[:at])
    yield pause(fault.values["seconds"])
    yield Send(piece[at:])


def _unescaped(match: re.Match[bytes]) -> bytes:
    high, low, plain = match[1], match[2], match[3]
    if high:
        code = 0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00
    else:
        code = int(plain, 16) if plain else 0
    # What some take for the end of a line stays escaped (U+0085, U+2028), and so does half a pair.
    if code < 0xA0 or code in {0x2028, 0x2029} or 0xD800 <= code < 0xE000:
        return match[0]
    return chr(code).encode()


# -- garbage and size ---------------------------------------------------------------------------------

_GARBAGE: Final[Mapping[str, bytes]] = {
    "comment": b": keep-alive\n\n",
    "blank": b"\n\n",
    "ping": b'event: ping\ndata: {"type": "ping"}\n\n',
    "not-json": b"data: upstream connect error\n\n",
}


def garbage(fault: Fault, planned: Planned) -> Iterator[Step]:
    """Before each event a line that is none of it; blanks around a whole answer, where JSON allows them."""
    yield Head(planned.status, unmeasured(planned))
    which: str = fault.values["which"]
    turns = cycle(("binary", *_GARBAGE) if which == "all" else (which,))
    stream = is_stream(planned)
    if not stream:
        yield Send(b"\r\n \n")
    for number, piece in enumerate(planned.pieces):
        if stream:
            yield Send(_GARBAGE.get(next(turns)) or _binary(fault, number))
        yield Send(piece)
    if not stream:
        yield Send(b"\n\n")
    yield End()


def _binary(fault: Fault, number: int) -> bytes:
    """A line that is no text. It begins so that it can be no field's name."""
    drawn = noise(24, fault.seed, fault.rule, fault.request, "binary", number)
    return b"\xff\x00" + drawn.translate(None, b"\r\n") + b"\n\n"


def huge(fault: Fault, planned: Planned) -> Iterator[Step]:
    """One event more, which nobody has to keep; or one that is content, and grows the answer."""
    size: int = fault.values["bytes"]
    content = fault.values["which"] == "content"
    stream = is_stream(planned)
    yield Head(planned.status, unmeasured(planned))
    owing = True
    for piece in planned.pieces:
        event = read(piece)
        value = event.value if stream else decode(piece)
        wanted = not stream or role(event) in _PLACES[content]
        if owing and wanted:
            owing = False
            frame = _frame(value, event.name, stream) if content else None
            yield from _filled(*(frame or _nothing(stream)), size)
            if frame and not stream:
                continue
        yield Send(piece)
    if owing:
        yield from _filled(*_nothing(stream), size)
    yield End()


_PLACES: Final = (
    {"content", "reasoning", "call", "finish", "usage", "done"},
    {"content", "finish", "usage", "done"},
)
"""Before what the event stands: a comment before any part of the answer, content where content is."""

_MARK: Final = "0f61ae1f8b7d4a56"


def _frame(value: Object | None, name: str, stream: bool) -> tuple[bytes, bytes] | None:
    """What stands around the content, if there is content to stand around."""
    grown = with_content(value or {}, lambda text: _MARK if stream else _MARK + text)
    if grown is None:
        return None
    before, mark, behind = (write(grown, name) if stream else msgspec.json.encode(grown)).partition(
        _MARK.encode()
    )
    return (before, behind) if mark else None


def _nothing(stream: bool) -> tuple[bytes, bytes]:
    return (b": ", b"\n\n") if stream else (b"", b"")


def _filled(before: bytes, behind: bytes, size: int) -> Iterator[Step]:
    """So many bytes, never all of them at once."""
    left = max(0, size - len(before) - len(behind))
    letter = b"x" if before else b" "
    yield Send(before)
    while left:
        yield Send(letter * min(left, _FILL))
        left -= min(left, _FILL)
    yield Send(behind)
