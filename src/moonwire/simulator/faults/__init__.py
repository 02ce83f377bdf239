"""Faults on purpose: a seeded schedule says which answers fail and how, and each becomes a list of steps.

    faults = load(text, "faults.toml").start()
    fault = faults.pick(number, path, stream, body)
    for step in steps(fault, Planned(status, headers, pieces), now=now):
        ...

`load` reads a schedule (`schedule.py` has the grammar), `builtin` knows some by name, `KINDS` is the
table of what there is. Nothing here waits, reads a clock or touches a socket.
"""

from moonwire.simulator.faults.apply import steps
from moonwire.simulator.faults.builtin import BUILTIN, builtin
from moonwire.simulator.faults.fault import Fault
from moonwire.simulator.faults.kinds import KINDS, markdown_table
from moonwire.simulator.faults.reading import load
from moonwire.simulator.faults.schedule import Faults, Running
from moonwire.simulator.faults.steps import (
    TERMINAL,
    Close,
    End,
    Hang,
    Head,
    Planned,
    Refuse,
    Reset,
    Send,
    Step,
    Wait,
)

__all__ = [
    "BUILTIN",
    "KINDS",
    "TERMINAL",
    "Close",
    "End",
    "Fault",
    "Faults",
    "Hang",
    "Head",
    "Planned",
    "Refuse",
    "Reset",
    "Running",
    "Send",
    "Step",
    "Wait",
    "builtin",
    "load",
    "markdown_table",
    "steps",
]
