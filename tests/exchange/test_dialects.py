"""Which dialect is spoken where."""

import pytest

from moonwire.exchange.dialects import DIALECTS, spoken_at

PLACES = [("/v1/chat/completions", "chat"), ("/v1/models", "chat"), ("/healthz", "chat"), ("", "chat")]


@pytest.mark.parametrize(("path", "name"), PLACES)
def test_a_path_has_a_dialect(path: str, name: str) -> None:
    assert spoken_at(path).name == name


def test_names_and_places_are_each_dialects_own() -> None:
    assert len({one.name for one in DIALECTS}) == len(DIALECTS)
    places = [path for one in DIALECTS for path in one.paths]
    assert len(set(places)) == len(places)
