"""Where a client asks, and with which key, as it is told and as the environment has it."""

from pathlib import Path
from typing import Any, cast

import pytest

from moonwire._version import __version__
from moonwire.client.setup import NAME, Setup, environ_of, found_of, overrides_of, routing_of
from moonwire.core.catalogue.overrides import NO_OVERRIDES, build_overrides
from moonwire.core.errors import LocalProtocolError
from moonwire.core.settings import Settings
from moonwire.exchange.config import Hidden
from moonwire.exchange.keys import Found

AI, CN = "https://api.moonshot.ai/v1", "https://api.moonshot.cn/v1"
CODING, RACK = "https://api.kimi.com/coding/v1", "http://rack:8000/v1"
MOONSHOT, KIMI = "MOONSHOT_API_KEY", "KIMI_API_KEY"

# the environment, what is given, the URL, the key as it is to be resolved
FOUND: dict[str, tuple[dict[str, str], dict[str, Any], str, str | None]] = {
    "the platform's key": ({MOONSHOT: "sk-1"}, {}, AI, f"env:{MOONSHOT}"),
    "kimi-cli's key": ({KIMI: "sk-1"}, {}, AI, f"env:{KIMI}"),
    "both": ({MOONSHOT: "sk-1", KIMI: "sk-2"}, {}, AI, f"env:{MOONSHOT}"),
    "both, and kimi-cli's URL": (
        {MOONSHOT: "sk-1", KIMI: "sk-2", "KIMI_BASE_URL": RACK}, {}, RACK, f"env:{KIMI}",
    ),
    "China": ({MOONSHOT: "sk-1"}, {"region": "cn"}, CN, f"env:{MOONSHOT}"),
    "elsewhere": ({MOONSHOT: "sk-1"}, {"region": "ai"}, AI, f"env:{MOONSHOT}"),
    "a key of the coding endpoint": ({KIMI: "sk-kimi-1"}, {}, CODING, f"env:{KIMI}"),
    "a URL and no key": ({"KIMI_BASE_URL": RACK}, {}, RACK, None),
    "the other URL": ({"MOONSHOT_BASE_URL": CN, MOONSHOT: "sk-1"}, {}, CN, f"env:{MOONSHOT}"),
    "both URLs": ({"MOONSHOT_BASE_URL": CN, "KIMI_BASE_URL": RACK}, {}, RACK, None),
    "a key that is given": ({MOONSHOT: "sk-1"}, {"api_key": "sk-2"}, AI, "sk-2"),
    "a hidden one": ({}, {"api_key": Hidden("sk-2")}, AI, "sk-2"),
    "one of the coding endpoint": ({}, {"api_key": "sk-kimi-2"}, CODING, "sk-kimi-2"),
    "a key that is given, to the environment's URL": ({"KIMI_BASE_URL": RACK}, {"api_key": "sk-2"}, RACK, "sk-2"),
    "a key that is given, in China": ({}, {"api_key": "sk-2", "region": "cn"}, CN, "sk-2"),
    "a function": ({}, {"api_key": lambda: "sk-3"}, AI, "given by a function"),
    "a URL that is given": ({MOONSHOT: "sk-1"}, {"base_url": CN}, CN, f"env:{MOONSHOT}"),
    "a URL that is given, stronger than the environment's": (
        {MOONSHOT: "sk-1", "KIMI_BASE_URL": RACK}, {"base_url": CN}, CN, f"env:{MOONSHOT}",
    ),
    "the coding endpoint takes its own key": (
        {MOONSHOT: "sk-1", KIMI: "sk-kimi-1"}, {"base_url": CODING}, CODING, f"env:{KIMI}",
    ),
    "the platform takes its own": ({KIMI: "sk-kimi-1", MOONSHOT: "sk-1"}, {"base_url": AI}, AI, f"env:{MOONSHOT}"),
    "somebody else's server gets nobody's key": ({MOONSHOT: "sk-1", KIMI: "sk-2"}, {"base_url": RACK}, RACK, None),
    "nor does one that is called the platform": (
        {MOONSHOT: "sk-1"}, {"base_url": RACK, "endpoint": "platform"}, RACK, None,
    ),
    "a key and a URL": ({MOONSHOT: "sk-1"}, {"base_url": RACK, "api_key": "sk-2"}, RACK, None),
}  # fmt: skip


