"""The contract's vocabulary: a case, what must come out, what a parser read, and what is a cell."""

import json
import re
from collections.abc import Sequence
from typing import Any, Literal, Protocol

import msgspec

from tests.core.rawtext.marks import TOOLS

__all__ = ["KINDS", "NO_CASE", "Call", "Case", "Cell", "Parser", "Reading", "State", "Want", "differs"]

Family = Literal["k2", "k3"]

# What every grammar has to show a case of, or a reason in `NO_CASE`.
KINDS = (
    "single call",
    "parallel calls",
    "text around calls",
    "missing section end",
    "missing call end",
    "missing section",
    "truncated, one call",
    "truncated, several calls",
    "malformed header",
    "malformed arguments",
    "finish reason",
    "reasoning, then a call",
    "think close omitted",
    "marker text in a string",
    "names",
    "sanitised ids",
    "number literals",
    "empty arguments",
    "layout",
    "stray markers",
    "json block",
    "streamed arguments",
    "chunkings",
)

NO_CASE: dict[tuple[str, str], str] = {
    ("k2", "json block"): "the K2 grammar has no json block: arguments are JSON as they stand",
    ("k3", "sanitised ids"): "there is no id on the K3 wire that a client could sanitise",
}


class Call(msgspec.Struct, frozen=True):
    """A tool call. `complete` is None where a parser has no notion of it."""

    name: str
    arguments: str
    complete: bool | None = None


class Want(msgspec.Struct, frozen=True):
    """What must come out. `cut` is a call under way when the text ended: never callable."""

    calls: tuple[tuple[str, str], ...] = ()
    text: str = ""
    reasoning: str = ""
    cut: tuple[str, str] | None = None
    malformed: int = 0
    finish: str | None = None
    early: bool = False


class Case(msgspec.Struct, frozen=True):
    """One row. `row` is its number in the published comparison, `source` the incident behind it.

    `literal` compares arguments literal by literal, not as values. `reason` is what the server said.
    `also` is another reading that a peer may give: where the right one is a matter of policy.
    """

    name: str
    kind: str
    text: str
    want: Want
    family: Family = "k2"
    in_reasoning: bool = False
    tools: tuple[dict[str, Any], ...] = tuple(TOOLS)
    reason: str = "stop"
    literal: bool = False
    also: Want | None = None
    row: str = ""
    source: str = ""

    @property
    def key(self) -> str:
        """The name under which results are kept."""
        return f"{self.family}: {self.name}"


class Reading(msgspec.Struct, frozen=True):
    """What a parser made of a text. None where it does not report a thing at all.

    `early` says that a call's arguments arrived before the call was over.
    """

    calls: tuple[Call, ...]
    text: str | None = None
    reasoning: str | None = None
    malformed: int | None = None
    finish: str | None = None
    early: bool | None = None


class Parser(Protocol):
    """A parser under the contract. `reports` are the fields of `Reading` that it fills.

    `whole_only` parsers cannot be fed in pieces. `token_bound` names the families that are read by
    token ids, so that pieces of a marker never arrive.
    """

    name: str
    families: frozenset[str]
    reports: frozenset[str]
    whole_only: bool
    token_bound: frozenset[str]

    def version(self) -> str | None:
        """The version found in this interpreter, None where there is none."""
        ...

    def read(self, case: Case, chunks: Sequence[str] | None) -> Reading:
        """Read the case's text: in these chunks, or whole in the parser's own way."""
        ...


State = Literal["pass", "known-broken", "not applicable", "unimplemented"]


class Cell(msgspec.Struct, frozen=True):
    """One place of the matrix; `why` says what goes wrong, or why there is nothing to say."""

    state: State
    why: str = ""


MARKUP = re.compile(r"<\|(?:tool_call|open\||close\||sep\|)")


def differs(case: Case, got: Reading, *, strict: bool) -> str:
    """What is wrong with this reading, in a few words; empty where nothing is.

    `strict` asks for the same bytes, and for the parser's own word on what is complete.
    """
    wrong = _calls(case, got, strict) or _channels(case, got, strict)
    if wrong and case.also is not None and not strict:
        other = msgspec.structs.replace(case, want=case.also, also=None)
        return wrong if differs(other, got, strict=False) else ""
    return wrong


def _calls(case: Case, got: Reading, strict: bool) -> str:
    want = case.want
    calls = list(got.calls)
    if want.cut is not None and len(calls) > len(want.calls):
        cut = calls.pop()
        if cut.complete or (cut.complete is None and _is_json(cut.arguments)):
            return "a cut call looks whole"
        if strict and (cut.name, cut.arguments) != want.cut:
            return "the cut call is not what arrived"
    elif want.cut is not None and strict:
        return "the cut call is lost"
    if len(calls) != len(want.calls):
        return f"{_count(calls)} instead of {len(want.calls)}"
    for call, (name, arguments) in zip(calls, want.calls, strict=True):
        if call.name != name:
            return f"named `{call.name}`" if not MARKUP.search(call.name) else "markup in the name"
        if call.complete is False:
            return "a whole call looks cut"
        same = call.arguments == arguments if strict else _alike(call.arguments, arguments, case.literal)
        if not same:
            return "markup in the arguments" if MARKUP.search(call.arguments) else "other arguments"
    return ""


def _channels(case: Case, got: Reading, strict: bool) -> str:
    want = case.want
    for name, value, wanted in (
        ("text", got.text, want.text),
        ("reasoning", got.reasoning, want.reasoning),
    ):
        if value is None or value == wanted:
            continue
        if MARKUP.search(value) and not MARKUP.search(wanted):
            return f"markup in the {name}"
        return f"{name} lost" if len(value) < len(wanted) else f"other {name}"
    if strict and got.malformed is not None and got.malformed != want.malformed:
        return f"{got.malformed} malformed instead of {want.malformed}"
    if want.finish is not None and got.finish is not None and got.finish != want.finish:
        return f"finish `{got.finish}`"
    if want.early and got.early is False:
        return "no argument before the call is over"
    return ""


def _count(calls: Sequence[Call]) -> str:
    return f"{len(calls)} call{'' if len(calls) == 1 else 's'}"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _as_written(number: str) -> Any:
    return ("number", number)


def _alike(got: str, want: str, literal: bool) -> bool:
    """The same JSON, or the same text where it is none."""
    if got.strip() == want.strip():
        return True
    as_written = _as_written if literal else None
    try:
        left, right = (json.loads(text, parse_int=as_written, parse_float=as_written) for text in (got, want))
    except ValueError:
        return False
    return bool(left == right)
