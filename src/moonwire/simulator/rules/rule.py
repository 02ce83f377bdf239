"""What a rule is: a check, the words of its refusal, where it holds, and since when."""

from collections.abc import Callable, Iterable
from typing import Final, TypedDict, Unpack

import msgspec

from moonwire.core.catalogue.endpoints import Endpoint
from moonwire.simulator.rules.ask import Ask
from moonwire.simulator.rules.edition import Edition
from moonwire.simulator.rules.refused import INVALID, Refused

__all__ = ["Check", "Rule", "first_refusal", "holds", "holds_at", "invalid", "rule"]

Check = Callable[[Ask], Refused | str | None]
"""What is wrong: a refusal, its bare words where it is an ordinary 400, or nothing."""

GROUPS: Final[dict[str, Callable[[Endpoint], bool]]] = {
    "own": lambda place: place.rules == "own",
    "moonshot": lambda place: bool(place.rules),
    "self-hosted": lambda place: place.name in ("vllm", "sglang", "dynamo"),
    "coding": lambda place: place.name.split("-")[0] == "coding",
    "platform": lambda place: place.name.split("-")[0] == "platform",
    "any": lambda place: place.known,
}
"""Names for several endpoints; any other word in `at` is an endpoint's own name."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One refusal. `docs/simulator.md` lists them all."""

    name: str
    check: Check
    at: tuple[str, ...]
    source: str
    since: str = ""
    """The first month in which it is known to hold; empty: from the beginning."""
    until: str = ""
    """The first month in which it is known not to hold any more; empty: it holds today."""
    strictest: str = ""
    """Why `strictest` leaves it out; empty: it does not."""
    only_strictest: bool = False
    """Whether it is known from single reports only, so that no month has it."""
    verifier: bool | None = None
    """Whether the public verifier wants it refused; none: as in the last month."""
    recorded: bool = True
    """Whether the words are on record; where they are not, they are the simulator's own."""

    @property
    def meaning(self) -> str:
        """What it refuses, in the words of the check's docstring."""
        return (self.check.__doc__ or "").strip().splitlines()[0].rstrip(".")


class Rest(TypedDict, total=False):
    """What a rule may say beside its name, its endpoints and its source; the fields of `Rule` explain it."""

    since: str
    until: str
    strictest: str
    only_strictest: bool
    verifier: bool
    recorded: bool


def rule(name: str, at: str, source: str, **rest: Unpack[Rest]) -> Callable[[Check], Rule]:
    """Makes a rule of the check below it; `at` names endpoints and groups of them."""

    def made(check: Check) -> Rule:
        return Rule(name=name, check=check, at=tuple(at.split()), source=source, **rest)

    return made


def invalid(words: str) -> str:
    """The words behind what Moonshot mostly begins a 400 with."""
    return f"Invalid request: {words}"


def holds(one: Rule, edition: Edition) -> bool:
    """Whether the edition has the rule."""
    if edition.kind == "strictest":
        return not one.strictest
    if edition.kind == "verifier" and one.verifier is not None:
        return one.verifier
    if one.only_strictest:
        return False
    month = edition.month
    return (not one.since or one.since <= month) and (not one.until or month < one.until)


def holds_at(one: Rule, place: Endpoint) -> bool:
    """Whether the rule is one of this endpoint's."""
    return any(GROUPS[word](place) if word in GROUPS else word == place.name for word in one.at)


def first_refusal(rules: Iterable[Rule], ask: Ask) -> Refused | None:
    """One request is told one thing, as by the real server (mfjs.md 8)."""
    for one in rules:
        found = one.check(ask)
        if found is not None:
            refused = Refused(found, 400, INVALID) if isinstance(found, str) else found
            return msgspec.structs.replace(refused, rule=one.name)
    return None
