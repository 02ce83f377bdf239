"""What follows from what was said: upstreams from keys, addresses from names, paths from the file's place."""

from pathlib import Path
from typing import Any

import pytest

from moonwire.core.settings import Settings
from moonwire.exchange.config import Hidden, Hop
from moonwire.gateway.config.loading import Loaded
from moonwire.gateway.config.model import UpstreamConfig
from tests.gateway.config.samples import MARK, loaded, refused

AI, CN, CODING = "https://api.moonshot.ai/v1", "https://api.moonshot.cn/v1", "https://api.kimi.com/coding/v1"


def only(made: Loaded) -> tuple[str, UpstreamConfig]:
    """The one upstream, to which everything goes."""
    ((name, upstream),) = made.config.upstreams.items()
    assert [(route.models, route.hops) for route in made.config.routes] == [(("*",), (Hop(name),))]
    return name, upstream


# -- without a configured upstream -----------------------------------------------------------------------


def test_without_a_key_everything_is_simulated(tmp_path: Path) -> None:
    made = loaded(tmp_path)
    assert made.config.simulated
    assert (made.config.upstreams, made.config.routes, made.files) == ({}, (), ())
    assert loaded(tmp_path, "[server]\nport = 1").config.simulated


@pytest.mark.parametrize(
    ("environ", "flags", "name", "url"),
    [
        ({"MOONSHOT_API_KEY": "a"}, {}, "platform", AI),
        ({"MOONSHOT_API_KEY": "a"}, {"region": "cn"}, "platform-cn", CN),
        ({"MOONSHOT_API_KEY": "a", "MOONWIRE_REGION": "cn"}, {}, "platform-cn", CN),
        ({"KIMI_API_KEY": "sk-kimi-a"}, {}, "coding", CODING),
        ({"KIMI_API_KEY": "a", "KIMI_BASE_URL": "http://rack/v1"}, {}, "upstream", "http://rack/v1"),
    ],
)
def test_a_key_in_the_environment_is_enough(
    tmp_path: Path, environ: dict[str, str], flags: dict[str, str], name: str, url: str
) -> None:
    made = loaded(tmp_path, "", environ, **flags)
    found, upstream = only(made)
    assert (found, upstream.base_url, made.config.simulated) == (name, url, False)
    assert made.origin(f"upstreams.{name}.key").startswith("env ")


def test_the_file_may_have_routes_for_the_default_upstream(tmp_path: Path) -> None:
    text = '[[routes]]\nmodels = ["kimi-*"]\nhops = ["platform"]'
    made = loaded(tmp_path, text, {"MOONSHOT_API_KEY": "a"})
    assert made.config.routes[0].models == ("kimi-*",)


def test_what_the_file_has_is_not_mixed_with_the_environment(tmp_path: Path) -> None:
    text = '[upstreams.platform]\nendpoint = "platform"'
    made = loaded(tmp_path, text, {"MOONSHOT_API_KEY": "a", "KIMI_BASE_URL": "http://rack/v1"})
    assert only(made)[1].base_url == AI
    assert only(made)[1].key is None


# -- in three words --------------------------------------------------------------------------------------

# The flags, the name of the upstream, its address, its endpoint, its key.
MOONSHOTS = {"MOONSHOT_API_KEY": "a", "KIMI_API_KEY": "sk-kimi-b"}
QUICK: list[tuple[dict[str, Any], str, str, str, str]] = [
    (
        {"upstream": "http://r/v1", "endpoint": "vllm", "upstream_key": "k"},
        "vllm",
        "http://r/v1",
        "vllm",
        "k",
    ),
    ({"upstream": "http://r/v1"}, "upstream", "http://r/v1", "generic", ""),
    ({"upstream": AI}, "platform", AI, "platform", "env:MOONSHOT_API_KEY"),
    ({"upstream": CODING}, "coding", CODING, "coding", "env:KIMI_API_KEY"),
    ({"upstream": "coding"}, "coding", CODING, "coding", "env:KIMI_API_KEY"),
    ({"endpoint": "platform-cn"}, "platform-cn", CN, "platform-cn", "env:MOONSHOT_API_KEY"),
    ({"endpoint": "platform", "region": "cn"}, "platform", CN, "platform-cn", "env:MOONSHOT_API_KEY"),
    ({"endpoint": "groq"}, "groq", "https://api.groq.com/openai/v1", "groq", ""),
    ({"upstream": "http://r/v1", "endpoint": "platform"}, "platform", "http://r/v1", "platform", ""),
    ({"upstream_key": "sk-kimi-c"}, "coding", CODING, "coding", "sk-kimi-c"),
    ({"upstream_key": "cmd:op read x", "region": "cn"}, "platform-cn", CN, "platform-cn", "cmd:op read x"),
]


