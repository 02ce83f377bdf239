"""Content codings. None is asked for; a server that compresses all the same is understood, within bounds."""

import zlib
from typing import Protocol

from moonwire.core.errors import RemoteProtocolError

__all__ = ["Inflater", "inflater"]

# One step's output. What a small input grows to is held in pieces of this size, not at once.
PIECE = 262144
GZIP, ZLIB, RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
MEMBER = b"\x1f\x8b"


class Decoder(Protocol):
    """What `zlib.decompressobj` makes: the class has no public name."""

    @property
    def eof(self) -> bool:
        """The compressed text has ended."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What came after the end."""
        ...

    @property
    def unconsumed_tail(self) -> bytes:
        """What did not fit into the last piece."""
        ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """At most that much output."""
        ...


class Inflater:
    """Decodes gzip or deflate as it comes: `feed` the input, then `next` until it gives nothing."""

    __slots__ = ("_begun", "_decoder", "_gzip", "_input", "_left", "_limit", "_origin")

    def __init__(self, coding: str, *, origin: str, limit: int) -> None:
        self._gzip = coding != "deflate"
        self._origin = origin
        self._limit = self._left = limit
        self._input = b""
        self._begun = False
        # Of deflate it is not known yet which of its two forms this is.
        self._decoder: Decoder | None = zlib.decompressobj(GZIP) if self._gzip else None

    def feed(self, data: bytes) -> None:
        """Takes more of the body."""
        self._begun = True
        self._input = self._input + data if self._input else data

    def next(self) -> bytes:
        """The next piece, or nothing if that takes more input."""
        while True:
            decoder = self._current()
            if decoder is None:
                return b""
            try:
                # Also without input: the decoder may hold back what did not fit into the last piece.
                piece = decoder.decompress(self._input, PIECE)
            except zlib.error:
                raise RemoteProtocolError(f"{self._origin}: the compressed body cannot be decoded") from None
            self._input = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
            self._left -= len(piece)
            if self._left < 0:
                raise RemoteProtocolError(
                    f"{self._origin}: the compressed body comes to more than {self._limit} bytes"
                )
            if piece or not self._input:
                return piece

    def _current(self) -> Decoder | None:
        """What decodes the input, or None if there is nothing to be done with it as yet."""
        if self._decoder is None:
            if len(self._input) >= 2:
                self._decoder = zlib.decompressobj(deflate_form(self._input))
        elif self._decoder.eof:
            if not self._gzip or not self._input.startswith(MEMBER):
                # Padding, unless it is the first half of the mark of another member.
                self._input = self._input if self._gzip and self._input == MEMBER[:1] else b""
                return None
            self._decoder = zlib.decompressobj(GZIP)
        return self._decoder

    def finish(self) -> None:
        """The body has ended: an error if what is compressed in it had not. An empty body is whole."""
        if self._begun and (self._decoder is None or not self._decoder.eof):
            raise RemoteProtocolError(f"{self._origin}: the compressed body breaks off")


def deflate_form(start: bytes) -> int:
    """RFC 9110 says zlib's form; some servers send the bare one. The first two bytes tell (RFC 1950, 2.2)."""
    is_zlib = start[0] & 15 == 8 and (start[0] * 256 + start[1]) % 31 == 0
    return ZLIB if is_zlib else RAW


def inflater(coding: str, *, origin: str, limit: int) -> Inflater | None:
    """What decodes this Content-Encoding, or None if there is nothing to decode.

    >>> inflater("identity", origin="", limit=1) is None
    True
    """
    coding = coding.strip().lower()
    if coding in ("", "identity"):
        return None
    if coding in ("gzip", "x-gzip", "deflate"):
        return Inflater(coding, origin=origin, limit=limit)
    raise RemoteProtocolError(
        f"{origin}: the body has a content coding that was not asked for: {coding[:40]}"
    )
