"""Seals on the way: put behind the thoughts of an answer, opened when a caller sends a turn back.

The wires carry them as bytes (an Anthropic `signature`, a Responses `encrypted_content`) and know nothing of
keys; `memory/seals.py` makes and opens them and knows nothing of messages.
"""

from collections.abc import Callable
from typing import Final, Literal

import msgspec
from msgspec import UNSET

from moonwire.core.events import Event, Noted, Reasoning, Sealed
from moonwire.core.messages import Message, Request, Thought, changed
from moonwire.core.recall import before
from moonwire.memory import Tenant
from moonwire.memory.seals import Seals

__all__ = ["SealKind", "Sealing", "unsealed"]

SealKind = Literal["", "signature", "encrypted"]
"""Where a caller's dialect has room for a seal; empty: nowhere."""

_LONGEST: Final = 8 << 20


class Sealing:
    """One answer's seals. A seal of the upstream's own is nothing that we could open, and is left out.

    >>> sealing = Sealing("signature", lambda text: f"<{text}>")
    >>> [type(event).__name__ for event in sealing.feed([Reasoning("a"), Reasoning("b")])]
    ['Reasoning', 'Reasoning']
    >>> from moonwire.core.events import Text
    >>> sealing.feed([Text("c")])
    [Sealed(kind='signature', data='<ab>'), Text(text='c')]
    """

    def __init__(self, kind: Literal["signature", "encrypted"], seal: Callable[[str], str]) -> None:
        self._kind: Literal["signature", "encrypted"] = kind
        self._seal = seal
        self._thoughts: list[str] = []

    def feed(self, events: list[Event]) -> list[Event]:
        """The events with the seals in their places."""
        if not self._thoughts and type(events[0]) is not Reasoning and len(events) == 1:
            return [] if isinstance(events[0], Sealed) else events
        out: list[Event] = []
        for event in events:
            if isinstance(event, Reasoning):
                self._thoughts.append(event.text)
            elif isinstance(event, Sealed):
                continue
            elif self._thoughts and not isinstance(event, Noted):
                sealed = self._seal("".join(self._thoughts))
                self._thoughts = []
                if sealed:
                    out.append(Sealed(self._kind, sealed))
            out.append(event)
        return out


def unsealed(request: Request, tenant: Tenant, seals: Seals) -> Request:
    """The request with the true reasoning of turns that bring a seal of ours; no other seal is left."""
    if not any(_sealed(message) for message in request.messages):
        return request
    stood, _ = before(request)
    messages = [
        _unsealed(message, lambda sealed, turn=stood[index]: seals.open(tenant, turn, sealed))
        if _sealed(message)
        else message
        for index, message in enumerate(request.messages)
    ]
    return msgspec.structs.replace(request, messages=tuple(messages))


def _sealed(message: Message) -> bool:
    thoughts = message.thoughts
    if thoughts is UNSET or not thoughts or message.role != "assistant":
        return False
    return any(one.signature or one.encrypted or one.redacted for one in thoughts)


def _unsealed(message: Message, opened: Callable[[str], str | None]) -> Message:
    thoughts: list[Thought] = []
    for thought in message.thoughts or ():
        sealed = thought.signature or thought.encrypted or thought.redacted
        if not sealed:
            thoughts.append(thought)
            continue
        true = opened(sealed) if len(sealed) <= _LONGEST else None
        if true is not None:
            thoughts.append(Thought(text=true))
        elif thought.text:
            thoughts.append(Thought(text=thought.text))
    return changed(message, thoughts=tuple(thoughts) or UNSET)
