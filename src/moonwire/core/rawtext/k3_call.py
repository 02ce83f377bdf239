"""One K3 call: its arguments become the members of one JSON object, delivered as they arrive."""

from collections.abc import Callable
from typing import Literal

from moonwire.core.events import CallArguments, Event
from moonwire.core.rawtext.body import Body
from moonwire.core.rawtext.json_text import is_json
from moonwire.core.rawtext.k3_tags import Tag
from moonwire.core.rawtext.k3_values import JsonValue, StringValue, escaped, quoted
from moonwire.core.rawtext.markers import MAX_BLANK, MAX_HELD
from moonwire.core.rawtext.pieces import Pieces
from moonwire.core.rawtext.turn import Mark, Turn

__all__ = ["Call"]

# After the close of a raw string only these can follow; after anything else it was part of the string.
_BEHIND_ARGUMENT = frozenset(
    {
        (True, "argument"),
        (True, "json"),
        (True, "call"),
        (False, "call"),
        (False, "tools"),
        (False, "message"),
    }
)
_BEHIND_CALL = frozenset({(True, "call"), (False, "tools"), (False, "message")})


class Call:
    """The states between a call's open tag and its close."""

    def __init__(
        self, turn: Turn, *, leave: Callable[[], None], mark: Mark, outside: Callable[[Tag], None]
    ) -> None:
        self._turn = turn
        self._leave = leave
        self._mark = mark
        self._outside = outside
        self.active = False
        self._raw = Pieces(MAX_HELD)
        self._named = False
        self._members = 0
        self._spoilt = False
        # What is open in the call: nothing ("between"), a value, what may be its close, or a block.
        self._stage: Literal["between", "value", "closing", "block"] = "between"
        self._value: StringValue | JsonValue = StringValue()
        self._block = Body()
        self._between = Pieces(MAX_HELD)
        self._close = Tag(False, "argument", {}, "")
        self._opened: Literal["between", "value", "closing", "block"] = "value"
        self._blank = ""

    def begin(self, tag: Tag) -> None:
        """A call opens. Without a tool it is read to its end and given back whole: never a guess."""
        turn = self._turn
        self.active = True
        self._raw.clear()
        self._members = 0
        self._spoilt = False
        self._keep(tag.raw)
        name = tag.attributes.get("tool", "").strip()
        self._named = bool(name)
        if self._named:
            resolved = turn.tools.read(name)
            known = resolved.name if resolved.declared and resolved.name is not None else name
            turn.start_call(known, resolved.declared, None, None, counted=False)
            if known != name:
                reason = "what the attribute can mean, and nothing else"
                turn.note("name-resolved", reason, before=name, after=known)
        self._wait()

    def tag(self, tag: Tag) -> None:
        """A tag arrived while the call is open."""
        if self._stage == "closing":
            self._behind_close(tag)
        elif self._stage == "value":
            self._in_value(tag)
        elif self._stage == "block":
            self._in_block(tag)
        else:
            self._in_call(tag)

    def drops(self) -> bool:
        """Whether half a marker at the end of the stream stands behind something that is whole."""
        return self.active and (
            self._stage in ("between", "closing") or (self._stage == "block" and self._block.closed)
        )

    def finish(self, reason: str) -> None:
        """Nothing more will come. At the cap, a call that did not close may lack its last arguments."""
        if self._stage == "closing":
            self._close_was_real()
            if self._close.name == "call":
                self._end(complete=True)
                return
        cut = self._stage != "between"
        if self._stage == "value":
            self._turn.arguments(self._value.cut())
        elif self._stage == "block" and self._block.started:
            # A scalar at the end of the stream may be the beginning of a longer one.
            cut = self._block.is_loose
            self._end_block()
        self._end(complete=not cut and reason != "length")

    # ── between arguments ───────────────────────────────────────────────────────────────────────

    def _wait(self) -> None:
        turn = self._turn
        self._stage = "between"
        self._between.clear()
        turn.enter(self._between_piece, self._mark)

    def _between_piece(self, piece: str) -> None:
        self._keep(piece)
        while piece := self._between.add(piece):
            self._give_back_between()

    def _in_call(self, tag: Tag) -> None:
        if tag.opens and tag.name == "argument":
            self._give_back_between()
            self._begin_argument(tag)
        elif tag.opens and tag.name == "json":
            self._give_back_between()
            self._begin_block(tag)
        elif tag.name in ("argument", "json"):
            self._keep(tag.raw)
            self._turn.note("marker-stripped", "a tag with nothing to end", before=tag.raw or tag.name)
        else:
            self._keep(tag.raw if not tag.opens and tag.name == "call" else "")
            self._end(complete=True)
            if tag.opens or tag.name != "call":
                if self._named:
                    self._turn.note("call-unclosed", "the call's close tag is missing")
                self._outside(tag)

    def _give_back_between(self) -> None:
        """Text between tags of a call: arguments that lost their tags, or nothing anyone can read."""
        text = self._between.take()
        if not text.strip() or not self._named:
            return
        if self._members == 0 and text.strip().startswith("{") and is_json(text.strip()):
            self._turn.arguments(text.strip())
            self._members = -1
            self._turn.note("call-unmarked", "arguments without a tag around them")
        else:
            self._turn.malformed(text, "text between the arguments of a call", of_call=True)

    # ── one argument ────────────────────────────────────────────────────────────────────────────

    def _begin_argument(self, tag: Tag) -> None:
        turn = self._turn
        self._keep(tag.raw)
        key = tag.attributes.get("key")
        readable = key is not None and self._members >= 0 and self._named
        kind = tag.attributes.get("type", "string")
        value = StringValue() if kind == "string" else JsonValue(key or "")
        if readable and key is not None:
            turn.arguments(("{" if self._members == 0 else ", ") + quoted(key) + ": " + value.open())
            self._members += 1
        else:
            self._spoilt = True
            value = _Unreadable()
        self._value = value
        self._enter_value()

    def _enter_value(self) -> None:
        self._stage = "value"
        turn = self._turn
        quick = self._quick_string if isinstance(self._value, StringValue) else self._quick_json
        turn.enter(self._value_piece, self._mark, quick if self._named else None)

    def _value_piece(self, piece: str) -> None:
        self._keep(piece)
        self._turn.arguments(self._value.feed(piece))

    def _quick_string(self, text: str) -> list[Event]:
        if "<" in text or not text:
            return self._turn.advance(text)
        self._raw.add(text)
        return [CallArguments(self._turn.index, escaped(text))]

    def _quick_json(self, text: str) -> list[Event]:
        if "<" in text or not text:
            return self._turn.advance(text)
        self._raw.add(text)
        said = self._value.feed(text)
        return [CallArguments(self._turn.index, said)] if said else []

    def _in_value(self, tag: Tag) -> None:
        ends = not tag.opens and tag.name in ("argument", "call")
        if self._turn.sure or not self._value.in_string:
            self._end_value()
            if tag.opens or tag.name != "argument":
                self._turn.note("argument-unclosed", "the argument's close tag is missing")
                self.tag(tag)
            else:
                self._keep(tag.raw)
        elif ends:
            self._doubt_close(tag)
        else:
            self._value_piece(tag.raw)

    def _behind_piece(self, piece: str) -> None:
        """Behind what may be the close of a raw string: blanks decide nothing."""
        self._blank += piece
        if self._blank.strip() or len(self._blank) > MAX_BLANK:
            self._close_was_data()

    def _doubt_close(self, tag: Tag) -> None:
        """The close stands in a string. Whether it was one, what follows it will show."""
        self._opened = self._stage
        self._stage = "closing"
        self._close = tag
        self._blank = ""
        self._turn.enter(self._behind_piece, self._mark)

    def _close_was_data(self) -> None:
        if self._opened == "block":
            self._enter_block()
            self._block_piece(self._close.raw + self._blank)
        else:
            self._enter_value()
            self._value_piece(self._close.raw + self._blank)

    def _close_was_real(self) -> None:
        self._keep(self._close.raw + self._blank)
        if self._opened == "block":
            self._end_block()
        else:
            self._end_value()

    def _behind_close(self, tag: Tag) -> None:
        expected = _BEHIND_CALL if self._close.name == "call" else _BEHIND_ARGUMENT
        # A fused tag's second part has no text of its own: it can only be structure.
        if (tag.opens, tag.name) not in expected and tag.raw:
            self._close_was_data()
            self.tag(tag)
            return
        self._close_was_real()
        if self._close.name == "call":
            self._turn.note("argument-unclosed", "the argument's close tag is missing")
            self._end(complete=True)
            self._outside(tag)
        else:
            self.tag(tag)

    def _end_value(self) -> None:
        value = self._value
        self._turn.arguments(value.end())
        if value.repaired:
            reason = "a typed body that is not JSON, delivered as a string"
            self._turn.note("arguments-invalid", reason, level="warning")
        self._spoilt = self._spoilt or value.spoilt
        self._wait()

    # ── a block of JSON instead of arguments ────────────────────────────────────────────────────

    def _begin_block(self, tag: Tag) -> None:
        self._keep(tag.raw)
        if self._members != 0 or not self._named:
            self._spoilt = True
            self._value = _Unreadable()
            self._enter_value()
            return
        self._members = -1
        self._block = Body()
        self._enter_block()

    def _enter_block(self) -> None:
        self._stage = "block"
        self._turn.enter(self._block_piece, self._mark)

    def _block_piece(self, piece: str) -> None:
        self._keep(piece)
        block = self._block
        said, rest = ("", piece) if block.closed else block.feed(piece)
        self._turn.arguments(said)
        if rest:
            self._turn.arguments(block.feed_loose(rest))

    def _in_block(self, tag: Tag) -> None:
        closes = not tag.opens and tag.name in ("json", "call")
        if self._turn.sure or self._block.closed or not self._block.inside_string():
            self._end_block()
            if tag.opens or tag.name != "json":
                self.tag(tag)
            else:
                self._keep(tag.raw)
        elif closes:
            self._doubt_close(tag)
        else:
            self._block_piece(tag.raw)

    def _end_block(self) -> None:
        turn, block = self._turn, self._block
        rest, whole = block.end()
        turn.arguments(rest)
        if not block.started:
            turn.arguments("{}")
        elif not whole and not block.is_loose:
            self._spoilt = True
        elif block.is_json() is False:
            turn.note("arguments-invalid", "not JSON; delivered as it stood", level="warning")
        self._wait()

    # ── the end ─────────────────────────────────────────────────────────────────────────────────

    def _end(self, *, complete: bool) -> None:
        turn = self._turn
        self._give_back_between()
        self.active = False
        raw = self._raw.take()
        if not self._named:
            turn.malformed(raw, "a call that names no tool")
            self._leave()
            return
        complete = complete and not self._spoilt
        if complete and self._members >= 0:
            turn.arguments("}" if self._members else "{}")
        if complete and not self._members:
            turn.note("arguments-empty", "a call without arguments", after="{}")
        if not complete:
            turn.note("call-cut", "the call ends before all of its arguments are known", level="warning")
        turn.end_call(complete)
        if not complete:
            turn.malformed(raw, "the call was cut", of_call=True)
        self._leave()

    def _keep(self, raw: str) -> None:
        """Remember the call as it came, for the case that it has to be given back.

        A call with a name was delivered as it came: for it, the beginning will do.
        """
        while (raw := self._raw.add(raw)) and not self._named:
            self._turn.malformed(self._raw.take(), "a call that names no tool")


class _Unreadable(JsonValue):
    """An argument that has no place among the members: nothing of it is delivered, it is given back."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("")

    def feed(self, text: str) -> str:
        return ""

    def end(self) -> str:
        return ""

    def cut(self) -> str:
        return ""
