"""What is in effect, with its origin and without secrets."""

from pathlib import Path

from moonwire.gateway.config.schema import keys
from moonwire.gateway.config.showing import HIDDEN, Shown, effective
from tests.gateway.config.samples import MARK, loaded

TEXT = f"""
mode = "strict"
aliases = {{ "gpt-4o" = "kimi-k3" }}
[upstreams.platform]
keys = ["env:MOONSHOT_API_KEY", "file:/run/key", "cmd:echo {MARK}", "{MARK}", "env:{MARK}"]
headers = {{ X-Team = "{MARK}" }}
proxy = "http://u:{MARK}@proxy:1"
[[routes]]
hops = ["platform", "platform:other"]
settings = {{ ids = "off" }}
[clients.me]
key = "{MARK}"
[models."kimi-k3"]
cap = 7
"""


def shown(tmp_path: Path, text: str = "", **flags: object) -> dict[str, Shown]:
    rows = effective(loaded(tmp_path, text, None, **flags))
    assert len({row.key for row in rows}) == len(rows)
    return {row.key: row for row in rows}


def test_every_key_is_listed_with_its_origin(tmp_path: Path) -> None:
    rows = shown(tmp_path, port=1)
    plain = [key.text for key in keys() if not {"NAME", "[]"} & set(key.path)]
    assert set(rows) == set(plain)
    assert (rows["server.port"].value, rows["server.port"].origin) == (1, "--port")
    assert (rows["server.host"].value, rows["server.host"].origin) == ("127.0.0.1", "default")
    assert rows["memory.path"].value == str(tmp_path / "data" / "memory.db")
    assert rows["region"].value is None
    assert (rows["server.allowed_hosts"].value, rows["aliases"].value) == ([], {})


def test_what_stands_below_names_is_listed(tmp_path: Path) -> None:
    rows = shown(tmp_path, TEXT)
    assert rows["aliases.gpt-4o"] == Shown("aliases.gpt-4o", "kimi-k3", "moonwire.toml:3")
    assert rows["routes[0].hops"].value == ["platform", "platform:other"]
    assert rows["upstreams.platform.base_url"].origin == "the catalogue"
    assert rows["upstreams.platform.timeouts.idle"].value == 300.0
    assert rows["models.kimi-k3.cap"] == Shown("models.kimi-k3.cap", 7, "moonwire.toml:14")
    assert [key for key in rows if key.startswith("routes[0].settings")] == ["routes[0].settings.ids"]


def test_secrets_are_hidden_and_where_they_come_from_is_not(tmp_path: Path) -> None:
    rows = shown(tmp_path, TEXT)
    keys_shown = rows["upstreams.platform.keys"].value
    assert keys_shown == ["env:MOONSHOT_API_KEY", "file:/run/key", HIDDEN, HIDDEN, HIDDEN]
    assert rows["upstreams.platform.headers.X-Team"].value == HIDDEN
    assert rows["upstreams.platform.proxy"].value == HIDDEN
    assert rows["clients.me.key"].value == HIDDEN
    assert MARK not in repr(rows)
