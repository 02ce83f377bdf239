"""Where keys come from: written out, the environment, a file, a command. No error ever shows one.

The gateway and the client share this, and with it one order of `KIMI_BASE_URL`, `MOONSHOT_BASE_URL`,
`MOONSHOT_API_KEY` and `KIMI_API_KEY`; docs/gateway-config.md has it as a table.
"""

import os
import re
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from moonwire.core.catalogue.endpoints import find_endpoint, plain_url
from moonwire.core.errors import LocalProtocolError, MoonwireError
from moonwire.exchange.config import Hidden

__all__ = [
    "PLACES",
    "SECONDS",
    "Found",
    "Region",
    "Run",
    "default_key",
    "default_upstream",
    "resolve_key",
    "resolve_secret",
    "run_command",
    "split_command",
]

Region = Literal["ai", "cn"]
Run = Callable[[Sequence[str]], str]

SECONDS: Final = 30.0
"""How long a command may take: long enough for a person to unlock a password manager."""

PLACES: Final[Mapping[Region, str]] = {"ai": "platform", "cn": "platform-cn"}
"""The platform of a region, by its name in the catalogue. A key of one is nothing to the other
(kimi-api.md 1.1)."""

_CODING: Final = "coding"
_CODING_KEY: Final = "sk-kimi-"
"""What keys of the coding endpoint begin with (kimi-api.md 1.1)."""

_FILE_BYTES: Final = 65536
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# A key becomes a header's value, after `Bearer `.
_KEY: Final = re.compile(r"[\x21-\x7e]+")
_VALUE: Final = re.compile(r"[\x20-\x7e]*")
# Single quotes hide everything from a shell, double quotes all but `$` and the backtick.
_SINGLE_QUOTED: Final = re.compile(r"'[^']*'|\\.", re.DOTALL)
_DOUBLE_QUOTED: Final = re.compile(r'"[^"]*"', re.DOTALL)
_SHELL: Final = re.compile(r"[|&;<>()\n]")
_ASSIGNED: Final = re.compile(r"\s*[A-Za-z_][A-Za-z0-9_]*=")


def resolve_key(
    spec: str | Hidden, environ: Mapping[str, str], run: Run | None = None, *, path: str = "key"
) -> Hidden:
    """The key that a text stands for: `env:NAME`, `file:PATH`, `cmd:PROGRAM ARGUMENTS`, or else itself.

    `path` is what errors call it. They quote neither the text nor what came of it.

    >>> resolve_key("env:MINE", {"MINE": "sk-1"}).reveal()
    'sk-1'
    >>> resolve_key("env:MINE", {})
    Traceback (most recent call last):
    ...
    moonwire.core.errors.LocalProtocolError: key: the variable MINE is not set (export it, or change the key)
    """
    found = resolve_secret(spec, environ, run, path=path)
    if _KEY.fullmatch(found.reveal()) is None:
        said = "a key is one word of ASCII, without blanks"
        raise LocalProtocolError("the key cannot stand in a header", path=path, remedy=said)
    return found


def resolve_secret(
    spec: str | Hidden, environ: Mapping[str, str], run: Run | None = None, *, path: str = "key"
) -> Hidden:
    """The same for what need not be one word: the value of a header, a proxy with its password."""
    text = spec.reveal() if isinstance(spec, Hidden) else spec
    kind, mark, rest = text.partition(":")
    if mark and kind == "env":
        value = _from_environment(rest, environ, path)
    elif mark and kind == "file":
        value = _from_file(rest, path)
    elif mark and kind == "cmd":
        value = _from_command(rest, run or run_command, path)
    else:
        value = text
    value = value.strip()
    if not value:
        raise LocalProtocolError("the key is empty", path=path, remedy="leave it out, or say where it is")
    if "\n" in value:
        said = "a file or a command gives the key and nothing else"
        raise LocalProtocolError("the key has more than one line", path=path, remedy=said)
    if _VALUE.fullmatch(value) is None:
        raise LocalProtocolError("not printable ASCII", path=path, remedy="look at it in a hex editor")
    return Hidden(value)


def _from_environment(name: str, environ: Mapping[str, str], path: str) -> str:
    if _NAME.fullmatch(name) is None:
        # What stands there may be a key.
        remedy = "env:NAME, with letters, digits and _"
        raise LocalProtocolError("not the name of a variable", path=path, remedy=remedy)
    if not (value := environ.get(name, "")):
        remedy = "export it, or change the key"
        raise LocalProtocolError(f"the variable {name} is not set", path=path, remedy=remedy)
    return value


def _from_file(name: str, path: str) -> str:
    place = Path(name).expanduser()
    try:
        with place.open("rb") as file:
            # Of the open file, not of the name: what was checked is what is read.
            mode = os.fstat(file.fileno()).st_mode
            if sys.platform != "win32" and mode & 0o006 and not stat.S_ISCHR(mode):
                said = f"the file has mode {stat.S_IMODE(mode):04o}, so that everybody can read or change it"
                raise LocalProtocolError(said, path=path, remedy=f"chmod 600 {place}")
            data = file.read(_FILE_BYTES)
    except OSError as error:
        said = f"{place} cannot be read: {error.strerror or error}"
        raise LocalProtocolError(said, path=path, remedy="file:PATH names a file that holds a key") from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        # Without its cause: that error holds the bytes.
        raise LocalProtocolError("not a text", path=path, remedy="the file holds the key alone") from None


