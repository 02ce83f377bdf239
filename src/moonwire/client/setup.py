"""What a client is told when it is made, and what follows from it: where to, with which key, how."""

import os
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, TypedDict, cast

from moonwire._version import __version__
from moonwire.client.body import Hook
from moonwire.client.credentials import ApiKey, Refresh
from moonwire.client.environment import read_file
from moonwire.core.catalogue.endpoints import ENDPOINTS, GENERIC, find_endpoint, plain_url
from moonwire.core.catalogue.overrides import NO_OVERRIDES, Overrides, build_overrides
from moonwire.core.errors import LocalProtocolError
from moonwire.core.settings import Settings
from moonwire.exchange.config import Hidden, Hop, Options, Route, Routing, Upstream
from moonwire.exchange.keys import PLACES, Found, Region, default_key, default_upstream
from moonwire.memory import Memory
from moonwire.transport import TLS, Timeouts

__all__ = ["NAME", "Setup", "checked", "endpoint_of", "environ_of", "found_of", "overrides_of", "routing_of"]

NAME: Final = "kimi"
"""What a client calls its only upstream."""


class Setup(TypedDict, total=False):
    """What else a client can be told."""

    defaults: Mapping[str, Any]
    """Fields of every request, `extra_body` among them; the environment and calls are stronger."""
    hooks: Sequence[Hook]
    """See, and may change, each body before it is planned."""
    refresh: Refresh
    """Gives a new token where the old one was refused; the request is sent once more."""
    endpoint: str
    """A name of the catalogue, where the URL does not tell."""
    settings: Settings | Mapping[str, Any]
    """Passes and policies of planning."""
    options: Options
    """Retries, escalation and the like."""
    overrides: Overrides | Mapping[str, Any]
    """What is known better than the catalogue knows it."""
    memory: Memory
    """Where turns are remembered; a memory of this process where none is given."""
    tokenizer: str
    """The path of Kimi's `tiktoken.model`, for exact counts."""
    headers: Mapping[str, str]
    """Sent with every request."""
    timeouts: Timeouts
    tls: TLS
    proxy: str
    trust_env: bool
    """Whether HTTPS_PROXY and its like count."""
    environ: Mapping[str, str]
    """In the place of the process's environment."""
    env_file: str | Path
    """A file of NAME=value lines behind the environment, which is stronger."""


_FUNCTIONS: Final = (list, tuple)
_KINDS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "defaults": Mapping,
    "hooks": _FUNCTIONS,
    "options": Options,
    "headers": Mapping,
    "timeouts": Timeouts,
    "tls": TLS,
    "environ": Mapping,
}


def checked(setup: Setup) -> Setup:
    """The same without what is `None`. A name that nobody knows is a mistake, not something to pass over.

    >>> checked({"proxy": None, "trust_env": False})
    {'trust_env': False}
    """
    names = [*Setup.__annotations__]
    for name, value in setup.items():
        if name not in names:
            near = get_close_matches(name, names, n=1)
            fields = "what every request is to have goes into defaults"
            remedy = f"did you mean {near[0]}? {fields}" if near else fields
            raise LocalProtocolError("a client has no such argument", path=name, remedy=remedy)
        kind = _KINDS.get(name)
        if kind is not None and value is not None and not isinstance(value, kind):
            wanted = "list" if kind is _FUNCTIONS else getattr(kind, "__name__", "")
            said = f"this is of the type {type(value).__name__}"
            raise LocalProtocolError(said, path=name, remedy=f"give a {wanted}")
    return cast("Setup", {name: value for name, value in setup.items() if value is not None})


def environ_of(setup: Setup) -> dict[str, str]:
    """The environment, and behind it what a file says."""
    environ = dict(setup.get("environ", os.environ))
    if (path := setup.get("env_file")) is not None:
        environ = {**read_file(path), **{name: value for name, value in environ.items() if value}}
    return environ


