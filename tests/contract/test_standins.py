"""Loading a peer's parser where the peer itself cannot be imported."""

import sys
from pathlib import Path

import pytest

from tests.contract.standins import Anything, load

PACKAGE = {
    "made_up_peer/__init__.py": "import a_module_that_nobody_has\n",
    "made_up_peer/parser.py": (
        "import a_module_that_nobody_has as heavy\n"
        "from a_module_that_nobody_has.nn import Module, register\n"
        "from made_up_peer import helper\n"
        "@register('name')\n"
        "class Parser(Module):\n"
        "    kind: heavy.Tensor | None = None\n"
        "    def read(self): return helper.answer()\n"
    ),
    "made_up_peer/helper.py": "def answer(): return 42\n",
}


@pytest.fixture
def peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in PACKAGE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    for name in [name for name in sys.modules if name.startswith("made_up_peer")]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.usefixtures("peer")
def test_a_parser_runs_without_what_its_package_wants() -> None:
    loaded = load("made_up_peer", ["made_up_peer.parser"], bare=["made_up_peer"])
    assert loaded.alone
    assert loaded["made_up_peer.parser"].Parser().read() == 42
    assert "a_module_that_nobody_has" not in sys.modules


@pytest.mark.usefixtures("peer")
def test_a_parser_that_does_not_load_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "made_up_peer" / "helper.py").write_text("''.join([1])\n")
    with pytest.raises(RuntimeError, match="made_up_peer does not load"):
        load("made_up_peer", ["made_up_peer.parser"], bare=["made_up_peer"])


@pytest.mark.usefixtures("peer")
def test_a_package_that_can_be_imported_is_imported(tmp_path: Path) -> None:
    (tmp_path / "made_up_peer" / "__init__.py").write_text("")
    loaded = load("made_up_peer", ["made_up_peer.helper"], bare=["made_up_peer"])
    assert not loaded.alone
    assert loaded["made_up_peer.helper"].answer() == 42


def test_a_package_that_is_not_there_gives_nothing() -> None:
    assert load("a_module_that_nobody_has", ["a_module_that_nobody_has.x"], bare=[]) == {}


def test_anything_can_stand_for_a_class_a_decorator_and_a_value() -> None:
    assert Anything()(len) is len and Anything(len) is len
    assert isinstance(Anything()(1, 2), Anything)
    assert list(Anything()["key"]) == [] and list(Anything) == []
    assert Anything.some[int] is Anything
    assert not Anything() < Anything()
    with pytest.raises(AttributeError):
        _ = Anything().__wrapped__
