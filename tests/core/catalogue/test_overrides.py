"""Overrides out of TOML: what they hold, and where they are wrong."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.catalogue.overrides import NO_OVERRIDES, build_overrides, decode_overrides
from moonwire.core.errors import LocalProtocolError
from tests.core.catalogue.overrides_cases import WRONG

TOML = """
[models."kimi-k3"]
cap = 65536
choices = ["auto"]
[models.K3]
floor = 1
[models."team-kimi"]
like = "moonshotai/Kimi-K2.6"
aliases = ["Gpt-4o"]
window = 1000
[models.other]
like = "gpt-4o"
[models.stranger]
window = 5
[endpoints.rack]
like = "vllm"
urls = ["http://Rack:8000/v1/"]
ids = ""
[endpoints.platform]
cap = 7
[endpoints.bare]
[targets."rack/gpt-4o"]
ranges = {temperature = [0, 1]}
[targets."rack/stranger"]
n_max = 2
"""


def test_what_a_text_holds() -> None:
    held = decode_overrides(TOML)
    # Two names of one model are one model.
    assert held.facts("kimi-k3", "coding") == {"cap": 65536, "choices": ("auto",), "floor": 1}
    assert held.facts("kimi-k3", "platform") == {"cap": 7, "choices": ("auto",), "floor": 1}
    team = held.find_model("GPT-4o")
    assert team and (team.name, team.base, team.aliases) == ("team-kimi", "kimi-k2.6", ("gpt-4o",))
    assert held.find_model("team-kimi") is team
    other = held.find_model("other")
    assert other and (other.name, other.base, other.weights) == ("other", "kimi-k2.6", team.weights)
    assert held.find_model("stranger") is held.find_model("kimi-k3") is None
    assert held.facts("stranger", "rack") == {"window": 5, "ids": "", "n_max": 2}
    assert held.facts("team-kimi", "rack") == {
        "window": 1000,
        "ids": "",
        "ranges": {"temperature": (0.0, 1.0)},
    }
    assert [(place.name, place.urls, place.known) for place in held.endpoints] == [
        ("rack", ("http://rack:8000/v1",), True),
        ("bare", (), False),
    ]


def test_nothing_is_no_overrides() -> None:
    assert decode_overrides("") == build_overrides({}) == NO_OVERRIDES
    assert NO_OVERRIDES.facts("kimi-k3", "platform") == {}


def test_a_known_endpoint_at_one_more_address_keeps_its_own() -> None:
    (place,) = decode_overrides('[endpoints.coding]\nurls = ["http://proxy/v1"]').endpoints
    assert place.name == "coding"
    assert place.urls[0] == "http://proxy/v1"
    assert "https://api.kimi.com/coding/v1" in place.urls


@pytest.mark.parametrize(("toml", "path", "said"), WRONG)
def test_where_it_is_wrong(toml: str, path: str, said: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        decode_overrides(toml)
    assert caught.value.path == path
    assert said in str(caught.value)
    assert caught.value.remedy


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(["like", "urls", "aliases", "cap", "price", "ranges", "keep"]) | st.text(max_size=5)
TABLES = st.dictionaries(
    st.sampled_from(["kimi-k3", "platform", "platform/kimi-k3", "x"]) | st.text(max_size=5),
    st.dictionaries(KEYS, VALUES, max_size=3) | VALUES,
    max_size=3,
)


@given(st.dictionaries(st.sampled_from(["models", "endpoints", "targets"]), TABLES | VALUES))
def test_whatever_it_holds_it_is_taken_or_refused(tables: dict[str, Any]) -> None:
    try:
        assert build_overrides(tables).facts("x", "platform") is not None
    except LocalProtocolError as error:
        assert error.path.split(".")[0] in tables


def test_what_is_for_somebody_else_is_passed_over() -> None:
    text = '[server]\nport = 1\n[models."kimi-k3"]\ncap = 4096\n'
    found = decode_overrides(text, others=["server"])
    assert found.facts("kimi-k3", "platform") == {"cap": 4096}
    with pytest.raises(LocalProtocolError, match="no such table"):
        decode_overrides(text)
