"""`moonwire init`: a `moonwire.toml` with every key in it, for the operator to change."""

import os
import secrets
from pathlib import Path

import click

from moonwire.cli.screen import showable
from moonwire.core.errors import LocalProtocolError
from moonwire.gateway.config.document import commented
from moonwire.gateway.config.sources import FILE_NAME

__all__ = ["init"]


@click.command(short_help="Write a commented moonwire.toml.")
@click.argument("path", default=FILE_NAME, metavar="[PATH]")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def init(path: str, force: bool) -> None:
    """Write a configuration that documents every key, each at its default and commented out.

    PATH is a file, or a directory to put moonwire.toml into. Only its owner may read the file: keys may be
    written into it.

    \b
      moonwire init && moonwire config

    Exit status: 0 done; 2 not done: the file is there already, or cannot be written.
    """
    target = Path(path).expanduser()
    if target.is_dir():
        target = target / FILE_NAME
    _write(target, commented().encode(), force=force)
    click.echo(f"{showable(str(target))}: written. `moonwire config` shows what is in effect.")


def _write(target: Path, data: bytes, *, force: bool) -> None:
    """The file, readable for nobody else from the first moment."""
    # A new file beside it, so that one that is replaced is there whole, before and after.
    place = target.with_name(f".{target.name}.{secrets.token_hex(4)}") if force else target
    try:
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(data)
        if force:
            os.replace(place, target)
    except FileExistsError:
        raise LocalProtocolError("is there already", path=str(target), remedy="--force replaces it") from None
    except OSError as error:
        # The user never heard of the other name.
        raise OSError(error.errno, error.strerror, str(target)) from error
