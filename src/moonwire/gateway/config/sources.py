"""What the file, the environment and the flags say, in one tree, with the origin of every value."""

import os
import re
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast, get_args, get_origin

import msgspec

from moonwire.core.errors import LocalProtocolError
from moonwire.gateway.config import places
from moonwire.gateway.config.model import Config
from moonwire.gateway.config.reading import suggestion
from moonwire.gateway.config.schema import (
    NAMED,
    Field,
    env_name,
    fields,
    is_table,
    keys,
    plain,
    settable,
    words,
)

__all__ = ["ENV_NAMES", "FILE_NAME", "FLAGS", "QUICK", "Sources", "find_file", "gather"]

FILE_NAME: Final = "moonwire.toml"
CONFIG: Final = "MOONWIRE_CONFIG"

FLAGS: Final[Mapping[str, places.Path]] = {
    "host": ("server", "host"),
    "port": ("server", "port"),
    "workers": ("server", "workers"),
    "mode": ("mode",),
    "region": ("region",),
    "memory": ("memory", "path"),
    "log_format": ("logging", "format"),
    "log_level": ("logging", "level"),
}
"""The flags that are a key of the file, as a command's parameters are called."""

QUICK: Final = ("upstream", "upstream_key", "endpoint")
"""An upstream in three words, on the command line or in the environment: it takes the place of the file's."""

_ELSEWHERE: Final = (CONFIG, "MOONWIRE_DATA", "MOONWIRE_HISTORY")
# What moonwire's own tests are told: a shell that runs them may start a gateway too.
_OF_TESTS: Final = frozenset(
    {
        "MOONWIRE_CLIENTS",
        "MOONWIRE_CLIENT_MODELS",
        "MOONWIRE_CONFORMANCE_DATA",
        "MOONWIRE_LIVE",
        "MOONWIRE_REQUIRE_SERVICES",
        "MOONWIRE_VERIFIER",
    }
)
# What Kubernetes puts into each container for a service that is called moonwire, or moonwire-something.
_KUBERNETES: Final = re.compile(
    r"MOONWIRE_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?|PORT)"
)
_KUBERNETES_VALUE: Final = re.compile(r"(?:tcp|udp|sctp)://")

ENV_NAMES: Final[Mapping[str, places.Path]] = {
    env_name(key.path): key.path
    for key in keys()
    if settable(key.field.kind) and "NAME" not in key.path and "[]" not in key.path
}
"""The variables of all keys that do not stand below a name."""


class Sources(msgspec.Struct):
    """What was said. The tree is as TOML has it, and is added to until it is read."""

    tree: dict[str, Any] = {}
    origins: dict[places.Path, str] = {}
    quick: dict[str, tuple[str, str]] = {}
    """What `QUICK` was given: the value and its origin."""
    file: Path | None = None
    shown: str = ""
    """What errors call the file."""
    warnings: list[str] = []

    def put(self, path: places.Path, value: Any, origin: str) -> None:
        """Says it, whoever said something else before."""
        table = self.tree
        for length, part in enumerate(path[:-1], 1):
            inside = table.setdefault(cast("str", part), {})
            if not isinstance(inside, dict):
                above = path[:length]
                remedy = f"begin it with [{places.spell(above)}]"
                raise LocalProtocolError("must be a table", path=self.where(above), remedy=remedy)
            table = cast("dict[str, Any]", inside)
        table[cast("str", path[-1])] = value
        self.origins[path] = origin

    def drop(self, name: str) -> None:
        """Forgets a whole table."""
        self.tree.pop(name, None)
        for path in [path for path in self.origins if path[0] == name]:
            del self.origins[path]

    def origin(self, path: places.Path) -> str:
        """Who said it, or what it stands in; `default` where nobody did."""
        for length in range(len(path), 0, -1):
            if found := self.origins.get(path[:length]):
                return found
        return self.shown or "default"

    def where(self, path: places.Path) -> str:
        """How an error names a key."""
        origin, key = self.origin(path), places.spell(path)
        return f"{origin}: {key}" if key else origin

    def from_file(self, path: places.Path) -> bool:
        """Whether the file said it, and neither the environment nor a flag."""
        return bool(self.shown) and self.origin(path).startswith(self.shown)


