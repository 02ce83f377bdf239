"""`moonwire connect`: what an agent has to be told to use the gateway, printed, written, or taken back."""

import os
import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click

from moonwire.cli.agents import render, store
from moonwire.cli.agents.change import EDITORS, apply, holds, undo
from moonwire.cli.agents.editing import Editor, Refused, spell
from moonwire.cli.agents.render import Wanted
from moonwire.cli.agents.table import AGENTS, Agent, Place, find
from moonwire.cli.jsontext import dumps
from moonwire.cli.screen import Piece, put, showable
from moonwire.core.errors import LocalProtocolError
from moonwire.gateway.config.reading import suggestion

__all__ = ["connect"]

_MODEL: Final = re.compile(r"[\w./:@-]+(?:\[1[mM]\])?")
_VARIABLE: Final = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")
_URL: Final = re.compile(r"https?://[\w.:\[\]-]+(?:/[\w./~-]*)?")


@click.command(short_help="Connect an agent to the gateway.")
@click.argument("agent", required=False)
@click.option(
    "--base-url",
    default=Wanted().root,
    metavar="URL",
    help="The gateway, as the agent reaches it.",
    show_default=True,
)
@click.option("--model", default=Wanted().model, help="What the agent asks for.", show_default=True)
@click.option(
    "--small-model",
    default=Wanted().small,
    help="What it asks for where a smaller one will do.",
    show_default=True,
)
@click.option(
    "--key", default=render.ANY_KEY, metavar="any|env:NAME", help="No key, or the variable with it."
)
@click.option("--write", is_flag=True, help="Change the agent's own file.")
@click.option("--undo", "back", is_flag=True, help="Take back what --write did.")
@click.option("--file", type=click.Path(path_type=Path), help="The file, where it is not the usual one.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
def connect(
    agent: str | None, write: bool, back: bool, file: Path | None, as_json: bool, **given: str
) -> None:
    """Print what an AGENT has to be told to use the gateway; with --write, tell it.

    Without an AGENT the agents are listed.

    \b
      moonwire connect claude
      moonwire connect codex --key env:GATEWAY_KEY --write
      moonwire connect codex --undo

    --write changes the agent's own file and nothing in it but these settings: comments, order and spacing
    stay. What it replaces is kept in moonwire's data directory, and --undo puts it back. Only a key's name
    is ever written, and no key.

    Exit status: 0 done; 2 not done: no such agent, or a file that cannot be changed with certainty, which
    is then as it was.
    """
    if agent is None:
        if write or back or file:
            raise click.UsageError("Say which agent: `moonwire connect` lists them.")
        _list(as_json)
        return
    if write and back:
        raise click.UsageError("Either --write or --undo.")
    row = _row(agent)
    wanted = _wanted(given)
    if back:
        _tell(row, *_undone(row, _file(row, file)), as_json)
    elif not write:
        _show(row, wanted, file, as_json)
    else:
        try:
            done = _written(row, wanted, _file(row, file))
        except LocalProtocolError:
            # What can still be done by hand.
            if not as_json:
                put([Piece(render.snippet(row, wanted))])
            raise
        _tell(row, *done, as_json)


def _row(name: str) -> Agent:
    found = find(name)
    if found is None:
        names = [one for agent in AGENTS for one in (agent.name, *agent.aliases)]
        near = suggestion(name, names)
        raise LocalProtocolError(
            "no such agent", path=name, remedy=near or f"one of {', '.join(agent.name for agent in AGENTS)}"
        )
    return found


def _wanted(given: dict[str, str]) -> Wanted:
    """The options, checked: what goes into files and shells is plain."""
    root = given["base_url"].rstrip("/").removesuffix("/v1").rstrip("/")
    if not _URL.fullmatch(root) or not urlsplit(root).hostname:
        raise LocalProtocolError(
            "is no base URL", path="--base-url", remedy="such as http://127.0.0.1:8370, without a key in it"
        )
    for option in ("model", "small_model"):
        if not _MODEL.fullmatch(given[option]):
            raise LocalProtocolError("is no name of a model", path=f"--{option.replace('_', '-')}")
    key = given["key"]
    variable = _VARIABLE.fullmatch(key)
    if key != render.ANY_KEY and variable is None:
        # It may be a key, so it is not repeated.
        raise LocalProtocolError(
            "a key is not taken here: it would stand in files, and in the shell's history",
            path="--key",
            remedy="env:NAME names the variable that holds it",
        )
    if variable and variable[1].startswith("MOONWIRE_"):
        raise LocalProtocolError(
            "variables that begin with MOONWIRE_ are moonwire's own, and `serve` refuses others",
            path="--key",
            remedy="such as env:GATEWAY_KEY",
        )
    return Wanted(root, given["model"], given["small_model"], variable[1] if variable else "")


def _list(as_json: bool) -> None:
    rows = [
        {
            "name": agent.name,
            "aliases": list(agent.aliases),
            "title": agent.title,
            "sets": agent.sets,
            "file": _shown(_usual(agent.place)) if agent.place else None,
        }
        for agent in AGENTS
    ]
    if as_json:
        click.echo(dumps({"agents": rows}).encode())
        return
    pieces: list[Piece] = []
    for row in rows:
        pieces.append(Piece(f"{row['name']:14}", "bold"))
        pieces.append(Piece(f" {row['title']}\n{'':15}{row['sets']}; {row['file'] or 'printed'}\n", ""))
    put([*pieces, Piece("\n`moonwire connect AGENT` prints its settings, --write sets them.\n", "dim")])


def _show(agent: Agent, wanted: Wanted, file: Path | None, as_json: bool) -> None:
    said = render.snippet(agent, wanted)
    notes = render.notes(agent, wanted)
    where = file or (_usual(agent.place) if agent.place else None)
    if as_json:
        value = {
            "agent": agent.name,
            "file": _shown(where) if where else None,
            "kind": agent.kind,
            "snippet": said,
            "notes": notes,
        }
        click.echo(dumps(value).encode())
        return
    pieces = [Piece(f"# {agent.title}{f': {_shown(where)}' if where else ''}\n", "bold"), Piece(said)]
    more = [f"`moonwire connect {agent.name} --write` puts it there, --undo takes it back."] if where else []
    put([*pieces, *(Piece(f"# {note}\n", "dim") for note in (*more, *notes))])


def _usual(place: Place) -> Path:
    """Where the agent's file is here."""
    named = os.environ.get(place.variable, "") if place.variable else ""
    folder = Path(named).expanduser() / place.below if named else Path(place.folder).expanduser()
    return next((folder / name for name in place.names if (folder / name).exists()), folder / place.names[0])


def _file(agent: Agent, named: Path | None) -> Path:
    """The file to be changed, by its whole path."""
    if agent.place is None or agent.kind not in EDITORS:
        raise LocalProtocolError(
            "it has no file that can be changed",
            path=agent.name,
            remedy=f"`moonwire connect {agent.name}` prints what to set",
        )
    return (named.expanduser() if named else _usual(agent.place)).absolute()


def _shown(file: Path) -> str:
    """The path as people write it."""
    home = Path.home()
    return f"~/{file.relative_to(home)}" if file.is_relative_to(home) else str(file)


def _written(agent: Agent, wanted: Wanted, file: Path) -> tuple[Path, bool, list[str]]:
    """Puts the settings into the file. What an earlier run put there is taken out first."""
    editor = EDITORS[agent.kind]
    settings = render.paths(agent, wanted)
    records = store.load(agent.name)
    known = records.files.get(str(file))
    text = store.read(file)
    try:
        ours = known is None or [(one.path, one.new) for one in known.taken] == settings
        if text is not None and ours and holds(editor, text, settings):
            return file, False, ["all of it is there already"]
        start = text
        if known and text is not None:
            undone = undo(editor, text, known)
            start = None if undone.exact and known.before is None else undone.text
        new, change = apply(editor, start, settings)
    except Refused as refused:
        raise _refusal(refused, file) from None
    replaced = [f"replaced {spell(one.path)}" for one in change.taken if one.old is not None]
    before = dict(records.files)
    records.files[str(file)] = change
    store.save(records)
    try:
        store.write(file, new, text)
    except (OSError, LocalProtocolError):
        records.files = before
        store.save(records)
        raise
    return file, True, replaced


def _undone(agent: Agent, file: Path) -> tuple[Path, bool, list[str]]:
    """Takes the settings out of the file again."""
    records = store.load(agent.name)
    known = records.files.get(str(file))
    if known is None:
        return file, False, ["there is nothing to take back"]
    text = store.read(file)
    said: list[str] = []
    if text is not None:
        said = _taken_back(EDITORS[agent.kind], file, text, known)
    del records.files[str(file)]
    store.save(records)
    return file, text is not None, said or ["the file is gone"]


def _taken_back(editor: Editor, file: Path, text: str, known: store.Change) -> list[str]:
    try:
        undone = undo(editor, text, known)
    except Refused as refused:
        raise _refusal(refused, file) from None
    if undone.exact and known.before is None:
        store.remove(file)
        return ["the file was not there before, and is gone again"]
    store.write(file, undone.text, text)
    if undone.exact:
        return ["it is as it was, byte for byte"]
    left = [f"{spell(path)} was changed since, and stays" for path in undone.left]
    return ["it was changed since: only what --write set is taken out", *left]


def _refusal(refused: Refused, file: Path) -> LocalProtocolError:
    where = f"{_shown(file)}:{refused.line}" if refused.line else _shown(file)
    return LocalProtocolError(refused.reason, path=where, remedy="nothing was changed; set it by hand")


def _tell(agent: Agent, file: Path, changed: bool, said: list[str], as_json: bool) -> None:
    if as_json:
        value: dict[str, Any] = {"agent": agent.name, "file": str(file), "changed": changed, "said": said}
        click.echo(dumps(value).encode())
        return
    put([Piece(f"{_shown(file)}: {'changed' if changed else 'not changed'}\n", "bold")])
    put([Piece(f"  {showable(line)}\n") for line in said])
