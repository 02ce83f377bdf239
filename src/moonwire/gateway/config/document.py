"""The keys in words: the file that `moonwire init` writes, and the table in docs/gateway-config.md."""

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, Final, cast

from moonwire.gateway.config import model
from moonwire.gateway.config.schema import REQUIRED, Key, env_name, keys, settable, words

__all__ = ["commented", "examples", "markdown_table", "toml_value"]

_HEAD: Final = """\
# The configuration of `moonwire serve`. Every key is here; one that is commented out shows its default.
# `moonwire config` prints what is in effect, and where it comes from. The environment is stronger than
# this file, and flags are stronger than the environment. docs/gateway-config.md has the variables.
"""

# What a table is for. Those of other layers are told for the operator.
_TABLES: Final[Mapping[str, type[Any] | str]] = {
    "server": model.ServerConfig,
    "server.tls": model.ServerTLS,
    "upstreams.NAME": model.UpstreamConfig,
    "upstreams.NAME.timeouts": "How long to wait for the server, in seconds; inf switches a deadline off.",
    "upstreams.NAME.tls": "How to know the server, and how to be known by it.",
    "routes[]": model.RouteConfig,
    "clients.NAME": model.ClientConfig,
    "memory": model.MemoryConfig,
    "limits": model.LimitsConfig,
    "limits.images": model.ImagesConfig,
    "logging": model.LoggingConfig,
    "options": "How far the gateway goes by itself.",
    "options.retries": "How often and how long to try again, per request; what never helps is never tried.",
    "settings": "What is done to requests; docs/healing.md says what each of the passes is for.",
}
_SAMPLE_NAMES: Final = {"upstreams": "platform", "clients": "laptop"}
_SAMPLES: Final[Mapping[str, Any]] = {
    "upstreams.NAME.key": "env:MOONSHOT_API_KEY",
    "routes[].models": ["kimi-*"],
    "routes[].hops": ["platform"],
    "clients.NAME.key": "env:LAPTOP_KEY",
}
_FACTS: Final = """\
# What the catalogue does not know, or has wrong; `moonwire models MODEL` lists what can be said.
#
# [models."team-kimi"]
# like = "kimi-k2.6"
#
# [endpoints.rack]
# like = "vllm"
# urls = ["http://rack.local:8000/v1"]
#
# [targets."rack/team-kimi"]
# window = 131072
"""


def toml_value(value: Any) -> str:
    """A value as TOML has it.

    >>> toml_value(("a", "b")), toml_value(1048576), toml_value(True), toml_value({})
    ('["a", "b"]', '1_048_576', 'true', '{}')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:_}" if value >= 100_000 else str(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_value(one) for one in cast('list[Any]', value))}]"
    if isinstance(value, Mapping):
        inside = cast("Mapping[str, Any]", value)
        pairs = [f"{toml_value(name)} = {toml_value(one)}" for name, one in inside.items()]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    # What JSON escapes, TOML escapes alike, but for DEL.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _sections() -> Iterator[tuple[str, list[Key]]]:
    """The tables of the file with their keys. What a route says of settings is said once, for all routes."""
    for path, inside in groupby(keys(), key=lambda key: key.path[:-1]):
        name = ".".join(path).replace(".[]", "[]")
        if name != "routes[].settings":
            yield name, list(inside)


def _of_a_name(name: str) -> bool:
    return "NAME" in name or "[]" in name


def commented() -> str:
    """A `moonwire.toml` with every key, commented out, at its default."""
    parts = [_HEAD]
    for name, inside in _sections():
        if _of_a_name(name):
            lines = _example(name, inside)
            parts.append("".join(f"# {line}".rstrip() + "\n" for line in lines))
        else:
            parts.append("".join(f"{line}\n" for line in _defaults(name, inside)))
    return "\n".join([*parts, _FACTS])


def examples() -> str:
    """What stands in that file as an example, as it is without its comment signs."""
    lines = [line for name, inside in _sections() if _of_a_name(name) for line in _example(name, inside)]
    facts = [line.removeprefix("#").removeprefix(" ") for line in _FACTS.splitlines()[2:]]
    return "\n".join([*lines, *facts]) + "\n"


def _about(name: str) -> list[str]:
    about = _TABLES[name] if name else ""
    text = about if isinstance(about, str) else (about.__doc__ or "").splitlines()[0]
    return [f"# {text}"] if text else []


def _defaults(name: str, inside: list[Key]) -> Iterator[str]:
    yield from _about(name)
    if name:
        yield f"[{name}]"
    for key in inside:
        yield f"# {key.field.meaning}"
        default = key.field.default
        yield (
            f"# (not set) {key.field.name}"
            if default is None
            else f"#{key.field.name} = {toml_value(default)}"
        )


def _example(name: str, inside: list[Key]) -> Iterator[str]:
    first = name.split(".")[0]
    header = f"[[{name.removesuffix('[]')}]]" if name.endswith("[]") else f"[{name}]"
    yield from _about(name)
    yield header.replace("NAME", _SAMPLE_NAMES.get(first, ""))
    for key in inside:
        yield f"# {key.field.meaning}"
        value = _SAMPLES.get(key.text, key.field.default)
        yield f"# (not set) {key.field.name}" if value is None else f"{key.field.name} = {toml_value(value)}"


def markdown_table() -> str:
    """Every key with its value, default, variable and meaning, as a table of Markdown.

    >>> print(markdown_table().splitlines()[2].split(" | ")[0])
    | `mode`
    """
    lines = ["| key | value | default | variable | meaning |", "|---|---|---|---|---|"]
    for name, inside in _sections():
        lines += [_row(key) for key in inside]
        if name == "routes[]":
            lines.append("| `routes[].settings` | a table | `settings` | | as the keys of `settings` |")
    lines.append("| `models`, `endpoints`, `targets` | tables | | | what overrules the catalogue |")
    return "\n".join(lines) + "\n"


def _row(key: Key) -> str:
    field = key.field
    unset = field.default is None or field.default is REQUIRED
    default = "" if unset else f"`{toml_value(field.default)}`"
    named = settable(field.kind) and "[]" not in key.path
    # `NAME` stays as it is, and stands for the name in capitals.
    variable = f"`{env_name(key.path)}`" if named else ""
    cells = (f"`{key.text}`", words(field.kind), default, variable, field.meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
