"""What the operator knows better: facts, models and endpoints out of TOML.

[models."kimi-k3"]                 # wherever it runs
cap = 65536

[models."team-kimi"]               # a name of one's own for known weights
like = "kimi-k2.6"
aliases = ["gpt-4o"]

[endpoints.rack]                   # a server of one's own
like = "vllm"
urls = ["http://rack.local:8000/v1"]

[targets."rack/team-kimi"]         # one model behind one endpoint
window = 131072
"""

import re
from collections.abc import Collection, Mapping, Set
from typing import Any, Final, cast

import msgspec

from moonwire.core.catalogue.endpoints import ENDPOINTS, GENERIC, Endpoint, plain_url
from moonwire.core.catalogue.fields import checked
from moonwire.core.catalogue.models import NOTHING, Facts, Model, find_model, plain_name
from moonwire.core.errors import LocalProtocolError

__all__ = ["NO_OVERRIDES", "Overrides", "build_overrides", "decode_overrides"]

TABLES: Final = ("models", "endpoints", "targets")


class Overrides(msgspec.Struct, frozen=True, kw_only=True):
    """Facts that overrule the catalogue's: a model's, then an endpoint's, then those of the two together."""

    models: Mapping[str, Facts] = {}
    """By the model's canonical id."""
    places: Mapping[str, Facts] = {}
    """By the endpoint's name."""
    targets: Mapping[tuple[str, str], Facts] = {}
    """By the endpoint's name and the model's id."""
    rows: Mapping[str, Model] = {}
    """New models, by every id that they have."""
    endpoints: tuple[Endpoint, ...] = ()
    """New endpoints."""

    def find_model(self, model: str) -> Model | None:
        """The row of a model that is not in the catalogue."""
        return self.rows.get(plain_name(model))

    def facts(self, model: str, endpoint: str) -> Facts:
        """What overrules the catalogue for this model (its canonical id, if it has one) there."""
        name = plain_name(model)
        return {
            **self.models.get(name, NOTHING),
            **self.places.get(endpoint, NOTHING),
            **self.targets.get((endpoint, name), NOTHING),
        }


NO_OVERRIDES: Final = Overrides()


def decode_overrides(text: str, others: Collection[str] = ()) -> Overrides:
    """The overrides that a TOML text holds; `LocalProtocolError` says where it is wrong.

    `others` are keys at the top that are for somebody else, as most of a moonwire.toml is.

    >>> decode_overrides('[models."kimi-k3"]\\ncap = 65536').facts("kimi-k3", "platform")
    {'cap': 65536}
    """
    try:
        tables = msgspec.toml.decode(text)
    except msgspec.DecodeError as error:
        raise LocalProtocolError(f"not TOML: {error}", remedy="see toml.io") from error
    except RecursionError as error:
        raise LocalProtocolError("nested too deep", remedy="no field needs more than two levels") from error
    return build_overrides({name: table for name, table in tables.items() if name not in others})


def build_overrides(tables: Mapping[str, Any]) -> Overrides:
    """The same, out of what a TOML text was decoded to.

    >>> build_overrides({"models": {"kimi-k3": {"capp": 1}}})
    Traceback (most recent call last):
    ...
    moonwire.core.errors.LocalProtocolError: models.kimi-k3.capp: no such field (did you mean cap?)
    """
    for name in tables:
        if name not in TABLES:
            raise LocalProtocolError("no such table", path=_key(name), remedy=f"one of {', '.join(TABLES)}")
    models: dict[str, Facts] = {}
    rows: dict[str, Model] = {}
    for path, key, table in _tables(tables, "models"):
        row = find_model(key)
        if row is None and (row := _new_model(path, key, table, rows)):
            rows |= dict.fromkeys((row.name, *row.aliases), row)
        name = row.name if row else plain_name(key)
        models[name] = {**models.get(name, NOTHING), **_facts(path, table, without=("like", "aliases"))}
    places: dict[str, Facts] = {}
    endpoints: list[Endpoint] = []
    for path, key, table in _tables(tables, "endpoints"):
        if key not in _ENDPOINTS or "urls" in table:
            endpoints.append(_new_endpoint(path, key, table))
        places[key] = _facts(path, table, without=("like", "urls"))
    names = _ENDPOINTS.keys() | {row.name for row in endpoints}
    targets = dict(_target(path, key, table, names, rows) for path, key, table in _tables(tables, "targets"))
    return Overrides(models=models, places=places, targets=targets, rows=rows, endpoints=tuple(endpoints))


