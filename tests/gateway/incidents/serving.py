"""A gateway in front of a simulated endpoint, each on a socket of its own, set as an incident wants them."""

import contextlib
from collections.abc import Callable, Generator
from typing import Any

import msgspec

from moonwire.core.settings import Settings as Passes
from moonwire.exchange.config import Hop, Options, Retries, Route
from moonwire.memory import ProcessMemory
from moonwire.simulator import App, Server, Settings
from moonwire.transport import Timeouts
from tests.gateway.running import Answer, Running, running

__all__ = ["Place", "Served", "served"]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint, and how the gateway in front of it is set."""

    simulator: Settings = Settings(rules="strictest", seed=1)
    endpoint: str = ""
    """What the gateway takes the server for; empty: what it is."""
    passes: Passes = Passes()
    idle: float = 20.0
    """Seconds of silence that are put up with."""
    own_key: bool = False
    """Whether the caller's key goes to the upstream instead of the gateway's."""
    fresh: bool = False
    """Whether each case wants it as it is at its start: a gateway learns, and a fault has its turn."""
    app: Callable[[Settings], App] = App


class Served:
    """What runs: the simulator, and the gateway in front of it."""

    def __init__(self, simulator: Server, gateway: Running) -> None:
        self.simulator = simulator
        self._gateway = gateway

    def ask(self, path: str, body: Any, *, key: str, agent: str = "") -> Answer:
        """One request, and all of its answer, with the notes at its end."""
        said = {"authorization": f"Bearer {key}", "moonwire-explain": "1"}
        return self._gateway.ask(path, body, headers={**said, "user-agent": agent} if agent else said)


@contextlib.contextmanager
def served(place: Place) -> Generator[Served]:
    """Both run for as long as the block does."""
    retries = Retries(base=0.001, longest=0.002, breaker=0, share=1.0)
    with (
        Server(app=place.app(place.simulator)) as simulator,
        running(
            simulator.base_url,
            endpoint=place.endpoint or place.simulator.endpoint,
            keys=() if place.own_key else ("sk-upstream",),
            routes=(Route(hops=(Hop("upstream"),), settings=place.passes),),
            timeouts=Timeouts(idle=place.idle),
            memory=ProcessMemory(),
            options=Options(retries=retries, tail=min(place.idle, 5.0)),
        ) as gateway,
    ):
        yield Served(simulator, gateway)
