"""The server's secret: 32 random bytes in a file that only its owner reads."""

import os
import secrets
import stat
import sys
from pathlib import Path
from typing import NoReturn

from moonwire.core.errors import MoonwireError
from moonwire.memory.folder import prepare

__all__ = ["Secret", "load_secret"]

_LENGTH = 32


class Secret:
    """Bytes that are shown to nobody who does not ask for them by name.

    >>> Secret(bytes(32))
    Secret(...)
    """

    __slots__ = ("_bytes",)

    def __init__(self, value: bytes) -> None:
        if len(value) != _LENGTH:
            raise MoonwireError(f"a secret has {_LENGTH} bytes", path="secret")
        self._bytes = value

    @classmethod
    def random(cls) -> "Secret":
        """One that lives as long as the process: for a memory that does no more either."""
        return cls(secrets.token_bytes(_LENGTH))

    def reveal(self) -> bytes:
        """The bytes, for deriving keys."""
        return self._bytes

    def __repr__(self) -> str:
        return "Secret(...)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not pickled or copied: its bytes would be in the copy")


def load_secret(path: str | os.PathLike[str]) -> Secret:
    """The secret in this file; the first time, a new one. Processes that start together get the same.

    Raises `MoonwireError` if the file is another's, is readable by others, or is no secret.
    """
    place = Path(path).expanduser()
    try:
        try:
            return Secret(_read(place))
        except FileNotFoundError:
            prepare(place.parent)
            _create(place)
            return Secret(_read(place))
    except OSError as error:
        raise MoonwireError(
            f"the secret cannot be read or made: {error.strerror or error}",
            path=str(place),
            remedy="make the directory writable, or put 32 random bytes there with mode 0600",
        ) from error


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        # Of the open file, not of the name: what was checked is what is read.
        _check(os.fstat(file.fileno()), path)
        value = file.read(_LENGTH + 1)
    if len(value) != _LENGTH:
        raise MoonwireError(
            f"the secret has to be {_LENGTH} bytes long",
            path=str(path),
            remedy="restore it from a backup, or remove it together with the database beside it",
        )
    return value


def _check(found: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise MoonwireError("the secret is not a file", path=str(path), remedy="remove it")
    if sys.platform == "win32":
        # Modes say nothing there; the profile directory is the user's own.
        return
    if found.st_uid != os.geteuid():
        raise MoonwireError(
            "the secret belongs to another user", path=str(path), remedy=f"chown {os.geteuid()} {path}"
        )
    mode = stat.S_IMODE(found.st_mode)
    if mode & ~0o600:
        raise MoonwireError(
            f"the secret has mode {mode:04o}, others may have read it",
            path=str(path),
            remedy=f"chmod 600 {path}, or remove it together with the database beside it",
        )


def _create(path: Path) -> None:
    """Writes a new secret under another name, then links it: it is there whole, once, or not at all."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_LENGTH))
            file.flush()
            os.fsync(file.fileno())
        _publish(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _publish(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        # Another process was first, and its secret counts for both.
        return
    if sys.platform != "win32":
        # What is sealed under a secret that a power cut takes away is lost.
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
