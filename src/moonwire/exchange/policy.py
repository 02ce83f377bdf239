"""What to do after a failure: repair once, try again after a wait, go elsewhere, or tell the caller.

Pure decisions; `exchange` carries them out. Chance and time are given to them.
"""

from collections.abc import Callable
from typing import Final, Literal

import msgspec

from moonwire.core.catalogue import Target
from moonwire.core.errors import (
    Auth,
    ClientGated,
    ContentFiltered,
    ContextOverflow,
    LocalProtocolError,
    ModelNotFound,
    MoonwireError,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    Refusal,
    RemoteProtocolError,
    ServerFailure,
    StructuralRefusal,
    TransportError,
)
from moonwire.core.notes import Note
from moonwire.core.refusals import Repair, Verdict, useful
from moonwire.core.settings import Settings
from moonwire.exchange.config import Retries
from moonwire.transport import ClientClosed, TotalTimeout

__all__ = ["GIVE_UP", "Next", "Tries", "after_failure", "after_refusal", "falls_back"]

FINAL: Final = (Auth, ClientGated, ContentFiltered, QuotaExhausted, ContextOverflow, ModelNotFound)
"""What another try meets again (kimi-api.md K2)."""

ELSEWHERE: Final = (Overloaded, RateLimited, ServerFailure, QuotaExhausted, ModelNotFound, TransportError)
"""What another upstream may do better: it has its own capacity, account and models."""

TRIES: Final[dict[type[MoonwireError], int]] = {
    RateLimited: 3,
    Overloaded: 3,
    ServerFailure: 2,
    StructuralRefusal: 1,
}
"""Retries by class; of what is not here, two."""


HOPELESS: Final = (ClientClosed, TotalTimeout)
"""Of failures: moonwire ends, or the time that the operator gives one request is over."""

LONG: Final = 2.0
"""A longer wait that a server asks for is not waited for where another upstream can be asked."""


class Next(msgspec.Struct, frozen=True, kw_only=True):
    """The decision: `wait` seconds before a retry, or the repair to make first."""

    do: Literal["repair", "retry", "give-up"]
    wait: float = 0.0
    repair: Repair | None = None


class Tries:
    """What one request has cost so far: `sent` and `waited` over all its hops, the rest at this one."""

    def __init__(self, *, again: bool = False) -> None:
        self.again = again
        """Whether the caller is trying again itself, as it does where nothing got through."""
        self.sent = 0
        self.waited = 0.0
        self.notes: list[Note] = []
        self.place = 0
        """The hop of the route that is asked, or is to be asked first."""
        self.further = 0
        """How many usable hops are behind it; a try is kept for each."""
        self.repaired: set[str] = set()
        self.retried: dict[str, int] = {}

    def begin_hop(self, place: int, further: int) -> None:
        """Another server: what was said and tried at the one before does not count here."""
        if place != self.place:
            self.repaired, self.retried = set(), {}
        self.place, self.further = place, further

    def may_send(self, retries: Retries) -> bool:
        """Whether the request's budget has another try at this hop."""
        return self.sent + self.further < retries.attempts


GIVE_UP: Final = Next(do="give-up")


def after_refusal(
    verdict: Verdict,
    target: Target,
    settings: Settings,
    tries: Tries,
    retries: Retries,
    draw: Callable[[], float],
    *,
    spare: bool = False,
) -> Next:
    """What to do after the server said no. `spare`: another key could be used at once."""
    refusal = verdict.refusal
    name = type(refusal).__name__
    if not tries.may_send(retries):
        return GIVE_UP
    action = verdict.action
    if action == "repair":
        # One repair for each thing that was said; what would change nothing is no repair.
        for repair in verdict.repairs:
            kind = repair.code
            if kind in tries.repaired or not useful(repair, target, settings):
                continue
            tries.repaired.add(kind)
            return Next(do="repair", repair=repair)
        action = verdict.otherwise
    if action != "retry" or isinstance(refusal, FINAL):
        return GIVE_UP
    most = TRIES.get(type(refusal), 2)
    if verdict.attempts is not None:
        most = min(most, verdict.attempts)
    told = verdict.retry_after
    if spare and isinstance(refusal, RateLimited):
        # The limit is the key's; overload is the server's, and no other key helps (kimi-api.md K2).
        return _again(name, most, 0.0, tries, retries, lambda: 0.0)
    return _again(name, most, told, tries, retries, draw)


def after_failure(
    error: TransportError | RemoteProtocolError, tries: Tries, retries: Retries, draw: Callable[[], float]
) -> Next:
    """What to do after the connection failed, or what came was no answer."""
    if isinstance(error, HOPELESS) or tries.again or not tries.may_send(retries):
        return GIVE_UP
    return _again("connection", 2, None, tries, retries, draw)


def _again(
    name: str, most: int, told: float | None, tries: Tries, retries: Retries, draw: Callable[[], float]
) -> Next:
    done = tries.retried.get(name, 0)
    if done >= most or (tries.further and told is not None and told > LONG):
        return GIVE_UP
    # Full jitter: clients that failed together do not come back together.
    wait = draw() * min(retries.longest, retries.base * 2**done) if told is None else told + 0.1 * draw()
    if tries.waited + wait > retries.wait:
        return GIVE_UP
    tries.retried[name] = done + 1
    tries.waited += wait
    return Next(do="retry", wait=wait)


def falls_back(error: MoonwireError) -> bool:
    """Whether the next hop of a route may do better.

    >>> falls_back(Overloaded("busy")), falls_back(StructuralRefusal("no such role"))
    (True, False)
    """
    if isinstance(error, LocalProtocolError):
        return False
    if isinstance(error, Refusal):
        return isinstance(error, ELSEWHERE)
    return isinstance(error, TransportError | RemoteProtocolError)
