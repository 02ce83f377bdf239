"""Chunks that differ in one piece of text: read as one, and told in the pieces they came in.

A server that is ahead of its reader sends dozens of chunks at once, each two hundred bytes around a word.
The first of them is read as every chunk is, and shows where the word stands. Those behind it that are the
same to the byte around their own word say nothing else, so they need no reading one by one.
"""

import re
from typing import Final, Literal, NamedTuple

import msgspec

from moonwire.core.events import Event, Reasoning, Text
from moonwire.wire.chat.chunks import NOTHING, Chunk, read_chunk

__all__ = ["WORTH", "Channel", "Run", "Runs", "apart"]

WORTH: Final = 2048
"""Bytes of events; fewer are read one by one in less time."""

MISSES: Final = 8
"""After so many attempts in vain a stream is taken for one whose chunks differ in more than their text."""

Channel = Literal["content", "reasoning_content", "reasoning"]
_CHANNELS: Final[tuple[Channel, ...]] = ("content", "reasoning_content", "reasoning")

_BETWEEN: Final = b"\n\ndata: "
_PROBE: Final = "moonwire"

_CUT: Final = re.compile(rb"\\(?:\n|u(?:[dD]|[^\n]{0,3}(?:\n|\Z)))")
"""Behind no other backslash: an escape that a piece cuts, or half a character, whose other half the next may
have."""

_quoted: Final = msgspec.json.Encoder().encode
_unquoted: Final = msgspec.json.Decoder(str).decode


class Run(NamedTuple):
    """The text of several chunks, its pieces as they stand between the quotes of JSON, and where they end."""

    channel: Channel
    text: str
    pieces: tuple[bytes, ...]
    end: int


class Runs:
    r"""Knows what stands around the text of a stream's chunks, once it has seen one of them.

    >>> runs = Runs()
    >>> first, *more = [b'{"choices": [{"delta": {"content": "%b"}}]}' % word for word in (b"a", b"b", b"c")]
    >>> runs.learn(first, read_chunk(first))
    >>> runs.take(b"".join(b"data: %b\n\n" % one for one in more), 0)
    Run(channel='content', text='bc', pieces=(b'b', b'c'), end=100)
    """

    __slots__ = ("_before", "_behind", "_channel", "_misses")

    def __init__(self) -> None:
        self._channel: Channel = "content"
        self._before = self._behind = b""
        self._misses = 0

    @property
    def hopeless(self) -> bool:
        """Whether its chunks differ in more than their text."""
        return self._misses >= MISSES

    def learn(self, data: bytes, chunk: Chunk) -> None:
        """What stands around the text of this chunk, if text is all that it says."""
        if self._before and data.startswith(self._before):
            return
        said = _said(chunk)
        if said is None:
            return
        around = _around(data, *said)
        if around is None:
            self._misses += 1
        else:
            self._channel, self._before, self._behind = said[0], *around

    def take(self, whole: bytes, at: int) -> Run | None:
        """The chunks from this place on that differ in their text alone; none where they may say more."""
        before, behind = self._before, self._behind
        if not before or not whole.startswith(b"data: " + before, at):
            return None
        last = max(at, whole.rfind(_BETWEEN + before, at))
        end = whole.find(b"\n\n", last + len(_BETWEEN)) + 2
        some = whole[at + 6 : end - 2]
        start, stop = len(before), -len(behind)
        pieces = [one[start:stop] for one in some.split(_BETWEEN)]
        # What was cut away is the same everywhere: one comparison, and not one for each.
        inner = b"".join((behind, _BETWEEN, before)).join(pieces)
        same = len(some) == start + len(inner) - stop and some.startswith(inner, start)
        text = _read(pieces) if same and some.endswith(behind) else None
        if text is None:
            self._misses += 1
            # It is learned anew, if it is worth it.
            self._before = b""
            return None
        self._misses = 0
        return Run(self._channel, text, tuple(pieces), end)


def apart(event: Event) -> list[Event]:
    """The event, or one for each of the pieces that it came in.

    >>> apart(Text("ab", None, (b"a", b"b")))
    [Text(text='a'), Text(text='b')]
    """
    if not isinstance(event, Text | Reasoning) or event.pieces is None:
        return [event]
    kind = type(event)
    return [kind(_unquoted(b'"' + piece + b'"')) for piece in event.pieces]


def _said(chunk: Chunk) -> tuple[Channel, str] | None:
    """The channel and the text of a chunk that says nothing else."""
    choices = chunk.choices
    if not choices or len(choices) > 1 or chunk.usage is not None or chunk.error:
        return None
    choice = choices[0]
    delta = choice.delta
    if choice.index or choice.finish_reason or choice.usage is not None or choice.logprobs is not None:
        return None
    if delta is None or delta.tool_calls or delta.reasoning_details is not NOTHING:
        return None
    said: list[tuple[Channel, str]] = [
        (channel, text) for channel in _CHANNELS if (text := getattr(delta, channel))
    ]
    return said[0] if len(said) == 1 else None


def _around(data: bytes, channel: Channel, text: str) -> tuple[bytes, bytes] | None:
    """What stands before and behind the text, proved by putting another one there."""
    quoted = _quoted(text)
    name = b'"' + channel.encode() + b'":'
    place = data.find(name) + len(name)
    place += data[place : place + 1] == b" "
    if not data.startswith(quoted, place) or b"\n" in data:
        return None
    before, behind = data[: place + 1], data[place + len(quoted) - 1 :]
    # A field of this name may stand elsewhere, and this one be spelled in another way.
    proved = _said(read_chunk(before + _PROBE.encode() + behind)) == (channel, _PROBE)
    return (before, behind) if proved else None


def _read(pieces: list[bytes]) -> str | None:
    """The text of these insides of JSON's strings; none where one of them is no such inside, or is empty."""
    if b"" in pieces:
        return None
    joined = b"".join(pieces)
    try:
        if b"\\" in joined or not joined.isascii():
            flat = b"\n".join(pieces)
            bare = flat.replace(b"\\\\", b"")
            # Each must be right by itself, and not only together with the next one.
            if bare.endswith(b"\\") or _CUT.search(bare):
                return None
            flat.decode()
        # A quote that is not escaped ends it before its end, which is an error.
        return _unquoted(b'"' + joined + b'"')
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
