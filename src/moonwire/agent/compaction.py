"""When a conversation is compacted, what is asked for that, and what stands in its place afterwards.

Pure: the agent asks and puts. The summary may be as long as the next request can hold and no longer: its cap
is counted from that request, not from its own (kimi-api.md D7, H9).
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from moonwire.agent.running import told
from moonwire.core.messages import Message, TextPart

__all__ = ["Compaction", "asked", "due", "kept_tail", "shrunk", "summarised", "summary_cap"]


class Compaction(msgspec.Struct, frozen=True, kw_only=True):
    """When and how much. The numbers are kimi-cli's (kimi-api.md H9)."""

    ratio: float = 0.85
    """The part of the window from which on it is time."""
    reserved: int = 50_000
    """Or when less than this is left; of a small window no more than a quarter counts."""
    keep: int = 2
    """So many of the last turns stay as they are."""
    most: int = 3
    """Compactions in one turn, at most, that a refused or too large request brings about."""


SMALL: Final = 4
"""The reserve is no more than this part of a window: a fixed one would compact a small window for ever."""

SHRINK: Final = (0.7, 0.5, 0.35)
"""How much of the text is shown, where the conversation no longer fits its own summary's request (H9)."""

PREFIX: Final = (
    "The conversation before this was too long and was replaced by this summary of it. "
    "Go on from here as if you remembered it."
)

_ASK: Final = (
    "Summarise the conversation up to here for yourself: nothing else of it will be left. Keep: the user's "
    "task and wishes in their words, decisions and why, what was done and found (names, paths, numbers, "
    "exact texts that matter), errors and how they were solved, what is under way and what comes next. "
    "Leave out what no longer matters. Answer with the summary alone; call no tools."
)


def due(tokens: int, window: int, policy: Compaction) -> bool:
    """Whether a request of so many tokens is to be compacted first.

    >>> due(84_999, 100_000, Compaction(reserved=0)), due(85_000, 100_000, Compaction(reserved=0))
    (False, True)
    >>> due(215_000, 262_144, Compaction(ratio=0.99))
    True
    """
    if window <= 0:
        return False
    reserved = min(policy.reserved, window // SMALL)
    return tokens >= policy.ratio * window or tokens + reserved >= window


def kept_tail(history: Sequence[Message], keep: int) -> int:
    """Where the last turns begin that stay: before a user's or an assistant's turn, never among results.

    >>> kept_tail([Message(role=role) for role in ("user", "assistant", "tool", "user")], 2)
    1
    """
    left = keep
    for place in range(len(history) - 1, -1, -1):
        if history[place].role in ("user", "assistant"):
            left -= 1
            if left <= 0:
                return place
    return 0


def asked(old: Sequence[Message], hint: str = "") -> list[Message]:
    """The messages of the request for a summary: the conversation as it is, for the cache, and the wish.

    Pictures become words: what they show is summarised already or is not needed (kimi-cli#802).
    """
    wish = f"{_ASK} Above all: {hint}" if hint else _ASK
    return [*map(_without_media, old), Message(role="user", content=told(wish))]


def shrunk(old: Sequence[Message], share: float, hint: str = "") -> list[Message]:
    """The same as one text and only the last part of it, where the conversation itself no longer fits."""
    text = "\n\n".join(filter(None, map(_as_text, old)))
    kept = text[-max(1, int(len(text) * share)) :]
    wish = f"{_ASK} Above all: {hint}" if hint else _ASK
    return [Message(role="user", content=f"{kept}\n\n{told(wish)}")]


def summary_cap(window: int, rest: int, floor: int, margin: int) -> int | None:
    """How long a summary may be so that the next request holds it, an answer, and what stays: `rest` tokens.

    >>> summary_cap(8192, 1000, 2048, 1024)
    2060
    """
    if window <= 0:
        return None
    # As much again for what the next turn brings: a history that is full at once is compacted at once.
    return max(1, (window - rest - floor - margin) // 2)


def summarised(summary: str, tail: Sequence[Message]) -> tuple[Message, ...]:
    """The history from now on."""
    return (Message(role="user", content=f"{told(PREFIX)}\n\n{summary}"), *tail)


# -- small things --------------------------------------------------------------------------------------


def _without_media(message: Message) -> Message:
    content = message.content
    if not isinstance(content, tuple) or all(isinstance(part, TextPart) for part in content):
        return message
    parts = tuple(
        part if isinstance(part, TextPart) else TextPart(text=_placeholder(part)) for part in content
    )
    return msgspec.structs.replace(message, content=parts)


def _placeholder(part: Any) -> str:
    return told(f"{type(part).__name__.lower()} left out")


def _as_text(message: Message) -> str:
    content = message.content
    said = content if isinstance(content, str) else ""
    if isinstance(content, tuple):
        said = "".join(part.text if isinstance(part, TextPart) else _placeholder(part) for part in content)
    calls = "".join(f"\n[call {call.name} {call.arguments}]" for call in message.calls or ())
    return f"{message.role}: {said}{calls}" if said or calls else ""
