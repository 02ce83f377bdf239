"""The configuration in effect: what was said, what follows from it, and whether it can be meant."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from moonwire.core.catalogue.endpoints import ENDPOINTS, GENERIC, find_endpoint, plain_url
from moonwire.core.catalogue.overrides import TABLES, Overrides, build_overrides
from moonwire.core.errors import LocalProtocolError
from moonwire.exchange.config import Hidden
from moonwire.exchange.keys import PLACES, Region, default_key, default_upstream
from moonwire.gateway.config.checks import NAME, check
from moonwire.gateway.config.model import AUTO, NONE, PROCESS, Config
from moonwire.gateway.config.places import Path as Steps
from moonwire.gateway.config.places import spell
from moonwire.gateway.config.reading import read, suggestion
from moonwire.gateway.config.schema import fields
from moonwire.gateway.config.sources import Sources, gather
from moonwire.memory import default_path

__all__ = ["Loaded", "load"]

_CATALOGUE: Final = "the catalogue"

# Keys that are paths. What the file says of them is meant from where the file is.
_PATHS: Final[tuple[Steps, ...]] = (
    ("server", "tls", "cert"),
    ("server", "tls", "key"),
    ("memory", "path"),
    ("memory", "secret"),
    ("upstreams", "*", "tokenizer"),
    ("upstreams", "*", "tls", "ca_file"),
    ("upstreams", "*", "tls", "cert_file"),
    ("upstreams", "*", "tls", "key_file"),
)
_KEYS: Final[tuple[Steps, ...]] = (
    ("upstreams", "*", "key"),
    ("upstreams", "*", "keys", "*"),
    ("upstreams", "*", "headers", "*"),
    ("upstreams", "*", "proxy"),
    ("clients", "*", "key"),
    ("clients", "*", "keys", "*"),
)
_NO_PATHS: Final = ("", AUTO, NONE, PROCESS)


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration, and where each part of it comes from."""

    config: Config
    origins: Mapping[str, str]
    """By the key's path; what is not in it is a default."""
    files: tuple[str, ...] = ()
    facts: Mapping[str, Any] = {}
    """What the file says about models, endpoints and targets, by path."""
    warnings: tuple[str, ...] = ()
    """What may be meant, and is worth a line at the start."""

    def origin(self, key: str) -> str:
        """Where a value comes from.

        >>> Loaded(config=Config(), origins={"server.port": "--port"}).origin("server.host")
        'default'
        """
        return self.origins.get(key, "default")


def load(flags: Mapping[str, Any], environ: Mapping[str, str], cwd: Path) -> Loaded:
    """What is in effect. A `LocalProtocolError` says what is wrong, where it was said, and what to do.

    `flags` are those of the command, as its parameters are called; `None` is one that was not given. No key
    is resolved: no other file is read, and no command is run.
    """
    sources = gather(flags, environ, cwd)
    tree = sources.tree
    for name in tree:
        if name not in fields(Config) and name not in TABLES:
            remedy = suggestion(name, (*fields(Config), *TABLES))
            raise LocalProtocolError("no such key", path=sources.where((name,)), remedy=remedy)
    facts = {name: tree.pop(name) for name in TABLES if name in tree}
    overrides = _overrides(facts, sources)
    _check_names(sources)
    _take_quick(sources, environ)
    simulated = _take_default(sources, environ)
    _complete_upstreams(sources, overrides)
    _complete_routes(sources)
    _anchor(sources, cwd)
    _place_memory(sources, environ)
    config: Config = read(Config, tree, (), sources.where)
    config = msgspec.structs.replace(
        config,
        overrides=overrides,
        simulated=simulated,
        options=msgspec.structs.replace(config.options, stream_bytes=config.limits.stream_bytes),
    )
    check(config, sources.where)
    return Loaded(
        config=config,
        origins={spell(path): origin for path, origin in sources.origins.items()},
        files=(sources.shown,) if sources.shown else (),
        facts=dict(_flat(facts, ())),
        warnings=tuple(sources.warnings),
    )


