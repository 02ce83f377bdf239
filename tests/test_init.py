"""The package itself: its names come when they are asked for, and what is heavy comes with what needs it."""

import subprocess
import sys
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement

import moonwire

HEAVY = ("asyncio", "msgspec", "httptools", "rich", "click", "cryptography", "uvicorn", "sqlite3")
MOST = 12
"""Distributions that a base install may have."""


def imported(statement: str) -> set[str]:
    """The modules that a fresh interpreter has behind this statement."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(ran.stdout.split())


def test_the_package_alone_imports_nothing_heavy() -> None:
    assert imported("import moonwire").isdisjoint(HEAVY)


# What must not come with it.
IMPORTS = [
    ("from moonwire import parse_text", {"asyncio", "httptools", "rich", "click", "moonwire.client"}),
    (
        "import moonwire.core.plan",
        {"asyncio", "httptools", "difflib", "fractions", "moonwire.core.prompts.k2"},
    ),
    ("from moonwire import plan", {"asyncio", "httptools", "tiktoken"}),
    (
        "from moonwire import Kimi",
        {"rich", "click", "cryptography", "uvicorn", "sqlite3", "moonwire.gateway"},
    ),
    ("from moonwire import Agent", {"rich", "click", "cryptography", "uvicorn", "pydantic", "httpx"}),
    ("import moonwire.cli", {"prompt_toolkit", "moonwire.agent", "uvicorn"}),
]


@pytest.mark.parametrize(("statement", "unwanted"), IMPORTS, ids=[row[0] for row in IMPORTS])
def test_what_is_heavy_comes_with_what_needs_it(statement: str, unwanted: set[str]) -> None:
    assert imported(statement).isdisjoint(unwanted)


def test_every_public_name_is_there_and_listed() -> None:
    for name in moonwire.__all__:
        assert getattr(moonwire, name) is not None
    assert set(moonwire.__all__) <= set(dir(moonwire))
    with pytest.raises(AttributeError, match="no attribute 'Kimy'"):
        _ = vars(moonwire)["__getattr__"]("Kimy")


def test_the_base_install_is_small() -> None:
    found: set[str] = set()
    waiting = ["moonwire"]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        needs = [Requirement(one) for one in distribution(name).requires or ()]
        waiting += [one.name for one in needs if one.marker is None or one.marker.evaluate({"extra": ""})]
    assert len(found) <= MOST, found
