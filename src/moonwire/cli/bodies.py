"""What `explain`, `count` and `schema` read, and where in it the thing stands that an error is about."""

import contextlib
import json
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import click

from moonwire.cli.field import read_path
from moonwire.cli.inputs import STDIN, decode_text, name_of, open_input
from moonwire.cli.jsontext import Path, decode, nearest, place, spell
from moonwire.core.catalogue.endpoints import ENDPOINTS, plain_url
from moonwire.core.catalogue.overrides import NO_OVERRIDES, Overrides, decode_overrides
from moonwire.core.errors import LocalProtocolError
from moonwire.gateway.config.model import Config

__all__ = ["Source", "load_config", "model_options", "read_json", "refuse_misspelled", "refuse_two_stdins"]

# What Python takes for numbers, and nobody else does; strings are stepped over.
_NO_JSON = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|(-?Infinity|NaN)')


@dataclass(frozen=True, slots=True)
class Source:
    """A JSON text that was read, and what errors call it."""

    name: str
    text: str

    @contextlib.contextmanager
    def placing(self, prefix: Path = (), *, root: str = "") -> Generator[None, None, None]:
        """Errors about a field of it also say file, line and column.

        `prefix` leads to the value whose fields they name, `root` is what they call that value itself.
        """
        try:
            yield
        except LocalProtocolError as error:
            inside = (*prefix, *_steps(error.path, root))
            where = place(self.name, self.text, nearest(self.text, inside)[1])
            shown = spell(inside)
            raise LocalProtocolError(
                error.message, path=f"{where}: {shown}" if shown else where, remedy=error.remedy
            ) from error
        except RecursionError:
            # Reading goes deeper than the rest does.
            raise LocalProtocolError(
                "nested too deeply",
                path=place(self.name, self.text, 0),
                remedy="no server of Kimi takes more than a few hundred levels",
            ) from None


def _steps(path: str, root: str) -> Path:
    """The path that an error names. One that is not spelled as a path is a name."""
    if path in ("", root):
        return ()
    try:
        return read_path(path)
    except ValueError:
        return (path,)


def read_json(file: str, *, remedy: str) -> tuple[Any, Source]:
    """The JSON value in a file, or on standard input, and the text that it came from."""
    name = name_of(file)
    with open_input(file) as stream:
        # A file that an editor of another system saved may begin with a byte order mark.
        text = decode_text(stream.read(), name, "strict").removeprefix("\ufeff")
    value = decode(text, name, remedy=remedy)
    for found in _NO_JSON.finditer(text) if "NaN" in text or "Infinity" in text else ():
        if found[1]:
            where = place(name, text, found.start())
            raise LocalProtocolError(f"not JSON: {found[1]} is no number of JSON", path=where, remedy=remedy)
    return value, Source(name, text)


def model_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say which model behind which endpoint, and what counts its tokens."""
    options = [
        click.option("--model", "-m", metavar="MODEL", help="Which model.  [default: the body's]"),
        click.option(
            "--endpoint",
            "-e",
            default="platform",
            show_default=True,
            metavar="NAME|URL",
            help="Behind which endpoint: a name of the catalogue, or a base URL.",
        ),
        click.option("--config", metavar="FILE", help="TOML that overrules the catalogue."),
        click.option(
            "--tokenizer",
            envvar="MOONWIRE_TOKENIZER",
            show_envvar=True,
            metavar="PATH",
            help="Kimi's tiktoken.model, to count with instead of estimating.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


# What else a moonwire.toml holds: it is one file for all commands.
_GATEWAY = frozenset(Config.__struct_fields__)


def load_config(file: str | None) -> Overrides:
    """What the operator's TOML overrules; nothing where there is none. It may be a whole moonwire.toml."""
    if file is None:
        return NO_OVERRIDES
    with open_input(file) as stream:
        text = decode_text(stream.read(), name_of(file), "strict").removeprefix("\ufeff")
    try:
        return decode_overrides(text, others=_GATEWAY)
    except LocalProtocolError as error:
        where = ": ".join(part for part in (name_of(file), error.path) if part)
        raise LocalProtocolError(error.message, path=where, remedy=error.remedy) from error


def refuse_misspelled(endpoint: str, overrides: Overrides) -> None:
    """A name that nothing has is a slip of the hand; a URL that nothing has is a place of one's own."""
    known = [place.name for place in (*overrides.endpoints, *ENDPOINTS)]
    if endpoint not in known and not plain_url(endpoint):
        names = ", ".join(dict.fromkeys(known))
        raise click.UsageError(f"No endpoint {json.dumps(endpoint)}: a base URL, or one of {names}.")


def refuse_two_stdins(file: str, config: str | None) -> None:
    """Standard input can be read once."""
    if file == STDIN == config:
        raise click.UsageError("The body and the config cannot both come from standard input.")
