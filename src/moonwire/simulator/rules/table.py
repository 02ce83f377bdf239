"""All rules in the order in which they are asked, and which of them an endpoint keeps."""

from typing import Final

from moonwire.core.catalogue.endpoints import Endpoint
from moonwire.core.errors import LocalProtocolError
from moonwire.simulator.rules import account, fields, messages, reasoning, size, tools, vendors
from moonwire.simulator.rules.edition import Edition
from moonwire.simulator.rules.rule import Rule, holds, holds_at

__all__ = ["EXCLUDED", "TABLE", "kept", "markdown_table"]

TABLE: Final[tuple[Rule, ...]] = (
    *size.FIRST,
    *account.RULES,
    *messages.RULES,
    *fields.RULES,
    *tools.RULES,
    *vendors.RULES,
    *reasoning.RULES,
    *size.RULES,
)
"""The particular follows the general: what has no shape is said before what has the wrong value."""

EXCLUDED: Final = {one.name: one.strictest for one in TABLE if one.strictest}
"""What `strictest` leaves out, and why."""


def kept(place: Endpoint, edition: Edition, without: tuple[str, ...] = ()) -> tuple[Rule, ...]:
    """The rules of this endpoint in this edition.

    >>> from moonwire.core.catalogue.endpoints import find_endpoint
    >>> from moonwire.simulator.rules.edition import edition
    >>> names = [one.name for one in kept(find_endpoint("platform"), edition("latest"))]
    >>> "reasoning-calls" in names, "sampling" in names
    (False, True)
    """
    known = {one.name for one in TABLE}
    for name in without:
        if name not in known:
            raise LocalProtocolError(
                f"there is no rule called {name!r}",
                path="without",
                remedy="`moonwire simulate --list-rules` names them",
            )
    return tuple(
        one for one in TABLE if holds_at(one, place) and holds(one, edition) and one.name not in without
    )


def _when(one: Rule) -> str:
    if one.only_strictest:
        return "`strictest` only"
    since, until = one.since and f"from {one.since}", one.until and f"until {one.until}"
    return ", ".join(filter(None, (since, until))) or "always"


def markdown_table() -> str:
    """The rules as a table of Markdown, one row each."""
    lines = ["| rule | refuses | at | when | words | source |", "|---|---|---|---|---|---|"]
    for one in TABLE:
        when = _when(one) + (f"; not in `strictest` ({one.strictest})" if one.strictest else "")
        if one.verifier is not None:
            when += "; in `verifier`" if one.verifier else "; not in `verifier`"
        words = "recorded" if one.recorded else "ours"
        cells = (f"`{one.name}`", one.meaning, ", ".join(one.at), when, words, one.source)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
