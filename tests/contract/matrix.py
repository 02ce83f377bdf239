"""The matrix of the contract: `python -m tests.contract.matrix`.

Prints every case against every parser: run here where a parser is found in this interpreter, kept
from an earlier run where it is not, or recorded from a published comparison. `--write PAGE` fills the
block between the markers of a page, `--check PAGE` fails when that block is stale, `--capture` keeps
what the peers found here do. The page never depends on what is installed: there the peers are as kept.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import msgspec

from tests.contract import peers, results
from tests.contract.parsers import ALWAYS
from tests.contract.published import COLUMNS, VERSIONS, published_cell
from tests.contract.results import Capture
from tests.contract.table import KINDS, NO_CASE, Cell, Parser
from tests.contract.upstream import OPEN

__all__ = ["Column", "captured_column", "columns", "main", "page_block", "render", "run_column"]

BEGIN, END = "<!-- contract matrix: begin -->", "<!-- contract matrix: end -->"
SIGNS = {"pass": "✓", "known-broken": "✗", "not applicable": "–", "unimplemented": "?", "": " "}
TITLES = {
    "moonwire": "moonwire",
    "reference": "reference extractor",
    "vllm": "vLLM",
    "sglang": "SGLang",
    "lmdeploy": "LMDeploy",
    "mlx-lm": "mlx-lm",
    "strands-sglang": "strands-sglang",
}
ADDRESSES = {
    "dynamo": "ai-dynamo/dynamo",
    "exo": "exo-explore/exo",
    "frontend-crates": "ai-dynamo/frontend-crates",
    "llama.cpp": "ggml-org/llama.cpp",
    "llxprt-code": "vybestack/llxprt-code",
    "sglang": "sgl-project/sglang",
    "typeclaw": "typeclaw/typeclaw",
    "vllm": "vllm-project/vllm",
}


class Column(msgspec.Struct, frozen=True):
    """A parser's cells by case, and where they are from: `run`, `kept` or `recorded`."""

    name: str
    title: str
    origin: str
    cells: dict[str, Cell]

    def at(self, key: str) -> Cell | None:
        """The cell of a case; none where nothing is known."""
        return self.cells.get(key)


@cache
def run_column(parser: Parser) -> Column:
    """Runs every case now."""
    title = TITLES[parser.name] if parser in ALWAYS else f"{TITLES[parser.name]} {parser.version()}"
    return Column(parser.name, title, "run", results.cells(parser))


def captured_column(name: str, capture: Capture) -> Column:
    """The cells of an earlier run. What asks the parser nothing was not kept: it is asked again."""
    cells = {key: _kept(said) for key, said in capture.cells.items()}
    return Column(name, f"{TITLES[name]} {capture.version}", "kept", cells)


def _kept(said: str) -> Cell:
    if said.startswith("n/a: "):
        return Cell("not applicable", said.removeprefix("n/a: "))
    return Cell("known-broken", said) if said else Cell("pass")


def recorded_columns() -> Iterable[Column]:
    """The published comparison, by the rows that cases share with it."""
    for name in COLUMNS:
        found = {case.key: published_cell(name, case.row) for case in results.CASES if case.row}
        cells = {key: cell for key, cell in found.items() if cell is not None}
        yield Column(name, VERSIONS[name], "recorded", cells)


def columns(live: Sequence[Parser]) -> list[Column]:
    """moonwire and the reference run, the peers run where given and else kept, the rest recorded."""
    running = {parser.name: run_column(parser) for parser in [*ALWAYS, *live]}
    kept = {name: captured_column(name, capture) for name, capture in results.load_captures().items()}
    both = {**kept, **running}
    known = [both[name] for name in TITLES if name in both]
    missing = [
        Column(name, f"{TITLES[name]} (not installed)", "kept", {}) for name in TITLES if name not in both
    ]
    return [*known, *missing, *recorded_columns()]


def unimplemented() -> list[str]:
    """What the contract asks for and nobody wrote: a kind without a case in a grammar."""
    have = {(case.family, case.kind) for case in results.CASES} | {(f, "chunkings") for f in ("k2", "k3")}
    return [f"{f}: {kind}" for f in ("k2", "k3") for kind in KINDS if (f, kind) not in {*have, *NO_CASE}]


def render(family: str, table: Sequence[Column]) -> list[str]:
    """One grammar's table in Markdown."""
    heads = [f"{column.title}<br>{column.origin}" for column in table]
    lines = ["| case | " + " | ".join(heads) + " |", "|---|" + ":-:|" * len(table)]
    kind = ""
    rows = [(case.kind, case.name, case.source, case.key) for case in results.CASES if case.family == family]
    hostile = [
        ("chunkings", key.partition(": ")[2], "", key)
        for key in results.HOSTILE_KEYS
        if key.startswith(family)
    ]
    for of_kind, name, source, key in sorted(rows, key=lambda row: KINDS.index(row[0])) + hostile:
        if of_kind != kind:
            kind = of_kind
            lines.append(f"| **{kind}** |" + " |" * len(table))
        cited = f" ({_link(source)})" if source else ""
        lines.append(f"| {name}{cited} | " + " | ".join(_sign(column.at(key)) for column in table) + " |")
    return lines


