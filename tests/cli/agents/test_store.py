"""Files on disk: whole or not at all, with their modes, through links, and nobody else's."""

import os
import stat
import sys
from pathlib import Path

import pytest

from moonwire.cli.agents import store
from moonwire.cli.agents.change import Change
from moonwire.core.errors import LocalProtocolError

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and links are of another kind there")
CHANGE = Change(None, "x", (), ())


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOONWIRE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
def test_a_new_file_is_for_its_owner_alone_and_an_old_one_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "a.json"
    assert store.read(file) is None
    store.write(file, "é\r\n", None)
    assert (mode(file), mode(file.parent), store.read(file)) == (0o600, 0o700, "é\r\n")
    file.chmod(0o640)
    store.write(file, "b", "é\r\n")
    assert (mode(file), store.read(file), os.listdir(file.parent)) == (0o640, "b", ["a.json"])
    store.remove(file)
    assert store.read(file) is None


@posix
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "there.json", tmp_path / "here.json"
    link.symlink_to(target)
    store.write(link, "a", None)
    store.write(link, "b", "a")
    assert link.is_symlink() and target.read_text() == "b"
    store.remove(link)
    assert link.is_symlink() and not target.exists()


def test_what_somebody_else_writes_meanwhile_is_left(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text("theirs")
    with pytest.raises(LocalProtocolError, match="changed by somebody else"):
        store.write(file, "mine", "what it was")
    assert file.read_text() == "theirs" and os.listdir(tmp_path) == ["a.json"]


def test_what_is_no_text_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalProtocolError, match="is no file"):
        store.read(tmp_path)
    (tmp_path / "a.json").write_bytes(b"{}\n\xff")
    with pytest.raises(LocalProtocolError, match=r"a.json:2: is not UTF-8"):
        store.read(tmp_path / "a.json")
    (tmp_path / "b").write_text("")
    with pytest.raises(OSError, match=r"b/c\.json"):
        store.write(tmp_path / "b" / "c.json", "x", None)


@posix
def test_what_belongs_to_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.json").write_text("{}")
    monkeypatch.setattr(os, "geteuid", lambda: -1)
    with pytest.raises(LocalProtocolError, match="belongs to another user"):
        store.read(tmp_path / "a.json")


def test_records_are_kept_until_nothing_is_known(data: Path) -> None:
    place = data / "connect" / "codex.json"
    records = store.load("codex")
    assert records.files == {}
    records.files["/a"] = CHANGE
    store.save(records)
    assert store.load("codex") == records
    if sys.platform != "win32":
        assert mode(place) == 0o600
    store.save(store.Records("codex"))
    assert not place.exists()


def test_a_damaged_record_is_said(data: Path) -> None:
    (data / "connect").mkdir(parents=True)
    (data / "connect" / "codex.json").write_text("{")
    with pytest.raises(LocalProtocolError, match=r"codex.json: is damaged"):
        store.load("codex")
