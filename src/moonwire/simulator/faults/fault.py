"""One fault that happens to one request: its kind, and what was set of it."""

from collections.abc import Mapping
from math import isinf
from typing import Any

import msgspec

from moonwire.simulator.faults.draws import number
from moonwire.simulator.faults.kinds import KINDS, Verdict
from moonwire.simulator.faults.refusals import REFUSALS

__all__ = ["Fault"]


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What `Running.pick` chose. Equal faults do the same to equal answers, byte for byte."""

    kind: str
    values: Mapping[str, Any]
    """Every parameter of the kind, as set or by default."""
    rule: int = 1
    """Which `[[fault]]` of the schedule it is, from 1."""
    request: int = 1
    path: str = "/v1/chat/completions"
    seed: int = 0

    def name(self) -> str:
        """The kind, with the error's name where the kind is many.

        >>> Fault(kind="status", values={"error": "quota"}).name()
        'status:quota'
        """
        error = self.values.get("error")
        return f"{self.kind}:{error}" if error else self.kind

    def describe(self) -> str:
        """One line for a log or a recording.

        >>> Fault(kind="reset", values={"after": None, "events": 3}, rule=2, request=7).describe()
        'reset events=3 (rule 2, request 7)'
        """
        # Where the place is one of bytes, the events say nothing.
        unsaid = "events" if self.values.get("after") is not None else ""
        told = [
            f"{name}={_told(value)}"
            for name, value in self.values.items()
            if value is not None and name != unsaid
        ]
        return f"{' '.join([self.kind, *told])} (rule {self.rule}, request {self.request})"

    def verdict(self, *, stream: bool = True) -> Verdict:
        """What is left to a correct client, as the table has it, but for what was set.

        >>> Fault(kind="status", values={"error": "quota"}).verdict()
        'final'
        """
        values = self.values
        if self.kind == "status":
            return REFUSALS[values["error"]].verdict
        if self.kind == "error-event":
            return "broken" if stream and values["events"] else "retryable"
        if self.kind == "duplicate" and stream and values["which"] in {"finish", "done"}:
            return "harmless"
        if self.kind == "huge" and values["which"] == "content":
            return "broken"
        if isinf(values.get("seconds", 0.0)) and self.kind != "refuse":
            early = self.kind == "slow-headers" or values.get("where") == "headers"
            return "retryable" if early or self._at_once() else "broken"
        if self.kind in {"reset", "close"} and self._at_once():
            return "retryable"
        return KINDS[self.kind].verdict

    def draw(self, below: int, *label: int | str) -> int:
        """A number below another, that of this request and this label."""
        return number(below, self.seed, self.rule, self.request, *label)

    def _at_once(self) -> bool:
        """Whether it happens before a byte of the body."""
        after = self.values.get("after")
        return (self.values.get("events") if after is None else after) == 0


def _told(value: Any) -> str:
    """A value as TOML would have it, near enough to be copied."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