def found(environ: dict[str, str], given: dict[str, Any]) -> Found:
    setup = cast("Setup", {name: given[name] for name in ("endpoint",) if name in given})
    return found_of(environ, given.get("base_url"), given.get("region"), given.get("api_key"), setup)


@pytest.mark.parametrize(("environ", "given", "url", "key"), FOUND.values(), ids=FOUND)
def test_where_and_with_which_key(
    environ: dict[str, str], given: dict[str, Any], url: str, key: str | None
) -> None:
    place = found(environ, given)
    assert place.base_url == url
    assert (place.key and place.key.reveal()) == key


# the environment, what is given, the error
NOT_FOUND: dict[str, tuple[dict[str, str], dict[str, Any], str]] = {
    "nothing": ({}, {}, r"^api_key: there is no key and no endpoint \(export MOONSHOT_API_KEY, or give"),
    "a region alone": ({}, {"region": "cn"}, r"^api_key: there is no key"),
    "no URL": ({}, {"base_url": "rack:8000"}, r"^base_url: not a base URL \(https://host/path"),
    "a password": ({}, {"base_url": "https://me:secret@rack/v1"}, r"^base_url: not a base URL"),
    "a password in the environment": (
        {"KIMI_BASE_URL": "https://me:secret@rack/v1"}, {}, r"^env KIMI_BASE_URL: not a base URL \(https:",
    ),
    "a URL and a region": ({}, {"base_url": CN, "region": "cn"}, r"^region: a URL says the region itself \(leave"),
}  # fmt: skip


@pytest.mark.parametrize(("environ", "given", "said"), NOT_FOUND.values(), ids=NOT_FOUND)
def test_what_does_not_say_where(environ: dict[str, str], given: dict[str, Any], said: str) -> None:
    with pytest.raises(LocalProtocolError, match=said) as raised:
        found(environ, given)
    assert "secret" not in str(raised.value)


def test_the_processs_own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIMI_MODEL_TOP_P", "0.5")
    assert environ_of({})["KIMI_MODEL_TOP_P"] == "0.5"
    assert "KIMI_MODEL_TOP_P" not in environ_of({"environ": {}})


def test_a_file_stands_behind_the_environment(tmp_path: Path) -> None:
    place = tmp_path / ".env"
    place.write_text("A=file\nB=file\nC=file\n")
    given: Setup = {"environ": {"A": "environ", "B": "", "D": "environ"}, "env_file": place}
    # What is there and empty says nothing.
    assert environ_of(given) == {"A": "environ", "B": "file", "C": "file", "D": "environ"}


def test_overrides_either_way() -> None:
    document = {"models": {"kimi-k3": {"cap": 100}}}
    built = build_overrides(document)
    assert overrides_of({"overrides": document}) == built == overrides_of({"overrides": built})
    assert overrides_of({}) is NO_OVERRIDES


def test_one_upstream_and_one_route_to_it() -> None:
    routing = routing_of(found({MOONSHOT: "sk-1"}, {}), Settings(ids="native"), NO_OVERRIDES, {})
    (upstream,), (route,) = routing.upstreams, routing.routes
    assert (upstream.name, upstream.base_url, upstream.place) == (NAME, AI, "platform")
    assert upstream.headers == (("user-agent", f"moonwire/{__version__}"),)
    # Its key goes with each request: it may change.
    assert upstream.keys == ()
    assert route.takes("anything") and route.settings == Settings(ids="native")


def test_what_the_upstream_is_told() -> None:
    setup: Setup = {
        "headers": {"User-Agent": "mine", "x-a": "1"},
        "endpoint": "vllm",
        "proxy": "http://proxy:1",
        "trust_env": False,
        "tokenizer": "tiktoken.model",
    }
    (upstream,) = routing_of(found({}, {"base_url": RACK}), Settings(), NO_OVERRIDES, setup).upstreams
    assert upstream.headers == (("User-Agent", "mine"), ("x-a", "1"))
    assert (upstream.place, upstream.proxy, upstream.trust_env, upstream.tokenizer) == (
        "vllm", "http://proxy:1", False, "tiktoken.model",
    )  # fmt: skip
