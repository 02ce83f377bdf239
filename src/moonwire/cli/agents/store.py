"""The agents' files on disk, and beside moonwire's data what was put into them."""

import contextlib
import os
import stat
import tempfile
from pathlib import Path

import msgspec

from moonwire.cli.agents.change import Change
from moonwire.core.errors import LocalProtocolError
from moonwire.memory.folder import default_path, prepare

__all__ = ["Records", "load", "read", "remove", "save", "write"]


class Records(msgspec.Struct):
    """What was done to the files of one agent, by the files' paths. Values that were replaced stand in it."""

    agent: str
    files: dict[str, Change] = {}


def read(file: Path) -> str | None:
    """The text of the file, byte for byte, or None where there is none. A link is followed."""
    target = _target(file)
    try:
        data = target.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LocalProtocolError("is not UTF-8", path=f"{file}:{line}") from None


def write(file: Path, text: str, expected: str | None) -> None:
    """The file, whole or not at all, with the mode it had; a new one is for its owner alone.

    Where it is no longer what was expected, somebody else is writing it, and it is left to them.
    """
    target = _target(file)
    try:
        if not target.parent.exists():
            target.parent.mkdir(mode=0o700, parents=True)
        descriptor, scratch = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file)) from None
    try:
        with open(descriptor, "wb") as stream:
            stream.write(text.encode())
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            os.chmod(scratch, stat.S_IMODE(target.stat().st_mode))
        if read(file) != expected:
            raise LocalProtocolError(
                "was changed by somebody else just now", path=str(file), remedy="try again"
            )
        os.replace(scratch, target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(scratch)


def remove(file: Path) -> None:
    """The file is no longer there. A link that led to it stays."""
    _target(file).unlink(missing_ok=True)


def _target(file: Path) -> Path:
    """Where a link leads to: what is there is replaced, and not the link."""
    target = Path(os.path.realpath(file))
    try:
        found = target.stat()
    except (FileNotFoundError, NotADirectoryError):
        return target
    if not stat.S_ISREG(found.st_mode):
        raise LocalProtocolError("is no file", path=str(file), remedy="--file names another one")
    if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
        raise LocalProtocolError("belongs to another user", path=str(file), remedy="let that user change it")
    return target


def _place(agent: str) -> Path:
    return default_path() / "connect" / f"{agent}.json"


def load(agent: str) -> Records:
    """What is known of the agent's files."""
    place = _place(agent)
    try:
        return msgspec.json.decode(place.read_bytes(), type=Records)
    except FileNotFoundError:
        return Records(agent)
    except msgspec.DecodeError as error:
        raise LocalProtocolError(
            f"is damaged: {error}", path=str(place), remedy="undo by hand, and delete it"
        ) from None


def save(records: Records) -> None:
    """Keeps it, for its owner alone. What says nothing is deleted."""
    place = _place(records.agent)
    if not records.files:
        place.unlink(missing_ok=True)
        return
    prepare(place.parent)
    data = msgspec.json.format(msgspec.json.encode(records), indent=1).decode()
    known = place.read_bytes().decode() if place.exists() else None
    write(place, f"{data}\n", known)
