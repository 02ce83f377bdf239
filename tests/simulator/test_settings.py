"""What a simulated endpoint can be told to be, and what it cannot."""

from typing import Any, get_args

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.simulator.outcome import Model
from moonwire.simulator.settings import IDS, RAW, Ids, Limits, Raw, Settings


def test_a_plain_one_is_a_platform_endpoint_under_the_latest_rules() -> None:
    settings = Settings()
    assert (settings.endpoint, settings.rules, settings.seed, settings.fixed) == (
        "platform",
        "latest",
        0,
        False,
    )
    assert (settings.models, settings.keys, settings.without) == ((), (), ())
    assert settings.limits == Limits()


def test_names_that_can_be_chosen_are_those_of_the_types() -> None:
    assert get_args(Raw) == RAW and get_args(Ids) == IDS


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("chunk", 0),
        ("chunk", -1),
        ("pace", -0.1),
        ("first", -1),
        ("pace", float("inf")),
        ("first", float("nan")),
        ("chunk", float("inf")),
    ],
)
def test_a_number_out_of_range_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(LocalProtocolError, match="out of range") as raised:
        Settings(**{field: value})
    assert raised.value.path == field


@pytest.mark.parametrize(("field", "value"), [("chunk", 1), ("pace", 0), ("pace", 0.5), ("first", 2.0)])
def test_the_ends_of_the_ranges_are_taken(field: str, value: Any) -> None:
    assert getattr(Settings(**{field: value}), field) == value


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"endpoint": "nowhere"}, "endpoint"),
        ({"endpoint": "generic"}, "endpoint"),
        ({"rules": "newest"}, "rules"),
        ({"without": ("manners",)}, "without"),
    ],
)
def test_what_does_not_exist_is_told_when_the_endpoint_is_made(settings: Any, path: str) -> None:
    with pytest.raises(LocalProtocolError) as raised:
        Model(Settings(**settings))
    assert raised.value.path == path
