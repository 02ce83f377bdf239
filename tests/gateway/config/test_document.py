"""The file that is written says what the code does, and so does the page."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from moonwire.gateway.config.document import commented, examples, markdown_table, toml_value
from moonwire.gateway.config.schema import env_name, keys, settable
from tests.gateway.config.samples import loaded
from tests.house.pages import blocks
from tests.house.tree import ROOT

PAGE = ROOT / "docs" / "gateway-config.md"
EXAMPLES = [
    "\n".join(block.lines) for block in blocks(PAGE.read_text(encoding="utf-8")) if block.info == "toml"
]


def test_the_file_says_nothing_until_it_is_changed(tmp_path: Path) -> None:
    nothing = loaded(tmp_path)
    assert loaded(tmp_path, commented()).config == nothing.config


def test_every_default_in_the_file_is_the_default(tmp_path: Path) -> None:
    nothing = loaded(tmp_path)
    text = re.sub(r"^#(?=[a-z])", "", commented(), flags=re.MULTILINE)
    made = loaded(tmp_path, text)
    assert made.config == nothing.config
    # And each was there: its origin is the file.
    plain = [
        key.path for key in keys() if not {"NAME", "[]"} & set(key.path) and key.field.default is not None
    ]
    assert [path for path in plain if made.origin(".".join(path)) == "default"] == []


def test_the_examples_in_the_file_are_of_the_defaults_too(tmp_path: Path) -> None:
    lines = commented().splitlines()
    assert [line for line in examples().splitlines() if line and f"# {line}" not in lines] == []
    config = loaded(tmp_path, examples()).config
    bare = loaded(
        tmp_path,
        '[upstreams.platform]\nkey = "env:MOONSHOT_API_KEY"\n'
        '[[routes]]\nmodels = ["kimi-*"]\nhops = ["platform"]\n'
        '[clients.laptop]\nkey = "env:LAPTOP_KEY"',
    ).config
    assert (config.upstreams, config.routes, config.clients) == (bare.upstreams, bare.routes, bare.clients)
    assert config.overrides.endpoints[0].name == "rack"


def test_every_key_is_in_the_file_and_on_the_page() -> None:
    text, page = commented(), PAGE.read_text(encoding="utf-8")
    for key in keys():
        if key.path[:3] == ("routes", "[]", "settings"):
            continue
        assert re.search(rf"^(?:# )*#?(?:# )?(?:\(not set\) )?{key.path[-1]}(?: =|$)", text, re.MULTILINE), (
            key.text
        )
        assert f"| `{key.text}` |" in page
        if settable(key.field.kind) and "[]" not in key.path:
            assert f"| `{env_name(key.path)}` |" in page


def test_the_page_holds_the_table() -> None:
    assert markdown_table() in PAGE.read_text(encoding="utf-8")


def test_lines_fit_a_terminal_of_usual_width() -> None:
    assert max(map(len, commented().splitlines())) <= 110


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_on_the_page_are_taken(tmp_path: Path, text: str) -> None:
    config = loaded(tmp_path, text).config
    assert config.upstreams and config.routes


def test_there_are_examples_on_the_page() -> None:
    assert len(EXAMPLES) >= 3


@pytest.mark.parametrize(
    "value",
    [
        *("", "a", 'q"\\', "ü\n\x7f\x00", True, False, 0, 99_999, 1 << 40, 0.5, 7_776_000.0, float("inf")),
        *([], ["a", 1], {}, {"a b": "x", "c": [{"d": 1.0}]}),
    ],
)
def test_a_value_is_read_back(value: Any) -> None:
    assert tomllib.loads(f"x = {toml_value(value)}")["x"] == value
