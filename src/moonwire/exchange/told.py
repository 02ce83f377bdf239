"""What every answer says of itself: the id of its request, and the codes of what was done to it."""

import json
import os
import secrets
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

import msgspec

from moonwire.core.errors import MoonwireError, RemoteProtocolError
from moonwire.core.events import UpstreamError
from moonwire.core.notes import Note

__all__ = ["HEADER", "REQUEST_ID", "broken", "encoded", "notes_header", "request_id"]

REQUEST_ID: Final = "moonwire-request-id"
HEADER: Final = "moonwire-notes"
HEADER_BYTES: Final = 1024


def notes_header(notes: Iterable[Note], limit: int = HEADER_BYTES) -> str:
    """The codes of the notes, each with its count, warnings first; `+N` for those that find no room.

    >>> note = Note(code="a", reason="")
    >>> notes_header([note, Note(code="b", reason="", level="warning"), note])
    'b!, a*2'
    """
    return _words(tuple([(note.level != "warning", note.code) for note in notes]), limit)


@lru_cache(maxsize=1024)
def _words(notes: tuple[tuple[bool, str], ...], limit: int) -> str:
    counted = Counter(notes)
    order = sorted(counted, key=lambda one: one[0])
    words = [_word(code, counted[quiet, code], loud=not quiet) for quiet, code in order]
    out = ", ".join(words)
    left = 0
    while len(out) > limit:
        words.pop()
        left += 1
        out = ", ".join([*words, f"+{left}"])
    return out


def _word(code: str, count: int, *, loud: bool) -> str:
    return f"{code}{'!' if loud else ''}{f'*{count}' if count > 1 else ''}"


def encoded(value: Any) -> bytes:
    """A value as JSON, also where half a character of a broken stream is in it."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value, str_keys=True)).encode()


def broken(error: UpstreamError) -> MoonwireError:
    """An upstream's error behind an answer that began, for a caller that has seen nothing of it."""
    return RemoteProtocolError(error.message, path="upstream", remedy="ask again")


class _Drawn:
    """Random ids, many drawn from the system at a time: each draw is a system call."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        if hasattr(os, "register_at_fork"):
            # Two processes never give out the same ones.
            os.register_at_fork(after_in_child=self._ids.clear)

    def next(self) -> str:
        """One that nobody has."""
        if not self._ids:
            drawn = secrets.token_hex(12 * _AT_ONCE)
            self._ids += [drawn[start : start + 24] for start in range(0, len(drawn), 24)]
        return self._ids.pop()


_AT_ONCE: Final = 256
_drawn: Final = _Drawn()


def request_id() -> str:
    """A new id of a request."""
    return f"req_{_drawn.next()}"
