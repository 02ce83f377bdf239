"""Server-sent events: bytes to the data of each event, however they are cut.

Only `data` counts: the dialects repeat an event's name in it. Comments, `id`, `retry` and blank lines are
passed over. Lines end with LF, CR LF or CR, as the WHATWG's specification of event streams has it.
"""

import codecs
from collections.abc import Callable, Iterable
from typing import Final

from moonwire.core.errors import RemoteProtocolError
from moonwire.core.events import Event, UpstreamError

__all__ = ["EVENT_BYTES", "Decoder", "events_in", "one_by_one"]

EVENT_BYTES: Final = 32 << 20
"""The most that one event may have: a stream that never ends a line must not fill the memory."""


class Decoder:
    r"""Takes bytes as they come, gives the data of every event that is whole.

    >>> decoder = Decoder()
    >>> decoder.feed(b'data: {"a": 1}\n\ndata: [DO'), decoder.feed(b"NE]\n\n"), decoder.finish()
    ([b'{"a": 1}'], [b'[DONE]'], [])
    """

    __slots__ = ("_held", "_limit", "_return")

    def __init__(self, limit: int = EVENT_BYTES) -> None:
        self._limit = limit
        # What came since the last event ended. It is copied once, when its event ends, however it came.
        self._held = bytearray()
        # Whether the last line ended with CR at the end of what was fed: an LF behind it belongs to it.
        self._return = False

    def feed(self, data: bytes) -> list[bytes]:
        """The data of the events that these bytes finish."""
        return events_in(self.whole(data))

    def whole(self, data: bytes) -> bytes:
        """The events that these bytes finish, as they came but for the ends of their lines."""
        if self._return or b"\r" in data:
            data = self._unreturned(data)
        held = self._held
        if b"\n\n" not in data and not (data.startswith(b"\n") and held.endswith(b"\n")):
            self._hold(data)
            return b""
        if held:
            data = b"".join((held, data))
            held.clear()
        end = data.rfind(b"\n\n") + 2
        self._hold(data[end:])
        return data[:end]

    def finish(self) -> list[bytes]:
        """The stream is over: the data of an event that had no blank line behind it.

        The specification throws it away. Servers that end so mean it, and what it says is JSON or is not.
        """
        read = _data(bytes(self._held))
        self._held.clear()
        return [] if read is None else [read]

    def _hold(self, data: bytes) -> None:
        if len(self._held) + len(data) > self._limit:
            raise RemoteProtocolError(
                f"one event of the stream has more than {self._limit} bytes",
                path="stream",
                remedy="the server does not end its events",
            )
        self._held += data

    def _unreturned(self, data: bytes) -> bytes:
        if not data:
            return data
        if self._return and data[:1] == b"\n":
            data = data[1:]
        self._return = data[-1:] == b"\r"
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def events_in(whole: bytes) -> list[bytes]:
    """The data of these events, each of which ends with a blank line.

    >>> events_in(b"data: a\\n\\n: a comment\\n\\ndata: b\\ndata: c\\n\\n")
    [b'a', b'b\\nc']
    """
    if whole.startswith(b"data: "):
        # Nearly every stream has nothing but events of one line.
        found = whole[6:-2].split(b"\n\ndata: ")
        if b"\n" not in b"".join(found):
            return found
    return [data for event in whole[:-2].split(b"\n\n") if (data := _data(event)) is not None]


def one_by_one(feed: Callable[[bytes], list[Event]], data: Iterable[bytes]) -> list[Event]:
    """What these say, as far as an error: nothing that a server says behind one is its answer."""
    events: list[Event] = []
    for one in data:
        found = feed(one)
        if found:
            events += found
            if type(found[-1]) is UpstreamError:
                break
    return events


def _data(event: bytes) -> bytes | None:
    """The data lines of one event together; none where there are none."""
    lines: list[bytes] = []
    # A mark of byte order may begin a stream; where streams were joined it begins an event.
    for line in event.removeprefix(codecs.BOM_UTF8).split(b"\n"):
        name, _, value = line.partition(b":")
        if name == b"data":
            lines.append(value.removeprefix(b" "))
    return b"\n".join(lines) if lines else None
