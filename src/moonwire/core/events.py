"""The stream vocabulary: what a Kimi endpoint says while it answers, in the order it says it.

Every wire decodes to these values and encodes from them; the raw-text parser emits a subset.
`docs/decisions/0002-one-vocabulary-for-three-dialects.md` shows how each dialect maps.
"""

from typing import Any, Literal

import msgspec

from moonwire.core.notes import Note

__all__ = [
    "CallArguments",
    "CallEnd",
    "CallStart",
    "Channel",
    "Event",
    "Finish",
    "FinishReason",
    "Malformed",
    "Noted",
    "Reasoning",
    "Reclassified",
    "Sealed",
    "Start",
    "Text",
    "UpstreamError",
    "Usage",
]

Channel = Literal["reasoning", "text"]

# The reasons a Kimi endpoint gives; a server's own word travels beside them in `Finish.native`.
FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "error", "unknown"]


class Event(msgspec.Struct, frozen=True, tag=True, tag_field="event", gc=False, repr_omit_defaults=True):
    """Base of everything that can stand in a stream. Never instantiated itself.

    `gc=False`: events are leaves (no event refers to another one), and thousands a second are made.
    """


class Start(Event, frozen=True):
    """The server accepted the request and named its answer."""

    id: str = ""
    model: str = ""
    created: int = 0
    extra: dict[str, Any] = {}


class Reasoning(Event, frozen=True):
    """A piece of the model's thoughts. An empty piece says: reasoning is present, and empty.

    Where several came together, `pieces` are they, each as it stands between the quotes of JSON, so that
    whoever passes them on one by one need not take them apart.
    """

    text: str
    logprobs: Any = None
    pieces: tuple[bytes, ...] | None = None


class Text(Event, frozen=True):
    """A piece of the visible answer; `pieces` as those of `Reasoning`."""

    text: str
    logprobs: Any = None
    pieces: tuple[bytes, ...] | None = None


class Reclassified(Event, frozen=True):
    """All that was delivered so far in channel `was` turned out to belong to channel `now`.

    A stream cannot take back what it sent, a fold can. Happens once at most, when a think-close
    arrives that was never opened (vllm#36207).
    """

    was: Channel
    now: Channel


class Sealed(Event, frozen=True):
    """Opaque bytes a dialect binds to the reasoning before it.

    An Anthropic `signature` or `redacted_thinking` block, a Responses `encrypted_content`.
    """

    kind: Literal["signature", "redacted", "encrypted"]
    data: str
    id: str = ""


class CallStart(Event, frozen=True):
    """A tool call begins: its name is known, its arguments follow.

    `index` counts 0, 1, 2… within the reply, whatever the model counted. `native` is the id text
    as the model wrote it, where that differs from `id`.
    """

    index: int
    id: str
    name: str
    declared: bool = True
    native: str | None = None


class CallArguments(Event, frozen=True):
    """A piece of a call's arguments, exactly as the model wrote it."""

    index: int
    text: str


class CallEnd(Event, frozen=True):
    """The call is over. Where `complete` is false its arguments were cut: do not run it."""

    index: int
    complete: bool = True


class Malformed(Event, frozen=True):
    """Something meant as structure that could not be read. `raw` is what arrived, untouched.

    `index` names the call that it belongs to, where there is one.
    """

    raw: str
    reason: str
    index: int | None = None


class Noted(Event, frozen=True):
    """A repair was made at this point of the stream."""

    note: Note


class Usage(Event, frozen=True):
    """Token counts. `input` includes `cached`; `output` includes `reasoning`. None: not said."""

    input: int = 0
    output: int = 0
    cached: int | None = None
    cache_written: int | None = None
    reasoning: int | None = None
    extra: dict[str, Any] = {}


class Finish(Event, frozen=True):
    """The model stopped. `native` is the server's own word where it is not one of ours."""

    reason: FinishReason
    native: str | None = None
    stop_sequence: str | None = None
    extra: dict[str, Any] = {}


class UpstreamError(Event, frozen=True):
    """The server broke off with an error, after whatever events came before it."""

    message: str
    code: str = ""
    type: str = ""
    status: int | None = None
    raw: Any = None
