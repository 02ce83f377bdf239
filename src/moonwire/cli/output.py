"""Where a command writes: standard output, or a file that is there whole or not at all."""

import contextlib
import os
import stat
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import BinaryIO

__all__ = ["Output", "open_output"]


class Output:
    """Bytes on their way out. After `discard` the file stays as it was."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.discarded = False

    def write(self, data: bytes) -> None:
        """Add bytes; whoever follows the output sees them at once."""
        self._stream.write(data)
        self._stream.flush()

    def discard(self) -> None:
        """Do not put the file in place. What went to standard output is out already."""
        self.discarded = True


@contextlib.contextmanager
def open_output(file: str | None) -> Generator[Output, None, None]:
    """Standard output, or the file, which appears when the block ends well. It may be the input itself."""
    if file is None:
        yield Output(sys.stdout.buffer)
        return
    # A link stays a link; what it leads to is replaced.
    target = Path(os.path.realpath(file))
    if target.exists() and not target.is_file():
        # A device or a pipe cannot be replaced by a file.
        with target.open("wb") as stream:
            yield Output(stream)
        return
    try:
        descriptor, scratch = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        # The user never heard of the scratch file's name.
        raise OSError(error.errno, error.strerror, file) from None
    try:
        with open(descriptor, "wb") as stream:
            output = Output(stream)
            yield output
            os.fsync(stream.fileno())
        if not output.discarded:
            os.chmod(scratch, _mode(target))
            os.replace(scratch, target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(scratch)


def _mode(target: Path) -> int:
    """The mode of the file that is replaced, or that of any new file."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
