"""A file of records through all cores: in order, in constant memory, however large the file.

The reader hands out chunks of lines, workers repair them, the writer takes them in the order in
which they were read. Only so many chunks, and so many bytes, are under way at a time.
"""

import contextlib
import multiprocessing
import signal
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import Protocol

from moonwire.cli.record import Settings, repair
from moonwire.core.errors import LocalProtocolError, MoonwireError

__all__ = ["Chunk", "Limits", "Meter", "Tally", "chunks", "run"]


class Source(Protocol):
    """What is read: a binary file, or what stands in for one."""

    def readline(self, size: int, /) -> bytes: ...


class Sink(Protocol):
    """What is written to."""

    def write(self, data: bytes, /) -> object: ...


class Meter(Protocol):
    """Who is told how the run goes."""

    def advance(self, size: int) -> None: ...

    def complain(self, problem: LocalProtocolError) -> None: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is held at a time."""

    chunk_lines: int = 256
    chunk_bytes: int = 1 << 20
    line_bytes: int = 64 << 20
    bytes_under_way: int = 128 << 20
    chunks_per_worker: int = 2


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines that follow one another; `first` is the number of the first. `verbatim`: not to be parsed."""

    first: int
    lines: tuple[bytes, ...]
    verbatim: bool = False
    problem: LocalProtocolError | None = None

    @property
    def size(self) -> int:
        return sum(map(len, self.lines))


@dataclass(frozen=True, slots=True)
class Done:
    """A chunk, repaired: what to write, how many lines of each kind, which ones could not be read."""

    data: bytes
    counts: Counter[str]
    problems: tuple[LocalProtocolError, ...] = ()


@dataclass(slots=True)
class Tally:
    """What became of the lines. `stopped` is the problem at which a strict run gave up."""

    counts: Counter[str] = field(default_factory=Counter[str])
    stopped: LocalProtocolError | None = None

    @property
    def summary(self) -> str:
        total = sum(self.counts.values())
        kinds = ("recovered", "malformed", "untouched", "unreadable")
        listed = ", ".join(f"{self.counts[kind]} {kind}" for kind in kinds)
        return f"{total} {'record' if total == 1 else 'records'}: {listed}"


Submit = Callable[[Chunk], Callable[[], Done]]


def run(
    source: Source, sink: Sink, settings: Settings, *, jobs: int, meter: Meter, limits: Limits = LIMITS
) -> Tally:
    """Repairs what `source` gives, writes it to `sink`, and counts."""
    tally = Tally()
    feed = chunks(source, settings.name, limits)
    head = list(islice(feed, 2))
    # Starting workers takes longer than parsing one chunk does.
    jobs = jobs if len(head) > 1 else 1
    with _workers(settings, jobs) as submit:
        under_way: deque[tuple[Chunk, Callable[[], Done]]] = deque()
        size = 0
        window = 1 if jobs == 1 else jobs * limits.chunks_per_worker
        for chunk in chain(head, feed):
            while under_way and (len(under_way) >= window or size + chunk.size > limits.bytes_under_way):
                size -= _take(under_way, sink, tally, meter, settings.strict)
                if tally.stopped:
                    return tally
            under_way.append((chunk, submit(chunk)))
            size += chunk.size
        while under_way and not tally.stopped:
            _take(under_way, sink, tally, meter, settings.strict)
    return tally


def _take(
    under_way: deque[tuple[Chunk, Callable[[], Done]]], sink: Sink, tally: Tally, meter: Meter, strict: bool
) -> int:
    """Waits for the oldest chunk, writes it, and says how many bytes that frees."""
    chunk, result = under_way.popleft()
    done = result()
    sink.write(done.data)
    tally.counts += done.counts
    size = chunk.size
    meter.advance(size)
    for problem in done.problems:
        if strict:
            tally.stopped = problem
            break
        meter.complain(problem)
    return size


def chunks(source: Source, name: str, limits: Limits = LIMITS) -> Iterator[Chunk]:
    """The lines of the source, several at a time. A line over the limit passes through in pieces."""
    number = first = 1
    held: list[bytes] = []
    size = 0
    while line := source.readline(limits.line_bytes + 1):
        too_long = len(line) > limits.line_bytes and not line.endswith(b"\n")
        if held and (too_long or len(held) == limits.chunk_lines or size + len(line) > limits.chunk_bytes):
            yield Chunk(first, tuple(held))
            first, held, size = number, [], 0
        if too_long:
            yield from _pieces(source, line, number, name, limits)
            first = number + 1
        else:
            held.append(line)
            size += len(line)
        number += 1
    if held:
        yield Chunk(first, tuple(held))


def _pieces(source: Source, piece: bytes, number: int, name: str, limits: Limits) -> Iterator[Chunk]:
    problem = LocalProtocolError(
        f"a line of more than {limits.line_bytes} bytes is not parsed",
        path=f"{name}:{number}:1",
        remedy="is it one record per line?",
    )
    yield Chunk(number, (piece,), verbatim=True, problem=problem)
    while not piece.endswith(b"\n") and (piece := source.readline(limits.chunk_bytes)):
        yield Chunk(number, (piece,), verbatim=True)


def repair_chunk(chunk: Chunk, settings: Settings) -> Done:
    """Repairs the lines of one chunk. A strict run gets what stands before the first bad line."""
    if chunk.verbatim:
        return _verbatim(chunk, settings)
    counts: Counter[str] = Counter()
    problems: list[LocalProtocolError] = []
    written: list[bytes] = []
    for number, line in enumerate(chunk.lines, chunk.first):
        if not line.strip():
            written.append(line)
            continue
        try:
            repaired = repair(line, number, settings)
        except LocalProtocolError as problem:
            counts["unreadable"] += 1
            problems.append(problem)
            if settings.strict:
                break
            written.append(line)
        else:
            counts[repaired.kind] += 1
            written.append(repaired.data)
    return Done(b"".join(written), counts, tuple(problems))


def _verbatim(chunk: Chunk, settings: Settings) -> Done:
    if chunk.problem is None:
        return Done(chunk.lines[0], Counter())
    data = b"" if settings.strict else chunk.lines[0]
    return Done(data, Counter(unreadable=1), (chunk.problem,))


@contextlib.contextmanager
def _workers(settings: Settings, jobs: int) -> Generator[Submit, None, None]:
    """A way to have a chunk repaired: in this process, or in `jobs` others."""
    if jobs == 1:
        yield lambda chunk: partial(repair_chunk, chunk, settings)
        return
    pool = ProcessPoolExecutor(
        jobs, multiprocessing.get_context("spawn"), initializer=_start_worker, initargs=(settings,)
    )

    def submit(chunk: Chunk) -> Callable[[], Done]:
        if chunk.verbatim:
            return partial(_verbatim, chunk, settings)
        with _interrupts_held():
            return pool.submit(_repair_in_worker, chunk).result

    try:
        yield submit
    except BrokenProcessPool:
        raise MoonwireError(
            "a worker process died, perhaps for want of memory", remedy="--jobs 1 does without them"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def _interrupts_held() -> Generator[None, None, None]:
    """Ctrl-C is for this process, which then ends the workers; those started meanwhile inherit the mask."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# Set once in each worker, so that the tools do not travel with every chunk.
_worker_settings: Settings | None = None


def _start_worker(settings: Settings) -> None:
    global _worker_settings
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker_settings = settings


def _repair_in_worker(chunk: Chunk) -> Done:
    assert _worker_settings is not None
    return repair_chunk(chunk, _worker_settings)
