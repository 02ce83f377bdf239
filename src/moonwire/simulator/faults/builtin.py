"""Schedules that are there by name, for whoever wants trouble without writing it down."""

from difflib import get_close_matches
from typing import Final

from moonwire.core.errors import LocalProtocolError
from moonwire.simulator.faults.kinds import KINDS

__all__ = ["BUILTIN", "builtin"]

_FLAKY: Final = """\
# A bad network: now and then a connection breaks, before or within an answer.
seed = 1

[[fault]]
kind = "reset-before"
chance = 0.1

[[fault]]
kind = "reset"
chance = 0.1
events = 3

[[fault]]
kind = "close"
chance = 0.05
after = 200

[[fault]]
kind = "status"
error = "bad-gateway"
chance = 0.05
"""
_STALLS: Final = """\
# A busy server: late headers, silences, endings that never come.
seed = 2

[[fault]]
kind = "slow-headers"
chance = 0.2
seconds = 5

[[fault]]
kind = "stall"
chance = 0.2
seconds = 10

[[fault]]
kind = "stall"
chance = 0.05
seconds = inf

[[fault]]
kind = "no-finish-hang"
chance = 0.05
"""
_RATE_LIMITS: Final = """\
# Every way to be told to wait, in turn, and at times to be told that waiting does not help.
seed = 3

[[fault]]
kind = "status"
error = "rate-limit-text"
every = 7

[[fault]]
kind = "status"
error = "rate-limit-retry-after"
seconds = 1.5
every = 5

[[fault]]
kind = "status"
error = "rate-limit-date"
every = 4

[[fault]]
kind = "status"
error = "rate-limit"
wait = "ms"
every = 3

[[fault]]
kind = "status"
error = "overloaded"
chance = 0.2

[[fault]]
kind = "status"
error = "quota"
chance = 0.02
"""
# Of these the defaults would hold up a test for longer than the lesson is worth.
_BRIEFLY: Final = {"refuse": "seconds = 0.5\n", "stall": "seconds = 1\n", "slow-headers": "seconds = 1\n"}


def _chaos() -> str:
    """Every kind at a low chance: together they meet about two requests in five."""
    faults = [f'\n[[fault]]\nkind = "{name}"\nchance = 0.02\n{_BRIEFLY.get(name, "")}' for name in KINDS]
    return "".join(["# Everything there is, now and then.\nseed = 4\n", *faults])


BUILTIN: Final[dict[str, str]] = {
    "flaky": _FLAKY,
    "stalls": _STALLS,
    "rate-limits": _RATE_LIMITS,
    "chaos": _chaos(),
}
"""The schedules' texts by their names."""


def builtin(name: str) -> str:
    """The text of a schedule that has a name, to be read, or to be written to a file and changed.

    >>> builtin("flakey")
    Traceback (most recent call last):
    ...
    moonwire.core.errors.LocalProtocolError: no schedule is called flakey (did you mean flaky?)
    """
    if name not in BUILTIN:
        near = get_close_matches(name, list(BUILTIN), n=1)
        remedy = f"did you mean {near[0]}?" if near else f"one of {', '.join(BUILTIN)}, or a file"
        raise LocalProtocolError(f"no schedule is called {name}", remedy=remedy)
    return BUILTIN[name]
