"""Where the memory is kept."""

from pathlib import Path

import pytest

from moonwire.core.errors import MoonwireError
from moonwire.memory.folder import default_path, prepare


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({"MOONWIRE_DATA": "/data", "XDG_DATA_HOME": "/xdg"}, "linux", Path("/data")),
        ({"MOONWIRE_DATA": "~/kept"}, "linux", Path.home() / "kept"),
        ({"XDG_DATA_HOME": "/xdg"}, "linux", Path("/xdg/moonwire")),
        ({"XDG_DATA_HOME": "relative"}, "linux", Path.home() / ".local/share/moonwire"),
        ({"MOONWIRE_DATA": "", "XDG_DATA_HOME": ""}, "linux", Path.home() / ".local/share/moonwire"),
        ({"XDG_DATA_HOME": "/xdg"}, "darwin", Path.home() / "Library/Application Support/moonwire"),
    ],
)
def test_the_directory_is_the_operators_or_the_platforms(
    environment: dict[str, str], platform: str, expected: Path
) -> None:
    assert default_path(environment, platform) == expected


def test_without_arguments_it_looks_at_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOONWIRE_DATA", "/named")
    assert default_path() == Path("/named")


def test_every_part_that_is_made_is_its_owners_alone(tmp_path: Path) -> None:
    made = prepare(tmp_path / "a" / "b")
    assert [path.stat().st_mode & 0o777 for path in (made, made.parent)] == [0o700, 0o700]


def test_a_directory_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert prepare(tmp_path).stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_file_in_its_place_is_an_error_with_a_remedy(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MoonwireError, match="MOONWIRE_DATA") as caught:
        prepare(tmp_path / name)
    assert caught.value.path == str(tmp_path / name)
