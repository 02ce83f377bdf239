"""`moonwire simulate`: a Kimi endpoint on loopback, without a key, money or luck."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Generator
from pathlib import Path
from types import FrameType
from typing import Any, cast

import click

from moonwire.cli.screen import Piece, put
from moonwire.core.errors import MoonwireError
from moonwire.simulator.faults.builtin import BUILTIN
from moonwire.simulator.recording import Recorder, read
from moonwire.simulator.rules.table import TABLE
from moonwire.simulator.settings import IDS, RAW, Limits, Settings

__all__ = ["simulate"]

PORT = 8300


def _text_of(file: str | None) -> str:
    """A file's text; an OSError names the file and becomes one line."""
    try:
        return Path(file).read_text(encoding="utf-8") if file else ""
    except UnicodeDecodeError as error:
        raise MoonwireError("is not UTF-8", path=str(file), remedy="save it as UTF-8") from error


def _list_rules(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """Names what can be refused, and ends."""
    if not value or ctx.resilient_parsing:
        return
    for one in TABLE:
        click.echo(f"{one.name:24} {one.meaning}")
    ctx.exit()


@click.command(short_help="Run a simulated Kimi endpoint.")
@click.option(
    "-e",
    "--endpoint",
    default="platform",
    show_default=True,
    help="Whose rules and ways: platform, coding, vllm, …",
)
@click.option(
    "-m",
    "--model",
    "models",
    multiple=True,
    help="A model that is served; may be given several times. Default: all.",
)
@click.option(
    "--rules",
    default="latest",
    show_default=True,
    help="latest, a month such as 2026-05, strictest or verifier.",
)
@click.option(
    "--without",
    multiple=True,
    metavar="RULE",
    help="A rule that is switched off; may be given several times.",
)
@click.option(
    "--list-rules",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_list_rules,
    help="Name every rule, and end.",
)
@click.option("--script", metavar="FILE", help="What to answer turn by turn.")
@click.option(
    "--faults", metavar="FILE|NAME", help=f"When and how to fail: a TOML file, or {', '.join(BUILTIN)}."
)
@click.option("--seed", default=0, show_default=True, help="What chance is drawn from.")
@click.option("--fixed", is_flag=True, help="The same ids and times in every run.")
@click.option(
    "--port",
    default=None,
    type=click.IntRange(0, 65535),
    help=f"Where on 127.0.0.1 to listen; 0: any free port. Default: {PORT}.",
)
@click.option(
    "--key", "keys", multiple=True, help="A key that is let in; may be given several times. Default: any."
)
@click.option("--tokenizer", metavar="PATH", default="", help="Kimi's tiktoken.model, for exact counts.")
@click.option(
    "--raw",
    type=click.Choice(RAW[1:]),
    default=None,
    help="Let raw markup out, as servers without a parser do.",
)
@click.option(
    "--ids",
    type=click.Choice(IDS[1:]),
    default=None,
    help="The shape of tool-call ids. Default: the endpoint's.",
)
@click.option(
    "--usage",
    type=click.Choice(["choice", "summary", "both"]),
    default=None,
    help="Where a stream's usage stands.",
)
@click.option("--split-names", is_flag=True, help="Send a call's name in two deltas.")
@click.option("--empty-deltas", is_flag=True, help="Send empty reasoning with every later delta.")
@click.option(
    "--chunk", default=4, show_default=True, type=click.IntRange(1), help="Tokens in a delta, at most."
)
@click.option(
    "--pace", default=0.0, show_default=True, type=click.FloatRange(0), help="Seconds between two deltas."
)
@click.option(
    "--first",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0),
    help="Seconds before the first delta.",
)
@click.option("--rpm", default=0, type=click.IntRange(0), help="Requests a minute and key; 0: no limit.")
@click.option(
    "--concurrency", default=0, type=click.IntRange(0), help="Requests at once and key; 0: no limit."
)
@click.option("--record", metavar="FILE", help="Write every exchange as a line of JSON, without keys.")
@click.option("--replay", metavar="FILE", help="Answer from such a file instead.")
@click.option("--fast", is_flag=True, help="Prepared answers, unchecked: to measure what stands in front.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND…]")
@click.pass_context
def simulate(ctx: click.Context, /, **said: Any) -> None:
    """Run an OpenAI-compatible Kimi on loopback. It is a simulation, and not the model.

    It keeps the rules of the endpoint that you name and refuses in its words, streams in its shapes,
    calls your tools with arguments that fit their schemas, and fails as the schedule says.

    \b
      moonwire simulate --model kimi-k3
      moonwire simulate --endpoint coding --rules strictest --seed 7
      moonwire simulate --endpoint vllm --model kimi-k2.6 --raw content --faults flaky

    With a COMMAND it runs that one with OPENAI_BASE_URL and OPENAI_API_KEY (and MOONSHOT_API_KEY,
    KIMI_BASE_URL) set, on a free port unless --port is given, and ends with its status:

    \b
      moonwire simulate --model kimi-k3 -- python my_agent.py

    Without --key every key is let in.

    Exit status: 0 done; 2 not done; with a command, its own.
    """
    settings = _settings(said)
    recording = read(said["replay"]) if said["replay"] else None
    try:
        from moonwire.simulator.app import App
        from moonwire.simulator.server import Server
    except ImportError as error:
        raise MoonwireError(
            f"{error.name} is not installed", path="simulate", remedy="pip install 'moonwire[simulator]'"
        ) from error
    command = said["command"]
    port = said["port"] if said["port"] is not None else 0 if command else PORT
    status = 0
    with contextlib.ExitStack() as stack:
        recorder = Recorder(said["record"]) if said["record"] else None
        if recorder is not None:
            stack.callback(recorder.close)
        app = App(settings, recorder=recorder, recording=recording)
        signalled = stack.enter_context(_until_signalled())
        server = stack.enter_context(Server(port=port, app=app))
        if command:
            status = _with_environment(command, server.base_url, settings, signalled)
        else:
            _banner(server.base_url, settings)
            signalled.ended.wait()
    ctx.exit(status)


