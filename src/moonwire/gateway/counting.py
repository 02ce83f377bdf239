"""How many tokens a request has: the upstream's own count where it has one, else ours."""

from typing import Any, Final

import msgspec

from moonwire.core.errors import MoonwireError, RateLimited
from moonwire.exchange.asked import Asked
from moonwire.exchange.exchange import Exchange
from moonwire.exchange.host import Host
from moonwire.exchange.wires import spoken
from moonwire.transport import Timeouts

__all__ = ["Counting", "quick"]

PATH: Final = "/tokenizers/estimate-token-count"
ANSWER_BYTES: Final = 1 << 20
PATIENCE: Final = 5.0
"""Seconds that a key is waited for."""


class _Counted(msgspec.Struct):
    total_tokens: int


class _Answer(msgspec.Struct):
    data: _Counted


class Counting:
    """The request is healed first: the counter refuses what the endpoint would refuse (srchd#75)."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def tokens(self, asked: Asked) -> tuple[int, dict[str, Any]]:
        """The number, and how it came about."""
        planned = self._exchange.planned(asked)
        hop = self._exchange.route(asked.request.model).hops[0]
        host = self._exchange.hosts[hop.upstream]
        estimate = planned.budget.estimate
        if planned.target.dialect == "chat":
            body = spoken("chat").encode(planned.request)
            kept = {name: body[name] for name in ("model", "messages", "tools") if name in body}
            counted = await self._asked(host, asked, kept)
            if counted is not None:
                return counted, {"by": hop.upstream}
        return estimate.tokens, {"by": "moonwire", "rung": estimate.rung, "error": estimate.error}

    async def _asked(self, host: Host, asked: Asked, body: dict[str, Any]) -> int | None:
        """The upstream's own count; none where it has no counter or refuses."""
        try:
            lease = await host.ring.take(asked.key, PATIENCE)
        except RateLimited:
            return None
        try:
            headers = [("content-type", "application/json"), *asked.headers, *host.upstream.headers]
            if lease.key:
                headers.append(("authorization", f"Bearer {lease.key}"))
            async with await host.client.send(
                "POST",
                host.url(PATH),
                headers=headers,
                body=msgspec.json.encode(body),
                timeouts=quick(host.upstream.timeouts),
            ) as response:
                if response.status != 200:
                    return None
                return msgspec.json.decode(await response.read(ANSWER_BYTES), type=_Answer).data.total_tokens
        except (MoonwireError, msgspec.DecodeError):
            return None
        finally:
            lease.release()


def quick(timeouts: Timeouts, seconds: float = 2 * PATIENCE) -> Timeouts:
    """The same for a question that needs no thought: whoever asks has an answer of ours to fall back on."""
    return msgspec.structs.replace(timeouts, total=min(timeouts.total, seconds))
