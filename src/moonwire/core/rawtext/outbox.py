"""What a turn delivers: events, ids, notes, and what is held until it is known to be meant.

A tool section inside thoughts may have been quoted only. Until that is known, what it would
deliver is kept as deeds, beside the raw text that it would have been.
"""

import sys
from collections.abc import Callable, Iterable
from typing import Any

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
from moonwire.core.notes import Level, Note
from moonwire.core.rawtext.ids import IdBook
from moonwire.core.rawtext.pieces import Pieces

__all__ = ["Outbox"]

# Hostile text can hold a million repairs; past this many of a kind they are only counted.
_NOTES_OF_A_KIND = 32
_SHOWN = 200
# The notes about a call name the call that was begun last.
_ABOUT_A_CALL = ("call-", "id-", "name-", "arguments-", "undeclared-")


class _Quote:
    """A tool section inside thoughts: what it does if it was meant, and its text if it was not."""

    __slots__ = ("deeds", "raw", "texty")

    def __init__(self) -> None:
        self.raw = Pieces(sys.maxsize)
        self.deeds: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        self.texty = False


class Outbox:
    """Collects the events of a chunk in `out`."""

    def __init__(self, used_ids: Iterable[str], *, tools_known: bool) -> None:
        self.out: list[Event] = []
        self.said_text = False
        self.reasoned = False
        self.any_call = False
        self.whole_calls = 0
        self.index = -1
        self.quoted_size = 0
        self._ids = IdBook(used_ids)
        self._tools_known = tools_known
        self._reclassified = False
        self._noted: dict[str, int] = {}
        self._quotes: list[_Quote] = []

    # ── what can be delivered ───────────────────────────────────────────────────────────────────

    def say_text(self, text: str) -> None:
        """A piece of visible text."""
        if self._quotes:
            self._quotes[-1].texty = True
        self._do(self._say_text, text)

    def say_thought(self, text: str) -> None:
        """A piece of thoughts. Never inside a quote: there it is unknown what is thought."""
        self.reasoned = True
        self.out.append(Reasoning(text))

    def note(
        self, code: str, reason: str, *, level: Level = "info", before: Any = None, after: Any = None
    ) -> None:
        """Tell of a repair."""
        self._do(self._note, code, reason, level, before, after)

    def start_call(
        self, name: str, declared: bool, native: str | None, number: int | None, *, counted: bool
    ) -> None:
        """A call begins. Its id is chosen when it is delivered: a quoted call must not use one up."""
        self._do(self._start_call, name, declared, native, number, counted)

    def arguments(self, text: str) -> None:
        """A piece of the current call's arguments."""
        if text:
            self._do(self._arguments, text)

    def end_call(self, complete: bool) -> None:
        """The current call is over."""
        self._do(self._end_call, complete)

    def malformed(self, raw: str, reason: str, *, of_call: bool = False) -> None:
        """Something could not be read; it is delivered as it came."""
        self._do(self._malformed, raw, reason, of_call)

    def reclassify_text(self) -> None:
        """A think-close came that nothing opened: what was taken for the answer was thought."""
        self._reclassified = True
        self.said_text = False
        self.reasoned = True
        self.out.append(Reclassified("text", "reasoning"))
        self.note("text-reclassified", "the text before a think-close that was never opened is reasoning")

    def reclassify_thoughts(self) -> None:
        """The answer was written where thoughts were expected, and closed as an answer."""
        if not self._reclassified:
            self.out.append(Reclassified("reasoning", "text"))
            self.note("text-reclassified", "the thoughts were closed as an answer, and there is no other")

    def summarise_notes(self) -> None:
        """Say how many notes were not shown."""
        for code, count in self._noted.items():
            if count > _NOTES_OF_A_KIND:
                more = Note(code=code, reason=f"and {count - _NOTES_OF_A_KIND} more of this kind")
                self.out.append(Noted(more))

    # ── sections inside thoughts ────────────────────────────────────────────────────────────────

    @property
    def undecided(self) -> bool:
        """Whether a section that began inside thoughts is held."""
        return bool(self._quotes)

    @property
    def texty(self) -> bool:
        """Whether text follows the section that is held."""
        return bool(self._quotes) and self._quotes[-1].texty

    def begin_quote(self, head: str) -> None:
        """Hold what follows. `head` is text before the marker that belongs to the section."""
        quote = _Quote()
        if self._quotes:
            before = self._quotes[-1].raw.take()
            self._quotes[-1].raw.add(before.removesuffix(head))
        else:
            self.quoted_size += len(head)
        quote.raw.add(head)
        self._quotes.append(quote)

    def quote(self, raw: str) -> None:
        """Remember the text of what is held."""
        if self._quotes:
            self._quotes[-1].raw.add(raw)
            self.quoted_size += len(raw)

    def release(self) -> None:
        """No think-close came, so the section had ended the thoughts: what was held is real."""
        for quote in self._unquote():
            _carry_out(quote)

    def judge(self) -> None:
        """The thoughts are closed: sections with more thoughts behind them were quoted.

        Sections that the close follows at once are real.
        """
        quotes = self._unquote()
        last = None if quotes[-1].texty else quotes.pop()
        for quote in quotes:
            self.say_thought(quote.raw.text())
            self.note("calls-quoted", "a tool section inside the thoughts, with more of them behind it")
        if last is not None:
            _carry_out(last)

    def _unquote(self) -> list[_Quote]:
        quotes, self._quotes = self._quotes, []
        self.quoted_size = 0
        return quotes

    def _do(self, deed: Callable[..., None], *facts: Any) -> None:
        """Do it now, or, while a section inside thoughts is undecided, later if at all."""
        if not self._quotes:
            deed(*facts)
            return
        deeds = self._quotes[-1].deeds
        if deed not in (self._arguments, self._say_text):
            deeds.append((deed, facts))
            return
        # Pieces of one text are joined: a string costs far more than its characters.
        if not deeds or deeds[-1][0] != deed:
            deeds.append((deed, (Pieces(sys.maxsize),)))
        deeds[-1][1][0].add(facts[0])

    # ── the deeds ───────────────────────────────────────────────────────────────────────────────

    def _say_text(self, text: str | Pieces) -> None:
        self.said_text = True
        self.out.append(Text(str(text)))

    def _note(self, code: str, reason: str, level: Level, before: Any, after: Any) -> None:
        count = self._noted.get(code, 0) + 1
        self._noted[code] = count
        if count > _NOTES_OF_A_KIND:
            return
        if isinstance(before, str) and len(before) > _SHOWN:
            before = before[:_SHOWN] + "…"
        path = f"calls[{self.index}]" if code.startswith(_ABOUT_A_CALL) else ""
        note = Note(code=code, reason=reason, level=level, path=path, before=before, after=after)
        self.out.append(Noted(note))

    def _start_call(
        self, name: str, declared: bool, native: str | None, number: int | None, counted: bool
    ) -> None:
        self.any_call = True
        self.index += 1
        identity = self._ids.counted(name, number) if counted else self._ids.opaque(name, self.index)
        native_then = None if native == identity else native
        self.out.append(CallStart(self.index, identity, name, declared, native_then))
        if counted and native != identity:
            self.note(
                "id-minted", "the model's own id cannot be used as it is", before=native, after=identity
            )
        if not declared and self._tools_known:
            reason = "the request offers no tool of this name"
            self.note("undeclared-tool", reason, level="warning", before=name)

    def _arguments(self, text: str | Pieces) -> None:
        self.out.append(CallArguments(self.index, str(text)))

    def _end_call(self, complete: bool) -> None:
        self.whole_calls += complete
        self.out.append(CallEnd(self.index, complete))

    def _malformed(self, raw: str, reason: str, of_call: bool) -> None:
        self.out.append(Malformed(raw, reason, self.index if of_call else None))


def _carry_out(quote: _Quote) -> None:
    for deed, facts in quote.deeds:
        deed(*facts)
