"""One assistant turn as it arrives: chunks in, events out, whichever grammar it is written in.

The driver cuts what is fed into plain pieces and control texts, each seen once, and hands them to
the current state: a pair of functions, one for pieces and one for control texts. The states that
both grammars share, the visible text and the thoughts, live here; `k2.py` and `k3.py` add theirs.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from moonwire.core.events import (
    CallArguments,
    CallEnd,
    CallStart,
    Event,
    Malformed,
    Noted,
    Reasoning,
    Reclassified,
    Text,
)
from moonwire.core.messages import Tool
from moonwire.core.notes import Level, Note
from moonwire.core.rawtext.body import Body
from moonwire.core.rawtext.ids import IdBook
from moonwire.core.rawtext.markers import MAX_BLANK, MAX_HELD, Grammar
from moonwire.core.rawtext.tools import Toolbox

__all__ = ["Family", "Turn"]

Piece = Callable[[str], None]
Mark = Callable[[str, str], None]
Step = Callable[[str], list[Event]]

# Noise that some servers let through between two markers (vllm#36763): blanks, runs of "!".
_BLANK = re.compile(r"\s*!*\s*\Z")
_NOISE = re.compile(r"\s*!{4,}\s*\Z")
# Hostile text can hold a million repairs; past this many of a kind they are only counted.
_NOTES_OF_A_KIND = 32
_SHOWN = 200
# A token's id may arrive this many special tokens ahead of its text, not more.
_LATE = 64


class Family(Protocol):
    """What a grammar adds to the turn: its control texts while in text or thoughts, and its end."""

    def mark(self, kind: str, raw: str) -> None:
        """A control text arrived in visible text or in thoughts."""

    def finish(self, reason: str) -> None:
        """Nothing more will arrive: settle what is open."""


class _Quote:
    """A tool section that began inside thoughts, held until it is known whether it was only quoted."""

    __slots__ = ("deeds", "raw", "texty")

    def __init__(self) -> None:
        self.raw: list[str] = []
        self.deeds: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        self.texty = False


class Turn:
    """State of one turn. `step` is the function that takes the next chunk; it changes with the state."""

    def __init__(
        self,
        tools: Iterable[Tool | Mapping[str, Any]] | None,
        *,
        in_reasoning: bool,
        used_ids: Iterable[str],
        hold: bool,
    ) -> None:
        self.tools = Toolbox(tools or ())
        self._tools_known = tools is not None
        self.ids = IdBook(used_ids)
        self.thinking = in_reasoning
        self.sure = False
        self.said_text = False
        self.reasoned = False
        self.any_call = False
        self.whole_calls = 0
        self.index = -1
        self.body = Body()
        self.step: Step = self.advance
        self.piece: Piece = self.text_piece
        self.mark: Mark = self._no_mark
        self.quick: Step | None = None
        self._in_channel = True
        self._piece_event: type[Reasoning] | type[Text] = Text
        self.in_tag = False
        self._tag_raw = ""
        self._hold = hold
        self._quotes: list[_Quote] = []
        self._quoted_size = 0
        self._out: list[Event] = []
        self._held = ""
        self._word = ""
        self._glued = False
        self._blank: str | None = ""
        self._trim = False
        self._marked = False
        self._noted: dict[str, int] = {}
        self._late: list[str] = []
        self._ids_proven = False

    def begin(self, grammar: Grammar, family: Family) -> None:
        """Read by this grammar from here on."""
        self._grammar = grammar
        self.family = family
        self.mark = family.mark
        self.go_on()

    def decide(self, grammar: Grammar, family: Family) -> None:
        """The first markup shows the grammar. The state stays; only who reads control texts changes."""
        if self.family is not family:
            if self.mark == self.family.mark:
                self.mark = family.mark
            self._grammar = grammar
            self.family = family

    # ── the driver ──────────────────────────────────────────────────────────────────────────────

    def advance(self, text: str) -> list[Event]:
        """Take a chunk the thorough way."""
        out: list[Event] = []
        self._out = out
        if self._held:
            self._drive(text, literal=False)
        elif "<" not in text:
            if text:
                self._take(text, None)
        elif (kind := self._grammar.kinds.get(text)) is not None:
            self._take(text, kind)
        else:
            self._drive(text, literal=False)
        self._settle()
        return out

    def advance_with_ids(self, text: str, token_ids: Sequence[int]) -> list[Event]:
        """Take a chunk whose token ids are known: they tell control tokens from their spelling.

        The special ids of the chunk stand for its control texts, in order. A server may send an id
        before its text, so ids without text wait. Where the two do not agree the text decides, with
        one exception: once ids and texts have agreed in this turn, a control text without any
        special id was spelled out with ordinary tokens, and is data.
        """
        kinds, ids = self._grammar.kinds, self._grammar.ids
        if "<" not in text and not self._held and ids.keys().isdisjoint(token_ids):
            return self.step(text)
        out: list[Event] = []
        self._out = out
        due = self._late + [ids[number] for number in token_ids if number in ids]
        seen = [kinds[text] for text in self._grammar.pattern.findall(self._held + text)]
        seen = [kind for kind in seen if kind not in ("turn end", "message end")]
        self._late = due[:_LATE] if not seen else []
        self.sure = bool(seen) and seen == due
        self._ids_proven = self._ids_proven or self.sure
        self._drive(text, literal=bool(seen) and not due and self._ids_proven and bool(token_ids))
        self.sure = False
        self._settle()
        return out

    def finish(self, reason: str) -> list[Event]:
        """Nothing more will come: give back what was held, settle what is open."""
        out: list[Event] = []
        self._out = out
        held, self._held = self._held, ""
        if held:
            self._take(held, None)
        self.family.finish(reason)
        self._flush_word()
        if self._blank and (not self._marked or "!" in self._blank):
            self.do(self._say_thought if self.thinking else self._say_text, self._blank)
        self._blank = None
        self.release()
        self._summarise_notes()
        self.step = self.advance
        return out

    def _drive(self, text: str, *, literal: bool) -> None:
        """Cut into pieces and control texts. Only what may still become one of them is held back."""
        text = self._held + text
        position = 0
        while match := self._grammar.pattern.search(text, position):
            start = match.start()
            if start > position:
                self._take(text[position:start], None)
            position = match.end()
            raw = match.group()
            self._take(raw, None if literal else self._grammar.kinds.get(raw))
        tail = self._grammar.tail(text, position)
        self._held = text[tail:]
        if tail > position:
            self._take(text[position:tail], None)

    def _take(self, raw: str, kind: str | None) -> None:
        if kind is None:
            self.piece(raw)
        else:
            self.mark(kind, raw)
        if self.in_tag or self._tag_raw:
            # A K3 tag is several pieces, and only the last of them shows what it does.
            self._tag_raw += raw
            if self.in_tag:
                return
            raw, self._tag_raw = self._tag_raw, ""
        if self._quotes:
            self._quotes[-1].raw.append(raw)
            self._quoted_size += len(raw)
            if self._quoted_size > MAX_HELD:
                self._decide_by_size()

    def keep_tag(self, raw: str) -> None:
        """A piece of a K3 tag that came by a quick way."""
        self._tag_raw += raw

    def _settle(self) -> None:
        """Choose the quickest function that can take the next chunk in this state."""
        if self._held or self._quotes:
            self.step = self.advance
        elif not self._in_channel:
            self.step = self.quick or self.advance
        elif self._blank is not None or (self.thinking and not self.reasoned):
            self.step = self.advance
        elif self.tools.beginnings:
            self._piece_event = Reasoning if self.thinking else Text
            self.step = self._quick_word
        else:
            self.step = self._quick_thought if self.thinking else self._quick_text

    def enter(self, piece: Piece, mark: Mark, quick: Step | None = None) -> None:
        """Leave text and thoughts for a state of the grammar's own."""
        self._in_channel = False
        self.piece, self.mark, self.quick = piece, mark, quick

    def state(self) -> tuple[Piece, Mark, Step | None, bool]:
        """The current state, to come back to."""
        return self.piece, self.mark, self.quick, self._in_channel

    def come_back(self, state: tuple[Piece, Mark, Step | None, bool]) -> None:
        """Be again in a state that was left."""
        self.piece, self.mark, self.quick, self._in_channel = state

    def _quick_text(self, text: str) -> list[Event]:
        if "<" in text or not text:
            return self.advance(text)
        return [Text(text)]

    def _quick_thought(self, text: str) -> list[Event]:
        if "<" in text or not text:
            return self.advance(text)
        return [Reasoning(text)]

    def _quick_word(self, text: str) -> list[Event]:
        """As the two above, where the last word might turn out to be the header of a call.

        The same decision as `_hold_word` makes, for the usual case that no blanks follow the word.
        """
        if self._word:
            if "<" in text:
                return self.advance(text)
            text, self._word = self._word + text, ""
        elif self._glued and text.isalnum():
            return [self._piece_event(text)]
        elif "<" in text:
            return self.advance(text)
        words = text.rsplit(None, 1)
        if not words or ":" in (last := words[-1]):
            return self.advance(text)
        if last not in self.tools.beginnings:
            self._glued = not text[-1].isspace()
            return [self._piece_event(text)]
        start = len(text) - len(last)
        if not text.endswith(last) or (start == 0 and self._glued):
            return self.advance(text)
        self._word = last
        if start == 0:
            return []
        self._glued = False
        return [self._piece_event(text[:start])]

    # ── deeds: everything that reaches the caller goes through here ─────────────────────────────

    def do(self, deed: Callable[..., None], *facts: Any) -> None:
        """Do it now, or, while a section inside thoughts is undecided, later if at all."""
        if self._quotes:
            self._quotes[-1].deeds.append((deed, facts))
        else:
            deed(*facts)

    def note(
        self, code: str, reason: str, *, level: Level = "info", before: Any = None, after: Any = None
    ) -> None:
        """Tell of a repair."""
        self.do(self._note, code, reason, level, before, after)

    def start_call(
        self, name: str, declared: bool, native: str | None, number: int | None, counted: bool
    ) -> None:
        """A call begins. Its id is chosen when it is delivered: a quoted call must not use one up."""
        self.do(self._start_call, name, declared, native, number, counted)

    def arguments(self, text: str) -> None:
        """A piece of the current call's arguments."""
        if text:
            self.do(self._arguments, text)

    def end_call(self, complete: bool) -> None:
        """The current call is over."""
        self.do(self._end_call, complete)

    def malformed(self, raw: str, reason: str, *, of_call: bool = False) -> None:
        """Something could not be read; it is delivered as it came."""
        self.do(self._malformed, raw, reason, of_call)

    def _say_text(self, text: str) -> None:
        self.said_text = True
        self._out.append(Text(text))

    def _say_thought(self, text: str) -> None:
        self.reasoned = True
        self._out.append(Reasoning(text))

    def _note(self, code: str, reason: str, level: Level, before: Any, after: Any) -> None:
        count = self._noted.get(code, 0) + 1
        self._noted[code] = count
        if count > _NOTES_OF_A_KIND:
            return
        if isinstance(before, str) and len(before) > _SHOWN:
            before = before[:_SHOWN] + "…"
        path = (
            f"calls[{self.index}]"
            if code.startswith(("call-", "id-", "name-", "arguments-", "undeclared-"))
            else ""
        )
        self._out.append(
            Noted(Note(code=code, reason=reason, level=level, path=path, before=before, after=after))
        )

    def _summarise_notes(self) -> None:
        for code, count in self._noted.items():
            if count > _NOTES_OF_A_KIND:
                more = Note(code=code, reason=f"and {count - _NOTES_OF_A_KIND} more of this kind")
                self._out.append(Noted(more))

    def _start_call(
        self, name: str, declared: bool, native: str | None, number: int | None, counted: bool
    ) -> None:
        self.any_call = True
        self.index += 1
        identity = self.ids.counted(name, number) if counted else self.ids.opaque(name, self.index)
        self._out.append(
            CallStart(self.index, identity, name, declared, native if native != identity else None)
        )
        if counted and native != identity:
            self._note("id-minted", "the model's own id cannot be used as it is", "info", native, identity)
        if native is not None and (name not in native or not counted):
            self._note("name-resolved", "the header does not spell the tool's name", "info", native, name)
        if not declared and self._tools_known:
            self._note("undeclared-tool", "the request offers no tool of this name", "warning", name, None)

    def _arguments(self, text: str) -> None:
        self._out.append(CallArguments(self.index, text))

    def _end_call(self, complete: bool) -> None:
        self.whole_calls += complete
        self._out.append(CallEnd(self.index, complete))

    def _malformed(self, raw: str, reason: str, of_call: bool) -> None:
        self._out.append(Malformed(raw, reason, self.index if of_call else None))

    # ── visible text and thoughts ───────────────────────────────────────────────────────────────

    def go_on(self, *, behind_call: bool = False) -> None:
        """Return to the text or the thoughts; a new segment begins, whose leading blanks may be layout."""
        self._trim = behind_call
        self._blank = ""
        self._glued = False
        self.quick = None
        self._in_channel = True
        self.piece = self.thought_piece if self.thinking else self.text_piece
        self.mark = self.family.mark

    def text_piece(self, piece: str) -> None:
        """Visible text."""
        if self.tools.beginnings:
            piece = self._hold_word(piece)
        if self._blank is not None:
            piece = self._blank + piece
            if len(piece) <= MAX_BLANK and _BLANK.match(piece):
                self._blank = piece
                return
            self._blank = None
        if piece:
            if self._quotes:
                self._quotes[-1].texty = True
            self.do(self._say_text, piece)

    def thought_piece(self, piece: str) -> None:
        """Thoughts. Their blanks are kept: reasoning is replayed byte for byte."""
        if self.tools.beginnings:
            piece = self._hold_word(piece)
        if self._trim and self._blank is not None:
            # Thoughts that go on behind a call: blanks between the two are layout, as in text.
            piece = self._blank + piece
            if len(piece) <= MAX_BLANK and _BLANK.match(piece):
                self._blank = piece
                return
        if piece and not piece.isspace():
            self._blank = None
        if piece:
            self._say_thought(piece)

    def at_start(self) -> bool:
        """Whether nothing but blanks stands between the last marker, or the beginning, and here."""
        return self._blank is not None and not self._word

    def end_segment(self) -> None:
        """A structural marker follows the text: give back a word that was held, drop pure layout."""
        self._flush_word()
        blank, self._blank = self._blank, None
        if blank and not self.thinking:
            if self._marked and _NOISE.match(blank):
                self.note("text-dropped", "noise between two markers", before=blank)
            elif not blank.isspace():
                self.do(self._say_text, blank)
        self._marked = True

    def end_thinking(self) -> None:
        """The thoughts are over; if there were none, that they are empty is said."""
        if self.thinking and not self.reasoned:
            self._say_thought("")
        self.thinking = False

    def take_head(self) -> str:
        """The held last word, where it is the header of a call whose markers were stripped."""
        word, self._word = self._word, ""
        if self.tools.is_head(word.rstrip()):
            return word
        self._word = word
        return ""

    def reopen_thoughts(self) -> None:
        """A think tag opens. What was called so far had not been quoted."""
        self.end_segment()
        self.release()
        self.thinking = True
        self.go_on()

    def close_thoughts(self, raw: str) -> None:
        """A think-close: it ends the thoughts, or shows that the text so far had been thoughts."""
        fresh = not self.reasoned and not self.any_call
        self.end_segment()
        if self.undecided:
            self.judge()
        elif self.thinking:
            self.end_thinking()
        elif fresh and self.said_text:
            self.reclassify_text()
        else:
            self.note("marker-stripped", "a think-close that nothing opened", before=raw)
            if self.said_text:
                return
        self.thinking = False
        self.go_on()

    def reclassify_thoughts(self) -> None:
        """The answer was written where thoughts were expected, and closed as an answer."""
        self._out.append(Reclassified("reasoning", "text"))
        self.note("text-reclassified", "the thoughts were closed as an answer, and there is no other")

    def reclassify_text(self) -> None:
        """A think-close came that nothing opened: what was taken for the answer was thought."""
        self._out.append(Reclassified("text", "reasoning"))
        self.said_text = False
        self.reasoned = True
        self.note("text-reclassified", "the text before a think-close that was never opened is reasoning")

    def _hold_word(self, piece: str) -> str:
        """Hold back a last word that may become `NAME:N` with its argument marker behind it.

        Servers strip the call marker and leave the header as text (typeclaw#344).
        """
        piece = self._word + piece
        solid = piece.rstrip()
        last = solid.rsplit(None, 1)[-1] if solid else ""
        start = len(solid) - len(last)
        touching = start == 0 and self._glued
        blanks = len(piece) - len(solid)
        may = last in self.tools.beginnings if blanks == 0 else blanks <= 16
        if (
            last
            and not touching
            and (
                (may and (blanks == 0 or self.tools.is_head(last)))
                or (blanks == 0 and self.tools.is_head(last))
            )
        ):
            self._word = piece[start:]
            piece = piece[:start]
        else:
            self._word = ""
        if piece:
            self._glued = not piece[-1].isspace()
        return piece

    def _flush_word(self) -> None:
        word, self._word = self._word, ""
        if word:
            self._glued = not word[-1].isspace()
            if self._blank is not None and (self._trim or not self.thinking):
                word = self._blank + word
            self._blank = None
            if self.thinking:
                self._say_thought(word)
            else:
                if self._quotes:
                    self._quotes[-1].texty = True
                self.do(self._say_text, word)

    def _no_mark(self, kind: str, raw: str) -> None:
        self.piece(raw)

    # ── sections inside thoughts ────────────────────────────────────────────────────────────────

    def open_section(self) -> None:
        """A tool section begins here. Inside thoughts it may turn out to have been quoted only."""
        if self._quotes:
            if self._quotes[-1].texty:
                self._quotes.append(_Quote())
        elif self.thinking:
            self.end_thinking_for_call()

    def end_thinking_for_call(self) -> None:
        """Thoughts lead into a call: end them, hold the call back, or let them go on behind it."""
        if not self.reasoned:
            self._say_thought("")
        if self._hold:
            self.thinking = False
            self._quotes.append(_Quote())

    @property
    def undecided(self) -> bool:
        """Whether a section that began inside thoughts is held."""
        return bool(self._quotes)

    def release(self) -> None:
        """No think-close came, so the section had ended the thoughts: what was held is real."""
        quotes, self._quotes = self._quotes, []
        self._quoted_size = 0
        for quote in quotes:
            for deed, facts in quote.deeds:
                deed(*facts)

    def judge(self) -> None:
        """The thoughts are closed: sections with more thoughts behind them were quoted.

        Sections that the close follows at once are real.
        """
        quotes, self._quotes = self._quotes, []
        self._quoted_size = 0
        self._word = ""
        self._blank = None
        last = quotes.pop() if not quotes[-1].texty else None
        for quote in quotes:
            self._say_thought("".join(quote.raw))
            self._note(
                "calls-quoted",
                "a tool section inside the thoughts, with more of them behind it",
                "info",
                None,
                None,
            )
        if last is not None:
            for deed, facts in last.deeds:
                deed(*facts)

    def _decide_by_size(self) -> None:
        if self._quotes[-1].texty and self._in_channel:
            self.judge()
            self.thinking = True
            self.go_on()
        else:
            self.release()
