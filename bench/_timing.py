"""Timing on a machine that does other things too: short interleaved rounds, the best of each.

The collector of cycles is off while a round is timed and runs between rounds: it walks whatever else
the process holds, which is not the parser's cost. What a round keeps alive (its events) it drops
before the next. The minimum of the rounds is what the code costs when nothing disturbs it; all
subjects take turns within a round, so that a slow second of the machine hits them alike.
"""

import gc
import time
from collections.abc import Callable, Mapping

__all__ = ["best_times"]


def best_times(subjects: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The best time of each subject, which times itself, over so many interleaved rounds."""
    best = dict.fromkeys(subjects, float("inf"))
    for _ in range(rounds):
        for name, subject in subjects.items():
            gc.collect()
            gc.disable()
            try:
                best[name] = min(best[name], subject())
            finally:
                gc.enable()
    return best


def seconds(work: Callable[[], object]) -> float:
    """How long one run takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