_ENDPOINTS: Final = {endpoint.name: endpoint for endpoint in ENDPOINTS}
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")

Table = Mapping[str, Any]


def _key(name: str) -> str:
    """A key as TOML spells it in a path."""
    return name if _BARE.fullmatch(name) else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _tables(tables: Table, name: str) -> list[tuple[str, str, Table]]:
    """The tables below one of the three, with the path of each."""
    found: list[tuple[str, str, Table]] = []
    for key, table in _table(name, tables.get(name, {})).items():
        path = f"{name}.{_key(key)}"
        found.append((path, key, _table(path, table)))
    return found


def _table(path: str, value: Any) -> Table:
    if isinstance(value, Mapping):
        return cast("Table", value)
    raise LocalProtocolError("must be a table", path=path, remedy=f"begin it with [{path}]")


def _facts(path: str, table: Table, *, without: tuple[str, ...] = ()) -> Facts:
    return {
        name: checked(name, value, f"{path}.{_key(name)}")
        for name, value in table.items()
        if name not in without
    }


def _texts(path: str, table: Table, name: str) -> tuple[str, ...]:
    try:
        return msgspec.convert(table.get(name, ()), tuple[str, ...])
    except msgspec.ValidationError as error:
        raise LocalProtocolError(str(error), path=f"{path}.{name}", remedy="a list of text") from error


def _new_model(path: str, key: str, table: Table, rows: Mapping[str, Model]) -> Model | None:
    """A row for a name that is not in the catalogue; without `like` it stays unknown, facts apart."""
    aliases = tuple(plain_name(alias) for alias in _texts(path, table, "aliases"))
    like = table.get("like")
    if like is None and not aliases:
        return None
    base = rows.get(plain_name(like)) or find_model(like) if isinstance(like, str) else None
    if base is None:
        remedy = "`like` names a model of the catalogue, or one declared above"
        raise LocalProtocolError("no such model", path=f"{path}.like", remedy=remedy)
    return msgspec.structs.replace(
        base, name=plain_name(key), base=base.base or base.name, aliases=aliases, source=f"TOML, like {like}"
    )


def _new_endpoint(path: str, key: str, table: Table) -> Endpoint:
    """A row for an endpoint of one's own, or for a known one at more addresses."""
    like = table.get("like", key if key in _ENDPOINTS else GENERIC.name)
    base = _ENDPOINTS.get(like) if isinstance(like, str) else None
    if base is None:
        remedy = f"one of {', '.join(_ENDPOINTS)}"
        raise LocalProtocolError("no such endpoint", path=f"{path}.like", remedy=remedy)
    urls = tuple(plain_url(url) for url in _texts(path, table, "urls"))
    if "" in urls:
        remedy = "https://host:port/path, without user, query or fragment"
        raise LocalProtocolError("not a base URL", path=f"{path}.urls[{urls.index('')}]", remedy=remedy)
    known = base.urls if key == base.name else ()
    return msgspec.structs.replace(base, name=key, urls=(*urls, *known), source=f"TOML, like {like}")


def _target(
    path: str, key: str, table: Table, endpoints: Set[str], rows: Mapping[str, Model]
) -> tuple[tuple[str, str], Facts]:
    endpoint, slash, model = key.partition("/")
    if not slash or not model or endpoint not in endpoints:
        remedy = f'"ENDPOINT/MODEL", the endpoint one of {", ".join(sorted(endpoints))}'
        raise LocalProtocolError("not an endpoint and a model", path=path, remedy=remedy)
    row = rows.get(plain_name(model)) or find_model(model)
    return (endpoint, row.name if row else plain_name(model)), _facts(path, table)
