"""What an agent is told, with the values in their places: for its file, for people, and for the pages."""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from moonwire.cli.agents.change import EDITORS, apply, settings
from moonwire.cli.agents.editing import Path
from moonwire.cli.agents.table import AGENTS, Agent, Place
from moonwire.core.catalogue import Target, resolve

__all__ = ["ANY_KEY", "Wanted", "banner", "notes", "once", "paths", "place_of", "snippet", "template"]

ANY_KEY: Final = "any"
"""What a caller may give as its key where nobody asks for one, and clients want one to be set."""

_HOLE: Final = re.compile(
    "<(root|base|model|small|window|window-text|small-window|capabilities|efforts|effort|key|variable)>"
)
# For a model that nobody knows, where an agent wants a number: more than this and a short one overflows.
_WINDOW: Final = 262_144


class Wanted(msgspec.Struct, frozen=True):
    """What is to be set. `variable` names where the key is; without one no key is needed."""

    root: str = "http://127.0.0.1:8370"
    model: str = "kimi-k3"
    small: str = "kimi-k2.6"
    variable: str = ""


Value = str | int | list[str] | None
"""What fills a hole. What is None is not known, and the setting is left out."""


def _values(agent: Agent, wanted: Wanted) -> dict[str, Value]:
    quoted = agent.kind == "python"
    model = resolve(wanted.model)
    key = agent.key.replace("<variable>", wanted.variable) if wanted.variable else ANY_KEY
    return {
        "root": wanted.root,
        "base": f"{wanted.root}/v1",
        "model": wanted.model,
        "small": wanted.small,
        "window": model.window or _WINDOW,
        "window-text": str(model.window or _WINDOW),
        "small-window": resolve(wanted.small).window or _WINDOW,
        "capabilities": _capabilities(model),
        "efforts": list(model.efforts) or None,
        "effort": model.effort or None,
        "key": f'"{ANY_KEY}"' if quoted and not wanted.variable else key,
        "variable": wanted.variable,
    }


def _capabilities(model: Target) -> list[str]:
    """In the words of Moonshot's own agents. A model that nobody knows is taken to think."""
    thinks = {"always": ("thinking", "always_thinking"), "never": ()}.get(model.thinks, ("thinking",))
    sees = [word for word, is_so in (("image_in", model.vision), ("video_in", model.video)) if is_so]
    return [*thinks, *sees]


def _filled(value: Any, values: Mapping[str, Value]) -> Any:
    """The template's value with every hole filled. One that is nothing but a hole keeps its kind."""
    if isinstance(value, str):
        whole = _HOLE.fullmatch(value)
        return values[whole[1]] if whole else _HOLE.sub(lambda hole: str(values[hole[1]]), value)
    if isinstance(value, Mapping):
        table = cast("Mapping[str, Any]", value)
        filled = {_filled(key, values): _filled(inner, values) for key, inner in table.items()}
        return {key: inner for key, inner in filled.items() if inner is not None}
    if isinstance(value, list):
        return [_filled(inner, values) for inner in cast("list[Any]", value)]
    return value


def template(agent: Agent, wanted: Wanted) -> dict[str, Any]:
    """What the agent's file has to say."""
    more = agent.with_variable if wanted.variable else agent.with_any
    return _filled(_merged(agent.template, more), _values(agent, wanted))


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(one)
    for key, value in other.items():
        old = found.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        found[key] = (
            _merged(cast("Mapping[str, Any]", old), cast("Mapping[str, Any]", value)) if both else value
        )
    return found


def snippet(agent: Agent, wanted: Wanted) -> str:
    """What to set, as it stands in a file of the agent's that says nothing else."""
    if agent.kind not in EDITORS:
        return _text(agent.snippet, agent, wanted)
    said = template(agent, wanted)
    if agent.kind == "json":
        return json.dumps(said, indent=2, ensure_ascii=False) + "\n"
    text, _ = apply(EDITORS[agent.kind], None, settings(said))
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


def _text(words: str, agent: Agent, wanted: Wanted) -> str:
    """A text of the table. In a shell's, what a shell would read otherwise is quoted."""
    values = _values(agent, wanted)
    if agent.kind == "sh" or agent.kind in EDITORS:
        values = {name: shlex.quote(str(value)) for name, value in values.items()}
        values["key"] = f'"${wanted.variable}"' if wanted.variable else ANY_KEY
    imports = "import os\n\n" if "os.environ" in str(values["key"]) and words == agent.snippet else ""
    return imports + _filled(f"{words}\n", values).removesuffix("\n")


def once(agent: Agent, wanted: Wanted) -> str:
    """One line to try it with, where there is one."""
    return _text(agent.banner, agent, wanted).rstrip() if agent.banner else ""


def notes(agent: Agent, wanted: Wanted) -> list[str]:
    """What is to be known besides."""
    said = [*agent.notes, *(agent.with_variable_notes if wanted.variable else ())]
    return [_filled(f"{note} ", _values(agent, wanted)).rstrip() for note in said]


def banner(wanted: Wanted) -> list[tuple[str, list[str]]]:
    """The agents that the gateway names when it starts, each with lines to paste."""
    found: list[tuple[str, list[str]]] = []
    for agent in AGENTS:
        if not agent.in_banner:
            continue
        if agent.banner:
            lines = [once(agent, wanted)]
        elif agent.kind == "json":
            lines = [json.dumps(template(agent, wanted), ensure_ascii=False)]
        else:
            lines = snippet(agent, wanted).splitlines()
        where = f" ({agent.place.names[0]})" if agent.place and not agent.banner else ""
        found.append((f"{agent.title}{where}", lines))
    return found


def place_of(place: Place) -> str:
    """Where a file is, as people write it."""
    return f"{place.folder}/{place.names[0]}"


def paths(agent: Agent, wanted: Wanted) -> list[tuple[Path, Any]]:
    """The settings of the agent's file, one by one."""
    return settings(template(agent, wanted))
