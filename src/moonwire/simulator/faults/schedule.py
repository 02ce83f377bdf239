"""Which requests fail, and how: a seeded schedule, a pure function of the requests in their order.

    seed = 7                       # the same seed, the same faults; 0 without

    [[fault]]                      # the first that applies to a request happens to it
    kind = "reset"                 # see `KINDS`, or docs/faults.md
    chance = 0.1                   # one of these four; none of them: every request
    # at = [3, 10]                 # these requests, counted from 1
    # every = 5                    # each fifth
    # first = 2                    # the first two
    path = "/v1/chat/completions"  # only there (or a list); else wherever an answer is generated
    stream = true                  # only streams; false: only whole answers
    attempts = 1                   # no more once it happened so often
    match = "weather"              # only where this text occurs in the request's body
    events = 3                     # what the kind takes

`moonwire.simulator.faults.reading.load` reads it.
"""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from moonwire.simulator.faults.draws import share
from moonwire.simulator.faults.fault import Fault

__all__ = ["Faults", "Rule", "Running", "generates"]


def generates(path: str) -> bool:
    """Whether answers are generated at a path, in any of the dialects.

    >>> generates("/v1/chat/completions"), generates("/v1/models")
    (True, False)
    """
    plain = path.partition("?")[0].rstrip("/")
    return plain.endswith(("/chat/completions", "/messages", "/responses"))


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One `[[fault]]`: when, and what. Of the four ways to say when, at most one is set."""

    kind: str
    values: Mapping[str, Any]
    chance: float | None = None
    at: tuple[int, ...] | None = None
    every: int | None = None
    first: int | None = None
    path: tuple[str, ...] = ()
    stream: bool | None = None
    attempts: int | None = None
    match: str | None = None

    def applies(self, path: str, stream: bool, body: bytes) -> bool:
        """Whether it is about such a request, whatever its number."""
        if self.path:
            # A query says nothing about where it goes.
            if path.partition("?")[0] not in self.path:
                return False
        elif not generates(path):
            return False
        if self.stream is not None and self.stream != stream:
            return False
        return self.match is None or _occurs(self.match, body)

    def due(self, number: int, draw: float) -> bool:
        """Whether it is this request's turn; `draw` decides about chance."""
        if self.chance is not None:
            return draw < self.chance
        if self.at is not None:
            return number in self.at
        if self.every is not None:
            return number % self.every == 0
        return self.first is None or number <= self.first


def _occurs(text: str, body: bytes) -> bool:
    """Whether a text occurs in a body as it is, or as JSON writes it, with or without escapes."""
    spelled = (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
    return any(one.encode() in body for one in spelled)


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule as read: nothing in it moves."""

    seed: int = 0
    rules: tuple[Rule, ...] = ()

    def start(self) -> "Running":
        """The schedule at its beginning, with nothing counted."""
        return Running(self)


class Running:
    """A schedule in use. What it remembers is how often each of its rules happened, for `attempts`.

    >>> from moonwire.simulator.faults.reading import load
    >>> running = load('[[fault]]\\nkind = "empty"\\nfirst = 1').start()
    >>> for number in (1, 2):
    ...     fault = running.pick(number, "/v1/chat/completions", False, b"{}")
    ...     print(fault and fault.describe())
    empty (rule 1, request 1)
    None
    """

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.counts: dict[int, int] = {}
        """How often each rule happened, by its place in the schedule from 1."""

    def pick(self, number: int, path: str, stream: bool, body: bytes) -> Fault | None:
        """What happens to this request: the first rule that is about it and whose turn it is, or nothing."""
        seed = self.faults.seed
        for place, rule in enumerate(self.faults.rules, 1):
            counted = self.counts.get(place, 0)
            if rule.attempts is not None and counted >= rule.attempts:
                continue
            # The draw is the request's and the rule's own: what other rules do does not move it.
            if rule.due(number, share(seed, "chance", place, number)) and rule.applies(path, stream, body):
                self.counts[place] = counted + 1
                return Fault(
                    kind=rule.kind, values=rule.values, rule=place, request=number, path=path, seed=seed
                )
        return None
