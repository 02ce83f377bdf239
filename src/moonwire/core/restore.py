"""The way back: the server's events as the caller should see them.

Names and ids become the caller's, renamed properties get their own names back, and the arguments are
held against the schema that the caller gave, of which the server may have seen a looser one. What was
streamed cannot be taken back: a violation is a note.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Never, cast

import msgspec
from msgspec import UNSET

from moonwire.core.events import (
    CallArguments,
    CallEnd,
    CallStart,
    Event,
    Finish,
    Malformed,
    Noted,
    Reasoning,
    Reclassified,
    Text,
    UpstreamError,
)
from moonwire.core.notes import Note

if TYPE_CHECKING:
    from moonwire.core.validation import Verdict

__all__ = ["Restoration", "Restore"]

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


class Restoration(msgspec.Struct, frozen=True, kw_only=True):
    """What the plan of a request left to be undone in the answer. Empty: nothing.

    `names` leads from the server's tool names to the caller's; `schemas` (as the caller gave them)
    and `compiled` (as the server got them) go by the caller's. `parallel` false keeps the first call
    alone. `forced` is the tool that has to be called, under either name; `""` is any. `client_id`
    makes the caller's id of a call's number and its native id. `thinks` says that the model began in
    its thoughts on a server that may have let them pass for text (vllm#57098).
    """

    names: dict[str, str] = {}
    schemas: dict[str, Any] = {}
    compiled: dict[str, Any] = {}
    parallel: bool | None = None
    forced: str | None = None
    client_id: Callable[[int, str], str] | None = None
    thinks: bool = False


class _Call:
    """A call under way, of which the text is needed when it ends."""

    __slots__ = ("dropped", "held", "name", "pieces")

    def __init__(self, name: str, *, held: bool, dropped: bool) -> None:
        self.name = name
        self.held = held
        self.dropped = dropped
        self.pieces: list[str] = []


class Restore:
    """Takes the server's events as they come and gives the caller's.

    Only calls of tools with renamed properties wait for their end; everything else streams through.

    >>> restore = Restore(Restoration(names={"get_weather": "get.weather"}))
    >>> events = restore.feed([CallStart(0, "call0", "get_weather"), CallArguments(0, "{}"), CallEnd(0)])
    >>> events[0].name, events[1:] + restore.finish() == [CallArguments(0, "{}"), CallEnd(0)]
    ('get.weather', True)
    """

    def __init__(self, restoration: Restoration) -> None:
        self._restoration = restoration
        self._open: dict[int, _Call] = {}
        self._called: set[str] = set()
        self._started = False
        self._awaited = restoration.forced is not None
        self._told: set[str] = set()
        # Text that nothing else came before: thoughts, where the answer was cut inside them.
        self._unbroken = False
        self._thoughtless = restoration.thinks
        # Whether a call of a tool that was offered is not whole.
        self._half = False

    def feed(self, events: Iterable[Event]) -> list[Event]:
        """What the caller should see of these events."""
        out: list[Event] = []
        takers = self._TAKERS
        for event in events:
            taker = takers.get(type(event))
            if taker is None:
                self._unbroken |= isinstance(event, Text)
                self._thoughtless &= not isinstance(event, Reasoning)
                out.append(event)
            else:
                out += taker(self, event)
        return out

    def finish(self) -> list[Event]:
        """What was held back of calls that never ended."""
        out: list[Event] = []
        for index, call in self._open.items():
            if call.dropped:
                out.append(_dropped(index, call))
            elif call.held and call.pieces:
                out.append(CallArguments(index, "".join(call.pieces)))
                out.append(_unrestored(index, "the call never ended"))
        self._open.clear()
        return out

    def _cut_in_thoughts(self, event: Finish) -> list[Event]:
        """Text without any reasoning, cut by the cap: what the model never finished thinking."""
        if event.reason != "length" or not (self._thoughtless and self._unbroken) or self._started:
            return []
        reason = "the answer was cut before it ended its thoughts, which the server gave as text"
        told = Note(code="thoughts-cut", level="warning", path="text", reason=reason, source="vllm#57098")
        return [Noted(told), Reclassified(was="text", now="reasoning")]

    def _call_start(self, event: CallStart) -> list[Event]:
        restoration = self._restoration
        name = restoration.names.get(event.name, event.name)
        dropped = restoration.parallel is False and self._started
        compiled = restoration.compiled.get(name)
        held = compiled is not None and bool(compiled.renamed)
        self._started = True
        if dropped or held or name in restoration.schemas:
            self._open[event.index] = _Call(name, held=held, dropped=dropped)
        if dropped:
            return []
        self._called |= {event.name, name, ""}
        native = event.native or event.id
        id = event.id if restoration.client_id is None else restoration.client_id(event.index, native)
        if id == event.id and name == event.name:
            return [event]
        return [CallStart(event.index, id, name, event.declared, native if native != id else None)]

    def _call_arguments(self, event: CallArguments) -> list[Event]:
        call = self._open.get(event.index)
        if call is None:
            return [event]
        call.pieces.append(event.text)
        return [] if call.held or call.dropped else [event]

    def _call_end(self, event: CallEnd) -> list[Event]:
        call = self._open.pop(event.index, None)
        if call is None:
            return [event]
        if call.dropped:
            return [_dropped(event.index, call)]
        text = "".join(call.pieces)
        self._half |= not event.complete
        if event.complete:
            # Half of the arguments is none of them: a server's lenient reading may have called the call
            # whole (openclaw#44676).
            half = bool(text.strip()) and not _is_whole(text)
            self._half |= half
            end = CallEnd(event.index, complete=False) if half else event
            return [*self._completed(event.index, call, text), end]
        if not call.held:
            return [event]
        return [CallArguments(event.index, text), _unrestored(event.index, "the call was cut"), event]

    def _completed(self, index: int, call: _Call, text: str) -> list[Event]:
        """The arguments of a whole call, where they were held back, and what is wrong with them."""
        out: list[Event] = []
        value, trouble = _read(text)
        if call.held:
            value, text, why = _written_back(value, text, self._restoration.compiled[call.name], trouble)
            out.append(CallArguments(index, text))
            if why:
                out.append(_unrestored(index, why))
        if call.name not in self._restoration.schemas:
            return out
        if trouble:
            return [*out, _noted("arguments-not-an-object", f"calls[{index}].arguments", trouble)]
        return [*out, *self._checked(index, call.name, value)]

    def _checked(self, index: int, name: str, value: Any) -> list[Event]:
        schema = self._restoration.schemas[name]
        if schema is None or schema is UNSET:
            return []
        # Imported where there is a schema: most of what plans and restores needs none of it.
        from moonwire.core.validation import validator_for

        verdict = validator_for(schema)(value)
        out: list[Event] = []
        for violation in verdict.violations:
            dot = "" if violation.path.startswith("[") or not violation.path else "."
            where = f"calls[{index}].arguments{dot}{violation.path}"
            out.append(_noted("arguments-violate-schema", where, violation.message))
        if verdict.unchecked and name not in self._told:
            self._told.add(name)
            out.append(_unchecked(name, verdict))
        return out

    def _malformed(self, event: Malformed) -> list[Event]:
        call = None if event.index is None else self._open.get(event.index)
        if call is None or not call.dropped:
            return [event]
        return [msgspec.structs.replace(event, index=None)]

    def _finish(self, event: Finish) -> list[Event]:
        out = self.finish()
        forced = self._restoration.forced
        if self._awaited and forced not in self._called:
            self._awaited = False
            reason = f"the answer had to call {forced or 'a tool'} and does not"
            out.append(Noted(Note(code="tool-choice-missed", level="warning", path="calls", reason=reason)))
        if self._half and event.reason == "tool_calls":
            # To agents that reason says that the calls may be run; the other one, that they may be cut.
            reason = "the server said that its calls are whole, and one of them is not"
            out.append(_noted("finish-half-call", "finish_reason", reason))
            event = msgspec.structs.replace(event, reason="length", native=event.native or event.reason)
        return [*out, *self._cut_in_thoughts(event), event]

    def _broken_off(self, event: UpstreamError) -> list[Event]:
        return [*self.finish(), event]

    # Of functions, not of bound methods: an answer that is over is not to wait for the collector.
    _TAKERS: ClassVar[Mapping[type[Event], Callable[[Any, Any], list[Event]]]] = {
        CallStart: _call_start,
        CallArguments: _call_arguments,
        CallEnd: _call_end,
        Malformed: _malformed,
        Finish: _finish,
        UpstreamError: _broken_off,
    }


def _read(text: str) -> tuple[dict[str, Any], str]:
    """The object that the text is, or what is wrong with it."""
    try:
        value: Any = json.loads(text, parse_constant=_no_json)
    except RecursionError:
        return {}, "the arguments are nested too deeply to be read"
    except ValueError as error:
        return {}, f"the arguments cannot be read as JSON: {error}"
    if isinstance(value, dict):
        return cast("dict[str, Any]", value), ""
    return {}, "the arguments are JSON, but no object"


def _is_whole(text: str) -> bool:
    """Whether the text is JSON to its end; what is nested too deeply to be read may be."""
    try:
        json.loads(text)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def _no_json(word: str) -> Never:
    raise ValueError(f"{word} is no JSON")


def _written_back(value: dict[str, Any], text: str, compiled: Any, trouble: str) -> tuple[Any, str, str]:
    """The arguments under the caller's names, their text, and why that could not be done."""
    if trouble:
        return value, text, trouble
    try:
        from moonwire.core.schemas import restore_arguments

        restored = restore_arguments(value, compiled)
        if restored == value:
            return value, text, ""
        written = json.dumps(restored, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        if _HALF_CHARACTER.search(written):
            written = json.dumps(restored, separators=(",", ":"), allow_nan=False)
    except RecursionError:
        return value, text, "the arguments are nested too deeply to be written"
    except ValueError:
        return value, text, "the arguments hold a number that JSON cannot say"
    return restored, written, ""


def _noted(code: str, path: str, reason: str) -> Noted:
    return Noted(Note(code=code, level="warning", path=path, reason=reason))


def _unrestored(index: int, why: str) -> Noted:
    reason = f"properties of this tool were renamed for the server and were not renamed back: {why}"
    return _noted("arguments-not-restored", f"calls[{index}].arguments", reason)


def _dropped(index: int, call: _Call) -> Noted:
    return Noted(
        Note(
            code="parallel-call-dropped",
            level="warning",
            path=f"calls[{index}]",
            before={"name": call.name, "arguments": "".join(call.pieces)},
            reason="the caller asked for one call at a time; only the first is passed on",
        )
    )


def _unchecked(name: str, verdict: "Verdict") -> Noted:
    return Noted(
        Note(
            code="schema-unchecked",
            path=f"tools.{name}.parameters",
            before=verdict.unchecked,
            reason="these parts of the schema were not checked, patterns that are not executed among them",
        )
    )