def find_file(flags: Mapping[str, Any], environ: Mapping[str, str], cwd: Path) -> tuple[Path | None, bool]:
    """The file that counts, if any, and whether it was named rather than found."""
    for named, said in ((flags.get("config"), "--config"), (environ.get(CONFIG), f"env {CONFIG}")):
        if named:
            file = cwd / Path(named).expanduser()
            if not file.exists():
                remedy = "moonwire init PATH writes one"
                raise LocalProtocolError(f"there is no file {file}", path=said, remedy=remedy)
            return file, True
    for file in (cwd / FILE_NAME, _user_folder(environ) / FILE_NAME):
        if file.exists():
            return file, False
    return None, False


def _user_folder(environ: Mapping[str, str]) -> Path:
    home = Path(environ["HOME"]) if environ.get("HOME") else Path("~").expanduser()
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "moonwire"
    # The XDG specification: a path that is not absolute is invalid and to be ignored.
    told = environ.get("XDG_CONFIG_HOME", "")
    return (Path(told) if Path(told).is_absolute() else home / ".config") / "moonwire"


def gather(flags: Mapping[str, Any], environ: Mapping[str, str], cwd: Path) -> Sources:
    """The file, then the environment, then the flags."""
    sources = Sources()
    file, named = find_file(flags, environ, cwd)
    if file is not None:
        _read_file(sources, file, named, cwd)
    _read_environment(sources, environ)
    for name, value in flags.items():
        if value is None or name == "config":
            continue
        origin = f"--{name.replace('_', '-')}"
        if name in QUICK:
            if not value:
                # A variable of the shell's that is not set must not mean another upstream or another key.
                raise LocalProtocolError("is empty", path=origin, remedy="leave it out, or say what it is")
            sources.quick[name] = (str(value), origin)
        elif name in FLAGS:
            sources.put(FLAGS[name], _lenient(_field(FLAGS[name]), value, origin, FLAGS[name]), origin)
        else:
            remedy = suggestion(name, (*FLAGS, *QUICK, "config"))
            raise LocalProtocolError("no such flag", path=origin, remedy=remedy)
    return sources


def _read_file(sources: Sources, file: Path, named: bool, cwd: Path) -> None:
    shown = str(file.relative_to(cwd)) if file.is_relative_to(cwd) else str(file)
    try:
        with file.open("rb") as stream:
            found = os.fstat(stream.fileno())
            data = stream.read()
    except OSError as error:
        said = f"cannot be read: {error.strerror or error}"
        raise LocalProtocolError(said, path=shown, remedy="name another with --config") from error
    if not named:
        _refuse_foreign(found, shown)
    try:
        # An editor of another system may have put a byte order mark in front.
        text = data.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        # Without its cause: that error holds the text, in which a key may stand.
        raise LocalProtocolError("not UTF-8", path=f"{shown}:{line}", remedy="TOML is UTF-8") from None
    sources.tree, lines = places.read_toml(text, shown)
    sources.origins = {path: f"{shown}:{line}" for path, line in lines.items()}
    sources.file, sources.shown = file, shown
    if sys.platform != "win32" and found.st_mode & 0o044 and (path := _written_out(sources.tree)):
        sources.warnings.append(
            f"{sources.where(path)}: a key is written out in a file that others can read (chmod 600 {file})"
        )


def _refuse_foreign(found: os.stat_result, shown: str) -> None:
    """A file that was only come across may name commands to run, so it is the user's own or nobody's."""
    if sys.platform == "win32":
        return
    if found.st_uid not in (0, os.geteuid()):
        remedy = "name it with --config if you trust it"
        raise LocalProtocolError("the file belongs to another user", path=shown, remedy=remedy)
    if found.st_mode & 0o002 and stat.S_ISREG(found.st_mode):
        remedy = f"chmod o-w {shown}, or name it with --config"
        raise LocalProtocolError("everybody can change the file", path=shown, remedy=remedy)


