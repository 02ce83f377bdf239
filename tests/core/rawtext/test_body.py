"""A call's arguments pass unchanged, and their end is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.core.rawtext.body import BLOCK, Body
from moonwire.core.rawtext.markers import MAX_BLANK, MAX_HELD
from tests.core.rawtext.table import chunked

Result = tuple[str, str, bool, bool | None]


def read(text: str, cuts: list[int], *, unwrap: bool = True) -> Result:
    """What is delivered, what comes behind, whether it is whole, whether it is JSON."""
    body = Body(unwrap=unwrap)
    said = rest = ""
    for chunk in chunked(text, cuts):
        if body.closed:
            rest += chunk
            continue
        more, rest = body.feed(chunk)
        said += more
    last, whole = body.end()
    return said + last, rest, whole, body.is_json()


BLANKS = " " * (MAX_BLANK + 5)
ROWS: list[tuple[str, Result]] = [
    ("", ("", "", False, False)),
    (" \n", ("", "", False, False)),
    (' {"a": 1} x', ('{"a": 1}', " x", True, True)),
    ("[1, [2]] x", ("[1, [2]]", " x", True, True)),
    ('{"a": 1', ('{"a": 1', "", False, False)),
    ("{a: 1}", ("{a: 1}", "", True, False)),
    (" 12 ", ("12", "", True, True)),
    ("a  b ", ("a  b", "", False, False)),
    (f"a{BLANKS}b ", (f"a{BLANKS}b", "", False, False)),
    (f"a{BLANKS}", (f"a{BLANKS}", "", False, False)),
    ('"abc" x', ('"abc"', " x", True, True)),
    ('"{\\"a\\": 1}" x', ('{"a": 1}', " x", True, True)),
    ('" {\\"a\\": 1} " x', ('{"a": 1} ', " x", True, True)),
    ('"\\n{\\"a\\": 1}', ('{"a": 1}', "", False, True)),
    ('"{\\"a\\": 1"', ('{"a": 1', "", False, False)),
    ('"', ('"', "", False, False)),
    ('"\\', ('"\\', "", False, False)),
    ('{"a": "' + "x" * 2 * BLOCK + '"}', ('{"a": "' + "x" * 2 * BLOCK + '"}', "", True, True)),
]


@given(data=st.data())
@pytest.mark.parametrize(("text", "want"), ROWS)
def test_rows(text: str, want: Result, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=5))
    assert read(text, cuts) == want


def test_without_a_schema_that_wants_an_object_a_string_is_a_string() -> None:
    assert read('"{\\"a\\": 1}"', [], unwrap=False) == ('"{\\"a\\": 1}"', "", True, True)


@pytest.mark.parametrize("chunk", [4, 5000, 3 * MAX_HELD])
def test_what_is_kept_for_the_check_is_bounded(chunk: int) -> None:
    text = '{"a": "' + "x}" * MAX_HELD + '"}'
    body = Body()
    said = [body.feed(text[i : i + chunk])[0] for i in range(0, len(text), chunk)]
    body.add("!")
    assert ("".join(said), body.end(), body.is_json(), body.text()) == (text, ("", True), None, "")


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("", False),
        ('{"a', True),
        ('{"a"', False),
        ("12", False),
        ('{"a": 1}', False),
        ('"', True),
        ('"{\\"a', True),
        ('"{}"', False),
    ],
)
def test_inside_a_string(text: str, inside: bool) -> None:
    body = Body(unwrap=True)
    body.feed(text)
    assert body.inside_string() is inside