@pytest.mark.parametrize(("flags", "name", "url", "endpoint", "key"), QUICK)
def test_flags_alone_make_an_upstream_and_moonshots_key_goes_to_moonshot_only(
    tmp_path: Path, flags: dict[str, Any], name: str, url: str, endpoint: str, key: str
) -> None:
    found, upstream = only(loaded(tmp_path, "", MOONSHOTS, **flags))
    assert (found, upstream.base_url, upstream.endpoint) == (name, url, endpoint)
    assert upstream.key == (Hidden(key) if key else None)


def test_the_environment_has_the_three_words_too_and_flags_are_stronger(tmp_path: Path) -> None:
    environ = {
        "MOONWIRE_UPSTREAM": "http://a/v1",
        "MOONWIRE_ENDPOINT": "sglang",
        "MOONWIRE_UPSTREAM_KEY": "k",
    }
    made = loaded(tmp_path, "", environ, upstream="http://b/v1")
    name, upstream = only(made)
    assert (name, upstream.base_url, upstream.endpoint) == ("sglang", "http://b/v1", "sglang")
    assert made.origin("upstreams.sglang.base_url") == "--upstream"
    assert made.origin("upstreams.sglang.key") == "env MOONWIRE_UPSTREAM_KEY"


def test_an_upstream_of_flags_takes_the_place_of_the_files(tmp_path: Path) -> None:
    text = '[upstreams.a]\nbase_url = "http://a/v1"\n[[routes]]\nmodels = ["x"]\nhops = ["a"]\n'
    assert only(loaded(tmp_path, text, upstream="http://b/v1"))[0] == "upstream"
    for flags in ({"upstream_key": MARK}, {"endpoint": "vllm"}):
        error = refused(tmp_path, text, None, **flags)
        assert "moonwire.toml has upstreams of its own" in error.message
        assert error.remedy == "add --upstream URL"


def test_an_endpoint_of_the_file_can_be_named_by_a_flag(tmp_path: Path) -> None:
    text = '[endpoints.rack]\nlike = "vllm"\nurls = ["http://rack/v1"]'
    name, upstream = only(loaded(tmp_path, text, endpoint="rack"))
    assert (name, upstream.base_url, upstream.endpoint) == ("upstream", "http://rack/v1", "rack")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"upstream": f"https://u:{MARK}@h/v1"}, "--upstream: not a base URL"),
        ({"upstream": "vllm"}, "--upstream: not a base URL"),
        (
            {"endpoint": "vlm"},
            "--endpoint: upstreams.upstream.endpoint: no such endpoint (did you mean vllm?)",
        ),
        ({"endpoint": "vllm"}, "--endpoint: upstreams.vllm: nobody says where it is"),
        ({"endpoint": "cloudflare"}, "upstreams.cloudflare: nobody says where it is"),
    ],
)
def test_flags_that_lead_nowhere_are_refused(tmp_path: Path, flags: dict[str, str], said: str) -> None:
    assert said in str(refused(tmp_path, "", None, **flags))


