"""The version is one: what the program says is what was built, and the changelog knows it or is ahead."""

import re
from importlib import metadata
from pathlib import Path

from moonwire._version import __version__

ROOT = Path(__file__).resolve().parent.parent


def test_the_installed_package_has_the_version_the_source_names() -> None:
    assert metadata.version("moonwire") == __version__


def test_the_changelog_names_the_version_or_has_unreleased_changes() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert headings[0] in {"Unreleased", __version__}
