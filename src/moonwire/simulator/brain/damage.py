"""What mangled ids in the history do to the K2 family, as far as it was measured (kimi-api.md C2, C3)."""

import random
import re
from typing import Final, Literal

from moonwire.simulator.rules.ask import Ask, a_list, an_object

__all__ = ["damage"]

_NATIVE: Final = re.compile(r"(?:functions\.)?[^\s:]+:\d+|call_[\w-]+", re.ASCII)
_FUSED: Final = re.compile(r"functions[A-Za-z0-9]+\d+")
_UNDERSCORES: Final = re.compile(r"functions_\w+_\d+")

STOPS: Final = 0.8
"""`functionsread0`: one of five runs called a tool; native ids and `call_…`: all five (openclaw#70030)."""


def damage(ask: Ask, rng: random.Random) -> Literal["", "stops", "empty"]:
    """`stops`: it answers where it would have called; `empty`: it thinks, and says nothing at all.

    The empty turn is what `functions_Read_0` did to a K2.7-Code that somebody runs himself, each time
    (kimi-code#3429); Moonshot's own service names the calls anew before the model sees them.
    """
    if ask.target.family != "k2":
        return ""
    ids = [
        str(an_object(call).get("id", ""))
        for message in ask.messages
        for call in a_list(message.get("tool_calls"))
    ]
    mangled = [identity for identity in ids if not _NATIVE.fullmatch(identity)]
    if any(_UNDERSCORES.fullmatch(identity) for identity in mangled) and not ask.place.rules:
        return "empty"
    if any(_FUSED.fullmatch(identity) for identity in mangled) and rng.random() < STOPS:
        return "stops"
    return ""
