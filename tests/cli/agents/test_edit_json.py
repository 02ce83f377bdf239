"""How a JSON text looks after a change: as if its owner had made it."""

import pytest

from moonwire.cli.agents.edit_json import EDITOR
from moonwire.cli.agents.editing import Path, spliced

# The text, what is put where, and the text then.
PUT: list[tuple[str, str, Path, str, str]] = [
    ("nothing", "", ("a",), "1", '{\n  "a": 1\n}\n'),
    ("an empty object", "{}", ("a",), "1", '{\n  "a": 1\n}'),
    ("on one line", '{"a": 1}', ("b", "c"), "2", '{"a": 1, "b": {"c": 2}}'),
    ("in place", '{"a" : 1.10, "b": [1]}', ("b",), '"x"', '{"a" : 1.10, "b": "x"}'),
    ("its indentation", '{\n    "a": 1\n}\n', ("b",), "2", '{\n    "a": 1,\n    "b": 2\n}\n'),
    ("tabs", '{\n\t"a": {}\n}', ("a", "b"), "2", '{\n\t"a": {\n\t\t"b": 2\n\t}\n}'),
    ("its line ends", '{\r\n  "a": 1\r\n}', ("b",), "2", '{\r\n  "a": 1,\r\n  "b": 2\r\n}'),
    ("a comma at the end", '{\n  "a": 1,\n}', ("b",), "2", '{\n  "a": 1,\n  "b": 2\n}'),
    ("a comment at the end", '{\n  "a": 1 // one\n}', ("b",), "2", '{\n  "a": 1, // one\n  "b": 2\n}'),
    ("a comment alone", "{\n  // none\n}", ("b",), "2", '{\n  // none\n  "b": 2\n}'),
    ("the last of two", '{"a": 1, "a": 2}', ("a",), "3", '{"a": 1, "a": 3}'),
    ("a byte order mark", '\ufeff{"a": 1}', ("a",), "3", '\ufeff{"a": 3}'),
]
DROP: list[tuple[str, str, Path, int, str]] = [
    ("the last", '{\n  "a": 1,\n  "b": 2\n}', ("b",), 0, '{\n  "a": 1\n}'),
    ("the first", '{\n  "a": 1,\n  "b": 2\n}', ("a",), 0, '{\n  "b": 2\n}'),
    ("on one line", '{"a": 1, "b": 2}', ("b",), 0, '{"a": 1}'),
    ("what it stood in", '{"a": {"b": {"c": 2}}}', ("a", "b", "c"), 1, '{"a": {}}'),
    ("what was there stays", '{"a": {"b": 2}}', ("a", "b"), 1, '{"a": {}}'),
    ("a comment stays", '{"a": {"b": 2 /* c */}}', ("a", "b"), 0, '{"a": { /* c */}}'),
    ("a comment before the comma", '{"a": 1 /* c */, "b": 2}', ("a",), 0, '{ /* c */ "b": 2}'),
    ("nothing", '{"a": 1}', ("b",), 0, '{"a": 1}'),
]


@pytest.mark.parametrize(
    ("text", "path", "raw", "then"), [row[1:] for row in PUT], ids=[row[0] for row in PUT]
)
def test_put(text: str, path: Path, raw: str, then: str) -> None:
    assert spliced(text, EDITOR.put(text, path, raw))[0] == then
    assert EDITOR.raw(then, path) == raw


@pytest.mark.parametrize(
    ("text", "path", "depth", "then"), [row[1:] for row in DROP], ids=[row[0] for row in DROP]
)
def test_drop(text: str, path: Path, depth: int, then: str) -> None:
    assert spliced(text, EDITOR.drop(text, path, depth))[0] == then
