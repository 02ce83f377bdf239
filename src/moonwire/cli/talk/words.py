"""What is said to the person, a line at a time: calls, results, costs and errors. All of it is pure."""

import json
import re
from typing import Any, Final, cast

from moonwire.agent import Compacted, Result, Turn
from moonwire.cli.screen import shortened, showable
from moonwire.client import BrokenOff, Tokens, WrongForm
from moonwire.core.budget import NoRoom, TooLarge
from moonwire.core.errors import (
    Auth,
    ClientGated,
    ContentFiltered,
    ContextOverflow,
    ModelNotFound,
    MoonwireError,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    ServerFailure,
    TransportError,
)
from moonwire.core.messages import ToolCall

__all__ = [
    "STOPPED",
    "call_line",
    "compacted_line",
    "error_lines",
    "money",
    "preview",
    "rough_tokens",
    "thought_line",
    "turn_line",
    "usage_words",
]

WIDTH: Final = 100
"""Characters of a call that are shown."""
PREVIEW_LINES: Final = 3

STOPPED: Final = {
    "steps": "stopped: that were all the steps that one turn may take (--max-steps)",
    "repeats": "stopped: the model made the same call again and again",
    "length": "cut: the answer reached its cap or the window",
    "content_filter": "stopped by the endpoint's content filter",
    "thoughts-only": "the model thought and said nothing",
}
"""Why a turn ended, where it did not end well."""


def call_line(call: ToolCall) -> str:
    """A call as one would write it.

    >>> call_line(ToolCall(id="a", name="add", arguments='{"a": 1, "b": "two"}'))
    'add(a=1, b="two")'
    >>> call_line(ToolCall(id="a", name="add", arguments="{broken"))
    'add({broken)'
    """
    try:
        given: Any = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        given = None
    said = named(cast("dict[str, Any]", given)) if isinstance(given, dict) else call.arguments
    return one_line(f"{call.name}({said})", WIDTH)


def named(arguments: dict[str, Any]) -> str:
    """Arguments by their names."""
    return ", ".join(f"{name}={_json(value)}" for name, value in arguments.items())


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def one_line(text: str, most: int) -> str:
    """The text without line ends, and no longer than that."""
    return shortened(showable(" ".join(text.split())), most)


def preview(result: Result) -> list[str]:
    """The first lines of what a tool gave, and how many more there are."""
    text = re.sub(r"</?system>", "", result.text).strip()
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    if not lines:
        return ["(no text)"]
    shown = [one_line(line, WIDTH) for line in lines[:PREVIEW_LINES]]
    more = len(lines) - len(shown)
    return [*shown, f"… {more} more {'line' if more == 1 else 'lines'}"] if more else shown


def rough_tokens(text: str) -> int:
    """About how many tokens a text has, for a text that nobody counted yet.

    >>> rough_tokens("twelve chars"), rough_tokens("")
    (3, 0)
    """
    return (len(text.encode("utf-8", "replace")) + 3) // 4


def thought_line(seconds: float, tokens: int) -> str:
    """What stands for thoughts that are folded.

    >>> thought_line(3.21, 214)
    'thought for 3.2 s, about 214 tokens - ctrl-o or /thoughts shows them'
    """
    return f"thought for {seconds:.1f} s, about {tokens:,} tokens - ctrl-o or /thoughts shows them"


def compacted_line(event: Compacted) -> str:
    """What a compaction came to."""
    why = {"due": "the window was nearly full", "overflow": "the endpoint had no room"}.get(event.why, "")
    return f"compacted: {event.before:,} → {event.after:,} tokens{f' ({why})' if why else ''}"


def money(cost: float | None) -> str:
    """Dollars.

    >>> money(0.00123), money(1.5), money(None), money(0.0)
    ('$0.0012', '$1.50', 'cost unknown', '$0')
    """
    if cost is None:
        return "cost unknown"
    if not cost:
        return "$0"
    return f"${cost:.2f}" if cost >= 1 else f"${cost:.2g}" if cost < 0.0001 else f"${cost:.4f}"


def usage_words(usage: Tokens) -> str:
    """Tokens in and out.

    >>> usage_words(Tokens(input=1000, cached=800, output=20))
    '1,000 in (80 % cached), 20 out'
    """
    share = f" ({100 * usage.cached // usage.input} % cached)" if usage.cached and usage.input else ""
    return f"{usage.input:,} in{share}, {usage.output:,} out"


def turn_line(turn: Turn, seconds: float, simulated: bool) -> str:
    """What a turn took."""
    steps = f", {turn.steps} steps" if turn.steps > 1 else ""
    paid = "simulated" if simulated else money(turn.cost)
    return f"{seconds:.1f} s{steps} · {usage_words(turn.usage)} · {paid}"


# -- errors --------------------------------------------------------------------------------------------

_REMEDIES: Final[tuple[tuple[type[MoonwireError], str, str], ...]] = (
    (
        Auth,
        "the key was not taken",
        "is it of this region and endpoint? --region, --base-url, MOONSHOT_API_KEY",
    ),
    (ClientGated, "the endpoint serves only clients it knows", "take a key of the platform"),
    (QuotaExhausted, "the account has nothing left", "top it up, or take another key; waiting does not help"),
    (RateLimited, "too many requests for this key", "wait a moment, then {retry}"),
    (Overloaded, "the endpoint is overloaded", "wait a moment, then {retry}"),
    (ServerFailure, "the server broke down over it", "{retry}"),
    (NoRoom, "the conversation does not fit", "{compact}"),
    (TooLarge, "the request is too large", "{compact}"),
    (ContextOverflow, "the conversation does not fit", "{compact}"),
    (ModelNotFound, "the endpoint has no such model", "{model}"),
    (ContentFiltered, "the endpoint's filter refused it", "say it in another way; the prompt is forgotten"),
    (WrongForm, "the answer is not of the form that was asked for", "{retry}"),
    (BrokenOff, "the answer broke off", "{retry}"),
    (TransportError, "the endpoint was not reached", "look at the network and at --base-url, then {retry}"),
)
_IN_CHAT: Final = {"retry": "/retry", "compact": "/compact, or /new", "model": "/model NAME takes another"}
_IN_RUN: Final = {
    "retry": "run it again",
    "compact": "shorten it, or begin a new session",
    "model": "--model takes another; `moonwire models` lists them",
}


def error_lines(error: MoonwireError, *, chat: bool) -> list[str]:
    """An error in a line, and what to do about it in another.

    >>> error_lines(Auth("invalid key", status=401), chat=True)[0]
    'the key was not taken: invalid key'
    """
    words = _IN_CHAT if chat else _IN_RUN
    for kind, what, remedy in _REMEDIES:
        if isinstance(error, kind):
            said = f"{what}: {error.message}" if error.message else what
            return [one_line(said, 300), f"→ {remedy.format_map(words)}"]
    where = f"{error.path}: " if error.path else ""
    lines = [one_line(f"{where}{error.message}", 300)]
    return [*lines, f"→ {one_line(error.remedy, 200)}"] if error.remedy else lines