def _written_out(tree: Mapping[str, Any]) -> places.Path | None:
    """The first key that stands in the file itself."""
    for table in NAMED:
        for name, entry in _tables(tree.get(table)):
            candidates = [(("key",), entry.get("key"))]
            several = entry.get("keys")
            listed = cast("list[Any]", several) if isinstance(several, list) else []
            candidates += [(("keys", index), one) for index, one in enumerate(listed)]
            for path, text in candidates:
                if isinstance(text, str) and not re.match(r"(?:env|file|cmd|sha256):", text):
                    return (table, name, *path)
    return None


def _tables(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        for name, entry in cast("dict[str, Any]", value).items():
            if isinstance(entry, dict):
                yield name, cast("dict[str, Any]", entry)


# -- the environment -----------------------------------------------------------------------------------


def _read_environment(sources: Sources, environ: Mapping[str, str]) -> None:
    known: dict[str, places.Path] = {**ENV_NAMES, **_named(sources)}
    quick = {f"MOONWIRE_{name.upper()}": name for name in QUICK}
    for name in sorted(environ):
        value = environ[name]
        # A variable that is empty is one that is not set: so compose files have it.
        if not name.startswith("MOONWIRE_") or not value or name in (*_ELSEWHERE, *_OF_TESTS):
            continue
        origin = f"env {name}"
        if _KUBERNETES.fullmatch(name) and (name not in known or _KUBERNETES_VALUE.match(value)):
            continue
        if name in quick:
            sources.quick[quick[name]] = (value, origin)
        elif name in known:
            path = known[name]
            sources.put(path, _lenient(_field(path), value, origin, path), origin)
        else:
            remedy = suggestion(name, (*known, *quick, *_ELSEWHERE))
            if not remedy.startswith("did you mean"):
                remedy = "moonwire config lists the keys, docs/gateway-config.md their variables"
            raise LocalProtocolError("no such variable", path=origin, remedy=remedy)


def _named(sources: Sources) -> dict[str, places.Path]:
    """The variables of the keys below the names that the file has."""
    found: dict[str, places.Path] = {}
    for key in keys():
        if "NAME" not in key.path or not settable(key.field.kind):
            continue
        for name, _ in _tables(sources.tree.get(key.path[0])):
            path = tuple(name if part == "NAME" else part for part in key.path)
            other = found.setdefault(env_name(path), path)
            if other != path:
                said = f"{places.spell(path)} and {places.spell(other)} have one variable"
                raise LocalProtocolError(
                    said, path=sources.where(path[:2]), remedy="names that differ in letters"
                )
    return found


def _field(path: places.Path) -> Field:
    """The key at a path whose names are in the file."""
    struct: type[Any] = Config
    rest = path
    if path[0] in NAMED:
        struct, rest = NAMED[cast("str", path[0])], path[2:]
    for part in rest[:-1]:
        kind = plain(fields(struct)[cast("str", part)].kind)
        assert is_table(kind)
        struct = kind
    return fields(struct)[cast("str", rest[-1])]


def _lenient(field: Field, value: Any, origin: str, path: places.Path) -> Any:
    """A text as the key's kind has it: numbers and yes or no out of words, lists at the commas."""
    bare = plain(field.kind)
    if not isinstance(value, str):
        return value
    if get_origin(bare) is tuple and get_args(bare)[0] is str:
        return [one.strip() for one in value.split(",") if one.strip()]
    if bare not in (int, float, bool):
        return value
    try:
        return msgspec.convert(value.strip(), bare, strict=False)
    except msgspec.ValidationError:
        # Without its cause, which may quote the value.
        said = f"must be {words(field.kind)}"
        raise LocalProtocolError(
            said, path=f"{origin}: {places.spell(path)}", remedy=f"such as {_like(field)}"
        ) from None


def _like(field: Field) -> str:
    return msgspec.json.encode(field.default).decode() if field.default is not None else "65536"
