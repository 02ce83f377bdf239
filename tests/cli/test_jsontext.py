"""JSON with places in it: errors that say where, and changes that touch nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.cli.jsontext import Path, at, decode, dumps, nearest, place, set_keys, spell
from moonwire.core.errors import LocalProtocolError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, "é", None]}, '{"a": [1, "é", null]}'),
        ("\ud83d", '"\\ud83d"'),
        ("\ud83d\ud83d x \udc00", '"\\ud83d\\ud83d x \\udc00"'),
        ("\U0001f319", '"\U0001f319"'),
    ],
)
def test_dumps_is_readable_and_always_utf8(value: Any, text: str) -> None:
    assert dumps(value) == text
    assert json.loads(dumps(value).encode()) == value


def test_dumps_compact() -> None:
    assert dumps({"a": [1, 2]}, compact=True) == '{"a":[1,2]}'


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "f:7:1"),
        ("{bad", "f:7:2"),
        ('{"é": 1,\n "b" 2}', "f:8:6"),
        ('{"a": 1} x', "f:7:10"),
        ('"a\nb"', "f:7:3"),
        ("[" * 100_000, "f:7:1"),
    ],
)
def test_what_is_not_json_is_named_by_file_line_and_column(text: str, where: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        decode(text, "f", first_line=7, remedy="mend it")
    assert (caught.value.path, caught.value.remedy) == (where, "mend it")


def test_numbers_that_python_would_refuse_are_json() -> None:
    assert decode('{"n": ' + "9" * 5000 + ', "m": -Infinity}', "f") == {"n": float("inf"), "m": float("-inf")}


@pytest.mark.parametrize(
    ("position", "where"), [(0, "f:1:1"), (2, "f:1:3"), (3, "f:2:1"), (4, "f:2:2"), (5, "f:3:1")]
)
def test_places_count_lines_and_columns_from_one(position: int, where: str) -> None:
    assert place("f", "ab\nc\n", position) == where


@pytest.mark.parametrize(
    ("path", "spelled"),
    [
        ((), ""),
        (("a", 0, "b"), "a[0].b"),
        ((0, "b", -1), "[0].b[-1]"),
        (("a.b", "", 'q"'), '["a.b"][""]["q\\""]'),
        (("ünï_c-ode$",), "ünï_c-ode$"),
    ],
)
def test_spelling_a_path(path: Path, spelled: str) -> None:
    assert spell(path) == spelled


@pytest.mark.parametrize("path", [("b",), (0,), ("a", "x"), ("a", 3), ("a", -4), ("a", 0, "x"), ("s", 0)])
def test_nothing_stands_there(path: Path) -> None:
    with pytest.raises(LookupError):
        at({"a": [1, 2, 3], "s": "text"}, path)


@pytest.mark.parametrize(
    ("path", "found", "begins"),
    [
        ((), (), '{"a"'),
        (("a",), ("a",), "[1,"),
        (("a", 1, "b"), ("a", 1, "b"), '"last"'),
        (("a", -1, "b"), ("a", -1, "b"), '"last"'),
        (("a", 2), ("a",), "[1,"),
        (("a", 0, "b"), ("a", 0), "1,"),
        (("a", "b"), ("a",), "[1,"),
        (("x", "y"), (), '{"a"'),
    ],
)
def test_how_far_down_a_path_a_text_goes(path: Path, found: Path, begins: str) -> None:
    text = ' {"a" : [1, {"b": 0, "b" : "last" } ] , "e": {}, "f": []}'
    reached, position = nearest(text, path)
    assert reached == found
    assert text[position:].startswith(begins)


@pytest.mark.parametrize(
    ("text", "path", "changes", "changed"),
    [
        ("{}", (), {"a": 1}, '{"a": 1}'),
        ("{ }", (), {"a": 1, "b": 2}, '{"a": 1, "b": 2 }'),
        ('{"a":1}', (), {"b": [1, 2]}, '{"a":1,"b":[1,2]}'),
        ('{"a": 1.10 }', (), {"b": 2}, '{"a": 1.10, "b": 2 }'),
        ('{"a": 1, "n": 1e2, "a": 3}\r\n', (), {"a": None}, '{"a": 1, "n": 1e2, "a": null}\r\n'),
        ('[{"a": 1}, {"a": "\\u00e9", "b": 2}]', (1,), {"b": "é"}, '[{"a": 1}, {"a": "\\u00e9", "b": "é"}]'),
        (
            '{"x": {"b": 1, "a": 2}}',
            ("x",),
            {"a": 20, "b": 10, "c": 30},
            '{"x": {"b": 10, "a": 20, "c": 30}}',
        ),
    ],
)
def test_setting_keys_changes_nothing_else(
    text: str, path: Path, changes: dict[str, Any], changed: str
) -> None:
    assert set_keys(text, path, changes) == changed


@given(
    st.dictionaries(st.text(), JSON, max_size=5),
    st.dictionaries(st.text(), JSON, max_size=5),
    st.booleans(),
    st.sampled_from([None, 1]),
)
def test_setting_keys_is_what_updating_is(
    value: dict[str, Any], changes: dict[str, Any], escaped: bool, indent: int | None
) -> None:
    text = json.dumps([value], ensure_ascii=escaped, indent=indent)
    assert json.loads(set_keys(text, (0,), changes)) == [{**value, **changes}]
