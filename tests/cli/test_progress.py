"""What a person sees of a long run."""

import io
from typing import BinaryIO, cast

import pytest

from moonwire.cli.progress import MOST_COMPLAINTS, Bar, watch
from moonwire.core.errors import LocalProtocolError


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stdout", "stderr", "to_file", "bar"),
    [
        (io.StringIO, io.StringIO, True, False),
        (io.StringIO, Terminal, False, True),
        (Terminal, Terminal, False, False),
        (Terminal, Terminal, True, True),
        (Terminal, io.StringIO, True, False),
    ],
)
def test_a_bar_only_where_a_person_watches_and_nothing_else_is_printed(
    monkeypatch: pytest.MonkeyPatch,
    stdout: type[io.StringIO],
    stderr: type[io.StringIO],
    to_file: bool,
    bar: bool,
) -> None:
    screen = stderr()
    monkeypatch.setattr("sys.stdout", stdout())
    monkeypatch.setattr("sys.stderr", screen)
    with watch(io.BytesIO(b"12345"), to_file=to_file) as meter:
        meter.advance(5)
        meter.complain(LocalProtocolError("odd [bold]", path="f:1:1"))
    assert isinstance(meter, Bar) is bar
    assert ("repairing" in screen.getvalue()) is bar
    if bar:
        assert "moonwire: f:1:1: odd [bold]\n" in screen.getvalue()


def test_the_total_is_that_of_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("progress") / "records"
    file.write_bytes(b"x" * 4000)
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", io.StringIO())
    monkeypatch.setattr("sys.stderr", screen)
    with file.open("rb") as stream, watch(cast("BinaryIO", stream), to_file=True) as meter:
        meter.advance(4000)
    assert "4.0/4.0 kB" in screen.getvalue()


def test_complaints_end(capfd: pytest.CaptureFixture[str]) -> None:
    with watch(io.BytesIO(), to_file=True) as meter:
        for line in range(MOST_COMPLAINTS + 10):
            meter.complain(LocalProtocolError("odd", path=f"f:{line}:1"))
    said = capfd.readouterr().err.splitlines()
    assert said[0] == "moonwire: f:0:1: odd"
    assert len(said) == MOST_COMPLAINTS + 1
    assert said[-1] == "moonwire: further lines that cannot be read are only counted"
