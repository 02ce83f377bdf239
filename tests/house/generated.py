"""The generated parts of the pages: `python -m tests.house.generated --write docs/healing.md …`.

A page holds `<!-- NAME: begin -->` and `<!-- NAME: end -->`, and what stands between is written here
out of the source: the note codes of a part, the settings, the target's fields. `--check PAGE` fails
when a block is stale.
"""

import argparse
import ast
import inspect
import re
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import get_type_hints

import msgspec

from moonwire.cli.agents import pages
from moonwire.cli.agents.table import AGENTS
from moonwire.client.environment import markdown_table as environment_table
from moonwire.core import settings
from moonwire.core.catalogue import fields
from moonwire.core.codes import CODES
from moonwire.core.codes import markdown_table as codes_table
from moonwire.core.settings import Settings, Switch
from moonwire.gateway.config.document import markdown_table as keys_table
from moonwire.simulator.faults import markdown_table as faults_table
from moonwire.simulator.faults.refusals import markdown_table as refusals_table
from moonwire.simulator.rules.table import markdown_table as rules_table
from moonwire.wire.anthropic.body import markdown_table as messages_unsaid
from moonwire.wire.anthropic.errors import markdown_table as messages_errors
from moonwire.wire.chat.errors import markdown_table as errors_table
from moonwire.wire.responses.body import markdown_table as responses_unsaid
from moonwire.wire.responses.errors import markdown_table as responses_errors

__all__ = ["BLOCKS", "filled", "main", "settings_table"]

_BLOCK = re.compile(r"<!-- (?P<name>[a-z ]+): begin -->.*?<!-- (?P=name): end -->", re.DOTALL)
_BEGIN = re.compile(r"<!-- (?P<name>[a-z ]+): begin -->")


def settings_table() -> str:
    """The fields of `Settings` as a table of Markdown: value, default, meaning."""
    said = _said(inspect.getsource(settings))
    lines = ["| setting | value | default | meaning |", "|---|---|---|---|"]
    for name, kind in get_type_hints(Settings).items():
        default = msgspec.json.encode(getattr(Settings(), name)).decode()
        how = "" if kind is Switch else ", and how"
        meaning = said.get(name) or f"whether the pass [{name}](#{name}) runs{how}"
        lines.append(f"| `{name}` | {fields._kind(kind)} | `{default}` | {meaning} |")
    return "\n".join(lines) + "\n"


def _said(source: str) -> dict[str, str]:
    """What a module's class says below each of its fields, as one line."""
    found: dict[str, str] = {}
    bodies = [node.body for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    for body in bodies:
        for field, after in pairwise(body):
            value = after.value if isinstance(after, ast.Expr) else None
            if isinstance(field, ast.AnnAssign) and isinstance(value, ast.Constant):
                text = " ".join(str(value.value).split()).removesuffix(".")
                found[ast.unparse(field.target)] = text[:1].lower() + text[1:]
    return found


def _words(name: str) -> str:
    """A name as it can stand in a mark."""
    return name.replace("-", " ")


BLOCKS: dict[str, Callable[[], str]] = {
    **{f"codes of {part}": lambda part=part: codes_table(part) for part in {c.part for c in CODES.values()}},
    "settings": settings_table,
    "target fields": fields.markdown_table,
    "faults": faults_table,
    "refusals": refusals_table,
    "rules": rules_table,
    "gateway keys": keys_table,
    "errors": errors_table,
    "errors of messages": messages_errors,
    "errors of responses": responses_errors,
    "unsaid in messages": messages_unsaid,
    "unsaid in responses": responses_unsaid,
    "agents": pages.index,
    **{f"agent {_words(a.name)}": lambda name=a.name: pages.setup(name) for a in AGENTS if a.page},
    **{f"behind {_words(a.name)}": lambda name=a.name: pages.gateway(name) for a in AGENTS if a.repairs},
    "environment en": lambda: environment_table("en") + "\n",
    "environment zh": lambda: environment_table("zh") + "\n",
}
"""What can stand on a page, by its name."""


def filled(page: str) -> str:
    """The page with every block as the source has it now. A name that is not known is a mistake."""
    whole = {match["name"] for match in _BLOCK.finditer(page)}
    for match in _BEGIN.finditer(page):
        if match["name"] in BLOCKS and match["name"] not in whole:
            raise SystemExit(f"the block {match['name']} has no end")
        if match["name"] not in BLOCKS:
            raise SystemExit(f"no block is called {match['name']}: there are {', '.join(sorted(BLOCKS))}")
    return _BLOCK.sub(lambda match: _block(match["name"]), page)


def _block(name: str) -> str:
    return f"<!-- {name}: begin -->\n\n{BLOCKS[name]()}\n<!-- {name}: end -->"


def main(arguments: Sequence[str]) -> int:
    """The command."""
    options = argparse.ArgumentParser(
        prog="python -m tests.house.generated", description="the generated parts of the pages"
    )
    options.add_argument("--write", metavar="PAGE", type=Path, nargs="+", default=[], help="fill the blocks")
    options.add_argument(
        "--check", metavar="PAGE", type=Path, nargs="+", default=[], help="fail when one is stale"
    )
    chosen = options.parse_args(arguments)
    stale = 0
    for page in (*chosen.write, *chosen.check):
        old = page.read_text(encoding="utf-8")
        new = filled(old)
        if page in chosen.check and old != new:
            print(f"{page}: a generated part is stale; run make docs", file=sys.stderr)
            stale = 1
        if page in chosen.write and old != new:
            page.write_text(new, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