# -- upstreams and routes of the file ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "url", "endpoint"),
    [
        ("[upstreams.platform]", AI, "platform"),
        ('[upstreams.a]\nendpoint = "coding"', CODING, "coding"),
        (f'[upstreams.a]\nbase_url = "{CN}/"', f"{CN}/", "platform-cn"),
        ('[upstreams.platform]\nbase_url = "http://r/v1"', "http://r/v1", "generic"),
        ('[upstreams.a]\nbase_url = "http://r/v1"\nendpoint = "vllm"', "http://r/v1", "vllm"),
        ('[upstreams.rack]\n[endpoints.rack]\nlike = "vllm"\nurls = ["http://r/v1"]', "http://r/v1", "rack"),
        ('region = "cn"\n[upstreams.platform]', CN, "platform-cn"),
        ('region = "ai"\n[upstreams.platform-cn]', CN, "platform-cn"),
    ],
)
def test_the_address_and_the_endpoint_follow_from_one_another(
    tmp_path: Path, table: str, url: str, endpoint: str
) -> None:
    upstream = only(loaded(tmp_path, table))[1]
    assert (upstream.base_url, upstream.endpoint) == (url, endpoint)


def test_the_mode_is_the_routes_own_unless_a_flag_or_a_variable_says_it(tmp_path: Path) -> None:
    text = (
        'mode = "strict"\n[upstreams.platform]\n'
        '[[routes]]\nmodels = ["a"]\nhops = ["platform"]\nmode = "heal"\n'
        '[[routes]]\nhops = ["platform"]\n'
    )
    made = loaded(tmp_path, text)
    assert (made.config.mode, [route.mode for route in made.config.routes]) == ("strict", ["heal", None])
    made = loaded(tmp_path, text, {"MOONWIRE_MODE": "observe"})
    assert [route.mode for route in made.config.routes] == ["observe", "observe"]
    assert made.origin("routes[0].mode") == "env MOONWIRE_MODE"
    assert [route.mode for route in loaded(tmp_path, text, mode="observe").config.routes] == ["observe"] * 2


def test_a_route_says_only_what_is_other_than_the_settings(tmp_path: Path) -> None:
    text = (
        '[settings]\nids = "off"\ncap = 7\n[upstreams.platform]\n'
        '[[routes]]\nmodels = ["a"]\nhops = ["platform"]\n'
        'settings = { ids = "auto", margin = 1 }\n[[routes]]\nhops = ["platform"]\n'
    )
    made = loaded(tmp_path, text)
    assert made.config.settings == Settings(ids="off", cap=7)
    assert [route.settings for route in made.config.routes] == [
        Settings(cap=7, margin=1),
        Settings(ids="off", cap=7),
    ]
    assert made.origin("routes[0].settings.cap") == "moonwire.toml:3"
    assert loaded(tmp_path, text, {"MOONWIRE_SETTINGS_CAP": "8"}).config.routes[0].settings.cap == 8


def test_the_longest_answer_is_a_limit(tmp_path: Path) -> None:
    assert loaded(tmp_path, "[limits]\nstream_bytes = 4096").config.options.stream_bytes == 4096


# -- the catalogue -----------------------------------------------------------------------------------------


def test_facts_overrule_the_catalogue(tmp_path: Path) -> None:
    made = loaded(tmp_path, '[models."kimi-k3"]\ncap = 7\n[targets."platform/kimi-k3"]\nwindow = 8\n')
    assert made.config.overrides.facts("kimi-k3", "platform") == {"cap": 7, "window": 8}
    assert made.facts == {"models.kimi-k3.cap": 7, 'targets."platform/kimi-k3".window': 8}
    assert made.origin('targets."platform/kimi-k3".window') == "moonwire.toml:4"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('\n[models."kimi-k2.6"]\ncapp = 7', 'moonwire.toml:3: models."kimi-k2.6".capp: no such field'),
        ("[models.x]\nlike = 'y'", "moonwire.toml:2: models.x.like: no such model"),
        (
            "[endpoints.x]\nurls = [\n 'http://a/v1',\n 'b']",
            "moonwire.toml:4: endpoints.x.urls[1]: not a base URL",
        ),
        ("[models.x]\naliases = ['y']", "moonwire.toml:1: models.x.like: no such model"),
        ("models = 3", "moonwire.toml:1: models: must be a table"),
        ("[targets.x]\nwindow = 1", "moonwire.toml:1: targets.x: not an endpoint and a model"),
    ],
)
def test_what_is_wrong_with_facts_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert said in str(refused(tmp_path, text))


