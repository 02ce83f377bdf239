"""JSON text is followed the same however it is cut."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.rawtext.json_text import BareString, Extent, is_json
from tests.core.rawtext.table import chunked

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='ab"\\{}[]<é🌦\n'),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='a"\\{}'), inner, max_size=3)
    ),
    max_leaves=12,
)


def extent(text: str, cuts: list[int]) -> tuple[int, bool]:
    """Where the value ends, fed in these chunks, and whether the text stops inside a string."""
    follower = Extent(text[0])
    position = 0
    for chunk in chunked(text, cuts):
        end = follower.feed(chunk)
        if end >= 0:
            return position + end, False
        position += len(chunk)
    return -1, follower.in_string


@given(
    value=st.dictionaries(st.text(), JSON) | st.lists(JSON) | st.text(),
    data=st.data(),
    tail=st.text(alphabet=' }]"x'),
)
def test_the_end_of_a_value_is_found(value: object, data: st.DataObject, tail: str) -> None:
    text = json.dumps(value, ensure_ascii=data.draw(st.booleans()))
    cuts = data.draw(st.lists(st.integers(0, len(text + tail)), max_size=5))
    assert extent(text + tail, cuts) == (len(text), False)


@given(data=st.data())
@pytest.mark.parametrize(
    ("text", "want"),
    [
        ('{"a": "x', (-1, True)),
        ('{"a": "x\\', (-1, True)),
        ('{"a": "x\\"', (-1, True)),
        ('{"a": "x\\\\"', (-1, False)),
        ('{"a": \\"}', (9, False)),
        ('{"a": \\', (-1, False)),
        ('{"a": \\{}', (9, False)),
        ('{"a": \\}}', (9, False)),
        ("[[]", (-1, False)),
        ('"ab\\"c', (-1, True)),
        ('"ab\\"c" d', (7, False)),
        ('"', (-1, True)),
    ],
)
def test_text_that_is_not_json(text: str, want: tuple[int, bool], data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=5))
    assert extent(text, cuts) == want


def unwrapped(text: str, cuts: list[int]) -> tuple[str, str, bool]:
    """What a JSON string says, without its opening quote, what follows, and whether it ended."""
    string = BareString()
    said = rest = ""
    for chunk in chunked(text, cuts):
        if string.ended:
            rest += chunk
            continue
        more, rest = string.feed(chunk)
        said += more
    return said + string.cut(), rest, string.ended


@given(value=st.text(), data=st.data())
def test_a_string_is_decoded(value: str, data: st.DataObject) -> None:
    text = json.dumps(value, ensure_ascii=data.draw(st.booleans()))[1:] + " tail"
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=5))
    assert unwrapped(text, cuts) == (value, " tail", True)


@given(data=st.data())
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\\qb", "a\\qb"),
        ("a\\ud83dx", "a\\ud83dx"),
        ("a\\ud83d\\n", "a\\ud83d\n"),
        ("a\\u12", "a\\u12"),
        ("a\\", "a\\"),
    ],
)
def test_an_escape_that_is_none_stays(text: str, said: str, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=4))
    assert unwrapped(text, cuts) == (said, "", False)


@pytest.mark.parametrize(
    ("text", "want"), [("{}", True), ("1e2", True), ("{]", False), ("", False), ('"\ud800"', False)]
)
def test_is_json(text: str, want: bool) -> None:
    assert is_json(text) is want
