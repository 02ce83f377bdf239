"""A Kimi endpoint in a box: it keeps the real rules, says the real errors, and fails in the real ways.

    from moonwire.simulator import Server, Settings

    with Server(Settings(endpoint="platform", models=("kimi-k3",), seed=7)) as server:
        client = OpenAI(base_url=server.base_url, api_key="any")

`App` is the same without a socket, as an ASGI application. It is a simulation, and no model.
"""

from typing import TYPE_CHECKING, Any

from moonwire.simulator.app import App
from moonwire.simulator.recording import Exchange
from moonwire.simulator.settings import Limits, Settings

if TYPE_CHECKING:
    from moonwire.simulator.server import Server

__all__ = ["App", "Exchange", "Limits", "Server", "Settings"]


def __getattr__(name: str) -> Any:
    """`Server` needs uvicorn, which comes with the extra `simulator`; the application needs nothing."""
    if name == "Server":
        from moonwire.simulator.server import Server

        return Server
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
