"""What the gateway starts with: upstreams and routes, clients and the memory, with every key resolved."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from moonwire.core.catalogue.endpoints import plain_url
from moonwire.core.errors import LocalProtocolError
from moonwire.exchange.config import Hidden, Hop, Route, Routing, Upstream
from moonwire.exchange.keys import Run, resolve_key, resolve_secret
from moonwire.gateway.config.loading import Loaded
from moonwire.gateway.config.model import NONE, PROCESS, ClientConfig, Config, RouteConfig, UpstreamConfig
from moonwire.gateway.config.places import Path as Steps
from moonwire.gateway.config.places import spell
from moonwire.gateway.guard import Client
from moonwire.transport import TLS

__all__ = ["SIMULATOR", "clients", "memory_file", "routing", "simulated_at"]

SIMULATOR = "simulator"
"""The name of the upstream that is no model."""

_DIGEST = "sha256:"
_CALL = "/chat/completions"


def routing(loaded: Loaded, environ: Mapping[str, str], run: Run | None = None) -> Routing:
    """The upstreams and routes, as the exchange takes them. Reads the files and runs the commands of keys.

    An alias is a route of its own in front: where its model goes, under the model's name. Limits of requests
    are for all workers together, so each gets its part.
    """
    config = loaded.config
    upstreams = tuple(
        _upstream(name, upstream, loaded, environ, run) for name, upstream in config.upstreams.items()
    )
    routes = [_route(route, config) for route in config.routes]
    aliased = [route for name in config.aliases for route in _alias(name, config, routes)]
    return Routing(upstreams=upstreams, routes=(*aliased, *routes), overrides=config.overrides)


def _upstream(
    name: str, upstream: UpstreamConfig, loaded: Loaded, environ: Mapping[str, str], run: Run | None
) -> Upstream:
    path: Steps = ("upstreams", name)
    workers = loaded.config.server.workers
    headers: list[tuple[str, str]] = []
    for header, value in upstream.headers.items():
        at = _where(loaded, (*path, "headers", header))
        headers.append((header, resolve_secret(value, environ, run, path=at).reveal()))
    proxy = upstream.proxy
    if proxy is not None:
        proxy = resolve_secret(proxy, environ, run, path=_where(loaded, (*path, "proxy")))
    return Upstream(
        name=name,
        # People paste the address of the one call as well.
        base_url=plain_url(upstream.base_url).removesuffix(_CALL),
        endpoint=upstream.endpoint,
        keys=tuple(
            resolve_key(key, environ, run, path=_where(loaded, at)) for at, key in _keys(upstream, path)
        ),
        headers=tuple(headers),
        timeouts=upstream.timeouts,
        tls=None if upstream.tls == TLS() else upstream.tls,
        proxy=None if proxy is None else proxy.reveal(),
        trust_env=upstream.trust_env,
        concurrency=_share(upstream.concurrency, workers),
        rpm=_share(upstream.rpm, workers),
        tokenizer=upstream.tokenizer,
    )


def _share(limit: int, workers: int) -> int:
    return max(limit // workers, 1) if limit else 0


def _where(loaded: Loaded, path: Steps) -> str:
    key = spell(path)
    return f"{loaded.origin(key)}: {key}"


def _keys(table: UpstreamConfig | ClientConfig, path: Steps) -> list[tuple[Steps, Hidden]]:
    first: list[tuple[Steps, Hidden]] = [((*path, "key"), table.key)] if table.key else []
    return [*first, *(((*path, "keys", index), key) for index, key in enumerate(table.keys))]


def _route(route: RouteConfig, config: Config) -> Route:
    return Route(
        models=route.models, hops=route.hops, mode=route.mode or config.mode, settings=route.settings
    )


def _alias(name: str, config: Config, routes: list[Route]) -> list[Route]:
    model = config.aliases[name]
    while model in config.aliases:
        model = config.aliases[model]
    return [
        msgspec.structs.replace(
            route, models=(name,), hops=tuple(Hop(hop.upstream, hop.model or model) for hop in route.hops)
        )
        for route in routes
        if route.takes(model)
    ][:1]


def simulated_at(loaded: Loaded, base_url: str, endpoint: str) -> Loaded:
    """The same with the simulator as its upstream, once that has an address."""
    config = loaded.config
    # A proxy for the world outside knows nothing of this process.
    upstream = UpstreamConfig(base_url=base_url, endpoint=endpoint, key=Hidden(SIMULATOR), trust_env=False)
    route = RouteConfig(hops=(Hop(SIMULATOR),), settings=config.settings)
    changed = msgspec.structs.replace(config, upstreams={SIMULATOR: upstream}, routes=(route,))
    return msgspec.structs.replace(loaded, config=changed)


def clients(loaded: Loaded, environ: Mapping[str, str], run: Run | None = None) -> tuple[Client, ...]:
    """Who may call, with the digests of their keys: the keys themselves are not kept."""
    found: list[Client] = []
    owners: dict[bytes, str] = {}
    for name, client in loaded.config.clients.items():
        digests: list[bytes] = []
        for at, key in _keys(client, ("clients", name)):
            where, text = _where(loaded, at), key.reveal()
            if text.startswith(_DIGEST):
                digest = bytes.fromhex(text.removeprefix(_DIGEST))
            else:
                plain = resolve_key(key, environ, run, path=where).reveal()
                digest = hashlib.sha256(plain.encode("ascii")).digest()
            if (owner := owners.setdefault(digest, name)) != name:
                said = f"{name} and {owner} have one key"
                raise LocalProtocolError(said, path=where, remedy="a key says who calls")
            digests.append(digest)
        found.append(Client(name, tuple(digests)))
    return tuple(found)


def memory_file(config: Config) -> Path | None:
    """The file of the memory; `None` where it is kept in the process, or not at all."""
    return None if config.memory.path in (NONE, PROCESS) else Path(config.memory.path)
