"""Every fault there is, each with what a caller may then expect of its answer."""

from dataclasses import dataclass
from typing import Final, Literal

from moonwire.simulator.faults.kinds import KINDS

__all__ = ["ROWS", "Row", "Want", "row_of", "toml"]

Want = Literal["right", "again", "broken", "final", "filtered", "doubled"]
"""What is left to a caller whose last try met the fault:

- right: the answer, whole and exact;
- again: nothing of the answer came, so it was tried again; if the budget is used up, an error as a status;
- broken: the beginning of the answer and an error; to one who did not stream it is as `again`;
- final: the server's own refusal, never asked for again;
- filtered: the beginning of the answer, and the reason `content_filter`;
- doubled: the answer with one piece of it twice, since no reader can know that it was meant once.
"""


@dataclass(frozen=True)
class Row:
    """A fault, how often it happens, and what is expected."""

    kind: str
    want: Want
    chance: float
    values: str = ""


_REFUSALS: Final[tuple[tuple[str, Want, str], ...]] = (
    ("overloaded", "again", ""),
    ("overloaded", "again", 'wait = "ms"\nseconds = 0.01'),
    ("rate-limit", "again", ""),
    ("rate-limit-text", "again", ""),
    ("rate-limit-retry-after", "again", "seconds = 0.01"),
    ("rate-limit-date", "again", "seconds = 0"),
    ("server-error", "again", ""),
    ("bad-gateway", "again", ""),
    ("unavailable", "again", ""),
    ("overloaded-529", "again", ""),
    ("timeout-504", "again", ""),
    ("request-timeout-408", "again", ""),
    ("conflict-409", "again", ""),
    ("bot-id", "again", ""),
    ("quota", "final", ""),
    ("quota-403", "final", ""),
    ("plan-quota", "final", ""),
    ("plan-monthly", "final", ""),
    ("membership-402", "final", ""),
    ("filter", "final", ""),
    ("auth", "final", ""),
    ("gated", "final", ""),
    ("too-large", "final", ""),
    ("inactive", "final", ""),
    ("terminated", "final", ""),
)

RARE: Final = {"rate-limit-date": 0.0005, "rate-limit-text": 0.0005}
"""Both say whole seconds, and all requests with the key wait for them."""

ROWS: Final[tuple[Row, ...]] = (
    Row("reset-before", "again", 0.015),
    Row("reset-headers", "again", 0.015),
    Row("reset", "broken", 0.008, "events = 1"),
    Row("reset", "broken", 0.01, "events = 12"),
    Row("reset", "broken", 0.008, "after = 1500"),
    Row("close", "broken", 0.008, "events = 12"),
    Row("close", "broken", 0.008, "after = 1500"),
    Row("stall", "right", 0.012, "seconds = 0.02"),
    Row("stall", "right", 0.008, 'seconds = 0.02\nwhere = "headers"'),
    Row("stall", "broken", 0.001, "seconds = inf\nevents = 12"),
    Row("slow-headers", "right", 0.012, "seconds = 0.02"),
    Row("drip", "right", 0.004, "seconds = 0\nbytes = 13"),
    Row("empty", "again", 0.012),
    Row("not-json", "again", 0.012),
    Row("content-type", "right", 0.012),
    Row("gzip", "right", 0.012),
    Row("half-character", "right", 0.008, "seconds = 0.001"),
    Row("garbage", "right", 0.012),
    Row("huge", "right", 0.004, "bytes = 300000"),
    Row("cut-json", "broken", 0.012, "events = 12"),
    Row("no-finish", "broken", 0.012),
    Row("no-done", "right", 0.012),
    Row("no-finish-hang", "broken", 0.001),
    Row("duplicate", "right", 0.006, 'which = "done"'),
    Row("duplicate", "right", 0.006, 'which = "finish"'),
    Row("duplicate", "right", 0.006, 'which = "reasoning"'),
    Row("duplicate", "doubled", 0.006, 'which = "content"'),
    Row("error-event", "broken", 0.008, "events = 12"),
    Row("error-event", "broken", 0.006, 'error = "rate-limit"\nevents = 12\ndone = true'),
    Row("error-event", "again", 0.006, 'error = "server-error"\nevents = 0'),
    Row("filter", "filtered", 0.006),
    Row("filter", "filtered", 0.006, 'where = "content"'),
    *(
        Row(
            "status", want, RARE.get(error, 0.008 if want == "again" else 0.002), f'error = "{error}"\n{more}'
        )
        for error, want, more in _REFUSALS
    ),
)

# A refused connection is a try that the simulator does not see: it has a test of its own.
assert {row.kind for row in ROWS} | {"refuse"} == set(KINDS), "a kind of fault is missing here"


def toml(seed: int) -> str:
    """The schedule, as the simulator reads it."""
    faults = [f'\n[[fault]]\nkind = "{row.kind}"\nchance = {row.chance}\n{row.values}\n' for row in ROWS]
    return "".join([f"seed = {seed}\n", *faults])


def row_of(described: str) -> Row:
    """The row of a fault that happened, from the simulator's own words."""
    return ROWS[int(described.rsplit("(rule ", 1)[1].split(",")[0]) - 1]
