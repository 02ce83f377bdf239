"""`moonwire config`: what `moonwire serve` would do, key by key, and who says so."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import click

from moonwire.cli.jsontext import dumps
from moonwire.cli.screen import Piece, put, showable
from moonwire.core.errors import LocalProtocolError
from moonwire.exchange.config import Mode
from moonwire.exchange.keys import Region
from moonwire.gateway.config.document import toml_value
from moonwire.gateway.config.loading import Loaded, load
from moonwire.gateway.config.showing import Shown, effective

__all__ = ["config", "gateway_options", "loaded_from"]

_OPTIONS = (
    click.option(
        "--config", metavar="FILE", help="The configuration. Default: moonwire.toml here, or the user's."
    ),
    click.option("--upstream", metavar="URL", help="The one upstream, instead of those configured."),
    click.option("--upstream-key", metavar="KEY", help="Its key: env:NAME, file:PATH, cmd:…, or itself."),
    click.option("--endpoint", metavar="KIND", help="What it is: platform, coding, vllm, sglang, …"),
    click.option("--region", type=click.Choice(get_args(Region)), help="Whose platform a key is of."),
    click.option("--host", help="The address to listen on."),
    click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on; 0: any free one."),
    click.option("--workers", type=click.IntRange(1), help="How many processes."),
    click.option("--mode", type=click.Choice(get_args(Mode)), help="What is done to requests."),
    click.option("--memory", metavar="PATH|none", help="Where reasoning is remembered."),
    click.option("--log-format", type=click.Choice(["auto", "console", "json"]), help="How logs look."),
    click.option(
        "--log-level", type=click.Choice(["debug", "info", "warning", "error"]), help="What is logged."
    ),
)


def gateway_options(command: Callable[..., None]) -> Callable[..., None]:
    """The flags of the gateway, which `config` and `serve` share; the command gets them as one mapping."""

    @functools.wraps(command)
    def gathered(**given: Any) -> None:
        flags = {name: given.pop(name) for name in _NAMES}
        command(flags, **given)

    decorated: Callable[..., None] = gathered
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


_NAMES = (
    "config",
    "upstream",
    "upstream_key",
    "endpoint",
    "region",
    "host",
    "port",
    "workers",
    "mode",
    "memory",
    "log_format",
    "log_level",
)


def loaded_from(flags: dict[str, Any]) -> Loaded:
    """The configuration of this directory and this environment. What may be a slip goes to stderr."""
    try:
        cwd = Path.cwd()
    except FileNotFoundError as error:
        raise LocalProtocolError("the current directory is gone", remedy="cd to another") from error
    loaded = load(flags, os.environ, cwd)
    for warning in loaded.warnings:
        click.echo(f"moonwire: warning: {showable(warning)}", err=True)
    return loaded


@click.command(short_help="Show the gateway's configuration in effect.")
@gateway_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
def config(flags: dict[str, Any], as_json: bool) -> None:
    """Show every key of the gateway that is in effect, and where it comes from.

    moonwire.toml is read first, then the environment, then flags; the later is the stronger. The flags are
    those of `moonwire serve`. Nothing is started, and no key is looked up: what may be one is (hidden).

    \b
      moonwire config
      moonwire config --json | jq '.keys["server.port"]'

    Exit status: 0 done; 2 not done: something in the configuration cannot be meant.
    """
    loaded = loaded_from(flags)
    rows = effective(loaded)
    if as_json:
        click.echo(dumps(_object(loaded, rows)).encode())
    else:
        put(_pieces(loaded, rows))


def _object(loaded: Loaded, rows: tuple[Shown, ...]) -> dict[str, Any]:
    return {
        "files": list(loaded.files),
        "simulated": loaded.config.simulated,
        "keys": {row.key: {"value": _finite(row.value), "origin": row.origin} for row in rows},
        "warnings": list(loaded.warnings),
    }


def _finite(value: Any) -> Any:
    """JSON has no number for a deadline that is switched off."""
    return "inf" if value == float("inf") else value


def _pieces(loaded: Loaded, rows: tuple[Shown, ...]) -> list[Piece]:
    said = ", ".join(loaded.files) or "none; `moonwire init` writes one"
    pieces = [Piece(f"# file: {said}\n", "dim")]
    if loaded.config.simulated:
        pieces.append(Piece("# no upstream and no key: the built-in simulator will answer\n", "yellow"))
    for row in rows:
        value = "(not set)" if row.value is None else _text(row.value)
        pieces += [
            Piece(f"{row.key} = {value}"),
            Piece(f"  # {row.origin}\n", "dim" if row.origin == "default" else "cyan"),
        ]
    return pieces


def _text(value: Any) -> str:
    return value if value == "(hidden)" else toml_value(value)
