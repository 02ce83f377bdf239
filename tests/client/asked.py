"""What the tests of the client share: a client for an endpoint on loopback, and what that endpoint saw."""

from typing import Any

from moonwire.client import Kimi, KimiSync
from moonwire.core.messages import Tool
from moonwire.exchange.config import Options, Retries
from moonwire.simulator import Server

QUICK = Retries(base=0.001, longest=0.002)
ONCE = Options(retries=Retries(attempts=1), thoughts_only="honest", escalate=False)
"""Nothing is tried again, so that what one request comes to is seen."""
PATIENT = Options(retries=QUICK, thoughts_only="honest", tail=0.05)

WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
WEATHER_TOOL = Tool(name="get_weather", parameters=WEATHER["function"]["parameters"])


def asks(url: str, model: str = "kimi-k2.6", **more: Any) -> Kimi:
    """A client that knows no environment but the one it is given."""
    return Kimi(model, base_url=url, **_with_usual(more))


def asks_blocking(url: str, model: str = "kimi-k2.6", **more: Any) -> KimiSync:
    return KimiSync(model, base_url=url, **_with_usual(more))


def _with_usual(more: dict[str, Any]) -> dict[str, Any]:
    usual: dict[str, Any] = {"api_key": "sk-1", "environ": {}, "endpoint": "platform", "options": PATIENT}
    return {**usual, "trust_env": False, **more}


def sent(server: Server) -> dict[str, Any]:
    """What the endpoint received last, without what every request has."""
    request = server.exchanges[-1].request
    usual = ("model", "stream", "stream_options", "prompt_cache_key")
    return {name: value for name, value in request.items() if name not in usual}


def codes(notes: Any) -> list[str]:
    """The codes of notes, a warning's with `!` before it, without what every request has."""
    found = [("!" if note.level == "warning" else "") + note.code for note in notes]
    return [code for code in found if code not in ("cache-key", "cap-default", "thinking-set")]