def _sign(cell: Cell | None) -> str:
    return SIGNS[cell.state if cell else ""]


def _link(thread: str) -> str:
    project, _, number = thread.partition("#")
    address = ADDRESSES.get(project)
    return f"[{thread}](https://github.com/{address}/issues/{number})" if address else thread


def legend(table: Sequence[Column]) -> list[str]:
    """How to read the tables."""
    recorded = ", ".join(column.title for column in table if column.origin == "recorded")
    return [
        "✓ right, ✗ known to be broken, – the case asks that parser nothing, blank: not known. "
        "Every case is read whole and in pieces of four characters with whole markers; "
        "a ✓ needs both where the parser can do both. "
        "A parser that only extracts calls is asked about calls only.",
        "",
        "*run*: by the test suite, every time. *kept*: this suite ran that version once, from its "
        "published wheel, its parser modules alone; `python -m tests.contract.matrix --capture` runs it "
        "again where it is installed. *recorded*: from a published comparison, not run by this suite "
        f"({recorded}). The reference extractor is that of the official tool-call guidance, made anew "
        "from its description.",
    ]


def what_breaks(table: Sequence[Column]) -> list[str]:
    """What each parser does instead, for those that want to know."""
    lines: list[str] = []
    for column in table:
        broken = [(key, cell.why) for key, cell in column.cells.items() if cell.state == "known-broken"]
        if not broken:
            continue
        lines += ["<details>", f"<summary>{column.title}: {len(broken)} known to be broken</summary>", ""]
        lines += [f"- {key}: {why}" for key, why in broken]
        lines += ["", "</details>", ""]
    return lines


def still_open() -> list[str]:
    """The fixes that are open upstream."""
    lines = ["| parser | open | threads | shown by |", "|---|---|---|---|"]
    for row in OPEN:
        threads = ", ".join(_link(thread) for thread in row.threads) or "no thread known"
        lines.append(
            f"| {TITLES[row.parser]} | {row.what} | {threads} | {'; '.join(row.cases) or 'not a case here'} |"
        )
    return lines


def document(table: Sequence[Column]) -> str:
    """The whole block."""
    no_case = [f"- {family}: no case of *{kind}*: {why}." for (family, kind), why in NO_CASE.items()]
    parts = [
        legend(table),
        ["### K2", "", *render("k2", table)],
        ["### K3", "", *render("k3", table)],
        no_case,
        ["### What goes wrong instead", "", *what_breaks(table)],
        ["### Fixes still open upstream", "", *still_open()],
    ]
    return "\n\n".join("\n".join(part).strip() for part in parts)


def page_block() -> str:
    """What belongs between the markers of a page: the same on every machine."""
    return f"{BEGIN}\n\n{document(columns([]))}\n\n{END}"


def filled(page: str, block: str) -> str:
    """The page with this block in it. A page without the markers is a mistake of the caller's."""
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    if not pattern.search(page):
        raise SystemExit(f"no block between {BEGIN} and {END}")
    return pattern.sub(lambda _: block, page, count=1)


def capture() -> None:
    """Keeps what the peers found in this interpreter do."""
    kept = results.load_captures()
    for parser in [*ALWAYS[1:], *peers.installed()]:
        found = results.cells(parser)
        said = {
            key: f"n/a: {cell.why}" if cell.state == "not applicable" else cell.why
            for key, cell in found.items()
        }
        kept[parser.name] = Capture(parser.version() or "", said)
    results.save_captures(kept)


def main(arguments: Sequence[str]) -> int:
    """The command."""
    options = argparse.ArgumentParser(
        prog="python -m tests.contract.matrix", description="the contract's matrix"
    )
    options.add_argument(
        "--write", metavar="PAGE", type=Path, help="fill the block between the page's markers"
    )
    options.add_argument("--check", metavar="PAGE", type=Path, help="fail when that block is stale")
    options.add_argument("--capture", action="store_true", help="keep what the peers installed here do")
    chosen = options.parse_args(arguments)
    if chosen.capture:
        capture()
    for page in (chosen.write, chosen.check):
        if page is None:
            continue
        old = page.read_text(encoding="utf-8")
        new = filled(old, page_block())
        if page == chosen.check and old != new:
            print(f"{page}: the contract matrix is stale; run make docs", file=sys.stderr)
            return 1
        if page == chosen.write and old != new:
            page.write_text(new, encoding="utf-8")
    if not (chosen.write or chosen.check or chosen.capture):
        print(document(columns(peers.installed())))
    for missing in unimplemented():
        print(f"unimplemented: {missing}", file=sys.stderr)
    return 1 if unimplemented() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
