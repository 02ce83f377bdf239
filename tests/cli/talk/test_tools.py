"""Functions as tools: by module, by file, by name; and a gate before them."""

import asyncio
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from moonwire.agent import offered
from moonwire.cli.talk.tools import Denied, found, gated
from moonwire.core.errors import LocalProtocolError

SOURCE = '''
from math import sqrt as root
__all__ = ["add", "Kind", "value"]
class Kind: ...
value = 3
def add(a: int, b: int) -> int:
    """Adds."""
    return a + b
def sub(a: int, b: int) -> int:
    return a - b
def _hidden() -> None: ...
'''


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "talk_sums.py").write_text(SOURCE)
    (tmp_path / "talk_plain.py").write_text(SOURCE.replace("__all__", "all_of_it"))
    (tmp_path / "talk_broken.py").write_text("import no_such_module_at_all\n")
    (tmp_path / "talk_empty.py").touch()
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("talk_")]:
        del sys.modules[name]


SPECS = {
    "talk_sums:add": ["add"],
    "talk_sums:add,sub": ["add", "sub"],
    "talk_sums:": ["add"],
    "talk_plain:": ["add", "sub"],
    "talk_sums.py:sub": ["sub"],
    "./talk_plain.py:": ["add", "sub"],
    "math:gcd": ["gcd"],
    "$web_search": ["$web_search"],
}


@pytest.mark.parametrize(("spec", "names"), SPECS.items())
def test_a_spec_names_functions(spec: str, names: list[str], here: Path) -> None:
    if spec == "math:gcd":
        with pytest.raises(LocalProtocolError, match="no schema can be made of gcd"):
            found([spec])
        return
    assert [tool.name for tool in found([spec])] == names


WRONG = {
    "talk_sums": r"'talk_sums' names no functions \(write pkg",
    ":add": "names no functions",
    "talk_sums:ad": r"no ad to take \(did you mean add\?\)",
    "talk_sums:Kind": "no Kind to take",
    "talk_sums:value": r"no value to take",
    "talk_empty:": "talk_empty has no public functions",
    "talk_no:add": r"talk_no cannot be imported: No module named 'talk_no'",
    "talk_broken:add": "talk_broken cannot be imported: No module named 'no_such_module_at_all'",
}


@pytest.mark.parametrize(("spec", "why"), WRONG.items())
def test_what_is_none_says_why(spec: str, why: str, here: Path) -> None:
    with pytest.raises(LocalProtocolError, match=why):
        found([spec])


def test_a_file_that_is_not_there_is_named(here: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        found(["nope.py:add"])
    assert caught.value.filename == "nope.py"


# -- the gate ------------------------------------------------------------------------------------------


def plain(a: int) -> Any:
    if a < 0:
        raise ValueError("too small")
    return a + 1


async def waiting(a: int) -> int:
    return plain(a)


def giving(a: int) -> Any:
    return waiting(a)


def ran(function: Any, allowed: bool | None, seconds: float = 9.0) -> Any:
    asked: list[tuple[str, dict[str, Any]]] = []

    async def gate(name: str, arguments: dict[str, Any]) -> bool:
        asked.append((name, arguments))
        return bool(allowed)

    tool = gated(offered(function), None if allowed is None else gate, seconds)
    assert tool.run is not None
    try:
        return asyncio.run(tool.run(a=1))
    finally:
        assert asked == ([] if allowed is None else [(function.__name__, {"a": 1})])


@pytest.mark.parametrize("function", [plain, waiting, giving])
def test_functions_of_every_colour_run_where_they_may(function: Any) -> None:
    assert ran(function, None) == ran(function, True) == 2
    with pytest.raises(Denied, match="did not allow"):
        ran(function, False)


def test_what_a_function_raises_is_raised() -> None:
    tool = gated(offered(plain), None)
    assert tool.run is not None
    with pytest.raises(ValueError, match="too small"):
        asyncio.run(tool.run(a=-1))


def test_one_that_hangs_is_given_up_and_holds_up_nothing() -> None:
    ends = threading.Event()

    def hanging(a: int) -> bool:
        return ends.wait(30)

    with pytest.raises(TimeoutError):
        ran(hanging, True, seconds=0.01)
    ends.set()


def test_the_endpoints_own_tools_have_no_gate() -> None:
    tool = offered("$web_search")
    assert gated(tool, None) is tool
