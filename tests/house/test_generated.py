"""The generated parts of the pages are what the source says now, and nothing of it is left out."""

import re
from pathlib import Path

import pytest

from moonwire.core.catalogue.target import Target
from moonwire.core.codes import CODES
from moonwire.core.settings import Settings
from tests.house.generated import BLOCKS, filled, main, settings_table
from tests.house.tree import ROOT, relative

HEALING = ROOT / "docs" / "healing.md"


# The page on raw text has marks of its own, which the contract's matrix fills.
PAGES = [
    *sorted((ROOT / "docs" / "agents").glob("*.md")),
    *(
        ROOT / "docs" / name
        for name in (
            "client.md",
            "en/environment.md",
            "faults.md",
            "gateway-config.md",
            "gateway.md",
            "healing.md",
            "simulator.md",
            "zh/environment.md",
        )
    ),
]


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_the_page_is_up_to_date(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    assert filled(page) == page, "run make docs"


@pytest.mark.parametrize("name", sorted(BLOCKS))
def test_every_block_stands_on_one_page_once(name: str) -> None:
    assert sum(path.read_text(encoding="utf-8").count(f"<!-- {name}: begin -->") for path in PAGES) == 1


def test_every_code_and_setting_is_on_a_page() -> None:
    page = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    rows = [f"| `{name}` |" for name in (*CODES, *Settings.__struct_fields__)]
    assert [row for row in rows if row not in page] == []


def test_what_a_section_says_is_used_is_there() -> None:
    page = " ".join(HEALING.read_text(encoding="utf-8").split())
    named = re.findall(r"Settings: ([^.]+)\. Target: ([^.]+)\.", page)
    assert len(named) > 10
    settings = {name for of_settings, _ in named for name in re.findall("`(.*?)`", of_settings)}
    fields = {name for _, of_target in named for name in re.findall("`(.*?)`", of_target)}
    assert settings == set(Settings.__struct_fields__)
    assert fields <= set(Target.__struct_fields__)


def test_every_setting_has_a_meaning() -> None:
    rows = settings_table().splitlines()[2:]
    assert len(rows) == len(Settings.__struct_fields__)
    assert '| `prefill` | "explicit" or "trailing" | `"explicit"` | whether a last' in settings_table()
    assert all(row.split(" | ")[-1].removesuffix(" |") for row in rows)


def test_a_stale_block_is_written_anew_and_the_rest_is_left(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- settings: begin -->\nold\n<!-- settings: end -->\nb\n", encoding="utf-8")
    assert main(["--check", str(page)]) == 1
    assert main(["--write", str(page)]) == 0
    assert main(["--check", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("a\n") and text.endswith("\nb\n") and settings_table() in text


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("<!-- no such thing: begin -->\n<!-- no such thing: end -->", "no block is called no such thing"),
        ("<!-- settings: begin -->\n", "has no end"),
    ],
)
def test_a_wrong_mark_is_a_mistake(page: str, message: str) -> None:
    with pytest.raises(SystemExit, match=message):
        filled(page)
