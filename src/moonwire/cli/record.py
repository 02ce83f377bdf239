"""One recorded completion: find the raw text in it, parse that, write back what it says.

Two ways to write. `message` puts text, reasoning and calls where an OpenAI chat completion has
them, in the object that holds the field, so that the record is what a server without the fault
would have sent. `result` leaves the record as it is and adds the parsed reply under a key.

A record in which the raw text is plain text is left alone, byte for byte.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from moonwire import Reply, parse_text
from moonwire.cli.inputs import Encoding, check_tools, decode_text
from moonwire.cli.jsontext import Path, at, decode, nearest, place, set_keys, spell
from moonwire.cli.result import call_object, flawed, malformed_objects, note_objects, reply_object
from moonwire.core.errors import LocalProtocolError
from moonwire.core.events import FinishReason

__all__ = ["Kind", "Repaired", "Settings", "Write", "repair"]

Kind = Literal["recovered", "malformed", "untouched"]
Write = Literal["auto", "message", "result"]

FINISH = "finish_reason"
BOM = b"\xef\xbb\xbf"
_REASONING = ("reasoning_content", "reasoning")
# Where a record may hold the tools that its request declared.
_TOOLS = (("tools",), ("request", "tools"))


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user asked for, in a form that travels to worker processes."""

    name: str = "<stdin>"
    field: Path = ("choices", 0, "message", "content")
    write: Write = "auto"
    key: str = "moonwire"
    tools: tuple[Any, ...] | None = None
    family: Literal["auto", "k2", "k3"] = "auto"
    quoted: Literal["hold", "run"] = "hold"
    finish: FinishReason = "stop"
    in_reasoning: bool = False
    encoding: Encoding = "strict"
    strict: bool = False

    @property
    def into_message(self) -> bool:
        """Whether the reply goes back into the message. `auto`: where the field is a message's own."""
        if self.write != "auto":
            return self.write == "message"
        holder = [step for step in self.field[:-1] if isinstance(step, str)][-1:]
        return self.field[-1] in ("content", *_REASONING) and holder in (["message"], ["messages"])


@dataclass(frozen=True, slots=True)
class Repaired:
    """One line, as it is to be written, and what became of it."""

    data: bytes
    kind: Kind


@dataclass(frozen=True, slots=True)
class _Record:
    """One line, read: its text, the value it stands for, where it came from."""

    text: str
    value: Any
    line: int
    name: str

    def refuse(self, path: Path, message: str, remedy: str) -> LocalProtocolError:
        """The error for something at a path, placed at what of the path there is."""
        where = place(self.name, self.text, nearest(self.text, path)[1], self.line)
        return LocalProtocolError(message, path=where, remedy=remedy)


def repair(line: bytes, number: int, settings: Settings) -> Repaired:
    """The line with its raw text parsed. Raises where it is no record or has no such field."""
    try:
        return _repair(line, number, settings)
    except RecursionError:
        # Close to Python's limit one function can read what the next one cannot.
        raise LocalProtocolError("nested too deeply to be read", path=f"{settings.name}:{number}:1") from None


def _repair(line: bytes, number: int, settings: Settings) -> Repaired:
    head = BOM if line.startswith(BOM) else b""
    text = decode_text(line[len(head) :], settings.name, settings.encoding, first_line=number)
    value = decode(text, settings.name, first_line=number, remedy="each line has to be one JSON object")
    record = _Record(text, value, number, settings.name)
    raw = _raw_text(record, settings.field)
    if raw is None:
        return Repaired(line, "untouched")
    finish_path, finish = _finish(record, settings)
    reply = parse_text(
        raw,
        family=settings.family,
        tools=_tools(record, settings),
        in_reasoning=settings.in_reasoning or settings.field[-1] in _REASONING,
        used_ids=_used_ids(_holder(record, settings)),
        quoted=settings.quoted,
        finish=finish,
    )
    if _is_plain(reply, raw, settings):
        return Repaired(line, "untouched")
    if settings.into_message:
        changed = _into_message(record, reply, settings)
        # A server that saw no call said "stop"; its other words, even odd ones, stay.
        if finish_path and reply.finish == "tool_calls":
            changed = set_keys(changed, finish_path[:-1], {FINISH: reply.finish})
    else:
        changed = set_keys(text, (), {settings.key: reply_object(reply)})
    return Repaired(head + changed.encode(), "malformed" if flawed(reply) else "recovered")


