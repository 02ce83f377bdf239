"""A request on its way through the passes: what it is by now, and what was done to it."""

import json
import operator
from collections.abc import Iterable, Sequence
from typing import Any, cast

import msgspec

from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import Message, Request
from moonwire.core.notes import Level, Note

__all__ = ["Draft", "as_json", "members", "note"]


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a pass takes and gives.

    `origins` tells for each message which one of the caller's it was or belongs to, so that notes
    name the place that the caller knows. `thinking` is whether the model will think, once decided.
    The rest is what the way back needs: `names` from the server's tool names to the caller's,
    `schemas` and `compiled` by the caller's names, `forced` the tool that has to be called (`""`:
    any), `single` whether one call is all that may come back, `fan_out` how many answers are wanted.

    >>> Draft.of(Request(model="m", messages=(Message(role="user", content="hi"),))).origins
    (0,)
    """

    request: Request
    origins: tuple[int, ...] = ()
    notes: tuple[Note, ...] = ()
    thinking: bool | None = None
    names: dict[str, str] = {}
    schemas: dict[str, Any] = {}
    compiled: dict[str, Any] = {}
    forced: str | None = None
    single: bool = False
    fan_out: int = 1

    @classmethod
    def of(cls, request: Request) -> "Draft":
        """The draft of a request that nothing was done to."""
        return cls(request=request, origins=tuple(range(len(request.messages))))

    def where(self, position: int) -> str:
        """What the caller calls the message that stands at this position by now."""
        return f"messages[{self.origins[position]}]"

    def with_messages(
        self, messages: Sequence[Message], origins: Sequence[int], notes: Sequence[Note] = ()
    ) -> "Draft":
        """The draft with other messages; itself where they are the same and there is nothing to be said."""
        if not notes:
            mine = self.request.messages
            same = len(messages) == len(mine) and all(map(operator.is_, messages, mine))
            if same and (origins is self.origins or tuple(origins) == self.origins):
                return self
        request = msgspec.structs.replace(self.request, messages=tuple(messages))
        return msgspec.structs.replace(
            self, request=request, origins=tuple(origins), notes=(*self.notes, *notes)
        )

    def with_request(self, notes: Iterable[Note] = (), /, **fields: Any) -> "Draft":
        """The draft with other fields of the request."""
        request = msgspec.structs.replace(self.request, **fields)
        return msgspec.structs.replace(self, request=request, notes=(*self.notes, *notes))

    def with_notes(self, notes: Iterable[Note]) -> "Draft":
        """The draft with more notes."""
        return msgspec.structs.replace(self, notes=(*self.notes, *notes))


def note(
    code: str,
    path: str,
    reason: str,
    *,
    level: Level = "info",
    change: tuple[Any, Any] = (None, None),
    avoids: str = "",
    source: str = "",
) -> Note:
    """A note of a pass; `change` is what stood there and what stands there now."""
    return Note(
        code=code,
        path=path,
        reason=reason,
        level=level,
        before=change[0],
        after=change[1],
        avoids=avoids,
        source=source,
    )


def members(value: Any) -> dict[str, Any]:
    """A JSON object's members; none where it is something else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_json(value: Any, path: str) -> str:
    """A JSON value as text, where text has to stand; `path` is where the caller had it.

    >>> as_json({"a": [1, None]}, "messages[0].content")
    '{"a":[1,null]}'
    """
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        raise LocalProtocolError("nested too deeply", path=path, remedy="give it as text") from None
