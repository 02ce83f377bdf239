"""The arguments of one call, streamed through unchanged while their end is looked for."""

import re

from moonwire.core.rawtext.json_text import BareString, Extent, is_json
from moonwire.core.rawtext.markers import MAX_BLANK, MAX_HELD

__all__ = ["BLOCK", "Body"]

_CLOSERS = {"{": "}", "[": "]", '"': '"'}
# How much may wait unscanned: scanning in blocks is what makes a chunk cheap.
BLOCK = 16_384
# White space, as it is written inside a JSON string.
_WRAPPED_BLANK = re.compile(r"(?:\s|\\[nrt])*+")


class Body:
    """Takes the text between a call's argument marker and its end; gives back what to deliver.

    Leading white space is skipped, the value is delivered byte for byte, and `closed` turns true
    where its outermost bracket closes. Text is scanned only once a bracket that might close it
    arrives, or a block is full. A string that holds the JSON of an object is unwrapped when
    `unwrap` is set (Kimi-K2#26).
    """

    __slots__ = (
        "_bare",
        "_extent",
        "_flooded",
        "_inner",
        "_kept",
        "_kept_size",
        "_space",
        "_wrapper",
        "closed",
        "closer",
        "started",
        "unread",
        "unread_size",
        "unwrap",
        "unwrapped",
    )  # fmt: skip -- one name a line says no more

    def __init__(self, *, unwrap: bool = False) -> None:
        self.unwrap = unwrap
        self.unwrapped = False
        self.started = False
        self.closed = False
        self.unread: list[str] = []
        self.unread_size = 0
        self._extent: Extent | None = None
        # The one character, besides a marker's first, that needs a look once the value has begun.
        self.closer = ""
        self._bare: BareString | None = None
        self._inner: Extent | None = None
        self._wrapper: str | None = None
        self._space = ""
        self._flooded = False
        self._kept: list[str] | None = []
        self._kept_size = 0

    def feed(self, piece: str) -> tuple[str, str]:
        """What to deliver of the piece, and what came after the value's end."""
        if not self.started:
            piece = piece.lstrip()
            if not piece:
                return "", ""
            self._start(piece[0])
        if self._wrapper is not None:
            self._wrapper += piece
            piece = self._unwrap_or_not()
        if self._bare is not None:
            return self._feed_bare(self._bare, piece)
        if self._extent is None:
            return ("", "") if self._wrapper is not None else (self._feed_loose(piece), "")
        self.unread.append(piece)
        self.unread_size += len(piece)
        if self.closer not in piece and self.unread_size <= BLOCK:
            return piece, ""
        return self._catch_up(self._extent, piece)

    def inside_string(self) -> bool:
        """Whether the next character stands inside a JSON string."""
        if self._bare is not None or self._wrapper is not None:
            return not self.closed
        if self._extent is None or self.closed:
            return False
        if self.unread:
            # No closing bracket waits among them, so this cannot be the end of the value.
            self._catch_up(self._extent, self.unread[-1])
        return self._extent.in_string

    def end(self) -> tuple[str, bool]:
        """What is left to deliver when the markers say that it is over, and whether it is whole."""
        if self._wrapper is not None:
            return self._wrapper, False
        if self._bare is not None:
            return ("", self.unwrapped) if self.closed else (self._bare.cut(), False)
        if self._extent is not None:
            return "", self.closed
        return "", self.started and self.is_json() is True

    def is_json(self) -> bool | None:
        """Whether all that was delivered is JSON; `None` where it was too long to keep for a check."""
        if self._kept is None:
            return None
        return is_json("".join(self._kept + self.unread))

    @property
    def is_string(self) -> bool:
        """Whether the whole value is one string, wrapped object or not."""
        return self._bare is not None or self.closer == '"'

    @property
    def is_object(self) -> bool:
        """Whether the value, as delivered, is an object."""
        return self.closer == "}" or self.unwrapped

    @property
    def is_loose(self) -> bool:
        """Whether the value is a scalar or bare words, whose end nothing but a marker shows."""
        return self.started and self._extent is None and self._bare is None and self._wrapper is None

    def text(self) -> str:
        """All that was delivered, empty where it was too long to keep."""
        return "" if self._kept is None else "".join(self._kept + self.unread)

    def add(self, text: str) -> None:
        """Take note of text that is delivered as part of the value although its end had come."""
        self._keep(text)

    def _start(self, first: str) -> None:
        self.started = True
        if first == '"' and self.unwrap:
            self._wrapper = ""
        elif first in _CLOSERS:
            self.closer = _CLOSERS[first]
            self._extent = Extent(first)

    def _keep(self, text: str) -> None:
        if self._kept is not None:
            self._kept.append(text)
            self._kept_size += len(text)
            if self._kept_size > MAX_HELD:
                self._kept = None

    def _catch_up(self, extent: Extent, piece: str) -> tuple[str, str]:
        text = "".join(self.unread)
        self.unread.clear()
        self.unread_size = 0
        end = -1
        # A value that lies here whole is checked at the speed of C; it ends where it ends.
        if extent.fresh and (stripped := text.rstrip()).endswith(self.closer) and is_json(stripped):
            end = len(stripped)
        else:
            end = extent.feed(text)
        if end < 0:
            self._keep(text)
            return piece, ""
        self.closed = True
        self._keep(text[:end])
        split = len(piece) - (len(text) - end)
        return piece[:split], piece[split:]

    def _feed_loose(self, piece: str) -> str:
        """Scalars and bare words have no bracket to end them: the markers do, and their blanks go.

        A run of blanks longer than anything that could be layout is delivered.
        """
        piece = self._space + piece
        solid = piece.rstrip()
        space = piece[len(solid) :]
        if (not solid and self._flooded) or len(space) > MAX_BLANK:
            self._flooded = True
            solid, space = piece, ""
        else:
            self._flooded = False
        self._space = space
        self._keep(solid)
        return solid

    def _unwrap_or_not(self) -> str:
        """Decide whether the string that begins here holds an object; what to read as decided."""
        wrapper = self._wrapper or ""
        match = _WRAPPED_BLANK.match(wrapper, 1)
        first = wrapper[match.end() if match else 1 :][:2]
        if first in ("", "\\"):
            return ""
        self._wrapper = None
        if first[0] != "{":
            self.closer = '"'
            self._extent = Extent('"')
            return wrapper
        self._bare = BareString()
        self._inner = Extent("{")
        return wrapper[1:]

    def _feed_bare(self, bare: BareString, piece: str) -> tuple[str, str]:
        said, rest = bare.feed(piece)
        self.closed = bare.ended
        if not self._kept_size:
            said = said.lstrip()
        if said and self._inner is not None and self._inner.feed(said) >= 0:
            self._inner = None
            self.unwrapped = True
        self._keep(said)
        return said, rest
