"""Server-sent events: bytes to the data of each event, however they are cut.

Only `data` counts: the dialects repeat an event's name in it. Comments, `id`, `retry` and blank lines are
passed over. Lines end with LF, CR LF or CR, as the WHATWG's specification of event streams has it.
"""

from typing import Final

from moonwire.core.errors import RemoteProtocolError

__all__ = ["EVENT_BYTES", "Decoder"]

EVENT_BYTES: Final = 32 << 20
"""The most that one event may have: a stream that never ends a line must not fill the memory."""


class Decoder:
    r"""Takes bytes as they come, gives the data of every event that is whole.

    >>> decoder = Decoder()
    >>> decoder.feed(b'data: {"a": 1}\n\ndata: [DO'), decoder.feed(b"NE]\n\n"), decoder.finish()
    ([b'{"a": 1}'], [b'[DONE]'], [])
    """

    __slots__ = ("_held", "_limit", "_return", "_size")

    def __init__(self, limit: int = EVENT_BYTES) -> None:
        self._limit = limit
        # What came since the last event ended. A long line is joined once, when it ends.
        self._held: list[bytes] = []
        self._size = 0
        # Whether the last line ended with CR at the end of what was fed: an LF behind it belongs to it.
        self._return = False

    def feed(self, data: bytes) -> list[bytes]:
        """The data of the events that these bytes finish."""
        if b"\r" in data or self._return:
            data = self._unreturned(data)
        if b"\n" not in data:
            self._hold(data)
            return []
        if self._held:
            data = b"".join((*self._held, data))
            self._held, self._size = [], 0
        events = data.split(b"\n\n")
        self._hold(events.pop())
        found: list[bytes] = []
        for event in events:
            # Nearly every event is one line.
            if event.startswith(b"data: ") and b"\n" not in event:
                found.append(event[6:])
            elif (read := _data(event)) is not None:
                found.append(read)
        return found

    def finish(self) -> list[bytes]:
        """The stream is over: the data of an event that had no blank line behind it.

        The specification throws it away. Servers that end so mean it, and what it says is JSON or is not.
        """
        read = _data(b"".join(self._held))
        self._held, self._size = [], 0
        return [] if read is None else [read]

    def _hold(self, data: bytes) -> None:
        if not data:
            return
        self._held.append(data)
        self._size += len(data)
        if self._size > self._limit:
            raise RemoteProtocolError(
                f"one event of the stream has more than {self._limit} bytes",
                path="stream",
                remedy="the server does not end its events",
            )

    def _unreturned(self, data: bytes) -> bytes:
        if self._return and data[:1] == b"\n":
            data = data[1:]
        self._return = data[-1:] == b"\r"
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _data(event: bytes) -> bytes | None:
    """The data lines of one event together; none where there are none."""
    lines = [
        line[6:] if line[5:6] == b" " else line[5:] for line in event.split(b"\n") if line[:5] == b"data:"
    ]
    return b"\n".join(lines) if lines else None
