"""The arguments of a K2 call: where they end, and what call they belong to."""

import re
from collections.abc import Callable

from moonwire.core.events import CallArguments, Event
from moonwire.core.rawtext.body import BLOCK, Body
from moonwire.core.rawtext.markers import MAX_HELD
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
        self._deferred: list[str] | None = None
        self._deferred_size = 0
        self._overflowed = False
        self._after: list[str] = []
        self._after_size = 0
        self._doubted: list[tuple[str, str | None]] = []
        self._doubted_size = 0
        self._quote_seen = False
        self._escaped = False

    def begin(self, header: str, *, by_json: bool) -> None:
        """The argument marker arrived. `by_json`: no marker may be expected at the end either."""
        turn = self._turn
        self._header = turn.tools.read(header)
        name = self._header.name
        self._by_json = by_json
        self._after, self._after_size = [], 0
        self._deferred = None
        if name is None:
            self._deferred, self._deferred_size, self._overflowed = [], 0, False
        else:
            turn.start_call(name, self._header.declared, self._header.native, self._header.number, True)
        self._body = Body(unwrap=name is None or turn.tools.wants_object(name))
        turn.enter(self._piece, self._mark)

    def finish(self) -> None:
        """Nothing more will come. Does nothing where no arguments are under way."""
        if self._turn.piece == self._piece and self._doubted:
            self._reject()
        if self._turn.piece == self._piece:
            self._end(by_marker=False, at_end=True)

    # ── pieces ──────────────────────────────────────────────────────────────────────────────────

    def _piece(self, piece: str) -> None:
        if self._doubted:
            self._doubt(piece)
            return
        body = self._body
        if body.closed:
            self._behind(piece)
            return
        said, rest = body.feed(piece)
        self._deliver(said)
        self._turn.quick = self._quick if body.closer and not body.closed and self._deferred is None else None
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
        self._after.append(piece)
        self._after_size += len(piece)
        if self._by_json or self._after_size > MAX_HELD:
            self._end(by_marker=False)

    def _deliver(self, text: str) -> None:
        if self._deferred is None:
            self._turn.arguments(text)
            return
        self._deferred.append(text)
        self._deferred_size += len(text)
        if self._deferred_size > MAX_HELD:
            self._overflowed = True
            self._give_back("a call whose header names no tool, too long to wait for its end")

    # ── markers ─────────────────────────────────────────────────────────────────────────────────

    def _mark(self, kind: str, raw: str) -> None:
        if self._doubted:
            self._doubt(raw, kind)
        elif self._turn.sure or self._body.closed or not self._body.inside_string():
            self._obey(kind, raw)
        elif kind in _ENDS:
            self._quote_seen = self._escaped = False
            self._doubted = [(raw, kind)]
            self._doubted_size = len(raw)
            self._turn.quick = None
        else:
            self._piece(raw)

    def _obey(self, kind: str, raw: str) -> None:
        """The marker is structure."""
        turn = self._turn
        if kind == "/call":
            self._end(by_marker=True)
        elif kind == "arguments" and not self._body.closed:
            turn.note("marker-stripped", "a second argument marker in one call", before=raw)
        else:
            self._end(by_marker=False)
            turn.mark(kind, raw)

    def _doubt(self, raw: str, kind: str | None = None) -> None:
        """A marker stood in a string. Look for the quote that ends it, and for what follows that."""
        self._doubted.append((raw, kind))
        self._doubted_size += len(raw)
        if kind is not None:
            self._escaped = False
            if self._quote_seen:
                self._reject()
            return
        position = 0
        if not self._quote_seen:
            position = self._behind_quote(raw)
        following = raw[position:].lstrip() if self._quote_seen else ""
        if (following and following[0] in _AFTER_STRING) or (self._quote_seen and self._body.is_string):
            self._accept()
        elif following:
            self._reject()
        elif self._doubted_size > MAX_HELD:
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

    def _accept(self) -> None:
        """It was data."""
        text = "".join(raw for raw, _ in self._doubted)
        self._doubted = []
        self._piece(text)

    def _reject(self) -> None:
        """The string never closed: the marker was structure, and what follows it is read as such."""
        doubted, self._doubted = self._doubted, []
        self._turn.note(
            "string-unclosed", "a marker ends arguments whose last string is open", level="warning"
        )
        raw, kind = doubted[0]
        self._obey(kind or "", raw)
        for raw, kind in doubted[1:]:
            if kind is None:
                self._turn.piece(raw)
            else:
                self._turn.mark(kind, raw)

    # ── the end of a call ───────────────────────────────────────────────────────────────────────

    def _end(self, *, by_marker: bool, at_end: bool = False) -> None:
        turn, body = self._turn, self._body
        after = "".join(self._after)
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
        complete = empty or whole or (by_marker and body.is_loose)
        if self._deferred is not None and not self._resolve(complete):
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
            turn.malformed(
                f"{self._header.native}{_MARKER}{body.text()}", "the call's arguments were cut", of_call=True
            )
        self._leave_with(after)

    def _leave_with(self, after: str) -> None:
        self._leave()
        if after:
            self._turn.piece(after)

    def _note_arguments(self, complete: bool) -> None:
        turn, body = self._turn, self._body
        if body.unwrapped:
            turn.note("arguments-unwrapped", "a string that holds the object")
        if complete and body.started and body.is_json() is False:
            turn.note("arguments-invalid", "not JSON; delivered as it stood", level="warning")
        elif complete and body.started and not body.is_object:
            turn.note("arguments-not-object", "JSON, but not an object; delivered as it stood")

    def _resolve(self, complete: bool) -> bool:
        """The header named no tool: the argument keys may, where exactly one tool has them."""
        turn = self._turn
        arguments = "".join(self._deferred or ())
        guessed = (
            turn.tools.infer(arguments) if self._header.guess and complete and not self._overflowed else None
        )
        if guessed is None:
            self._give_back(
                "a call whose header names no tool" if complete else "a cut call whose header names no tool"
            )
            return False
        self._deferred = None
        turn.start_call(guessed, True, self._header.native, None, True)
        turn.note(
            "name-inferred",
            "the only tool that takes these arguments",
            before=self._header.native,
            after=guessed,
        )
        turn.arguments(arguments)
        return True

    def _give_back(self, reason: str) -> None:
        arguments = "".join(self._deferred or ())
        self._deferred, self._deferred_size = [], 0
        if arguments or not self._overflowed:
            self._turn.malformed(f"{self._header.native}{_MARKER}{arguments}", reason)
