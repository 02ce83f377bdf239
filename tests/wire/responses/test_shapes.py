"""What the modules share: names of one level, copies, and errors that name the place."""

from types import MappingProxyType
from typing import Any

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import VERBATIM, ResponseFormat, TextPart
from moonwire.wire.responses.shapes import a_list, an_object, as_json, faithful, flat_name, fresh, own, unread


def test_what_is_written_otherwise_is_kept() -> None:
    assert faithful(TextPart(text="a"), {"a": 1}, {"a": 1}) == TextPart(text="a")
    assert faithful(ResponseFormat(kind="text"), 1, 2).extra == {VERBATIM: 1}


def test_what_is_nested_too_deeply_is_shared() -> None:
    deep: Any = 1
    for _ in range(10_000):
        deep = [deep]
    assert fresh(deep) is deep
    assert unread("[" * 100_000) is None
    with pytest.raises(LocalProtocolError, match="nested too deeply"):
        as_json(deep, "x")


def test_shapes_are_asked_for_by_their_place() -> None:
    assert an_object(MappingProxyType({}), "x", "it") == {}
    assert a_list([], "x", "them") == []
    for ask in (
        lambda: an_object([], "x", "it"),
        lambda: a_list({}, "x", "them"),
        lambda: own({"\0": 1}, (), "x"),
    ):
        with pytest.raises(LocalProtocolError) as caught:
            ask()
        assert caught.value.path.startswith("x") and caught.value.remedy


def test_a_name_has_one_level() -> None:
    assert [flat_name(space, "f") for space in ("n", "n__", "", None, 5)] == ["n__f", "n__f", "f", "f", "f"]
