"""Tables become values, or an error that names the key and does not show what stands there."""

from typing import Any

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.exchange.config import Hidden, Hop, Options
from moonwire.gateway.config.model import Config, RouteConfig, UpstreamConfig
from moonwire.gateway.config.places import spell
from moonwire.gateway.config.reading import read, suggestion
from moonwire.transport import Timeouts


def test_a_whole_configuration_is_read() -> None:
    config: Config = read(
        Config,
        {
            "region": "cn",
            "server": {"port": 0, "drain": 5, "allowed_hosts": ["a"]},
            "upstreams": {"a": {"key": " k ", "keys": ["x"], "headers": {"X": "y"}, "timeouts": {"idle": 9}}},
            "routes": [{"models": ["k*"], "hops": ["a:m:1", {"upstream": "a", "model": "n"}]}],
            "settings": {"cap": 7, "filler": " "},
            "options": {"retries": {"attempts": 2}},
        },
        (),
        spell,
    )
    assert config.server.drain == 5.0
    assert config.server.allowed_hosts == ("a",)
    assert config.upstreams["a"] == UpstreamConfig(
        key=Hidden("k"), keys=(Hidden("x"),), headers={"X": Hidden("y")}, timeouts=Timeouts(idle=9.0)
    )
    assert config.routes == (RouteConfig(models=("k*",), hops=(Hop("a", "m:1"), Hop("a", "n"))),)
    assert (config.settings.cap, config.settings.filler) == (7, " ")
    assert config.options.retries.attempts == 2
    assert read(Config, {}, (), spell) == Config()


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"server": 3}, "server: must be a table", "begin it with [server]"),
    ({"routes": {}}, "routes: must be a list", "takes a list of tables"),
    ({"routes": [3]}, "routes[0]: must be a table", "write { … }"),
    ({"routes": [{}]}, "routes[0]: hops is missing", "hops takes a list of hops"),
    ({"routes": [{"hops": "a"}]}, "routes[0].hops: must be a list", "takes a list of hops"),
    ({"routes": [{"hops": [{"model": "a"}]}]}, "routes[0].hops[0]: upstream is missing", "takes text"),
    ({"routes": [{"hops": [{"upstream": "a", "modle": ""}]}]}, "modle: no such key", "did you mean model?"),
    ({"server": {"prot": 1}}, "server.prot: no such key", "did you mean port?"),
    ({"upstreams": {"a": {"xyz": 1}}}, "upstreams.a.xyz: no such key", "one of base_url, endpoint"),
    ({"simulated": True}, "simulated: no such key", "it follows from other keys"),
    ({"options": {"stream_bytes": 9}}, "options.stream_bytes: no such key", "limits.stream_bytes"),
    ({"settings": {"degrade": []}}, "settings.degrade: no such key", "for one request"),
    ({"server": {"port": "sk-PLANTED"}}, "server.port: Expected `int`, got `str`", "takes a whole number"),
    ({"server": {"port": True}}, "server.port: Expected `int`, got `bool`", "takes a whole number"),
    ({"server": {"port": 65536}}, "server.port: Expected `int` <= 65535", "takes a whole number"),
    ({"server": {"workers": 0}}, "server.workers: Expected `int` >= 1", ""),
    ({"server": {"drain": -1}}, "server.drain: a negative number", "0 or more"),
    ({"server": {"drain": float("nan")}}, "server.drain: is not a number", "takes a number"),
    ({"options": {"tail": -0.5}}, "options.tail: a negative number", "0 or more"),
    ({"upstreams": {"a": {"timeouts": {"idle": 0}}}}, "timeouts.idle: no time at all", "inf switches it off"),
    ({"server": {"allowed_hosts": "a"}}, "allowed_hosts: must be a list", "takes a list of text"),
    ({"server": {"allowed_hosts": [1]}}, "allowed_hosts[0]: Expected `str`, got `int`", "takes text"),
    ({"mode": "observ"}, "mode: not one of its values", "did you mean observe?"),
    ({"mode": "sk-PLANTED"}, "mode: not one of its values", 'takes "heal", "observe" or "strict"'),
    ({"mode": 3}, "mode: not one of its values", 'takes "heal"'),
    ({"upstreams": {"a": {"key": 3}}}, "upstreams.a.key: must be text", "takes a key"),
    ({"upstreams": {"a": {"key": " "}}}, "upstreams.a.key: must be text", "takes a key"),
    ({"upstreams": {"a": {"headers": ["x"]}}}, "upstreams.a.headers: must be a table", ""),
    ({"aliases": {"a": 1}}, "aliases.a: Expected `str`, got `int`", "takes text"),
]


@pytest.mark.parametrize(("tree", "message", "remedy"), WRONG)
def test_what_is_wrong_is_named_with_its_path(tree: dict[str, Any], message: str, remedy: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        read(Config, tree, (), spell)
    assert message in f"{caught.value.path}: {caught.value.message}"
    assert remedy in caught.value.remedy
    assert "PLANTED" not in str(caught.value)


def test_a_deadline_can_be_switched_off() -> None:
    assert read(Timeouts, {"total": float("inf")}, (), spell).total == float("inf")
    assert read(Options, {"tail": 0}, (), spell).tail == 0.0


def test_what_is_far_from_everything_is_told_everything() -> None:
    assert suggestion("zzz", ["a", "b"]) == "one of a, b"
