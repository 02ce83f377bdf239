"""The `moonwire` command: what every subcommand shares, above all how a run ends when it goes wrong."""

import contextlib
import os
import sys
from typing import Any

import click

from moonwire._version import __version__
from moonwire.cli.chat import chat
from moonwire.cli.config import config
from moonwire.cli.connect import connect
from moonwire.cli.count import count
from moonwire.cli.explain import explain
from moonwire.cli.init import init
from moonwire.cli.memory import memory
from moonwire.cli.models import models
from moonwire.cli.parse import parse
from moonwire.cli.run import run
from moonwire.cli.schema import schema
from moonwire.cli.serve import serve
from moonwire.cli.simulate import simulate
from moonwire.core.errors import MoonwireError

__all__ = ["main"]

FAILED = 2
# What a shell reports for a program that a signal ended: 128 and the signal's number.
INTERRUPTED = 130
PIPE_CLOSED = 141


class Commands(click.Group):
    """Turns what the user can do something about into one line on stderr. Bugs keep their traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MoonwireError as error:
            say(str(error))
            ctx.exit(FAILED)
        except BrokenPipeError:
            abandon_stdout()
            ctx.exit(PIPE_CLOSED)
        except OSError as error:
            where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
            say(f"{where}{error.strerror or error}")
            ctx.exit(FAILED)
        except KeyboardInterrupt:
            say("interrupted")
            ctx.exit(INTERRUPTED)


def say(message: str) -> None:
    """One line on stderr, which spells out whatever it cannot encode."""
    with contextlib.suppress(BrokenPipeError):
        click.echo(f"moonwire: {message}", err=True)


def abandon_stdout() -> None:
    """Nobody reads any more (`| head`): let what is buffered go nowhere, or Python complains at exit."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="moonwire")
def main() -> None:
    """The wire between any agent and any Kimi endpoint.

    `moonwire serve` is the gateway that agents point their base URL at; `moonwire config` shows what it would
    do, and `moonwire init` writes its configuration. `moonwire connect` tells an agent where the gateway is.
    `moonwire simulate` is a Kimi endpoint on loopback.

    `moonwire chat` talks with a model in the terminal, `moonwire run` gives it one task, for scripts and
    pipes. Both can be tried without a key.

    `moonwire parse` turns what a model wrote into its reasoning, its text and its tool calls, whatever a
    server did to it on the way. `moonwire explain` shows what an endpoint has to be sent for a request,
    and why; `schema`, `count` and `models` show parts of that alone.

    Exit status: 0 done; 1 done, but something in the input is not as it should be (each command
    says what); 2 not done: wrong options, or a file that cannot be read.
    """


_COMMANDS = (
    serve,
    connect,
    chat,
    run,
    config,
    init,
    memory,
    parse,
    explain,
    schema,
    count,
    models,
    simulate,
)
for command in _COMMANDS:
    main.add_command(command)
