"""How a TOML text looks after a change: as if its owner had made it."""

import pytest

from moonwire.cli.agents.edit_toml import EDITOR, MARK
from moonwire.cli.agents.editing import Path, spliced

PUT: list[tuple[str, str, Path, str, str]] = [
    ("nothing", "", ("a",), "1", "a = 1\n"),
    ("in place", "a = 'x' # why\n", ("a",), "1", "a = 1 # why\n"),
    ("before the first table", "# top\n[t]\nb = 1\n", ("a",), "1", "a = 1\n\n# top\n[t]\nb = 1\n"),
    ("after the first keys", "z = 1\n\n[t]\n", ("a",), "1", "z = 1\na = 1\n\n[t]\n"),
    ("no end of the line", "z = 1", ("a",), "1", "z = 1\na = 1\n"),
    ("its line ends", "z = 1\r\n", ("a",), "1", "z = 1\r\na = 1\r\n"),
    (
        "into its table",
        "[t]\nb = [\n 1, # ]\n]\n\n[u]\n",
        ("t", "a"),
        "1",
        "[t]\nb = [\n 1, # ]\n]\na = 1\n\n[u]\n",
    ),
    ("a new table", "z = 1\n", ("t", "u.v", "a"), "1", f'z = 1\n\n{MARK}\n[t."u.v"]\na = 1\n'),
    ("dotted", "t.a = 2\n", ("t", "a"), "1", "t.a = 1\n"),
    (
        "quoted",
        '[ \'t\' . "u" ]\n\'a\' = """x\n[y]\n"""\n',
        ("t", "u", "a"),
        "1",
        "[ 't' . \"u\" ]\n'a' = 1\n",
    ),
    (
        "not what is below an array",
        "[[t]]\n[t.u]\na = 1\n[u]\na = 2\n",
        ("u", "a"),
        "3",
        "[[t]]\n[t.u]\na = 1\n[u]\na = 3\n",
    ),
]
DROP: list[tuple[str, str, Path, int, str]] = [
    ("a line", "a = 1\nb = 2 # why\n", ("b",), 0, "a = 1\n"),
    ("a table", f"a = 1\n\n{MARK}\n[t]\nb = 2\n", ("t", "b"), 0, "a = 1\n"),
    ("a table that was there", "[t]\nb = 2\n", ("t", "b"), 1, "[t]\n"),
    ("a table with a comment", "[t]\n# c\nb = 2\n", ("t", "b"), 0, "[t]\n# c\n"),
    ("nothing", "a = 1\n", ("b",), 0, "a = 1\n"),
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


def test_how_values_are_written() -> None:
    assert EDITOR.dump(["a", [1, True]]) == '["a", [1, true]]'