def _from_command(line: str, run: Run, path: str) -> str:
    words = split_command(line, path)
    try:
        return run(words)
    except MoonwireError as error:
        # A new one, without its cause: that may hold what the program printed.
        raise LocalProtocolError(error.message, path=path, remedy=error.remedy) from None


def split_command(line: str, path: str = "key") -> tuple[str, ...]:
    """A command's words. No shell reads it, so what only a shell understands is refused, not misread.

    >>> split_command("op read 'op://Team/Kimi key/credential'")
    ('op', 'read', 'op://Team/Kimi key/credential')
    """
    bare = _SINGLE_QUOTED.sub("", line)
    remedy = "cmd:sh -c '…' has a shell read it"
    if "$" in bare or "`" in bare or _SHELL.search(_DOUBLE_QUOTED.sub("", bare)) or _ASSIGNED.match(line):
        raise LocalProtocolError("the command needs a shell", path=path, remedy=remedy)
    try:
        words = shlex.split(line)
    except ValueError:
        # Without its cause, which may quote the line.
        raise LocalProtocolError("a quote has no end", path=path, remedy="cmd:PROGRAM ARGUMENTS") from None
    if not words:
        raise LocalProtocolError("no command", path=path, remedy="cmd:PROGRAM ARGUMENTS")
    return (os.path.expanduser(words[0]), *words[1:])


def run_command(words: Sequence[str], *, seconds: float = SECONDS) -> str:
    """What a program prints. Its words and what it says on either stream may be secret: no error has them."""
    remedy = "run the command in a terminal to see what it says"
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        said = f"the command took more than {seconds:g} s"
        raise LocalProtocolError(said, remedy=remedy) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "a word holds a NUL"
        raise LocalProtocolError(f"the command cannot be run: {reason}", remedy=remedy) from None
    if done.returncode:
        raise LocalProtocolError(f"the command ended with status {done.returncode}", remedy=remedy)
    try:
        return done.stdout.decode("utf-8")
    except UnicodeDecodeError:
        raise LocalProtocolError("the command printed no text", remedy=remedy) from None


# -- where nobody configured an upstream ---------------------------------------------------------------


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An upstream that the environment speaks of. Without a key the caller's own is passed on."""

    base_url: str
    endpoint: str
    """A name of the catalogue."""
    key: Hidden | None = None
    """As `resolve_key` takes it."""
    origin: str
    """What said where it is: a variable, or the key that belongs there."""
    key_origin: str = ""


def default_key(environ: Mapping[str, str], endpoint: str = "") -> tuple[str, str]:
    """The name and the value of the key's variable; empty where there is none.

    Two tools, two pairs of names: whose URL is set, its key is meant. Without a URL the platform's own name
    is first, and `KIMI_API_KEY`, which kimi-cli reads, second. Where the endpoint is known, a key of its kind
    goes before one that is certainly none.

    >>> default_key({"MOONSHOT_API_KEY": "a", "KIMI_API_KEY": "b"})
    ('MOONSHOT_API_KEY', 'a')
    >>> default_key({"MOONSHOT_API_KEY": "a", "KIMI_API_KEY": "b", "KIMI_BASE_URL": "http://rack/v1"})
    ('KIMI_API_KEY', 'b')
    >>> default_key({"MOONSHOT_API_KEY": "a", "KIMI_API_KEY": "sk-kimi-b"}, "coding")
    ('KIMI_API_KEY', 'sk-kimi-b')
    """
    names = ("MOONSHOT_API_KEY", "KIMI_API_KEY")
    if environ.get("KIMI_BASE_URL", "").strip():
        names = ("KIMI_API_KEY", "MOONSHOT_API_KEY")
    found = [(name, value) for name in names if (value := environ.get(name, "").strip())]
    if endpoint:
        gated = bool(find_endpoint(endpoint).facts.get("gated"))
        found.sort(key=lambda one: one[1].startswith(_CODING_KEY) != gated)
    return found[0] if found else ("", "")


def default_upstream(
    environ: Mapping[str, str], region: Region | None = None, *, key: tuple[str, Hidden] | None = None
) -> Found | None:
    """The upstream that follows from what is in the environment; `None`: nothing is.

    `key`, where it is given, is stronger than the environment's, and comes with its origin.

    >>> default_upstream({"KIMI_API_KEY": "sk-kimi-1"}).base_url
    'https://api.kimi.com/coding/v1'
    >>> default_upstream({"MOONSHOT_API_KEY": "sk-1"}, "cn").base_url
    'https://api.moonshot.cn/v1'
    """
    name, value = default_key(environ)
    origin, spec = key or (f"env {name}" if name else "", Hidden(f"env:{name}") if name else None)
    for variable in ("KIMI_BASE_URL", "MOONSHOT_BASE_URL"):
        if url := environ.get(variable, "").strip():
            said = f"env {variable}"
            if not plain_url(url):
                # Not quoted: it may hold a password.
                remedy = "https://host/path, without user, query or fragment"
                raise LocalProtocolError("not a base URL", path=said, remedy=remedy)
            place = find_endpoint(url).name
            return Found(base_url=url, endpoint=place, key=spec, origin=said, key_origin=origin)
    if spec is None:
        return None
    text = key[1].reveal() if key else value
    place = _CODING if text.startswith(_CODING_KEY) else PLACES[region or "ai"]
    url = find_endpoint(place).urls[0]
    return Found(base_url=url, endpoint=place, key=spec, origin=origin, key_origin=origin)
