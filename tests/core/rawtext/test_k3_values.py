"""K3 values become JSON members as they arrive. The rows with their tags are in `k3_cases.py`."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.rawtext.json_text import is_json
from moonwire.core.rawtext.k3_values import JsonValue, StringValue, quoted
from moonwire.core.rawtext.markers import MAX_HELD
from tests.core.rawtext.table import chunked
from tests.core.rawtext.test_json_text import JSON


def member(value: JsonValue | StringValue, chunks: list[str]) -> str:
    """The object that the one member makes."""
    said = "".join(value.feed(chunk) for chunk in chunks)
    return '{"k": ' + value.open() + said + value.end() + "}"


@given(text=st.text(), data=st.data())
def test_a_string_is_itself(text: str, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=4))
    assert json.loads(member(StringValue(), chunked(text, cuts))) == {"k": text}


@given(value=JSON, data=st.data())
def test_json_passes_verbatim(value: Any, data: st.DataObject) -> None:
    text = json.dumps(value, ensure_ascii=data.draw(st.booleans()), indent=data.draw(st.none() | st.just(1)))
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=6))
    assert member(JsonValue("k"), chunked(text, cuts)) == f'{{"k": {text}}}'


@given(value=JSON, data=st.data())
def test_whatever_is_cut_or_spoilt_stays_json_and_loses_nothing(value: Any, data: st.DataObject) -> None:
    text = json.dumps(value)
    place = data.draw(st.integers(0, len(text)))
    text = (
        text[:place]
        + data.draw(st.sampled_from(["", "x", "}", '"', ",", "\n", "\\"]))
        + text[data.draw(st.integers(place, len(text))) :]
    )
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=6))
    got = member(JsonValue("k"), chunked(text, cuts))
    want = json.loads(text) if is_json(text) else text
    assert json.loads(got)["k"] == (want if is_json(text) else json.loads(got)["k"])
    if not is_json(text):
        assert json.loads(got)["k"].strip() == text.strip()
    assert got == member(JsonValue("k"), list(text))


def test_lone_surrogates_can_be_encoded() -> None:
    assert quoted("é\ud800") == '"é\\ud800"'


@pytest.mark.parametrize("size", [3, 5000])
def test_a_long_scalar_becomes_a_string_that_streams(size: int) -> None:
    text = "1" * (MAX_HELD + 10_000)
    value = JsonValue("k")
    said = [value.feed(text[i : i + size]) for i in range(0, len(text), size)]
    assert "".join(said) + value.end() == f'"{text}"'
    assert any(said)
    assert value.repaired


def test_a_tree_that_breaks_too_late_to_be_given_again_is_spoilt() -> None:
    value = JsonValue("k")
    said = value.feed('["' + "x" * MAX_HELD) + value.feed('", oops') + value.feed(" more") + value.end()
    assert is_json(said)
    assert value.spoilt


@pytest.mark.parametrize(
    ("text", "left"), [("12", "12"), ('["a', ""), ('["a\\u00', "\\u00"), ("[tru", "tru"), ("", "")]
)
def test_what_is_left_when_the_text_breaks_off(text: str, left: str) -> None:
    value = JsonValue("k")
    value.feed(text)
    assert value.cut() == left


def test_what_nests_too_deep_becomes_a_string() -> None:
    text = "[" * 501 + "]" * 501
    assert json.loads(member(JsonValue("k"), [text]).encode()) == {"k": text}