def test_a_key_that_nobody_knows_is_an_error(tmp_path: Path) -> None:
    error = refused(tmp_path, "\nserve.port = 1")
    assert str(error) == "moonwire.toml:2: serve: no such key (did you mean server?)"
    assert str(refused(tmp_path, "overrides = {}")).startswith("moonwire.toml:1: overrides: no such key")


@pytest.mark.parametrize(
    "text",
    [
        *("upstreams = 3", "upstreams.a = 3", "routes = 3", "routes = [3]", "memory = 3", "settings = 3"),
        *("[upstreams.platform]\nkey = 3", "[upstreams.a]\nendpoint = 3", "[upstreams.platform]\nkeys = 3"),
        *("clients = []", "clients.a = ''", "region = 3", "[upstreams.platform]\n[[routes]]\nsettings = 3"),
        *("memory.path = 3", "[upstreams.platform]\nheaders = []", "aliases = 3", "limits.images = 3"),
    ],
)
def test_a_wrong_kind_anywhere_is_an_error_with_a_line(tmp_path: Path, text: str) -> None:
    assert refused(tmp_path, text).path.startswith("moonwire.toml:")


# -- paths -------------------------------------------------------------------------------------------------


def test_a_path_is_meant_from_where_it_was_said(tmp_path: Path) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "moonwire.toml").write_text(
        '[server.tls]\ncert = "cert.pem"\nkey = "/abs/key.pem"\n'
        '[memory]\nsecret = "../secret"\n'
        '[upstreams.platform]\nkey = "file:key"\ntokenizer = "t.model"\nheaders = { X = "file: token " }\n'
        'tls = { ca_file = "ca.pem" }\n[clients.a]\nkeys = ["file:/abs/a", "plain"]\n'
    )
    config = loaded(tmp_path, config="etc/moonwire.toml", memory="here.db").config
    assert (config.server.tls.cert, config.server.tls.key) == (str(folder / "cert.pem"), "/abs/key.pem")
    assert config.memory.path == str(tmp_path / "here.db")
    assert Path(config.memory.secret).resolve() == tmp_path.resolve() / "secret"
    upstream = config.upstreams["platform"]
    assert upstream.key == Hidden(f"file:{folder / 'key'}")
    assert upstream.headers == {"X": Hidden(f"file:{folder / 'token'}")}
    assert (upstream.tokenizer, upstream.tls.ca_file) == (str(folder / "t.model"), str(folder / "ca.pem"))
    assert config.clients["a"].keys == (Hidden("file:/abs/a"), Hidden("plain"))


def test_the_memory_is_in_the_data_directory_unless_told_otherwise(tmp_path: Path) -> None:
    data = tmp_path / "data"
    memory = loaded(tmp_path).config.memory
    assert (memory.path, memory.secret) == (str(data / "memory.db"), str(data / "secret"))
    assert loaded(tmp_path, memory="auto").config.memory == memory
    assert loaded(tmp_path, memory="none").config.memory.path == "none"
    assert loaded(tmp_path, memory="process").config.memory.path == "process"
    assert loaded(tmp_path, memory="./none").config.memory.path == str(tmp_path / "none")


def test_nothing_is_looked_up(tmp_path: Path) -> None:
    text = '[upstreams.platform]\nkeys = ["env:NOT_SET", "file:gone", "cmd:/no/such/program"]'
    assert len(loaded(tmp_path, text).config.upstreams["platform"].keys) == 3


def test_no_key_is_in_what_is_loaded(tmp_path: Path) -> None:
    text = (
        f'[upstreams.platform]\nkey = "{MARK}"\nheaders = {{ X = "{MARK}" }}\n[clients.a]\nkey = "{MARK}"\n'
    )
    made = loaded(tmp_path, text)
    assert MARK not in repr(made)
    assert MARK not in repr(loaded(tmp_path, upstream="http://a/v1", upstream_key=MARK))
