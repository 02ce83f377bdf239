"""The arguments of a K2 call: where they end, and what call they belong to."""

import re
from collections.abc import Callable

from moonwire.core.events import CallArguments, Event
from moonwire.core.rawtext.body import BLOCK, Body
from moonwire.core.rawtext.markers import MAX_HELD
from moonwire.core.rawtext.pieces import Pieces
from moonwire.core.rawtext.tools import Header
from moonwire.core.rawtext.turn import Turn

__all__ = ["Arguments"]

_MARKER = "<|tool_call_argument_begin|>"
# The markers that end arguments, and so may be quoted in them.
_ENDS = frozenset({"call", "/call", "section", "/section"})
_TO_QUOTE = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
# What may stand behind a string in JSON.
_AFTER_STRING = frozenset(",:}]")


class Arguments:
    """The state between a call's argument marker and its end.

    A marker inside a JSON string is data, as far as the JSON tells. But a string that was cut
    swallows the markers behind it, so from the first of them on everything waits until the next
    quote: if JSON goes on behind that, the string was real, if not, the marker was.
    """

    def __init__(self, turn: Turn, leave: Callable[[], None]) -> None:
        self._turn = turn
        self._leave = leave
        self._header = Header("")
        self._body = Body()
        self._by_json = False
        # Arguments whose header names no tool wait for what their keys say.
        self._nameless = False
        self._waiting = Pieces(MAX_HELD)
        self._overflowed = False
        self._after = Pieces(MAX_HELD)
        # Pieces are joined and equal markers shared: a million of them must not cost a hundred bytes each.
        self._doubted: list[tuple[str, str | None]] = []
        self._doubted_piece = Pieces(MAX_HELD)
        self._doubted_size = 0
        self._marks: dict[str, tuple[str, str | None]] = {}
        self._quote_seen = False
        self._escaped = False
        self._certain = False

    def begin(self, header: str, *, by_json: bool) -> None:
        """The argument marker arrived. `by_json`: no marker may be expected at the end either."""
        turn = self._turn
        self._header = read = turn.tools.read(header)
        self._by_json = by_json
        self._after.clear()
        self._waiting.clear()
        self._overflowed = False
        self._nameless = read.name is None
        if read.name is not None:
            turn.start_call(read.name, read.declared, read.native, read.number, counted=True)
            if not read.literal:
                reason = "what the header can mean, and nothing else"
                turn.note("name-resolved", reason, before=read.native, after=read.name)
        self._body = Body(unwrap=read.name is None or turn.tools.wants_object(read.name))
        turn.enter(self._piece, self._mark)

    def drops(self) -> bool:
        """Whether half a marker at the end of the stream stands behind a value that is whole."""
        return self._turn.piece == self._piece and self._body.closed

    def finish(self) -> None:
        """Nothing more will come. Does nothing where no arguments are under way."""
        if self._turn.piece == self._piece and self._doubted:
            self._reject()
        if self._turn.piece == self._piece:
            self._end(by_marker=False, at_end=True)

    # ── pieces ──────────────────────────────────────────────────────────────────────────────────

    def _piece(self, piece: str) -> None:
        if self._doubted:
            self._doubt(piece, None)
            return
        body = self._body
        if body.closed:
            self._behind(piece)
            return
        said, rest = body.feed(piece)
        self._deliver(said)
        quick = body.closer and not body.closed and not self._nameless
        self._turn.quick = self._quick if quick else None
        if rest or (body.closed and self._by_json):
            self._behind(rest)

    def _quick(self, text: str) -> list[Event]:
        body = self._body
        if "<" in text or body.closer in text or body.unread_size > BLOCK or not text:
            return self._turn.advance(text)
        body.unread.append(text)
        body.unread_size += len(text)
        return [CallArguments(self._turn.index, text)]

    def _behind(self, piece: str) -> None:
        """Text behind the value's end: blanks, or something that the next marker will explain."""
        self._turn.quick = None
        rest = self._after.add(piece)
        if self._by_json or rest:
            self._end(by_marker=False)
            if rest:
                self._turn.piece(rest)

    def _deliver(self, text: str) -> None:
        if not self._nameless:
            self._turn.arguments(text)
            return
        while text := self._waiting.add(text):
            self._overflowed = True
            self._give_back("a call whose header names no tool, too long to wait for its end")

    # ── markers ─────────────────────────────────────────────────────────────────────────────────

    def _mark(self, kind: str, raw: str) -> None:
        if self._doubted:
            self._doubt(raw, kind)
        elif self._turn.sure or self._certain or self._body.closed or not self._body.inside_string():
            self._obey(kind, raw)
        elif kind in _ENDS:
            self._quote_seen = self._escaped = False
            self._doubted = [(raw, kind)]
            self._doubted_size = len(raw)
            self._turn.accounts = True
            self._turn.quick = None
        else:
            self._piece(raw)

    def _obey(self, kind: str, raw: str) -> None:
        """The marker is structure."""
        turn = self._turn
        self._certain = False
        if kind == "/call":
            self._end(by_marker=True)
        elif kind == "arguments" and not self._body.closed:
            turn.note("marker-stripped", "a second argument marker in one call", before=raw)
        else:
            self._end(by_marker=False)
            turn.mark(kind, raw)

    def _doubt(self, raw: str, kind: str | None) -> None:
        """A marker stood in a string. Look for the quote that ends it, and for what follows that."""
        room = MAX_HELD - self._doubted_size
        if kind is None and len(raw) > room > 0:
            self._doubt(raw[:room], None)
            self._turn.take(raw[room:], None)
            return
        self._doubted_size += len(raw)
        if kind is None:
            self._doubted_piece.add(raw)
        else:
            self._join_doubted()
            self._doubted.append(self._marks.setdefault(raw, (raw, kind)))
            self._escaped = False
            if self._quote_seen:
                self._reject()
            elif self._doubted_size >= MAX_HELD:
                self._accept()
            return
        position = 0 if self._quote_seen else self._behind_quote(raw)
        following = raw[position:].lstrip() if self._quote_seen else ""
        if (following and following[0] in _AFTER_STRING) or (self._quote_seen and self._body.is_string):
            self._accept()
        elif following:
            self._reject()
        elif self._doubted_size >= MAX_HELD:
            self._accept()

    def _behind_quote(self, raw: str) -> int:
        start = 1 if self._escaped else 0
        self._escaped = False
        match = _TO_QUOTE.match(raw, start)
        end = match.end() if match else start
        if end < len(raw):
            self._quote_seen = raw[end] == '"'
            self._escaped = not self._quote_seen
        return end + 1

    def _join_doubted(self) -> None:
        if self._doubted_piece.size:
            self._doubted.append((self._doubted_piece.take(), None))

    def _accept(self) -> None:
        """It was data."""
        self._join_doubted()
        text = "".join(raw for raw, _ in self._doubted)
        self._doubted = []
        self._turn.accounts = False
        self._turn.take(text, None)

    def _reject(self) -> None:
        """The string never closed: the marker was structure, and what follows it is read as such."""
        self._join_doubted()
        doubted, self._doubted = self._doubted, []
        turn = self._turn
        turn.accounts = False
        turn.note("string-unclosed", "a marker ends arguments whose last string is open", level="warning")
        self._certain = True
        for raw, kind in doubted:
            turn.take(raw, kind)

    # ── the end of a call ───────────────────────────────────────────────────────────────────────

    def _end(self, *, by_marker: bool, at_end: bool = False) -> None:
        turn, body = self._turn, self._body
        after = self._after.take()
        if by_marker and after.strip():
            # Between the two markers everything is the model's, JSON or not.
            self._deliver(after.rstrip())
            body.add(after.rstrip())
            after = ""
        empty = not body.started and not at_end
        if empty:
            self._deliver("{}")
        rest, whole = body.end()
        self._deliver(rest)
        # A scalar at the end of the stream may be the beginning of a longer one.
        whole = by_marker or (whole and not at_end) if body.is_loose else whole
        complete = empty or whole
        if self._nameless and not self._resolve(complete):
            self._leave_with(after)
            return
        if empty:
            turn.note("arguments-empty", "nothing between the markers", after="{}")
        self._note_arguments(complete)
        if complete and not by_marker:
            turn.note("call-unclosed", "the call's end marker is missing")
        if not complete:
            turn.note("call-cut", "the arguments end in the middle", level="warning")
        turn.end_call(complete)
        if not complete:
            raw = f"{self._header.native}{_MARKER}{body.raw()}"
            turn.malformed(raw, "the call's arguments were cut", of_call=True)
        self._leave_with(after)

    def _leave_with(self, after: str) -> None:
        self._leave()
        if after:
            self._turn.piece(after)

    def _note_arguments(self, complete: bool) -> None:
        turn, body = self._turn, self._body
        if body.unwraps:
            turn.note("arguments-unwrapped", "a string that holds the object")
        if complete and body.started and body.is_json() is False:
            turn.note("arguments-invalid", "not JSON; delivered as it stood", level="warning")
        elif complete and body.started and not body.is_object:
            turn.note("arguments-not-object", "JSON, but not an object; delivered as it stood")

    def _resolve(self, complete: bool) -> bool:
        """The header named no tool: the argument keys may, where exactly one tool has them."""
        turn = self._turn
        may_guess = self._header.guess and complete and not self._overflowed
        guessed = turn.tools.infer(self._waiting.text()) if may_guess else None
        if guessed is None:
            cut = "" if complete else "cut "
            self._give_back(f"a {cut}call whose header names no tool")
            return False
        turn.start_call(guessed, True, self._header.native, None, counted=True)
        reason = "the only tool that takes these arguments"
        turn.note("name-inferred", reason, before=self._header.native, after=guessed)
        turn.arguments(self._waiting.take())
        return True

    def _give_back(self, reason: str) -> None:
        self._turn.malformed(f"{self._header.native}{_MARKER}{self._waiting.take()}", reason)