def _flat(value: Any, path: Steps) -> list[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        inside = cast("dict[str, Any]", value).items()
        return [one for name, part in inside for one in _flat(part, (*path, name))]
    return [(spell(path), value)] if path else []


def _overrides(facts: Mapping[str, Any], sources: Sources) -> Overrides:
    try:
        return build_overrides(facts)
    except LocalProtocolError as error:
        # It names the key as it is spelled; the line is that of the nearest key around it.
        origins = {spell(path): origin for path, origin in sources.origins.items()}
        near = error.path
        while near and near not in origins:
            near = near[: max(near.rfind("."), near.rfind("["), 0)]
        origin = origins.get(near, sources.shown)
        raise LocalProtocolError(
            error.message, path=f"{origin}: {error.path}", remedy=error.remedy
        ) from error


def _table(sources: Sources, name: str) -> dict[str, Any]:
    """A table of the tree, empty where it is missing. What is no table is for `read` to refuse."""
    value = sources.tree.get(name)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _check_names(sources: Sources) -> None:
    for table in ("upstreams", "clients"):
        for name in _table(sources, table):
            if NAME.fullmatch(name) is None:
                remedy = "letters, digits, - and _"
                raise LocalProtocolError("not a name", path=sources.where((table, name)), remedy=remedy)


def _region(sources: Sources) -> Region | None:
    return read(fields(Config)["region"].kind, sources.tree.get("region"), ("region",), sources.where)


def _take_quick(sources: Sources, environ: Mapping[str, str]) -> None:
    """The upstream that flags or variables name, in place of all that the file has."""
    quick = sources.quick
    if not quick:
        return
    url, origin = quick.get("upstream", ("", ""))
    place, place_origin = quick.get("endpoint", ("", ""))
    key, key_origin = quick.get("upstream_key", ("", ""))
    if not url and _table(sources, "upstreams"):
        said = f"{sources.shown} has upstreams of its own, and this does not say which is meant"
        raise LocalProtocolError(said, path=place_origin or key_origin, remedy="add --upstream URL")
    if not url and not place:
        found = default_upstream(environ, _region(sources), key=(key_origin, Hidden(key)))
        assert found is not None
        url, origin, place, place_origin = found.base_url, found.origin, found.endpoint, found.origin
    elif url and not plain_url(url):
        # The name of an endpoint does as well, if it is one that is at one address.
        row = find_endpoint(url)
        if not row.urls or any("*" in one for one in row.urls[:1]):
            remedy = "https://host/v1, without user, query or fragment, or platform, coding, …"
            raise LocalProtocolError("not a base URL", path=origin, remedy=remedy)
        place, place_origin, url = place or row.name, place_origin or origin, row.urls[0]
    row = find_endpoint(place or url)
    name = row.name if row.known else "upstream"
    host = find_endpoint(url) if url else row
    if not key and host.rules == "own":
        # Moonshot's key goes to Moonshot. Anybody else gets it only if the operator says so.
        variable, _ = default_key(environ, host.name)
        key, key_origin = (f"env:{variable}", f"env {variable}") if variable else ("", "")
    said = {"base_url": (url, origin), "endpoint": (place, place_origin)}
    _one_upstream(sources, name, said, (key, key_origin))


def _take_default(sources: Sources, environ: Mapping[str, str]) -> bool:
    """The upstream that the environment speaks of where no other is named; says whether there is none."""
    if sources.tree.get("upstreams"):
        return False
    found = default_upstream(environ, _region(sources))
    if found is None:
        return True
    name = found.endpoint if found.endpoint != GENERIC.name else "upstream"
    routes = sources.tree.get("routes")
    said = {"base_url": (found.base_url, found.origin), "endpoint": (found.endpoint, found.origin)}
    key = (found.key.reveal() if found.key else "", found.key_origin)
    _one_upstream(sources, name, said, key, routes=routes)
    return False


def _one_upstream(
    sources: Sources,
    name: str,
    said: Mapping[str, tuple[str, str]],
    key: tuple[str, str],
    *,
    routes: Any = None,
) -> None:
    sources.drop("upstreams")
    if routes is None:
        sources.drop("routes")
    sources.put(("upstreams", name), {}, said["base_url"][1] or said["endpoint"][1])
    for part, (value, origin) in {**said, "key": key}.items():
        if value:
            sources.put(("upstreams", name, part), value, origin)


def _complete_upstreams(sources: Sources, overrides: Overrides) -> None:
    """What an upstream is and where: each follows from the other, and both from its name."""
    for name, entry in _table(sources, "upstreams").items():
        if not isinstance(entry, dict):
            continue
        table = cast("dict[str, Any]", entry)
        url, place = table.get("base_url") or "", table.get("endpoint") or ""
        if not isinstance(url, str) or not isinstance(place, str):
            continue
        path: Steps = ("upstreams", name)
        if place:
            _check_endpoint(place, overrides, sources.where((*path, "endpoint")))
        row = find_endpoint(place or url or name, overrides.endpoints)
        if not url:
            if row.name == PLACES["ai"] and _region(sources) == "cn":
                row = find_endpoint(PLACES["cn"])
            if not row.urls or "*" in row.urls[0]:
                remedy = 'base_url = "https://host/v1"'
                raise LocalProtocolError("nobody says where it is", path=sources.where(path), remedy=remedy)
            sources.put((*path, "base_url"), row.urls[0], _CATALOGUE)
        if row.name != place:
            sources.put((*path, "endpoint"), row.name, _CATALOGUE)


def _check_endpoint(place: str, overrides: Overrides, where: str) -> None:
    names = [row.name for row in (*overrides.endpoints, *ENDPOINTS)]
    if place not in names:
        raise LocalProtocolError("no such endpoint", path=where, remedy=suggestion(place, names))


def _complete_routes(sources: Sources) -> None:
    """One upstream needs no route. What flags and variables say of the mode holds for every route."""
    upstreams = list(_table(sources, "upstreams"))
    if not sources.tree.get("routes") and upstreams:
        if len(upstreams) > 1:
            remedy = f'[[routes]] with hops = ["{upstreams[0]}", …]; those behind the first are fallbacks'
            said = "several upstreams, and no route says which takes what"
            raise LocalProtocolError(said, path=sources.where(("upstreams",)), remedy=remedy)
        sources.tree["routes"] = [{"hops": upstreams}]
    routes = sources.tree.get("routes")
    general = sources.tree.get("settings", {})
    for index, route in enumerate(cast("list[Any]", routes) if isinstance(routes, list) else []):
        if not isinstance(route, dict):
            continue
        table, path = cast("dict[str, Any]", route), ("routes", index)
        if "mode" in sources.tree and not sources.from_file(("mode",)):
            table["mode"] = sources.tree["mode"]
            sources.origins[*path, "mode"] = sources.origin(("mode",))
        own = table.get("settings", {})
        if general and isinstance(general, dict) and isinstance(own, dict):
            for name, value in cast("dict[str, Any]", general).items():
                if name not in own:
                    sources.origins[*path, "settings", name] = sources.origin(("settings", name))
                    table.setdefault("settings", {})[name] = value


# -- paths ---------------------------------------------------------------------------------------------


def _anchor(sources: Sources, cwd: Path) -> None:
    """Makes every path absolute: from the file's directory, or from where the command was typed."""
    folder = sources.file.parent if sources.file else cwd
    for pattern in (*_PATHS, *_KEYS):
        for path, holder, last in _matching(sources.tree, pattern, ()):
            text = holder[last]
            if not isinstance(text, str):
                continue
            base = folder if sources.from_file(path) else cwd
            if pattern in _KEYS:
                if found := re.fullmatch(r"\s*file:(.+)", text):
                    holder[last] = f"file:{base / Path(found[1].strip()).expanduser()}"
            elif text not in _NO_PATHS:
                holder[last] = str(base / Path(text).expanduser())


def _matching(tree: Any, pattern: Steps, path: Steps) -> list[tuple[Steps, Any, Any]]:
    """Every place that a pattern means: its path, and what holds it under which key."""
    if isinstance(tree, dict):
        holder = cast("dict[Any, Any]", tree)
        names: list[Any] = list(holder) if pattern[0] == "*" else [pattern[0]] if pattern[0] in holder else []
    elif isinstance(tree, list) and pattern[0] == "*":
        holder = cast("Any", tree)
        names = list(range(len(cast("list[Any]", tree))))
    else:
        return []
    if len(pattern) == 1:
        return [((*path, name), holder, name) for name in names]
    return [one for name in names for one in _matching(holder[name], pattern[1:], (*path, name))]


def _place_memory(sources: Sources, environ: Mapping[str, str]) -> None:
    """The data directory's file and secret, where no others are named."""
    memory = sources.tree.setdefault("memory", {})
    if not isinstance(memory, dict):
        return
    table = cast("dict[str, Any]", memory)
    folder = default_path(environ)
    for key, name in (("path", "memory.db"), ("secret", "secret")):
        if table.get(key, AUTO) in (AUTO, ""):
            table[key] = str(folder / name)
