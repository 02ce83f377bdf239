"""What the gateway starts with: every key resolved, once, and errors that say which was not."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.core.settings import Settings
from moonwire.exchange.config import Hidden, Hop, Route, Upstream
from moonwire.gateway.config.serving import SIMULATOR, clients, memory_file, routing, simulated_at
from moonwire.transport import TLS, Timeouts
from tests.gateway.config.samples import MARK, loaded

RACK = """
[upstreams.rack]
base_url = "https://Rack.example:443/v1/chat/completions"
endpoint = "vllm"
keys = ["env:A", "cmd:op read x", "plain"]
headers = { X-Team = "two words", X-Token = "env:A" }
proxy = "env:PROXY"
trust_env = false
concurrency = 10
rpm = 1
tokenizer = "/t"
timeouts = { idle = 900 }
tls = { ca_file = "/ca" }
"""


def run(words: Sequence[str]) -> str:
    assert tuple(words) == ("op", "read", "x")
    return "printed\n"


def test_an_upstream_as_the_exchange_takes_it(tmp_path: Path) -> None:
    made = routing(loaded(tmp_path, RACK), {"A": "a-key", "PROXY": "http://proxy:1"}, run)
    assert made.upstreams == (
        Upstream(
            name="rack",
            base_url="https://rack.example/v1",
            endpoint="vllm",
            keys=(Hidden("a-key"), Hidden("printed"), Hidden("plain")),
            headers=(("X-Team", "two words"), ("X-Token", "a-key")),
            timeouts=Timeouts(idle=900.0),
            tls=TLS(ca_file="/ca"),
            proxy="http://proxy:1",
            trust_env=False,
            concurrency=10,
            rpm=1,
            tokenizer="/t",
        ),
    )
    assert made.routes == (Route(hops=(Hop("rack"),)),)


def test_workers_divide_the_limits(tmp_path: Path) -> None:
    environ = {"A": "a", "PROXY": "http://p"}
    upstream = routing(loaded(tmp_path, RACK, workers=4), environ, run).upstreams[0]
    assert (upstream.concurrency, upstream.rpm) == (2, 1)
    (plain,) = routing(loaded(tmp_path, "[upstreams.platform]", workers=4), {}, run).upstreams
    assert (plain.concurrency, plain.rpm, plain.tls, plain.proxy) == (0, 0, None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('key = "env:GONE"', "moonwire.toml:2: upstreams.platform.key: the variable GONE is not set"),
        (
            'keys = [\n"a",\n"file:/gone"]',
            "moonwire.toml:4: upstreams.platform.keys[1]: /gone cannot be read",
        ),
        ('headers = { X = "env:GONE" }', "moonwire.toml:2: upstreams.platform.headers.X: the variable"),
        ('proxy = "env:GONE"', "moonwire.toml:2: upstreams.platform.proxy: the variable"),
    ],
)
def test_a_key_that_cannot_be_had_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        routing(loaded(tmp_path, f"[upstreams.platform]\n{text}"), {}, run)
    assert str(caught.value).startswith(said)


def test_routes_have_the_general_mode_and_settings_unless_their_own(tmp_path: Path) -> None:
    text = (
        'mode = "strict"\n[settings]\nids = "off"\n[upstreams.platform]\n'
        '[[routes]]\nmodels = ["a"]\nmode = "observe"\nhops = ["platform"]\n[[routes]]\nhops = ["platform"]'
    )
    routes = routing(loaded(tmp_path, text), {}).routes
    assert [(route.mode, route.settings) for route in routes] == [
        ("observe", Settings(ids="off")),
        ("strict", Settings(ids="off")),
    ]


def test_an_alias_goes_where_its_model_goes_under_the_models_name(tmp_path: Path) -> None:
    text = (
        '[aliases]\nfast = "team"\nteam = "kimi-k3"\n[upstreams.platform]\n[upstreams.fireworks]\n'
        '[[routes]]\nmodels = ["kimi-*"]\nhops = ["fireworks:accounts/x", "platform"]\n'
        '[[routes]]\nhops = ["platform"]'
    )
    hops = (Hop("fireworks", "accounts/x"), Hop("platform", "kimi-k3"))
    routes = routing(loaded(tmp_path, text), {}).routes
    assert [route.models for route in routes] == [("fast",), ("team",), ("kimi-*",), ("*",)]
    assert [route.hops for route in routes[:2]] == [hops, hops]


def test_facts_go_along(tmp_path: Path) -> None:
    made = routing(loaded(tmp_path, '[models."kimi-k3"]\ncap = 7'), {})
    assert made.overrides.facts("kimi-k3", "platform") == {"cap": 7}
    assert (made.upstreams, made.routes) == ((), ())


def test_the_simulator_is_an_upstream_like_any_other(tmp_path: Path) -> None:
    made = loaded(tmp_path, 'aliases.a = "kimi-k3"\nsettings.ids = "off"', mode="observe")
    simulated = routing(simulated_at(made, "http://127.0.0.1:1/v1", "platform"), {})
    (upstream,) = simulated.upstreams
    assert (upstream.name, upstream.base_url, upstream.place) == (
        SIMULATOR,
        "http://127.0.0.1:1/v1",
        "platform",
    )
    assert upstream.keys and not upstream.trust_env
    assert [(route.models, route.mode) for route in simulated.routes] == [
        (("a",), "observe"),
        (("*",), "observe"),
    ]
    assert {route.settings for route in simulated.routes} == {Settings(ids="off")}


def test_clients_are_kept_as_digests(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"one").digest()
    text = f'[clients.a]\nkeys = ["sha256:{digest.hex().upper()}", "env:B"]\n[clients.b]\nkey = "{MARK}"\n'
    found = clients(loaded(tmp_path, text), {"B": "two"})
    assert [(one.name, one.digests) for one in found] == [
        ("a", (digest, hashlib.sha256(b"two").digest())),
        ("b", (hashlib.sha256(MARK.encode()).digest(),)),
    ]
    assert MARK not in repr(found)
    assert clients(loaded(tmp_path / "..", host="127.0.0.1"), {}) == ()


def test_two_clients_whose_keys_turn_out_the_same_are_refused(tmp_path: Path) -> None:
    text = '[clients.a]\nkey = "env:A"\n[clients.b]\nkey = "env:B"\n'
    with pytest.raises(LocalProtocolError, match=r"moonwire.toml:4: clients.b.key: b and a have one key"):
        clients(loaded(tmp_path, text), {"A": "same", "B": "same"})


@pytest.mark.parametrize(("memory", "there"), [("none", False), ("process", False), ("a.db", True)])
def test_the_memory_has_a_file_or_none(tmp_path: Path, memory: str, there: bool) -> None:
    found = memory_file(loaded(tmp_path, memory=memory).config)
    assert found == (tmp_path / "a.db" if there else None)
