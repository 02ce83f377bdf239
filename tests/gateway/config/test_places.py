"""Every path of a TOML text has its line, whichever way the text is written."""

from collections.abc import Iterator
from typing import Any, cast

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.gateway.config.places import Path, read_toml, spell

TEXTS = {
    "nothing": "",
    "a comment": "# port = 1",
    "a key without a newline": "a = 1",
    "strings with signs of TOML": 'a = "x # ] } \\" y" # ]\nb = \'\\\'\nc = 1',
    "long strings": 'a = """\n[x]\nb = 1\n\\""""""\nc = \'\'\'\n[y]\n\'\'\'\'\'\nd = 1',
    "quoted keys": '"a b" = 1\n\'c.d\' = 2\n"\\u00e9" = 3\n[x."y z"]\n\'\' = 1',
    "dotted keys": "a . b.c = 1\na.d = 2\n[t]\ne.f = 1",
    "lists over lines": "a = [ # one ]\n 1,\n [2, 3],\n # x\n 4,\n]\nb = []\nc = [\n]\nd = 1",
    "tables in a line": "a = { b = 1, c.d = [ { e = '}' } ], f = {} }\ng = 1",
    "tables": "[a]\nb = 1\n[a.c]\nd = 2\n[ e . f ] # g\nh = 1",
    "lists of tables": "[[a]]\n[a.b]\nc = 1\n[[a.d]]\n[[a.d]]\ne = 1\n[[a]]\n[[a.d]]\ne = 2",
    "times and numbers": "a = 1979-05-27 07:32:00Z\nb = inf\nc = 0xf",
    "blanks": "\n\n  a = 1\n\t[ b ]\n\n  c\t=\t2 \n",
}


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, part in cast("dict[str, Any]", value).items():
            yield from paths(part, (*path, key))
    if isinstance(value, list):
        for index, part in enumerate(cast("list[Any]", value)):
            yield from paths(part, (*path, index))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_path_has_a_line(text: str) -> None:
    tables, lines = read_toml(text, "f")
    assert set(paths(tables)) == set(lines)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


def test_the_lines_are_those_of_the_keys() -> None:
    text = (
        'a = 1\nb = """\n\n"""\nc = [\n 1,\n {\td = 2 },\n]\n'
        "[[r]]\nx = 1\n[r.s]\ny = 2\n[[r]]\nx = 3\n[t.u]\nv.w = 4\n"
    )
    lines = {spell(path): line for path, line in read_toml(text, "f")[1].items()}
    assert lines == {
        **{"a": 1, "b": 2, "c": 5, "c[0]": 6, "c[1]": 7, "c[1].d": 7},
        **{"r": 9, "r[0]": 9, "r[0].x": 10, "r[0].s": 11, "r[0].s.y": 12, "r[1]": 13, "r[1].x": 14},
        **{"t": 15, "t.u": 15, "t.u.v": 16, "t.u.v.w": 16},
    }


@pytest.mark.parametrize(
    ("text", "where"),
    [("a = 1\nb =\n", "f:2"), ("a = 1\na = 2\n", "f:2"), ("[a\n", "f:1"), ('a = "sk-PLANTED', "f")],
)
def test_what_is_no_toml_is_refused_with_its_line_and_without_its_text(text: str, where: str) -> None:
    with pytest.raises(LocalProtocolError, match="not TOML") as caught:
        read_toml(text, "f")
    assert caught.value.path == where
    assert "PLANTED" not in str(caught.value)


def test_what_is_nested_too_deep_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match=r"f: (nested too deep|not TOML)"):
        read_toml(f"a = {'[' * 5000}{']' * 5000}", "f")


def test_a_path_is_spelled_as_toml_has_it() -> None:
    assert spell(("a", 0, "b c", 'd"\\')) == 'a[0]."b c"."d\\"\\\\"'
    assert spell(()) == ""
