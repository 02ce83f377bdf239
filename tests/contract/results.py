"""From parsers and cases to cells."""

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tests.contract.deliveries import HOSTILE, pieces
from tests.contract.k2_cases import K2_CASES
from tests.contract.k3_cases import K3_CASES
from tests.contract.table import Case, Cell, Parser, Reading, differs

__all__ = [
    "CASES",
    "HOSTILE_KEYS",
    "KEYS",
    "Capture",
    "cell",
    "cells",
    "hostile_cell",
    "load_captures",
    "save_captures",
]

CASES: list[Case] = [*K2_CASES, *K3_CASES]
HOSTILE_KEYS = [f"{family}: {name}" for family in ("k2", "k3") for name in HOSTILE]
KEYS = [*(case.key for case in CASES), *HOSTILE_KEYS]
# What this suite cannot ask of a peer, because it would be asking its own stand-in for the server.
NOT_ASKED = {
    ("mlx-lm", "k2: two sections, prose between"): "its server finds the sections, and is not run here"
}
CAPTURES = Path(__file__).with_name("captures.json")


class Capture(msgspec.Struct, frozen=True):
    """What one version of a peer did, when this suite ran it. `cells` are empty where all was right."""

    version: str
    cells: dict[str, str]


def cells(parser: Parser) -> dict[str, Cell]:
    """All of the parser's cells, run now."""
    found = {case.key: cell(parser, case) for case in CASES}
    for family in ("k2", "k3"):
        good = [case for case in CASES if case.family == family and found[case.key].state == "pass"]
        for name in HOSTILE:
            found[f"{family}: {name}"] = hostile_cell(parser, family, name, good)
    return found


def cell(parser: Parser, case: Case) -> Cell:
    """One case: whole, and in pieces where the parser takes pieces."""
    if reason := _no_question(parser, case):
        return Cell("not applicable", reason)
    wrong: dict[str, str] = {}
    if not case.want.early:
        wrong["whole"] = _try(parser, case, None)
    if not parser.whole_only:
        wrong["stream"] = _try(parser, case, pieces(case.text))
    said = set(wrong.values())
    if said == {""}:
        return Cell("pass")
    if len(said) == 1:
        return Cell("known-broken", said.pop())
    return Cell("known-broken", "; ".join(f"{how}: {what or 'right'}" for how, what in wrong.items()))


def hostile_cell(parser: Parser, family: str, name: str, cases: Sequence[Case]) -> Cell:
    """The cases that come out right in pieces must come out the same in these ones."""
    if family not in parser.families:
        return Cell("not applicable", f"has no {family.upper()} grammar")
    if parser.whole_only:
        return Cell("not applicable", "reads whole texts only")
    if family in parser.token_bound:
        return Cell("not applicable", "reads token ids, and half a token never comes")
    if not cases:
        return Cell("unimplemented", "no case comes out right that could be cut up")
    total = changed = 0
    for case in cases:
        usual = _same(_read(parser, case, pieces(case.text)))
        for chunks in HOSTILE[name](case.text):
            total += 1
            changed += _same(_read(parser, case, chunks)) != usual
    if not changed:
        return Cell("pass")
    share = 100 * changed / total
    return Cell("known-broken", f"{max(share, 1):.0f} % come out differently")


def _no_question(parser: Parser, case: Case) -> str:
    """Why the case asks this parser nothing; empty where it does."""
    if case.family not in parser.families:
        return f"has no {case.family.upper()} grammar"
    if case.want.finish is not None and "finish" not in parser.reports:
        return "the server around it says why the model stopped"
    if case.want.early and parser.whole_only:
        return "reads whole texts only"
    if reason := NOT_ASKED.get((parser.name, case.key)):
        return reason
    about_calls = case.want.calls or case.want.cut or case.want.malformed
    if not about_calls and "text" not in parser.reports:
        return "extracts calls and nothing else"
    return ""


def _try(parser: Parser, case: Case, chunks: Sequence[str] | None) -> str:
    got = _read(parser, case, chunks)
    if isinstance(got, str):
        return got
    return differs(case, got, strict=parser.name == "moonwire")


def _read(parser: Parser, case: Case, chunks: Sequence[str] | None) -> Reading | str:
    """The reading, or what the peer raised."""
    if parser.name == "moonwire":
        got = parser.read(case, chunks)
    else:
        try:
            got = parser.read(case, chunks)
        except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
            return f"raises {type(error).__name__}"
    return got


def _same(got: Reading | str) -> Reading | str:
    """Without the one thing that may depend on the pieces: whether an argument came early."""
    return got if isinstance(got, str) else msgspec.structs.replace(got, early=None)


def load_captures() -> dict[str, Capture]:
    """What is kept of the peers' runs, by name."""
    return msgspec.json.decode(CAPTURES.read_bytes(), type=dict[str, Capture])


def save_captures(captures: dict[str, Capture]) -> None:
    """Keep them, in a form that shows well in a diff."""
    plain = {name: msgspec.to_builtins(capture) for name, capture in sorted(captures.items())}
    CAPTURES.write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
