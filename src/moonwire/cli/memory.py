"""`moonwire memory`: what the gateway remembers of conversations, in numbers, and forgetting it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from moonwire.cli.config import loaded_from
from moonwire.cli.jsontext import dumps
from moonwire.cli.screen import Piece, put
from moonwire.core.errors import LocalProtocolError, MoonwireError
from moonwire.gateway.config.loading import Loaded
from moonwire.gateway.config.serving import memory_file
from moonwire.memory import SqliteMemory, Stats, Tenant, load_secret

__all__ = ["memory"]

T = TypeVar("T")

_FILE = click.option("--config", metavar="FILE", help="The configuration. Default: as for `moonwire serve`.")
_PATH = click.option("--memory", metavar="PATH", help="The memory's file, instead of the configured one.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")


@click.group(short_help="Show or forget what the gateway remembers.")
def memory() -> None:
    """Show in numbers what the gateway remembers, or make it forget. It may be running meanwhile.

    \b
      moonwire memory stats --json
      moonwire memory purge --all

    What is remembered is sealed: no command shows it.

    Exit status: 0 done; 2 not done: there is no memory on disk, or it cannot be opened.
    """


@memory.command()
@_FILE
@_PATH
@_JSON
def stats(config: str | None, memory: str | None, as_json: bool) -> None:
    """Show how much is remembered.

    \b
      moonwire memory stats --json | jq .conversations

    Exit status: 0 done; 2 not done.
    """
    loaded = loaded_from({"config": config, "memory": memory})
    found = _with(loaded, lambda opened: opened.stats())
    shown = {name: value for name, value in _shown(found).items() if name not in _OF_A_PROCESS}
    if as_json:
        click.echo(dumps({"path": str(memory_file(loaded.config)), **shown}).encode())
        return
    put([Piece(f"{memory_file(loaded.config)}\n", "bold")])
    put([Piece(f"  {name:14} {value:,}\n") for name, value in shown.items()])


@memory.command()
@_FILE
@_PATH
@_JSON
@click.option("--all", "everything", is_flag=True, help="Forget all that is remembered.")
@click.option("--client", metavar="NAME", help="Forget what is remembered of this client of moonwire.toml.")
def purge(
    config: str | None, memory: str | None, as_json: bool, everything: bool, client: str | None
) -> None:
    """Forget. Reasoning that is forgotten is replaced by a filler when its turns come back.

    \b
      moonwire memory purge --client ci

    Exit status: 0 done; 2 not done.
    """
    if everything == (client is not None):
        raise click.UsageError("Say what to forget: --all, or --client NAME.")
    loaded = loaded_from({"config": config, "memory": memory})
    if client is not None and client not in loaded.config.clients:
        known = ", ".join(loaded.config.clients) or "none is configured"
        raise LocalProtocolError("no such client", path=f"clients.{client}", remedy=known)
    tenant = None if client is None else Tenant.of_client(client)
    count = _with(loaded, lambda opened: opened.purge(tenant))
    if as_json:
        click.echo(dumps({"conversations": count}).encode())
        return
    put([Piece(f"forgot {count:,} conversation{'' if count == 1 else 's'}\n")])


# What a process counts from its own beginning says nothing of a file that was opened just now.
_OF_A_PROCESS = frozenset(
    {
        "kind",
        "hits",
        "misses",
        "oversized",
        "held",
        "waiting",
        "evicted",
        "unreadable",
        "lost",
        "failures",
        "failure",
    }
)


def _shown(found: Stats) -> dict[str, Any]:
    return msgspec.to_builtins(found)


def _with(loaded: Loaded, ask: Callable[[SqliteMemory], Awaitable[T]]) -> T:
    """Opens the memory, asks it, and lets go of it. One that is not there is not made."""
    path = memory_file(loaded.config)
    if path is None:
        raise MoonwireError(
            "nothing is kept on disk",
            path="memory.path",
            remedy="name a file with --memory, or configure one",
        )
    if not path.exists():
        raise MoonwireError("there is no memory yet", path=str(path), remedy="`moonwire serve` begins one")
    secret = load_secret(Path(loaded.config.memory.secret))

    async def asked() -> T:
        opened = SqliteMemory(path, secret, loaded.config.memory.limits())
        try:
            return await ask(opened)
        finally:
            await opened.aclose()

    return asyncio.run(asked())
