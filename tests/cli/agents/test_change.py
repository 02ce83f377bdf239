"""Written and undone: the same bytes for any file, and without them the same values."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwire.cli.agents.change import EDITORS, apply, holds, settings, undo
from moonwire.cli.agents.editing import Path, Refused, at, same
from tests.cli.agents.documents import SCALARS, SETTINGS, json_texts, toml_texts, yaml_texts

Settings = list[tuple[Path, Any]]
YAML_SETTINGS = st.lists(
    st.tuples(st.sampled_from(["env", "model", "a", "new"]).map(lambda key: (key,)), SCALARS),
    min_size=1,
    max_size=3,
    unique_by=lambda one: one[0],
)


def check(kind: str, text: str, wanted: Settings, later: str) -> None:
    """All laws at once, for a text that can be changed."""
    editor = EDITORS[kind]
    try:
        before = editor.read(text)
        new, change = apply(editor, text, wanted)
    except Refused:
        return
    said = editor.read(new)
    assert holds(editor, new, wanted) and all(same(at(said, path), value) for path, value in wanted)
    assert apply(editor, new, wanted)[0] == new
    assert undo(editor, new, change) == (text, True, ())
    changed = undo(editor, new + later, change)
    assert not changed.exact and changed.left == ()
    assert same(editor.read(changed.text), before)


@given(json_texts(), SETTINGS)
def test_json(text: str, wanted: Settings) -> None:
    check("json", text, wanted, "\n")


@given(toml_texts(), SETTINGS)
def test_toml(text: str, wanted: Settings) -> None:
    check("toml", text, wanted, "\n# later\n")


@given(yaml_texts(), YAML_SETTINGS)
def test_yaml(text: str, wanted: Settings) -> None:
    check("yaml", text, wanted, "\n# later\n")


@pytest.mark.parametrize("kind", EDITORS)
def test_a_file_that_is_not_there(kind: str) -> None:
    wanted = settings({"a": 1, "b": "x"})
    new, change = apply(EDITORS[kind], None, wanted)
    assert change.before is None and EDITORS[kind].read(new) == {"a": 1, "b": "x"}
    assert undo(EDITORS[kind], new, change) == ("", True, ())


@pytest.mark.parametrize(
    ("kind", "text", "mine", "edited", "undone", "left"),
    [
        (
            "json",
            '{"a": 1}',
            {"a": 2, "b": {"c": 3}},
            ('"c": 3', '"c": 4'),
            '{"a": 1, "b": {"c": 4}}',
            [("b", "c")],
        ),
        ("json", '{"a": 1}', {"a": 2, "b": 3}, (', "b": 3', ""), '{"a": 1}', []),
        ("json", '{"a": 1}', {"b": {"c": 3}}, ('"c": 3', '"c": 3, "d": 4'), '{"a": 1, "b": { "d": 4}}', []),
        (
            "toml",
            "a = 0x1\n",
            {"a": 2, "t": {"c": 3}},
            ("c = 3", "c = 3\nd = 4"),
            "a = 0x1\n\n[t]\nd = 4\n",
            [],
        ),
        ("toml", "a = 1\n", {"a": 2, "t": {"c": 3}}, ("a = 2", "a = 5"), "a = 5\n", [("a",)]),
        ("yaml", "a: 'x' # y\n", {"a": 2, "b": 3}, ("b: 3", "b: 3\nc: 4"), "a: 'x' # y\nc: 4\n", []),
    ],
)
def test_what_somebody_changed_since_stays(
    kind: str, text: str, mine: dict[str, Any], edited: tuple[str, str], undone: str, left: list[Path]
) -> None:
    new, change = apply(EDITORS[kind], text, settings(mine))
    found = undo(EDITORS[kind], new.replace(*edited), change)
    mark = "\n# by `moonwire connect`; its --undo takes this table out again"
    assert (found.text.replace(mark, ""), found.exact, list(found.left)) == (undone, False, left)


@pytest.mark.parametrize(
    ("kind", "text", "reason", "line"),
    [
        ("json", '{\n"a": 1', "not JSON: it breaks off", 2),
        ("json", '{\n"a": b}', "not JSON: 'b}' is not understood", 2),
        ("json", "[]", "it holds no object", 1),
        ("json", '{"t": 1}', "t is no object", 1),
        ("json", "{a: 1}", "not JSON: 'a: 1}' is not understood", 1),
        ("json", '{"a" 1}', "not JSON: one of : was expected", 1),
        ("json", '{"a": 1} 2', "not JSON: something stands behind the end", 1),
        ("json", '{"a": }', "not JSON: a value was expected", 1),
        ("json", "{1: 2}", "not JSON: a key was expected", 1),
        ("json", '{"a": "\\x"}', "not JSON: Invalid \\escape", 1),
        ("json", '{"a":' + "[" * 200 + "}", "not JSON: it is nested too deeply", 1),
        ("toml", "a = 1\nb =\n", "not TOML: invalid value", 2),
        ("toml", "a = ", "not TOML: invalid value (at end of document)", 1),
        ("toml", "t = { x = 1 }\n", "t.u cannot be set without changing something else", 0),
        ("toml", "t = { u = 1 }\n", "t.u is not on a line of its own", 0),
        ("toml", "[[t]]\nx = 1\n", "t.u cannot be set without changing something else", 0),
        ("yaml", "{t: 1}\n", "'{t: 1}' is no key with a value", 1),
        ("yaml", "a: 1\na: 2\n", "a is there twice", 2),
    ],
)
def test_what_cannot_be_changed_for_certain_is_refused(kind: str, text: str, reason: str, line: int) -> None:
    mine: Settings = [(("t",), 1)] if kind == "yaml" else [(("t", "u"), 2)]
    with pytest.raises(Refused) as refused:
        apply(EDITORS[kind], text, mine)
    assert (refused.value.reason, refused.value.line) == (reason, line)
