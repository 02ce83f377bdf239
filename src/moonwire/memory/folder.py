"""Where the memory is kept on this machine."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from moonwire.core.errors import MoonwireError

__all__ = ["default_path", "prepare"]


def default_path(environment: Mapping[str, str] | None = None, platform: str = sys.platform) -> Path:
    """The directory of the secret and the database, if the operator names none.

    >>> default_path({"MOONWIRE_DATA": "/data"}).as_posix()
    '/data'
    >>> default_path({"XDG_DATA_HOME": "/home/a/data"}, "linux").as_posix()
    '/home/a/data/moonwire'
    """
    known = os.environ if environment is None else environment
    if named := known.get("MOONWIRE_DATA"):
        return Path(named).expanduser()
    if platform == "darwin":
        return Path("~/Library/Application Support/moonwire").expanduser()
    # The XDG specification: a path that is not absolute is invalid and to be ignored.
    home = known.get("XDG_DATA_HOME", "")
    return (Path(home) if Path(home).is_absolute() else Path("~/.local/share").expanduser()) / "moonwire"


def prepare(directory: Path) -> Path:
    """The directory, made for its owner alone if it is not there. One that is there is left as it is."""
    try:
        # Path.mkdir gives the mode to the last part only.
        for part in (*reversed(directory.parents), directory):
            if not part.exists():
                part.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise MoonwireError(
            f"the directory cannot be made: {error.strerror or error}",
            path=str(directory),
            remedy="set MOONWIRE_DATA to a directory that can be written to",
        ) from error
    if not directory.is_dir():
        raise MoonwireError(
            "is not a directory", path=str(directory), remedy="set MOONWIRE_DATA to a directory"
        )
    return directory
