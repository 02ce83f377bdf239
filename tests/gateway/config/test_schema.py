"""The keys as data."""

from typing import Annotated, Any, Literal

import msgspec
import pytest

from moonwire.core.settings import Settings
from moonwire.exchange.config import Hidden, Hop, Options
from moonwire.gateway.config.model import Config, RouteConfig, ServerConfig
from moonwire.gateway.config.schema import REQUIRED, env_name, fields, is_table, keys, plain, settable, words


def test_a_key_has_its_kind_default_and_meaning() -> None:
    port = fields(ServerConfig)["port"]
    assert (plain(port.kind), port.default) == (int, 8370)
    assert port.meaning.startswith("the port")
    assert fields(RouteConfig)["hops"].default is REQUIRED
    assert fields(Config)["aliases"].default == {}


def test_what_is_for_one_request_or_stands_elsewhere_is_no_key() -> None:
    assert "degrade" not in fields(Settings)
    assert "stream_bytes" not in fields(Options)
    assert {"overrides", "simulated"}.isdisjoint(fields(Config))


def test_keys_are_listed_once_and_in_the_order_of_the_file() -> None:
    names = [key.text for key in keys()]
    assert len(set(names)) == len(names)
    assert names[:5] == ["mode", "region", "aliases", "server.host", "server.port"]
    assert {"upstreams.NAME.timeouts.idle", "routes[].hops", "clients.NAME.key"} <= set(names)
    assert {"options.retries.attempts", "limits.images.fetch", "routes[].settings.ids"} <= set(names)


def test_every_key_has_a_variable_of_its_own() -> None:
    names = [env_name(key.path) for key in keys() if settable(key.field.kind) and "[]" not in key.path]
    assert len(set(names)) == len(names)
    assert {"MOONWIRE_CONFIG", "MOONWIRE_DATA", "MOONWIRE_UPSTREAM", "MOONWIRE_ENDPOINT"}.isdisjoint(names)
    assert {"MOONWIRE_PORT", "MOONWIRE_TLS_CERT", "MOONWIRE_MEMORY_PATH", "MOONWIRE_MODE"} <= set(names)


@pytest.mark.parametrize(
    ("kind", "said", "by_variable"),
    [
        (str, "text", True),
        (int | None, "a whole number", True),
        (Annotated[float, msgspec.Meta(ge=0)], "a number", True),
        (Literal["a", "b"], '"a" or "b"', True),
        (Hidden | None, "a key", True),
        (tuple[str, ...], "a list of text", True),
        (tuple[Hidden, ...], "a list of keys", False),
        (tuple[Hop, ...], "a list of hops", False),
        (tuple[RouteConfig, ...], "a list of tables", False),
        (ServerConfig, "a table", False),
        (int | str, "tables", False),
    ],
)
def test_a_kind_in_words(kind: Any, said: str, by_variable: bool) -> None:
    assert words(kind) == said
    assert settable(kind) is by_variable


def test_a_table_is_a_struct() -> None:
    assert is_table(ServerConfig)
    assert not is_table(str)
    assert not is_table(tuple[str, ...])