def _raw_text(record: _Record, field: Path) -> str | None:
    """The text at the field. `None`, which servers write beside tool calls, is nothing to parse."""
    value: Any = record.value
    if not isinstance(value, dict):
        raise record.refuse((), "not a JSON object", "each line has to be one JSON object")
    try:
        raw = at(value, field)
    except LookupError:
        found, _ = nearest(record.text, field)
        missing = spell(field[: len(found) + 1])
        remedy = "name the place of the raw text with --field PATH"
        raise record.refuse(field, f"the record has no {missing}", remedy) from None
    if raw is None or isinstance(raw, str):
        return raw
    remedy = "name the text with --field PATH"
    if isinstance(raw, list):
        remedy = f"name the text of one part, such as --field '{spell((*field, 0, 'text'))}'"
    raise record.refuse(field, f"{spell(field)} is not text", remedy)


def _tools(record: _Record, settings: Settings) -> Sequence[Any] | None:
    """The tools that the record's own request declared; those of --tools where it does not say."""
    for path in _TOOLS:
        try:
            tools = at(record.value, path)
        except LookupError:
            continue
        if isinstance(tools, list):
            found = cast("list[Any]", tools)
            check_tools(found, record.name, record.text, path, record.line)
            return found
    return settings.tools


def _finish(record: _Record, settings: Settings) -> tuple[Path, str]:
    """Why the completion ended, by the nearest `finish_reason` above the field, and where that stands."""
    for depth in range(len(settings.field) - 1, -1, -1):
        path = (*settings.field[:depth], FINISH)
        try:
            recorded = at(record.value, path)
        except LookupError:
            continue
        return path, settings.finish if recorded is None else str(recorded)
    return (), settings.finish


def _holder(record: _Record, settings: Settings) -> dict[str, Any]:
    holder = at(record.value, settings.field[:-1])
    return cast("dict[str, Any]", holder) if isinstance(holder, dict) else {}


def _calls_there(holder: dict[str, Any]) -> list[Any]:
    calls = holder.get("tool_calls")
    return cast("list[Any]", calls) if isinstance(calls, list) else []


def _used_ids(holder: dict[str, Any]) -> list[str]:
    """The ids of calls that the server did recover; those parsed here must not repeat them."""
    calls = [cast("dict[str, Any]", call) for call in _calls_there(holder) if isinstance(call, dict)]
    return [call["id"] for call in calls if isinstance(call.get("id"), str)]


def _is_plain(reply: Reply, raw: str, settings: Settings) -> bool:
    """Whether the raw text had nothing to it but what it says."""
    if reply.calls or reply.malformed:
        return False
    if settings.field[-1] in _REASONING:
        return not reply.text and (reply.reasoning or "") == raw
    return reply.reasoning is None and reply.text == raw


def _into_message(record: _Record, reply: Reply, settings: Settings) -> str:
    """The record with the reply in its message, and beside it what a message has no place for."""
    holder = _holder(record, settings)
    if not isinstance(settings.field[-1], str):
        remedy = "use --write result"
        raise record.refuse(settings.field, f"{spell(settings.field)} is not a field of a message", remedy)
    changes = _text_changes(reply, holder, settings.field[-1])
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in reply.runnable
    ]
    if calls:
        changes["tool_calls"] = [*_calls_there(holder), *calls]
    text = set_keys(record.text, settings.field[:-1], changes)
    aside = _aside(reply)
    return set_keys(text, (), {settings.key: aside}) if aside else text


def _text_changes(reply: Reply, holder: dict[str, Any], field: str) -> dict[str, Any]:
    """Where text and reasoning go. What the message already had stays, in the order of the turn."""
    if field in _REASONING:
        changes: dict[str, Any] = {field: reply.reasoning}
        if reply.text:
            changes["content"] = reply.text + (_text_at(holder, "content"))
        return changes
    # OpenAI's content is null beside calls, where there is nothing to say.
    changes = {field: reply.text if reply.text or not reply.runnable else None}
    if reply.reasoning is not None:
        name = next((name for name in _REASONING if name in holder), _REASONING[0])
        changes[name] = _text_at(holder, name) + reply.reasoning
    return changes


def _text_at(holder: dict[str, Any], key: str) -> str:
    value = holder.get(key)
    return value if isinstance(value, str) else ""


def _aside(reply: Reply) -> dict[str, Any]:
    """What must not be lost and must not look callable: cut calls, unreadable parts, the repairs made."""
    parts = {
        "cut": [call_object(call) for call in reply.calls if not call.complete],
        "malformed": malformed_objects(reply.malformed),
        "notes": note_objects(reply.notes),
    }
    return {name: part for name, part in parts.items() if part}
