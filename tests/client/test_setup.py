"""Where a client asks, and with which key, as it is told and as the environment has it."""

from pathlib import Path
from typing import Any, cast

import pytest

from moonwire._version import __version__
from moonwire.client import Kimi
from moonwire.client.setup import (
    NAME,
    Setup,
    checked,
    endpoint_of,
    environ_of,
    found_of,
    overrides_of,
    routing_of,
)
from moonwire.core.catalogue.overrides import NO_OVERRIDES, build_overrides
from moonwire.core.errors import LocalProtocolError
from moonwire.core.settings import Settings
from moonwire.exchange.keys import Found
from tests.client.setup_cases import AI, FOUND, MOONSHOT, NAMED, NOT_FOUND, NOT_NAMED, RACK


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


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "a slip": ({"timeout": 5}, r"^timeout: a client has no such argument \(did you mean timeouts\?"),
    "a field of requests": (
        {"temperature": 0.3},
        r"^temperature: .* \(what every request is to have goes into",
    ),
    "a function alone": ({"hooks": print}, r"^hooks: this is of the type builtin_function.* \(give a list\)"),
    "a number": ({"timeouts": 5}, r"^timeouts: this is of the type int \(give a Timeouts\)"),
    "a list": ({"defaults": ["sk-secret"]}, r"^defaults: this is of the type list \(give a Mapping\)"),
    "a text": ({"headers": "x-key: secret"}, r"^headers: this is of the type str \(give a Mapping\)"),
}


@pytest.mark.parametrize(("setup", "said"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_told(setup: Any, said: str) -> None:
    with pytest.raises(LocalProtocolError, match=said) as raised:
        checked(setup)
    assert "secret" not in str(raised.value)
    with pytest.raises(LocalProtocolError, match=said):
        Kimi("kimi-k3", "sk-1", **setup)


def test_nothing_is_as_if_it_were_not_given() -> None:
    everything: Any = dict.fromkeys(Setup.__annotations__)
    assert checked(everything) == {}
    everything["environ"] = {}
    assert Kimi("kimi-k3", "sk-1", **everything).base_url == AI


@pytest.mark.parametrize(("url", "environ", "setup", "named"), NAMED.values(), ids=NAMED)
def test_what_stands_behind_the_url(url: str, environ: dict[str, str], setup: Any, named: str) -> None:
    assert endpoint_of(found({}, {"base_url": url}), environ, setup) == named


@pytest.mark.parametrize(("environ", "setup", "said"), NOT_NAMED.values(), ids=NOT_NAMED)
def test_what_no_endpoint_is_called(environ: dict[str, str], setup: Any, said: str) -> None:
    with pytest.raises(LocalProtocolError, match=said):
        endpoint_of(found({}, {"base_url": RACK}), environ, setup)


def test_one_upstream_and_one_route_to_it() -> None:
    routing = routing_of(found({MOONSHOT: "sk-1"}, {}), "", Settings(ids="native"), NO_OVERRIDES, {})
    (upstream,), (route,) = routing.upstreams, routing.routes
    assert (upstream.name, upstream.base_url, upstream.place) == (NAME, AI, "platform")
    assert upstream.headers == (("user-agent", f"moonwire/{__version__}"),)
    # Its key goes with each request: it may change.
    assert upstream.keys == ()
    assert route.takes("anything") and route.settings == Settings(ids="native")


def test_what_the_upstream_is_told() -> None:
    setup: Setup = {
        "headers": {"User-Agent": "mine", "x-a": "1"},
        "proxy": "http://proxy:1",
        "trust_env": False,
        "tokenizer": "tiktoken.model",
    }
    (upstream,) = routing_of(found({}, {"base_url": RACK}), "vllm", Settings(), NO_OVERRIDES, setup).upstreams
    assert upstream.headers == (("User-Agent", "mine"), ("x-a", "1"))
    assert (upstream.place, upstream.proxy, upstream.trust_env, upstream.tokenizer) == (
        "vllm",
        "http://proxy:1",
        False,
        "tiktoken.model",
    )
