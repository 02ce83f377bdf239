"""The arguments of one call, streamed through unchanged while their end is looked for."""

import re

from moonwire.core.rawtext.json_text import BareString, Extent, is_json
from moonwire.core.rawtext.markers import MAX_BLANK, MAX_HELD
from moonwire.core.rawtext.pieces import Pieces

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

    def __init__(self, *, unwrap: bool = False) -> None:
        self._unwrap = unwrap
        # Whether a wrapped object has closed.
        self.unwrapped = False
        self.started = False
        self.closed = False
        # The one character, besides a marker's first, that needs a look once the value has begun.
        self.closer = ""
        self.unread: list[str] = []
        self.unread_size = 0
        self._extent: Extent | None = None
        self._wrapper: str | None = None
        self._bare: BareString | None = None
        self._inner = Extent("{")
        self._space = ""
        self._flooded = False
        self._kept = Pieces(MAX_HELD)
        self._written = Pieces(MAX_HELD)
        self._spilled = False

    def feed(self, piece: str) -> tuple[str, str]:
        """What to deliver of the piece, and what came after the value's end."""
        if not self.started:
            piece = piece.lstrip()
            if not piece:
                return "", ""
            self._start(piece[0])
        if self._wrapper is not None:
            self._wrapper += piece
            piece = self._unwrap_or_not(self._wrapper)
            if not piece:
                return "", ""
        if self._bare is not None:
            return self._feed_bare(self._bare, piece)
        if self._extent is None:
            return self.feed_loose(piece), ""
        self.unread.append(piece)
        self.unread_size += len(piece)
        if self.closer not in piece and self.unread_size <= BLOCK:
            return piece, ""
        return self._catch_up(self._extent, piece)

    def add(self, text: str) -> None:
        """Take note of text that is delivered as part of the value although its end had come."""
        self._keep(text)

    def end(self) -> tuple[str, bool]:
        """What is left to deliver when the markers say that it is over, and whether it is whole."""
        if self._wrapper is not None:
            return self._wrapper, False
        if self._bare is not None:
            return ("", self.unwrapped) if self.closed else (self._bare.cut(), False)
        if self._extent is not None:
            return "", self.closed
        return "", self.started and self.is_json() is True

    # ── what is known of it ─────────────────────────────────────────────────────────────────────

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

    def is_json(self) -> bool | None:
        """Whether all that was delivered is JSON; `None` where that could not be found out."""
        return None if self._too_long() else is_json(self.text())

    def text(self) -> str:
        """All that was delivered, empty where it was too long to keep."""
        return "" if self._too_long() else self._kept.text() + "".join(self.unread)

    def raw(self) -> str:
        """All that arrived, empty where it was too long to keep."""
        if self._wrapper is not None:
            return self._wrapper
        return self.text() if self._bare is None else self._written.text()

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

    @property
    def unwraps(self) -> bool:
        """Whether a string around the object was taken away."""
        return self._bare is not None

    # ── reading ─────────────────────────────────────────────────────────────────────────────────

    def _start(self, first: str) -> None:
        self.started = True
        if first == '"' and self._unwrap:
            self._wrapper = ""
        elif first in _CLOSERS:
            self.closer = _CLOSERS[first]
            self._extent = Extent(first)

    def _keep(self, text: str) -> None:
        if self._kept.add(text):
            self._spilled = True

    def _too_long(self) -> bool:
        return self._spilled or self._kept.size + self.unread_size > MAX_HELD

    def _catch_up(self, extent: Extent, piece: str) -> tuple[str, str]:
        text = "".join(self.unread)
        self.unread.clear()
        self.unread_size = 0
        # A value that lies here whole is checked at the speed of C; it ends where it ends.
        stripped = text.rstrip() if extent.fresh else ""
        whole = stripped.endswith(self.closer) and is_json(stripped)
        end = len(stripped) if whole else extent.feed(text)
        if end < 0:
            self._keep(text)
            return piece, ""
        self.closed = True
        self._keep(text[:end])
        split = len(piece) - (len(text) - end)
        return piece[:split], piece[split:]

    def feed_loose(self, piece: str) -> str:
        """What to deliver of text that no bracket ends: a scalar, bare words, or what follows a value.

        The blanks before the end are not of it, unless they are more than could be layout.
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

    def _unwrap_or_not(self, wrapper: str) -> str:
        """Decide whether the string that begins here holds an object; what to read as decided.

        An object shows itself by its brace and the quote or brace behind that.
        """
        opening = _WRAPPED_BLANK.match(wrapper, 1)
        brace = opening.end() if opening else 1
        inside = _WRAPPED_BLANK.match(wrapper, brace + 1)
        behind = wrapper[inside.end() :] if inside else ""
        ahead = wrapper[brace : brace + 1]
        if len(wrapper) <= MAX_BLANK and (ahead in ("", "\\") or (ahead == "{" and behind in ("", "\\"))):
            return ""
        self._wrapper = None
        if ahead != "{" or not behind.startswith(("}", '\\"')):
            self.closer = '"'
            self._extent = Extent('"')
            return wrapper
        self._bare = BareString()
        self._written.add('"')
        return wrapper[1:]

    def _feed_bare(self, bare: BareString, piece: str) -> tuple[str, str]:
        said, rest = bare.feed(piece)
        self._written.add(piece[: len(piece) - len(rest)])
        self.closed = bare.ended
        if not self._kept.size:
            said = said.lstrip()
        if said and not self.unwrapped:
            self.unwrapped = self._inner.feed(said) >= 0
        self._keep(said)
        return said, rest
