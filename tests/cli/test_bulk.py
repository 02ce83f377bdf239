"""A file of records: in order, in bounded memory, on one core or many."""

import io
import os
from collections.abc import Iterator
from typing import Any

import pytest

from moonwire.cli.bulk import Limits, Tally, chunks, run
from moonwire.cli.record import Settings
from moonwire.core.errors import LocalProtocolError, MoonwireError
from tests.cli.samples import CUT, ONE_CALL, record

SETTINGS = Settings(name="f")
SMALL = Limits(chunk_lines=3, chunk_bytes=2000, line_bytes=4000)


class Silent:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.size = 0
        self.problems: list[LocalProtocolError] = []

    def advance(self, size: int) -> None:
        self.size += size

    def complain(self, problem: LocalProtocolError) -> None:
        self.problems.append(problem)


class Pipe:
    """Source and sink in one: knows how many lines were read and not yet written."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self.read = self.written = self.most = 0

    def readline(self, size: int, /) -> bytes:
        line = next(self._lines, b"")
        self.read += bool(line)
        self.most = max(self.most, self.read - self.written)
        return line[:size]

    def write(self, data: bytes, /) -> None:
        self.written += data.count(b"\n")


def run_on(
    data: bytes, settings: Settings = SETTINGS, jobs: int = 1, limits: Limits = SMALL
) -> tuple[bytes, Tally, Silent]:
    sink, meter = io.BytesIO(), Silent()
    tally = run(io.BytesIO(data), sink, settings, jobs=jobs, meter=meter, limits=limits)
    return sink.getvalue(), tally, meter


MIXED = [record("plain"), record(ONE_CALL), "{bad", record(CUT, "length"), "", record(None), "{}"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_lines_keep_their_order_and_are_counted(jobs: int) -> None:
    data = "".join(f"{line}\n" for line in MIXED * 20).encode()
    written, tally, meter = run_on(data, jobs=jobs)
    lines = written.decode().splitlines()
    assert len(lines) == len(MIXED) * 20
    for at, line in enumerate(MIXED):
        same = line if at not in (1, 3) else lines[at]
        assert all(found == same for found in lines[at :: len(MIXED)])
    assert tally.counts == {"recovered": 20, "malformed": 20, "untouched": 40, "unreadable": 40}
    assert tally.summary == "120 records: 20 recovered, 20 malformed, 40 untouched, 40 unreadable"
    assert [problem.path for problem in meter.problems][:4] == ["f:3:2", "f:7:1", "f:10:2", "f:14:1"]
    assert meter.size == len(data)


def test_one_core_and_two_write_the_same_bytes() -> None:
    data = "".join(f"{line}\n" for line in MIXED * 20).encode()
    assert run_on(data, jobs=1)[0] == run_on(data, jobs=2)[0]


@pytest.mark.parametrize("data", [b"", b"\n", b"\n\n  \n"])
def test_a_file_without_records(data: bytes) -> None:
    written, tally, _ = run_on(data)
    assert written == data
    assert tally.summary == "0 records: 0 recovered, 0 malformed, 0 untouched, 0 unreadable"


def test_the_last_line_needs_no_newline() -> None:
    data = record("plain").encode()
    written, tally, _ = run_on(data)
    assert (written, tally.summary[:9]) == (data, "1 record:")


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("lines", [100, 1000])
def test_the_lines_under_way_do_not_grow_with_the_file(jobs: int, lines: int) -> None:
    line = f"{record(ONE_CALL)}\n".encode()
    pipe = Pipe(iter([line] * lines))
    limits = Limits(chunk_lines=4)
    tally = run(pipe, pipe, SETTINGS, jobs=jobs, meter=Silent(), limits=limits)
    assert pipe.written == lines
    assert tally.counts["recovered"] == lines
    # The window, the chunk being filled, and the two that are read before workers are started.
    assert pipe.most <= limits.chunk_lines * (jobs * limits.chunks_per_worker + 3)


def test_the_bytes_under_way_are_bounded_too() -> None:
    line = f"{record('x' * 1000)}\n".encode()
    pipe = Pipe(iter([line] * 50))
    run(pipe, pipe, SETTINGS, jobs=2, meter=Silent(), limits=Limits(chunk_lines=1, bytes_under_way=1))
    assert pipe.written == 50
    assert pipe.most <= 3


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("before", [0, 2, 10])
def test_a_strict_run_stops_at_the_first_line_that_cannot_be_read(jobs: int, before: int) -> None:
    good = f"{record('plain')}\n".encode()
    data = good * before + b"{bad\n" + good * 50
    written, tally, _ = run_on(data, Settings(name="f", strict=True), jobs)
    assert tally.stopped is not None
    assert tally.stopped.path == f"f:{before + 1}:2"
    assert written == good * before


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("newline", [b"\n", b""])
def test_a_line_that_is_too_long_passes_through_in_pieces(jobs: int, strict: bool, newline: bytes) -> None:
    good = f"{record(ONE_CALL)}\n".encode()
    long = b"x" * 9_999 + newline
    data = good + long + (good if newline else b"")
    written, tally, meter = run_on(data, Settings(name="f", strict=strict), jobs)
    problem = tally.stopped if strict else meter.problems[0]
    assert problem is not None
    assert problem.path == "f:2:1"
    if strict:
        assert b"x" * 100 not in written
    else:
        assert long in written
        assert tally.counts == {"recovered": 2 if newline else 1, "unreadable": 1}


class Deadly:
    """Ends the process that unpickles it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (1,)


def test_a_worker_that_dies_ends_the_run_with_a_word_of_advice() -> None:
    data = f"{record('plain')}\n".encode() * 100
    with pytest.raises(MoonwireError, match="--jobs 1"):
        run_on(data, Settings(name="f", tools=(Deadly(),)), jobs=2)


def test_lines_are_numbered_across_chunks() -> None:
    lines = [b"a\n", b"\n", b"b" * 50 + b"\n", b"x" * 150 + b"\n", b"c\n", b"d"]
    limits = Limits(chunk_lines=2, chunk_bytes=60, line_bytes=100)
    made = list(chunks(io.BytesIO(b"".join(lines)), "f", limits))
    assert b"".join(line for chunk in made for line in chunk.lines) == b"".join(lines)
    assert [chunk.first for chunk in made] == [1, 3, 4, 4, 5]
    assert [chunk.verbatim for chunk in made] == [False, False, True, True, False]
    assert all(len(chunk.lines) <= 2 and chunk.size <= 101 for chunk in made)


def test_a_line_of_exactly_the_limit_is_parsed() -> None:
    made = list(chunks(io.BytesIO(b"x" * 10 + b"\n" + b"y" * 10), "f", Limits(line_bytes=10)))
    assert [chunk.verbatim for chunk in made] == [False]