def _settings(said: dict[str, Any]) -> Settings:
    faults = cast("str | None", said["faults"])
    same = ("endpoint", "models", "rules", "without", "seed", "fixed", "keys", "tokenizer", "split_names")
    more = ("empty_deltas", "chunk", "pace", "first", "fast")
    return Settings(
        **{name: said[name] for name in (*same, *more)},
        raw=said["raw"] or "",
        ids=said["ids"] or "",
        usage=said["usage"] or "",
        script=_text_of(said["script"]),
        faults=faults if faults in BUILTIN else _text_of(faults),
        limits=Limits(rpm=said["rpm"], concurrency=said["concurrency"]),
    )


class _Signalled:
    """What a signal ends: the wait, and the command that runs."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.child: subprocess.Popen[bytes] | None = None

    def take(self, number: int, frame: FrameType | None) -> None:
        """SIGTERM came to this process alone; of ^C the terminal has told the command itself."""
        self.ended.set()
        if self.child is not None and number == signal.SIGTERM:
            self.child.terminate()


def _with_environment(
    command: tuple[str, ...], base_url: str, settings: Settings, signalled: _Signalled
) -> int:
    """Runs a command against the endpoint; its status, as a shell gives it."""
    key = (settings.keys or ("simulated",))[0]
    told = {
        "OPENAI_BASE_URL": base_url,
        "OPENAI_API_KEY": key,
        "KIMI_BASE_URL": base_url,
        "MOONSHOT_API_KEY": key,
    }
    try:
        child = signalled.child = subprocess.Popen(command, env={**os.environ, **told})
    except FileNotFoundError as error:
        raise MoonwireError("no such command", path=command[0], remedy="name a program behind --") from error
    with child:
        status = child.wait()
    return status if status >= 0 else 128 - status


@contextlib.contextmanager
def _until_signalled() -> Generator[_Signalled]:
    """SIGINT and SIGTERM end the wait, so that the server ends in order."""
    signalled = _Signalled()
    before = {number: signal.signal(number, signalled.take) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield signalled
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _banner(base_url: str, settings: Settings) -> None:
    models = ", ".join(settings.models) or "every model of the endpoint"
    curl = (
        f"curl {base_url}/chat/completions -H 'Authorization: Bearer any' "
        f'-d \'{{"model": "{(settings.models or ("kimi-k3",))[0]}", '
        '"messages": [{"role": "user", "content": "Say \\"OK\\"."}]}\''
    )
    put(
        [
            Piece("This is a simulation of a Kimi endpoint, and no model.\n", "bold"),
            Piece(f"  endpoint  {settings.endpoint}, rules {settings.rules}, seed {settings.seed}\n"),
            Piece(f"  models    {models}\n"),
            Piece(f"  base URL  {base_url}\n"),
            Piece(f"  try       {curl}\n"),
        ]
    )
