"""Exchanges as JSON lines, without secrets: what was asked and answered; and answers from such a file."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from moonwire.core.errors import LocalProtocolError, MoonwireError
from moonwire.simulator.faults import Planned

__all__ = ["SECRET", "Exchange", "Recorder", "Recording", "as_bytes", "as_text", "read", "replayed", "shown"]

SECRET: Final = frozenset({"authorization", "x-api-key", "api-key", "cookie", "proxy-authorization"})


class Exchange(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One request and its answer. `pieces` are the events of a stream, or the one body.

    Bytes that are no UTF-8 stand as base64 behind `base64:`.
    """

    number: int
    method: str
    path: str
    request_headers: dict[str, str] = {}
    request: Any = None
    status: int = 0
    headers: list[tuple[str, str]] = []
    pieces: list[str] = []
    rule: str = ""
    """The rule that refused it."""
    fault: str = ""
    """What went wrong on purpose."""


def shown(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers without what nobody may see."""
    return {name: "(hidden)" if name.lower() in SECRET else value for name, value in headers}


class Recorder:
    """Writes each exchange as it ends."""

    def __init__(self, path: str) -> None:
        try:
            self._file = Path(path).open("ab")  # noqa: SIM115 -- open for as long as the server runs
        except OSError as error:
            raise MoonwireError(
                f"cannot be written: {error.strerror or error}",
                path=path,
                remedy="name another file for --record",
            ) from error

    def write(self, exchange: Exchange) -> None:
        """Adds a line."""
        self._file.write(msgspec.json.encode(exchange) + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Ends the file."""
        self._file.close()


def as_text(data: bytes) -> str:
    """Bytes as they stand in a recording."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(data).decode()
    return text if not text.startswith("base64:") else "base64:" + base64.b64encode(data).decode()


def as_bytes(text: str) -> bytes:
    """The bytes that `as_text` wrote."""
    return base64.b64decode(text[7:]) if text.startswith("base64:") else text.encode()


class Recording:
    """A file's answers by what was asked: of several to one question each in its turn, then the last."""

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        self._answers: dict[str, list[Exchange]] = {}
        for exchange in exchanges:
            self._answers.setdefault(_key(exchange.method, exchange.path, exchange.request), []).append(
                exchange
            )
        self._given: dict[str, int] = {}

    @property
    def size(self) -> int:
        """How many answers there are."""
        return sum(len(answers) for answers in self._answers.values())

    def answer(self, method: str, path: str, request: Any) -> Exchange | None:
        """The answer whose turn it is, if the question was recorded."""
        key = _key(method, path, request)
        answers = self._answers.get(key)
        if not answers:
            return None
        place = min(self._given.get(key, 0), len(answers) - 1)
        self._given[key] = place + 1
        return answers[place]


def _key(method: str, path: str, request: Any) -> str:
    data = msgspec.json.encode([method, path, request], order="sorted")
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def replayed(exchange: Exchange) -> Planned:
    """A recorded answer as one to give."""
    return Planned(exchange.status, list(exchange.headers), [as_bytes(piece) for piece in exchange.pieces])


def read(path: str) -> Recording:
    """The recording in a file; an error names the line."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise MoonwireError(
            f"cannot be read: {error.strerror or error}", path=path, remedy="name a file that --record wrote"
        ) from error
    return Recording(_lines(path, data))


def _lines(path: str, data: bytes) -> Iterator[Exchange]:
    decoder = msgspec.json.Decoder(Exchange)
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield decoder.decode(line)
        except msgspec.DecodeError as error:
            raise LocalProtocolError(
                str(error), path=f"{path}:{number}", remedy="a recording has one exchange a line"
            ) from error
