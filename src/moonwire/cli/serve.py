"""`moonwire serve`: the gateway, on the built-in simulator where no key is set."""

import contextlib
import os
from collections.abc import Callable
from typing import Any, Final

import click

from moonwire.cli.config import gateway_options, loaded_from
from moonwire.cli.screen import Piece, put
from moonwire.core.errors import LocalProtocolError, MoonwireError
from moonwire.gateway.config.loading import Loaded
from moonwire.gateway.config.model import NONE, PROCESS, Config
from moonwire.gateway.config.serving import simulated_at

__all__ = ["serve"]

SIMULATED: Final = "platform"
"""Whose rules the built-in simulator keeps."""


@click.command(short_help="Run the gateway.")
@gateway_options
def serve(flags: dict[str, Any]) -> None:
    """Run the gateway: any OpenAI client in front, any Kimi endpoint behind.

    Without a key anywhere (MOONSHOT_API_KEY, KIMI_API_KEY, moonwire.toml) the upstream is a simulated Kimi,
    so that everything can be tried at once.

    \b
      moonwire serve
      MOONSHOT_API_KEY=sk-… moonwire serve
      moonwire serve --upstream http://gpu:8000/v1 --endpoint vllm --port 8370

    `moonwire config` shows what is in effect and who says so; `moonwire init` writes a moonwire.toml.

    Exit status: 0 ended by a signal; 2 not done.
    """
    try:
        from moonwire.gateway.serve import bind, run
    except ImportError as error:
        raise MoonwireError(
            f"{error.name} is not installed", path="serve", remedy="pip install 'moonwire[gateway]'"
        ) from error
    loaded = loaded_from(flags)
    with contextlib.ExitStack() as stack:
        if loaded.config.simulated:
            loaded = _simulated(loaded, stack)
        listener = stack.enter_context(contextlib.closing(bind(loaded.config)))
        host, port = listener.getsockname()[:2]
        for warning in loaded.warnings:
            click.echo(f"moonwire: {warning}", err=True)
        run(loaded, os.environ, listener, _banner(loaded.config, host, port, loaded.config.simulated))


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


def _banner(config: Config, host: str, port: int, simulated: bool) -> Callable[[], None]:
    scheme = "https" if config.server.tls.cert else "http"
    shown = f"[{host}]" if ":" in host else host
    base = f"{scheme}://{shown}:{port}{config.server.base_path.rstrip('/')}/v1"

    def say() -> None:
        put(
            [
                Piece("moonwire is listening\n", "bold"),
                *(Piece(line) for line in _lines(config, base, simulated)),
            ]
        )

    return say


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
    key = "any" if simulated else "YOUR_KEY"
    model = "kimi-k3"
    for name, lines in _agents(base, key, model):
        found.append(f"\n  {name}\n")
        found += [f"    {line}\n" for line in lines]
    return found


def _agents(base: str, key: str, model: str) -> list[tuple[str, list[str]]]:
    """What each agent calls its base URL, key and model."""
    return [
        (
            "OpenAI SDK, and most that are built on it",
            [f"export OPENAI_BASE_URL={base}", f"export OPENAI_API_KEY={key}"],
        ),
        ("LangChain", [f'ChatOpenAI(model="{model}", base_url="{base}", api_key="{key}")']),
        ("aider", [f"aider --openai-api-base {base} --openai-api-key {key} --model openai/{model}"]),
        ("Cline, Roo Code, Kilo Code", [f"Provider: OpenAI Compatible, Base URL: {base}, Model ID: {model}"]),
        (
            "opencode (opencode.json)",
            [
                '{"provider": {"moonwire": {"npm": "@ai-sdk/openai-compatible", "options": '
                f'{{"baseURL": "{base}", "apiKey": "{key}"}}, "models": {{"{model}": {{}}}}}}}}}}'
            ],
        ),
        ("curl", [f"curl {base}/models -H 'Authorization: Bearer {key}'"]),
    ]
