"""What cannot be meant is refused at load, with the line that says it and the remedy."""

from pathlib import Path
from typing import Any

import pytest

from moonwire.gateway.config.checks import NAME, is_loopback
from tests.gateway.config.samples import MARK, loaded, refused

PLATFORM = "[upstreams.platform]\n"
TWO = '[upstreams.platform]\n[upstreams.b]\nbase_url = "http://b/v1"\n'
ROUTE = '[[routes]]\nhops = ["platform"]\n'
CLIENT = '[clients.a]\nkey = "env:A"\n'
DIGEST = "sha256:" + "0f" * 32


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        *(("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("LocalHost", True)),
        *(("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("localhost.example", False)),
    ],
)
def test_what_only_this_machine_reaches(tmp_path: Path, host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
    if loopback:
        assert loaded(tmp_path, host=host).config.server.host == host
    else:
        error = refused(tmp_path, host=host)
        assert error.path == "--host: server.host"
        assert "[clients.NAME]" in error.remedy
        assert loaded(tmp_path, CLIENT, host=host).config.server.host == host


# The file, what is said about it, and the remedy.
REFUSED: list[tuple[str, str, str]] = [
    ('[server]\nhost = ""', "moonwire.toml:2: server.host: not an address", "127.0.0.1"),
    ('[server]\nhost = "a b"', "server.host: not an address", "127.0.0.1"),
    ('[server]\nhost = "0.0.0.0"', "moonwire.toml:2: server.host: others reach this address", "clients"),
    (
        'server.workers = 2\nmemory.path = "process"',
        "moonwire.toml:1: server.workers: workers do not",
        "auto",
    ),
    ("server = { workers = 2, port = 0 }", "server.workers: workers need one port", "name the port"),
    ('server.tls.cert = "a"', "moonwire.toml:1: server.tls.cert: cert without key", "both"),
    ('server.tls.key = "a"', "server.tls.key: key without cert", "both"),
    ('server.base_path = "kimi"', "server.base_path: not a path", "/kimi"),
    ('server.base_path = "/kimi/"', "server.base_path: not a path", "without a slash"),
    ('server.allowed_hosts = ["a", "http://b"]', "server.allowed_hosts[1]: not the name of a host", "scheme"),
    ('server.allowed_origins = ["page"]', "server.allowed_origins[0]: not an origin", "https://"),
    ('server.allowed_origins = ["https://a/path"]', "server.allowed_origins[0]: not an origin", "https://"),
    ('[upstreams."a:b"]', 'moonwire.toml:1: upstreams."a:b": not a name', "letters"),
    ('[clients."a b"]', 'moonwire.toml:1: clients."a b": not a name', "letters"),
    ("[upstreams.rack]", "moonwire.toml:1: upstreams.rack: nobody says where it is", "base_url"),
    (f'[upstreams.a]\nbase_url = "https://u:{MARK}@h/v1"', "upstreams.a.base_url: not a base URL", "user"),
    ('[upstreams.a]\nbase_url = "http://a/v1?x"', "moonwire.toml:2: upstreams.a.base_url: not a", "query"),
    (
        f'{PLATFORM}key = "{MARK}"\nkeys = ["b"]',
        "moonwire.toml:2: upstreams.platform.key: key and keys",
        "keys",
    ),
    (f'{PLATFORM}key = "{MARK} x"', "upstreams.platform.key: the key cannot stand in a header", "one word"),
    (f'{PLATFORM}key = "{MARK}\\nx"', "upstreams.platform.key: not printable", "one line"),
    (
        f'{PLATFORM}keys = ["a", "cmd:echo {MARK} | x"]',
        "platform.keys[1]: the command needs a shell",
        "sh -c",
    ),
    (f'{PLATFORM}key = "{DIGEST}"', "upstreams.platform.key: a digest cannot be sent", "the key itself"),
    (
        f'{PLATFORM}headers = {{ User-Agent = "{MARK}" }}',
        "headers.User-Agent: not a header",
        "none is made up",
    ),
    (f'{PLATFORM}headers.authorization = "{MARK}"', "headers.authorization: not a header", "key = "),
    (f'{PLATFORM}headers = {{ "a b" = "{MARK}" }}', 'headers."a b": not the name of a header', "X-Team"),
    (f'{PLATFORM}headers = {{ X-a = "1", x-A = "{MARK}" }}', "x-A: the header is there twice", "case"),
    (f'{PLATFORM}headers = {{ X = "{MARK}\\n" }}\n[x]', "x: no such key", ""),
    (f'{PLATFORM}headers = {{ X = "a\\n{MARK}" }}', "headers.X: not printable", "one line"),
    (f'{PLATFORM}proxy = "socks5://u:{MARK}@p"', "upstreams.platform.proxy: only http:// proxies", "http://"),
    (f'{PLATFORM}tls = {{ key_file = "a" }}', "tls.key_file: key_file without cert_file", "both"),
    (f'{PLATFORM}tls = {{ ca_file = "a", verify = false }}', "tls.ca_file: an authority, and", "verify"),
    (TWO, "moonwire.toml:1: upstreams: several upstreams, and no route", 'hops = ["platform", …]'),
    ('[[routes]]\nhops = ["a"]', "moonwire.toml:1: routes: routes without an upstream", "MOONSHOT_API_KEY"),
    (
        f'{PLATFORM}[[routes]]\nhops = ["platfrm"]',
        "moonwire.toml:3: routes[0].hops[0]: no upstream",
        "platform?",
    ),
    (f"{PLATFORM}[[routes]]\nhops = []", "routes[0].hops: nothing goes here", "one or more"),
    (f'{PLATFORM}[[routes]]\nmodels = []\nhops = ["platform"]', "routes[0].models: nothing goes", ""),
    (
        f'{PLATFORM}[[routes]]\nmodels = ["k*3"]\nhops = ["platform"]',
        "routes[0].models[0]: not a name",
        "end",
    ),
    (f'{PLATFORM}[[routes]]\nmodels = [""]\nhops = ["platform"]', "routes[0].models[0]: not a name", ""),
    (f'{PLATFORM}[[routes]]\nhops = ["platform", "platform"]', "routes[0].hops[1]: the same hop", "retries"),
    (
        f'{PLATFORM}[[routes]]\nhops = ["platform"]\n[[routes]]\nmodels = ["a"]\nhops = ["platform"]',
        "moonwire.toml:4: routes[1]: no request gets to this route",
        "first",
    ),
    (
        f'{PLATFORM}{ROUTE}models = ["a", "b"]\n{ROUTE}models = ["b"]',
        "moonwire.toml:5: routes[1]: no request gets to this route",
        "first",
    ),
    ('[aliases]\na = "a"', "moonwire.toml:2: aliases.a: it leads to itself", "a → a"),
    ('[aliases]\na = "b"\nb = "c"\nc = "b"', "aliases.a: it leads to itself", "a → b → c → b"),
    ('[aliases]\na = ""', "aliases.a: an alias and its model have names", ""),
    (
        f'aliases.a = "b"\n{PLATFORM}[[routes]]\nmodels = ["k*"]\nhops = ["platform"]',
        "moonwire.toml:1: aliases.a: no route takes b",
        "last route",
    ),
    ("[clients.a]", "moonwire.toml:1: clients.a: a client without a key", "sha256:"),
    ('[clients.a]\nkey = "sha256:abc"', "moonwire.toml:2: clients.a.key: not a digest", "64"),
    (
        f'[clients]\na.key = "{MARK}"\nb.key = "{MARK}"',
        "moonwire.toml:3: clients.b.key: b and a have one",
        "who",
    ),
    ("[options.retries]\nbase = 30", "moonwire.toml:2: options.retries.base: the first wait", "which is 20"),
    ("[options.retries]\nattempts = 0", "options.retries.attempts: nothing would be sent", "1 or more"),
]


@pytest.mark.parametrize(("text", "said", "remedy"), REFUSED)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, said: str, remedy: str) -> None:
    error = refused(tmp_path, text)
    assert said in f"{error.path}: {error.message}"
    assert remedy in error.remedy


ACCEPTED = [
    'server = { workers = 2, base_path = "/a/b-c", allowed_hosts = ["*", "::1"], port = 1 }',
    'server.allowed_origins = ["https://page.example:8443/", "null", "app://x"]',
    'server = { workers = 4 }\nmemory.path = "none"',
    f'{PLATFORM}proxy = "http://u:p@proxy:3128"',
    f'{PLATFORM}proxy = "env:PROXY"',
    f'{PLATFORM}headers = {{ X-Team = "two words", "X-B" = "cmd:echo x" }}',
    f'{PLATFORM}tls = {{ cert_file = "a", key_file = "b", verify = false }}',
    f'{PLATFORM}[[routes]]\nmodels = ["a"]\nhops = ["platform", "platform:b"]\n{ROUTE}',
    f'aliases = {{ a = "b", c = "a" }}\n{PLATFORM}',
    f'[clients.a]\nkeys = ["{DIGEST}", "env:A"]\n[clients.b]\nkey = "env:B"',
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_can_be_meant_is_taken(tmp_path: Path, text: str) -> None:
    assert loaded(tmp_path, text).files == ("moonwire.toml",)


def test_a_contradiction_of_flags_names_them(tmp_path: Path) -> None:
    flags: dict[str, Any] = {"workers": 2, "memory": "process"}
    assert refused(tmp_path, **flags).path == "--workers: server.workers"


def test_a_name_is_one_that_variables_and_hops_can_have() -> None:
    assert NAME.fullmatch("my-rack_2")
    assert not any(NAME.fullmatch(name) for name in ("", "-a", "a:b", "a b", "a.b", "ü"))
