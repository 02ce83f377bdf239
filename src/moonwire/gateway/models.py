"""`GET /v1/models`: what the upstreams list, with what the catalogue knows of each."""

import asyncio
import time
from typing import Any, Final

import msgspec

from moonwire.core.catalogue import MODELS, Target, learn
from moonwire.core.errors import MoonwireError
from moonwire.exchange.config import Route
from moonwire.exchange.exchange import Exchange
from moonwire.exchange.host import Host
from moonwire.gateway.counting import quick
from moonwire.gateway.guard import Caller

__all__ = ["Models", "item_of"]

KEPT: Final = 60.0
"""Seconds for which an upstream's list is believed."""
RETRIED: Final = 5.0
"""The same for one that could not be asked."""

ANSWER_BYTES: Final = 4 << 20


def item_of(target: Target, upstream: str, given: dict[str, Any]) -> dict[str, Any]:
    """One model as the gateway lists it: the upstream's own words, and ours where it has none."""
    ours: dict[str, Any] = {"object": "model", "owned_by": upstream}
    if target.window:
        ours["context_length"] = target.window
    if target.cap_max or target.cap:
        ours["max_output_tokens"] = target.cap_max or target.cap
    for field, value in (
        ("supports_image_in", target.vision),
        ("supports_video_in", target.video),
        ("supports_tool_use", target.tools),
    ):
        if value is not None:
            ours[field] = value
    if target.thinks:
        ours["supports_reasoning"] = target.thinks != "never"
        ours["supports_thinking_type"] = {"always": "only", "switch": "both", "never": "no"}[target.thinks]
    if target.efforts:
        ours["think_efforts"] = {
            "support": True,
            "valid_efforts": list(target.efforts),
            "default_effort": target.effort,
        }
    if target.price is not None:
        price = dict(zip(("input", "output", "cache_read"), target.price, strict=True))
        ours["pricing"] = {"currency": "USD", "per": 1_000_000, **price}
    return {**ours, **given, "moonwire": {"upstream": upstream, "endpoint": target.endpoint}}


class Models:
    """The list, asked for anew when it is old."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._known: dict[tuple[str, str], tuple[float, list[dict[str, Any]]]] = {}

    async def listed(self, caller: Caller) -> list[dict[str, Any]]:
        """Every model that a route leads to, each once; the first route's word counts."""
        routing = self._exchange.routing
        names = list(dict.fromkeys(hop.upstream for route in routing.routes for hop in route.hops))
        lists = await asyncio.gather(*(self._of(self._exchange.hosts[name], caller) for name in names))
        by_name = dict(zip(names, lists, strict=True))
        found: dict[str, dict[str, Any]] = {}
        for route in routing.routes:
            for item in self._through(route, by_name):
                found.setdefault(item["id"], item)
        return list(found.values())

    def _through(self, route: Route, lists: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
        hop = route.hops[0]
        items = lists[hop.upstream]
        host = self._exchange.hosts[hop.upstream]
        found: list[dict[str, Any]] = []
        for name in route.models:
            if name.endswith("*"):
                # What an earlier route takes is not to be had here.
                there = [(item["id"], item) for item in items if self._takes(item["id"]) is route]
            else:
                nothing: dict[str, Any] = {}
                given = next((item for item in items if item["id"] == (hop.model or name)), nothing)
                there = [(name, given)]
            for called, item in there:
                target = learn(host.target(hop.model or called), item)
                found.append(item_of(target, hop.upstream, {**item, "id": called}))
        return found

    def _takes(self, model: str) -> Route | None:
        return next((route for route in self._exchange.routing.routes if route.takes(model)), None)

    async def _of(self, host: Host, caller: Caller) -> list[dict[str, Any]]:
        own = caller.key or ""
        key = (host.upstream.name, "" if host.ring.has_keys else own)
        known = self._known.get(key)
        if known is not None and time.monotonic() < known[0]:
            return known[1]
        try:
            items = await self._asked(host, own)
            kept = KEPT
        except MoonwireError:
            # An upstream that cannot be asked is listed from the catalogue, and asked again before long.
            items = known[1] if known is not None else _catalogue(host)
            kept = RETRIED
        if len(self._known) > 256:
            self._known.clear()
        self._known[key] = (time.monotonic() + kept, items)
        return items

    async def _asked(self, host: Host, own: str) -> list[dict[str, Any]]:
        lease = await host.ring.take(own or None, 5.0)
        try:
            headers = [("authorization", f"Bearer {lease.key}")] if lease.key else []
            async with await host.client.send(
                "GET",
                host.url("/models"),
                headers=[*headers, *host.upstream.headers],
                timeouts=quick(host.upstream.timeouts),
            ) as response:
                data = await response.read(ANSWER_BYTES)
                if response.status != 200:
                    return _catalogue(host)
        finally:
            lease.release()
        try:
            value = msgspec.json.decode(data, type=_List)
        except msgspec.DecodeError:
            return _catalogue(host)
        return [item for item in value.data if isinstance(item.get("id"), str)]


class _List(msgspec.Struct):
    data: list[dict[str, Any]]


def _catalogue(host: Host) -> list[dict[str, Any]]:
    """What the catalogue says is there; of a server that nobody knows, nothing."""
    found: list[dict[str, Any]] = []
    for row in MODELS:
        target = host.target(row.name)
        if target.known and row.status == "current" and not row.only_at:
            found.append({"id": target.model})
    return found
