"""`moonwire serve`: the gateway, on the built-in simulator where no key is set."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from types import FrameType
from typing import Any, Final

import click

from moonwire.cli.agents.render import ANY_KEY, Wanted, banner
from moonwire.cli.config import gateway_options, loaded_from
from moonwire.cli.screen import Piece, put
from moonwire.core.errors import LocalProtocolError, MoonwireError
from moonwire.gateway.config.loading import Loaded
from moonwire.gateway.config.model import NONE, PROCESS, Config
from moonwire.gateway.config.serving import simulated_at

__all__ = ["serve"]

SIMULATED: Final = "platform"
"""Whose rules the built-in simulator keeps."""

OWN_KEY: Final = "YOUR_KEY"
"""The variable that the settings for agents name where callers bring keys of their own."""


@click.command(short_help="Run the gateway.")
@gateway_options
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND…]")
@click.pass_context
def serve(ctx: click.Context, flags: dict[str, Any], /, command: tuple[str, ...]) -> None:
    """Run the gateway: any OpenAI client in front, any Kimi endpoint behind.

    Without a key anywhere (MOONSHOT_API_KEY, KIMI_API_KEY, moonwire.toml) the upstream is a simulated Kimi,
    so that everything can be tried at once.

    \b
      moonwire serve
      MOONSHOT_API_KEY=sk-… moonwire serve
      moonwire serve --upstream http://gpu:8000/v1 --endpoint vllm --port 8370

    With a COMMAND it runs that one with OPENAI_BASE_URL and OPENAI_API_KEY (and KIMI_BASE_URL and
    MOONSHOT_API_KEY) set, on a free port unless --port is given, and ends with its status:

    \b
      moonwire serve -- python my_agent.py

    `moonwire config` shows what is in effect and who says so; `moonwire init` writes a moonwire.toml.

    Exit status: 0 done; 2 not done; with a command, its own.
    """
    try:
        from moonwire.gateway.serve import bind, run
    except ImportError as error:
        raise MoonwireError(
            f"{error.name} is not installed", path="serve", remedy="pip install 'moonwire[gateway]'"
        ) from error
    if command:
        # Its own output is what is looked at.
        flags = {**flags, "port": flags["port"] or 0, "log_level": flags["log_level"] or "warning"}
    loaded = loaded_from(flags)
    simulated = loaded.config.simulated
    with contextlib.ExitStack() as stack:
        if simulated:
            loaded = _simulated(loaded, stack)
        listener = stack.enter_context(contextlib.closing(bind(loaded.config)))
        base = _base_url(loaded.config, *listener.getsockname()[:2])
        if not command:
            run(loaded, os.environ, listener, lambda: _banner(loaded.config, base, simulated))
            return
        if simulated:
            click.echo("moonwire: no key is set: a simulated Kimi answers, and no model", err=True)
        child = stack.enter_context(_Child(command, _told(loaded.config, base)))
        run(loaded, os.environ, listener, child.start)
        status = child.end()
    ctx.exit(status)


class _Child:
    """A command that runs while the gateway does, and ends it by its own end."""

    def __init__(self, command: tuple[str, ...], told: dict[str, str]) -> None:
        if shutil.which(command[0]) is None:
            raise MoonwireError("no such command", path=command[0], remedy="name a program behind --")
        self._command = command
        self._told = told
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting: threading.Thread | None = None
        self._before: Any = None

    def __enter__(self) -> "_Child":
        # What a signal finds when no server runs: the command's end may come behind the server's.
        self._before = signal.signal(signal.SIGTERM, self._signalled)
        return self

    def __exit__(self, *error: object) -> None:
        self.end()
        if self._waiting is not None:
            self._waiting.join()
        signal.signal(signal.SIGTERM, self._before)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        if self._process is None:
            sys.exit(128 + number)

    def start(self) -> None:
        """The gateway takes callers: the command may run."""
        self._process = subprocess.Popen(self._command, env={**os.environ, **self._told})
        self._waiting = threading.Thread(target=self._wait, args=(self._process,), daemon=True)
        self._waiting.start()

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        process.wait()
        # What ends the gateway in order, however many processes it has.
        os.kill(os.getpid(), signal.SIGTERM)

    def end(self) -> int:
        """The gateway is over, so the command is. Its status, as a shell gives it."""
        process = self._process
        if process is None:
            return 0
        if process.poll() is None:
            process.terminate()
        status = process.wait()
        return status if status >= 0 else 128 - status


def _told(config: Config, base: str) -> dict[str, str]:
    """What a command finds in its environment. Where its own key is asked for, that stays."""
    told = {"OPENAI_BASE_URL": base, "KIMI_BASE_URL": base}
    first = next(iter(config.upstreams.values()))
    if not config.clients and (first.key or first.keys):
        told |= {"OPENAI_API_KEY": ANY_KEY, "MOONSHOT_API_KEY": ANY_KEY}
    return told


def _simulated(loaded: Loaded, stack: contextlib.ExitStack) -> Loaded:
    """The simulator as the upstream, in this process."""
    if loaded.config.server.workers > 1:
        raise LocalProtocolError(
            "the built-in simulator serves one worker",
            path="server.workers",
            remedy="set a key or an upstream, or run one worker",
        )
    from moonwire.simulator import Server, Settings

    simulator = stack.enter_context(Server(Settings(endpoint=SIMULATED)))
    return simulated_at(loaded, simulator.base_url, SIMULATED)


def _base_url(config: Config, host: str, port: int) -> str:
    """What a client on this machine is given."""
    scheme = "https" if config.server.tls.cert else "http"
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{port}{config.server.base_path.rstrip('/')}/v1"


def _banner(config: Config, base: str, simulated: bool) -> None:
    lines = [Piece(line) for line in _lines(config, base, simulated)]
    put([Piece("moonwire is listening\n", "bold"), *lines])


def _lines(config: Config, base: str, simulated: bool) -> list[str]:
    remembered = {NONE: "nothing", PROCESS: "until it ends"}.get(config.memory.path, config.memory.path)
    upstreams = ", ".join(config.upstreams)
    behind = "a simulated Kimi: no key is set, and no model is behind it" if simulated else upstreams
    found = [
        f"  base URL   {base}\n",
        f"  upstream   {behind}\n",
        f"  mode       {config.mode}\n",
        f"  memory     {remembered}\n",
        "\nSettings for agents, ready to paste:\n",
    ]
    named = "" if "OPENAI_API_KEY" in _told(config, base) else OWN_KEY
    for name, lines in banner(Wanted(base.removesuffix("/v1"), variable=named)):
        found.append(f"\n  {name}\n")
        found += [f"    {line}\n" for line in lines]
    return [*found, "\n  Others, and their own files changed and restored: moonwire connect\n"]
