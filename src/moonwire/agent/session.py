"""A conversation on disk: a JSON line for each thing that happened, so that a crash costs one at most."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final, cast

import msgspec

from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import Message
from moonwire.wire import chat

__all__ = ["Session", "Stored", "load"]

VERSION: Final = 1
LINE: Final = 64 << 20
"""The longest line that is read back: a picture may stand in a message."""


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says. `skipped` are the numbers of lines that could not be read."""

    history: tuple[Message, ...] = ()
    cache_key: str = ""
    model: str = ""
    skipped: tuple[int, ...] = ()


class Session:
    """Writes a conversation down as it goes on. The file is for its owner alone.

    A line holds one message, or the whole history where it was compacted. What a crash cut off is dropped
    when the file is opened again.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()

    def begin(self, cache_key: str, model: str) -> None:
        """The first line of a new conversation; nothing where the file has one already."""
        if not self.path.exists() or not self.path.stat().st_size:
            self.tell(cache_key, model)

    def tell(self, cache_key: str, model: str) -> None:
        """What the conversation is about to go on with; the last such line holds."""
        self._write({"kind": "session", "version": VERSION, "cache_key": cache_key, "model": model})

    def add(self, messages: Sequence[Message]) -> None:
        """What was said since."""
        if messages:
            self._write(*({"kind": "message", "message": chat.encode_message(one)} for one in messages))

    def replace(self, history: Sequence[Message]) -> None:
        """The history from now on: it was compacted, or taken back."""
        self._write({"kind": "history", "messages": [chat.encode_message(one) for one in history]})

    def _write(self, *lines: dict[str, Any]) -> None:
        # Opened each time: nothing has to be closed, and whoever looks at the file finds all of it.
        with self._opened() as file:
            file.write(b"".join(_encoded(line) + b"\n" for line in lines))

    def _opened(self) -> IO[bytes]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            said = f"{self.path} cannot be written: {error.strerror or error}"
            raise LocalProtocolError(said, path="session", remedy="name another file") from error
        file = os.fdopen(descriptor, "r+b")
        # Behind the last line that is whole: what follows was cut off by a crash.
        file.truncate(_whole(file))
        file.seek(0, os.SEEK_END)
        return file


def load(path: str | Path) -> Stored:
    """What a file of a conversation says, whatever became of its last line. No file is an empty one."""
    place = Path(path).expanduser()
    history: list[Message] = []
    facts: dict[str, str] = {}
    skipped: list[int] = []
    try:
        with place.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(LINE), b""), 1):
                try:
                    _take(json.loads(line), history, facts)
                except (ValueError, RecursionError, LocalProtocolError):
                    skipped.append(number)
    except FileNotFoundError:
        return Stored()
    except OSError as error:
        said = f"{place} cannot be read: {error.strerror or error}"
        raise LocalProtocolError(said, path="session", remedy="name a file of a session") from error
    return Stored(
        history=tuple(history),
        cache_key=facts.get("cache_key", ""),
        model=facts.get("model", ""),
        skipped=tuple(skipped),
    )


def _take(line: Any, history: list[Message], facts: dict[str, str]) -> None:
    if not isinstance(line, dict):
        raise ValueError("not an object")
    said = cast("dict[str, Any]", line)
    kind = said.get("kind")
    if kind == "session":
        facts.update(
            {name: value for name in ("cache_key", "model") if isinstance(value := said.get(name), str)}
        )
    elif kind == "message":
        history.append(chat.decode_message(said.get("message")))
    elif kind == "history":
        # First all of it: a line that is half wrong changes nothing.
        history[:] = [chat.decode_message(one) for one in cast("list[Any]", said.get("messages") or [])]


def _whole(file: IO[bytes]) -> int:
    """How many bytes there are up to the end of the last line that is whole."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - 65536)
        file.seek(start)
        at = file.read(end - start).rfind(b"\n")
        if at >= 0:
            return start + at + 1
        end = start
    return 0


def _encoded(line: dict[str, Any]) -> bytes:
    """As JSON, also where half a character of a broken stream is in it."""
    try:
        return msgspec.json.encode(line)
    except UnicodeEncodeError:
        return json.dumps(line).encode()
