"""Raw markup, as it comes out of a server without a parser, or with one that loses parts.

The grammars are those of raw-text.md 1.1 and 2.1, the broken shapes those of section 3 and of the
public incidents. A turn becomes one whose text or thoughts hold what should have been calls.
"""

import json
import random
from collections.abc import Callable
from typing import Any, Final, cast

import msgspec

from moonwire.simulator.brain.turn import Call, Turn
from moonwire.simulator.settings import Raw

__all__ = ["BROKEN", "k2_section", "k3_section", "leaked"]

SB, SE = "<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"
CB, CE, AB = "<|tool_call_begin|>", "<|tool_call_end|>", "<|tool_call_argument_begin|>"


def k2_section(calls: tuple[Call, ...], first: int) -> str:
    """The section as K2 writes it; `first` counts the calls of the history.

    >>> k2_section((Call("f", "{}"),), 3)
    '<|tool_calls_section_begin|><|tool_call_begin|>functions.f:3<|tool_call_argument_begin|>{}\
<|tool_call_end|><|tool_calls_section_end|>'
    """
    inner = (
        f"{CB}functions.{call.name}:{first + place}{AB}{call.arguments}{CE}"
        for place, call in enumerate(calls)
    )
    return f"{SB}{''.join(inner)}{SE}"


def _open(tag: str, **attributes: str) -> str:
    written = (
        f' {name}="{value.replace("&", "&amp;").replace(chr(34), "&quot;")}"'
        for name, value in attributes.items()
    )
    return f"<|open|>{tag}{''.join(written)}<|sep|>"


def _close(tag: str) -> str:
    return f"<|close|>{tag}<|sep|>"


def k3_section(calls: tuple[Call, ...]) -> str:
    """The section as K3 writes it."""
    inner = [
        f"{_open('call', tool=call.name, index=str(place))}{_arguments(call.arguments)}{_close('call')}"
        for place, call in enumerate(calls, 1)
    ]
    return f"{_open('tools')}{''.join(inner)}{_close('tools')}"


_TYPES: Final = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    dict: "object",
    list: "array",
}


def _type(value: Any) -> str:
    return _TYPES.get(cast("type[Any]", type(value)), "null")


def _arguments(text: str) -> str:
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        return f"{_open('json', type='object')}{text}{_close('json')}"
    members: dict[str, Any] = dict(value)  # pyright: ignore[reportUnknownArgumentType] -- keys of JSON are text
    return "".join(
        f"{_open('argument', key=key, type=_type(member))}"
        f"{member if isinstance(member, str) else json.dumps(member, ensure_ascii=False)}{_close('argument')}"
        for key, member in members.items()
    )


# -- what a server does with it ------------------------------------------------------------------------


def leaked(turn: Turn, raw: Raw, family: str, history: int, rng: random.Random) -> Turn:
    """The turn as it comes out where nobody parses it; unchanged where there is nothing to parse."""
    if not raw or (raw in ("content", "broken") and not turn.calls):
        return turn
    section = (
        (k3_section(turn.calls) if family == "k3" else k2_section(turn.calls, history)) if turn.calls else ""
    )
    if raw == "content":
        return msgspec.structs.replace(turn, text=turn.text + section, calls=())
    if raw == "broken":
        return _broken(turn, section, family, rng)
    if raw == "reasoning":
        # The think block was never closed, so all of it is taken for thoughts (vllm#33646).
        thoughts = (turn.thoughts or "") + (section or turn.text)
        return msgspec.structs.replace(
            turn, thoughts=thoughts, text="" if not section else turn.text, calls=()
        )
    closed = _close("think") + _open("response") if family == "k3" else "</think>"
    tail = f"{_close('response')}{section}{_close('message')}" if family == "k3" else section
    # No reasoning parser: the thoughts have no opening tag, which the prompt had (vllm#36207).
    begun = "" if turn.thoughts is None else turn.thoughts + closed
    return msgspec.structs.replace(turn, thoughts=None, text=begun + turn.text + tail, calls=())


def _without(*parts: str) -> Callable[[str], str]:
    def cut(section: str) -> str:
        for part in parts:
            section = section.replace(part, "")
        return section

    return cut


def _last_cut(marker: str) -> Callable[[str], str]:
    return lambda section: section[: section.rfind(marker)]


BROKEN: Final[dict[str, dict[str, Callable[[str], str]]]] = {
    "k2": {
        "no section end": _last_cut(SE),  # dynamo#8208
        "no call end, no section end": _last_cut(CE),  # raw-text.md 3.1
        "no section": _without(SB, SE),  # raw-text.md 3.1
        "half of the markers": _without(SB, CB, "functions."),  # typeclaw#344
        "singular section": lambda text: text.replace(
            "tool_calls_section", "tool_call_section"
        ),  # llama.cpp#17376
        "underscores": lambda text: text.replace("functions.", "functions_").replace(":", "_", 1),  # exo#2281
    },
    "k3": {
        "tools not closed": _last_cut("<|close|>tools"),  # raw-text.md 3.5
        "spaces": lambda text: text.replace("<|close|>", "<|close|> "),  # raw-text.md 3.5
        "fused": lambda text: text.replace("<|open|>tools<|sep|><|open|>call", "<|open|>toolscall", 1),  # 3.5
    },
}
"""Broken shapes by family, each a function of the section; one is drawn by the seed."""


def _broken(turn: Turn, section: str, family: str, rng: random.Random) -> Turn:
    shapes = BROKEN["k3" if family == "k3" else "k2"]
    shape = rng.choice(sorted(shapes))
    # Some of them still say that there were calls, with none to show (Kimi-K2#26).
    finish = rng.choice(("stop", "tool_calls"))
    return msgspec.structs.replace(turn, text=turn.text + shapes[shape](section), calls=(), finish=finish)
