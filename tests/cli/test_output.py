"""A file is there whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from moonwire.cli.output import open_output


def test_the_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with open_output(str(target)) as output:
        output.write(b"a")
        assert not target.exists()
        output.write(b"b")
    assert target.read_bytes() == b"ab"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("end", ["discard", "raise"])
def test_a_run_that_fails_leaves_the_file_as_it_was(tmp_path: Path, end: str) -> None:
    target = tmp_path / "out"
    target.write_bytes(b"before")

    def go_wrong() -> None:
        with open_output(str(target)) as output:
            output.write(b"half")
            if end == "raise":
                raise KeyboardInterrupt
            output.discard()

    if end == "raise":
        with pytest.raises(KeyboardInterrupt):
            go_wrong()
    else:
        go_wrong()
    assert target.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [target]


def test_an_error_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    target = str(tmp_path / "none" / "out")
    with pytest.raises(FileNotFoundError) as caught, open_output(target):
        raise AssertionError("there is nowhere to write to")
    assert caught.value.filename == target
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="modes and links are of another kind there")
def test_mode_and_link_stay(tmp_path: Path) -> None:
    target, link, fresh = tmp_path / "out", tmp_path / "link", tmp_path / "fresh"
    target.write_bytes(b"before")
    target.chmod(0o640)
    link.symlink_to(target)
    for path in (link, fresh):
        with open_output(str(path)) as output:
            output.write(b"after")
    assert link.is_symlink()
    assert target.read_bytes() == b"after"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    target.unlink()
    target.touch()
    assert fresh.stat().st_mode == target.stat().st_mode


@pytest.mark.skipif(os.name == "nt", reason="there is no such device there")
def test_a_device_is_written_to_and_not_replaced() -> None:
    with open_output(os.devnull) as output:
        output.write(b"gone")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
