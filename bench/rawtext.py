"""What reading raw text costs: `make bench`, or `python bench/rawtext.py`.

Everything is a ratio within one run: to the floor (one method call and one list append per chunk), to
the same parser at 1 KB, to `json.loads` of the same arguments. Nothing fails; a bar that is missed
says so. `BENCH_QUICK=1` only shows that it runs. `bench/README.md` says what is measured and how.
"""

import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from _inputs import (
    INPUTS,
    TOOLS,
    Text,
    many_small_values,
    one_string,
    parallel_calls,
    small_scalars,
    whole_call,
)
from _subjects import floor, ours, parser_for, peer_subjects
from _timing import best_times, seconds

from moonwire import __version__, fold, parse_text

QUICK = bool(os.environ.get("BENCH_QUICK"))
ROUNDS = 2 if QUICK else 15
SIZE = 16 * 1024 if QUICK else 256 * 1024
SMALL = 1024
MICRO = 1e6
FLAT_BAR = 1.2
PEER_LIMIT = 1.0 if QUICK else 15.0


def bar(ratio: float, limit: float | None) -> str:
    """How the ratio stands to its bar."""
    if limit is None:
        return ""
    return f"bar {limit:g} {'ok' if ratio <= limit else 'MISSED'}"


def per_chunk() -> None:
    """Each kind of text against the floor."""
    print(f"\nPer chunk, {SIZE // 1024} KB in 4-character chunks, each marker one chunk\n")
    print(f"{'':30}{'floor µs':>10}{'µs/chunk':>10}{'× floor':>9}")
    for kind in INPUTS:
        text = kind.make(SIZE)
        best = best_times(
            {"floor": lambda t=text: floor(t.chunks, 1), "ours": lambda t=text: ours(t, 1)}, ROUNDS
        )
        ratio = best["ours"] / best["floor"]
        times = f"{best['floor'] * MICRO:10.3f}{best['ours'] * MICRO:10.3f}"
        print(f"{kind.name:30}{times}{ratio:9.1f}  {bar(ratio, kind.bar)}")


def flatness() -> None:
    """The same per chunk at 1 KB and at full size: as many chunks in all, so equally long rounds."""
    print(f"\nFlatness: cost per chunk at {SIZE // 1024} KB over that at 1 KB, construction apart\n")
    print(f"{'':30}{'1 KB µs':>10}{'big µs':>10}{'ratio':>9}")
    made = [(kind.name, kind.make(SMALL), kind.make(SIZE)) for kind in INPUTS if "parallel" not in kind.name]
    calls = 100 if QUICK else 1000
    made.append((f"{calls:,} parallel calls over 10", parallel_calls(10), parallel_calls(calls)))
    for name, small, big in made:
        repeats = max(1, len(big.chunks) // len(small.chunks))
        best = best_times(
            {
                "small": lambda t=small, n=repeats: ours(t, n),
                "big": lambda t=big: ours(t, 1),
            },
            ROUNDS,
        )
        ratio = best["big"] / best["small"]
        times = f"{best['small'] * MICRO:10.3f}{best['big'] * MICRO:10.3f}"
        print(f"{name:30}{times}{ratio:9.2f}  {bar(ratio, FLAT_BAR)}")


def construction() -> None:
    """What a parser costs before its first chunk."""
    text = parallel_calls(1)
    count = 50 if QUICK else 500
    best = best_times({"make": lambda: seconds(lambda: [parser_for(text) for _ in range(count)])}, ROUNDS)
    print(f"\nConstruction of a parser with {len(TOOLS)} tools: {best['make'] / count * MICRO:.1f} µs")


def whole() -> None:
    """One call, one text, one `parse_text`, against `json.loads` of its arguments."""
    print(f"\nWhole text, one K2 call of {SIZE // 1024} KB, against json.loads of its arguments\n")
    print(f"{'':30}{'loads ms':>10}{'parse ms':>10}{'ratio':>9}")
    rows = (
        ("many short strings", many_small_values(SIZE), 1.0),
        ("many small values", small_scalars(SIZE), 1.0),
        ("one string", one_string(SIZE), 6.0),
    )
    for name, arguments, limit in rows:
        text = whole_call(arguments)
        subjects: dict[str, Callable[[], float]] = {
            "loads": lambda a=arguments: seconds(lambda: json.loads(a)),
            "parse": lambda t=text: seconds(lambda: parse_text(t, family="k2", tools=TOOLS)),
        }
        best = best_times(subjects, ROUNDS * 3)
        ratio = best["parse"] / best["loads"]
        times = f"{best['loads'] * 1e3:10.3f}{best['parse'] * 1e3:10.3f}"
        print(f"{name:30}{times}{ratio:9.2f}  {bar(ratio, limit)}")


def right(text: Text) -> bool:
    """Whether ours comes out as it must, in the same pieces."""
    parser = parser_for(text)
    events = [event for chunk in text.chunks for event in parser.feed(chunk)]
    reply = fold([*events, *parser.finish("stop")])
    calls = [(call.name, call.arguments) for call in reply.calls]
    return calls == text.calls and (reply.text, reply.reasoning or "") == (text.text, text.reasoning)


def beside_peers() -> None:
    """The same pieces through every peer found here: right or not, and µs per chunk at two sizes."""
    found = peer_subjects()
    print("\nBeside peers: µs per chunk at 1 KB and at full size, and whether the full size came out right\n")
    if not found:
        print("none installed here; bench/README.md says how")
    for kind in INPUTS:
        small, big = kind.make(SMALL), kind.make(SIZE)
        best = best_times({"small": lambda t=small: ours(t, 20), "big": lambda t=big: ours(t, 1)}, 3)
        print(f"{kind.name}")
        line = f"{best['small'] * MICRO:10.2f}{best['big'] * MICRO:10.2f}"
        print(f"  {'moonwire ' + __version__:28}{line}  {'right' if right(big) else 'WRONG'}")
        for subject in found:
            if not subject.takes(big):
                continue
            first = min(subject.per_chunk(small, PEER_LIMIT) or 0.0 for _ in range(5)) * MICRO
            full = subject.per_chunk(big, PEER_LIMIT)
            if full is None:
                print(f"  {subject.name:28}{first:10.2f}{'':>4}over {PEER_LIMIT:g} s, stopped")
                continue
            verdict = "right" if subject.right(big) else "WRONG"
            print(f"  {subject.name:28}{first:10.2f}{full * MICRO:10.2f}  {verdict}")


def main() -> None:
    """All of it."""
    print(f"moonwire {__version__}, Python {platform.python_version()}, {platform.machine()}")
    print(f"best of {ROUNDS} interleaved rounds{' (BENCH_QUICK: the numbers mean little)' if QUICK else ''}")
    per_chunk()
    flatness()
    construction()
    whole()
    beside_peers()


if __name__ == "__main__":
    main()
