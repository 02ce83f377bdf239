"""The secret: one for all who start together, refused where others may know it, never shown."""

import copy
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from moonwire.core.errors import MoonwireError
from moonwire.memory.secret import Secret, load_secret


def test_the_first_to_ask_makes_it_and_all_others_get_the_same(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret"
    with ThreadPoolExecutor(8) as pool:
        found = {secret.reveal() for secret in pool.map(load_secret, [path] * 32)}
    assert found == {path.read_bytes()}
    assert len(path.read_bytes()) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert os.listdir(path.parent) == ["secret"]


def test_two_places_have_two_secrets(tmp_path: Path) -> None:
    assert load_secret(tmp_path / "a").reveal() != load_secret(tmp_path / "b").reveal()
    assert Secret.random().reveal() != Secret.random().reveal()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o700, 0o644])
def test_a_mode_that_is_wider_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secret"
    load_secret(path)
    path.chmod(mode)
    with pytest.raises(MoonwireError, match=f"mode {mode:04o}.*chmod 600") as caught:
        load_secret(path)
    assert caught.value.path == str(path)


def test_a_mode_that_is_narrower_will_do(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    made = load_secret(path)
    path.chmod(0o400)
    assert load_secret(path).reveal() == made.reveal()


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_another_length_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "secret"
    path.write_bytes(bytes(length))
    path.chmod(0o600)
    with pytest.raises(MoonwireError, match=r"32 bytes.*backup") as caught:
        load_secret(path)
    assert caught.value.path == str(path)
    assert path.stat().st_size == length


def test_another_owner_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret"
    load_secret(path)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(MoonwireError, match=r"another user.*chown"):
        load_secret(path)


@pytest.mark.parametrize("place", ["folder", "file/secret", "pipe"])
def test_what_is_no_file_is_an_error_with_a_path(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    if place == "pipe":
        place = "device"
        (tmp_path / place).symlink_to("/dev/null")
    with pytest.raises(MoonwireError) as caught:
        load_secret(tmp_path / place)
    assert caught.value.path.startswith(str(tmp_path))
    assert caught.value.remedy


def test_its_bytes_are_in_nothing_that_is_made_of_it() -> None:
    secret = Secret(b"0123456789abcdef" * 2)
    assert repr(secret) == str(secret) == f"{secret}" == "Secret(...)"
    assert not hasattr(secret, "__dict__")
    for dump in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled") as caught:
            dump(secret)
        assert "0123" not in str(caught.value)
    with pytest.raises(MoonwireError, match="32 bytes") as refused:
        Secret(b"0123")
    assert "0123" not in str(refused.value)
