"""What a command reads: raw text byte for byte, and tools, with errors that say where."""

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any, BinaryIO, Literal, cast

import click

from moonwire import parse_text
from moonwire.cli.field import read_path
from moonwire.cli.jsontext import Path, decode, nearest, place, spell
from moonwire.core.errors import LocalProtocolError

__all__ = ["Encoding", "check_tools", "decode_text", "load_tools", "name_of", "open_input", "read_text"]

Encoding = Literal["strict", "replace"]

STDIN = "-"
_TOOLS_REMEDY = 'a tools file holds a list of OpenAI tools, one tool, or a request body that has "tools"'


def name_of(file: str) -> str:
    """What errors call the input."""
    return "<stdin>" if file == STDIN else file


def open_input(file: str) -> AbstractContextManager[BinaryIO]:
    """The bytes of a file, or of standard input, which stays open."""
    if file != STDIN:
        return open(file, "rb")
    if sys.stdin.isatty():
        click.echo("moonwire: reading from the terminal; end with Ctrl-D on a line of its own", err=True)
    return nullcontext(sys.stdin.buffer)


def read_text(file: str, encoding: Encoding) -> str:
    """The whole input as text. Byte-exact: no newline is translated, nothing is stripped."""
    with open_input(file) as stream:
        return decode_text(stream.read(), name_of(file), encoding)


def decode_text(data: bytes, name: str, encoding: Encoding, *, first_line: int = 1) -> str:
    """UTF-8 to text; where it is none, an error with line and column, or U+FFFD if the user said so."""
    try:
        return data.decode("utf-8", encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        raise LocalProtocolError(
            f"byte 0x{data[error.start]:02x} is not UTF-8 ({error.reason})",
            path=place(name, before, len(before), first_line),
            remedy="convert it to UTF-8, or read each bad byte as U+FFFD with --encoding-errors replace",
        ) from None


def load_tools(file: str) -> list[Any]:
    """The tools of a tools file: a list, a single tool, or a request body with "tools"."""
    name = name_of(file)
    with open_input(file) as stream:
        # A file that an editor of another system saved may begin with a byte order mark.
        text = decode_text(stream.read(), name, "strict").removeprefix("\ufeff")
    value = decode(text, name, remedy=_TOOLS_REMEDY)
    fields = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    prefix: Path | None = ()
    if isinstance(value, list):
        tools = cast("list[Any]", value)
    elif isinstance(fields.get("tools"), list):
        tools, prefix = cast("list[Any]", fields["tools"]), ("tools",)
    elif "function" in fields or "name" in fields:
        tools, prefix = [fields], None
    else:
        raise LocalProtocolError("no tools in here", path=place(name, text, 0), remedy=_TOOLS_REMEDY)
    check_tools(tools, name, text, prefix)
    return tools


def check_tools(tools: list[Any], name: str, text: str, prefix: Path | None, first_line: int = 1) -> None:
    """Lets the parser look at the tools, and says where in the file the one stands that it refuses.

    `prefix` is the path of the list within the text, `None` where the text is itself the one tool.
    """
    try:
        parse_text("", tools=tools)
    except LocalProtocolError as error:
        # The parser says tools[3].function.name, wherever in this file the list stands.
        within = read_path(error.path)[1:] if error.path else ()
        inside = within[1:] if prefix is None else (*prefix, *within)
        shown = spell(inside if prefix != () else ("tools", *within))
        where = place(name, text, nearest(text, inside)[1], first_line)
        raise LocalProtocolError(
            error.message, path=f"{where}: {shown}" if shown else where, remedy=error.remedy
        ) from None
