"""Random files of agents, in the ways that people write them, and random settings to put into them."""

import json
from typing import Any, cast

from hypothesis import strategies as st

KEYS = st.sampled_from(["env", "model", "a", "b-c", "k.2", "ä", "moonwire"])
SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(["", "kimi-k3", "# no comment", "// nor this", 'a"b\\c', "1, 2]}", "zürich"]),
    st.integers(-9, 10**20),
    st.booleans(),
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=2))


def _apart(settings: list[tuple[tuple[str, ...], Any]]) -> bool:
    """No path leads through another one."""
    paths = [path for path, _ in settings]
    return not any(one[: len(two)] == two for one in paths for two in paths if one is not two)


SETTINGS = st.lists(
    st.tuples(st.lists(KEYS, min_size=1, max_size=3).map(tuple), VALUES), min_size=1, max_size=4
).filter(_apart)
BLANKS = st.sampled_from(["", " ", "\n", "\n  ", "\t", "\r\n", " // one\n", "/* two */", "\n\n"])


@st.composite
def json_texts(draw: st.DrawFn) -> str:
    """An object, printed in one of the usual ways, or with blanks and comments anywhere."""
    values = st.recursive(
        st.one_of(SCALARS, st.none(), st.floats(allow_nan=False)),
        lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(KEYS, inner, max_size=3)),
        max_leaves=8,
    )
    value = draw(st.dictionaries(KEYS, values, max_size=4))
    if draw(st.booleans()):
        text = json.dumps(
            value, indent=draw(st.sampled_from([None, 2, 4, "\t"])), ensure_ascii=draw(st.booleans())
        )
        text += draw(st.sampled_from(["", "\n"]))
        return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
    return draw(BLANKS) + _written(draw, value) + draw(BLANKS)


def _written(draw: st.DrawFn, value: Any) -> str:
    """The value with blanks and comments wherever they may be."""
    table = cast("dict[str, Any]", value if isinstance(value, dict) else {})
    items = cast("list[Any]", value if isinstance(value, list) else [])
    if not isinstance(value, dict | list):
        return json.dumps(value)
    parts = [_written(draw, item) for item in items]
    for key, inner in table.items():
        parts.append(f"{json.dumps(key)}{draw(BLANKS)}:{draw(BLANKS)}{_written(draw, inner)}")
    inside = ",".join(f"{draw(BLANKS)}{part}{draw(BLANKS)}" for part in parts)
    ending = draw(st.sampled_from(["", ","])) if parts else ""
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}{inside}{ending}{draw(BLANKS)}{closing}"


RAW = st.sampled_from(
    [
        '"text"',
        "'literal # no comment'",
        '"""several\n[lines]\n= 1\n"""',
        "'''raw\n# lines'''",
        "1_000",
        "-0.5",
        "true",
        "1979-05-27T07:32:00Z",
        "[1, 2]",
        '[\n  "a", # one\n  [2],\n]',
        "{ x = 1, y = 'b' }",
        "inf",
        "nan",
        '""""quoted""""',
        '"a\\"b"',
    ]
)
LINES = st.sampled_from(["", "", "\n", "# a comment\n", "  # 'another = \"\n"])
TOML_KEYS = st.sampled_from(["env", "model", "a", "b-c", '"k.2"', "moonwire", "'ä'"])


@st.composite
def toml_texts(draw: st.DrawFn) -> str:
    """Tables with comments between them. Not all of it is TOML: names may be there twice."""
    tables = draw(
        st.lists(st.lists(TOML_KEYS, min_size=1, max_size=3).map(".".join), max_size=3, unique=True)
    )
    text = _section(draw)
    for table in tables:
        header = draw(st.sampled_from(["[{}]", "[ {} ] # here", "[[{}]]"])).format(table)
        text += f"{draw(LINES)}{header}\n{_section(draw)}"
    text = text.removesuffix("\n") if draw(st.booleans()) else text
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


def _section(draw: st.DrawFn) -> str:
    keys = draw(st.lists(TOML_KEYS, max_size=3, unique=True))
    text = ""
    for key in keys:
        indent = draw(st.sampled_from(["", "  "]))
        behind = draw(st.sampled_from(["", " # why", "  "]))
        dotted = draw(st.sampled_from(["", "", ".inner"]))
        text += f"{draw(LINES)}{indent}{key}{dotted} = {draw(RAW)}{behind}\n"
    return text


YAML_VALUES = st.sampled_from(
    [
        " plain",
        ' "quoted # text"',
        " 'it''s'",
        " 12",
        " true",
        "",
        " # empty",
        " word # why",
        " |\n  block\n  # of it",
        "\n  - a\n  - b",
        "\n- a",
        " [1, 2]",
    ]
)


@st.composite
def yaml_texts(draw: st.DrawFn) -> str:
    """Keys at the left edge."""
    keys = draw(st.lists(st.sampled_from(["env", "model", "a", "b-c"]), max_size=4, unique=True))
    text = draw(st.sampled_from(["", "---\n", "# first\n"]))
    for key in keys:
        text += f"{draw(LINES)}{key}:{draw(YAML_VALUES)}\n"
    return text.removesuffix("\n") if draw(st.booleans()) else text
