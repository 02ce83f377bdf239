"""Who is asked: what flags and environment say, or the built-in simulator where they say nothing."""

import contextlib
import os
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from moonwire.agent import Agent, Limits, load
from moonwire.cli.talk.options import Talk, system_text, thinks
from moonwire.cli.talk.tools import Gate, found, gated
from moonwire.client import Kimi, Setup
from moonwire.client.environment import read_file
from moonwire.core.catalogue.endpoints import find_endpoint
from moonwire.core.errors import LocalProtocolError, MoonwireError
from moonwire.exchange.keys import PLACES, Region, default_key
from moonwire.memory import ProcessMemory

__all__ = ["SIMULATED", "Opened", "begin", "opened"]

SIMULATED: Final = "no key is set: a simulated Kimi answers, and no model is behind it"

MODEL: Final = "kimi-k3"
PATIENCE: Final = 7 * 86400.0
"""Seconds in which a call is decided upon and run."""
_KEY: Final = "simulated"
_URLS: Final = ("KIMI_BASE_URL", "MOONSHOT_BASE_URL")


@dataclass(frozen=True, slots=True)
class Opened:
    """An endpoint that can be asked. Of clients it may have several, one after the other."""

    key: str | None
    base_url: str | None
    region: Region | None
    setup: Setup
    simulated: bool = False

    def kimi(self, model: str, thinking: bool | str | None) -> Kimi:
        """A client for one model; what one remembers the others know."""
        return Kimi(model, self.key, self.base_url, region=self.region, thinking=thinking, **self.setup)


@contextlib.contextmanager
def opened(talk: Talk, environ: Mapping[str, str] | None = None) -> Generator[Opened]:
    """The endpoint, for as long as the block runs."""
    known = dict(os.environ if environ is None else environ)
    if talk.env_file:
        known = {**read_file(talk.env_file), **{name: value for name, value in known.items() if value}}
    place = _named(talk.endpoint)
    setup: Setup = {"environ": known, "memory": ProcessMemory()}
    if place:
        setup["endpoint"] = place
    told = any(known.get(name, "").strip() for name in _URLS)
    if talk.base_url is None and talk.key is None and not told and not default_key(known)[0]:
        with _simulator(place or PLACES[talk.region or "ai"]) as (base_url, endpoint):
            setup.update(endpoint=endpoint, trust_env=False)
            yield Opened(_KEY, base_url, None, setup, simulated=True)
        return
    base_url = talk.base_url
    if base_url is None and place and not told:
        base_url = _address(place)
    yield Opened(talk.key, base_url, talk.region, setup)


def _named(endpoint: str | None) -> str:
    """The name of the kind of endpoint; empty where nobody says."""
    if not endpoint:
        return ""
    row = find_endpoint(endpoint)
    if row.name != endpoint:
        raise LocalProtocolError(
            f"no endpoint is called {endpoint}", path="--endpoint", remedy="`moonwire models` lists them"
        )
    dialect = row.facts.get("dialect", "chat")
    if dialect != "chat":
        remedy = f"take {row.name.removesuffix(f'-{dialect}')}"
        said = f"{endpoint} does not speak Chat Completions"
        raise LocalProtocolError(said, path="--endpoint", remedy=remedy)
    return row.name


def _address(place: str) -> str:
    """Where an endpoint of that kind is, if it is one that there is once in the world."""
    urls = find_endpoint(place).urls
    if not urls or "*" in urls[0]:
        said = f"an endpoint of the kind {place} may be anywhere"
        raise LocalProtocolError(said, path="--endpoint", remedy="say where with --base-url")
    return urls[0]


@contextlib.contextmanager
def _simulator(endpoint: str) -> Generator[tuple[str, str]]:
    """The built-in endpoint's address and kind."""
    try:
        from moonwire.simulator import Server, Settings

        server = Server(Settings(endpoint=endpoint))
    except ImportError as error:
        raise MoonwireError(
            f"no key is set, and {error.name} for the simulator is not installed",
            remedy="pip install 'moonwire[simulator]', or export MOONSHOT_API_KEY",
        ) from error
    with server:
        yield server.base_url, endpoint


def begin(talk: Talk, place: Opened, gate: Gate | None = None, **overrides: Any) -> Agent:
    """The agent that the flags ask for. A session goes on with its own model, unless another is named."""
    model = talk.model or (load(talk.session).model if talk.session else "") or MODEL
    tools = [gated(tool, gate) for tool in found(talk.tools)]
    # The tools have their own deadline, which does not run while somebody is asked.
    limits = Limits(seconds=PATIENCE, **({"steps": talk.max_steps} if talk.max_steps else {}))
    kimi = place.kimi(model, thinks(talk.thinking))
    system = system_text(talk.system)
    return Agent(kimi, tools, system, limits=limits, session=talk.session, **overrides)
