"""moonwire: the wire between any agent and any Kimi endpoint.

`Kimi` asks an endpoint, healed on the way there and back; `KimiSync` is the same for scripts that block, and
`Agent` a step loop with tools on top. Below them is a pure core: `parse_text` and `TextParser` turn what a
model wrote into events, `fold` turns events into a `Reply`, `plan` turns what an agent sent into what a Kimi
endpoint takes, and says what it changed.

Names are imported when they are first used: whoever wants the core alone pays for nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from moonwire._version import __version__

if TYPE_CHECKING:
    from moonwire.agent import Agent
    from moonwire.client import BrokenOff, Completion, Kimi, KimiSync, WrongForm
    from moonwire.core.catalogue import Target, learn, resolve
    from moonwire.core.errors import MoonwireError
    from moonwire.core.events import Malformed
    from moonwire.core.fold import fold
    from moonwire.core.messages import Message, Reply, Request, ToolCall
    from moonwire.core.notes import Note
    from moonwire.core.plan import Plan, explain
    from moonwire.core.rawtext import TextParser, parse_text
    from moonwire.core.schemas import compile_schema
    from moonwire.core.settings import Settings
    from moonwire.workbench import count_tokens, plan

__all__ = [
    "Agent",
    "BrokenOff",
    "Completion",
    "Kimi",
    "KimiSync",
    "Malformed",
    "Message",
    "MoonwireError",
    "Note",
    "Plan",
    "Reply",
    "Request",
    "Settings",
    "Target",
    "TextParser",
    "ToolCall",
    "WrongForm",
    "__version__",
    "compile_schema",
    "count_tokens",
    "explain",
    "fold",
    "learn",
    "parse_text",
    "plan",
    "resolve",
]

_HOMES: Final = {
    "moonwire.agent": ("Agent",),
    "moonwire.client": ("BrokenOff", "Completion", "Kimi", "KimiSync", "WrongForm"),
    "moonwire.core.catalogue": ("Target", "learn", "resolve"),
    "moonwire.core.errors": ("MoonwireError",),
    "moonwire.core.events": ("Malformed",),
    "moonwire.core.fold": ("fold",),
    "moonwire.core.messages": ("Message", "Reply", "Request", "ToolCall"),
    "moonwire.core.notes": ("Note",),
    "moonwire.core.plan": ("Plan", "explain"),
    "moonwire.core.rawtext": ("TextParser", "parse_text"),
    "moonwire.core.schemas": ("compile_schema",),
    "moonwire.core.settings": ("Settings",),
    "moonwire.workbench": ("count_tokens", "plan"),
}
_HOME: Final = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(home), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
