"""One assistant turn as it arrives: chunks in, events out, whichever grammar it is written in.

The driver cuts what is fed into plain pieces and control texts, each seen once, and hands them to
the current state: a pair of functions, one for pieces and one for control texts. The states that
both grammars share, the visible text and the thoughts, live here; `k2.py` and `k3.py` add theirs.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from moonwire.core.events import Event, Reasoning, Text
from moonwire.core.messages import Tool
from moonwire.core.rawtext.markers import MAX_BLANK, MAX_HELD, TURN_ENDS, Grammar
from moonwire.core.rawtext.outbox import Outbox
from moonwire.core.rawtext.tools import Toolbox

__all__ = ["Family", "State", "Turn"]

Piece = Callable[[str], None]
Mark = Callable[[str, str], None]
Step = Callable[[str], list[Event]]
State = tuple[Piece, Mark, Step | None, bool]

# What may be mere layout between two markers: blanks, and the runs of "!" that some servers let
# through there (vllm#36763).
_LAYOUT = re.compile(r"[\s!]*+\Z")
_NOISE = re.compile(r"\s*+!{4,}+\s*+\Z")
# How many special tokens may run ahead of their texts.
_LATE = 64
# Blanks between a header whose marker was stripped and the next marker.
_HEAD_BLANKS = 16


class Family(Protocol):
    """What a grammar adds to the turn: its control texts while in text or thoughts, and its end."""

    def mark(self, kind: str, raw: str) -> None:
        """A control text arrived in visible text or in thoughts."""

    def drops(self, held: str) -> bool:
        """Whether a control text that the end of the stream cut short is of no use as text."""
        ...

    def finish(self, reason: str) -> None:
        """Nothing more will arrive: settle what is open."""


class Turn(Outbox):
    """State of one turn. `step` is the function that takes the next chunk; it changes with the state."""

    def __init__(
        self,
        tools: Iterable[Tool | Mapping[str, Any]] | None,
        *,
        in_reasoning: bool,
        used_ids: Iterable[str],
        hold: bool,
    ) -> None:
        super().__init__(used_ids, tools_known=tools is not None)
        self.tools = Toolbox.of(tools or ())
        self._beginnings = self.tools.beginnings
        self.thinking = in_reasoning
        # Whether token ids say that the control text at hand is one.
        self.sure = False
        # Whether the state itself accounts for the raw text that it takes (K3 tags, doubts).
        self.accounts = False
        self.step: Step = self.advance
        self.piece: Piece = self.text_piece
        self.mark: Mark
        self.quick: Step | None = None
        self._in_channel = True
        self._event: type[Reasoning] | type[Text] = Text
        self._hold = hold
        self._held = ""
        self._word = ""
        self._glued = False
        self._blank: str | None = ""
        self._trim = False
        self._marked = False
        self._late: list[str] = []
        self._ids_proven = False

    def begin(self, grammar: Grammar, family: Family) -> None:
        """Read by this grammar from here on."""
        self._grammar = grammar
        self.family = family
        self.go_on()

    def decide(self, grammar: Grammar, family: Family) -> None:
        """The first markup shows the grammar. The state stays; only who reads control texts changes."""
        self.mark = family.mark
        self._grammar = grammar
        self.family = family

    # ── the driver ──────────────────────────────────────────────────────────────────────────────

    def advance(self, text: str) -> list[Event]:
        """Take a chunk the thorough way."""
        out: list[Event] = []
        self.out = out
        if self._held:
            self._drive(text, literal=False)
        elif "<" not in text:
            if text:
                self.take(text, None)
        elif (kind := self._grammar.kinds.get(text)) is not None:
            self.take(text, kind)
        else:
            self._drive(text, literal=False)
        self._settle()
        return out

    def advance_with_ids(self, text: str, token_ids: Sequence[int]) -> list[Event]:
        """Take a chunk whose token ids are known: they tell control tokens from their spelling.

        The special ids stand for the control texts, in order; a server may send them ahead of their
        texts, so they queue. Where the two do not agree the text decides, with one exception: once
        ids and texts have agreed in this turn, a control text without any special id was spelled
        out with ordinary tokens, and is data.
        """
        kinds, ids = self._grammar.kinds, self._grammar.ids
        if "<" not in text and not self._held and ids.keys().isdisjoint(token_ids):
            return self.step(text)
        out: list[Event] = []
        self.out = out
        due = self._late + [ids[number] for number in token_ids if number in ids]
        seen = [kinds[control] for control in self._grammar.pattern.findall(self._held + text)]
        seen = [kind for kind in seen if kind not in TURN_ENDS]
        agreed = seen == due[: len(seen)]
        self._late = due[len(seen) :][:_LATE] if agreed else []
        self.sure = bool(seen) and agreed
        self._ids_proven = self._ids_proven or self.sure
        self._drive(text, literal=bool(seen) and not due and self._ids_proven and bool(token_ids))
        self.sure = False
        self._settle()
        return out

    def finish(self, reason: str) -> list[Event]:
        """Nothing more will come: give back what was held, settle what is open."""
        out: list[Event] = []
        self.out = out
        held, self._held = self._held, ""
        if held and not self.family.drops(held):
            self.take(held, None)
        self.family.finish(reason)
        self._flush_word()
        if self._blank and (not self._marked or "!" in self._blank):
            self._say(self._blank)
        self._blank = None
        self.release()
        self.summarise_notes()
        return out

    def take(self, raw: str, kind: str | None) -> None:
        """Give the current state a piece of text (no kind) or a control text."""
        if self.undecided and kind is None and len(raw) > (room := MAX_HELD - self.quoted_size) > 0:
            # The limit is met at the same character, however the text is cut.
            self.take(raw[:room], None)
            self.take(raw[room:], None)
            return
        accounted = self.accounts
        if kind is None:
            self.piece(raw)
        elif kind in TURN_ENDS:
            # No id stands for these, so nothing is known of them.
            sure, self.sure = self.sure, False
            self.mark(kind, raw)
            self.sure = sure
        else:
            self.mark(kind, raw)
        if not accounted and not self.accounts:
            self.account(raw)

    def account(self, raw: str) -> None:
        """Remember the text of a section that may turn out to be quoted, for 1 MB."""
        if self.undecided:
            self.quote(raw)
            if self.quoted_size >= MAX_HELD:
                self._decide_by_size()

    def _drive(self, text: str, *, literal: bool) -> None:
        """Cut into pieces and control texts. Only what may still become one of them is held back."""
        text = self._held + text
        position = 0
        while match := self._grammar.pattern.search(text, position):
            start = match.start()
            if start > position:
                self.take(text[position:start], None)
            position = match.end()
            raw = match.group()
            self.take(raw, None if literal else self._grammar.kinds.get(raw))
        tail = self._grammar.tail(text, position)
        self._held = text[tail:]
        if tail > position:
            self.take(text[position:tail], None)

    def _settle(self) -> None:
        """Choose the quickest function that can take the next chunk in this state."""
        if self._held or self._quotes:
            self.step = self.advance
        elif not self._in_channel:
            self.step = self.quick or self.advance
        elif self._blank is not None or (self.thinking and not self.reasoned):
            self.step = self.advance
        elif self._beginnings:
            self._event = Reasoning if self.thinking else Text
            self.step = self._quick_word
        else:
            self.step = self._quick_thought if self.thinking else self._quick_text

    def enter(self, piece: Piece, mark: Mark, quick: Step | None = None) -> None:
        """Leave text and thoughts for a state of the grammar's own."""
        self._in_channel = False
        self.piece, self.mark, self.quick = piece, mark, quick

    def state(self) -> State:
        """The current state, to come back to."""
        return self.piece, self.mark, self.quick, self._in_channel

    def come_back(self, state: State) -> None:
        """Be again in a state that was left."""
        self.piece, self.mark, self.quick, self._in_channel = state

    # ── quick ways through text and thoughts ────────────────────────────────────────────────────

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
        else:
            last = text[text.rfind(" ") + 1 :]
            glued = last != ""
            if not glued:
                last = text[text.rfind(" ", 0, -1) + 1 : -1]
            if last.isalnum() and last not in self._beginnings and "<" not in text:
                self._glued = glued
                return [self._event(text)]
            if "<" in text:
                return self.advance(text)
        words = text.rsplit(None, 1)
        if not words or ":" in (last := words[-1]):
            return self.advance(text)
        if last not in self._beginnings:
            self._glued = not text[-1].isspace()
            return [self._event(text)]
        start = len(text) - len(last)
        if not text.endswith(last) or (start == 0 and self._glued):
            return self.advance(text)
        self._word = last
        if start == 0:
            return []
        self._glued = False
        return [self._event(text[:start])]

    # ── visible text and thoughts ───────────────────────────────────────────────────────────────

    def go_on(self, *, behind_call: bool = False) -> None:
        """Return to the text or the thoughts; a new segment begins, whose leading blanks may be layout."""
        self._trim = behind_call or not self.thinking
        self._blank = ""
        self._glued = False
        self.quick = None
        self._in_channel = True
        self.piece = self.thought_piece if self.thinking else self.text_piece
        self.mark = self.family.mark

    def text_piece(self, piece: str) -> None:
        """Visible text."""
        piece = self._not_layout(self._hold_word(piece))
        if piece:
            self.say_text(piece)

    def thought_piece(self, piece: str) -> None:
        """Thoughts. Their blanks are kept, save for layout behind a call: reasoning is replayed."""
        piece = self._hold_word(piece)
        if self._trim:
            piece = self._not_layout(piece)
        elif piece and not piece.isspace():
            self._blank = None
        if piece:
            self.say_thought(piece)

    def _not_layout(self, piece: str) -> str:
        """The piece, with the blanks before it, unless all of it may still be layout."""
        if self._blank is None:
            return piece
        blank = self._blank + piece
        if len(blank) <= MAX_BLANK and _LAYOUT.match(piece):
            self._blank = blank
            return ""
        self._blank = None
        return blank

    def _say(self, text: str) -> None:
        if self.thinking:
            self.say_thought(text)
        else:
            self.say_text(text)

    def at_start(self) -> bool:
        """Whether nothing but blanks stands between the last marker, or the beginning, and here."""
        return self._blank is not None and not self._word

    def end_segment(self) -> None:
        """A structural marker follows the text: give back a word that was held, drop pure layout."""
        self._flush_word()
        blank, self._blank = self._blank, None
        if blank and not blank.isspace():
            if self._marked and self._grammar.noisy and _NOISE.match(blank):
                self.note("text-dropped", "noise between two markers", before=blank)
            else:
                self._say(blank)
        self._marked = True

    def end_thinking(self) -> None:
        """The thoughts are over; if there were none, that they are empty is said."""
        if self.thinking and not self.reasoned:
            self.say_thought("")
        self.thinking = False

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

    def open_section(self, head: str = "") -> None:
        """A tool section begins here, or a bare call. Inside thoughts it may be quoted only.

        `head` is a header that had been taken for text.
        """
        if self.undecided:
            if self.texty:
                self.begin_quote(head)
        elif self.thinking:
            if not self.reasoned:
                self.say_thought("")
            if self._hold:
                self.thinking = False
                self.begin_quote(head)

    def _decide_by_size(self) -> None:
        """What waits can wait no longer. Thoughts that go on this long were not ended by a call."""
        if self.texty and self._in_channel:
            self._word = ""
            self.judge()
            self.thinking = True
            self.go_on()
        else:
            self.release()

    # ── a header in the text ────────────────────────────────────────────────────────────────────

    def take_head(self) -> str:
        """The held last word, where it is the header of a call whose markers were stripped."""
        word = self._word
        if not self.tools.is_head(word.rstrip()):
            return ""
        self._word = ""
        return word

    def _hold_word(self, piece: str) -> str:
        """Hold back a last word that may become `NAME:N` with its argument marker behind it.

        Servers strip the call marker and leave the header as text (typeclaw#344).
        """
        if not self._beginnings:
            return piece
        piece = self._word + piece
        solid = piece.rstrip()
        last = solid.rsplit(None, 1)[-1] if solid else ""
        start = len(solid) - len(last)
        blanks = len(piece) - len(solid)
        if start == 0 and self._glued:
            may = False
        elif blanks == 0:
            may = last in self._beginnings or self.tools.is_head(last)
        else:
            may = blanks <= _HEAD_BLANKS and self.tools.is_head(last)
        self._word = piece[start:] if may else ""
        piece = piece[:start] if may else piece
        if piece:
            self._glued = not piece[-1].isspace()
        return piece

    def _flush_word(self) -> None:
        word, self._word = self._word, ""
        if word:
            self._glued = not word[-1].isspace()
            if self._blank is not None and self._trim:
                word = self._blank + word
            self._blank = None
            self._say(word)
