"""The flags that `moonwire chat` and `moonwire run` share. Nothing heavy is imported for them."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, get_args

import click

from moonwire.core.errors import LocalProtocolError
from moonwire.exchange.keys import Region

__all__ = ["THINKING", "Talk", "system_text", "talk_options", "thinks"]

THINKING: Final = ("on", "off", "low", "high", "max")

_KINDS: Final = ("env:", "cmd:", "file:")


@dataclass(frozen=True, slots=True)
class Talk:
    """What the flags say, under the names that click gives them."""

    model: str | None = None
    endpoint: str | None = None
    base_url: str | None = None
    region: Region | None = None
    key: str | None = None
    env_file: str | None = None
    thinking: str | None = None
    system: str | None = None
    session: str | None = None
    tools: tuple[str, ...] = ()
    max_steps: int | None = None


def _no_literal_key(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """A key in clear would be read by everybody who lists processes. It is not quoted back."""
    if value is not None and not value.startswith(_KINDS):
        raise click.BadParameter(
            "a key in clear would stand in the process list and in the shell's history; "
            "write env:NAME, file:PATH or cmd:PROGRAM ARGUMENTS, or export MOONSHOT_API_KEY.",
            ctx,
            param,
        )
    return value


_OPTIONS = (
    click.option("-m", "--model", metavar="NAME", help="The model.  [default: the session's, else kimi-k3]"),
    click.option(
        "-e", "--endpoint", metavar="KIND", help="What it is that is asked: platform, coding, vllm, …"
    ),
    click.option("--base-url", metavar="URL", help="Where it is.  [default: what the environment says]"),
    click.option("--region", type=click.Choice(get_args(Region)), help="Whose platform the key is of."),
    click.option(
        "--key",
        metavar="env:NAME|file:PATH|cmd:…",
        callback=_no_literal_key,
        help="Where its key is.  [default: MOONSHOT_API_KEY or KIMI_API_KEY]",
    ),
    click.option("--env-file", metavar="FILE", help="NAME=value lines, behind the environment."),
    click.option("--thinking", type=click.Choice(THINKING), help="Whether, or how much, the model thinks."),
    click.option("--system", metavar="TEXT|@FILE", help="What the model is told before everything."),
    click.option("--session", metavar="FILE", help="Keep the conversation there, or go on with it."),
    click.option(
        "--tools",
        multiple=True,
        metavar="MODULE:FUNCTIONS",
        help="Tools: pkg.mod:add,sub; pkg.mod: for all; tools.py:add; $web_search. May be repeated.",
    ),
    click.option("--max-steps", type=click.IntRange(1), help="Answers of the model in one turn."),
)


def talk_options(command: Callable[..., None]) -> Callable[..., None]:
    """The flags that the two commands share; the command gets them as one value."""

    @functools.wraps(command)
    def gathered(**given: Any) -> None:
        talk = Talk(**{field.name: given.pop(field.name) for field in fields(Talk)})
        command(talk, **given)

    decorated: Callable[..., None] = gathered
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def thinks(word: str | None) -> bool | str | None:
    """What the client is told for a word of `--thinking`.

    >>> thinks("on"), thinks("off"), thinks("high"), thinks(None)
    (True, False, 'high', None)
    """
    return {"on": True, "off": False}.get(word, word) if word else None


def system_text(said: str | None) -> str:
    """The system's words: as they stand, or a file's after `@`."""
    if not said or not said.startswith("@"):
        return said or ""
    try:
        return Path(said[1:]).expanduser().read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise LocalProtocolError(
            f"{said[1:]} is not UTF-8", path="--system", remedy="save it as UTF-8"
        ) from None