def overrides_of(setup: Setup) -> Overrides:
    """What is known better than the catalogue knows it."""
    given = setup.get("overrides", NO_OVERRIDES)
    return given if isinstance(given, Overrides) else build_overrides(given)


def found_of(
    environ: Mapping[str, str],
    base_url: str | None,
    region: Region | None,
    api_key: ApiKey | None,
    setup: Setup,
) -> Found:
    """Where the endpoint is, and with which key it is asked: what is given, else what the environment says.

    An endpoint that is named by the caller gets the environment's key only if it is one of Kimi's own:
    elsewhere that key is nobody's business.
    """
    if base_url is None:
        given = ("api_key", Hidden(api_key)) if isinstance(api_key, str) else None
        if isinstance(api_key, Hidden):
            given = ("api_key", api_key)
        elif callable(api_key):
            # Whatever it gives, it is not looked at here.
            given = ("api_key", Hidden("given by a function"))
        found = default_upstream(environ, region, key=given)
        if found is None:
            remedy = "export MOONSHOT_API_KEY, or give api_key or base_url; `moonwire simulate` needs no key"
            raise LocalProtocolError("there is no key and no endpoint", path="api_key", remedy=remedy)
        return found
    if not plain_url(base_url):
        # Not quoted: it may hold a password.
        remedy = "https://host/path, without user, query or fragment"
        raise LocalProtocolError("not a base URL", path="base_url", remedy=remedy)
    if region is not None:
        raise LocalProtocolError(
            "a URL says the region itself", path="region", remedy="leave one of them out"
        )
    place = find_endpoint(setup.get("endpoint") or base_url).name
    name = ""
    if api_key is None and find_endpoint(base_url).name in _OWN:
        name, _ = default_key(environ, place)
    key = Hidden(f"env:{name}") if name else None
    return Found(base_url=base_url, endpoint=place, key=key, origin="base_url")


# Of these the environment's keys are; a server that is merely called so is somebody else's.
_OWN: Final = frozenset({*PLACES.values(), "coding"})


def endpoint_of(found: Found, environ: Mapping[str, str], setup: Setup) -> str:
    """What stands behind the URL, where somebody says so; empty: as the URL tells.

    >>> rack = Found(base_url="http://gpu:8000/v1", endpoint="generic", origin="base_url")
    >>> endpoint_of(rack, {"MOONWIRE_ENDPOINT": "vllm"}, {})
    'vllm'
    """
    overrides = overrides_of(setup)
    named, said = setup.get("endpoint", ""), "endpoint"
    if not named and find_endpoint(found.base_url, overrides.endpoints) is GENERIC:
        named, said = environ.get("MOONWIRE_ENDPOINT", "").strip(), "MOONWIRE_ENDPOINT"
    if named and named != GENERIC.name and find_endpoint(named, overrides.endpoints) is GENERIC:
        known = [one.name for one in (*overrides.endpoints, *ENDPOINTS)]
        near = get_close_matches(named, known, n=1)
        remedy = f"did you mean {near[0]}?" if near else "`moonwire models` lists them"
        raise LocalProtocolError(f"no endpoint is called {named}", path=said, remedy=remedy)
    return named


def routing_of(
    found: Found, endpoint: str, settings: Settings, overrides: Overrides, setup: Setup
) -> Routing:
    """One upstream, one route to it for whatever model."""
    headers = dict(setup.get("headers", {}))
    if not any(name.lower() == "user-agent" for name in headers):
        headers["user-agent"] = f"moonwire/{__version__}"
    upstream = Upstream(
        name=NAME,
        base_url=found.base_url,
        endpoint=endpoint,
        headers=tuple(headers.items()),
        timeouts=setup.get("timeouts", Timeouts()),
        tls=setup.get("tls"),
        proxy=setup.get("proxy"),
        trust_env=setup.get("trust_env", True),
        tokenizer=setup.get("tokenizer", ""),
    )
    route = Route(hops=(Hop(NAME),), settings=settings)
    return Routing(upstreams=(upstream,), routes=(route,), overrides=overrides)
