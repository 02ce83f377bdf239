"""The page of the incidents: `python -m tests.gateway.incidents.page --write docs/incidents.md`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.gateway.incidents.incident_cases import CASES
from tests.gateway.incidents.told_cases import TOLD, UNPROVOKED
from tests.incidents.incident_cases import INCIDENTS

__all__ = ["main", "written"]

HEAD: Final = """\
# Public incidents, and what becomes of them

Each line is a failure that somebody reported in public. Its clients are sent through a gateway on a socket,
in front of a [simulated endpoint](simulator.md) on a socket: under `--rules strictest`, or under the rules of
the time where the incident is about those. What was reported of Anthropic Messages or of OpenAI Responses is
said in those words, and as far as that can be in those of Chat Completions too. The last two columns say how
many such clients there are, streamed and whole.

A client passes when the endpoint refused nothing (or what it refused was repaired), when what it saw has
each turn's own reasoning and the ids that the model wants, and when the caller got the right text, calls,
reason and usage, or the right error. Of {bare} of them the test also shows that they fail once the healing
pass is switched off. The tests are `tests/gateway/incidents/`, with the number of the line in their names;
`python -m tests.gateway.incidents.page --write docs/incidents.md` writes this page.

{covered} of {all} are covered.
"""
ROW: Final = "| # | reported at | what went wrong | how it ends | streamed | whole |"


def written() -> str:
    """The page as the cases have it now."""
    bare = sum(bool(case.off) for case in CASES)
    head = HEAD.format(bare=bare, covered=len(TOLD), all=len(INCIDENTS))
    lines = [head, ROW, "|---|---|---|---|---|---|", *map(_row, INCIDENTS)]
    return "\n".join(lines) + "\n"


def _row(number: int) -> str:
    name, _, thread = INCIDENTS[number].partition("#")
    where = f"[{name}#{thread}](https://github.com/{name}/issues/{thread})"
    if number in UNPROVOKED:
        wrong, why = UNPROVOKED[number]
        return f"| {number} | {where} | {wrong} | not to be provoked: {why} | – | – |"
    wrong, end = TOLD[number]
    cases = [case for case in CASES if case.number == number]
    streamed, whole = (sum(way in case.ways for case in cases) or "–" for way in ("stream", "whole"))
    return f"| {number} | {where} | {wrong} | {end} | {streamed} | {whole} |"


def main(arguments: Sequence[str]) -> int:
    """The command."""
    options = argparse.ArgumentParser(prog="python -m tests.gateway.incidents.page", description=__doc__)
    options.add_argument("--write", metavar="PAGE", type=Path, help="write the page")
    options.add_argument("--check", metavar="PAGE", type=Path, help="fail when it is stale")
    chosen = options.parse_args(arguments)
    page = written()
    if chosen.write:
        chosen.write.write_text(page, encoding="utf-8")
    if chosen.check and chosen.check.read_text(encoding="utf-8") != page:
        print(f"{chosen.check} is stale: write it anew", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
